//! Do amortized values show where the finding is? `cargo run --release -p einthoven-benches --bin amortize_localise -- [RECORDS]`.
//!
//! The records and cells of `localise`: leads x 10 windows beside the healthy twin. AUPRC of the class's values by an explainer that
//! was trained on one walk of each record, by such labels, by more walks, and by paired KernelSHAP.

#![allow(clippy::print_stdout)]

use anyhow::{Context, Result};
use einthoven::amortize::TrainingConfig;
use einthoven::amortize::label::LabelMethod;
use einthoven::game::Partition;
use einthoven::model::{Split, builtin};
use einthoven::{BatchModel, Method, Record};
use einthoven_benches::amortize::{Setting, synthetic};
use einthoven_benches::localise::{Case, WINDOWS, cases};
use einthoven_benches::score::average_precision;

const CASES: usize = 100;
const RECORDS: usize = 1000;

fn main() -> Result<()> {
    let n_train: usize =
        std::env::args().nth(1).map_or(Ok(RECORDS), |text| text.parse()).context("number of records")?;
    let model = builtin()?;
    let spec = model.spec().clone();
    let partition = Partition::leads_windows(&spec.leads, spec.n_samples, WINDOWS, spec.rate)?;
    let n_players = partition.n_players();
    let setting = Setting::new(&model, partition);
    let cases: Vec<Case> = cases().take(CASES).collect();
    let prepare = |case: &Case| Ok(model.card().preparation.apply(&case.drawn.record, 0.0)?);
    let tested: Vec<Record> = cases.iter().map(prepare).collect::<Result<_>>()?;
    let mut records = synthetic(&model, Split::Train, n_train)?;
    records.extend(synthetic(&model, Split::Validation, (n_train / 8).max(100))?);
    let walk = LabelMethod::Values(Method::Permutation);
    let (set, ..) = setting.labels(walk, n_players + 1, [1, 2], &records, n_train, false)?;
    let explainer = setting.train(&TrainingConfig::default(), &set)?;
    let mut all =
        vec![("explainer".to_owned(), setting.apply(&explainer, &tested)?.into_iter().map(|one| one.values).collect())];
    for (method, budget) in [
        (Method::Permutation, n_players + 1),
        (Method::Permutation, 2 * n_players),
        (Method::Permutation, 16 * n_players),
        (Method::Kernel, 1024),
        (Method::Kernel, 4096),
    ] {
        all.push((format!("{method} {budget}"), setting.estimates(method, budget, 3, &tested)?));
    }
    println!("{:<20} {:>3} {:>7} {:>7}", "values", "n", "AUPRC", "se");
    for (name, values) in all {
        let scores: Vec<f64> = cases
            .iter()
            .zip(&values)
            .filter_map(|(case, values): (&Case, &Vec<f64>)| {
                average_precision(&values[case.class as usize * n_players..][..n_players], &case.positive)
            })
            .collect();
        let n = scores.len() as f64;
        let mean = scores.iter().sum::<f64>() / n;
        let error = (scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / (n * (n - 1.0))).sqrt();
        println!("{name:<20} {n:>3} {mean:>7.3} {error:>7.3}");
    }
    let share = |case: &Case| case.positive.iter().filter(|is| **is).count() as f64 / case.positive.len() as f64;
    println!(
        "{:<20} {:>3} {:>7.3}",
        "prevalence",
        cases.len(),
        cases.iter().map(share).sum::<f64>() / cases.len() as f64
    );
    Ok(())
}
