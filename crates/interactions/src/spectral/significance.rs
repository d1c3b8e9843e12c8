//! Which coefficients can be told from zero although nobody said beforehand which to look at.
//!
//! A set that was searched for is as surprising as the largest of all sets that could have been found. So each size of sets
//! gets an equal part of the rate of false discoveries, and within it each set its share, whether it was looked at or not; what
//! was found is then judged together (Benjamini & Hochberg, 1995; weights as in Genovese, Roeder & Wasserman, 2006).

use crate::sets::count;

/// The largest sets that are searched for.
pub const MOST_DEGREE: usize = 5;
/// The share of false ones among the coefficients that are claimed, at most and on average.
pub const FALSE_DISCOVERIES: f64 = 0.1;

/// Whether each coefficient is claimed: a number of players, and the coefficient over its standard error.
pub(crate) fn claimed(n_players: usize, found: &[(usize, f64)]) -> Vec<bool> {
    let ln_odds = |&(size, z): &(usize, f64)| ln_tails(z.abs()) + ln_sets(n_players, size);
    let odds: Vec<f64> = found.iter().map(ln_odds).collect();
    let mut sorted = odds.clone();
    sorted.sort_by(f64::total_cmp);
    let passes = |(at, odds): (usize, &f64)| *odds <= (FALSE_DISCOVERIES * (at + 1) as f64).ln();
    let last = sorted.iter().enumerate().rev().find(|&(at, odds)| passes((at, odds))).map(|(_, odds)| *odds);
    odds.iter().map(|odds| last.is_some_and(|last| *odds <= last)).collect()
}

/// How many standard errors a coefficient of a set of this size must be away from zero to be claimed on its own.
pub(crate) fn threshold(n_players: usize, size: usize) -> f64 {
    let target = FALSE_DISCOVERIES.ln() - ln_sets(n_players, size);
    let (mut low, mut high) = (0.0, 100.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if ln_tails(middle) > target { low = middle } else { high = middle }
    }
    high
}

/// Logarithm of the number of sets that share the rate: those of this size, times the number of sizes.
fn ln_sets(n_players: usize, size: usize) -> f64 {
    (count(n_players, size.min(n_players)) * MOST_DEGREE.min(n_players) as f64).max(1.0).ln()
}

/// Logarithm of the chance that a normal variable is further from zero than `z`: the continued fraction of Laplace (1805),
/// which converges slowly near zero, where the answer does not matter.
fn ln_tails(z: f64) -> f64 {
    if z < 0.5 {
        return -0.48 * z / 0.5;
    }
    let fraction = (1..=200).rev().fold(z, |below, at| z + f64::from(at) / below);
    (2.0 / (2.0 * std::f64::consts::PI).sqrt() / fraction).ln() - z * z / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_are_those_of_the_tables() {
        for (z, expected) in
            [(0.5, 0.617_075), (1.0, 0.317_311), (1.959_964, 0.05), (3.0, 0.002_699_8), (6.0, 1.973_2e-9)]
        {
            assert!((ln_tails(z).exp() / expected - 1.0).abs() < 1e-4, "{z}: {}", ln_tails(z).exp());
        }
    }

    #[test]
    fn thresholds_share_the_rate_among_all_sets() {
        // 100 players, pairs: 0.1 / (5 * 4950) = 4.04e-6 on both sides, which is 4.61 standard errors.
        assert!((threshold(100, 2) - 4.61).abs() < 0.01, "{}", threshold(100, 2));
        assert!(claimed(100, &[(2, 4.65), (2, -4.4), (1, 1.0)]) == [true, false, false]);
        // Together they may be fainter: the fifth of five needs odds of five times 0.1 only.
        assert!(claimed(100, &[(2, 4.3); 5]).iter().all(|claimed| *claimed));
        assert!(!claimed(100, &[(2, 4.3)])[0]);
    }
}
