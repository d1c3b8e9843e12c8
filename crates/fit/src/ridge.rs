//! Weighted ridge regression with a free intercept.
//!
//! Minimises, for each output, `sum of w (b - c - a·x)^2 + lambda |x|^2` over the rows. The intercept `c` is not shrunk: with
//! the weighted means taken out of columns and targets it is gone, and comes back as what the means leave.

use faer::linalg::solvers::DenseSolveCore;
use faer::{Accum, Mat, Par, Side, linalg::matmul::matmul};

use crate::{Error, Result};

/// Rows that are multiplied at once.
const BLOCK: usize = 256;

/// A regression of several outputs at once.
pub struct Ridge<'a> {
    /// Number of unknowns beside the intercept.
    pub n_unknowns: usize,
    /// The weight of each row, above zero, `[rows]`.
    pub weights: &'a [f64],
    /// The target of each row, `[rows, outputs]`.
    pub targets: &'a [f64],
    /// Number of outputs.
    pub n_outputs: usize,
    /// What is put on the squares of the unknowns, zero or more.
    pub lambda: f64,
    /// Writes the coefficients of a row, `[unknowns]`, over whatever the slice holds.
    pub row: &'a dyn Fn(usize, &mut [f64]),
}

/// The solution of a [`Ridge`].
pub struct RidgeSolution {
    /// The unknowns, `[outputs, unknowns]`.
    pub coefficients: Vec<f64>,
    /// The intercepts, `[outputs]`.
    pub intercepts: Vec<f64>,
    /// Squared standard errors of the unknowns, `[outputs, unknowns]`: the sandwich estimate, which takes rows as drawn at random
    /// and residuals of any size, each divided by one minus its leverage.
    pub variances: Vec<f64>,
}

/// Solves a regression. Sums run in a fixed order on one thread.
///
/// # Errors
/// If numbers do not fit together or are not finite, or `lambda` is zero and the rows do not determine the unknowns.
pub fn solve(ridge: &Ridge<'_>) -> Result<RidgeSolution> {
    ridge.check()?;
    let (n, n_outputs) = (ridge.n_unknowns, ridge.n_outputs);
    let (columns, targets) = ridge.means();
    let mut gram = Mat::<f64>::zeros(n, n);
    let mut moments = Mat::<f64>::zeros(n, n_outputs);
    ridge.blocks(&columns, |start, rows, length| {
        let mut right = Mat::<f64>::zeros(length, n_outputs);
        let mut weighted = rows.to_owned();
        for at in 0..length {
            let weight = ridge.weights[start + at];
            weighted.col_as_slice_mut(at).iter_mut().for_each(|value| *value *= weight);
            for output in 0..n_outputs {
                right[(at, output)] = ridge.targets[(start + at) * n_outputs + output] - targets[output];
            }
        }
        matmul(&mut gram, Accum::Add, &weighted, rows.transpose(), 1.0, Par::Seq);
        matmul(&mut moments, Accum::Add, &weighted, &right, 1.0, Par::Seq);
    });
    let largest = (0..n).map(|at| gram[(at, at)]).fold(0.0, f64::max);
    (0..n).for_each(|at| gram[(at, at)] += ridge.lambda);
    let inverse = invert(&gram, largest, ridge.lambda)?;
    let solution = &inverse * &moments;
    let variances = ridge.variances(&columns, &targets, &inverse, &solution);
    let coefficients: Vec<f64> = (0..n_outputs).flat_map(|output| solution.col_as_slice(output).to_vec()).collect();
    let shift = |output: usize| -> f64 {
        solution.col_as_slice(output).iter().zip(&columns).map(|(coefficient, mean)| coefficient * mean).sum()
    };
    let intercepts = (0..n_outputs).map(|output| targets[output] - shift(output)).collect();
    Ok(RidgeSolution { coefficients, intercepts, variances })
}

