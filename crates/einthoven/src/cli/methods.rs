//! `einthoven methods`: what estimators there are.

use einthoven::{Method, Result};

use super::print;

const NOTES: &str = "
budget: the smallest number of distinct coalitions of n players, the empty and the full one included.
cost: operations beside the evaluations, for m coalitions.
kind: exact values equal the definition; unbiased ones do so on average at any budget; consistent ones in the limit of a
  large budget (and at full budget exactly); biased ones are values of something else than Shapley's axioms.
auto: exact if the budget covers all coalitions of at most 20 players; else leverage from 60 players and 5n on; else kernel
  from 8n on; else permutation. The result says which, and why.
Standard errors come with all of them wherever the draws allow it; with few draws they are rough, and a warning says so.
";

/// Prints the table of methods.
pub fn run() -> Result<()> {
    let head = ["--method", "index", "kind", "budget", "cost", "source"].map(str::to_owned);
    let row = |method: Method| {
        let about = method.about();
        [about.name, about.index.name(), about.kind, about.needs, about.cost, about.source].map(str::to_owned)
    };
    let rows: Vec<[String; 6]> = std::iter::once(head).chain(Method::ALL.into_iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..5).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        for (cell, width) in row.iter().zip(&widths) {
            text.push_str(&format!("{cell:width$}  "));
        }
        text.push_str(&row[5]);
        text.push('\n');
    }
    print::text(&(text + NOTES))
}
