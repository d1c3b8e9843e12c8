//! The tree screen of ProxySPEX (arXiv 2505.17495): boosted trees propose the sets.
//!
//! Trees split on players one after the other, so they find sets whose subsets matter too, which is what most models are like;
//! they are blind to a parity of which no part matters. Their spectrum is exact, and its largest coefficients are the
//! candidates for a fit. Their depth is chosen on one fold, their number by cross-validation.

use einthoven_fit::trees::{self, Params, Trees, Tuned};
use einthoven_game::Coalitions;
use rayon::prelude::*;

/// Most trees.
const TREES: usize = 1000;
/// Trees of no use after which a fit stops, at a learning rate of one tenth.
const PATIENCE: usize = 25;
/// Splits between root and leaf that are tried.
const DEPTHS: [usize; 3] = [2, 3, 5];
/// Fewest rows of a leaf, as in LightGBM; fewer where rows are few.
const MIN_ROWS: usize = 20;
/// Standard errors by which trees must be better than a constant. Two are not enough: the trees are the best of thousands that were
/// tried, and with two of them one pure noise in thirty passed.
const SURE: f64 = 3.0;

/// What boosted trees say of some values.
#[derive(Clone, Debug)]
pub(crate) struct Proxy {
    /// Trees that have seen all rows; nothing if those that had not seen them were not better than a constant by more than three
    /// standard errors.
    pub trees: Option<Trees>,
    /// The share of the variance that trees predict which have not seen it, and its standard error; nothing if all values are the
    /// same.
    pub r_squared: Option<(f64, f64)>,
    /// What was tried, each candidate with its best number of trees and its mean squared error over the first fold, not seen.
    pub grid: Vec<(Params, f64)>,
    /// The place of the best.
    pub best: usize,
    /// The sets of the spectrum: the empty one, then the others, the largest coefficient first.
    pub candidates: Vec<Candidate>,
}

/// A set that may matter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Candidate {
    /// Its players, ascending.
    pub players: Vec<u32>,
    /// Its coefficient in the spectrum of the trees: `f(T) = sum of F(S) (-1)^|S and T|`.
    pub coefficient: f64,
    /// The share of the energy of all sets but the empty one that it has together with those before it.
    pub energy: f64,
}

impl Proxy {
    /// How many of the largest candidates have this share of the energy together, the empty set aside.
    pub(crate) fn count(&self, share: f64) -> usize {
        let others = &self.candidates[1..];
        others.iter().position(|candidate| candidate.energy >= share).map_or(others.len(), |at| at + 1)
    }

    /// The facts of a result.
    pub(crate) fn json(&self) -> serde_json::Value {
        let (params, _) = &self.grid[self.best];
        serde_json::json!({
            "trees": self.trees.as_ref().map_or(0, |trees| trees.trees.len()),
            "depth": params.depth,
            "learning_rate": params.learning_rate,
            "leaves": params.leaves,
            "r2": self.r_squared.map(|(r2, _)| r2),
            "candidates": self.candidates.len(),
        })
    }
}

/// Fits trees to the `targets` of the rows `which`, and reads off the sets of at most `max_degree` players.
///
/// `folds` says for each of these rows to which fold of the cross-validation it belongs, numbered from zero. A coalition and its
/// complement belong into the same fold, and should stand beside each other: errors are taken over two neighbours at a time.
///
/// # Panics
/// If there are not as many targets or folds as rows, or a row is not there.
pub(crate) fn screen(rows: &Coalitions, which: &[u32], targets: &[f64], folds: &[u8], max_degree: usize) -> Proxy {
    let (grid, best) = depths(rows, which, targets, folds, max_degree);
    let params = Params { trees: TREES, ..grid[best].0 };
    let tuned = trees::cross_validate(rows, which, targets, folds, &[params], PATIENCE);
    let constant = trees::fit(rows, which, targets, &Params { trees: 0, ..*tuned.params() });
    let errors = Errors::new(rows, which, targets, folds, &tuned, constant.base);
    let trees = errors.trees_are_better().then(|| trees::fit(rows, which, targets, tuned.params()));
    let candidates = candidates(trees.as_ref().unwrap_or(&constant), max_degree);
    Proxy { trees, r_squared: errors.r_squared(), grid, best, candidates }
}

/// Trees that have no larger sets than wanted.
fn grid(n_rows: usize, max_degree: usize) -> Vec<Params> {
    let min_rows = MIN_ROWS.min(n_rows / 50).max(1);
    let mut depths = DEPTHS.map(|depth| depth.min(max_degree)).to_vec();
    depths.dedup();
    depths.into_iter().map(|depth| Params { trees: TREES, depth, min_rows, ..Params::default() }).collect()
}