fn invert(gram: &Mat<f64>, largest: f64, lambda: f64) -> Result<Mat<f64>> {
    let n = gram.nrows();
    let factor = gram.llt(Side::Lower).ok().map(|factor| factor.inverse());
    // Rounding can hide that a matrix is singular: the inverse of a sound one is not that large.
    let sound = |inverse: &Mat<f64>| {
        let size = (0..n).map(|at| inverse[(at, at)]).fold(0.0, f64::max);
        size.is_finite() && size * largest.max(lambda) < 1e12
    };
    if let Some(inverse) = factor.filter(|inverse| sound(inverse)) {
        return Ok(inverse);
    }
    let eigenvalues = gram.self_adjoint_eigenvalues(Side::Lower).unwrap_or_default();
    let top = eigenvalues.iter().fold(0.0, |top: f64, value| top.max(value.abs()));
    let rank = eigenvalues.iter().filter(|value| **value > 1e-12 * top).count();
    Err(Error::RankDeficient { rank, needed: n })
}

impl Ridge<'_> {
    fn check(&self) -> Result<()> {
        let wrong = |expected: String, found: String| Err(Error::Problem { expected, found });
        let n_rows = self.weights.len();
        if n_rows == 0 || self.n_unknowns == 0 {
            return wrong("at least one row and one unknown".to_owned(), format!("{n_rows} and {}", self.n_unknowns));
        }
        if self.targets.len() != n_rows * self.n_outputs {
            return wrong(format!("{n_rows} x {} targets", self.n_outputs), format!("{}", self.targets.len()));
        }
        if let Some(weight) = self.weights.iter().find(|weight| !(weight.is_finite() && **weight > 0.0)) {
            return wrong("weights above zero".to_owned(), weight.to_string());
        }
        if !(self.lambda.is_finite() && self.lambda >= 0.0) {
            return wrong("a lambda of zero or more".to_owned(), self.lambda.to_string());
        }
        match self.targets.iter().find(|number| !number.is_finite()) {
            Some(number) => wrong("finite targets".to_owned(), number.to_string()),
            None => Ok(()),
        }
    }

    /// Weighted means of the columns and of the targets.
    fn means(&self) -> (Vec<f64>, Vec<f64>) {
        let total: f64 = self.weights.iter().sum();
        let (mut columns, mut targets) = (vec![0.0; self.n_unknowns], vec![0.0; self.n_outputs]);
        let mut row = vec![0.0; self.n_unknowns];
        for (at, weight) in self.weights.iter().enumerate() {
            (self.row)(at, &mut row);
            columns.iter_mut().zip(&row).for_each(|(mean, value)| *mean += weight / total * value);
            let raw = &self.targets[at * self.n_outputs..][..self.n_outputs];
            targets.iter_mut().zip(raw).for_each(|(mean, value)| *mean += weight / total * value);
        }
        (columns, targets)
    }

    /// Calls `visit` with the first row and the centred rows of each block, `[unknowns, block]`.
    fn blocks(&self, columns: &[f64], mut visit: impl FnMut(usize, faer::MatRef<'_, f64>, usize)) {
        let mut rows = Mat::<f64>::zeros(self.n_unknowns, BLOCK);
        for start in (0..self.weights.len()).step_by(BLOCK) {
            let length = BLOCK.min(self.weights.len() - start);
            for at in 0..length {
                let row = rows.col_as_slice_mut(at);
                (self.row)(start + at, row);
                row.iter_mut().zip(columns).for_each(|(value, mean)| *value -= mean);
            }
            visit(start, rows.as_ref().subcols(0, length), length);
        }
    }

    fn variances(&self, columns: &[f64], targets: &[f64], inverse: &Mat<f64>, solution: &Mat<f64>) -> Vec<f64> {
        let total: f64 = self.weights.iter().sum();
        let mut variances = vec![0.0; self.n_outputs * self.n_unknowns];
        self.blocks(columns, |start, rows, length| {
            let influences = inverse * rows;
            let fits = solution.transpose() * rows;
            for at in 0..length {
                let weight = self.weights[start + at];
                let influence = influences.col_as_slice(at);
                let own: f64 = influence.iter().zip(rows.col(at).iter()).map(|(a, b)| a * b).sum();
                let scale = weight / (1.0 - weight * own - weight / total).max(1e-6);
                for output in 0..self.n_outputs {
                    let target = self.targets[(start + at) * self.n_outputs + output] - targets[output];
                    let pull = scale * (target - fits[(output, at)]);
                    let variances = &mut variances[output * self.n_unknowns..][..self.n_unknowns];
                    variances.iter_mut().zip(influence).for_each(|(sum, influence)| *sum += (pull * influence).powi(2));
                }
            }
        });
        variances
    }
}
