//! Reading a record: the header, its signal files, checksums, skew, physical units.

use std::fs;
use std::path::Path;

use super::flac;
use super::formats::Format;
use super::header::{Header, SignalSpec};
use crate::{Channel, Error, Result, Signals, Warning};

/// Longer headers are not read: they are something else.
const MAX_HEADER: u64 = 16 << 20;

/// Reads the record of a header file.
///
/// Signals of several samples per frame keep them, at a rate that is so many times the frame rate. Skewed signals
/// are aligned, so that they end in as many missing frames. A checksum that does not fit is a warning.
///
/// # Errors
/// A header or signal file that is missing, broken, too short, or in a format that is not read; the message names
/// file, field and remedy.
pub fn read(header_path: &Path) -> Result<Signals> {
    let size = fs::metadata(header_path).map_err(|e| Error::read(header_path, e))?.len();
    if size > MAX_HEADER {
        return Err(Error::read(header_path, format!("{size} bytes are too many for a header")));
    }
    let bytes = fs::read(header_path).map_err(|e| Error::read(header_path, e))?;
    let mut header = Header::parse(&bytes).map_err(|e| Error::read(header_path, e))?;
    let folder = header_path.parent().unwrap_or(Path::new(""));
    let groups = group(&header.signals);
    let files = groups.iter().map(|group| SignalFile::open(header_path, folder, &header, group));
    let files = files.collect::<Result<Vec<_>>>()?;
    let frames = header.frames.or_else(|| files.iter().map(|file| file.frames).min()).unwrap_or(0);
    let mut warnings = Vec::new();
    let mut channels: Vec<Option<Channel>> = header.signals.iter().map(|_| None).collect();
    for (group, file) in groups.iter().zip(&files) {
        for (place, &index) in group.iter().enumerate() {
            let spec = &header.signals[index];
            if spec.skew > 0 && spec.skew >= frames {
                let reason = format!("skew of signal {} is {}, but there are {frames} frames", spec.name, spec.skew);
                return Err(Error::read(header_path, reason));
            }
            let raw = file.raw(place, spec, frames as usize);
            warnings.extend(header.frames.and_then(|_| check_sum(spec, &raw)));
            channels[index] = Some(channel(spec, &raw, header.rate));
        }
    }
    Ok(Signals {
        name: header_path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(),
        source: header_path.display().to_string(),
        rate: header.rate,
        channels: channels.into_iter().flatten().collect(),
        comments: std::mem::take(&mut header.comments),
        warnings,
    })
}

/// The signals of each file, by index, files in the order of their first signal.
fn group(signals: &[SignalSpec]) -> Vec<Vec<usize>> {
    let mut places = std::collections::HashMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (index, signal) in signals.iter().enumerate() {
        let place = *places.entry(signal.file.as_str()).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Vec::new());
        }
        groups[place].push(index);
    }
    groups
}

/// A signal file in memory.
struct SignalFile {
    content: Content,
    /// Where in a frame each signal starts, and the length of a frame.
    starts: Vec<usize>,
    frame: usize,
    /// Number of whole frames that the file holds.
    frames: u64,
}

enum Content {
    Packed(Format, Vec<u8>),
    Flac(Vec<Vec<i32>>),
}

