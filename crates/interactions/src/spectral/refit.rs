//! Coefficients of known sets, by least squares or ridge regression with a free constant.
//!
//! The products of the columns are counted in bits, so they are exact and cost little; the constant is eliminated by taking
//! means out. The strength of the ridge is the one with the least generalised cross-validation error (Golub, Heath &
//! Wahba, 1979), least squares among them; over coalitions drawn alike all rows have about the same leverage, and so that
//! error is about the one when each row is left out.

use faer::linalg::solvers::{DenseSolveCore, Llt, Solve};
use faer::{Accum, Mat, Par, Side, linalg::matmul::matmul};
use rayon::prelude::*;

use super::signs::{Signs, add_signs, product, signed_sum};
use crate::{Error, Result};

/// Penalties that are tried, over the number of rows: none, and from almost none to one that leaves little.
const GRID: usize = 25;
const SMALLEST: f64 = 1e-6;
const LARGEST: f64 = 1e2;
/// An eigenvalue below this share of the largest is rounding.
const ROUNDING: f64 = 1e-11;
/// With a pivot below this share of the largest, least squares are solved by eigenvalues.
const CONDITION: f64 = 1e-9;

/// How coefficients are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shrink {
    /// Least squares; sets that the rows cannot tell apart share what they explain.
    No,
    /// Ridge regression, or least squares if that is better.
    Ridge,
}

/// Coefficients of sets.
pub(crate) struct Refit {
    /// The constant: the coefficient of the empty set.
    pub constant: f64,
    /// Of each set.
    pub coefficients: Vec<f64>,
    /// What is put on their squares.
    pub lambda: f64,
    /// Target minus fit, `[rows]`.
    pub residuals: Vec<f64>,
    /// How many free unknowns the fit amounts to, the constant included.
    pub freedom: f64,
    means: Vec<f64>,
    factor: Factor,
}

impl Refit {
    /// The variance of the residuals, for the unknowns that were fitted.
    pub(crate) fn variance(&self) -> f64 {
        let squares: f64 = self.residuals.iter().map(|residual| residual * residual).sum();
        squares / (self.residuals.len() as f64 - self.freedom).max(1.0)
    }

    /// The covariance of the coefficients and, last, of the constant, `[sets + 1, sets + 1]`, for residuals of variance one.
    pub(crate) fn covariance(&self) -> Mat<f64> {
        let n = self.means.len();
        let of_sets = self.factor.covariance(self.lambda);
        let with_constant: Vec<f64> =
            (0..n).map(|at| -(0..n).map(|other| of_sets[(at, other)] * self.means[other]).sum::<f64>()).collect();
        let own: f64 = with_constant.iter().zip(&self.means).map(|(entry, mean)| -entry * mean).sum();
        Mat::from_fn(n + 1, n + 1, |at, other| match (at < n, other < n) {
            (true, true) => of_sets[(at, other)],
            (true, false) => with_constant[at],
            (false, true) => with_constant[other],
            (false, false) => 1.0 / self.residuals.len() as f64 + own,
        })
    }

    /// Squared standard errors of the coefficients for residuals of variance one, `[sets]`.
    pub(crate) fn variances(&self) -> Vec<f64> {
        let covariance = self.factor.covariance(self.lambda);
        (0..self.means.len()).map(|at| covariance[(at, at)]).collect()
    }
}

