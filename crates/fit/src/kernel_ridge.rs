//! Ridge regression with many more unknowns than rows, by the products of its rows.
//!
//! With `K` the products of all rows with each other, the solution for targets `y` and a penalty `lambda` is a sum of the
//! rows with the coefficients `(K + lambda)^-1 y`; the unknowns themselves are never formed. One eigendecomposition of `K`
//! serves every penalty, and the error of each row when it is left out has a closed form (Allen, 1974): the penalty
//! is the one of the grid whose left-out errors are smallest.

use faer::{Mat, Side};

use crate::{Error, Result};

/// Penalties tried, over the mean eigenvalue: from almost none to one that leaves almost nothing.
const GRID: usize = 41;
const SMALLEST: f64 = 1e-8;
const LARGEST: f64 = 1e2;

/// A solution for one output.
#[derive(Clone, Debug)]
pub struct KernelRidge {
    /// What each row is multiplied by, `[rows]`.
    pub coefficients: Vec<f64>,
    /// The penalty.
    pub lambda: f64,
    /// Whether it is the weakest or the strongest of the grid: one beyond might do better.
    pub at_end: bool,
}

/// Solves for each output; `products` are those of the rows `[rows, rows]`, `targets` are `[rows, outputs]`, `leverage` is what
/// was fitted to each row before by unpenalised columns that are orthogonal to these, `[rows]`.
///
/// # Errors
/// If sizes do not fit together, or a number is not finite.
pub fn solve(products: &Mat<f64>, targets: &Mat<f64>, leverage: &[f64]) -> Result<Vec<KernelRidge>> {
    let n = products.nrows();
    if n == 0 || products.ncols() != n || targets.nrows() != n || leverage.len() != n {
        let found = format!("{n} x {}, {}, {}", products.ncols(), targets.nrows(), leverage.len());
        return Err(Error::Problem { expected: "as many targets as rows".to_owned(), found });
    }
    let broken = |found: String| Error::Problem { expected: "finite numbers".to_owned(), found };
    let mut numbers =
        [products, targets].into_iter().flat_map(|matrix| (0..matrix.ncols()).flat_map(|at| matrix.col_as_slice(at)));
    if let Some(number) = numbers.find(|number| !number.is_finite()) {
        return Err(broken(number.to_string()));
    }
    let eigen = products.self_adjoint_eigen(Side::Lower).map_err(|error| broken(format!("{error:?}")))?;
    let (vectors, values) = (eigen.U(), eigen.S().column_vector());
    let values: Vec<f64> = values.iter().map(|value| value.max(0.0)).collect();
    let mean = (values.iter().sum::<f64>() / n as f64).max(f64::MIN_POSITIVE);
    let turned = vectors.transpose() * targets;
    let step = (LARGEST / SMALLEST).powf(1.0 / (GRID - 1) as f64);
    let grid: Vec<f64> = (0..GRID).map(|at| mean * SMALLEST * step.powi(at as i32)).collect();
    let mut best: Vec<Option<(f64, KernelRidge)>> = vec![None; targets.ncols()];
    for (at, &lambda) in grid.iter().enumerate() {
        let at_end = at == 0 || at + 1 == GRID;
        // What a row's own target does not move of its fit.
        let free: Vec<f64> = (0..n)
            .map(|row| {
                let part = |(at, value): (usize, &f64)| lambda / (value + lambda) * vectors[(row, at)].powi(2);
                values.iter().enumerate().map(part).sum::<f64>() - leverage[row]
            })
            .collect();
        let scaled = Mat::from_fn(n, targets.ncols(), |at, output| turned[(at, output)] / (values[at] + lambda));
        let coefficients = vectors * scaled;
        for (output, best) in best.iter_mut().enumerate() {
            let coefficients: Vec<f64> = coefficients.col_as_slice(output).to_vec();
            let left_out = coefficients.iter().zip(&free).map(|(c, free)| (lambda * c / free.max(1e-12)).powi(2));
            let error: f64 = left_out.sum();
            if best.as_ref().is_none_or(|(least, _)| error < *least) {
                *best = Some((error, KernelRidge { coefficients, lambda, at_end }));
            }
        }
    }
    let missing = || broken("no penalty with a finite error".to_owned());
    best.into_iter().map(|best| best.map(|(_, solution)| solution).ok_or_else(missing)).collect()
}
