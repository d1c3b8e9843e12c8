//! From a record to the parts whose removal changes what the model says, and what the model says without them.

mod choice;
mod files;

use std::ops::ControlFlow;

use einthoven_ecg::Record;
use einthoven_game::{Attribution, Index, Kind, Link, exact};
use einthoven_interactions::{Method, removal};
use einthoven_masking::Progress;

use crate::{Explainer, Explanation, Interactions, Keep, Result};
use choice::Choice;

/// A prediction misses where it differs from the truth by more than this part of the larger of the two.
pub const MISS: f64 = 0.25;
/// The files of a removal, beside the picture of the record.
pub(crate) const FILES: [&str; 2] = ["removal.json", "removal.svg"];

/// What is looked for, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemovalSearch {
    /// How the spectrum is found.
    pub method: Method,
    /// The largest number of parts that are removed, from 1 to 100.
    pub most: usize,
    /// The output that is to change: its name, or `top`.
    pub target: String,
}

impl Default for RemovalSearch {
    fn default() -> Self {
        Self { method: Method::Spectral, most: 5, target: "top".to_owned() }
    }
}

/// Some players, and what removing them does.
#[derive(Clone, Debug, PartialEq)]
pub struct Removed {
    /// The players, ascending.
    pub players: Vec<u32>,
    /// The change that made them chosen: that of the spectrum's function, or what their Shapley values add up to.
    pub predicted: f64,
    /// The change of the model's value: without the players, less with all.
    pub actual: f64,
}

/// The players to remove one way, up or down.
#[derive(Clone, Debug, PartialEq)]
pub struct Way {
    /// Those that the search found.
    pub found: Removed,
    /// No set of so many players changes the spectrum's function further this way.
    pub bound: f64,
    /// Whether there is certainly no better set for the spectrum's function.
    pub exact: bool,
    /// Those whose Shapley values, read off the spectrum, say most for it.
    pub shapley: Removed,
}

/// The removal of one number of players.
#[derive(Clone, Debug, PartialEq)]
pub struct RemovalStep {
    /// What lowers the value most.
    pub fall: Way,
    /// What raises it most.
    pub rise: Way,
    /// How far the value changes if as many players are removed at random: the mean magnitude over 20 orders.
    pub random: f64,
}

/// A set without which the model's answer is another one.
#[derive(Clone, Debug, PartialEq)]
pub struct Flip<'a> {
    /// The set, and what removing it does.
    pub removed: &'a Removed,
    /// Whether Shapley values chose it, and no set that the search found is as small.
    pub by_shapley: bool,
    /// Whether no smaller set does it for certain: the spectrum is exact, and so is the search.
    pub certain: bool,
}

/// The parts of a record whose removal changes what the model says.
#[derive(Clone, Debug)]
pub struct Removals {
    /// The spectrum, one per output, and what it came from.
    pub explanation: Explanation,
    /// Which output is changed.
    pub target: usize,
    /// The model's value with all players.
    pub full: f64,
    /// What the spectrum's function says of all players.
    pub predicted_full: f64,
    /// The removal of 1, 2, … players.
    pub steps: Vec<RemovalStep>,
    /// Coalitions that were evaluated to verify it, beyond the budget.
    pub verified: usize,
}

impl Explainer {
    /// Refuses players, method and budget with which no spectrum can be found.
    ///
    /// # Errors
    /// If the method has no Fourier coefficients, or needs a larger budget; or if nothing is to be removed.
    pub fn check_removal(&self, search: &RemovalSearch) -> Result<()> {
        let n_players = self.partition()?.n_players();
        removal::removals(n_players, &[], search.most)?;
        self.check_interactions(&self.spectrum_of(search, n_players))
    }

    /// Finds the parts whose removal changes an output most, and verifies it.
    ///
    /// The spectrum of the model around this record is found first ([`Explainer::interact`], index Fourier). Then the sets of 1
    /// to `most` players whose removal changes its function most are searched for ([`removal`]). At last the model is asked for
    /// its values without them, without the players of the largest Shapley values of the same spectrum, and without as many
    /// at random: 4 + 20 coalitions for each number of players, and the full one, beyond the budget.
    ///
    /// # Errors
    /// If the record does not fit the model, there is no such output, the budget is too small, or the model fails.
    ///
    /// [`removal`]: einthoven_interactions::removal
    pub fn remove(&self, record: &Record, search: &RemovalSearch) -> Result<Removals> {
        self.remove_keeping(record, search, None, &mut |_, _| ControlFlow::Continue(()))
    }

