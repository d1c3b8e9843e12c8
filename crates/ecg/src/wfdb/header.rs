//! The text header of a record.

use super::formats::Format;

/// What a header says of a record.
#[derive(Debug)]
pub(super) struct Header {
    /// Frames per second.
    pub rate: f64,
    /// Number of frames; `None` if the header leaves it to the length of the signal files.
    pub frames: Option<u64>,
    pub signals: Vec<SignalSpec>,
    pub comments: Vec<String>,
}

/// What a header says of one signal.
#[derive(Debug)]
pub(super) struct SignalSpec {
    pub file: String,
    pub format: Format,
    pub samples_per_frame: u64,
    /// Frames by which the signal lags in its file.
    pub skew: u64,
    /// Bytes before the first sample; in the FLAC formats, samples.
    pub offset: u64,
    pub gain: f64,
    pub baseline: i64,
    pub units: String,
    /// Value before the first difference of format 8.
    pub initial: i64,
    pub checksum: Option<i64>,
    pub name: String,
}

/// Raw units per physical unit where a header does not say.
const DEFAULT_GAIN: f64 = 200.0;
/// Frames per second where a header does not say.
const DEFAULT_RATE: f64 = 250.0;
/// No signal of a body is sampled faster.
const MAX_RATE: f64 = 1e7;

impl Header {
    /// Reads the text of a header. Bytes that are not UTF-8 are taken as Latin-1, which old comments are written in.
    ///
    /// # Errors
    /// Line and field that are wrong, and what would be right.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.to_string(),
            Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
        };
        let mut comments = Vec::new();
        let mut lines = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
            if let Some(comment) = line.strip_prefix('#') {
                comments.push(comment.trim().to_string());
            } else if !line.is_empty() {
                lines.push((number + 1, line));
            }
        }
        comments.retain(|comment| !comment.is_empty());
        let (&(number, line), signal_lines) =
            lines.split_first().ok_or("it is empty; a header starts with `name signals rate samples`")?;
        let (rate, frames, count) = record_line(line, signal_lines).map_err(|e| format!("line {number}: {e}"))?;
        if count != signal_lines.len() as u64 {
            return Err(format!(
                "line {number}: number of signals is {count}, but {} signal lines follow",
                signal_lines.len()
            ));
        }
        let parse = |&(number, line)| SignalSpec::parse(line).map_err(|e| format!("line {number}: {e}"));
        let signals = signal_lines.iter().map(parse).collect::<Result<_, _>>()?;
        Ok(Self { rate, frames, signals, comments })
    }
}

/// `name[/segments] signals [rate[/counter[(base)]] [samples [time [date]]]]`: rate, samples, signals.
fn record_line(line: &str, below: &[(usize, &str)]) -> Result<(f64, Option<u64>, u64), String> {
    let mut fields = line.split_whitespace();
    let name = fields.next().unwrap_or_default();
    if name.contains('/') {
        let segment = below.iter().filter_map(|(_, line)| line.split_whitespace().next()).find(|&name| name != "~");
        let segment = segment.unwrap_or("none is named");
        return Err(format!("{name} is a record of several segments; give one segment instead ({segment}, …)"));
    }
    let count = integer("number of signals", fields.next().ok_or("number of signals is missing")?)?;
    if count == 0 {
        return Err("number of signals is 0; there is nothing to read".into());
    }
    let rate = match fields.next() {
        None => DEFAULT_RATE,
        Some(field) => number("sampling rate", field.split(['/', '(']).next().unwrap_or_default())?,
    };
    if rate <= 0.0 || rate > MAX_RATE {
        return Err(format!("sampling rate is {rate} Hz; it must be positive and at most {MAX_RATE} Hz"));
    }
    let frames = fields.next().map(|field| integer("number of samples", field)).transpose()?;
    Ok((rate, frames.filter(|&frames| frames > 0), count))
}

