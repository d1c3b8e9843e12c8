//! Amortized explanations of the built-in model: error by labels and records.
//! `cargo run --release -p einthoven-benches --bin amortize -- [PLAYERS [RECORDS [BUDGET_OF_TRUTH [variants|points]]]]`;
//! with `variants` only what each part of the recipe is worth, with `points` only what more points of the gradient are.
//!
//! Labels are single walks, walks with their reverses, and more; truths are 16 384 coalitions of paired KernelSHAP, and as many
//! of permutations, on records that were trained on and on others. All errors are relative mean squared errors.

#![allow(clippy::print_stdout)]

use std::time::Instant;

use anyhow::{Context, Result};
use einthoven::amortize::label::{LabelMethod, LabelSet};
use einthoven::amortize::{Amortized, NetworkConfig, Objective, TrainingConfig};
use einthoven::model::{Split, builtin};
use einthoven::{Method, Players, Record};
use einthoven_benches::amortize::{Setting, Truth, budget_for, part_of, synthetic};

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
    let mut records = synthetic(&model, Split::Train, n_train)?;
    records.extend(synthetic(&model, Split::Validation, (n_train / 8).max(100))?);
    let unseen = synthetic(&model, Split::Test, TRUTHS)?;
    println!("{players}: {n} players, {} records in {:.1} s", records.len(), clock.elapsed().as_secs_f64());
    let clock = Instant::now();
    let only = arg(4);
    let unseen = Truth::new(&setting, unseen, truth_budget)?;
    let seconds = clock.elapsed().as_secs_f64();
    println!("truths of {truth_budget} coalitions twice: {seconds:.1} s; they differ by {:.4}", unseen.disagreement());
    if only.is_none() {
        let seen = Truth::new(&setting, records[..TRUTHS].to_vec(), truth_budget)?;
        let own = estimators(&setting, &unseen)?;
        grid(&setting, &own, &records, n_train, &seen, &unseen)?;
    }
    if only.as_deref() != Some("points") {
        variants(&setting, &records, n_train / 2, &unseen)?;
    }
    points(&setting, &records, n_train, &unseen)
}

/// Errors of estimators by budget: the labels' own, paired KernelSHAP, and OddSHAP.
fn estimators(setting: &Setting<'_>, unseen: &Truth) -> Result<[Vec<(f64, f64)>; 3]> {
    let n = setting.partition.n_players();
    let mut curves = [Vec::new(), Vec::new(), Vec::new()];
    let methods = [Method::Permutation, Method::Kernel, Method::OddShap];
    for (method, curve) in methods.into_iter().zip(&mut curves) {
        for budget in [n + 1, 2 * n, 4 * n, 8 * n, 16 * n, 32 * n, 64 * n] {
            let clock = Instant::now();
            let few = method != Method::Permutation && budget <= 2 * n || n <= 20 && budget >= 1 << n;
            if few {
                continue;
            }
            // Too few coalitions for a method are an error of its own.
            let Ok(found) = setting.estimates(method, budget, 5, &unseen.records) else { continue };
            let seconds = clock.elapsed().as_secs_f64() / TRUTHS as f64;
            let error = unseen.error(&found);
            println!("{method:<12} {budget:>6} evaluations: error {error:.4}, {:.1} ms a record", 1e3 * seconds);
            curve.push((budget as f64, error));
        }
    }
    Ok(curves)
}

/// Errors by labels and by records.
fn grid(
    setting: &Setting<'_>,
    own: &[Vec<(f64, f64)>; 3],
    records: &[Record],
    n_train: usize,
    seen: &Truth,
    unseen: &Truth,
) -> Result<()> {
    let n = setting.partition.n_players();
    println!(
        "{:<6} {:>6} {:>8} {:>8} {:>8} {:>8} {:>5} {:>7} {:>7} {:>7} {:>8} {:>8} {:>8} {:>7}",
        "budget",
        "n",
        "label",
        "seen",
        "unseen",
        "valid.",
        "epoch",
        "own x",
        "kernel",
        "oddshap",
        "train s",
        "apply ms",
        "eval. ms",
        "pays n"
    );
    for budget in [n + 1, 2 * n, 8 * n].into_iter().filter(|budget| n > 20 || *budget < 1 << n) {
        let method = LabelMethod::Values(Method::Permutation);
        let (set, seconds, evaluations) = setting.labels(method, budget, [1, 2], records, n_train, false)?;
        println!("labels: {:.0} records/s, {:.0} coalitions/s", records.len() as f64 / seconds, evaluations / seconds);
        let labels = set.records[..TRUTHS].iter().map(|record| record.labels[0].values.clone());
        let label = seen.error(&labels.collect::<Vec<_>>());
        for records in [n_train / 16, n_train / 4, n_train] {
            let explainer = setting.train(&TrainingConfig::default(), &part_of(&set, records, 1))?;
            let error =
                |truth: &Truth| Ok::<_, anyhow::Error>(truth.error(&values(setting, &explainer, &truth.records)?));
            let (on_seen, on_unseen) = (error(seen)?, error(unseen)?);
            let (facts, worth) = (&explainer.card().facts, explainer.card().worth());
            let [same, kernel, odd] = own.each_ref().map(|curve| budget_for(curve, on_unseen));
            println!(
                "{budget:<6} {records:>6} {label:>8.4} {on_seen:>8.4} {on_unseen:>8.4} {:>8.4} {:>5} {:>7.1} {kernel:>7.0} {odd:>7.0} {:>8.1} {:>8.2} {:>8.4} {:>7.0}",
                facts.error,
                facts.best_epoch,
                same / budget as f64,
                facts.seconds,
                1e3 * facts.apply_seconds,
                1e3 * facts.evaluation_seconds,
                worth.break_even.unwrap_or(f64::NAN),
            );
        }
    }
    Ok(())
}

