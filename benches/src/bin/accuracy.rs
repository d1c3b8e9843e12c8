//! Error of the estimators against exact values, on real records: `cargo run --release -p einthoven-benches --bin accuracy`.
//!
//! All 4096 coalitions of the twelve leads are evaluated once per record; the estimators then see the same values.

#![allow(clippy::print_stdout)]

use anyhow::Result;
use einthoven::game::{Coalitions, Values};
use einthoven::shapley::Request;
use einthoven::{Explainer, Method, ReadOptions, Settings, read};
use einthoven_benches::{data_folder, score::relative_squared_error};

const RECORDS: [&str; 5] = [
    "ptb/s0010_re",
    "ludb/data/1",
    "ludb/data/101",
    "challenge/G12EC/E00001",
    "challenge/ChapmanShaoxing_Ningbo/JS00001",
];
const BUDGETS: [usize; 4] = [128, 512, 2048, 4096];
const SEEDS: u64 = 20;

fn main() -> Result<()> {
    let folder = data_folder()?;
    let explainer = Explainer::builtin(Settings::default())?;
    println!("relative squared error of all outputs, mean over {SEEDS} seeds");
    println!("{:<44} {:<12} {}", "record", "method", BUDGETS.map(|b| format!("{b:>10}")).join(" "));
    for name in RECORDS {
        let (record, _) = read(&folder.join(name), &ReadOptions::default())?;
        let prepared = explainer.prepare(&record)?;
        let partition = explainer.partition()?;
        let masked = explainer.masked(&prepared, &partition)?;
        let design = Method::Exact.design(&Request::new(12, 4096, 0))?;
        let values = masked.evaluate(&design.rows, &mut |_, _| std::ops::ControlFlow::Continue(()))?;
        let truth = all_values(Method::Exact, &design, &values)?;
        let table = Table::new(&design.rows, &values);
        for method in [Method::Kernel, Method::Leverage, Method::PolyShap, Method::UnbiasedKernel, Method::Permutation]
        {
            let mut cells = Vec::new();
            for budget in BUDGETS {
                let mut total = 0.0;
                for seed in 0..SEEDS {
                    let design = method.design(&Request::new(12, budget, seed))?;
                    let estimate = all_values(method, &design, &table.values(&design.rows)?)?;
                    total += relative_squared_error(&estimate, &truth);
                }
                cells.push(format!("{:>10.2e}", total / SEEDS as f64));
            }
            println!("{name:<44} {:<12} {}", method.to_string(), cells.join(" "));
        }
    }
    Ok(())
}

/// The Shapley values of all outputs, one after the other.
fn all_values(method: Method, design: &einthoven::game::Design, values: &Values) -> Result<Vec<f64>> {
    Ok(method.estimate(design, values)?.iter().flat_map(|attribution| attribution.player_values()).collect())
}

/// Values of all coalitions of twelve players, by their one word.
struct Table {
    n_outputs: usize,
    rows: Vec<Vec<f64>>,
}

impl Table {
    fn new(rows: &Coalitions, values: &Values) -> Self {
        let mut table = vec![Vec::new(); rows.len()];
        for (index, word) in rows.words().iter().enumerate() {
            table[*word as usize] = values.row(index).to_vec();
        }
        Self { n_outputs: values.n_outputs(), rows: table }
    }

    fn values(&self, rows: &Coalitions) -> Result<Values> {
        let values = rows.words().iter().flat_map(|&word| self.rows[word as usize].iter().copied());
        Ok(Values::new(self.n_outputs, values.collect(), "table")?)
    }
}
