//! An index read off the coefficients, with standard errors.

use std::collections::BTreeMap;

use einthoven_game::design::subset::for_each_subset_of;
use einthoven_game::{Index, Term, indices};
use faer::Mat;

use super::refit::Refit;
use crate::Result;
use crate::request::Request;

/// What is known of a sparse function.
pub(crate) struct Known {
    /// Sets of players and their coefficients, the empty set last.
    pub spectrum: Vec<(Vec<u32>, f64)>,
    /// Of the coefficients.
    pub covariance: Mat<f64>,
}

impl Known {
    /// From a fit of these sets, whose residuals have this variance.
    pub(crate) fn new(sets: &[Vec<u32>], refit: &Refit, variance: f64) -> Self {
        let coefficients = refit.coefficients.iter().chain([&refit.constant]);
        let spectrum = sets.iter().cloned().chain([Vec::new()]).zip(coefficients.copied()).collect();
        Self { spectrum, covariance: faer::Scale(variance) * refit.covariance() }
    }

    /// The index of a request; a set that is left out has the value zero. An index is linear in the coefficients, so its errors
    /// follow from theirs; generalized and joint values, to which all sets count that share a player, have none.
    pub(crate) fn terms(&self, request: &Request) -> Result<Vec<Term>> {
        let &Request { index, order, n_players, .. } = request;
        let mut terms = indices::from_fourier(index, order, n_players, &self.spectrum)?;
        let shares = if indices::is_generalized_value(index) { BTreeMap::new() } else { self.shares(index, order) };
        for term in &mut terms {
            term.std_err = shares.get(&term.players).map(|shares| self.std_err(shares));
        }
        Ok(terms)
    }

    /// For each set, the coefficients that count for it and what they weigh.
    fn shares(&self, index: Index, order: usize) -> BTreeMap<Vec<u32>, Vec<(usize, f64)>> {
        let mut shares: BTreeMap<Vec<u32>, Vec<(usize, f64)>> = BTreeMap::new();
        for (at, (players, _)) in self.spectrum.iter().enumerate() {
            let weights = indices::fourier_weights(index, order, players.len()).unwrap_or_default();
            for (size, &weight) in weights.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
                for_each_subset_of(players, size, |subset| {
                    shares.entry(subset.to_vec()).or_default().push((at, weight));
                });
            }
        }
        shares
    }

    fn std_err(&self, shares: &[(usize, f64)]) -> f64 {
        let row = |&(at, weight): &(usize, f64)| {
            let sum: f64 = shares.iter().map(|&(other, share)| share * self.covariance[(at, other)]).sum();
            weight * sum
        };
        shares.iter().map(row).sum::<f64>().max(0.0).sqrt()
    }
}