impl SignalSpec {
    /// `file format[xS][:skew][+offset] [gain[(baseline)][/units] [resolution [zero [initial [checksum [block
    /// [name]]]]]]]`
    fn parse(line: &str) -> Result<Self, String> {
        let mut rest = line;
        let file = next_field(&mut rest).unwrap_or_default().to_string();
        let format = next_field(&mut rest).ok_or("storage format is missing")?;
        let (format, samples_per_frame, skew, offset) = format_field(format)?;
        let (gain, baseline, units) = gain_field(next_field(&mut rest).unwrap_or_default())?;
        optional("ADC resolution", &mut rest)?;
        let zero = optional("ADC zero", &mut rest)?;
        let initial = optional("initial value", &mut rest)?;
        let checksum = optional("checksum", &mut rest)?;
        optional("block size", &mut rest)?;
        let zero = zero.unwrap_or(0);
        Ok(Self {
            file,
            format,
            samples_per_frame,
            skew,
            offset,
            gain,
            baseline: baseline.unwrap_or(zero),
            units,
            initial: initial.unwrap_or(zero),
            checksum,
            name: rest.trim().to_string(),
        })
    }
}

/// `format[xS][:skew][+offset]`
fn format_field(field: &str) -> Result<(Format, u64, u64, u64), String> {
    let digits = field.find(|c: char| !c.is_ascii_digit()).unwrap_or(field.len());
    let format = Format::from_code(&field[..digits])?;
    let (mut samples_per_frame, mut skew, mut offset) = (1, 0, 0);
    let mut rest = &field[digits..];
    while let Some(sign) = rest.chars().next() {
        rest = &rest[sign.len_utf8()..];
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let value = &rest[..end];
        match sign {
            'x' => samples_per_frame = integer("samples per frame", value)?,
            ':' => skew = integer("skew", value)?,
            '+' => offset = integer("byte offset", value)?,
            _ => return Err(format!("storage format is {field}; it must read like 16x2:3+24")),
        }
        rest = &rest[end..];
    }
    if samples_per_frame == 0 {
        return Err("samples per frame is 0; it must be at least 1".into());
    }
    Ok((format, samples_per_frame, skew, offset))
}

/// `gain[(baseline)][/units]`; a gain of 0 means that it is not known, and the default is used.
fn gain_field(field: &str) -> Result<(f64, Option<i64>, String), String> {
    let (scale, units) = field.split_once('/').unwrap_or((field, ""));
    let (gain, baseline) = match scale.split_once('(') {
        None => (scale, None),
        Some((gain, rest)) => {
            let inner = rest.strip_suffix(')').ok_or_else(|| format!("baseline of {field} lacks its `)`"))?;
            (gain, Some(signed("baseline", inner)?))
        }
    };
    let gain = if gain.is_empty() { 0.0 } else { number("gain", gain)? };
    let gain = if gain == 0.0 { DEFAULT_GAIN } else { gain };
    Ok((gain, baseline, if units.is_empty() { "mV".into() } else { units.to_string() }))
}

/// Cuts the next field off a line.
fn next_field<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let line = rest.trim_start();
    let end = line.find(char::is_whitespace).unwrap_or(line.len());
    *rest = &line[end..];
    (end > 0).then_some(&line[..end])
}

fn optional(what: &str, rest: &mut &str) -> Result<Option<i64>, String> {
    next_field(rest).map(|field| signed(what, field)).transpose()
}

fn integer(what: &str, field: &str) -> Result<u64, String> {
    field.parse().map_err(|_| format!("{what} is `{field}`; it must be a whole number"))
}

fn signed(what: &str, field: &str) -> Result<i64, String> {
    let value: Option<i64> = field.parse().ok().filter(|value: &i64| value.unsigned_abs() <= u64::from(u32::MAX));
    value.ok_or_else(|| format!("{what} is `{field}`; it must be a whole number of at most 32 bits"))
}

fn number(what: &str, field: &str) -> Result<f64, String> {
    let value: Option<f64> = field.parse().ok().filter(|value: &f64| value.is_finite());
    value.ok_or_else(|| format!("{what} is `{field}`; it must be a finite number"))
}
