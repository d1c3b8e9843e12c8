use std::ops::ControlFlow;

use burn::tensor::{Device, Tensor, TensorData};
use einthoven_amortize::label::{LabelMethod, LabelSet, Labeller, Role, Unlabelled};
use einthoven_amortize::{Amortized, Error, NetworkConfig, Objective, TrainingConfig, train};
use einthoven_ecg::Record;
use einthoven_game::{Index, Partition, exact, rng};
use einthoven_interactions::Method as Interactions;
use einthoven_masking::{MaskedModel, Options, PlacedModel};
use einthoven_model::{BatchModel, ModelSpec};
use rand::RngExt;

use crate::toy::{config, permutation};

const PLAYERS: usize = 8;
const VALIDATION: usize = 100;

/// Two outputs of eight numbers: `2 tanh(w x) + x0 x1` and `relu(v x)`.
#[derive(Clone)]
struct Smooth(ModelSpec);

impl Smooth {
    fn new(fingerprint: &str) -> Self {
        Self(ModelSpec {
            outputs: vec!["tanh".into(), "relu".into()],
            leads: leads(),
            n_samples: 1,
            rate: 100.0,
            fingerprint: fingerprint.into(),
            row_buffer_bytes: 64,
            row_bytes: 256,
        })
    }
}

impl BatchModel for Smooth {
    fn spec(&self) -> &ModelSpec {
        &self.0
    }

    fn logits(&self, batch: Tensor<3>) -> Tensor<2> {
        let [n, ..] = batch.dims();
        let x = batch.reshape([n, PLAYERS]);
        let weights: Vec<f32> = (0..2 * PLAYERS).map(|at| 0.6 * (1.7 * at as f32 + 1.0).sin()).collect();
        let weights = Tensor::<2>::from_data(TensorData::new(weights, [PLAYERS, 2]), &x.device());
        let sums = x.clone().matmul(weights);
        let product = x.clone().narrow(1, 0, 1) * x.narrow(1, 1, 1);
        let smooth = sums.clone().narrow(1, 0, 1).tanh().mul_scalar(2.0) + product;
        Tensor::cat(vec![smooth, sums.narrow(1, 1, 1).clamp_min(0.0)], 1)
    }

    fn is_differentiable(&self) -> bool {
        true
    }

    fn to_device(&self, _: &Device) -> Box<dyn BatchModel> {
        Box::new(self.clone())
    }
}

fn leads() -> Vec<String> {
    (0..PLAYERS).map(|lead| format!("x{lead}")).collect()
}

fn partition() -> Partition {
    Partition::leads(&leads(), 1).unwrap()
}

fn record(index: usize) -> Record {
    let mut rng = rng::stream(5, "smooth record", index as u64);
    let signal = (0..PLAYERS).map(|_| rng.random_range(-2.0f32..2.0)).collect();
    Record::new(format!("record {index}"), 100.0, leads(), signal)
}

