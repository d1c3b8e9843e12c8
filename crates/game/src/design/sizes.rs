//! How a budget is spread over coalition sizes.
//!
//! Coalitions come in pairs with their complements, so sizes do too: class `s` (up to half the players) holds the pairs
//! of a coalition of `s` and one of `n - s` players. A [`Law`] says what share of the draws a class should get. Classes
//! that would get more pairs than they have are enumerated, and what they leave goes to the others, until none is
//! left that overflows ("border trick", Covert & Lee, 2021; Musco & Witter, 2025).
//!
//! A class that is to get `t` pairs, which is seldom a whole number, gets `t` rounded down or up, so that the total is
//! exact and the mean over the seeds is `t` (systematic sampling). Number and mass of a class's pairs are only ever used
//! through ratios and logarithms: `C(n, s)` overflows a float from 1030 players on.

use rand::RngExt;

use crate::rng;

/// How draws fall on sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// The mass of the Shapley kernel, `1 / (s (n - s))`.
    Kernel,
    /// The root of that, between the two others.
    Root,
    /// All sizes alike: the leverage scores of the regression (Musco & Witter, 2025).
    Uniform,
    /// All coalitions alike.
    Binomial,
}

/// A class of coalition sizes and its part of the budget.
#[derive(Clone, Copy, Debug)]
pub struct Class {
    /// The smaller size.
    pub size: usize,
    /// Pairs to draw; all of them if it is enumerated.
    pub drawn: usize,
    /// The part of the class that a drawn pair stands for: the mean over the class is estimated by the sum of `share`
    /// times what the pair has.
    pub share: f64,
    /// Whether all pairs are in.
    pub enumerated: bool,
}

impl Law {
    /// Logarithm of the mass of a class, up to a constant.
    fn ln_mass(self, n_players: usize, size: usize, ln_pairs: f64) -> f64 {
        let (n, s) = (n_players as f64, size as f64);
        // A pair in the middle has both its coalitions in the same size.
        let sizes = if 2 * size == n_players { 0.0 } else { std::f64::consts::LN_2 };
        match self {
            Self::Kernel => sizes - (s * (n - s)).ln(),
            Self::Root => sizes - 0.5 * (s * (n - s)).ln(),
            Self::Uniform => sizes,
            Self::Binomial => ln_pairs,
        }
    }
}

/// Mass of the Shapley kernel on a class: that of its two sizes together.
pub fn kernel_mass(n_players: usize, size: usize) -> f64 {
    let (n, s) = (n_players as f64, size as f64);
    let sizes = if 2 * size == n_players { 1.0 } else { 2.0 };
    sizes / (s * (n - s))
}

/// Logarithm of `C(n, size)`.
pub fn ln_subsets(n: usize, size: usize) -> f64 {
    (0..size.min(n - size)).map(|i| ((n - i) as f64 / (i + 1) as f64).ln()).sum()
}

/// Logarithm of the number of pairs of each class.
pub fn ln_pairs(n_players: usize) -> Vec<f64> {
    let n = n_players as f64;
    let mut ln_subsets = 0.0;
    let ln_pairs = |size: usize| {
        let s = size as f64;
        ln_subsets += ((n - s + 1.0) / s).ln();
        // In the middle the complement has the same size: half as many pairs.
        if 2 * size == n_players { ln_subsets - std::f64::consts::LN_2 } else { ln_subsets }
    };
    (1..=n_players / 2).map(ln_pairs).collect()
}

/// Number of pairs of each class, exact as far as a float is; infinite where it overflows.
pub fn pairs(n_players: usize) -> Vec<f64> {
    let n = n_players as f64;
    let mut subsets = 1.0;
    let pairs = |size: usize| {
        let s = size as f64;
        subsets *= (n - s + 1.0) / s;
        // The product is an integer; rounding takes back what dividing first has cost.
        subsets = if subsets < 1e15 { subsets.round() } else { subsets };
        if 2 * size == n_players { subsets / 2.0 } else { subsets }
    };
    (1..=n_players / 2).map(pairs).collect()
}