/// What each part of the recipe is worth, and how good the predicted standard errors are, with one walk of so many records.
fn variants(setting: &Setting<'_>, records: &[Record], n_train: usize, unseen: &Truth) -> Result<()> {
    let plain = TrainingConfig::default();
    let network = |change: &dyn Fn(&mut NetworkConfig)| {
        let mut config = plain.clone();
        change(&mut config.network);
        config
    };
    let all = [
        ("default", plain.clone()),
        ("no efficiency projection", network(&|net| net.efficient = false)),
        ("gradients at three points only", network(&|net| net.halves = 0)),
        ("sixteen faint points", network(&|net| net.halves = 8)),
        ("no gradients", network(&|net| net.gradient = false)),
        ("loss not weighted", TrainingConfig { weighted: false, ..plain.clone() }),
        ("FastSHAP's objective", TrainingConfig { objective: Objective::FastShap, ..plain.clone() }),
    ];
    let set = labels(setting, setting.partition.n_players() + 1, records, n_train)?;
    println!("\none walk, {n_train} records{:<22} {:>8} {:>8} {:>6}", "", "unseen", "valid.", "epoch");
    for (name, config) in &all {
        let explainer = variant(setting, name, config, &set, unseen)?;
        if *name == "default" {
            calibration(setting, &explainer, unseen)?;
        }
    }
    Ok(())
}

/// What more points of the gradient are worth, with a walk and its reverse of so many records.
fn points(setting: &Setting<'_>, records: &[Record], n_train: usize, unseen: &Truth) -> Result<()> {
    let set = labels(setting, 2 * setting.partition.n_players(), records, n_train)?;
    println!("a walk and its reverse, {n_train} records");
    for halves in [4, 8, 16] {
        let network = NetworkConfig { halves, ..NetworkConfig::default() };
        let config = TrainingConfig { network, ..TrainingConfig::default() };
        variant(setting, &format!("{} faint points", 2 * halves), &config, &set, unseen)?;
    }
    Ok(())
}

/// One label of each of the first records, and two of those behind all that there are for training.
fn labels(setting: &Setting<'_>, budget: usize, records: &[Record], n_train: usize) -> Result<LabelSet> {
    let n_validation = (n_train / 8).max(100).min(records.len() - n_train);
    let chosen = [&records[..n_train], &records[records.len() - n_validation..]].concat();
    Ok(setting.labels(LabelMethod::Values(Method::Permutation), budget, [1, 2], &chosen, n_train, false)?.0)
}

/// Trains and prints its error.
fn variant(
    setting: &Setting<'_>,
    name: &str,
    config: &TrainingConfig,
    set: &LabelSet,
    unseen: &Truth,
) -> Result<Amortized> {
    let explainer = setting.train(config, set)?;
    let error = unseen.error(&values(setting, &explainer, &unseen.records)?);
    let facts = &explainer.card().facts;
    println!(
        "{name:<42} {error:>8.4} {:>8.4} {:>6} {:>6.1} ms",
        facts.error,
        facts.best_epoch,
        1e3 * facts.apply_seconds
    );
    Ok(explainer)
}

/// Errors beside the predicted standard errors, on records that neither training nor calibration has seen.
fn calibration(setting: &Setting<'_>, explainer: &Amortized, unseen: &Truth) -> Result<()> {
    let mut pairs: Vec<(f64, f64)> = Vec::new();
    for (found, truth) in setting.apply(explainer, &unseen.records)?.iter().zip(unseen.best()) {
        let errors = found.std_err.as_ref().context("standard errors")?;
        pairs.extend(found.values.iter().zip(&truth).zip(errors).map(|((value, truth), se)| (value - truth, *se)));
    }
    pairs.sort_by(|a, b| a.1.total_cmp(&b.1));
    let inside =
        |factor: f64| pairs.iter().filter(|(error, se)| error.abs() <= factor * se).count() as f64 / pairs.len() as f64;
    let ratio = |pairs: &[(f64, f64)]| {
        pairs.iter().map(|(error, _)| error * error).sum::<f64>() / pairs.iter().map(|(_, se)| se * se).sum::<f64>()
    };
    let fifths: Vec<String> =
        pairs.chunks(pairs.len().div_ceil(5)).map(|fifth| format!("{:.2}", ratio(fifth))).collect();
    println!(
        "  standard errors: inside 1 {:.3}, inside 1.96 {:.3}; squared errors over predicted ones {:.2}, by fifths of the latter {}",
        inside(1.0),
        inside(1.96),
        ratio(&pairs),
        fifths.join(" ")
    );
    Ok(())
}

fn values(setting: &Setting<'_>, explainer: &Amortized, records: &[Record]) -> Result<Vec<Vec<f64>>> {
    Ok(setting.apply(explainer, records)?.into_iter().map(|one| one.values).collect())
}
