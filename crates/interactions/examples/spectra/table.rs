//! The runs of a file as tables.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::Run;

/// Runs by players, terms and method.
type Rows<'a> = BTreeMap<(usize, usize, &'a str), Vec<&'a Run>>;

/// A table for each family and noise: players, terms and method in rows, budgets in columns; means over the seeds.
pub fn markdown(runs: &[Run]) -> String {
    let budgets: BTreeSet<usize> = runs.iter().map(|run| run.budget).collect();
    let mut text = "F1 of the largest magnitudes / F1 of all that is claimed / R^2, means over the seeds; in brackets how many runs \
                    failed.\n"
        .to_owned();
    let mut tables: BTreeMap<String, Rows> = BTreeMap::new();
    for run in runs {
        let title = format!("{:?}, noise {:.0} %", run.family, 100.0 * run.noise).to_lowercase();
        let row = (run.players, run.terms, run.method.as_str());
        tables.entry(title).or_default().entry(row).or_default().push(run);
    }
    for (title, rows) in tables {
        let heads: String = budgets.iter().map(|budget| format!(" {budget} |")).collect();
        let _ = writeln!(text, "\n### {title}\n\n| players | terms | method |{heads}");
        let _ = writeln!(text, "|---|---|---|{}", "---|".repeat(budgets.len()));
        for ((players, terms, method), runs) in rows {
            let _ = write!(text, "| {players} | {terms} | {method} |");
            for &budget in &budgets {
                let here: Vec<&Run> = runs.iter().copied().filter(|run| run.budget == budget).collect();
                let _ = write!(text, " {} |", entry(&here));
            }
            text.push('\n');
        }
    }
    text
}

fn entry(runs: &[&Run]) -> String {
    let good: Vec<&Run> = runs.iter().copied().filter(|run| run.failed.is_none()).collect();
    let failed = runs.len() - good.len();
    let bad = if failed > 0 { format!(" ({failed} failed)") } else { String::new() };
    if good.is_empty() {
        return bad.trim().to_owned();
    }
    let mean = |score: fn(&Run) -> f64| good.iter().map(|run| score(run)).sum::<f64>() / good.len() as f64;
    let (f1, claimed, r2) = (mean(|run| run.scores.f1), mean(|run| run.scores.f1_claimed), mean(|run| run.scores.r2));
    format!("{f1:.2} / {claimed:.2} / {r2:.3}{bad}")
}
