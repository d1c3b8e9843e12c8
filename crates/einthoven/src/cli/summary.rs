//! `summary.csv`: a line for each record of a run.

use std::path::Path;

use einthoven::{Attribution, Error, Explanation, Result};

use super::records::Source;
use super::{csv_file, print};

const HEAD: [&str; 8] = ["record", "target", "probability", "top_player", "top_value", "seconds", "warnings", "error"];

/// The lines so far.
#[derive(Default)]
pub struct Summary {
    rows: Vec<[String; 8]>,
}

impl Summary {
    /// A record that was explained.
    pub fn add(&mut self, source: &Source, explanation: &Explanation, target: usize, seconds: f64) {
        let attribution = &explanation.attributions[target];
        let (player, value) = top_player(attribution);
        self.rows.push([
            source.shown(),
            attribution.output.clone(),
            format!("{:.4}", explanation.predictions[target].probability),
            player,
            format!("{value:.4}"),
            format!("{seconds:.2}"),
            attribution.warnings.join("; "),
            String::new(),
        ]);
    }

    /// A record that failed.
    pub fn add_failed(&mut self, source: &Source, error: &Error, seconds: f64) {
        let mut row: [String; 8] = Default::default();
        (row[0], row[5], row[7]) = (source.shown(), format!("{seconds:.2}"), error.to_string());
        self.rows.push(row);
    }

    /// Writes the file, whole or not at all; makes its folder if need be.
    pub fn save(&self, path: &Path) -> Result<()> {
        csv_file::save(path, HEAD, &self.rows)
    }
}

/// The term of largest magnitude: of all orders but the empty set.
fn top_player(attribution: &Attribution) -> (String, f64) {
    let top = attribution.largest(2).into_iter().find(|term| !term.players.is_empty());
    top.map_or_else(Default::default, |term| (print::name(attribution, &term.players), term.value))
}
