//! WFDB records written here, by encoders of their own, and read back.

use std::fs;
use std::path::{Path, PathBuf};

use einthoven_ecg::{Record, STANDARD, Signals, Warning, wfdb};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::flac;

/// Stores samples in a format; the inverse of what the crate does, written from the format's description.
fn encode(format: u32, samples: &[i64]) -> Vec<u8> {
    let low = |value: i64, bytes: usize| value.to_le_bytes()[..bytes].to_vec();
    let each = |bytes: usize, offset: i64| samples.iter().flat_map(|&v| low(v + offset, bytes)).collect::<Vec<u8>>();
    match format {
        8 => {
            let before = [0].iter().chain(samples);
            samples.iter().zip(before).map(|(now, before)| (now - before) as i8 as u8).collect()
        }
        16 => each(2, 0),
        24 => each(3, 0),
        32 => each(4, 0),
        61 => samples.iter().flat_map(|&v| (v as i16).to_be_bytes()).collect(),
        80 => each(1, 128),
        160 => each(2, 32768),
        212 => pack(samples, 2, 3, |v| v[0] & 0xfff | (v[1] >> 8 & 15) << 12 | (v[1] & 0xff) << 16),
        310 => pack(samples, 3, 4, |v| {
            let (a, b, c) = (v[0] & 0x3ff, v[1] & 0x3ff, v[2] & 0x3ff);
            a << 1 | (c & 31) << 11 | b << 17 | (c >> 5) << 27
        }),
        311 => pack(samples, 3, 4, |v| v[0] & 0x3ff | (v[1] & 0x3ff) << 10 | (v[2] & 0x3ff) << 20),
        _ => panic!("no encoder for {format}"),
    }
}

/// Packs groups of samples, the last one filled up with zeros.
fn pack(samples: &[i64], group: usize, bytes: usize, word: impl Fn(&[i64]) -> i64) -> Vec<u8> {
    let pack_one = |chunk: &[i64]| {
        let mut full = chunk.to_vec();
        full.resize(group, 0);
        word(&full).to_le_bytes()[..bytes].to_vec()
    };
    samples.chunks(group).flat_map(pack_one).collect()
}

/// Writes files into a fresh folder and reads `r.hea`.
fn read(files: &[(&str, Vec<u8>)]) -> (TempDir, einthoven_ecg::Result<Signals>) {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let signals = wfdb::read(&folder.path().join("r.hea"));
    (folder, signals)
}

fn header(text: &str) -> (&'static str, Vec<u8>) {
    ("r.hea", text.as_bytes().to_vec())
}

/// Bits of a format, and whether its most negative value means missing.
const FORMATS: [(u32, u32); 9] =
    [(16, 16), (24, 24), (32, 32), (61, 16), (80, 8), (160, 16), (212, 12), (310, 10), (311, 10)];

