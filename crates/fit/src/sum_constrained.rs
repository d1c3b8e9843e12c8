//! Weighted least squares under a constraint on the sum of the unknowns.
//!
//! Minimises, for each output, `sum of w (b - a·x)^2` over the rows subject to `sum of x = D`. With the mean taken
//! out of each row, `a' = a - mean(a) 1` and `b' = b - mean(a) D`, the constraint is gone: `x = D / n + u`, where `u`
//! is the least-squares solution of `a'·u = b'` that is orthogonal to the ones, and every row is too. The Gram matrix
//! of the `a'` is singular only in that direction, which is filled with its own scale; this changes nothing in the
//! solution. The same goes for any subspace that rows and unknowns are to lie in. (Musco & Witter, 2025, use the same projection.)

use std::ops::Range;

use faer::linalg::solvers::DenseSolveCore;
use faer::{Accum, Mat, MatMut, MatRef, Par, Side, linalg::matmul::matmul};
use rayon::prelude::*;

use crate::{Error, Result};

/// Rows that are multiplied at once.
const BLOCK: usize = 256;
/// Columns that are written at once.
const PANEL: usize = 64;
/// Condition number from which on the rank is computed rather than taken for granted.
const SUSPICIOUS: f64 = 1e10;

/// A least-squares problem with a constraint on the sum, several outputs at once.
pub struct Problem<'a> {
    /// Number of unknowns.
    pub n_unknowns: usize,
    /// The weight of each row, not negative, `[rows]`.
    pub weights: &'a [f64],
    /// The target of each row, `[rows, outputs]`.
    pub targets: &'a [f64],
    /// What the unknowns add up to, `[outputs]`.
    pub totals: &'a [f64],
    /// Writes the coefficients of a row, `[unknowns]`, over whatever the slice holds.
    pub row: &'a dyn Fn(usize, &mut [f64]),
    /// Where all rows lie in a subspace that has no constant vector, and the unknowns are to lie in it too: an entry of the
    /// projection onto what is outside of it. Totals must then be zero.
    pub outside: Option<&'a dyn Fn(usize, usize) -> f64>,
}

/// The solution of a [`Problem`].
pub struct Solution {
    /// The unknowns, `[outputs, unknowns]`.
    pub coefficients: Vec<f64>,
    /// Target minus fit, `[rows, outputs]`.
    pub residuals: Vec<f64>,
    /// Inverse of the completed Gram matrix, `[unknowns, unknowns]`.
    inverse: Mat<f64>,
}

/// Solves a problem. Each sum runs in a fixed order, whatever the number of threads.
pub fn solve(problem: &Problem<'_>) -> Result<Solution> {
    problem.check()?;
    let n = problem.n_unknowns;
    if n == 1 {
        return Ok(problem.single());
    }
    let (gram, moments) = problem.normal_equations();
    let outside = (0..n).map(|at| problem.outside(at, at)).sum::<f64>().round() as usize;
    let inverse = invert(&gram, outside)?;
    Ok(problem.solution(inverse, &moments))
}

impl Solution {
    /// Calls `visit` for each row of a range with what a unit of its weighted target adds to each unknown, `[unknowns]`. A row
    /// of weight `w` and residual `r` pulls at the solution with `w * r` times that, and its leverage is `w` times
    /// the product of that with the row itself.
    pub fn influences(&self, problem: &Problem<'_>, range: Range<usize>, mut visit: impl FnMut(usize, &[f64])) {
        let mut rows = Mat::zeros(problem.n_unknowns, BLOCK);
        let mut influences = Mat::zeros(problem.n_unknowns, BLOCK);
        for start in range.clone().step_by(BLOCK) {
            let length = problem.fill(start, &mut rows).min(range.end - start);
            let rows = rows.as_ref().subcols(0, length);
            in_panels(influences.as_mut().subcols_mut(0, length), |out, columns| {
                matmul(out, Accum::Replace, &self.inverse, rows.subcols(columns.start, columns.len()), 1.0, Par::Seq);
            });
            for at in 0..length {
                visit(start + at, influences.col_as_slice(at));
            }
        }
    }
}

impl Solution {
    /// The solution of the same problem with other targets.
    pub fn again(self, problem: &Problem<'_>) -> Self {
        if problem.n_unknowns == 1 {
            return problem.single();
        }
        let moments = problem.remaining_moments(&Mat::zeros(problem.n_unknowns, problem.totals.len()));
        problem.solution(self.inverse, &moments)
    }

