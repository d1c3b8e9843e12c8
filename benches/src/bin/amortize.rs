//! Amortized explanations of the built-in model: error by labels and records.
//! `cargo run --release -p einthoven-benches --bin amortize -- [PLAYERS [RECORDS [QUICK]]]`.
//!
//! Labels are single walks, walks with their reverses, and more; truths are 16 384 coalitions of paired KernelSHAP on records that
//! were trained on and on others. All errors are relative mean squared errors.

#![allow(clippy::print_stdout)]

use std::ops::ControlFlow;
use std::time::Instant;

use anyhow::{Context, Result};
use einthoven::amortize::TrainingConfig;
use einthoven::amortize::label::LabelMethod;
use einthoven::ecg::STANDARD;
use einthoven::ecg::synth::DatasetConfig;
use einthoven::model::{Source, Split, builtin};
use einthoven::{Method, Players, Record};
use einthoven_benches::amortize::{Setting, budget_for, mean, part_of, relative_error};

const TRUTHS: usize = 20;
const TRUTH: usize = 16_384;

fn main() -> Result<()> {
    let arg = |nth: usize| std::env::args().nth(nth);
    let players: Players = arg(1).unwrap_or_else(|| "leads*windows:10".to_owned()).parse()?;
    let n_train: usize = arg(2).map_or(Ok(4000), |text| text.parse()).context("number of records")?;
    let truth_budget: usize = arg(3).map_or(Ok(TRUTH), |text| text.parse()).context("budget of the truth")?;
    let model = builtin()?;
    let spec = einthoven::BatchModel::spec(&model).clone();
    let partition = players.partition(&spec.leads, spec.n_samples, spec.rate)?;
    let n = partition.n_players();
    let setting = Setting::new(&model, partition);
    let clock = Instant::now();
    let mut records = records(&model, Split::Train, n_train)?;
    records.extend(self::records(&model, Split::Validation, (n_train / 8).max(100))?);
    let unseen = self::records(&model, Split::Test, TRUTHS)?;
    println!("{players}: {n} players, {} records in {:.1} s", records.len(), clock.elapsed().as_secs_f64());
    let clock = Instant::now();
    let seen = records[..TRUTHS].to_vec();
    let truths = [&seen, &unseen].map(|records| setting.estimates(Method::Kernel, truth_budget, 99, records));
    let [seen_truth, unseen_truth] = truths;
    let (seen_truth, unseen_truth) = (seen_truth?, unseen_truth?);
    let centre = mean(&[seen_truth.clone(), unseen_truth.clone()].concat());
    println!("truths of {truth_budget} coalitions each: {:.1} s", clock.elapsed().as_secs_f64());
    let mut own = Vec::new();
    for (method, budgets) in [
        (Method::Permutation, vec![n + 1, 2 * n, 4 * n, 8 * n, 16 * n, 32 * n]),
        (Method::Kernel, vec![2 * n, 4 * n, 8 * n, 16 * n, 32 * n]),
        (Method::OddShap, vec![4 * n, 8 * n, 16 * n, 32 * n]),
    ] {
        let mut curve = Vec::new();
        for budget in budgets.into_iter().filter(|budget| n > 20 || *budget <= 1 << n) {
            let clock = Instant::now();
            let Ok(found) = setting.estimates(method, budget, 5, &unseen) else { continue };
            let error = relative_error(&found, &unseen_truth, &centre);
            let seconds = clock.elapsed().as_secs_f64() / TRUTHS as f64;
            println!("{method:<12} {budget:>6} evaluations: error {error:.4}, {:.1} ms a record", 1e3 * seconds);
            curve.push((budget as f64, error));
        }
        own.push(curve);
    }
    println!(
        "{:<10} {:>6} {:>8} {:>8} {:>8} {:>8} {:>6} {:>8} {:>8} {:>8} {:>8} {:>8}",
        "budget", "n", "label", "seen", "unseen", "valid.", "epoch", "own x", "kernel", "oddshap", "train s", "label s"
    );
    for budget in [n + 1, 2 * n, 8 * n].into_iter().filter(|budget| n > 20 || *budget < 1 << n) {
        let method = LabelMethod::Values(Method::Permutation);
        let (set, label_seconds, _) = setting.labels(method, budget, [1, 2], &records, n_train, false)?;
        let labels: Vec<Vec<f64>> =
            set.records[..TRUTHS].iter().map(|record| record.labels[0].values.clone()).collect();
        let label = relative_error(&labels, &seen_truth, &centre);
        for records in [n_train / 16, n_train / 4, n_train] {
            let config = TrainingConfig::default();
            let explainer = setting.train(&config, &part_of(&set, records, 1))?;
            let error = |records: &[Record], truth: &[Vec<f64>]| -> Result<f64> {
                let found: Vec<Vec<f64>> =
                    setting.apply(&explainer, records)?.into_iter().map(|one| one.values).collect();
                Ok(relative_error(&found, truth, &centre))
            };
            let (on_seen, on_unseen) = (error(&seen, &seen_truth)?, error(&unseen, &unseen_truth)?);
            let facts = &explainer.card().facts;
            println!(
                "{budget:<10} {records:>6} {label:>8.4} {on_seen:>8.4} {on_unseen:>8.4} {:>8.4} {:>6} {:>8.1} {:>8.0} {:>8.0} {:>8.1} {label_seconds:>8.1}",
                facts.error,
                facts.best_epoch,
                budget_for(&own[0], on_unseen) / budget as f64,
                budget_for(&own[1], on_unseen),
                budget_for(&own[2], on_unseen),
                facts.seconds,
            );
        }
    }
    Ok(())
}

/// Prepared synthetic records of a split.
fn records(model: &einthoven::Classifier, split: Split, n: usize) -> Result<Vec<Record>> {
    let of_split = if split == Split::Train { n } else { 8 * n };
    let source = Source::Synthetic(DatasetConfig { n: of_split, seed: 11, ..DatasetConfig::default() });
    let preparation = &model.card().preparation;
    let data = source.load(split, preparation, &mut |_, _| ControlFlow::Continue(()))?.context("records")?;
    let leads = STANDARD.map(String::from).to_vec();
    let record = |at: usize| {
        Record::new(format!("{}-{at}", split.name()), preparation.rate, leads.clone(), data.record(at).to_vec())
    };
    Ok((0..data.len()).map(record).collect())
}
