//! What attribution priors do and cost: `cargo run --release -p einthoven-benches --bin priors -- FILE.jsonl`.
//!
//! Homogeneous networks of the built-in architecture on small synthetic data, three seeds of training each; one JSON
//! object per network is added to the file, and those that stand in it already are passed over. In every arm the last
//! half of the epochs is frozen, whether there is a prior or not.
//!
//! * Sparsity: the Gini index of X-Gradient on test records, macro-AUC, and the median time of a step in frozen epochs
//!   over that of a plain step of the same run, for priors on X-Gradient and on expected gradients.
//! * A spurious tag: half a second of mains hum on one lead, added after preparation to nine in ten infarctions and to no
//!   others in training. Asked is what adding the tag to untagged test records does to the logit of infarction, and which share
//!   of absolute X-Gradient lies on it.

use std::{io::Write, ops::ControlFlow, path::Path, sync::Arc, time::Instant};

use anyhow::{Context, Result};
use burn::tensor::{Device, Tensor, TensorData};
use einthoven::ecg::{Preparation, synth::DatasetConfig};
use einthoven::game::rng::stream;
use einthoven::gradient::{AttributionPrior, Prior};
use einthoven::model::{
    BatchModel, Classifier, Dataset, Penalty, Progress, Provenance, Rule, Source, Split, TensorNetwork, TrainConfig,
    evaluate, metrics, train,
};
use rand::RngExt;
use serde_json::{Value, json};

const SEEDS: u64 = 3;
const EPOCHS: usize = 6;
const EPOCHS_WITH_TAGS: usize = 8;
const TRAIN: usize = 1500;
const TEST: usize = 800;
const OUTPUTS: usize = 5;
/// The class that is tagged in training (infarction), the lead of the tag (V6), its amplitude in mV.
const CLASS: usize = 1;
const LEAD: usize = 11;
const AMPLITUDE: f32 = 0.6;

fn main() -> Result<()> {
    let path = std::env::args().nth(1).context("a file for the results")?;
    let path = Path::new(&path);
    let done = std::fs::read_to_string(path).unwrap_or_default();
    let done: Vec<Value> = done.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let is_done = |arm: &str, seed: u64| done.iter().any(|line| line["arm"] == arm && line["seed"] == seed);
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
    let experiments = [tag()?, sparsity()?];
    for seed in 1..=SEEDS {
        for experiment in &experiments {
            for arm in experiment.arms.iter().filter(|arm| !is_done(arm.name, seed)) {
                let mut line = experiment.run(arm, seed)?;
                (line["arm"], line["seed"]) = (json!(arm.name), json!(seed));
                writeln!(file, "{line}")?;
            }
        }
    }
    Ok(())
}

struct Arm {
    name: &'static str,
    prior: Option<AttributionPrior>,
    /// Training, validation and test.
    splits: Arc<[Dataset; 3]>,
}

struct Experiment {
    config: TrainConfig,
    arms: Vec<Arm>,
    measure: fn(&Classifier, &Dataset) -> Result<Value>,
}

impl Experiment {
    fn run(&self, arm: &Arm, seed: u64) -> Result<Value> {
        let config = TrainConfig { seed, ..self.config.clone() };
        let source = Source::Records { name: arm.name.to_owned(), splits: arm.splits.clone() };
        let penalty = arm.prior.as_ref().map(|prior| prior as &dyn Penalty);
        let folder = std::env::temp_dir().join(format!("einthoven-priors-{}-{seed}", std::process::id()));
        let mut last = Instant::now();
        let mut seconds = [Vec::new(), Vec::new()];
        let mut watch = |progress: Progress| {
            if let Progress::Step { epoch, step, .. } = progress {
                let is_frozen = epoch + config.frozen_epochs > config.epochs;
                if step > 1 {
                    seconds[usize::from(is_frozen)].push(last.elapsed().as_secs_f64());
                }
                last = Instant::now();
            }
            ControlFlow::Continue(())
        };
        let outcome = train(&config, &source, penalty, &Provenance::default(), &folder, &Device::flex(), &mut watch)?;
        std::fs::remove_dir_all(&folder)?;
        let model = outcome.context("a training that was not broken off")?.model;
        let mut line = (self.measure)(&model, &arm.splits[2])?;
        let [plain, frozen] = seconds.map(median);
        (line["plain_step_s"], line["frozen_step_s"]) = (json!(plain), json!(frozen));
        Ok(line)
    }
}