    /// How far each row draws the fit to itself, from zero to one, `[rows]`.
    pub fn leverages(&self, problem: &Problem<'_>) -> Vec<f64> {
        let mut row = vec![0.0; problem.n_unknowns];
        let mut leverages = Vec::with_capacity(problem.weights.len());
        self.influences(problem, 0..problem.weights.len(), |at, influence| {
            (problem.row)(at, &mut row);
            let own: f64 = row.iter().zip(influence).map(|(value, influence)| value * influence).sum();
            leverages.push(problem.weights[at] * own);
        });
        leverages
    }
}

impl Problem<'_> {
    fn check(&self) -> Result<()> {
        let (n_rows, n_outputs) = (self.weights.len(), self.totals.len());
        let wrong = |expected: String, found: String| Err(Error::Problem { expected, found });
        if self.n_unknowns == 0 {
            return wrong("at least one unknown".to_owned(), "none".to_owned());
        }
        if self.targets.len() != n_rows * n_outputs {
            return wrong(format!("{n_rows} x {n_outputs} targets"), format!("{}", self.targets.len()));
        }
        if let Some(weight) = self.weights.iter().find(|weight| !(weight.is_finite() && **weight >= 0.0)) {
            return wrong("weights of zero or more".to_owned(), weight.to_string());
        }
        match self.targets.iter().chain(self.totals).find(|number| !number.is_finite()) {
            Some(number) => wrong("finite targets and totals".to_owned(), number.to_string()),
            None => Ok(()),
        }
    }

    fn solution(&self, inverse: Mat<f64>, moments: &Mat<f64>) -> Solution {
        let n = self.n_unknowns;
        let mut u = &inverse * moments;
        // One step of refinement on the rows themselves takes back what squaring the condition number has cost.
        u += &inverse * self.remaining_moments(&u);
        let residuals = self.residuals(&u);
        let coefficients = (0..self.totals.len())
            .flat_map(|output| (0..n).map(move |unknown| (unknown, output)))
            .map(|(unknown, output)| u[(unknown, output)] + self.totals[output] / n as f64)
            .collect();
        Solution { coefficients, residuals, inverse }
    }

    /// One unknown is the total.
    fn single(&self) -> Solution {
        let n_outputs = self.totals.len();
        let mut residuals = self.targets.to_vec();
        let mut row = [0.0];
        for (at, residuals) in residuals.chunks_exact_mut(n_outputs.max(1)).enumerate() {
            (self.row)(at, &mut row);
            residuals.iter_mut().zip(self.totals).for_each(|(residual, total)| *residual -= row[0] * total);
        }
        Solution { coefficients: self.totals.to_vec(), residuals, inverse: Mat::zeros(1, 1) }
    }

    /// Writes the projected rows from `start` on into the columns of `rows`; returns how many there were.
    fn fill(&self, start: usize, rows: &mut Mat<f64>) -> usize {
        let length = BLOCK.min(self.weights.len() - start);
        for at in 0..length {
            let row = rows.col_as_slice_mut(at);
            (self.row)(start + at, row);
            let mean = mean(row);
            row.iter_mut().for_each(|value| *value -= mean);
        }
        length
    }

    /// Calls `visit` for each block with its first row, the projected rows times the root of their weight,
    /// `[unknowns, block]`, and the same of the targets, `[block, outputs]`.
    fn blocks(&self, mut visit: impl FnMut(usize, MatRef<'_, f64>, MatRef<'_, f64>)) {
        let n_outputs = self.totals.len();
        let mut rows = Mat::zeros(self.n_unknowns, BLOCK);
        let mut targets = Mat::zeros(BLOCK, n_outputs);
        for start in (0..self.weights.len()).step_by(BLOCK) {
            let length = BLOCK.min(self.weights.len() - start);
            for at in 0..length {
                let root = self.weights[start + at].sqrt();
                let row = rows.col_as_slice_mut(at);
                (self.row)(start + at, row);
                let mean = mean(row);
                row.iter_mut().for_each(|value| *value = root * (*value - mean));
                let raw = &self.targets[(start + at) * n_outputs..];
                for (output, total) in self.totals.iter().enumerate() {
                    targets[(at, output)] = root * (raw[output] - mean * total);
                }
            }
            visit(start, rows.as_ref().subcols(0, length), targets.as_ref().subrows(0, length));
        }
    }

    /// The completed Gram matrix and the moments, `[unknowns, unknowns]` and `[unknowns, outputs]`.
    fn normal_equations(&self) -> (Mat<f64>, Mat<f64>) {
        let n = self.n_unknowns;
        let mut gram = Mat::zeros(n, n);
        let mut moments = Mat::zeros(n, self.totals.len());
        self.blocks(|_, rows, targets| {
            in_panels(gram.as_mut(), |out, columns| {
                let (start, length) = (columns.start, columns.len());
                let below = rows.subrows(start, n - start);
                let out = out.subrows_mut(start, n - start);
                matmul(out, Accum::Add, below, rows.subrows(start, length).transpose(), 1.0, Par::Seq);
            });
            matmul(&mut moments, Accum::Add, rows, targets, 1.0, Par::Seq);
        });
        let trace: f64 = (0..n).map(|at| gram[(at, at)]).sum();
        let inside = n as f64 - (0..n).map(|at| self.outside(at, at)).sum::<f64>();
        let fill = trace / inside.max(1.0);
        for column in 0..n {
            for row in column..n {
                gram[(row, column)] += fill * self.outside(row, column);
                gram[(column, row)] = gram[(row, column)];
            }
        }
        (gram, moments)
    }

    /// The projection onto the directions that no row has: the constant vector, unless there are more.
    fn outside(&self, row: usize, column: usize) -> f64 {
        self.outside.map_or(1.0 / self.n_unknowns as f64, |outside| outside(row, column))
    }

    /// The moments of what `u` leaves unexplained.
    fn remaining_moments(&self, u: &Mat<f64>) -> Mat<f64> {
        let mut moments = Mat::zeros(self.n_unknowns, self.totals.len());
        self.blocks(|_, rows, targets| {
            let remaining = targets - rows.transpose() * u;
            matmul(&mut moments, Accum::Add, rows, &remaining, 1.0, Par::Seq);
        });
        moments
    }

    /// Targets minus fit, `[rows, outputs]`, without weights.
    fn residuals(&self, u: &Mat<f64>) -> Vec<f64> {
        let mut residuals = Vec::with_capacity(self.targets.len());
        let mut row = vec![0.0; self.n_unknowns];
        for at in 0..self.weights.len() {
            (self.row)(at, &mut row);
            let mean = mean(&row);
            for (output, total) in self.totals.iter().enumerate() {
                let fit: f64 = row.iter().zip(u.col_as_slice(output)).map(|(value, u)| (value - mean) * u).sum();
                residuals.push(self.targets[at * self.totals.len() + output] - mean * total - fit);
            }
        }
        residuals
    }
}