/// What each candidate misses of the first fold, with its best number of trees, and the place of the best. One fold is enough to
/// choose a depth, and takes a fifth of the time.
fn depths(
    rows: &Coalitions,
    which: &[u32],
    targets: &[f64],
    folds: &[u8],
    max_degree: usize,
) -> (Vec<(Params, f64)>, usize) {
    let part = |first: bool| -> (Vec<u32>, Vec<f64>) {
        let of_part = (0..which.len()).filter(|&at| (folds[at] == 0) == first);
        of_part.map(|at| (which[at], targets[at])).unzip()
    };
    let (held, seen) = (part(true), part(false));
    let trial = |params: Params| {
        let path = trees::path(rows, (&seen.0, &seen.1), (&held.0, &held.1), &params, PATIENCE);
        let trees = path.best();
        (Params { trees, ..params }, path.errors[trees] / held.0.len().max(1) as f64)
    };
    let trials: Vec<(Params, f64)> = grid(which.len(), max_degree).into_par_iter().map(trial).collect();
    let best = (0..trials.len()).min_by(|&a, &b| trials[a].1.total_cmp(&trials[b].1)).unwrap_or(0);
    (trials, best)
}

fn candidates(trees: &Trees, max_degree: usize) -> Vec<Candidate> {
    let spectrum = trees.spectrum(|size| size <= max_degree);
    let (mut empty, others): (Vec<_>, Vec<_>) = spectrum.into_iter().partition(|(players, _)| players.is_empty());
    let whole: f64 = others.iter().map(|(_, coefficient)| coefficient * coefficient).sum();
    let mut energy = 0.0;
    empty.extend(others);
    let candidate = |(players, coefficient): (Vec<u32>, f64)| {
        if !players.is_empty() {
            energy += coefficient * coefficient;
        }
        Candidate { players, coefficient, energy: if whole > 0.0 { energy / whole } else { 0.0 } }
    };
    empty.into_iter().map(candidate).collect()
}

/// Squared errors over two neighbours at a time.
struct Errors {
    /// Of the trees that have not seen the rows.
    of_trees: Vec<f64>,
    /// Of a constant from the same rows.
    of_constants: Vec<f64>,
    /// Of the mean of all.
    of_mean: Vec<f64>,
}

impl Errors {
    fn new(rows: &Coalitions, which: &[u32], targets: &[f64], folds: &[u8], tuned: &Tuned, mean: f64) -> Self {
        let in_twos = |error: &dyn Fn(usize) -> f64| -> Vec<f64> {
            (0..which.len()).step_by(2).map(|at| (at..which.len().min(at + 2)).map(error).sum()).collect()
        };
        let of_fold = |at: usize| &tuned.of_folds[usize::from(folds[at])];
        let predicted = |at: usize| of_fold(at).predict(rows.row(which[at] as usize));
        Self {
            of_trees: in_twos(&|at| (targets[at] - predicted(at)).powi(2)),
            of_constants: in_twos(&|at| (targets[at] - of_fold(at).base).powi(2)),
            of_mean: in_twos(&|at| (targets[at] - mean).powi(2)),
        }
    }

    fn trees_are_better(&self) -> bool {
        let better: Vec<f64> =
            self.of_constants.iter().zip(&self.of_trees).map(|(constant, trees)| constant - trees).collect();
        let (sum, deviation) = sum_and_deviation(&better);
        sum > SURE * deviation
    }

    /// One minus a ratio of sums, and its standard error by the delta method.
    fn r_squared(&self) -> Option<(f64, f64)> {
        let whole: f64 = self.of_mean.iter().sum();
        if whole == 0.0 {
            return None;
        }
        let left = self.of_trees.iter().sum::<f64>() / whole;
        let influences: Vec<f64> =
            self.of_trees.iter().zip(&self.of_mean).map(|(trees, mean)| (trees - left * mean) / whole).collect();
        Some((1.0 - left, sum_and_deviation(&influences).1))
    }
}

/// The sum of independent numbers, and its standard error.
fn sum_and_deviation(numbers: &[f64]) -> (f64, f64) {
    let (count, sum) = (numbers.len() as f64, numbers.iter().sum::<f64>());
    let squares: f64 = numbers.iter().map(|number| (number - sum / count).powi(2)).sum();
    (sum, (squares * count / (count - 1.0).max(1.0)).sqrt())
}

#[cfg(test)]
mod tests;