fn sparsity() -> Result<Experiment> {
    let config = config(TrainConfig { epochs: EPOCHS, ..TrainConfig::default() });
    let splits = Arc::new(splits(&config, 10.0)?);
    let arm = |name, prior: Option<AttributionPrior>| Arm { name, prior, splits: splits.clone() };
    let x_gradient = |strength| AttributionPrior::x_gradient(Prior::Gini, strength);
    let expected = |references| AttributionPrior::expected_gradients(Prior::Gini, 10.0, references);
    let arms = vec![
        arm("gini: none", None),
        arm("gini: x-gradient 1", Some(x_gradient(1.0)?)),
        arm("gini: x-gradient 10", Some(x_gradient(10.0)?)),
        arm("gini: expected gradients 10, 1 reference", Some(expected(1)?)),
        arm("gini: expected gradients 10, 4 references", Some(expected(4)?)),
    ];
    Ok(Experiment { config, arms, measure: measure_gini })
}

/// At 200 Hz, so that the hum lies below half the rate, and in 5 s, so that windows see it.
fn tag() -> Result<Experiment> {
    let preparation = Preparation { rate: 200.0, n_samples: 1000, highpass_hz: Some(0.5), mains_hz: Some(50.0) };
    let config = config(TrainConfig { preparation, window: 900, epochs: EPOCHS_WITH_TAGS, ..TrainConfig::default() });
    let [mut training, mut validation, test] = splits(&config, 5.0)?;
    let findings = training.regions.clone();
    add_tags(&mut training, "train");
    add_tags(&mut validation, "validation");
    let outside_tags = Arc::new([training.clone(), validation.clone(), test.clone()]);
    let of_findings = Arc::new([Dataset { regions: findings, ..training }, validation, test]);
    let mask = |strength| AttributionPrior::x_gradient(Prior::Mask, strength);
    let arms = vec![
        Arm { name: "tag: none", prior: None, splits: outside_tags.clone() },
        Arm { name: "tag: mask 10, tags annotated", prior: Some(mask(10.0)?), splits: outside_tags },
        Arm { name: "tag: mask 10, findings annotated", prior: Some(mask(10.0)?), splits: of_findings },
    ];
    Ok(Experiment { config, arms, measure: measure_tag })
}

fn config(mut config: TrainConfig) -> TrainConfig {
    config.architecture.homogeneous = true;
    TrainConfig { patience: config.epochs, frozen_epochs: config.epochs / 2, ..config }
}

fn splits(config: &TrainConfig, seconds: f64) -> Result<[Dataset; 3]> {
    let load = |split, n| {
        let source = Source::Synthetic(DatasetConfig { n, seconds, ..DatasetConfig::default() });
        let data = source.load(split, &config.preparation, &mut |_, _| ControlFlow::Continue(()))?;
        data.context("records that were not broken off")
    };
    Ok([load(Split::Train, TRAIN)?, load(Split::Validation, 4 * TRAIN)?, load(Split::Test, 8 * TEST)?])
}

/// Tags nine in ten records of the class, and makes all but the tags the region.
fn add_tags(data: &mut Dataset, purpose: &str) {
    data.regions = vec![true; data.signals.len()];
    let size = data.shape[0] * data.shape[1];
    for index in 0..data.len() {
        let cells = index * size..(index + 1) * size;
        let mut rng = stream(1, &format!("priors/tag/{purpose}"), index as u64);
        if data.label(index)[CLASS] && rng.random::<f64>() < 0.9 {
            tag_record(&mut data.signals[cells.clone()], &mut data.regions[cells], data.shape[1], index as u64);
        }
    }
}

/// Adds half a second of hum at a random time and phase; its cells do not belong to the region.
fn tag_record(signal: &mut [f32], region: &mut [bool], samples: usize, index: u64) {
    let mut rng = stream(1, "priors/tag/place", index);
    let start = LEAD * samples + rng.random_range(0..samples - 100);
    let phase = rng.random::<f32>();
    for i in 0..100 {
        signal[start + i] += AMPLITUDE * (std::f32::consts::TAU * (0.25 * i as f32 + phase)).sin();
        region[start + i] = false;
    }
}

