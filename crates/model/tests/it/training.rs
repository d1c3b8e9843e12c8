use std::{cell::RefCell, fs, ops::ControlFlow, path::Path, sync::Arc};

use burn::tensor::Device;
use einthoven_ecg::{Preparation, Record, STANDARD, synth::DatasetConfig, wfdb};
use einthoven_game::rng::ChaCha8Rng;
use einthoven_model::{
    Augmentation, Dataset, Outcome, Penalised, Penalty, PenaltyStep, Progress, Provenance, Source, Split, StateDict,
    TrainConfig, XResNetConfig, evaluate, load, train,
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
    run_penalised(config, source, None, folder, report)
}

fn run_penalised(
    config: &TrainConfig,
    source: &Source,
    penalty: Option<&dyn Penalty>,
    folder: &Path,
    report: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> einthoven_model::Result<Option<Outcome>> {
    let provenance = Provenance { command: "a test".into(), git_revision: "none".into() };
    train(config, source, penalty, &provenance, folder, &Device::flex(), report)
}

/// Draws the mean square of the logits to 0.
struct Quiet {
    strength: f64,
    calls: RefCell<usize>,
}

impl Quiet {
    fn new(strength: f64) -> Self {
        Self { strength, calls: RefCell::new(0) }
    }
}

impl Penalty for Quiet {
    fn describe(&self) -> serde_json::Value {
        serde_json::json!({ "quiet": self.strength })
    }

    fn reads_regions(&self) -> bool {
        true
    }

    fn penalise(&self, step: &PenaltyStep<'_>, _: &mut ChaCha8Rng) -> Penalised {
        *self.calls.borrow_mut() += 1;
        let [batch, leads, samples] = step.signals.dims();
        assert_eq!((leads, samples), (12, 150));
        assert_eq!(step.labels.len(), batch * 5);
        assert_eq!(step.regions.len(), batch * leads * samples);
        assert!(step.regions.contains(&true) && step.regions.contains(&false));
        let logits = step.tracked.logits(step.signals.clone());
        let constant = step.constant.logits(step.signals.clone());
        assert_eq!(logits.clone().into_data(), constant.into_data());
        let square = (logits.clone() * logits).mean().mul_scalar(self.strength);
        Penalised { loss: square.clone().into_scalar::<f32>().into(), scalar: square }
    }
}

#[test]
fn a_penalty_acts_in_frozen_epochs_and_one_of_them_is_chosen() {
    let source = synthetic(40);
    let size = |strength: f64| {
        let (folder, penalty) = (TempDir::new().unwrap(), Quiet::new(strength));
        let outcome =
            run_penalised(&homogeneous(), &source, Some(&penalty), folder.path(), &mut go_on).unwrap().unwrap();
        // Two of three epochs are frozen, of five batches each.
        assert_eq!(*penalty.calls.borrow(), 10);
        let training = outcome.model.card().training.as_ref().unwrap();
        assert_eq!(training.penalty, Some(penalty.describe()));
        assert!(training.best_epoch >= 2, "{}", training.best_epoch);
        let preparation = outcome.model.preparation().clone();
        let test = source.load(Split::Test, &preparation, &mut |_, _| ControlFlow::Continue(())).unwrap().unwrap();
        let logits = evaluate(&outcome.model, &test, &Device::flex());
        logits.iter().map(|y| f64::from(*y).powi(2)).sum::<f64>()
    };
    let (loud, quiet) = (size(1e-9), size(100.0));
    assert!(quiet < 0.2 * loud, "{quiet} {loud}");
}

#[test]
fn a_resumed_run_with_a_penalty_ends_as_an_uninterrupted_one() {
    resumed_and_uninterrupted(&homogeneous(), Some(&Quiet::new(0.1)));
}

#[test]
fn a_penalty_needs_a_homogeneous_network_frozen_epochs_and_its_regions() {
    let folder = TempDir::new().unwrap();
    let refused = |config: &TrainConfig, source: &Source| {
        let quiet = Quiet::new(1.0);
        run_penalised(config, source, Some(&quiet), folder.path(), &mut go_on).unwrap_err().to_string()
    };
    let message = refused(&config(), &synthetic(24));
    assert!(
        message.contains("'architecture.homogeneous': expected true for a penalty on attributions (--homogeneous)"),
        "{message}"
    );
    let message = refused(&TrainConfig { frozen_epochs: 0, ..homogeneous() }, &synthetic(24));
    assert!(message.contains("'frozen_epochs': expected at least 1 with a penalty"), "{message}");
    let mut data = loaded(&synthetic(24));
    data.iter_mut().for_each(|data| data.regions.clear());
    let message = refused(&homogeneous(), &Source::Records { name: "mine".into(), splits: Arc::new(data) });
    assert!(message.contains("needs regions"), "{message}");
}

fn loaded(source: &Source) -> [Dataset; 3] {
    let load =
        |split| source.load(split, &config().preparation, &mut |_, _| ControlFlow::Continue(())).unwrap().unwrap();
    [Split::Train, Split::Validation, Split::Test].map(load)
}

#[test]
fn records_of_the_callers_own_train_as_those_that_are_loaded() {
    let state = |source: &Source| {
        let folder = TempDir::new().unwrap();
        let config = TrainConfig { epochs: 1, ..config() };
        let outcome = run(&config, source, folder.path(), &mut go_on).unwrap().unwrap();
        (outcome.model.state().clone(), outcome.test, outcome.model.card().training.as_ref().unwrap().data.clone())
    };
    let splits = loaded(&synthetic(24));
    let own = |splits: [Dataset; 3]| Source::Records { name: "mine".into(), splits: Arc::new(splits) };
    let (expected, found) = (state(&synthetic(24)), state(&own(splits.clone())));
    assert_eq!((&found.0, &found.1), (&expected.0, &expected.1));
    assert_eq!(found.2, serde_json::json!({ "records": "mine" }));
    let refused = |change: &dyn Fn(&mut Dataset)| {
        let mut splits = splits.clone();
        change(&mut splits[1]);
        let folder = TempDir::new().unwrap();
        run(&config(), &own(splits), folder.path(), &mut go_on).unwrap_err().to_string()
    };
    let message = refused(&|data| data.shape[1] = 100);
    assert!(message.contains("[12, 100, 5], expected [12, 200, 5]"), "{message}");
    assert!(refused(&|data| data.signals.truncate(10)).contains("not as many signals"));
    assert!(refused(&|data| data.labels.clear()).contains("a split has 0 rows"));
}

#[test]
fn the_region_of_a_synthetic_record_is_its_mask() {
    let config = DatasetConfig { n: 8, seconds: 4.0, rate: 100.0, ..DatasetConfig::default() };
    let load = |rate: f64| {
        let preparation = Preparation { rate, n_samples: (4.0 * rate) as usize, highpass_hz: None, mains_hz: None };
        let source = Source::Synthetic(config.clone());
        source.load(Split::Train, &preparation, &mut |_, _| ControlFlow::Continue(())).unwrap().unwrap()
    };
    let (same, half) = (load(100.0), load(50.0));
    let mut marked = 0;
    for index in 0..8 {
        let mask = config.draw("train", index as u64).mask;
        assert_eq!(same.region(index), mask);
        marked += mask.iter().filter(|inside| **inside).count();
        // A cell at half the rate sees the sample at its time and the one on each side.
        let near = |i: usize| (2 * (i % 200)).saturating_sub(1)..(2 * (i % 200) + 2).min(400);
        let expected: Vec<bool> = (0..2400).map(|i| mask[i / 200 * 400..][near(i)].contains(&true)).collect();
        assert_eq!(half.region(index), expected);
    }
    assert!(marked > 0);
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
    resumed_and_uninterrupted(&config(), None);
}

#[test]
fn a_resumed_run_of_a_homogeneous_network_ends_as_an_uninterrupted_one() {
    resumed_and_uninterrupted(&homogeneous(), None);
}

fn resumed_and_uninterrupted(config: &TrainConfig, penalty: Option<&dyn Penalty>) {
    let (whole, broken) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let source = synthetic(64);
    let expected = run_penalised(config, &source, penalty, whole.path(), &mut go_on).unwrap().unwrap();
    // Broken off in the middle of the second epoch, then in the first step of the third.
    for (epoch, step) in [(2, 4), (3, 1)] {
        let mut stop = |progress: Progress| match progress {
            Progress::Step { epoch: e, step: s, .. } if (e, s) == (epoch, step) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        };
        assert!(run_penalised(config, &source, penalty, broken.path(), &mut stop).unwrap().is_none());
        assert!(broken.path().join("checkpoint.safetensors").exists());
    }
    let mut epochs = Vec::new();
    let mut watch = |progress: Progress| {
        if let Progress::Epoch { epoch, .. } = progress {
            epochs.push(epoch);
        }
        ControlFlow::Continue(())
    };
    let resumed = run_penalised(config, &source, penalty, broken.path(), &mut watch).unwrap().unwrap();
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