/// Fits the targets, one for each row of the signs. The sets are distinct and none is empty.
///
/// # Errors
/// If the eigenvalues of their products cannot be found.
pub(crate) fn refit(signs: &Signs, sets: &[Vec<u32>], targets: &[f64], shrink: Shrink) -> Result<Refit> {
    let n_rows = signs.n_rows();
    let columns: Vec<Vec<u64>> = sets.par_iter().map(|set| signs.column(set)).collect();
    let centre = targets.iter().sum::<f64>() / n_rows as f64;
    let mut left: Vec<f64> = targets.iter().map(|target| target - centre).collect();
    let ones = vec![0u64; n_rows.div_ceil(64)];
    let means: Vec<f64> = columns.iter().map(|column| product(column, &ones, n_rows) / n_rows as f64).collect();
    let start: f64 = left.iter().map(|left| left * left).sum();
    let moments = |left: &[f64]| -> Vec<f64> {
        let total: f64 = left.iter().sum();
        columns.par_iter().zip(&means).map(|(column, mean)| signed_sum(column, left) - mean * total).collect()
    };
    let mut pull = moments(&left);
    let factor = Factor::new(gram(&columns, &means, n_rows), shrink)?;
    let lambda = factor.best(&pull, start, n_rows, shrink);
    let mut coefficients = vec![0.0; sets.len()];
    // A second step takes back what rounding has left of the first; of a ridge, whose residuals are not orthogonal to the
    // columns, there is none.
    for _ in 0..if lambda == 0.0 { 2 } else { 1 } {
        let step = factor.solve(&pull, lambda);
        for ((column, step), coefficient) in columns.iter().zip(&step).zip(&mut coefficients) {
            add_signs(column, -step, &mut left);
            *coefficient += step;
        }
        let mean = left.iter().sum::<f64>() / n_rows as f64;
        left.iter_mut().for_each(|left| *left -= mean);
        pull = moments(&left);
    }
    let shift: f64 = coefficients.iter().zip(&means).map(|(coefficient, mean)| coefficient * mean).sum();
    let freedom = 1.0 + factor.freedom(lambda);
    Ok(Refit { constant: centre - shift, coefficients, lambda, residuals: left, freedom, means, factor })
}

/// The products of the columns with their means taken out.
fn gram(columns: &[Vec<u64>], means: &[f64], n_rows: usize) -> Mat<f64> {
    let row = |at: usize| -> Vec<f64> {
        let centred =
            |other: usize| product(&columns[at], &columns[other], n_rows) - n_rows as f64 * means[at] * means[other];
        (0..=at).map(centred).collect()
    };
    let rows: Vec<Vec<f64>> = (0..columns.len()).into_par_iter().map(row).collect();
    Mat::from_fn(columns.len(), columns.len(), |at, other| rows[at.max(other)][at.min(other)])
}

/// The products, factorised: by Cholesky where least squares have one solution, else by their eigenvalues.
enum Factor {
    Cholesky(Llt<f64>),
    Eigen { vectors: Mat<f64>, values: Vec<f64> },
}

impl Factor {
    fn new(gram: Mat<f64>, shrink: Shrink) -> Result<Self> {
        let n = gram.nrows();
        if shrink == Shrink::No
            && let Ok(llt) = gram.llt(Side::Lower)
        {
            let pivots = (0..n).map(|at| llt.L()[(at, at)].powi(2));
            let (least, most) =
                pivots.fold((f64::INFINITY, 0.0), |(low, high), pivot| (pivot.min(low), pivot.max(high)));
            if least > CONDITION * most {
                return Ok(Self::Cholesky(llt));
            }
        }
        let failed = |error| Error::Request(format!("find the eigenvalues of {n} sets: {error:?}"));
        let eigen = gram.self_adjoint_eigen(Side::Lower).map_err(failed)?;
        let values: Vec<f64> = eigen.S().column_vector().iter().copied().collect();
        let least = ROUNDING * values.iter().copied().fold(0.0, f64::max);
        let values = values.into_iter().map(|value| if value > least { value } else { 0.0 }).collect();
        Ok(Self::Eigen { vectors: eigen.U().to_owned(), values })
    }

    fn solve(&self, pull: &[f64], lambda: f64) -> Vec<f64> {
        match self {
            Self::Cholesky(llt) => {
                let right = Mat::from_fn(pull.len(), 1, |at, _| pull[at]);
                llt.solve(&right).col_as_slice(0).to_vec()
            }
            Self::Eigen { vectors, values } => {
                let mut solution = vec![0.0; pull.len()];
                for (at, turned) in turn(vectors, pull).into_iter().enumerate() {
                    let scale = turned * inverse(values[at], lambda);
                    let vector = vectors.col_as_slice(at);
                    solution.iter_mut().zip(vector).for_each(|(sum, value)| *sum += scale * value);
                }
                solution
            }
        }
    }

    fn freedom(&self, lambda: f64) -> f64 {
        match self {
            Self::Cholesky(llt) => llt.L().nrows() as f64,
            Self::Eigen { values, .. } => values.iter().map(|value| value * inverse(*value, lambda)).sum(),
        }
    }

