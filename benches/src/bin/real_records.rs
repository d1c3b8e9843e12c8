//! How the built-in model does on real records: `cargo run --release -p einthoven-benches --bin real_records`.
//!
//! Odd LUDB records may be used to tune the generator; the figures are those of even LUDB records and of the Challenge
//! records, pooled. `--odd` prints the odd ones instead.

#![allow(clippy::print_stdout)]

use anyhow::Result;
use einthoven::ecg::labels::Superclass;
use einthoven::model::metrics::auc;
use einthoven::{Explainer, ReadOptions, Settings, read};
use einthoven_benches::labels::{challenge, ludb};
use einthoven_benches::{data_folder, score};

/// Classes with fewer positives have no figure.
const ENOUGH: usize = 15;

fn main() -> Result<()> {
    let folder = data_folder()?;
    let odd = std::env::args().any(|arg| arg == "--odd");
    let mut records = ludb(&folder, |number| (number % 2 == 1) == odd)?;
    if !odd {
        records.extend(challenge(&folder)?);
    }
    let explainer = Explainer::builtin(Settings::default())?;
    let mut logits = Vec::new();
    let mut labels = Vec::new();
    for labelled in &records {
        let scored = read(&labelled.path, &ReadOptions::default())
            .and_then(|(record, _)| explainer.prepare(&record))
            .and_then(|prepared| explainer.predict(&prepared));
        match scored {
            Ok(predictions) => {
                logits.push(predictions.iter().map(|prediction| prediction.logit).collect::<Vec<_>>());
                labels.push(labelled.superclasses);
            }
            Err(error) => println!("left out {}: {error}", labelled.path.display()),
        }
    }
    println!("{} records", labels.len());
    println!("{:<6} {:>9} {:>6}  95 % interval", "class", "positives", "AUC");
    let mut areas = Vec::new();
    for (index, class) in Superclass::ALL.into_iter().enumerate() {
        let scores: Vec<f32> = logits.iter().map(|row| row[index] as f32).collect();
        let positive: Vec<bool> = labels.iter().map(|row| row[index]).collect();
        let n = positive.iter().filter(|is| **is).count();
        let Some(area) = auc(&scores, &positive).filter(|_| n >= ENOUGH) else {
            println!("{:<6} {n:>9}      -  fewer than {ENOUGH} positives", class.name());
            continue;
        };
        let (low, high) = score::auc_interval(area, n, positive.len() - n);
        println!("{:<6} {n:>9} {area:>6.3}  {low:.3} to {high:.3}", class.name());
        areas.push(area);
    }
    println!("macro  {:>9} {:>6.3}", "", areas.iter().sum::<f64>() / areas.len() as f64);
    Ok(())
}