/// Calls `write` with each panel of columns and their places; panels are the same whatever the number of threads.
fn in_panels(mut matrix: MatMut<'_, f64>, write: impl Fn(MatMut<'_, f64>, Range<usize>) + Sync) {
    let mut panels = Vec::new();
    let mut start = 0;
    while matrix.ncols() > 0 {
        let length = PANEL.min(matrix.ncols());
        let (panel, rest) = matrix.split_at_col_mut(length);
        panels.push((panel, start..start + length));
        (matrix, start) = (rest, start + length);
    }
    panels.into_par_iter().for_each(|(panel, columns)| write(panel, columns));
}

fn mean(row: &[f64]) -> f64 {
    row.iter().sum::<f64>() / row.len() as f64
}

/// Inverts a symmetric matrix, or says what rank it has without the directions that were completed.
fn invert(gram: &Mat<f64>, outside: usize) -> Result<Mat<f64>> {
    let n = gram.nrows();
    let needed = n - outside;
    let deficient = |rank: usize| Error::RankDeficient { rank: rank.saturating_sub(outside), needed };
    if (0..n).all(|at| gram[(at, at)] == 0.0) {
        return Err(Error::RankDeficient { rank: 0, needed });
    }
    let inverse = gram.llt(Side::Lower).ok().map(|factor| factor.inverse());
    let sound = |inverse: &Mat<f64>| column_norm(gram) * column_norm(inverse) < SUSPICIOUS;
    if let Some(inverse) = inverse.as_ref().filter(|inverse| sound(inverse)) {
        return Ok(inverse.clone());
    }
    let eigenvalues = gram.self_adjoint_eigenvalues(Side::Lower).unwrap_or_default();
    let largest = eigenvalues.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let rank = eigenvalues.iter().filter(|value| **value > n as f64 * f64::EPSILON * largest).count();
    inverse.filter(|_| rank == n).ok_or_else(|| deficient(rank))
}

/// Largest sum of absolute values of a column; NaN counts as infinite.
fn column_norm(matrix: &Mat<f64>) -> f64 {
    let sums =
        (0..matrix.ncols()).map(|column| matrix.col_as_slice(column).iter().map(|value| value.abs()).sum::<f64>());
    sums.fold(0.0, |largest: f64, sum| if sum.is_nan() { f64::INFINITY } else { largest.max(sum) })
}
