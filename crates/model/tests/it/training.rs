use std::{fs, ops::ControlFlow, path::Path};

use burn::tensor::Device;
use einthoven_ecg::{Preparation, Record, STANDARD, synth::DatasetConfig, wfdb};
use einthoven_model::{
    Augmentation, Outcome, Progress, Provenance, Source, StateDict, TrainConfig, XResNetConfig, load, train,
};
use tempfile::TempDir;

fn config() -> TrainConfig {
    TrainConfig {
        architecture: XResNetConfig {
            n_leads: 12,
            stem: vec![6],
            stem_stride: 2,
            widths: vec![6, 6],
            depths: vec![1, 1],
            strides: vec![1, 2],
            expansion: 1,
            kernel_size: 5,
            hidden: 8,
            dropout: [0.1, 0.2],
            n_outputs: 5,
            homogeneous: false,
        },
        preparation: Preparation { rate: 50.0, n_samples: 200, highpass_hz: Some(0.5), mains_hz: None },
        window: 150,
        epochs: 3,
        batch: 8,
        learning_rate: 0.01,
        ..TrainConfig::default()
    }
}

fn synthetic(n: usize) -> Source {
    Source::Synthetic(DatasetConfig { n, seconds: 4.0, rate: 100.0, ..DatasetConfig::default() })
}

