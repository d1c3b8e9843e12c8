use burn::tensor::{Device, Tensor, TensorData};
use einthoven_ecg::{labels, synth::DatasetConfig};
use einthoven_model::{BatchModel, NOTICE, Source, Split, builtin, builtin_homogeneous, evaluate, metrics};

use crate::reference::random_signal;

#[test]
fn the_built_in_model_says_what_it_is() {
    let model = builtin().unwrap();
    let card = model.card();
    assert_eq!(card.notice, NOTICE);
    // Values that were kept beside this model are found again by it.
    assert_eq!(model.spec().fingerprint, "32aaf60446f370c3245a8a8b4e78d515");
    assert!(card.notice.contains("Not a medical device"));
    assert_eq!(card.outputs, labels::NAMES);
    assert_eq!((model.spec().rate, model.spec().n_samples, model.spec().leads.len()), (100.0, 1000, 12));
    assert!(card.preparation.highpass_hz.is_some());
    let training = card.training.as_ref().unwrap();
    assert!(training.provenance.command.starts_with("einthoven train --synth "), "{:?}", training.provenance);
    assert!(!training.provenance.git_revision.is_empty());
    assert!(training.n_records.iter().all(|&n| n >= 1000));
    assert_eq!(training.test.classes.len(), 5);
    let found: usize = training.test.classes.iter().map(|c| c.true_positives + c.false_negatives).sum();
    assert!(found > 0);
    serde_json::from_value::<DatasetConfig>(training.data["synthetic"].clone()).unwrap().check().unwrap();
}

#[test]
fn the_homogeneous_built_in_model_is_a_twin() {
    let (ordinary, homogeneous) = (builtin().unwrap(), builtin_homogeneous().unwrap());
    let (card, twin) = (ordinary.card(), homogeneous.card());
    assert!(twin.architecture.homogeneous);
    let mut training = twin.training.clone().unwrap();
    training.config.architecture.homogeneous = false;
    let of_ordinary = card.training.as_ref().unwrap();
    assert_eq!((&training.config, &training.data), (&of_ordinary.config, &of_ordinary.data));
    assert_eq!((&twin.outputs, &twin.preparation), (&card.outputs, &card.preparation));
    assert_ne!(homogeneous.spec().fingerprint, ordinary.spec().fingerprint);
    assert!(training.test.macro_auc.unwrap() >= 0.97);
    let signal = random_signal(12_000, 7);
    let answer = |a: f32| {
        let signal = signal.iter().map(|x| a * x).collect();
        let batch = Tensor::from_data(TensorData::new(signal, [1, 12, 1000]), &Device::flex());
        homogeneous.logits(batch).into_data().try_to_vec::<f32>().unwrap()
    };
    let once = answer(1.0);
    let size = once.iter().fold(0.0, |most: f32, y| most.max(y.abs()));
    for a in [0.1, 0.3, 3.0, 10.0] {
        assert!(answer(a).iter().zip(&once).all(|(y, once)| (y - a * once).abs() <= 1e-5 * a * size), "{a}");
    }
}

#[test]
fn the_built_in_model_is_small() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    let bytes: u64 =
        ["builtin.safetensors", "builtin.json", "builtin-homogeneous.safetensors", "builtin-homogeneous.json"]
            .iter()
            .map(|name| std::fs::metadata(folder.join(name)).unwrap().len())
            .sum();
    assert!(bytes < 4 << 20, "{bytes}");
    assert!(builtin().unwrap().card().training.as_ref().unwrap().test.macro_auc.unwrap() >= 0.97);
}

#[test]
fn the_built_in_model_ranks_records_of_the_cards_test_split() {
    // The first of them: the whole split takes minutes.
    let model = builtin().unwrap();
    let data = model.card().training.as_ref().unwrap().data["synthetic"].clone();
    let config = DatasetConfig { n: 8 * 160, ..serde_json::from_value(data).unwrap() };
    let mut report = |_, _| std::ops::ControlFlow::Continue(());
    let test = Source::Synthetic(config).load(Split::Test, model.preparation(), &mut report).unwrap().unwrap();
    assert_eq!(test.len(), 160);
    let logits = evaluate(&model, &test, &Device::flex());
    let auc = metrics::macro_auc(&logits, &test.labels, 5).unwrap();
    assert!(auc >= 0.95, "{auc}");
}
