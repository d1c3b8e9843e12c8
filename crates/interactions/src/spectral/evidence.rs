//! Whether a set explains its bins: how much more likely they are with it than without.
//!
//! A bin's entries are the set's coefficient with its signs, and other things that have a variance of their own in each bin: noise,
//! and the sets that share the bin. The ratio of the likelihoods with the best variances is the ratio of the sums of
//! squares, without and with the set. The best of all sets of a size was searched for, so the logarithm must exceed that of
//! their number (Bonferroni), plus that of one over the chance to take a set on noise.

use super::bins::{Bins, correlation};
use crate::sets::count;

/// Largest sets.
pub(crate) const MOST_DEGREE: usize = 5;
/// The chance that a set is taken on pure noise, for all sizes together.
const CHANCE: f64 = 0.05;

/// Where a set falls in a group: the number of the bin, and the signs of the set there.
pub(crate) type Place = (usize, u128);

/// A coefficient, and the logarithm of how much more likely the bins are with it.
pub(crate) struct Fit {
    pub coefficient: f64,
    pub ln_ratio: f64,
}

/// Fits one coefficient to all bins of a set; a bin weighs by what the set leaves of it.
pub(crate) fn fit(bins: &Bins, places: &[Place]) -> Fit {
    let floor = bins.floor * bins.floor;
    let (mut sum, mut total) = (0.0, 0.0);
    let mut parts = Vec::with_capacity(places.len());
    for &(bin, signs) in places {
        let (energy, mean) = (bins.energy(bin) + floor, correlation(bins.entries(bin), signs));
        let weight = 1.0 / (energy - mean * mean).max(floor);
        sum += weight * mean;
        total += weight;
        parts.push((energy, mean));
    }
    let coefficient = sum / total;
    let ratio = |(energy, mean): &(f64, f64)| {
        let left = energy - coefficient * (2.0 * mean - coefficient);
        (energy / left.max(floor)).ln()
    };
    // One entry less, since variances are estimated: so that noise exceeds x with chance exp(-x) at most in small bins too.
    let freedom = (bins.n_delays() - 1) as f64;
    Fit { coefficient, ln_ratio: freedom / 2.0 * parts.iter().map(ratio).sum::<f64>() }
}

/// What the logarithm of the ratio must exceed for a set to be taken, by its size.
pub(crate) fn needed(n_players: usize) -> Vec<f64> {
    let sizes = (MOST_DEGREE + 1) as f64;
    (0..=MOST_DEGREE).map(|size| (count(n_players, size.min(n_players)) * sizes / CHANCE).ln()).collect()
}

/// The mean square of an entry of a quiet bin: the lower quartile of the bins, corrected for being one (Wilson & Hilferty, 1931).
pub(crate) fn quiet(bins: &Bins) -> f64 {
    let mut energies: Vec<f64> = (0..bins.len()).map(|bin| bins.energy(bin)).collect();
    energies.sort_by(f64::total_cmp);
    let spread = 2.0 / (9.0 * bins.n_delays() as f64);
    energies[energies.len() / 4] / (1.0 - spread - 0.674_49 * spread.sqrt()).powi(3)
}
