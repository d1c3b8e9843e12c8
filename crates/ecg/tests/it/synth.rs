//! The synthetic heart: what holds for every record. The findings' definitions are tested beside.

use einthoven_ecg::labels::{NAMES, Superclass};
use einthoven_ecg::synth::{DatasetConfig, Drawn, Finding, MASK_SHARE, NoiseConfig, save, superclasses};
use einthoven_ecg::{Record, wfdb};
use einthoven_game::npy;

/// Short records, to be quick.
fn config() -> DatasetConfig {
    DatasetConfig { seed: 5, seconds: 5.0, ..DatasetConfig::default() }
}

fn clean() -> DatasetConfig {
    DatasetConfig { noise: NoiseConfig::none(), ..config() }
}

fn difference(a: &Record, b: &Record) -> Vec<f32> {
    a.signal().iter().zip(b.signal()).map(|(a, b)| (a - b).abs()).collect()
}

#[test]
fn a_record_depends_on_seed_split_and_index_alone() {
    let config = config();
    let drawn: Vec<Drawn> = (0..4).map(|i| config.draw("test", i)).collect();
    for (i, first) in drawn.iter().enumerate().rev() {
        assert_eq!(config.draw("test", i as u64), *first);
    }
    assert_ne!(drawn[0].record.signal(), drawn[1].record.signal());
    assert_ne!(drawn[0].record.signal(), config.draw("train", 0).record.signal());
    let other = DatasetConfig { seed: 6, ..config };
    assert_ne!(drawn[0].record.signal(), other.draw("test", 0).record.signal());
}

#[test]
fn einthovens_law_holds_with_all_noise() {
    for index in 0..12 {
        let Drawn { record, .. } = config().draw("law", index);
        assert_eq!(record.leads, einthoven_ecg::STANDARD);
        let lead = |k: usize| record.lead(k);
        for i in 0..record.n_samples() {
            let (one, two) = (lead(0)[i], lead(1)[i]);
            let errors = [
                two - one - lead(2)[i],
                -(one + two) / 2.0 - lead(3)[i],
                one - two / 2.0 - lead(4)[i],
                two - one / 2.0 - lead(5)[i],
            ];
            assert!(errors.iter().all(|e| e.abs() < 2e-6), "{errors:?}");
        }
    }
}

#[test]
fn twins_differ_where_the_mask_says() {
    for (index, finding) in Finding::ALL.into_iter().enumerate() {
        let drawn = clean().draw_with(&[finding], "twins", index as u64);
        let difference = difference(&drawn.record, &drawn.twin);
        let highest = difference.iter().copied().fold(0.0, f32::max);
        assert!(highest > 0.05, "{finding} changes at most {highest} mV");
        for (difference, inside) in difference.iter().zip(&drawn.mask) {
            let edge = MASK_SHARE as f32 * highest;
            assert!((*difference > edge) == *inside || (difference - edge).abs() < 1e-5, "{finding}");
        }
        let share = drawn.mask.iter().filter(|inside| **inside).count() as f64 / drawn.mask.len() as f64;
        assert!((0.0005..0.6).contains(&share), "{finding} marks {share} of the record");
    }
}

#[test]
fn twins_share_their_noise() {
    for (index, finding) in Finding::ALL.into_iter().enumerate() {
        let noisy = config().draw_with(&[finding], "noise", index as u64);
        let clean = clean().draw_with(&[finding], "noise", index as u64);
        assert_eq!(noisy.mask, clean.mask);
        assert_eq!(noisy.beats, clean.beats);
        let same = difference(&noisy.record, &noisy.twin).into_iter().zip(difference(&clean.record, &clean.twin));
        assert!(same.into_iter().all(|(a, b)| (a - b).abs() < 1e-5));
        assert!(difference(&noisy.record, &clean.record).into_iter().fold(0.0, f32::max) > 0.005);
    }
}

#[test]
fn healthy_hearts_have_no_mask_and_are_their_own_twin() {
    let drawn = config().draw_with(&[], "normal", 3);
    assert!(drawn.mask.iter().all(|inside| !inside));
    assert_eq!(drawn.record.signal(), drawn.twin.signal());
    assert_eq!(drawn.superclasses, [true, false, false, false, false]);
}

