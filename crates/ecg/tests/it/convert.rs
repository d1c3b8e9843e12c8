//! From signals to a record: names, units, derived leads, gaps, warnings.

use einthoven_ecg::{Channel, Record, STANDARD, Signals, Warning, standard_index};

const RATE: f64 = 500.0;

/// Two seconds of a different wave for each lead, in microvolts.
fn wave(lead: usize) -> Vec<f64> {
    (0..1000).map(|t| 1000.0 * (t as f64 * 0.01 * (lead + 1) as f64).sin() + lead as f64).collect()
}

fn signals(names: &[&str]) -> Signals {
    let channel = |name: &&str| Channel {
        name: name.to_string(),
        units: "uV".into(),
        gain: None,
        rate: RATE,
        samples: wave(standard_index(name).unwrap_or(20)),
    };
    Signals {
        name: "case".into(),
        source: "case.hea".into(),
        rate: RATE,
        channels: names.iter().map(channel).collect(),
        comments: vec!["a comment".into()],
        warnings: Vec::new(),
    }
}

fn message(signals: &Signals) -> String {
    Record::from_signals(signals).unwrap_err().to_string()
}

#[test]
fn usual_spellings_of_the_leads() {
    let spellings: [&[&str]; 12] = [
        &[
            "I",
            "i",
            "Lead I",
            "DI",
            "MLI",
            "ECG I",
            "D1",
            "L1",
            "lead_i",
            "EKG lead 1",
            "MDC_ECG_LEAD_I",
            "Ableitung I",
        ],
        &["II", "ii", "LEAD II", "DII", "MLII", "D2", "ecg-ii"],
        &["III", "iii", "Lead III", "DIII", "MLIII", "D3", "L3"],
        &["aVR", "avr", "AVR", "Lead aVR", "ECG aVR", "a.V.R", "MDC_ECG_LEAD_aVR"],
        &["aVL", "avl", "AVL", "ecg avl"],
        &["aVF", "avf", "AVF"],
        &["V1", "v1", "C1", "Lead V1", "ECG V1", "MDC_ECG_LEAD_V1"],
        &["V2", "v2", "c2"],
        &["V3", "ECG V3"],
        &["V4", "V 4"],
        &["V5", "v5"],
        &["V6", "C6"],
    ];
    for (index, names) in spellings.iter().enumerate() {
        for name in *names {
            assert_eq!(standard_index(name), Some(index), "{name}");
        }
    }
    for name in
        ["", "vx", "VZ", "V7", "V", "V10", "C", "1", "ECG 1", "ECG", "PLETH", "ABP", "IIII", "aV", "time", "-aVR2", "é"]
    {
        assert_eq!(standard_index(name), None, "{name}");
    }
}

#[test]
fn leads_are_found_in_any_order_among_other_channels() {
    let mut names = ["v6", "vx", "C5", "V4", "v3", "V2", "v1", "AVF", "avl", "aVR", "Lead III", "PLETH", "ii", "DI"];
    for _ in 0..2 {
        let (record, warnings) = Record::from_signals(&signals(&names)).unwrap();
        assert_eq!(record.leads, STANDARD);
        assert_eq!(warnings, []);
        assert_eq!((record.rate, record.n_samples(), record.source.as_str()), (RATE, 1000, "case.hea"));
        assert_eq!(record.labels, ["a comment"]);
        for lead in 0..12 {
            let expected: Vec<f32> = wave(lead).iter().map(|value| (value * 1e-3) as f32).collect();
            assert_eq!(record.lead(lead), expected);
        }
        names.reverse();
    }
}

#[test]
fn limb_leads_are_derived_from_i_and_ii() {
    let (record, warnings) = Record::from_signals(&signals(&["II", "I", "V1", "V2", "V3", "V4", "V5", "V6"])).unwrap();
    let derived = ["III", "aVR", "aVL", "aVF"].map(|lead| Warning::Derived { lead: lead.into() });
    assert_eq!(warnings, derived);
    for t in 0..1000 {
        let (i, ii) = (wave(0)[t] * 1e-3, wave(1)[t] * 1e-3);
        let electrodes = (0.0, i, ii); // right arm, left arm, left leg, against the right arm
        let centre = (electrodes.0 + electrodes.1 + electrodes.2) / 3.0;
        let expected =
            [ii - i, 1.5 * (electrodes.0 - centre), 1.5 * (electrodes.1 - centre), 1.5 * (electrodes.2 - centre)];
        for (lead, expected) in (2..6).zip(expected) {
            assert!((f64::from(record.lead(lead)[t]) - expected).abs() < 1e-6);
        }
    }
}

