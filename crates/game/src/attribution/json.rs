//! `attribution.json`.

use std::collections::HashSet;
use std::io::Write;
use std::path::Path;

use super::{Attribution, Term};
use crate::{Error, Result, file};

impl Attribution {
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

    pub(super) fn check_finite(&self, output: usize) -> Result<()> {
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

    pub(super) fn check_terms(&self) -> std::result::Result<(), String> {
        if self.player_names.len() != self.n_players {
            return Err(format!("expected {} player_names, found {}", self.n_players, self.player_names.len()));
        }
        let mut seen = HashSet::new();
        for (at, Term { players, .. }) in self.terms.iter().enumerate() {
            let ascending = players.is_sorted_by(|left, right| left < right);
            if !ascending || players.iter().any(|&player| player as usize >= self.n_players) {
                let last = self.n_players.saturating_sub(1);
                return Err(format!("terms[{at}].players: expected ascending players up to {last}, found {players:?}"));
            }
            if !seen.insert(players) {
                return Err(format!("terms[{at}].players: expected each set once, found {players:?} again"));
            }
        }
        Ok(())
    }
}
