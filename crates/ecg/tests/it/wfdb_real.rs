//! Real WFDB files: against the reference reader's samples, and all of them for checksums and warnings.

use std::path::Path;

use einthoven_ecg::{Channel, ReadOptions, Record, Warning, list_records, read, wfdb};

use crate::data::real_data;

/// One value per frame, as the reference reader gives by default: the mean of the frame's raw samples, cut to a whole
/// raw unit, in physical units. (It rounds so to stay in integers; our reader keeps every sample.)
fn frames(channel: &Channel, frame_rate: f64, gain: f64, baseline: f64) -> Vec<f64> {
    let each = (channel.rate / frame_rate).round() as usize;
    if each == 1 {
        return channel.samples.clone();
    }
    let raw = |value: &f64| (value * gain + baseline).round();
    let mean = |frame: &[f64]| ((frame.iter().map(raw).sum::<f64>() / each as f64).trunc() - baseline) / gain;
    channel.samples.chunks(each).map(mean).collect()
}

/// Gain and baseline of the signals of `mixedsignals`, the record with several samples per frame.
const MIXED: [(f64, f64); 6] =
    [(200.0, 8192.0), (200.0, 8192.0), (200.0, 8192.0), (16.0, 800.0), (4096.0, 0.0), (4093.0, 2.0)];

fn expected(path: &Path, channels: usize) -> Vec<Vec<f64>> {
    let names = (0..channels).map(|c| c.to_string()).collect();
    let options = ReadOptions { rate: Some(1.0), leads: Some(names), ..Default::default() };
    read(path, &options).unwrap().channels.into_iter().map(|channel| channel.samples).collect()
}

#[test]
fn samples_of_every_format_equal_the_reference_reader() {
    let Some(data) = real_data() else { return };
    let mut compared = Vec::new();
    for header in list_records(&data.join("wfdb_formats")).unwrap() {
        let array = header.with_extension("expected.npy");
        let signals = wfdb::read(&header).unwrap();
        assert_eq!(signals.warnings, [], "{}", signals.name);
        let expected = expected(&array, signals.channels.len());
        for (index, (channel, expected)) in signals.channels.iter().zip(&expected).enumerate() {
            let (gain, baseline) = MIXED[index % 6];
            let found = frames(channel, signals.rate, gain, baseline);
            assert!(found.len() >= expected.len(), "{} {}", signals.name, channel.name);
            for (t, (&found, &expected)) in found.iter().zip(expected).enumerate() {
                let equal = found == expected || found.is_nan() && expected.is_nan();
                assert!(equal, "{} {} sample {t}: {found} is not {expected}", signals.name, channel.name);
            }
        }
        compared.push(signals.name);
    }
    assert_eq!(compared.len(), 14, "{compared:?}");
}

#[test]
fn skew_leaves_missing_frames_at_the_end() {
    let Some(data) = real_data() else { return };
    let plain = wfdb::read(&data.join("wfdb_formats/100.hea")).unwrap();
    let skewed = wfdb::read(&data.join("wfdb_formats/100skew.hea")).unwrap();
    let (plain, skewed) = (&plain.channels[1].samples, &skewed.channels[1].samples);
    assert_eq!(plain.len(), skewed.len());
    let kept = plain.len() - 3;
    assert_eq!(skewed[..kept], plain[3..]);
    assert!(skewed[kept..].iter().all(|value| value.is_nan()));
}

#[test]
fn channels_keep_their_own_rates() {
    let Some(data) = real_data() else { return };
    let signals = wfdb::read(&data.join("wfdb_formats/mixedsignals.hea")).unwrap();
    let rates: Vec<f64> = signals.channels.iter().map(|channel| channel.rate / 62.4725).collect();
    assert_eq!(rates, [4.0, 4.0, 4.0, 2.0, 2.0, 1.0]);
    let lengths: Vec<usize> = signals.channels.iter().map(|channel| channel.samples.len() / 14400).collect();
    assert_eq!(lengths, [4, 4, 4, 2, 2, 1]);
    assert_eq!(signals.channels[3].units, "mmHg");
}

#[test]
fn all_real_records_read_with_right_checksums() {
    let Some(data) = real_data() else { return };
    let (mut count, mut rescaled) = ([0; 3], 0);
    for (place, folder) in ["ludb", "challenge", "ptb"].iter().enumerate() {
        for header in list_records(&data.join(folder)).unwrap() {
            let signals = read(&header, &ReadOptions::default()).unwrap();
            assert_eq!(signals.warnings, [], "{}", header.display());
            let (record, warnings) = Record::from_signals(&signals).unwrap();
            assert!(record.signal().iter().all(|value| value.is_finite()));
            for warning in &warnings {
                eprintln!("{}: {warning}", header.display());
                assert!(!matches!(warning, Warning::Derived { .. } | Warning::AssumedOrder), "{warning}");
            }
            count[place] += 1;
            rescaled += usize::from(warnings.contains(&Warning::Rescaled));
        }
    }
    assert_eq!(count, [160, 70, 2]);
    // All of LUDB and nothing else.
    assert_eq!(rescaled, 160);
}

#[test]
fn einthovens_law_holds_in_a_measured_record() {
    let Some(data) = real_data() else { return };
    let (record, _) = Record::from_signals(&wfdb::read(&data.join("ptb/s0010_re.hea")).unwrap()).unwrap();
    assert_eq!((record.n_samples(), record.rate), (38400, 1000.0));
    // The file stores whole steps of 0.5 µV, cut and not rounded: three leads, each short by less than one step, miss
    // the law by less than three steps, hence by two at most.
    for t in 0..record.n_samples() {
        assert!((record.lead(1)[t] - record.lead(0)[t] - record.lead(2)[t]).abs() < 1.01e-3);
    }
    assert!(record.labels.iter().any(|label| label == "Acute infarction (localization): infero-latera"));
}

#[test]
fn annotations_of_a_real_record() {
    let Some(data) = real_data() else { return };
    let file = wfdb::read_annotations(&data.join("wfdb_formats/100.atr")).unwrap();
    // The first marks of MIT-BIH record 100 as PhysioNet lists them: rhythm at 18, beats from 77 on.
    let first: Vec<(i64, &str)> = file.marks.iter().take(5).map(|mark| (mark.sample, mark.symbol.as_str())).collect();
    assert_eq!(first, [(18, "+"), (77, "N"), (370, "N"), (662, "N"), (946, "N")]);
    assert_eq!(file.marks[0].text, "(N");
    assert_eq!(file.marks.iter().position(|mark| mark.symbol == "A"), Some(8));
    assert!(!file.complete, "this copy was cut short");
    let mut waves = [0; 3];
    for lead in ["i", "ii", "v6"] {
        let file = wfdb::read_annotations(&data.join(format!("ludb/data/1.{lead}"))).unwrap();
        assert!(file.complete);
        assert!(file.marks.windows(2).all(|pair| pair[0].sample <= pair[1].sample));
        assert!(file.marks.iter().all(|mark| (0..5000).contains(&mark.sample)));
        for (count, symbol) in waves.iter_mut().zip(["N", "(", ")"]) {
            *count += file.marks.iter().filter(|mark| mark.symbol == symbol).count();
        }
    }
    assert!(waves[0] > 15 && waves[1] == waves[2], "{waves:?}");
}