/// Spreads so many distinct pairs over the classes; the first `forced` of them are enumerated in any case. The seed decides
/// which targets are rounded up.
///
/// # Panics
/// If there are fewer pairs than the forced classes have.
pub fn allocate(n_players: usize, n_pairs: usize, law: Law, forced: usize, seed: u64) -> Vec<Class> {
    let populations = pairs(n_players);
    let ln_masses: Vec<f64> =
        ln_pairs(n_players).iter().enumerate().map(|(at, &ln)| law.ln_mass(n_players, at + 1, ln)).collect();
    let largest = ln_masses.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let masses: Vec<f64> = ln_masses.iter().map(|ln| (ln - largest).exp()).collect();
    let (enumerated, left) = enumerate(&populations, &masses, n_pairs as f64, forced);
    let mass: f64 = masses.iter().zip(&enumerated).filter(|(_, full)| !**full).map(|(mass, _)| mass).sum();
    let offset: f64 = rng::stream(seed, "sizes", 0).random();
    let n_sampled = enumerated.iter().filter(|full| !**full).count();
    let (mut before, mut cumulative, mut seen) = (0.0, 0.0, 0);
    let class = |at: usize| {
        let (size, population) = (at + 1, populations[at]);
        if enumerated[at] {
            let drawn = population as usize;
            return Class { size, drawn, share: 1.0 / population, enumerated: true };
        }
        let target = left * masses[at] / mass;
        seen += 1;
        // The last bound is the whole number itself, whatever rounding has made of the sum.
        cumulative = if seen == n_sampled { left } else { (cumulative + target).min(left) };
        let drawn = (cumulative + offset).floor() - before;
        before += drawn;
        // With at least one pair for certain the mean of those drawn is right; with fewer only the target is.
        let share = if target >= 1.0 { 1.0 / drawn.max(1.0) } else { 1.0 / target };
        Class { size, drawn: drawn as usize, share, enumerated: false }
    };
    (0..populations.len()).map(class).collect()
}

/// Which classes are enumerated, and how many pairs are left for the others.
fn enumerate(populations: &[f64], masses: &[f64], n_pairs: f64, forced: usize) -> (Vec<bool>, f64) {
    if n_pairs >= populations.iter().sum() {
        return (vec![true; populations.len()], 0.0);
    }
    let mut enumerated: Vec<bool> = (0..populations.len()).map(|at| at < forced).collect();
    let mut left = n_pairs - populations.iter().take(forced).sum::<f64>();
    assert!(left >= 0.0, "{n_pairs} pairs for {forced} classes");
    loop {
        let open = |at: &usize| !enumerated[*at];
        let mass: f64 = (0..masses.len()).filter(open).map(|at| masses[at]).sum();
        // Slack for rounding: a class that is filled but for 1e-9 of a pair is filled.
        let overflows = |at: &usize| left * masses[*at] / mass >= populations[*at] - 1e-9;
        let filled: Vec<usize> = (0..masses.len()).filter(open).filter(overflows).collect();
        if filled.is_empty() {
            return (enumerated, left);
        }
        for at in filled {
            enumerated[at] = true;
            left -= populations[at];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allocations_add_up() {
        for law in [Law::Kernel, Law::Root, Law::Uniform, Law::Binomial] {
            for n in [2, 3, 7, 8, 12, 40, 121, 1100] {
                for n_pairs in [1, 2, 5, 17, 63, 400, 2047, 5000] {
                    let classes = allocate(n, n_pairs, law, 0, 3);
                    let drawn: usize = classes.iter().map(|class| class.drawn).sum();
                    let pairs = pairs(n);
                    let all: f64 = pairs.iter().sum();
                    assert_eq!(drawn as f64, all.min(n_pairs as f64), "{law:?}, {n} players, {n_pairs} pairs");
                    for (class, pairs) in classes.iter().zip(&pairs) {
                        assert!(class.drawn as f64 <= *pairs && (!class.enumerated || class.drawn as f64 == *pairs));
                    }
                }
            }
        }
    }

    #[test]
    fn targets_are_met_on_average() {
        // 120 players, 119 pairs: many classes get less than one pair. Over 4000 seeds the mean number of a class with
        // target t has a standard deviation of at most sqrt(t (1 - t) / 4000) < 0.008; five of those.
        let (n, n_pairs, seeds) = (120, 119, 4000);
        let total: f64 = (1..=60).map(|size| kernel_mass(n, size)).sum();
        let mut mean = [0.0; 60];
        for seed in 0..seeds {
            for (mean, class) in mean.iter_mut().zip(allocate(n, n_pairs, Law::Kernel, 0, seed)) {
                *mean += class.drawn as f64 / seeds as f64;
            }
        }
        for (at, mean) in mean.iter().enumerate() {
            let target = n_pairs as f64 * kernel_mass(n, at + 1) / total;
            assert!((mean - target).abs() < 0.04, "size {}: {mean} for {target}", at + 1);
        }
    }
}
