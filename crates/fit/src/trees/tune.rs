//! How many trees, and of which kind: what they miss of rows that they have not seen.

use einthoven_game::Coalitions;
use rayon::prelude::*;

use super::grow::boost;
use super::{Params, Trees, mean};

/// Trees, and what they miss of rows that were held out.
#[derive(Clone, Debug)]
pub struct Path {
    /// All trees that were grown, patience included.
    pub trees: Trees,
    /// The sum of the squared errors over the rows held out: of the constant, then after each tree.
    pub errors: Vec<f64>,
}

/// What cross-validation has found.
#[derive(Clone, Debug)]
pub struct Tuned {
    /// The candidates, each with its best number of trees, and the mean squared error over all rows, each predicted by trees
    /// that have not seen it.
    pub trials: Vec<(Params, f64)>,
    /// The place of the best; the first of equals.
    pub best: usize,
    /// For each fold the trees of the best candidate that have not seen it.
    pub of_folds: Vec<Trees>,
}

impl Path {
    /// The number of trees with the smallest error; the smallest of equals.
    pub fn best(&self) -> usize {
        least(&self.errors)
    }
}

impl Tuned {
    /// The best candidate, its number of trees included.
    pub fn params(&self) -> &Params {
        &self.trials[self.best].0
    }
}

/// Fits trees to the rows and targets `seen`, at most `params.trees`, and stops when the last `patience` of them have not
/// lessened the squared error over the rows `held`.
///
/// # Panics
/// If there are not as many targets as rows, or a row is not there.
pub fn path(
    rows: &Coalitions,
    seen: (&[u32], &[f64]),
    held: (&[u32], &[f64]),
    params: &Params,
    patience: usize,
) -> Path {
    assert_eq!(held.0.len(), held.1.len(), "a target for each row");
    // The constant that `boost` starts from.
    let base = mean(seen.1);
    let mut left: Vec<f64> = held.1.iter().map(|target| target - base).collect();
    let squares = |left: &[f64]| left.iter().map(|left| left * left).sum::<f64>();
    let (mut errors, mut best) = (vec![squares(&left)], 0);
    let mut trees = Vec::new();
    let base = boost(rows, seen.0, seen.1, params, |tree| {
        left.iter_mut().zip(held.0).for_each(|(left, &row)| *left -= tree.predict(rows.row(row as usize)));
        trees.push(tree);
        errors.push(squares(&left));
        if errors[errors.len() - 1] < errors[best] {
            best = errors.len() - 1;
        }
        errors.len() - 1 - best < patience
    });
    Path { trees: Trees { n_players: rows.n_players(), base, trees }, errors }
}

/// Tries out each candidate of `grid` with each number of trees up to its own, over the folds: `folds` says for each of the rows
/// `which` to which it belongs, numbered from zero. Rows that say something about each other, as a coalition does about its
/// complement, belong into the same fold. A fit stops when `patience` trees have not made it better. Fits run in parallel, each
/// on one thread.
///
/// # Panics
/// If the grid is empty, there are not as many targets or folds as rows, or a row is not there.
pub fn cross_validate(
    rows: &Coalitions,
    which: &[u32],
    targets: &[f64],
    folds: &[u8],
    grid: &[Params],
    patience: usize,
) -> Tuned {
    assert!(!grid.is_empty(), "a candidate");
    assert!(which.len() == targets.len() && which.len() == folds.len(), "a target and a fold for each row");
    let n_folds = folds.iter().max().map_or(1, |last| usize::from(*last) + 1);
    let part = |of_part: &dyn Fn(u8) -> bool| -> (Vec<u32>, Vec<f64>) {
        (0..which.len()).filter(|&at| of_part(folds[at])).map(|at| (which[at], targets[at])).unzip()
    };
    let fits: Vec<(&Params, usize)> =
        grid.iter().flat_map(|params| (0..n_folds).map(move |fold| (params, fold))).collect();
    let fit = |&(params, fold): &(&Params, usize)| {
        let (seen, held) = (part(&|of| usize::from(of) != fold), part(&|of| usize::from(of) == fold));
        path(rows, (&seen.0, &seen.1), (&held.0, &held.1), params, patience)
    };
    let mut paths: Vec<Path> = fits.par_iter().map(fit).collect();
    let trial = |(params, paths): (&Params, &[Path])| {
        let (trees, error) = together(paths);
        (Params { trees, ..*params }, error / which.len().max(1) as f64)
    };
    let trials: Vec<(Params, f64)> = grid.iter().zip(paths.chunks_exact(n_folds)).map(trial).collect();
    let best = least(&trials.iter().map(|(_, error)| *error).collect::<Vec<f64>>());
    let of_folds = paths.drain(best * n_folds..(best + 1) * n_folds).map(|mut path| {
        path.trees.trees.truncate(trials[best].0.trees);
        path.trees
    });
    let of_folds = of_folds.collect();
    Tuned { trials, best, of_folds }
}

/// The number of trees that is best for all folds together, and the sum of the squared errors with it. A fold that has stopped
/// stays at its last error.
fn together(paths: &[Path]) -> (usize, f64) {
    let longest = paths.iter().map(|path| path.errors.len()).max().unwrap_or(1);
    let at = |path: &Path, trees: usize| path.errors[trees.min(path.errors.len() - 1)];
    let errors: Vec<f64> = (0..longest).map(|trees| paths.iter().map(|path| at(path, trees)).sum()).collect();
    let best = least(&errors);
    (best, errors[best])
}

/// The place of the smallest number; the first of equals.
fn least(numbers: &[f64]) -> usize {
    (0..numbers.len()).min_by(|&a, &b| numbers[a].total_cmp(&numbers[b])).unwrap_or(0)
}
