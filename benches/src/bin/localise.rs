//! Do the Shapley values lie where the finding is? `cargo run --release -p einthoven-benches --bin localise`.
//!
//! Synthetic records of the split `localise` with one finding each, whose healthy twin says where the finding is. The
//! players are leads x 10 windows; a cell is positive if at least 20 % of its samples are in the mask. Some findings are
//! so brief that no cell of a record is positive; such records have no score and are passed over. The score is the
//! average precision (AUPRC) of the true class's signed Shapley values, beside the share of positive cells, which is
//! what a random order scores on average, and beside a random attribution.

#![allow(clippy::print_stdout)]

use anyhow::{Context, Result};
use einthoven::game::rng::stream;
use einthoven::{Explainer, Settings};
use einthoven_benches::localise::{WINDOWS, cases, findings};
use einthoven_benches::score::average_precision;
use rand::RngExt;

const RECORDS: usize = 100;

fn main() -> Result<()> {
    let budget = std::env::args().nth(1).map_or(Ok(2048), |text| text.parse()).context("budget")?;
    let players = format!("leads*windows:{WINDOWS}").parse()?;
    let explainer = Explainer::builtin(Settings { players, budget: Some(budget), ..Settings::default() })?;
    let findings = findings();
    let mut by_finding = vec![Vec::new(); findings.len()];
    let mut last = 0;
    for (scored, case) in cases().take(RECORDS).enumerate() {
        last = case.index + 1;
        let explanation = explainer.explain(&case.drawn.record)?;
        let values = explanation.attributions[case.class as usize].player_values();
        let mut rng = stream(0, "random attribution", case.index);
        let random: Vec<f64> = values.iter().map(|_| rng.random::<f64>()).collect();
        let prevalence = case.positive.iter().filter(|is| **is).count() as f64 / case.positive.len() as f64;
        if let (Some(ours), Some(chance)) =
            (average_precision(&values, &case.positive), average_precision(&random, &case.positive))
        {
            by_finding[case.index as usize % findings.len()].push([ours, prevalence, chance]);
        }
        eprint!("\r{}/{RECORDS}", scored + 1);
    }
    eprintln!();
    println!("{} records without a positive cell were passed over", last - RECORDS as u64);
    println!("{:<28} {:>3} {:>8} {:>10} {:>8} {:>6}", "finding", "n", "AUPRC", "prevalence", "random", "ratio");
    for (finding, scores) in findings.iter().zip(&by_finding).filter(|(_, scores)| !scores.is_empty()) {
        print_row(&finding.to_string(), scores);
    }
    print_row("all", &by_finding.concat());
    Ok(())
}

fn print_row(name: &str, scores: &[[f64; 3]]) {
    let mean = |k: usize| scores.iter().map(|row| row[k]).sum::<f64>() / scores.len().max(1) as f64;
    let ratio = mean(0) / mean(1);
    println!("{name:<28} {:>3} {:>8.3} {:>10.3} {:>8.3} {ratio:>6.2}", scores.len(), mean(0), mean(1), mean(2));
}
