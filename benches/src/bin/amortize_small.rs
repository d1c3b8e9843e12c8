//! Amortized Shapley values of a small game, whose truth is known: `cargo run --release -p einthoven-benches --bin amortize_small`.
//!
//! Twelve numbers, a tanh network with products. Errors are relative mean squared errors, on records that were trained on and on
//! others, beside those of the labels, of paired KernelSHAP at the same and at larger budgets, and by number of records.

#![allow(clippy::print_stdout)]

use anyhow::Result;
use einthoven::amortize::label::LabelMethod;
use einthoven::amortize::{NetworkConfig, TrainingConfig};
use einthoven::game::Partition;
use einthoven::{BatchModel, Method, Record};
use einthoven_benches::amortize::{Setting, Truth, budget_for, part_of};
use einthoven_benches::small_game::{PLAYERS, SmallGame};

const TRAINING: usize = 4000;
const VALIDATION: usize = 400;
const TRUTHS: usize = 500;

fn main() -> Result<()> {
    let game = SmallGame::new(1);
    let setting = Setting::new(&game, Partition::leads(&game.spec().leads, 1)?);
    let records: Vec<Record> = (0..(TRAINING + VALIDATION) as u64).map(|at| game.input("train", at)).collect();
    let exact = |records: Vec<Record>| -> Result<Truth> {
        let values = setting.estimates(Method::Exact, 1 << PLAYERS, 0, &records)?;
        Ok(Truth::exact(records, values))
    };
    let seen = exact(records[..TRUTHS].to_vec())?;
    let unseen = exact((0..TRUTHS as u64).map(|at| game.input("test", at)).collect())?;
    let mut curves = Vec::new();
    for method in [Method::Permutation, Method::UnbiasedKernel, Method::Kernel] {
        let mut curve = Vec::new();
        for budget in [13, 24, 48, 96, 192, 384, 768] {
            let Ok(found) = setting.estimates(method, budget, 5, &unseen.records) else { continue };
            curve.push((budget as f64, unseen.error(&found)));
        }
        let shown: Vec<String> = curve.iter().map(|(budget, error)| format!("{budget} {error:.4}")).collect();
        println!("{method}: {}", shown.join(", "));
        curves.push(curve);
    }
    println!(
        "{:<16} {:>6} {:>6} {:>8} {:>8} {:>8} {:>8} {:>6} {:>6} {:>7} {:>8} pays",
        "labels", "budget", "n", "label", "seen", "unseen", "valid.", "epoch", "own x", "kernel", "train s"
    );
    let network = NetworkConfig { hidden: 128, gradient: false, ..NetworkConfig::default() };
    for (name, network) in [("", network.clone()), (" + gradients", NetworkConfig { gradient: true, ..network })] {
        let config = TrainingConfig { network, epochs: 30, learning_rate: 2e-3, ..TrainingConfig::default() };
        for (at, method, budget) in [
            (0, Method::Permutation, 13),
            (0, Method::Permutation, 24),
            (0, Method::Permutation, 48),
            (0, Method::Permutation, 192),
            (1, Method::UnbiasedKernel, 24),
            (1, Method::UnbiasedKernel, 48),
        ] {
            let (set, ..) = setting.labels(LabelMethod::Values(method), budget, [1, 2], &records, TRAINING, false)?;
            let labels = set.records[..TRUTHS].iter().map(|record| record.labels[0].values.clone());
            let label = seen.error(&labels.collect::<Vec<_>>());
            let sizes = if budget == 13 { vec![250, 500, 1000, 2000, TRAINING] } else { vec![TRAINING] };
            for n in sizes {
                let explainer = setting.train(&config, &part_of(&set, n, 1))?;
                let error = |truth: &Truth| -> Result<f64> {
                    let found = setting.apply(&explainer, &truth.records)?;
                    Ok(truth.error(&found.into_iter().map(|one| one.values).collect::<Vec<_>>()))
                };
                let (on_seen, on_unseen) = (error(&seen)?, error(&unseen)?);
                let (facts, worth) = (&explainer.card().facts, explainer.card().worth());
                let pays = worth.break_even.map_or("never".to_owned(), |n| format!("{n:.0}"));
                println!(
                    "{:<16} {budget:>6} {n:>6} {label:>8.4} {on_seen:>8.4} {on_unseen:>8.4} {:>8.4} {:>6} {:>6.1} {:>7.0} {:>8.1} {pays}{name}",
                    method.name(),
                    facts.error,
                    facts.best_epoch,
                    budget_for(&curves[at], on_unseen) / budget as f64,
                    budget_for(&curves[2], on_unseen),
                    facts.seconds,
                );
            }
        }
    }
    Ok(())
}