impl SignalFile {
    fn open(header_path: &Path, folder: &Path, header: &Header, group: &[usize]) -> Result<Self> {
        let specs: Vec<&SignalSpec> = group.iter().map(|&index| &header.signals[index]).collect();
        let first = specs[0];
        let bad = |reason: String| Error::read(header_path, reason);
        check_name(&first.file).map_err(bad)?;
        if specs.iter().any(|spec| spec.format != first.format || spec.offset != first.offset) {
            return Err(bad(format!("signals of file {} differ in format or offset", first.file)));
        }
        let frame = specs.iter().try_fold(0u64, |sum, spec| sum.checked_add(spec.samples_per_frame));
        let frame = frame.filter(|&frame| frame <= u64::from(u32::MAX));
        let frame = frame.ok_or_else(|| bad(format!("samples per frame of file {} are too many", first.file)))?;
        let path = folder.join(&first.file);
        let mut bytes =
            fs::read(&path).map_err(|e| Error::read(&path, format!("{e}; {} names it", header_path.display())))?;
        let size = bytes.len();
        let (content, frames) = match first.format {
            Format::Flac(bits) => {
                let each = first.samples_per_frame;
                if specs.iter().any(|spec| spec.samples_per_frame != each) {
                    return Err(bad(format!("signals of FLAC file {} differ in samples per frame", first.file)));
                }
                let wanted = header.frames.map(|frames| frames.saturating_mul(each));
                let decoded = flac::decode(&bytes, bits, specs.len(), first.offset, wanted);
                let decoded = decoded.map_err(|e| Error::read(&path, e))?;
                let frames = decoded[0].len() as u64 / each;
                (Content::Flac(decoded), frames)
            }
            format => {
                let held = (bytes.len() as u64).saturating_sub(first.offset);
                let frames = format.samples_in(held) / frame;
                (Content::Packed(format, bytes.split_off(size - held as usize)), frames)
            }
        };
        if frames == 0 || header.frames.is_some_and(|wanted| wanted > frames) {
            let wanted = header.frames.map_or("at least 1".into(), |wanted| wanted.to_string());
            let reason = format!(
                "its {size} bytes hold {frames} frames, but the header says {wanted}; it is cut short, get it again"
            );
            return Err(Error::read(&path, reason));
        }
        let mut starts = Vec::with_capacity(specs.len());
        let mut start = 0;
        for spec in &specs {
            starts.push(start);
            start += spec.samples_per_frame as usize;
        }
        Ok(Self { content, starts, frame: frame as usize, frames })
    }

    /// The raw samples of the signal in place `place`.
    fn raw(&self, place: usize, spec: &SignalSpec, frames: usize) -> Vec<i64> {
        let each = spec.samples_per_frame as usize;
        let (format, bytes) = match &self.content {
            Content::Flac(channels) => return channels[place][..frames * each].iter().map(|&v| i64::from(v)).collect(),
            Content::Packed(format, bytes) => (*format, bytes),
        };
        let mut raw = Vec::with_capacity(frames * each);
        for frame in 0..frames {
            let first = frame * self.frame + self.starts[place];
            raw.extend((first..first + each).map(|index| format.sample(bytes, index)));
        }
        if format == Format::F8 {
            let mut value = spec.initial;
            for sample in &mut raw {
                value += *sample;
                *sample = value;
            }
        }
        raw
    }
}

/// A signal file lies beside its header: anything else would let a header read any file of the machine.
fn check_name(file: &str) -> std::result::Result<(), String> {
    if matches!(file, "." | ".." | "-" | "~") || file.contains(['/', '\\', ':', '\0']) {
        return Err(format!("signal file is `{file}`; it must be the name of a file in the header's own folder"));
    }
    Ok(())
}

/// Compares the 16-bit sum of the raw samples with the header's.
fn check_sum(spec: &SignalSpec, raw: &[i64]) -> Option<Warning> {
    let found = raw.iter().fold(0i64, |sum, &sample| sum.wrapping_add(sample)) as i16;
    let expected = spec.checksum? as i16;
    (found != expected).then(|| Warning::Checksum { channel: spec.name.clone(), expected, found })
}

/// Aligns a skewed signal and converts it to physical units.
fn channel(spec: &SignalSpec, raw: &[i64], frame_rate: f64) -> Channel {
    let missing = spec.format.missing();
    let shift = (spec.skew * spec.samples_per_frame) as usize;
    let mut samples = Vec::with_capacity(raw.len());
    samples.extend(raw[shift..].iter().map(|&value| match Some(value) == missing {
        true => f64::NAN,
        false => (value as f64 - spec.baseline as f64) / spec.gain,
    }));
    samples.resize(raw.len(), f64::NAN);
    let rate = frame_rate * spec.samples_per_frame as f64;
    Channel { name: spec.name.clone(), units: spec.units.clone(), gain: Some(spec.gain), rate, samples }
}