fn go_on(_: usize, _: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Labels of one walk each.
fn labels(n_train: usize) -> LabelSet {
    labels_by(permutation(), PLAYERS + 1, n_train)
}

fn labels_by(method: LabelMethod, budget: usize, n_train: usize) -> LabelSet {
    let (partition, options) = (partition(), Options::default());
    let placed = PlacedModel::new(&Smooth::new("smooth"), &[Device::flex()]);
    let mut roles = vec![Role::Train; n_train];
    roles.extend([Role::Validation; VALIDATION]);
    let config = config(method, budget);
    let labeller = Labeller::new(&placed, &partition, &options, &config, ["leads", "zero"], roles).unwrap();
    let one = |index: usize| Unlabelled { index, name: format!("record {index}"), record: record(index) };
    let records: Vec<Unlabelled> = (0..n_train + VALIDATION).map(one).collect();
    let (records, _) = labeller.label(&records, &mut go_on).unwrap();
    LabelSet { spec: labeller.spec().clone(), partition: partition.clone(), records, bias: None }
}

/// The exact values of a record, `[outputs, players]`.
fn truth(record: &Record) -> Vec<f64> {
    let (partition, model) = (partition(), Smooth::new("smooth"));
    let masked = MaskedModel::new(&model, &Device::flex(), record, &partition, &Options::default()).unwrap();
    let design = exact::design(PLAYERS).unwrap();
    let values = masked.evaluate(&design.rows, &mut go_on).unwrap();
    exact::estimate(&design, &values).unwrap().iter().flat_map(|found| found.player_values()).collect()
}

fn training(objective: Objective) -> TrainingConfig {
    let network = NetworkConfig { hidden: 32, gradient: false, ..NetworkConfig::default() };
    TrainingConfig { network, objective, epochs: 30, learning_rate: 3e-3, ..TrainingConfig::default() }
}

fn trained(config: &TrainingConfig, set: &LabelSet) -> Amortized {
    let report = &mut |_| ControlFlow::Continue(());
    train(config, set, &Smooth::new("smooth"), &Options::default(), &Device::flex(), report).unwrap().unwrap()
}

fn explained(amortized: &Amortized, records: &[Record]) -> Vec<Vec<f64>> {
    let opened = amortized.open(&Smooth::new("smooth"), Options::default(), &Device::flex()).unwrap();
    let records: Vec<&Record> = records.iter().collect();
    opened.explain(&records, &mut go_on).unwrap().into_iter().map(|one| one.values).collect()
}

/// Squared error as a share of the spread of the exact values.
fn relative_error(found: &[Vec<f64>], truths: &[Vec<f64>]) -> f64 {
    let n = truths.len() as f64;
    let mean: Vec<f64> = (0..truths[0].len()).map(|at| truths.iter().map(|t| t[at]).sum::<f64>() / n).collect();
    let square = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
    let error: f64 = found.iter().zip(truths).map(|(found, truth)| square(found, truth)).sum();
    error / truths.iter().map(|truth| square(truth, &mean)).sum::<f64>()
}

#[test]
fn an_explainer_is_better_than_its_labels_and_knows_how_good_it_is() {
    let set = labels(600);
    let unseen: Vec<Record> = (5000..5200).map(record).collect();
    let truths: Vec<Vec<f64>> = unseen.iter().map(truth).collect();
    let own = |at: usize| set.records[at].labels[0].values.clone();
    let label_error = relative_error(
        &(0..200).map(own).collect::<Vec<_>>(),
        &(0..200).map(|at| truth(&record(at))).collect::<Vec<_>>(),
    );
    let mut with_gradient = training(Objective::Labels);
    with_gradient.network.gradient = true;
    for config in [training(Objective::Labels), training(Objective::FastShap), with_gradient] {
        let amortized = trained(&config, &set);
        let error = relative_error(&explained(&amortized, &unseen), &truths);
        let facts = &amortized.card().facts;
        assert!(error < label_error / 2.0, "{config:?}: {error} beside {label_error}");
        // Both are found without the truth, from noisy labels of 100 records.
        assert!((facts.label_error / label_error - 1.0).abs() < 0.25, "{} {label_error}", facts.label_error);
        assert!((facts.error - error).abs() < 4.0 * facts.error_std_err + 0.1 * error, "{facts:?} {error}");
        // Values add up, as the labels do.
        let opened = amortized.open(&Smooth::new("smooth"), Options::default(), &Device::flex()).unwrap();
        for one in opened.explain(&unseen.iter().collect::<Vec<_>>(), &mut go_on).unwrap() {
            for output in 0..2 {
                let sum: f64 = one.values[output * PLAYERS..(output + 1) * PLAYERS].iter().sum();
                assert!((sum - one.full[output] + one.empty[output]).abs() < 1e-4 * (1.0 + one.full[output].abs()));
            }
        }
    }
}

#[test]
fn pairs_are_learned_too() {
    let method = |estimator| LabelMethod::Pairs(estimator, Index::KSii);
    let set = labels_by(method(Interactions::ShapIq), 48, 600);
    let amortized = trained(&training(Objective::Labels), &set);
    // All coalitions: labels without noise.
    let exact = labels_by(method(Interactions::Exact), 1 << PLAYERS, 100);
    let truths: Vec<Vec<f64>> = exact.records.iter().map(|record| record.labels[0].values.clone()).collect();
    let same: Vec<Vec<f64>> = set.records[..200].iter().map(|record| record.labels[0].values.clone()).collect();
    let label_error = relative_error(&same, &truths);
    let unseen: Vec<Record> = (5000..5100).map(record).collect();
    let others = truths_of(&unseen, &exact);
    let error = relative_error(&explained(&amortized, &unseen), &others);
    assert!(error < label_error / 2.0, "{error} beside {label_error}");
    let n_terms = set.spec.terms.len();
    assert_eq!(n_terms, PLAYERS + PLAYERS * (PLAYERS - 1) / 2);
    let opened = amortized.open(&Smooth::new("smooth"), Options::default(), &Device::flex()).unwrap();
    for one in opened.explain(&unseen.iter().collect::<Vec<_>>(), &mut go_on).unwrap() {
        for output in 0..2 {
            let sum: f64 = one.values[output * n_terms..(output + 1) * n_terms].iter().sum();
            assert!((sum - one.full[output] + one.empty[output]).abs() < 1e-4 * (1.0 + one.full[output].abs()));
        }
    }
}

/// The exact labels of other records, by the method of a set.
fn truths_of(records: &[Record], set: &LabelSet) -> Vec<Vec<f64>> {
    let (partition, options) = (partition(), Options::default());
    let placed = PlacedModel::new(&Smooth::new("smooth"), &[Device::flex()]);
    let config = config(set.spec.label_method().unwrap(), set.spec.budget);
    let roles = vec![Role::Train; records.len()];
    let labeller = Labeller::new(&placed, &partition, &options, &config, ["leads", "zero"], roles).unwrap();
    let one = |(index, record): (usize, &Record)| Unlabelled { index, name: String::new(), record: record.clone() };
    let records: Vec<Unlabelled> = records.iter().enumerate().map(one).collect();
    let (labelled, _) = labeller.label(&records, &mut go_on).unwrap();
    labelled.into_iter().map(|record| record.labels[0].values.clone()).collect()
}

#[test]
fn values_that_are_made_to_add_up_are_never_further_from_the_truth() {
    let set = labels(100);
    let mut config = TrainingConfig { epochs: 5, ..training(Objective::Labels) };
    config.network.efficient = false;
    let amortized = trained(&config, &set);
    // The same weights, with the projection.
    let folder = tempfile::tempdir().unwrap();
    amortized.save(folder.path()).unwrap();
    let card = folder.path().join("explainer.json");
    let text = std::fs::read_to_string(&card).unwrap();
    assert!(text.contains("\"efficient\": false"));
    std::fs::write(&card, text.replace("\"efficient\": false", "\"efficient\": true")).unwrap();
    let moved = Amortized::load(folder.path()).unwrap();
    let unseen: Vec<Record> = (5000..5050).map(record).collect();
    let (before, after) = (explained(&amortized, &unseen), explained(&moved, &unseen));
    let mut closer = 0;
    for ((record, before), after) in unseen.iter().zip(&before).zip(&after) {
        let truth = truth(record);
        for ((before, after), truth) in before.chunks(PLAYERS).zip(after.chunks(PLAYERS)).zip(truth.chunks(PLAYERS)) {
            let square = |found: &[f64]| found.iter().zip(truth).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
            assert!(square(after) <= square(before) + 1e-6);
            closer += usize::from(square(after) < square(before));
            assert!((after.iter().sum::<f64>() - truth.iter().sum::<f64>()).abs() < 1e-4);
        }
    }
    assert!(closer > 90, "{closer} of 100");
}

#[test]
fn what_is_saved_is_what_is_read_and_the_same_seed_gives_the_same_bits() {
    let set = labels(40);
    let config = TrainingConfig { epochs: 3, curve: true, ..training(Objective::Labels) };
    let (first, second) = (trained(&config, &set), trained(&config, &set));
    let unseen: Vec<Record> = (5000..5010).map(record).collect();
    assert_eq!(explained(&first, &unseen), explained(&second, &unseen));
    let folder = tempfile::tempdir().unwrap();
    first.save(folder.path()).unwrap();
    let read = Amortized::load(folder.path()).unwrap();
    assert_eq!(read.card(), first.card());
    assert_eq!(explained(&read, &unseen), explained(&first, &unseen));
    let records: Vec<usize> = read.card().facts.curve.iter().map(|point| point.records).collect();
    assert_eq!(records, [5, 10, 20, 40]);
    std::fs::write(folder.path().join("explainer.safetensors"), b"nothing").unwrap();
    let error = Amortized::load(folder.path()).unwrap_err().to_string();
    assert!(error.contains("explainer.safetensors") && error.contains("not a safetensors file"), "{error}");
    std::fs::remove_file(folder.path().join("explainer.json")).unwrap();
    let error = Amortized::load(folder.path()).unwrap_err().to_string();
    assert!(error.contains("explainer.json") && error.contains("amortize train"), "{error}");
}

/// The same model with another fingerprint.
#[test]
fn an_explainer_refuses_to_answer_for_another_model() {
    let set = labels(20);
    let amortized = trained(&TrainingConfig { epochs: 1, ..training(Objective::Labels) }, &set);
    let mut other = set.clone();
    other.spec.model = "changed".to_owned();
    let report = &mut |_| ControlFlow::Continue(());
    let options = Options::default();
    let config = training(Objective::Labels);
    let error = train(&config, &other, &Smooth::new("smooth"), &options, &Device::flex(), report).unwrap_err();
    assert!(matches!(error, Error::Stale { .. }), "{error}");
    let changed = Smooth::new("changed");
    let error = amortized.open(&changed, options, &Device::flex()).err().unwrap();
    assert!(error.to_string().contains("make labels and train again"), "{error}");
}

#[test]
fn too_little_to_learn_from_is_refused() {
    let train = |set: &LabelSet, config: &TrainingConfig| {
        let report = &mut |_| ControlFlow::Continue(());
        einthoven_amortize::train(config, set, &Smooth::new("smooth"), &Options::default(), &Device::flex(), report)
            .unwrap_err()
            .to_string()
    };
    let plain = training(Objective::Labels);
    let mut set = labels(20);
    set.records.truncate(21);
    assert!(train(&set, &plain).contains("1 validation records"));
    let mut set = labels(20);
    set.records[25].labels.truncate(1);
    assert!(train(&set, &plain).contains("two independent labels"));
    let set = labels(3);
    assert!(train(&set, &plain).contains("3 training records"));
    let set = labels(20);
    // Labels on either side of each record's mean, which is the same for all: nothing varies but noise.
    let mut flat = set.clone();
    for record in &mut flat.records {
        for (at, label) in record.labels.iter_mut().enumerate() {
            label.values.fill(if at == 0 { 1.0 } else { -1.0 });
        }
    }
    assert!(train(&flat, &plain).contains("how far values vary"));
    assert!(train(&set, &TrainingConfig { epochs: 0, ..plain }).contains("epochs"));
}

#[test]
fn an_explainer_no_better_than_its_labels_does_not_pay() {
    let set = labels(40);
    let amortized = trained(&TrainingConfig { epochs: 2, ..training(Objective::Labels) }, &set);
    let mut card = amortized.card().clone();
    card.facts.evaluation_seconds = 1e-3;
    card.facts.apply_seconds = 1e-3;
    card.facts.seconds = 10.0;
    (card.facts.label_error, card.facts.error, card.facts.error_std_err) = (2.0, 0.08, 0.02);
    (card.facts.evaluations_per_label, card.facts.label_evaluations) = (9.0, 2000);
    let worth = card.worth();
    // Twenty labels of nine coalitions for the same error, which is taken to be a standard error larger.
    assert!((worth.equal_evaluations - 180.0).abs() < 1e-9);
    assert!((worth.label_seconds - 2.0).abs() < 1e-9);
    let expected = (worth.label_seconds + 10.0) / (0.18 - 0.003);
    assert!((worth.break_even.unwrap() - expected).abs() < 1e-6);
    card.facts.error = 2.5;
    assert!(!card.worth().beats_labels && card.worth().break_even.is_none());
    // An error below zero is as good as none, give or take its standard error.
    card.facts.error = -0.3;
    assert!((card.worth().equal_evaluations - 900.0).abs() < 1e-9);
    // Better than a label, but an evaluation costs next to nothing.
    (card.facts.error, card.facts.evaluation_seconds) = (0.1, 1e-9);
    assert!(card.worth().beats_labels && card.worth().break_even.is_none());
}