proptest! {
    #[test]
    fn samples_survive_every_format(seed in proptest::collection::vec(any::<i64>(), 2..80), which in 0..FORMATS.len()) {
        let (format, bits) = FORMATS[which];
        let raw: Vec<i64> = seed.iter().take(seed.len() / 2 * 2).map(|v| v << (64 - bits) >> (64 - bits)).collect();
        let sums = [0, 1].map(|c| raw.iter().skip(c).step_by(2).fold(0i64, |sum, v| sum.wrapping_add(*v)) as i16);
        let text = format!(
            "r 2 100 {}\nr.dat {format} 4(7)/uV 0 0 0 {} 0 a\nr.dat {format} 8/uV 0 0 0 {} 0 b\n",
            raw.len() / 2, sums[0], sums[1]
        );
        let (_folder, signals) = read(&[header(&text), ("r.dat", encode(format, &raw))]);
        let signals = signals.unwrap();
        prop_assert_eq!(&signals.warnings, &[]);
        for (t, &value) in raw.iter().enumerate() {
            let found = signals.channels[t % 2].samples[t / 2];
            let (baseline, gain) = if t % 2 == 0 { (7.0, 4.0) } else { (0.0, 8.0) };
            let expected = (value as f64 - baseline) / gain;
            let missing = value == -(1 << (bits - 1));
            prop_assert!(if missing { found.is_nan() } else { found == expected }, "{} is not {}", found, expected);
        }
    }

    #[test]
    fn differences_add_up(steps in proptest::collection::vec(-128i64..128, 1..60)) {
        let raw: Vec<i64> = steps.iter().scan(0, |value, step| { *value += step; Some(*value) }).collect();
        // Without a number of samples in the header, the file's length decides.
        let (_folder, signals) = read(&[header("r 1 100\nr.dat 8 1\n"), ("r.dat", encode(8, &raw))]);
        let found = signals.unwrap().channels.remove(0).samples;
        prop_assert_eq!(found, raw.iter().map(|&v| v as f64).collect::<Vec<_>>());
    }

    #[test]
    fn written_records_come_back(
        scale in 1e-3f32..20.0,
        offset in -30f32..30.0,
        noise in proptest::collection::vec(-1f32..1.0, 24..240),
    ) {
        let n = noise.len() / 12;
        let signal: Vec<f32> = noise[..12 * n].iter().map(|v| v * scale + offset).collect();
        let mut record = Record::new("rec-1_a", 500.0, STANDARD.map(String::from).to_vec(), signal);
        record.labels = vec!["NORM".into(), "two\nlines".into()];
        let folder = TempDir::new().unwrap();
        let path = wfdb::write(&record, folder.path()).unwrap();
        let signals = wfdb::read(&path).unwrap();
        prop_assert_eq!(&signals.warnings, &[]);
        prop_assert_eq!(&signals.comments, &["NORM", "two lines"]);
        let (back, _) = Record::from_signals(&signals).unwrap();
        prop_assert_eq!((back.rate, &back.leads, &back.name), (500.0, &record.leads, &record.name));
        for lead in 0..12 {
            let (low, high) = record.lead(lead).iter().fold((f32::MAX, f32::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
            // Half a raw unit of a lead spread over 60000 of them, whose gain is cut to a whole number, and the
            // rounding of f32.
            let bound = f64::from(high - low) / 120_000.0 * 1.05 + 5e-7 + 1e-7 * f64::from(offset.abs() + scale);
            for (a, b) in record.lead(lead).iter().zip(back.lead(lead)) {
                prop_assert!(f64::from((a - b).abs()) <= bound, "{} {}", a, b);
            }
        }
    }

    #[test]
    fn flac_streams_decode(raw in proptest::collection::vec(any::<i16>(), 6..200), bits in prop_oneof![Just(16u32), Just(24)]) {
        let frames = raw.len() / 6;
        let wide: Vec<i64> = raw[..frames * 6].iter().map(|&v| if bits == 24 { i64::from(v) * 200 } else { v.into() }).collect();
        // Channel a holds the first half of each frame, channel b the second: three samples per frame each.
        let pick = |c: usize| wide.chunks(6).flat_map(|frame| frame[3 * c..3 * c + 3].to_vec()).collect::<Vec<i64>>();
        let text = format!("r 2 100 {frames}\nr.dat 524x3 1\nr.dat 524x3 1\n");
        let (_folder, signals) = read(&[header(&text), ("r.dat", flac::stream(&[pick(0), pick(1)], bits))]);
        let signals = signals.unwrap();
        for c in 0..2 {
            prop_assert_eq!(signals.channels[c].rate, 300.0);
            prop_assert_eq!(&signals.channels[c].samples, &pick(c).iter().map(|&v| v as f64).collect::<Vec<_>>());
        }
    }
}

#[test]
fn flac_marks_missing_samples_and_skips_an_offset() {
    let stream = flac::stream(&[vec![5, 6, -32768, 8, 9]], 16);
    let (_folder, signals) = read(&[header("r 1 100 4\nr.dat 516+1 1\n"), ("r.dat", stream.clone())]);
    let samples = &signals.unwrap().channels[0].samples;
    assert_eq!((samples[0], samples[2], samples[3]), (6.0, 8.0, 9.0));
    assert!(samples[1].is_nan());
    let (_folder, signals) = read(&[header("r 1 100 4\nr.dat 508 1\n"), ("r.dat", stream.clone())]);
    assert!(signals.unwrap_err().to_string().contains("16 bits per sample"));
    let (_folder, signals) = read(&[header("r 1 100 9\nr.dat 516 1\n"), ("r.dat", stream.clone())]);
    assert!(signals.unwrap_err().to_string().contains("cut short"));
    let (_folder, signals) = read(&[header("r 2 100 4\nr.dat 516 1\nr.dat 516 1\n"), ("r.dat", stream)]);
    assert!(signals.unwrap_err().to_string().contains("1 channels"));
}

#[test]
fn frames_skew_offsets_and_several_files() {
    // a.dat: frames of 2 samples of `x` and 1 of `y` behind 3 bytes; `y` lags by 2 frames. b.dat: `z`.
    let mut a = b"xyz".to_vec();
    a.extend(encode(16, &[10, 11, 100, 20, 21, 101, 30, 31, 102, 40, 41, 103]));
    let text = "# before\nr/1 3 50\n";
    let (_folder, signals) = read(&[header(text)]);
    assert!(signals.unwrap_err().to_string().contains("several segments"));

    let text = "# before\r\n\nr 3 50/1000(3) 4 10:11:12 13/02/2020\r\n a.dat 16x2+3 2(-4)/uV 16 0 10 204 0 x  y\r\n\
                a.dat 16x1:2+3 1e1/V\r\n# between\nb.dat 80 0 8 5\n#after \n#\n";
    let (_folder, signals) = read(&[header(text), ("a.dat", a), ("b.dat", encode(80, &[1, 2, 3, 4]))]);
    let signals = signals.unwrap();
    assert_eq!(signals.name, "r");
    assert_eq!(signals.comments, ["before", "between", "after"]);
    assert_eq!(signals.warnings, []);
    let [x, y, z] = &signals.channels[..] else { panic!("three channels") };
    assert_eq!((x.name.as_str(), x.units.as_str(), x.rate), ("x  y", "uV", 100.0));
    assert_eq!(x.samples, [7.0, 7.5, 12.0, 12.5, 17.0, 17.5, 22.0, 22.5]);
    assert_eq!((y.units.as_str(), y.rate, &y.samples[..2]), ("V", 50.0, &[10.2, 10.3][..]));
    assert!(y.samples.len() == 4 && y.samples[2].is_nan() && y.samples[3].is_nan());
    // A gain of 0 means 200, no unit means mV, and the ADC zero stands in for the baseline.
    assert_eq!((z.units.as_str(), z.samples[0]), ("mV", (1.0 - 5.0) / 200.0));
}

#[test]
fn a_wrong_checksum_is_a_warning_that_names_the_channel() {
    let files = [header("r 1 100 3\nr.dat 16 1 16 0 1 7 0 II\n"), ("r.dat", encode(16, &[1, 2, 3]))];
    let (_folder, signals) = read(&files);
    let warnings = signals.unwrap().warnings;
    assert_eq!(warnings, [Warning::Checksum { channel: "II".into(), expected: 7, found: 6 }]);
    assert!(warnings[0].to_string().contains("checksum: channel II"));
}

#[test]
fn headers_may_be_latin_1() {
    let mut text = b"r 1 100 1\nr.dat 16 1(0)/uV\n# L".to_vec();
    text.extend(b"\xfcbeck\n");
    let (_folder, signals) = read(&[("r.hea", text), ("r.dat", encode(16, &[1]))]);
    assert_eq!(signals.unwrap().comments, ["Lübeck"]);
}

#[test]
fn nothing_is_written_for_a_record_with_an_illegal_name() {
    let folder = TempDir::new().unwrap();
    let record = Record::new("../x", 100.0, vec!["I".into()], vec![0.0; 4]);
    let message = wfdb::write(&record, folder.path()).unwrap_err().to_string();
    assert!(message.contains("only letters"), "{message}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let record = Record::new("x", 100.0, vec!["I".into()], vec![0.0; 4]);
    let absent: PathBuf = Path::new(folder.path()).join("absent");
    assert!(wfdb::write(&record, &absent).unwrap_err().to_string().starts_with("write "));
}

#[test]
fn missing_samples_survive_writing() {
    let folder = TempDir::new().unwrap();
    let record = Record::new("gap", 100.0, vec!["I".into()], vec![1.0, f32::NAN, -1.0, f32::INFINITY]);
    let signals = wfdb::read(&wfdb::write(&record, folder.path()).unwrap()).unwrap();
    let samples = &signals.channels[0].samples;
    assert_eq!((samples[0], samples[2]), (1.0, -1.0));
    assert!(samples[1].is_nan() && samples[3].is_nan());
    assert_eq!(signals.warnings, []);
}

#[test]
fn packed_groups_may_be_cut_after_their_last_sample() {
    // Bytes of a file of so many samples, and the samples that a header without a number finds in it.
    let cases = [(212, 5, 8), (310, 4, 6), (311, 4, 6), (311, 5, 7), (24, 2, 8), (61, 3, 7)];
    for (format, samples, bytes) in cases {
        let raw: Vec<i64> = (0..samples).map(|k| 77 * k - 200).collect();
        let mut data = encode(format, &raw);
        data.resize(bytes, 0xaa);
        let text = format!("r 1 100\nr.dat {format} 1\n");
        let (_folder, signals) = read(&[header(&text), ("r.dat", data)]);
        let expected: Vec<f64> = raw.iter().map(|&value| value as f64).collect();
        assert_eq!(signals.unwrap().channels[0].samples, expected, "{format}");
    }
}

#[test]
fn differences_start_from_the_initial_value_or_else_from_the_adc_zero() {
    for (fields, start) in [("12 7 100", 100.0), ("12 7", 7.0), ("", 0.0)] {
        let text = format!("r 1 100 2\nr.dat 8 1(0) {fields}\n");
        let (_folder, signals) = read(&[header(&text), ("r.dat", vec![1, 0xfe])]);
        assert_eq!(signals.unwrap().channels[0].samples, [start + 1.0, start - 1.0], "{fields}");
    }
}
