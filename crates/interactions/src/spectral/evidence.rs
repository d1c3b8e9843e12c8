//! Whether a set explains its bins: how much more likely they are with it than without.
//!
//! A bin's entries are the set's coefficient with its signs, and other things that have a variance of their own in each bin: noise,
//! and the sets that share the bin. The ratio of the likelihoods with the best variances is the ratio of the sums of
//! squares, without and with the set. The best of all sets of a size was searched for, so the logarithm must exceed that of
//! their number (Bonferroni), plus that of one over the chance to take a set on noise.

use super::bins::{Bins, correlation};
use super::significance::MOST_DEGREE;
use crate::sets::count;

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

#[cfg(test)]
mod tests {
    use einthoven_game::rng;
    use rand::RngExt;

    use super::super::subsample::{Groups, Plan, design};
    use super::*;

    /// Bins of uniform noise, ten sets' worth of places in them.
    fn noise(seed: u64) -> Bins {
        let design = design(&Plan::new(30, 1000).expect("a plan"), seed);
        let groups = Groups::read(&design).expect("groups");
        let mut rng = rng::stream(seed, "evidence test", 0);
        let values: Vec<f64> = (0..design.rows.len()).map(|_| rng.random::<f64>() - 0.5).collect();
        Bins::new(&groups, &values)
    }

    #[test]
    fn the_ratio_is_that_of_sums_of_squares() {
        let bins = noise(1);
        let fit = fit(&bins, &[(5, 0b1010)]);
        let entries = bins.entries(5);
        let sign = |delay: usize| if 0b1010 >> delay & 1 == 1 { -1.0 } else { 1.0 };
        let mean =
            entries.iter().enumerate().map(|(delay, entry)| sign(delay) * entry).sum::<f64>() / entries.len() as f64;
        let squares =
            |c: f64| entries.iter().enumerate().map(|(delay, entry)| (entry - c * sign(delay)).powi(2)).sum::<f64>();
        let expected = (entries.len() - 1) as f64 / 2.0 * (squares(0.0) / squares(mean)).ln();
        assert!((fit.coefficient - mean).abs() < 1e-14 && (fit.ln_ratio - expected).abs() < 1e-9);
    }

    #[test]
    fn noise_has_evidence_with_the_chance_that_is_said() {
        // Random signs in one bin of each of four groups: above x with chance exp(-x) at most. 20 000 tries, so that six
        // standard deviations above 20 000 exp(-4) = 366 are 480.
        let mut exceeded = 0;
        for seed in 0..20 {
            let bins = noise(seed);
            let mut rng = rng::stream(seed, "evidence test", 1);
            let per_group = bins.len() / 4;
            for _ in 0..1000 {
                let places: Vec<Place> =
                    (0..4).map(|group| (group * per_group + rng.random_range(0..per_group), rng.random())).collect();
                exceeded += usize::from(fit(&bins, &places).ln_ratio > 4.0);
            }
        }
        assert!((1..480).contains(&exceeded), "{exceeded}");
    }

    #[test]
    fn the_number_of_sets_is_paid_for() {
        // 4950 pairs of 100 players, six sizes, a chance of 0.05.
        assert!((needed(100)[2] - (4950.0_f64 * 6.0 / 0.05).ln()).abs() < 1e-12);
    }

    #[test]
    fn quiet_bins_tell_the_noise() {
        // Uniform values have variance 1/12; a bin's entry is the mean of 8 of them.
        let mean = (0..20)
            .map(|seed| {
                let bins = noise(seed);
                quiet(&bins) * bins.scale * bins.scale
            })
            .sum::<f64>()
            / 20.0;
        assert!((mean * 12.0 * 8.0 - 1.0).abs() < 0.05, "{mean}");
    }
}
