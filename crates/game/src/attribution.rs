//! The answer: terms, their errors, and how they came about.

use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{Error, Index, Kind, Link, Result, file};

/// Interactions of one output as a sparse list of terms: sets of players with a value and a standard error.
///
/// Its JSON is the layout of `attribution.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attribution {
    /// Which index the terms are values of.
    pub index: Index,
    /// Smallest number of players in a term.
    pub min_order: usize,
    /// Largest number of players in a term.
    pub max_order: usize,
    /// Number of players of the game.
    pub n_players: usize,
    /// Name of the model's output.
    pub output: String,
    /// What the value of a coalition is.
    pub link: Link,
    /// Value of the empty coalition.
    pub baseline: f64,
    /// Value of the full coalition.
    pub full: f64,
    /// What is known of the estimate's bias.
    pub kind: Kind,
    /// Name of the estimator, as `--method` has it.
    pub method: String,
    /// Seed of the design.
    pub seed: u64,
    /// Distinct coalitions evaluated.
    pub evaluations: usize,
    /// The terms.
    pub terms: Vec<Term>,
    /// The name of each player.
    pub player_names: Vec<String>,
    /// What a reader must know before trusting the terms.
    pub warnings: Vec<String>,
    /// Device, versions, chunk, seconds and the like.
    pub run: serde_json::Map<String, serde_json::Value>,
}

/// A set of players and its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// The players, ascending.
    pub players: Vec<u32>,
    /// The value, in units of the model's output.
    pub value: f64,
    /// Standard error of the value; `None` where the method has none.
    pub std_err: Option<f64>,
}

impl Attribution {
    /// The `n` terms of largest magnitude, largest first; all of them if they are fewer.
    pub fn largest(&self, n: usize) -> Vec<&Term> {
        let mut terms: Vec<&Term> = self.terms.iter().collect();
        terms.sort_by(|a, b| b.value.abs().total_cmp(&a.value.abs()));
        terms.truncate(n);
        terms
    }

    /// How far the terms are from adding up to `full - baseline`.
    pub fn efficiency_gap(&self) -> f64 {
        let terms = self.terms.iter().filter(|term| !term.players.is_empty());
        self.full - self.baseline - terms.map(|term| term.value).sum::<f64>()
    }

    /// The term of `players` (ascending), if it was not left out.
    pub fn term(&self, players: &[u32]) -> Option<&Term> {
        self.terms.iter().find(|term| term.players == players)
    }

    /// The value of `players` (ascending); terms that were left out are zero.
    pub fn value(&self, players: &[u32]) -> f64 {
        self.term(players).map_or(0.0, |term| term.value)
    }

    /// The values of the single players in order, `[players]`.
    pub fn player_values(&self) -> Vec<f64> {
        let mut values = vec![0.0; self.n_players];
        for term in &self.terms {
            if let &[player] = term.players.as_slice() {
                values[player as usize] = term.value;
            }
        }
        values
    }

    /// The text of `attribution.json` for one attribution per output; fails if a number is not finite, since JSON has
    /// no way to say so.
    pub fn to_json(attributions: &[Self]) -> Result<String> {
        for (output, attribution) in attributions.iter().enumerate() {
            attribution.check_finite(output)?;
        }
        serde_json::to_string_pretty(attributions).map_err(|error| Error::Request(format!("write JSON: {error}")))
    }

    /// Reads the text of `attribution.json`.
    pub fn from_json(text: &str) -> Result<Vec<Self>> {
        let attributions: Vec<Self> =
            serde_json::from_str(text).map_err(|error| Error::Request(format!("read attributions: {error}")))?;
        for (at, attribution) in attributions.iter().enumerate() {
            attribution.check_terms().map_err(|reason| Error::Request(format!("read attribution {at}: {reason}")))?;
        }
        Ok(attributions)
    }

    /// Writes `attribution.json`, whole or not at all.
    pub fn save_json(path: &Path, attributions: &[Self]) -> Result<()> {
        let text = Self::to_json(attributions)?;
        file::write_atomic(path, |writer| writeln!(writer, "{text}"))
    }

    /// Reads `attribution.json`.
    pub fn load_json(path: &Path) -> Result<Vec<Self>> {
        let text = std::fs::read_to_string(path).map_err(|error| Error::file("read", path, error))?;
        Self::from_json(&text).map_err(|error| Error::file("read", path, error))
    }

    fn check_finite(&self, output: usize) -> Result<()> {
        let numbers = self.terms.iter().flat_map(|term| [term.value, term.std_err.unwrap_or(0.0)]);
        let mut numbers = [self.baseline, self.full].into_iter().chain(numbers);
        match numbers.find(|number| !number.is_finite()) {
            Some(number) => Err(Error::Request(format!(
                "write the attribution of output {output} (`{}`): expected finite numbers, found {number}",
                self.output
            ))),
            None => Ok(()),
        }
    }

    fn check_terms(&self) -> std::result::Result<(), String> {
        if self.player_names.len() != self.n_players {
            return Err(format!("expected {} player_names, found {}", self.n_players, self.player_names.len()));
        }
        for (at, Term { players, .. }) in self.terms.iter().enumerate() {
            let ascending = players.is_sorted_by(|left, right| left < right);
            if !ascending || players.iter().any(|&player| player as usize >= self.n_players) {
                let last = self.n_players.saturating_sub(1);
                return Err(format!("terms[{at}].players: expected ascending players up to {last}, found {players:?}"));
            }
        }
        Ok(())
    }
}
