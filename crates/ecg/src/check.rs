//! What may be odd about a record without making it useless.

use std::fmt;

/// A shortcoming of a record that does not stop it from being used, but that its reader should know of.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Warning {
    /// The sum of a channel's raw samples differs from the checksum in the header: the file may be damaged.
    Checksum {
        /// The channel as named in the file.
        channel: String,
        /// The header's checksum, reduced to 16 bits.
        expected: i16,
        /// The sum of the samples, reduced to 16 bits.
        found: i16,
    },
    /// The file does not name its leads; twelve were taken to be in the standard order.
    AssumedOrder,
    /// The header scales every lead to a span of one unit; the raw samples, which obey Einthoven's law, were taken as
    /// microvolts.
    Rescaled,
    /// A lead was computed from leads I and II.
    Derived {
        /// The lead.
        lead: String,
    },
    /// A lead holds one value for at least [`FLAT_SECONDS`]: an electrode was off, or the record is padded.
    Flat {
        /// The lead.
        lead: String,
        /// Where the longest such stretch starts, in seconds.
        start: f64,
        /// Its length in seconds.
        seconds: f64,
    },
    /// A lead goes beyond [`RANGE_MV`]: an offset, an artefact, or the wrong unit.
    OutOfRange {
        /// The lead.
        lead: String,
        /// The value farthest from zero, in millivolts.
        peak: f64,
        /// Where it is, in seconds.
        at: f64,
    },
    /// No lead moves by more than [`TINY_MV`]: most likely the wrong unit.
    Tiny {
        /// The largest distance between the highest and the lowest value of a lead, in millivolts.
        span: f64,
    },
    /// Missing samples, in a gap shorter than [`GAP_SECONDS`], were interpolated.
    Interpolated {
        /// The lead.
        lead: String,
        /// Number of gaps.
        gaps: usize,
        /// Where the first one starts, in seconds.
        first: f64,
        /// Length of the longest one, in seconds.
        longest: f64,
    },
}

/// Beyond this many millivolts from zero a lead is called out of range. QRS complexes stay under 5 mV, so that there
/// is room for an electrode's offset.
pub const RANGE_MV: f64 = 10.0;

/// A record whose largest lead spans less than this many millivolts is called tiny. Low voltage, as doctors define
/// it, begins at ten times as much.
pub const TINY_MV: f64 = 0.05;

/// A lead that stays on one value for so many seconds is called flat.
pub const FLAT_SECONDS: f64 = 1.0;

/// Missing samples are interpolated over less than this many seconds, and an error from there on.
pub const GAP_SECONDS: f64 = 0.1;

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checksum { channel, expected, found } => write!(
                f,
                "checksum: channel {channel} sums to {found}, but its header says {expected}; the file may be damaged"
            ),
            Self::AssumedOrder => {
                write!(f, "assumed order: the file names no leads, so they are taken as I II III aVR aVL aVF V1 to V6")
            }
            Self::Rescaled => write!(
                f,
                "rescaled: the header's gains give every lead a span of 1, so that Einthoven's law fails; the raw \
                 samples obey it and are taken as microvolts"
            ),
            Self::Derived { lead } => write!(f, "derived lead: {lead} is computed from leads I and II"),
            Self::Flat { lead, start, seconds } => {
                write!(f, "flat lead: {lead} holds one value for {seconds:.1} s from {start:.2} s on")
            }
            Self::OutOfRange { lead, peak, at } => {
                write!(f, "amplitude out of range: lead {lead} reaches {peak:.1} mV at {at:.2} s")
            }
            Self::Tiny { span } => {
                write!(f, "tiny amplitude: no lead moves by more than {span:.2e} mV; is the unit right?")
            }
            Self::Interpolated { lead, gaps, first, longest } => write!(
                f,
                "interpolated: lead {lead} has {gaps} gap(s) of missing samples, the first at {first:.3} s, the \
                 longest of {:.0} ms",
                longest * 1000.0
            ),
        }
    }
}

/// Warnings about the values of one lead in millivolts.
pub(crate) fn check_lead(lead: &str, samples: &[f64], rate: f64) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let (start, length) = longest_constant(samples);
    if length as f64 / rate >= FLAT_SECONDS || length == samples.len() {
        warnings.push(Warning::Flat {
            lead: lead.to_string(),
            start: start as f64 / rate,
            seconds: length as f64 / rate,
        });
    }
    let peak = samples.iter().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
    if let Some((at, &peak)) = peak.filter(|(_, value)| value.abs() > RANGE_MV) {
        warnings.push(Warning::OutOfRange { lead: lead.to_string(), peak, at: at as f64 / rate });
    }
    warnings
}

/// The warning about a record in which nothing moves enough; flat leads have their own.
pub(crate) fn check_span(leads: &[Vec<f64>]) -> Option<Warning> {
    let span = |lead: &Vec<f64>| {
        let (low, high) = lead.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
        high - low
    };
    let span = leads.iter().map(span).fold(0.0, f64::max);
    (span > 0.0 && span < TINY_MV).then_some(Warning::Tiny { span })
}

/// Fills gaps shorter than [`GAP_SECONDS`] by a straight line, or at an end by the nearest value.
///
/// # Errors
/// What is wrong with the first longer gap.
pub(crate) fn fill_gaps(lead: &str, samples: &mut [f64], rate: f64) -> Result<Option<Warning>, String> {
    let (mut gaps, mut first, mut longest) = (0, 0.0, 0);
    let mut next = 0;
    while let Some(offset) = samples[next..].iter().position(|value| !value.is_finite()) {
        let start = next + offset;
        let length = samples[start..].iter().take_while(|value| !value.is_finite()).count();
        let (time, seconds) = (start as f64 / rate, length as f64 / rate);
        if seconds >= GAP_SECONDS || length == samples.len() {
            return Err(format!(
                "lead {lead} has no samples for {:.0} ms from {time:.3} s on; gaps under {:.0} ms can be interpolated",
                seconds * 1000.0,
                GAP_SECONDS * 1000.0
            ));
        }
        fill(samples, start, length);
        if gaps == 0 {
            first = time;
        }
        gaps += 1;
        longest = longest.max(length);
        next = start + length;
    }
    let warning = Warning::Interpolated { lead: lead.to_string(), gaps, first, longest: longest as f64 / rate };
    Ok((gaps > 0).then_some(warning))
}

fn fill(samples: &mut [f64], start: usize, length: usize) {
    let before = start.checked_sub(1).map(|i| samples[i]);
    let after = samples.get(start + length).copied();
    let (left, right) = match (before, after) {
        (Some(left), Some(right)) => (left, right),
        (Some(value), None) | (None, Some(value)) => (value, value),
        (None, None) => return,
    };
    for k in 0..length {
        let t = (k + 1) as f64 / (length + 1) as f64;
        samples[start + k] = left + t * (right - left);
    }
}

/// Start and length of the longest stretch of equal values.
fn longest_constant(samples: &[f64]) -> (usize, usize) {
    let (mut best, mut start) = ((0, 0), 0);
    for i in 0..samples.len() {
        if samples[i] != samples[start] {
            start = i;
        }
        if i + 1 - start > best.1 {
            best = (start, i + 1 - start);
        }
    }
    best
}