    /// As [`remove`](Self::remove); `progress` hears how many of how many coalitions are evaluated for the spectrum and may break
    /// off, and values are kept in a folder, so that a search that is broken off can be taken up where it stopped.
    ///
    /// # Errors
    /// As [`remove`](Self::remove), or if a file cannot be read or written.
    pub fn remove_keeping(
        &self,
        record: &Record,
        search: &RemovalSearch,
        keep: Option<&Keep>,
        progress: &mut Progress<'_>,
    ) -> Result<Removals> {
        let interactions = self.spectrum_of(search, self.partition()?.n_players());
        let explanation = self.interact_keeping(record, &interactions, keep, progress)?;
        let target = explanation.target(&search.target)?;
        let choice = Choice::new(&explanation.attributions[target], search.most, self.settings.seed)?;
        let rows = choice.rows();
        let masked = self.masked(&explanation.record, &explanation.partition)?;
        let values = masked.evaluate(&rows, &mut |_, _| progress(rows.len(), rows.len()))?.output(target);
        let full = values[0];
        let (steps, predicted_full) = (choice.steps(&values), choice.predicted_full);
        Ok(Removals { explanation, target, full, predicted_full, steps, verified: rows.len() })
    }

    /// All Fourier coefficients where the method lists those that matter, or all coalitions are evaluated; else those of pairs.
    fn spectrum_of(&self, search: &RemovalSearch, n_players: usize) -> Interactions {
        let all = n_players <= exact::MAX_PLAYERS && self.budget(n_players) >= 1 << n_players;
        let dense = !matches!(search.method.name(), "exact" | "spex" | "proxyspex" | "spectral");
        let order = if dense && !all { 2.min(n_players) } else { n_players };
        Interactions { index: Index::Fourier, order, method: search.method, penalty: None }
    }
}

impl Removed {
    /// Whether the prediction is not to be trusted: it differs from the truth by more than a quarter of the larger of the two.
    pub fn misses(&self) -> bool {
        (self.predicted - self.actual).abs() > MISS * self.predicted.abs().max(self.actual.abs())
    }
}

impl RemovalStep {
    /// The way that changes the value most, by the spectrum.
    pub fn largest(&self) -> &Way {
        if self.rise.found.predicted.abs() > self.fall.found.predicted.abs() { &self.rise } else { &self.fall }
    }

    /// The players whose Shapley values add up to most, whichever way.
    pub fn by_shapley(&self) -> &Removed {
        let [fall, rise] = [&self.fall.shapley, &self.rise.shapley];
        if rise.predicted.abs() > fall.predicted.abs() { rise } else { fall }
    }

    fn towards(&self, up: bool) -> &Way {
        if up { &self.rise } else { &self.fall }
    }
}

impl Removals {
    /// The attribution of the output that is changed.
    pub fn attribution(&self) -> &Attribution {
        &self.explanation.attributions[self.target]
    }

    /// The value on whose other side the answer is another one: a logit of 0, a probability of 1/2.
    pub fn threshold(&self) -> f64 {
        match self.attribution().link {
            Link::Logit => 0.0,
            Link::Probability => 0.5,
        }
    }

    /// The smallest set without which the model's value is on the other side of the threshold: verified, of those that were
    /// tried. The search's comes before that of Shapley values.
    pub fn flip(&self) -> Option<Flip<'_>> {
        let up = self.full <= self.threshold();
        let turned = |removed: &Removed| (self.full + removed.actual > self.threshold()) == up;
        let at = self.steps.iter().position(|step| {
            let Way { found, shapley, .. } = step.towards(up);
            turned(found) || turned(shapley)
        })?;
        let Way { found, shapley, .. } = self.steps[at].towards(up);
        let by_shapley = !turned(found);
        Some(Flip { removed: if by_shapley { shapley } else { found }, by_shapley, certain: self.is_certain(at) })
    }

    /// Whether, for the model itself, no set of up to `size` players is better than the one that was found: the spectrum holds
    /// every coefficient, and the search is exact.
    pub fn is_certain(&self, size: usize) -> bool {
        let up = self.full <= self.threshold();
        let spectrum = self.attribution();
        let all = spectrum.kind == Kind::Exact && spectrum.max_order == spectrum.n_players;
        all && self.steps[..size].iter().all(|step| step.towards(up).exact)
    }

    /// The coefficient of determination of the spectrum on coalitions that were held out, if its method says it.
    pub fn held_out_r2(&self) -> Option<f64> {
        self.attribution().run.get("spectral").and_then(|facts| facts["r2"].as_f64())
    }

    /// Names of players.
    pub fn names(&self, players: &[u32]) -> Vec<&str> {
        let names = &self.attribution().player_names;
        players.iter().filter_map(|&player| names.get(player as usize)).map(String::as_str).collect()
    }
}
