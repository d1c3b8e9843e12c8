//! Do the Shapley values lie where the finding is? `cargo run --release -p einthoven-benches --bin localise`.
//!
//! Synthetic records of the split `localise` with one finding each, whose healthy twin says where the finding is. The
//! players are leads x 10 windows; a cell is positive if at least 20 % of its samples are in the mask. Some findings are
//! so brief that no cell of a record is positive; such records have no score and are passed over. The score is the
//! average precision (AUPRC) of the true class's signed Shapley values, beside the share of positive cells, which is
//! what a random order scores on average, and beside a random attribution.

#![allow(clippy::print_stdout)]

use anyhow::{Context, Result};
use einthoven::ecg::synth::{DatasetConfig, Finding};
use einthoven::game::rng::stream;
use einthoven::{Explainer, Settings};
use einthoven_benches::score::average_precision;
use rand::RngExt;

const RECORDS: u64 = 100;
const WINDOWS: usize = 10;
const SHARE: f64 = 0.2;

fn main() -> Result<()> {
    let budget = std::env::args().nth(1).map_or(Ok(2048), |text| text.parse()).context("budget")?;
    let players = format!("leads*windows:{WINDOWS}").parse()?;
    let explainer = Explainer::builtin(Settings { players, budget: Some(budget), ..Settings::default() })?;
    let config = DatasetConfig::default();
    let findings: Vec<Finding> = Finding::ALL.into_iter().filter(|finding| finding.superclass().is_some()).collect();
    let mut by_finding = vec![Vec::new(); findings.len()];
    let (mut scored, mut passed) = (0, 0);
    for index in 0.. {
        if scored == RECORDS {
            break;
        }
        let which = index as usize % findings.len();
        let finding = findings[which];
        let class = finding.superclass().context("a finding with a superclass")?;
        let drawn = config.draw_with(&[finding], "localise", index);
        let positive = positive_cells(&drawn.mask, drawn.record.n_leads());
        if !positive.contains(&true) {
            passed += 1;
            continue;
        }
        scored += 1;
        let explanation = explainer.explain(&drawn.record)?;
        let values = explanation.attributions[class as usize].player_values();
        let mut rng = stream(0, "random attribution", index);
        let random: Vec<f64> = values.iter().map(|_| rng.random::<f64>()).collect();
        let prevalence = positive.iter().filter(|is| **is).count() as f64 / positive.len() as f64;
        if let (Some(ours), Some(chance)) =
            (average_precision(&values, &positive), average_precision(&random, &positive))
        {
            by_finding[which].push([ours, prevalence, chance]);
        }
        eprint!("\r{scored}/{RECORDS}");
    }
    eprintln!();
    println!("{passed} records without a positive cell were passed over");
    println!("{:<28} {:>3} {:>8} {:>10} {:>8} {:>6}", "finding", "n", "AUPRC", "prevalence", "random", "ratio");
    for (finding, scores) in findings.iter().zip(&by_finding).filter(|(_, scores)| !scores.is_empty()) {
        print_row(&finding.to_string(), scores);
    }
    print_row("all", &by_finding.concat());
    Ok(())
}

/// Whether each cell (lead, window) has at least a share of its samples in the mask `[leads, samples]`.
fn positive_cells(mask: &[bool], n_leads: usize) -> Vec<bool> {
    let n = mask.len() / n_leads;
    let mut cells = Vec::with_capacity(n_leads * WINDOWS);
    for lead in mask.chunks_exact(n) {
        for window in 0..WINDOWS {
            let samples = &lead[window * n / WINDOWS..(window + 1) * n / WINDOWS];
            let inside = samples.iter().filter(|is| **is).count();
            cells.push(inside as f64 >= SHARE * samples.len() as f64);
        }
    }
    cells
}

fn print_row(name: &str, scores: &[[f64; 3]]) {
    let mean = |k: usize| scores.iter().map(|row| row[k]).sum::<f64>() / scores.len().max(1) as f64;
    let ratio = mean(0) / mean(1);
    println!("{name:<28} {:>3} {:>8.3} {:>10.3} {:>8.3} {ratio:>6.2}", scores.len(), mean(0), mean(1), mean(2));
}
