//! The lasso: least squares with a penalty on the magnitudes of the unknowns (Tibshirani, 1996).
//!
//! Minimises `|y - X b|^2 / 2 + lambda |b|_1` by going through the unknowns one after another (Friedman, Hastie & Tibshirani,
//! 2010), along a path of falling penalties. The penalty is the one of the path with the least error on rows that were left
//! out, a fifth of them at a time.

use crate::{Error, Result};

/// Penalties on the path, and the smallest over the largest.
const PATH: usize = 40;
const SMALLEST: f64 = 1e-3;
/// Parts of the rows that are left out in turn.
const FOLDS: usize = 5;
/// Passes over the unknowns at one penalty.
const MOST_PASSES: usize = 1000;
/// What a pass may still lessen of the sum of squares, over what it was at first.
const TOLERANCE: f64 = 1e-7;
/// The path ends after so many penalties without a smaller error.
const PATIENCE: usize = 5;

/// A solution.
#[derive(Clone, Debug)]
pub struct Lasso {
    /// The unknowns, `[unknowns]`.
    pub coefficients: Vec<f64>,
    /// The penalty.
    pub lambda: f64,
    /// Whether it is the weakest of the path: a weaker one might do better.
    pub at_end: bool,
}

/// Solves; `columns` are `[unknowns, rows]`, one after another.
///
/// # Errors
/// If sizes do not fit together, a number is not finite, or there are fewer rows than parts to leave out.
pub fn solve(columns: &[f64], targets: &[f64]) -> Result<Lasso> {
    let n_rows = targets.len();
    let wrong = |expected: &str, found: String| Err(Error::Problem { expected: expected.to_owned(), found });
    if n_rows < FOLDS || !columns.len().is_multiple_of(n_rows) {
        return wrong("columns of at least five rows", format!("{} numbers, {n_rows} rows", columns.len()));
    }
    if let Some(number) = columns.iter().chain(targets).find(|number| !number.is_finite()) {
        return wrong("finite numbers", number.to_string());
    }
    let largest = columns.chunks_exact(n_rows).map(|column| dot(column, targets).abs()).fold(0.0, f64::max);
    if largest == 0.0 {
        return Ok(Lasso { coefficients: vec![0.0; columns.len() / n_rows], lambda: 0.0, at_end: false });
    }
    let step = SMALLEST.powf(1.0 / (PATH - 1) as f64);
    let path: Vec<f64> = (0..PATH).map(|at| largest * step.powi(at as i32)).collect();
    let best = least_error(columns, targets, &path);
    let mut descent = Descent::new(columns, targets, None);
    path[..=best].iter().for_each(|&lambda| descent.to(lambda));
    Ok(Lasso { coefficients: descent.coefficients, lambda: path[best], at_end: best + 1 == PATH })
}

/// The place on the path of the penalty with the least error on rows that were left out.
fn least_error(columns: &[f64], targets: &[f64], path: &[f64]) -> usize {
    let mut descents: Vec<Descent<'_>> = (0..FOLDS).map(|fold| Descent::new(columns, targets, Some(fold))).collect();
    let mut best = (f64::INFINITY, 0);
    for (at, &lambda) in path.iter().enumerate() {
        // A fold has so much less of each sum.
        let share = (FOLDS - 1) as f64 / FOLDS as f64;
        let error: f64 = descents
            .iter_mut()
            .map(|descent| {
                descent.to(lambda * share);
                descent.left_out_error(targets)
            })
            .sum();
        if error < best.0 {
            best = (error, at);
        } else if at >= best.1 + PATIENCE {
            break;
        }
    }
    best.1
}

/// A walk down the path.
struct Descent<'a> {
    columns: &'a [f64],
    n_rows: usize,
    fold: Option<usize>,
    /// One for each row that counts, zero for those of the fold.
    kept: Vec<f64>,
    coefficients: Vec<f64>,
    /// Target minus fit, zero for rows left out.
    residuals: Vec<f64>,
    squares: Vec<f64>,
    start: f64,
}

impl<'a> Descent<'a> {
    fn new(columns: &'a [f64], targets: &[f64], fold: Option<usize>) -> Self {
        let n_rows = targets.len();
        let kept: Vec<f64> = (0..n_rows).map(|row| f64::from(fold != Some(row % FOLDS))).collect();
        let residuals: Vec<f64> = targets.iter().zip(&kept).map(|(target, kept)| target * kept).collect();
        let square = |column: &[f64]| column.iter().zip(&kept).map(|(value, kept)| value * value * kept).sum();
        let squares: Vec<f64> = columns.chunks_exact(n_rows).map(square).collect();
        let start = dot(&residuals, &residuals);
        Self { columns, n_rows, fold, kept, coefficients: vec![0.0; squares.len()], residuals, squares, start }
    }

    /// Goes on to a penalty: all unknowns once, then those that are not zero until nothing moves, until the first changes
    /// nothing either.
    fn to(&mut self, lambda: f64) {
        let all: Vec<usize> = (0..self.coefficients.len()).collect();
        for _ in 0..MOST_PASSES {
            if self.pass(&all, lambda) <= TOLERANCE * self.start {
                return;
            }
            let active: Vec<usize> = all.iter().copied().filter(|&at| self.coefficients[at] != 0.0).collect();
            for _ in 0..MOST_PASSES {
                if self.pass(&active, lambda) <= TOLERANCE * self.start {
                    break;
                }
            }
        }
    }

    /// One pass; returns the largest change of the fit, as a sum of squares.
    fn pass(&mut self, which: &[usize], lambda: f64) -> f64 {
        let mut largest: f64 = 0.0;
        for &at in which.iter().filter(|&&at| self.squares[at] > 0.0) {
            let column = &self.columns[at * self.n_rows..][..self.n_rows];
            let (square, before) = (self.squares[at], self.coefficients[at]);
            let pull = dot(column, &self.residuals) + square * before;
            let after = pull.signum() * (pull.abs() - lambda).max(0.0) / square;
            if after == before {
                continue;
            }
            let change = after - before;
            for ((residual, value), kept) in self.residuals.iter_mut().zip(column).zip(&self.kept) {
                *residual -= change * value * kept;
            }
            self.coefficients[at] = after;
            largest = largest.max(square * change * change);
        }
        largest
    }

    /// The sum of squared errors on the rows that were left out.
    fn left_out_error(&self, targets: &[f64]) -> f64 {
        let Some(fold) = self.fold else { return 0.0 };
        let mut errors = targets.to_vec();
        for (column, coefficient) in self.columns.chunks_exact(self.n_rows).zip(&self.coefficients) {
            if *coefficient != 0.0 {
                errors.iter_mut().zip(column).for_each(|(error, value)| *error -= coefficient * value);
            }
        }
        errors.iter().skip(fold).step_by(FOLDS).map(|error| error * error).sum()
    }
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    let (lefts, left_rest) = left.as_chunks::<8>();
    let (rights, right_rest) = right.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for (left, right) in lefts.iter().zip(rights) {
        for lane in 0..8 {
            lanes[lane] += left[lane] * right[lane];
        }
    }
    let rest: f64 = left_rest.iter().zip(right_rest).map(|(left, right)| left * right).sum();
    rest + lanes.iter().sum::<f64>()
}
