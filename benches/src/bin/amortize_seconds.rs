//! Seconds of amortization on the CPU, for `benches/peers/amortize.py`:
//!
//! `amortize_seconds FOLDER [--players leads*windows:10] [--train 2000] [--validation 200] [--epochs 20] [--threads N]` draws
//! synthetic records, labels the training ones with one walk and the validation ones with two, trains an explainer, and explains
//! the validation records with it. It prints a JSON object for each of the three, and writes for the other program: `signals.f32`
//! `[records, leads, samples]` in millivolts, training before validation, `labels.f64` `[labels, outputs, players]`, two of a
//! validation record one after the other, and `values.f64` `[validation records, outputs, players]`, all little-endian.

#![allow(clippy::print_stdout)]

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;
use std::{fs, iter};

use anyhow::{Context, Result, bail};
use einthoven::amortize::TrainingConfig;
use einthoven::amortize::label::LabelMethod;
use einthoven::ecg::STANDARD;
use einthoven::ecg::synth::DatasetConfig;
use einthoven::model::{Source, Split, builtin};
use einthoven::{BatchModel, Classifier, Method, Players, Record};
use einthoven_benches::{amortize::Setting, cpu_seconds};
use serde_json::json;

/// Labels of a training and of a validation record.
const DRAWS: [usize; 2] = [1, 2];
/// Seed of the records.
const SEED: u64 = 21;

fn main() -> Result<()> {
    let settings = Settings::parse(std::env::args().skip(1))?;
    rayon::ThreadPoolBuilder::new().num_threads(settings.threads).build_global()?;
    fs::create_dir_all(&settings.folder)?;
    let model = builtin()?;
    let spec = model.spec().clone();
    let partition = settings.players.partition(&spec.leads, spec.n_samples, spec.rate)?;
    let (n_players, players) = (partition.n_players(), settings.players.to_string());
    let setting = Setting::new(&model, partition);
    let mut records = records(&model, Split::Train, settings.train)?;
    records.extend(self::records(&model, Split::Validation, settings.validation)?);
    write(&settings, "signals.f32", records.iter().flat_map(|record| record.signal()).flat_map(|x| x.to_le_bytes()))?;
    let told = |part: &str, done: usize, watch: &Watch, facts: serde_json::Value| {
        let line = json!({ "program": "einthoven", "part": part, "players": players, "threads": settings.threads, "done": done,
            "seconds": watch.clock.elapsed().as_secs_f64(), "cpu_seconds": watch.cpu_seconds() });
        println!("{}", serde_json::Value::Object([line, facts].into_iter().flat_map(object).collect()));
    };

    let (watch, method) = (Watch::start(), LabelMethod::Values(Method::Permutation));
    let (set, ..) = setting.labels(method, n_players + 1, DRAWS, &records, settings.train, false)?;
    told("labels", set.records.iter().map(|record| record.labels.len()).sum(), &watch, json!({}));
    let values = set.records.iter().flat_map(|record| &record.labels).flat_map(|label| &label.values);
    write(&settings, "labels.f64", values.flat_map(|x| x.to_le_bytes()))?;

    let config = TrainingConfig { epochs: settings.epochs, ..TrainingConfig::default() };
    let watch = Watch::start();
    let explainer = setting.train(&config, &set)?;
    let facts = &explainer.card().facts;
    let found = json!({ "error": facts.error, "label_error": facts.label_error, "best_epoch": facts.best_epoch });
    told("train", settings.train, &watch, found);

    let watch = Watch::start();
    let explained = setting.apply(&explainer, &records[settings.train..])?;
    told("apply", explained.len(), &watch, json!({}));
    write(&settings, "values.f64", explained.iter().flat_map(|one| &one.values).flat_map(|x| x.to_le_bytes()))
}

/// Seconds since a start, by the clock and of the processor.
struct Watch {
    clock: Instant,
    worked: Option<f64>,
}

impl Watch {
    fn start() -> Self {
        Self { clock: Instant::now(), worked: cpu_seconds() }
    }

    fn cpu_seconds(&self) -> Option<f64> {
        cpu_seconds().zip(self.worked).map(|(now, before)| now - before)
    }
}

struct Settings {
    folder: PathBuf,
    players: Players,
    train: usize,
    validation: usize,
    epochs: usize,
    threads: usize,
}

impl Settings {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Self> {
        let threads = std::thread::available_parallelism()?.get();
        let folder = args.next().map(PathBuf::from).context("amortize_seconds FOLDER")?;
        let players = "leads*windows:10".parse()?;
        let mut settings = Self { folder, players, train: 2000, validation: 200, epochs: 20, threads };
        while let Some(name) = args.next() {
            let value = args.next().with_context(|| format!("a value for {name}"))?;
            match name.as_str() {
                "--players" => settings.players = value.parse()?,
                "--train" => settings.train = value.parse()?,
                "--validation" => settings.validation = value.parse()?,
                "--epochs" => settings.epochs = value.parse()?,
                "--threads" => settings.threads = value.parse()?,
                _ => bail!("unknown option {name}"),
            }
        }
        Ok(settings)
    }
}

/// Prepared synthetic records of a split.
fn records(model: &Classifier, split: Split, n: usize) -> Result<Vec<Record>> {
    // A configuration's other splits have an eighth of it.
    let n = if split == Split::Train { n } else { 8 * n };
    let source = Source::Synthetic(DatasetConfig { n, seed: SEED, ..DatasetConfig::default() });
    let preparation = &model.card().preparation;
    let data = source.load(split, preparation, &mut |_, _| ControlFlow::Continue(()))?.context("records")?;
    let leads = STANDARD.map(String::from).to_vec();
    let names = (0..data.len()).map(|at| format!("{}-{at}", split.name()));
    let records = names.enumerate();
    Ok(records.map(|(at, name)| Record::new(name, preparation.rate, leads.clone(), data.record(at).to_vec())).collect())
}

fn write(settings: &Settings, name: &str, bytes: impl Iterator<Item = u8>) -> Result<()> {
    let path = settings.folder.join(name);
    fs::write(&path, bytes.collect::<Vec<u8>>()).with_context(|| format!("write {}", path.display()))
}

fn object(value: serde_json::Value) -> Box<dyn Iterator<Item = (String, serde_json::Value)>> {
    match value {
        serde_json::Value::Object(map) => Box::new(map.into_iter()),
        _ => Box::new(iter::empty()),
    }
}
