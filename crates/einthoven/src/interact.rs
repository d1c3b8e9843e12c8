//! From a record to the interactions of its parts.

use std::ops::ControlFlow;
use std::time::Instant;

use einthoven_ecg::Record;
use einthoven_game::{Index, Partition};
use einthoven_interactions::{Method, Penalty, Request};
use einthoven_masking::Progress;

use crate::evaluate::at_once;
use crate::explainer::Chosen;
use crate::{Error, Explainer, Explanation, Keep, Result};

/// Which interactions are estimated, and how. The defaults are n-Shapley values of order two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interactions {
    /// Which index.
    pub index: Index,
    /// The largest sets of players that get a number.
    pub order: usize,
    /// How they are estimated.
    pub method: Method,
    /// Which regularised problem is solved where the values do not determine the interactions.
    pub penalty: Option<Penalty>,
}

impl Default for Interactions {
    fn default() -> Self {
        Self { index: Index::KSii, order: 2, method: Method::Auto, penalty: None }
    }
}

impl Interactions {
    /// What is asked of an estimator.
    pub fn request(&self, n_players: usize, budget: usize, seed: u64) -> Request {
        Request { penalty: self.penalty, ..Request::new(self.index, self.order, n_players, budget, seed) }
    }
}

impl Explainer {
    /// Refuses players, interactions and budget that no record can be explained with.
    ///
    /// # Errors
    /// If the method has no such index of that order, or needs a larger budget.
    pub fn check_interactions(&self, interactions: &Interactions) -> Result<()> {
        let request = self.interactions_request(&self.partition()?, interactions);
        interactions.method.resolve(&request)?.method.design(&request)?;
        match self.settings.until {
            Some(_) => {
                Err(Error::Usage("estimate interactions until they are precise: use a larger budget".to_owned()))
            }
            None => Ok(()),
        }
    }

    /// Explains a record by the interactions of its parts; of the settings, `method`, `until` and `control` are for single
    /// players.
    ///
    /// # Errors
    /// If the record does not fit the model, the budget is too small, or the model fails.
    pub fn interact(&self, record: &Record, interactions: &Interactions) -> Result<Explanation> {
        self.interact_keeping(record, interactions, None, &mut |_, _| ControlFlow::Continue(()))
    }

    /// As [`interact`](Self::interact); `progress` hears how many of how many coalitions are evaluated and may break off, and
    /// values are kept in a folder, so that an explanation that is broken off can be taken up where it stopped.
    ///
    /// # Errors
    /// As [`interact`](Self::interact), or if a file cannot be read or written.
    pub fn interact_keeping(
        &self,
        record: &Record,
        interactions: &Interactions,
        keep: Option<&Keep>,
        progress: &mut Progress<'_>,
    ) -> Result<Explanation> {
        let clock = Instant::now();
        let scene = self.scene(record)?;
        let request = self.interactions_request(&scene.partition, interactions);
        let choice = interactions.method.resolve(&request)?;
        let design = choice.method.design(&request)?;
        let masked = self.masked(&scene.prepared, &scene.partition)?;
        let evaluation = at_once(&masked, &design, keep, progress)?;
        let attributions = choice.method.estimate(&request, &design, &evaluation.values[0])?;
        let budget = request.budget.to_string();
        let chosen = Chosen { method: choice.method.name(), reason: choice.reason, budget, control: None };
        Ok(self.explained(scene, attributions, &evaluation, &chosen, clock))
    }

    fn interactions_request(&self, partition: &Partition, interactions: &Interactions) -> Request {
        let n_players = partition.n_players();
        interactions.request(n_players, self.budget(n_players), self.settings.seed)
    }
}
