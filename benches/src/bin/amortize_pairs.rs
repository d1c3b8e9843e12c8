//! Amortized interactions of leads: `cargo run --release -p einthoven-benches --bin amortize_pairs -- [RECORDS]`.
//!
//! Values and pairwise interactions (k-SII of order 2) of the twelve leads for the built-in model; the truth is exact. Error of an
//! explainer by budget of its labels, beside that of estimators at larger budgets; players alone, pairs alone, and both.

#![allow(clippy::print_stdout)]

use anyhow::{Context, Result};
use einthoven::BatchModel;
use einthoven::amortize::TrainingConfig;
use einthoven::amortize::label::LabelMethod;
use einthoven::game::{Index, Partition};
use einthoven::interactions::Method;
use einthoven::model::{Split, builtin};
use einthoven_benches::amortize::{Setting, Truth, budget_for, part_of, synthetic};

const PLAYERS: usize = 12;
const TRUTHS: usize = 40;
const RECORDS: usize = 2000;

fn main() -> Result<()> {
    let n_train: usize =
        std::env::args().nth(1).map_or(Ok(RECORDS), |text| text.parse()).context("number of records")?;
    let model = builtin()?;
    let partition = Partition::leads(&model.spec().leads, model.spec().n_samples)?;
    let setting = Setting::new(&model, partition);
    let mut records = synthetic(&model, Split::Train, n_train)?;
    records.extend(synthetic(&model, Split::Validation, (n_train / 8).max(100))?);
    let unseen = synthetic(&model, Split::Test, TRUTHS)?;
    let method = |method: Method| LabelMethod::Pairs(method, Index::KSii);
    let exact = setting.of_terms(method(Method::Exact), 1 << PLAYERS, 0, &unseen)?;
    let parts = Part::ALL.map(|part| Truth::exact(unseen.clone(), part.of(&exact)));
    let errors = |found: &[Vec<f64>]| -> Vec<f64> {
        Part::ALL.iter().zip(&parts).map(|(part, truth)| truth.error(&part.of(found))).collect()
    };
    println!("{:<16} {:>6} {:>8} {:>8} {:>8}", "estimator", "budget", "players", "pairs", "both");
    let mut best = Vec::new();
    for estimator in [Method::ShapIq, Method::SvarmIq, Method::KernelShapIq] {
        for budget in [64, 128, 256, 512, 1024, 2048] {
            let Ok(found) = setting.of_terms(method(estimator), budget, 5, &unseen) else { continue };
            let errors = errors(&found);
            println!("{:<16} {budget:>6} {:>8.4} {:>8.4} {:>8.4}", estimator.name(), errors[0], errors[1], errors[2]);
            if estimator == Method::ShapIq {
                best.push((budget as f64, errors[2]));
            }
        }
    }
    println!(
        "{:<16} {:>6} {:>8} {:>8} {:>8} {:>8} {:>6} {:>8}",
        "explainer", "n", "players", "pairs", "both", "valid.", "epoch", "shapiq"
    );
    for budget in [64, 128, 256] {
        let (set, seconds, _) = setting.labels(method(Method::ShapIq), budget, [1, 2], &records, n_train, false)?;
        println!("labels of {budget}: {:.0} records/s", records.len() as f64 / seconds);
        for n in [n_train / 8, n_train] {
            let explainer = setting.train(&TrainingConfig::default(), &part_of(&set, n, 1))?;
            let found: Vec<Vec<f64>> = setting.apply(&explainer, &unseen)?.into_iter().map(|one| one.values).collect();
            let (errors, facts) = (errors(&found), &explainer.card().facts);
            println!(
                "labels of {budget:<6} {n:>6} {:>8.4} {:>8.4} {:>8.4} {:>8.4} {:>6} {:>8.0}",
                errors[0],
                errors[1],
                errors[2],
                facts.error,
                facts.best_epoch,
                budget_for(&best, errors[2])
            );
        }
    }
    Ok(())
}

/// Which of the values.
#[derive(Clone, Copy)]
enum Part {
    Players,
    Pairs,
    Both,
}

impl Part {
    const ALL: [Self; 3] = [Self::Players, Self::Pairs, Self::Both];

    /// Those values of `[outputs, terms]`.
    fn of(self, rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let terms = PLAYERS + PLAYERS * (PLAYERS - 1) / 2;
        let range = match self {
            Self::Players => 0..PLAYERS,
            Self::Pairs => PLAYERS..terms,
            Self::Both => 0..terms,
        };
        rows.iter()
            .map(|row| row.chunks_exact(terms).flat_map(|of_output| &of_output[range.clone()]).copied().collect())
            .collect()
    }
}