#[test]
fn leads_that_cannot_be_had_are_errors() {
    let cases: [(&[&str], &str); 5] = [
        (&["I", "II", "V1", "V2", "V3", "V4", "V5"], "lead V6 is missing and cannot be derived"),
        (&["II", "V1", "V2", "V3", "V4", "V5", "V6"], "lead I is missing and cannot be derived"),
        (&["I", "II", "V2", "V3", "V4", "V5", "V6"], "lead V1 is missing"),
        (&["vx", "vy"], "none of its channels (vx, vy) is a standard lead; name them with --leads"),
        (&["I", "Lead I"], "channels I and Lead I are both lead I"),
    ];
    for (names, expected) in cases {
        let message = message(&signals(names));
        assert!(message.starts_with("use record case: ") && message.contains(expected), "{message}");
    }
    // With III but without I, aVR cannot be derived either.
    let message = message(&signals(&["II", "III", "V1", "V2", "V3", "V4", "V5", "V6"]));
    assert!(message.contains("lead I is missing"), "{message}");
}

#[test]
fn units_are_converted_and_unknown_ones_refused() {
    let expected = wave(3)[17] as f32;
    let units = [
        ("V", 1e3),
        ("mV", 1.0),
        ("mv", 1.0),
        ("", 1.0),
        ("uV", 1e-3),
        ("µV", 1e-3),
        ("μV", 1e-3),
        ("microvolt", 1e-3),
        ("nV", 1e-6),
    ];
    for (unit, scale) in units {
        let mut case = signals(&STANDARD);
        for channel in &mut case.channels {
            channel.units = unit.into();
            channel.samples.iter_mut().for_each(|value| *value /= scale);
        }
        let (record, _) = Record::from_signals(&case).unwrap();
        assert!((record.lead(3)[17] - expected).abs() <= expected.abs() * 1e-6, "{unit}");
    }
    let mut case = signals(&STANDARD);
    case.channels[5].units = "mmHg".into();
    assert!(message(&case).contains("channel aVF is in mmHg, not in V, mV, uV or nV"), "{}", message(&case));
}

#[test]
fn short_gaps_are_interpolated_and_long_ones_refused() {
    let mut case = signals(&STANDARD);
    // 49 samples are 98 ms.
    case.channels[1].samples[100..149].fill(f64::NAN);
    case.channels[1].samples[300] = f64::NAN;
    case.channels[2].samples[..10].fill(f64::NAN);
    case.channels[2].samples[990..].fill(f64::INFINITY);
    let (record, warnings) = Record::from_signals(&case).unwrap();
    let gap = |lead: &str, first, longest| Warning::Interpolated { lead: lead.into(), gaps: 2, first, longest };
    assert_eq!(warnings, [gap("II", 0.2, 0.098), gap("III", 0.0, 0.02)]);
    assert!(
        warnings[0].to_string().contains("2 gap(s) of missing samples, the first at 0.200 s, the longest of 98 ms")
    );
    let ii = wave(1);
    for k in 100..149 {
        let line = ii[99] + (ii[149] - ii[99]) * (k - 99) as f64 / 50.0;
        assert!((f64::from(record.lead(1)[k]) - line * 1e-3).abs() < 1e-7);
    }
    let iii = wave(2);
    assert_eq!(record.lead(2)[..10], [(iii[10] * 1e-3) as f32; 10]);
    assert_eq!(record.lead(2)[990..], [(iii[989] * 1e-3) as f32; 10]);

    case.channels[1].samples[149] = f64::NAN;
    let message = message(&case);
    assert!(message.contains("lead II has no samples for 100 ms from 0.200 s on"), "{message}");
}