#[test]
fn findings_change_what_their_territory_shows() {
    // Of the marked cells, the leads that look at the wall hold more than others do.
    let share = |finding: Finding, leads: &[usize]| {
        let (mut inside, mut all) = (0, 0);
        for index in 0..10 {
            let drawn = clean().draw_with(&[finding], "territory", index);
            let n = drawn.record.n_samples();
            for lead in 0..12 {
                let count = drawn.mask[lead * n..(lead + 1) * n].iter().filter(|x| **x).count();
                all += count;
                inside += if leads.contains(&lead) { count } else { 0 };
            }
        }
        f64::from(inside as u32) / f64::from(all as u32)
    };
    assert!(share(Finding::AnteriorMi, &[6, 7, 8, 9]) > 0.5);
    assert!(share(Finding::InferiorMi, &[1, 2, 5, 3, 4]) > 0.6);
    assert!(share(Finding::LateralMi, &[0, 3, 4, 9, 10, 11]) > 0.55);
}

#[test]
fn noise_has_the_ratio_that_was_asked_for() {
    for snr in [5.0, 20.0] {
        let noise = NoiseConfig { snr_db: Some([snr, snr]), ..NoiseConfig::none() };
        for findings in [&[][..], &[Finding::LowVoltage]] {
            let noisy = DatasetConfig { noise: noise.clone(), ..config() }.draw_with(findings, "snr", 1);
            let clean = clean().draw_with(findings, "snr", 1);
            let power = |x: &[f32]| x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
            let heart = power(clean.record.signal()).min(power(clean.twin.signal()));
            let db = 10.0 * (heart / power(&difference(&noisy.record, &clean.record))).log10();
            assert!((db - snr).abs() < 0.01, "{db} dB for {snr}");
        }
    }
}

#[test]
fn mains_hum_is_at_its_frequency() {
    let noise = NoiseConfig { mains_mv: [0.1, 0.1], mains_hz: vec![50.0], ..NoiseConfig::none() };
    let hum = DatasetConfig { noise, ..config() }.draw_with(&[], "mains", 0);
    let clean = clean().draw_with(&[], "mains", 0);
    let x: Vec<f32> = hum.record.lead(6).iter().zip(clean.record.lead(6)).map(|(a, b)| a - b).collect();
    let crossings = x.windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0).count();
    assert!((crossings as f64 / 5.0 - 50.0).abs() < 0.4, "{crossings} periods in 5 s");
}

#[test]
fn prevalence_is_what_the_exclusions_leave_of_it() {
    let config = DatasetConfig { seconds: 4.0, rate: 100.0, noise: NoiseConfig::none(), ..DatasetConfig::default() };
    // By enumeration: every subset of proposed findings, cleaned in order.
    let p = |f: &Finding| config.prevalence[f];
    let mut expected = [0.0; 17];
    let mut normal = 0.0;
    for subset in 0..1u32 << 17 {
        let mut kept: Vec<usize> = Vec::new();
        let mut probability = 1.0;
        for (i, finding) in Finding::ALL.iter().enumerate() {
            let proposed = subset >> i & 1 == 1;
            probability *= if proposed { p(finding) } else { 1.0 - p(finding) };
            if proposed && kept.iter().all(|&k| Finding::ALL[k].goes_with(*finding)) {
                kept.push(i);
            }
        }
        kept.iter().for_each(|&k| expected[k] += probability);
        normal += if kept.is_empty() { probability } else { 0.0 };
    }
    let n = 1500;
    let mut counts = [0; 17];
    let mut normals = 0;
    for index in 0..n {
        let drawn = config.draw("prevalence", index);
        Finding::ALL.iter().enumerate().for_each(|(i, f)| counts[i] += u32::from(drawn.findings.contains(f)));
        normals += u32::from(drawn.superclasses[0]);
        assert_eq!(drawn.superclasses, superclasses(&drawn.findings));
    }
    let close = |count: u32, p: f64| (f64::from(count) - p * n as f64).abs() < 4.5 * (p * (1.0 - p) * n as f64).sqrt();
    assert!(close(normals, normal), "{normals} normal for {}", normal * n as f64);
    for (i, finding) in Finding::ALL.iter().enumerate() {
        assert!(close(counts[i], expected[i]), "{finding}: {} for {}", counts[i], expected[i] * n as f64);
    }
}

