//! Writing a record in format 16.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use einthoven_game::file;

use crate::{Error, Record, Result};

/// Half the range of raw values that a lead is spread over.
const HALF_RANGE: f64 = 30_000.0;
/// Largest gain, which a lead that hardly moves gets: a nanovolt per unit.
const MAX_GAIN: f64 = 1e6;
/// The raw value of a missing sample.
const MISSING: i16 = i16::MIN;

/// Writes `NAME.dat` and `NAME.hea` into a folder and returns the header's path.
///
/// Each lead gets the gain and baseline that spread it over the 16 bits, so that a sample is off by at most half a
/// raw unit, 1/120000 of the lead's span. Samples that are not finite are marked as missing. Labels become comments.
/// Each file is complete when it appears, the header last.
///
/// # Errors
/// A name that WFDB does not allow, or a folder that cannot be written.
pub fn write(record: &Record, folder: &Path) -> Result<PathBuf> {
    let header_path = folder.join(format!("{}.hea", record.name));
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if record.name.is_empty() || !record.name.chars().all(legal) {
        return Err(Error::write(&header_path, "a WFDB record's name has only letters, digits, `_` and `-`"));
    }
    let (leads, samples) = (record.n_leads(), record.n_samples());
    let mut header = format!("{} {leads} {} {samples}\n", record.name, record.rate);
    let mut raw = vec![0i16; leads * samples];
    for (index, name) in record.leads.iter().enumerate() {
        let scale = Scale::of(record.lead(index));
        let mut sum = 0i16;
        for (t, &value) in record.lead(index).iter().enumerate() {
            let value = scale.raw(value);
            raw[t * leads + index] = value;
            sum = sum.wrapping_add(value);
        }
        let initial = raw.get(index).copied().unwrap_or(0);
        let Scale { gain, baseline } = scale;
        let name = one_line(name);
        writeln!(header, "{}.dat 16 {gain}({baseline})/mV 16 0 {initial} {sum} 0 {name}", record.name)
            .expect("invariant: writing to a string succeeds");
    }
    for label in &record.labels {
        header.push_str("# ");
        header.push_str(&one_line(label));
        header.push('\n');
    }
    let bytes: Vec<u8> = raw.iter().flat_map(|value| value.to_le_bytes()).collect();
    save(&folder.join(format!("{}.dat", record.name)), &bytes)?;
    save(&header_path, header.as_bytes())?;
    Ok(header_path)
}

/// raw = millivolts · gain + baseline.
struct Scale {
    gain: f64,
    baseline: i32,
}

impl Scale {
    fn of(lead: &[f32]) -> Self {
        let finite = lead.iter().filter(|value| value.is_finite()).map(|&value| f64::from(value));
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        let (middle, half) = match low <= high {
            true => ((low + high) / 2.0, (high - low) / 2.0),
            false => (0.0, 0.0),
        };
        // The baseline must fit 32 bits however far the lead is from zero.
        let gain = MAX_GAIN.min(HALF_RANGE / half).min(1e9 / middle.abs());
        let gain = if gain >= 1.0 { gain.floor() } else { gain };
        Self { gain, baseline: (-middle * gain).round() as i32 }
    }

    fn raw(&self, value: f32) -> i16 {
        if !value.is_finite() {
            return MISSING;
        }
        (f64::from(value) * self.gain + f64::from(self.baseline)).round() as i16
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Writes a file, whole or not at all.
fn save(path: &Path, bytes: &[u8]) -> Result<()> {
    file::write_atomic(path, |writer| writer.write_all(bytes)).map_err(Error::file)
}