#[test]
fn flat_leads_and_strange_amplitudes_are_warnings() {
    let mut case = signals(&STANDARD);
    case.channels[6].samples.fill(3.0);
    case.channels[7].samples[200..700].fill(5.0);
    case.channels[7].samples[700..].iter_mut().enumerate().for_each(|(k, value)| *value = k as f64);
    case.channels[8].samples[200..699].fill(5.0);
    case.channels[9].samples[250] = -10_500.0;
    let (_, warnings) = Record::from_signals(&case).unwrap();
    let flat = |lead: &str, start, seconds| Warning::Flat { lead: lead.into(), start, seconds };
    let expected =
        [flat("V1", 0.0, 2.0), flat("V2", 0.4, 1.0), Warning::OutOfRange { lead: "V4".into(), peak: -10.5, at: 0.5 }];
    assert_eq!(warnings, expected);
    let texts: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(texts[0], "flat lead: V1 holds one value for 2.0 s from 0.00 s on");
    assert_eq!(texts[2], "amplitude out of range: lead V4 reaches -10.5 mV at 0.50 s");

    let mut volts = signals(&STANDARD);
    volts.channels.iter_mut().flat_map(|c| &mut c.samples).for_each(|value| *value *= 1e-6);
    let (_, warnings) = Record::from_signals(&volts).unwrap();
    assert!(matches!(warnings[..], [Warning::Tiny { span }] if (span - 2e-6).abs() < 1e-7), "{warnings:?}");
}

#[test]
fn rates_lengths_and_absurd_values_are_checked() {
    let mut case = signals(&STANDARD);
    case.channels[4].rate = 250.0;
    assert!(message(&case).contains("bring them to one rate first"), "{}", message(&case));
    let mut case = signals(&STANDARD);
    case.channels[4].samples.pop();
    assert!(message(&case).contains("lead aVL has 999 samples at 500 Hz"), "{}", message(&case));
    let mut case = signals(&STANDARD);
    case.channels.iter_mut().for_each(|channel| channel.rate = 1e-3);
    assert!(message(&case).contains("its rate is 0.001 Hz"), "{}", message(&case));
    let mut case = signals(&STANDARD);
    case.channels[0].samples[0] = 1e300;
    assert!(message(&case).contains("lead I reaches"), "{}", message(&case));
    let mut case = signals(&STANDARD);
    case.channels.iter_mut().for_each(|channel| channel.samples.clear());
    assert!(message(&case).contains("no samples"), "{}", message(&case));
}

/// Raw samples in microvolts that obey Einthoven's law, under a header that gives each lead a span of 1 mV.
fn normalised_by_the_header() -> (Signals, Vec<Vec<f64>>) {
    let (one, two) = (wave(0), wave(1));
    let mix = |a: f64, b: f64| one.iter().zip(&two).map(|(x, y)| (a * x + b * y).round()).collect::<Vec<f64>>();
    let mut raw = vec![mix(1.0, 0.0), mix(0.0, 1.0), mix(-1.0, 1.0), mix(-0.5, -0.5), mix(1.0, -0.5), mix(-0.5, 1.0)];
    raw.extend((6..12).map(|lead| wave(lead).iter().map(|x| (x * lead as f64 / 8.0).round()).collect::<Vec<f64>>()));
    let mut file = signals(&STANDARD);
    for (channel, raw) in file.channels.iter_mut().zip(&raw) {
        let (low, high) = raw.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &x| (l.min(x), h.max(x)));
        channel.gain = Some(high - low);
        channel.units = "mV".into();
        channel.samples = raw.iter().map(|x| x / (high - low)).collect();
    }
    (file, raw)
}

#[test]
fn leads_that_the_header_scales_to_one_span_are_restored() {
    let (file, raw) = normalised_by_the_header();
    let (record, warnings) = Record::from_signals(&file).unwrap();
    assert_eq!(warnings, [Warning::Rescaled]);
    for (lead, raw) in raw.iter().enumerate() {
        for (found, raw) in record.lead(lead).iter().zip(raw) {
            assert!((f64::from(*found) - raw / 1000.0).abs() < 1e-6, "{found} {raw}");
        }
    }
}

#[test]
fn other_records_keep_their_header_gains() {
    let (file, _) = normalised_by_the_header();
    // One lead that spans something else, raw samples that break the law, or gains that are all the same.
    let mut longer = file.clone();
    longer.channels[7].samples[0] += 2.0;
    let mut lawless = file.clone();
    lawless.channels[1].samples.reverse();
    let mut same = file.clone();
    same.channels.iter_mut().for_each(|channel| channel.gain = Some(1000.0));
    for case in [longer, lawless, same] {
        let (record, warnings) = Record::from_signals(&case).unwrap();
        assert!(!warnings.contains(&Warning::Rescaled));
        assert_eq!(record.lead(3)[5], case.channels[3].samples[5] as f32);
    }
}