    /// The penalty with the least generalised cross-validation error; `squares` is the sum of squares of the targets.
    fn best(&self, pull: &[f64], squares: f64, n_rows: usize, shrink: Shrink) -> f64 {
        let Self::Eigen { vectors, values } = self else { return 0.0 };
        if shrink == Shrink::No {
            return 0.0;
        }
        let n = n_rows as f64;
        let turned = turn(vectors, pull);
        let along: Vec<(f64, f64)> = turned
            .iter()
            .zip(values)
            .filter(|(_, value)| **value > 0.0)
            .map(|(turned, value)| (turned * turned / value, *value))
            .collect();
        // With as many sets as rows a fit without a penalty leaves nothing and has nothing free: what it misses of a row that
        // is left out cannot be told, so both sums are of what a penalty leaves, not differences from what it takes.
        let spare = (n_rows as f64 - 1.0 - along.len() as f64).max(0.0);
        // What rounding leaves of nothing is nothing.
        let beyond = if spare == 0.0 {
            0.0
        } else {
            (squares - along.iter().map(|(part, _)| part).sum::<f64>()).max(1e-13 * squares)
        };
        let error = |lambda: f64| {
            let left = |(part, value): &(f64, f64)| part * (lambda / (value + lambda)).powi(2);
            let free = |(_, value): &(f64, f64)| lambda / (value + lambda);
            (beyond + along.iter().map(left).sum::<f64>()) / ((spare + along.iter().map(free).sum::<f64>()) / n).powi(2)
        };
        let step = (LARGEST / SMALLEST).powf(1.0 / (GRID - 1) as f64);
        let mut best = (if spare == 0.0 { f64::INFINITY } else { error(0.0) }, 0.0);
        for lambda in (0..GRID).map(|at| n * SMALLEST * step.powi(at as i32)) {
            let error = error(lambda);
            // The weakest of equals.
            if error < best.0 * (1.0 - 1e-9) {
                best = (error, lambda);
            }
        }
        best.1
    }

    /// The covariance of the coefficients for residuals of variance one.
    fn covariance(&self, lambda: f64) -> Mat<f64> {
        let (vectors, values) = match self {
            Self::Cholesky(llt) => return llt.inverse(),
            Self::Eigen { vectors, values } => (vectors, values),
        };
        let n = values.len();
        let scaled = Mat::from_fn(n, n, |at, other| {
            vectors[(at, other)] * values[other].sqrt() * inverse(values[other], lambda)
        });
        let mut covariance = Mat::zeros(n, n);
        matmul(&mut covariance, Accum::Replace, &scaled, scaled.transpose(), 1.0, Par::Seq);
        covariance
    }
}

fn turn(vectors: &Mat<f64>, pull: &[f64]) -> Vec<f64> {
    let dot = |at: usize| vectors.col_as_slice(at).iter().zip(pull).map(|(value, pull)| value * pull).sum();
    (0..pull.len()).into_par_iter().map(dot).collect()
}

/// What an eigenvector is multiplied by; nothing where rounding is all there is.
fn inverse(value: f64, lambda: f64) -> f64 {
    if value > 0.0 { 1.0 / (value + lambda) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use einthoven_game::Coalitions;
    use einthoven_game::rng::stream;
    use rand::RngExt as _;

    use super::*;

    #[test]
    fn a_ridge_of_as_many_sets_as_rows_does_not_take_noise_for_an_effect() {
        for (n_rows, n_players) in [(100, 99), (100, 105), (100, 150)] {
            let mut rng = stream(0, "a test", n_players as u64);
            let mut rows = Coalitions::new(n_players);
            (0..n_rows).for_each(|_| rows.push((0..n_players).filter(|_| rng.random::<bool>())));
            let targets: Vec<f64> = (0..n_rows).map(|_| if rng.random::<bool>() { 1.0 } else { -1.0 }).collect();
            let sets: Vec<Vec<u32>> = (0..n_players as u32).map(|player| vec![player]).collect();
            let which: Vec<u32> = (0..n_rows).collect();
            let fit = refit(&Signs::new(&rows, &which), &sets, &targets, Shrink::Ridge).expect("a fit");
            // Of other coalitions a fit to noise misses by so much more than the constant, whose error is one; one that goes
            // through every row misses by 2 (at 150 players) to some 20 (at 105).
            let added: f64 = fit.coefficients.iter().map(|coefficient| coefficient * coefficient).sum();
            assert!(added < 0.5 && fit.lambda > 0.0, "{n_players}: {added}, penalty {}", fit.lambda);
        }
    }
}