#[test]
fn superclasses_follow_the_label_rule() {
    let names = |findings: &[Finding]| -> Vec<&str> {
        superclasses(findings).iter().zip(NAMES).filter(|(has, _)| **has).map(|(_, name)| name).collect()
    };
    assert_eq!(names(&[]), ["NORM"]);
    assert_eq!(names(&[Finding::LvhStrain]), ["STTC", "HYP"]);
    assert_eq!(names(&[Finding::LvhVoltage]), ["HYP"]);
    assert_eq!(names(&[Finding::AnteriorMi, Finding::Rbbb]), ["MI", "CD"]);
    assert!(names(&[Finding::AtrialFibrillation]).is_empty());
    assert!(names(&[Finding::LowVoltage, Finding::PrematureVentricularBeats]).is_empty());
    assert_eq!(Superclass::from_name("sttc"), Some(Superclass::Sttc));
}

#[test]
fn configuration_survives_json_and_refuses_nonsense() {
    let config = DatasetConfig::default();
    let json = serde_json::to_string(&config).unwrap();
    assert_eq!(serde_json::from_str::<DatasetConfig>(&json).unwrap(), config);
    assert!(json.contains("\"anterior-mi\""));
    let partial: DatasetConfig = serde_json::from_str(r#"{"n": 7, "prevalence": {"lbbb": 0.5}}"#).unwrap();
    assert_eq!((partial.n, partial.prevalence.len(), partial.rate), (7, 1, 500.0));
    for wrong in [r#"{"sed": 1}"#, r#"{"prevalence": {"lbb": 1}}"#, r#"{"noise": {"hum": 1}}"#] {
        assert!(serde_json::from_str::<DatasetConfig>(wrong).is_err(), "{wrong}");
    }
    for wrong in [
        r#"{"rate": 0}"#,
        r#"{"seconds": 1e9}"#,
        r#"{"prevalence": {"lbbb": 1.5}}"#,
        r#"{"noise": {"snr_db": [9, 3]}}"#,
        r#"{"noise": {"motion": -1}}"#,
    ] {
        assert!(serde_json::from_str::<DatasetConfig>(wrong).unwrap().check().is_err(), "{wrong}");
    }
    assert!(config.check().is_ok());
    for finding in Finding::ALL {
        assert_eq!(finding.to_string().parse::<Finding>().unwrap(), finding);
        assert_eq!(serde_json::to_string(&finding).unwrap(), format!("\"{finding}\""));
    }
    assert!("heart-attack".parse::<Finding>().unwrap_err().to_string().contains("anterior-mi"));
}

#[test]
fn files_hold_the_record_its_twin_and_the_mask() {
    let folder = tempfile::tempdir().unwrap();
    let drawn = config().draw_with(&[Finding::InferiorMi, Finding::Rbbb], "files", 2);
    save(&drawn, folder.path(), true).unwrap();
    for record in [&drawn.record, &drawn.twin] {
        let read =
            Record::from_signals(&wfdb::read(&folder.path().join(format!("{}.hea", record.name))).unwrap()).unwrap();
        let worst = read.0.signal().iter().zip(record.signal()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-3, "{worst} mV");
    }
    let mask = npy::load(&folder.path().join(format!("{}-mask.npy", drawn.record.name))).unwrap();
    assert_eq!(mask.shape, [12, 2500]);
    let inside: Vec<bool> = mask.into_integers().unwrap().into_iter().map(|cell| cell == 1).collect();
    assert!(inside == drawn.mask);
    assert!(wfdb::read(&folder.path().join("missing.hea")).is_err());
}
