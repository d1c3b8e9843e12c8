//! Pairs in folds, for estimators that fit something to some pairs and see by the others what it misses.
//!
//! A pair is one unit: a complement says too much about its coalition to be seen by one and withheld from the other. Within each
//! size the pairs are split, so that each size is seen and held out alike.

use rand::seq::SliceRandom;

use super::pairs::{Pair, Pairs};
use super::sizes;
use crate::rng;

/// Parts into which the pairs are split.
pub const FOLDS: usize = 5;

/// The smallest budget: a pair for each fold, or all coalitions.
pub fn smallest_budget(n_players: usize) -> usize {
    (1usize << n_players.clamp(1, 4)).min(2 * FOLDS + 2)
}

/// The fold of each pair.
#[derive(Clone, Debug)]
pub struct Folds {
    /// From zero to [`FOLDS`], `[pairs]`.
    pub of: Vec<usize>,
    /// Number of pairs of each class of sizes.
    populations: Vec<f64>,
}

impl Folds {
    /// Splits the pairs of a design of so many players: within a size, and from size to size, in turn, in an order that is drawn.
    pub fn new(pairs: &Pairs, n_players: usize) -> Self {
        let mut of: Vec<usize> = (0..pairs.all.len()).map(|at| at % FOLDS).collect();
        let mut start = 0;
        for class in pairs.all.chunk_by(|a, b| a.size == b.size) {
            // The split must not follow from what was drawn.
            let mut rng = rng::stream(0, "proxy folds", class[0].size as u64);
            of[start..start + class.len()].shuffle(&mut rng);
            start += class.len();
        }
        Self { of, populations: sizes::pairs(n_players) }
    }

    /// Number of pairs of the size of this pair.
    pub fn population(&self, pair: &Pair) -> f64 {
        self.populations[pair.size - 1]
    }

    /// What part of its class each pair stands for where everything but `fold` was seen, `[pairs]`: pairs that were seen stand
    /// for themselves, those of the fold for all that were not. So the mean over the folds is right on average, whatever was
    /// made of what was seen, if each size that is not enumerated has a pair for each fold.
    pub fn shares(&self, pairs: &Pairs, fold: usize) -> Vec<f64> {
        let mut shares = Vec::with_capacity(pairs.all.len());
        for class in pairs.all.chunk_by(|a, b| a.size == b.size) {
            let folds = &self.of[shares.len()..shares.len() + class.len()];
            let population = self.population(&class[0]);
            let held = folds.iter().filter(|of| **of == fold).count() as f64;
            let seen = class.len() as f64 - held;
            // Too few pairs for all folds: those there are stand for those that are missing, on average over the folds.
            let held = if class.len() < FOLDS { class.len() as f64 / FOLDS as f64 } else { held };
            let whole = class[0].share * class.len() as f64;
            let unseen = if class[0].sampled { whole * (1.0 - seen / population) / held } else { 1.0 / population };
            shares.extend(folds.iter().map(|of| if *of == fold { unseen } else { 1.0 / population }));
        }
        shares
    }
}

/// Number of sizes that were drawn at random and have fewer pairs than there are folds.
pub fn thin_sizes(pairs: &Pairs) -> usize {
    let classes = pairs.all.chunk_by(|a, b| a.size == b.size);
    classes.filter(|class| class[0].sampled && class.len() < FOLDS).count()
}

/// What a reader must know if there are thin sizes.
pub fn thin_warning(thin: usize) -> String {
    let sizes = if thin == 1 { "size has" } else { "sizes have" };
    format!("{thin} {sizes} fewer than {FOLDS} pairs: the values are not exactly unbiased")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::pairs::{self, Plan};
    use crate::design::sizes::Law;

    #[test]
    fn folds_are_even_and_shares_stand_for_the_class() {
        let plan = Plan { method: "test", smallest: 12, law: Law::Root, forced: 1 };
        let design = pairs::design(&plan, 12, 400, 1).expect("a large enough budget");
        let pairs = Pairs::read("test", &design).expect("a design of pairs");
        let folds = Folds::new(&pairs, 12);
        let mut start = 0;
        for class in pairs.all.chunk_by(|a, b| a.size == b.size) {
            let range = start..start + class.len();
            start = range.end;
            let count = |fold: usize| folds.of[range.clone()].iter().filter(|of| **of == fold).count();
            for fold in 0..FOLDS {
                assert!((class.len() / FOLDS..=class.len().div_ceil(FOLDS)).contains(&count(fold)));
                let shares = &folds.shares(&pairs, fold)[range.clone()];
                assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12, "size {}", class[0].size);
                let (of_seen, seen) = shares
                    .iter()
                    .zip(&folds.of[range.clone()])
                    .filter(|(_, of)| **of != fold)
                    .fold((0.0, 0), |(sum, count), (share, _)| (sum + share, count + 1));
                assert!((of_seen - f64::from(seen) / folds.population(&class[0])).abs() < 1e-12);
            }
        }
    }
}