/// Maps `[records, leads, samples]` of X-Gradient of the sum of the outputs that `is_asked` names for a record.
fn x_gradients(model: &Classifier, data: &Dataset, is_asked: impl Fn(usize, usize) -> bool) -> Result<Vec<f64>> {
    let network = TensorNetwork::new(model.layers().context("a model that names its layers")?, &Device::flex());
    let [leads, samples, _] = data.shape;
    let mut maps = Vec::with_capacity(data.signals.len());
    for (batch, signals) in data.signals.chunks(64 * leads * samples).enumerate() {
        let n = signals.len() / (leads * samples);
        let x = Tensor::<3>::from_data(TensorData::new(signals.to_vec(), [n, leads, samples]), &Device::flex());
        let asked = |i: usize| f32::from(u8::from(is_asked(64 * batch + i / OUTPUTS, i % OUTPUTS)));
        let asked: Vec<f32> = (0..n * OUTPUTS).map(asked).collect();
        let asked = Tensor::from_data(TensorData::new(asked, [n, OUTPUTS]), &Device::flex());
        let map = network.backward(&network.trace(x.clone()), asked, Rule::Gradient) * x;
        maps.extend(map.into_data().convert::<f64>().try_to_vec::<f64>().map_err(|e| anyhow::anyhow!("{e:?}"))?);
    }
    Ok(maps)
}

fn measure_gini(model: &Classifier, test: &Dataset) -> Result<Value> {
    let [leads, samples, _] = test.shape;
    let maps = x_gradients(model, test, |record, output| test.label(record)[output])?;
    let ginis = maps.chunks(leads * samples).map(|map| 1.0 - Prior::Gini.loss(map, samples, &[]).0);
    let logits = evaluate(model, test, &Device::flex());
    let auc = metrics::macro_auc(&logits, &test.labels, OUTPUTS);
    Ok(json!({ "gini": mean(ginis), "macro_auc": auc }))
}

fn measure_tag(model: &Classifier, test: &Dataset) -> Result<Value> {
    let [leads, samples, _] = test.shape;
    let mut tagged = Dataset { regions: vec![true; test.signals.len()], ..test.clone() };
    let size = leads * samples;
    for (index, signal) in tagged.signals.chunks_mut(size).enumerate() {
        tag_record(signal, &mut tagged.regions[index * size..(index + 1) * size], samples, index as u64);
    }
    let [clean, with_tag] = [test, &tagged].map(|data| evaluate(model, data, &Device::flex()));
    let logit = |logits: &[f32], record: usize| f64::from(logits[record * OUTPUTS + CLASS]);
    let records = 0..test.len();
    let change = mean(records.clone().map(|record| logit(&with_tag, record) - logit(&clean, record)));
    let centre = mean(records.clone().map(|record| logit(&clean, record)));
    let spread = mean(records.clone().map(|record| (logit(&clean, record) - centre).powi(2))).sqrt();
    // Every other record has the tag, whatever its class.
    let mixed: Vec<f32> =
        records.clone().map(|r| logit(if r % 2 == 0 { &clean } else { &with_tag }, r) as f32).collect();
    let labels: Vec<bool> = records.map(|record| test.label(record)[CLASS]).collect();
    let maps = x_gradients(model, &tagged, |_, output| output == CLASS)?;
    let share = |(index, map): (usize, &[f64])| {
        let on_tag = map.iter().zip(&tagged.regions[index * size..]).filter(|(_, inside)| !**inside);
        on_tag.map(|(a, _)| a.abs()).sum::<f64>() / map.iter().map(|a| a.abs()).sum::<f64>()
    };
    Ok(json!({
        "macro_auc": metrics::macro_auc(&clean, &test.labels, OUTPUTS),
        "macro_auc_tags_at_random": metrics::macro_auc(&mixed_logits(&clean, &with_tag), &test.labels, OUTPUTS),
        "auc_tags_at_random": metrics::macro_auc(&mixed, &labels, 1),
        "logit_change": change,
        "logit_sd": spread,
        "share_on_tag": mean(maps.chunks(size).enumerate().map(share)),
    }))
}

fn mixed_logits(clean: &[f32], with_tag: &[f32]) -> Vec<f32> {
    let rows = clean.chunks(OUTPUTS).zip(with_tag.chunks(OUTPUTS)).enumerate();
    rows.flat_map(|(r, (clean, with_tag))| if r % 2 == 0 { clean } else { with_tag }).copied().collect()
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (n, sum) = values.fold((0, 0.0), |(n, sum), x| (n + 1, sum + x));
    sum / f64::from(n.max(1))
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