fn run(
    config: &TrainConfig,
    source: &Source,
    folder: &Path,
    report: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> einthoven_model::Result<Option<Outcome>> {
    let provenance = Provenance { command: "a test".into(), git_revision: "none".into() };
    train(config, source, None, &provenance, folder, &Device::flex(), report)
}

fn go_on(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// A homogeneous network whose last two epochs are frozen.
fn homogeneous() -> TrainConfig {
    let architecture = XResNetConfig { homogeneous: true, ..config().architecture };
    TrainConfig { architecture, frozen_epochs: 2, ..config() }
}

#[test]
fn a_resumed_run_ends_as_an_uninterrupted_one() {
    resumed_and_uninterrupted(&config());
}

#[test]
fn a_resumed_run_of_a_homogeneous_network_ends_as_an_uninterrupted_one() {
    resumed_and_uninterrupted(&homogeneous());
}

fn resumed_and_uninterrupted(config: &TrainConfig) {
    let (whole, broken) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let source = synthetic(64);
    let expected = run(config, &source, whole.path(), &mut go_on).unwrap().unwrap();
    // Broken off in the middle of the second epoch, then in the first step of the third.
    for (epoch, step) in [(2, 4), (3, 1)] {
        let mut stop = |progress: Progress| match progress {
            Progress::Step { epoch: e, step: s, .. } if (e, s) == (epoch, step) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        };
        assert!(run(config, &source, broken.path(), &mut stop).unwrap().is_none());
        assert!(broken.path().join("checkpoint.safetensors").exists());
    }
    let mut epochs = Vec::new();
    let mut watch = |progress: Progress| {
        if let Progress::Epoch { epoch, .. } = progress {
            epochs.push(epoch);
        }
        ControlFlow::Continue(())
    };
    let resumed = run(config, &source, broken.path(), &mut watch).unwrap().unwrap();
    assert_eq!(epochs, [3]);
    assert_eq!(resumed.model.state(), expected.model.state());
    assert_eq!(resumed.model.card(), expected.model.card());
    for name in ["model.safetensors", "model.json"] {
        assert_eq!(fs::read(whole.path().join(name)).unwrap(), fs::read(broken.path().join(name)).unwrap());
    }
    assert!(!broken.path().join("checkpoint.safetensors").exists());
    let loaded = load(&broken.path().join("model.safetensors")).unwrap();
    assert_eq!(loaded.state(), resumed.model.state());
}

#[test]
fn a_checkpoint_of_other_settings_is_not_gone_on_with() {
    let folder = TempDir::new().unwrap();
    let mut stop = |progress: Progress| match progress {
        Progress::Step { epoch: 2, .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    assert!(run(&config(), &synthetic(24), folder.path(), &mut stop).unwrap().is_none());
    let other = TrainConfig { seed: 2, ..config() };
    let message = run(&other, &synthetic(24), folder.path(), &mut go_on).unwrap_err().to_string();
    assert!(message.contains("checkpoint.safetensors: made with other settings"), "{message}");
    fs::write(folder.path().join("checkpoint.safetensors"), b"something else").unwrap();
    let message = run(&config(), &synthetic(24), folder.path(), &mut go_on).unwrap_err().to_string();
    assert!(message.contains("not a safetensors file"), "{message}");
}

#[test]
fn another_seed_gives_another_network_and_the_same_seed_the_same() {
    let train = |seed| {
        let folder = TempDir::new().unwrap();
        let config = TrainConfig { seed, epochs: 1, ..config() };
        run(&config, &synthetic(24), folder.path(), &mut go_on).unwrap().unwrap().model.state().clone()
    };
    let first = train(1);
    assert_eq!(first, train(1));
    assert_ne!(first, train(2));
}

#[test]
fn training_learns_and_keeps_the_best_epoch() {
    let folder = TempDir::new().unwrap();
    let config = TrainConfig { epochs: 8, patience: 8, ..config() };
    let mut epochs = Vec::new();
    let mut watch = |progress: Progress| {
        if let Progress::Epoch { loss, validation_macro_auc, is_best, .. } = progress {
            epochs.push((loss, validation_macro_auc, is_best));
        }
        ControlFlow::Continue(())
    };
    let outcome = run(&config, &synthetic(320), folder.path(), &mut watch).unwrap().unwrap();
    assert_eq!(epochs.len(), 8);
    assert!(epochs[7].0 < 0.8 * epochs[0].0, "{epochs:?}");
    let best = epochs.iter().map(|e| e.1).fold(0.0, f64::max);
    assert!(best > 0.6, "{epochs:?}");
    let training = outcome.model.card().training.as_ref().unwrap();
    assert_eq!(training.validation_macro_auc, best);
    assert_eq!(epochs[training.best_epoch - 1].1, best);
    assert_eq!(epochs.iter().rposition(|e| e.2).unwrap() + 1, training.best_epoch);
    assert_eq!((training.epochs, training.n_records), (8, [320, 40, 40]));
    assert_eq!(training.test, outcome.test);
    assert_eq!(training.config, config);
}

#[test]
fn running_statistics_stand_still_in_frozen_epochs() {
    for architecture in [config().architecture, homogeneous().architecture] {
        let statistics = |frozen_epochs| {
            let folder = TempDir::new().unwrap();
            let config = TrainConfig { architecture: architecture.clone(), epochs: 2, frozen_epochs, ..config() };
            let outcome = run(&config, &synthetic(24), folder.path(), &mut go_on).unwrap().unwrap();
            let state = outcome.model.state().clone();
            assert_ne!(state.get("0.0.weight"), StateDict::initial(&architecture, 1).get("0.0.weight"));
            state.get("0.1.running_var").unwrap().data.clone()
        };
        // All running squares and variances begin at 1.
        assert_eq!(statistics(2), [1.0; 6]);
        assert!(statistics(0).iter().all(|&square| square != 1.0));
    }
}

#[test]
fn training_stops_early() {
    let folder = TempDir::new().unwrap();
    // A rate at which nothing is learnt, and a validation split where the first epoch is hard to beat for long.
    let config = TrainConfig { epochs: 200, patience: 2, learning_rate: 1e-12, ..config() };
    let outcome = run(&config, &synthetic(24), folder.path(), &mut go_on).unwrap().unwrap();
    let training = outcome.model.card().training.as_ref().unwrap();
    assert_eq!(training.epochs, training.best_epoch + 2);
    assert!(training.epochs < 200);
}

#[test]
fn a_network_is_trained_on_a_folder_as_ptb_xl() {
    let folder = TempDir::new().unwrap();
    ptbxl_folder(folder.path(), 30);
    let out = TempDir::new().unwrap();
    let config = TrainConfig { augmentation: Augmentation { lost_lead: 0.0, ..Augmentation::default() }, ..config() };
    let source = Source::PtbXl(folder.path().to_owned());
    let outcome = run(&config, &source, out.path(), &mut go_on).unwrap().unwrap();
    let training = outcome.model.card().training.as_ref().unwrap();
    // Folds turn with the record's number; the three records without a superclass are left out.
    assert_eq!(training.n_records, [21, 3, 3]);
    assert!(training.data["ptbxl"].as_str().unwrap().contains("folds 1-8"));
    let present = |i: usize| training.test.classes[i].true_positives + training.test.classes[i].false_negatives;
    assert_eq!([0, 1, 2, 3, 4].map(present), [1, 2, 0, 0, 0]);
    fs::remove_file(folder.path().join("scp_statements.csv")).unwrap();
    let message = run(&config, &source, out.path(), &mut go_on).unwrap_err().to_string();
    assert!(message.contains("scp_statements.csv"), "{message}");
}

/// Records of 4 s at 100 Hz: number `i` is in fold `i % 10 + 1`, every other one is an infarction with twice the
/// amplitude, and every seventh fold-mate has no superclass.
fn ptbxl_folder(folder: &Path, n: usize) {
    let statements = ",description,diagnostic,form,rhythm,diagnostic_class,diagnostic_subclass\n\
                      NORM,normal ECG,1.0,,,NORM,NORM\nIMI,infarction,1.0,,,MI,IMI\nSR,sinus rhythm,,,1.0,,\n";
    fs::write(folder.join("scp_statements.csv"), statements).unwrap();
    let mut database = "ecg_id,patient_id,scp_codes,strat_fold,filename_lr,filename_hr\n".to_owned();
    let records = folder.join("records100").join("00000");
    fs::create_dir_all(&records).unwrap();
    for i in 0..n {
        let statement = if i % 10 == 3 {
            "SR"
        } else if i / 10 % 2 == 0 {
            "IMI"
        } else {
            "NORM"
        };
        let fold = i % 10 + 1;
        let file = format!("records100/00000/{i:05}_lr");
        database += &format!("{i},1.0,{{'{statement}': 100.0}},{fold},{file},none\n");
        let gain = if statement == "IMI" { 2.0 } else { 1.0 };
        let signal = (0..12 * 400).map(|k| gain * ((k * (i + 1)) as f32 * 0.01).sin()).collect();
        let leads = STANDARD.map(String::from).to_vec();
        wfdb::write(&Record::new(format!("{i:05}_lr"), 100.0, leads, signal), &records).unwrap();
    }
    fs::write(folder.join("ptbxl_database.csv"), database).unwrap();
}
