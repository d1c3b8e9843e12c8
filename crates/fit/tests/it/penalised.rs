//! Ridge by the products of rows, and the lasso.

use einthoven_fit::{kernel_ridge, lasso};
use einthoven_game::rng::stream;
use faer::Mat;
use faer::linalg::solvers::Solve;
use rand::RngExt;

fn matrix(n_rows: usize, n_columns: usize, seed: u64) -> Mat<f64> {
    let mut rng = stream(seed, "test penalised", 0);
    Mat::from_fn(n_rows, n_columns, |_, _| rng.random_range(-1.0..1.0))
}

/// The ridge solution by the normal equations of the unknowns.
fn ridge(rows: &Mat<f64>, targets: &Mat<f64>, lambda: f64) -> Mat<f64> {
    let gram = rows.transpose() * rows + Mat::<f64>::identity(rows.ncols(), rows.ncols()) * faer::Scale(lambda);
    gram.partial_piv_lu().solve(rows.transpose() * targets)
}

#[test]
fn products_of_rows_give_the_ridge_solution_of_the_unknowns() {
    for (n_rows, n_unknowns) in [(12, 40), (30, 7)] {
        let (rows, targets) = (matrix(n_rows, n_unknowns, 1), matrix(n_rows, 2, 2));
        let found = kernel_ridge::solve(&(&rows * rows.transpose()), &targets, &vec![0.0; n_rows]).unwrap();
        for (output, found) in found.iter().enumerate() {
            let expected = ridge(&rows, &targets, found.lambda);
            for unknown in 0..n_unknowns {
                let value: f64 = (0..n_rows).map(|row| rows[(row, unknown)] * found.coefficients[row]).sum();
                assert!((value - expected[(unknown, output)]).abs() < 1e-8, "{value}, {expected:?}");
            }
        }
    }
}

#[test]
fn the_penalty_has_the_least_error_on_rows_that_are_left_out() {
    // A signal in three of twenty unknowns, and as much noise.
    let rows = matrix(40, 20, 3);
    let noise = matrix(40, 1, 4);
    let targets = Mat::from_fn(40, 1, |at, _| rows[(at, 0)] + rows[(at, 1)] - rows[(at, 2)] + noise[(at, 0)]);
    let found = kernel_ridge::solve(&(&rows * rows.transpose()), &targets, &[0.0; 40]).unwrap().remove(0);
    let left_out_error = |lambda: f64| -> f64 {
        let error = |out: usize| {
            let others: Vec<usize> = (0..40).filter(|row| *row != out).collect();
            let kept = Mat::from_fn(39, 20, |at, unknown| rows[(others[at], unknown)]);
            let solution = ridge(&kept, &Mat::from_fn(39, 1, |at, _| targets[(others[at], 0)]), lambda);
            let fit: f64 = (0..20).map(|unknown| rows[(out, unknown)] * solution[(unknown, 0)]).sum();
            (targets[(out, 0)] - fit).powi(2)
        };
        (0..40).map(error).sum()
    };
    let best = left_out_error(found.lambda);
    for factor in [0.01, 0.1, 0.5, 2.0, 10.0, 100.0] {
        assert!(best < left_out_error(found.lambda * factor) * (1.0 + 1e-9), "{} x {factor}", found.lambda);
    }
    assert!(found.lambda > 1e-3, "noise calls for a penalty: {}", found.lambda);
}

#[test]
fn the_lasso_meets_its_conditions_and_finds_what_is_there() {
    // 60 rows, 200 unknowns, four of them not zero, little noise.
    let (n_rows, n_unknowns) = (60, 200);
    let (columns, noise) = (matrix(n_rows, n_unknowns, 5), matrix(n_rows, 1, 6));
    let truth = [(3, 2.0), (50, -1.5), (120, 1.0), (199, 0.8)];
    let target =
        |row: usize| truth.iter().map(|&(at, value)| columns[(row, at)] * value).sum::<f64>() + 0.05 * noise[(row, 0)];
    let targets: Vec<f64> = (0..n_rows).map(target).collect();
    let flat: Vec<f64> = (0..n_unknowns).flat_map(|at| columns.col_as_slice(at).to_vec()).collect();
    let found = lasso::solve(&flat, &targets).unwrap();
    let residual =
        |row: usize| targets[row] - (0..n_unknowns).map(|at| columns[(row, at)] * found.coefficients[at]).sum::<f64>();
    let residuals: Vec<f64> = (0..n_rows).map(residual).collect();
    for at in 0..n_unknowns {
        let slope: f64 =
            columns.col_as_slice(at).iter().zip(&residuals).map(|(value, residual)| value * residual).sum();
        let value = found.coefficients[at];
        if value == 0.0 {
            assert!(slope.abs() <= found.lambda * 1.02, "{at}: {slope} beyond {}", found.lambda);
        } else {
            assert!((slope - found.lambda * value.signum()).abs() < 0.02 * found.lambda, "{at}: {slope}");
        }
    }
    for (at, value) in truth {
        assert!((found.coefficients[at] - value).abs() < 0.1, "{at}: {} for {value}", found.coefficients[at]);
    }
    let kept = found.coefficients.iter().filter(|value| **value != 0.0).count();
    assert!(kept < 60, "{kept} of {n_unknowns}");
}

#[test]
fn unusable_numbers_are_refused() {
    assert!(lasso::solve(&[1.0; 8], &[1.0; 4]).is_err());
    assert!(lasso::solve(&[1.0; 11], &[1.0; 5]).is_err());
    assert!(lasso::solve(&[f64::NAN; 10], &[1.0; 5]).is_err());
    assert_eq!(lasso::solve(&[1.0; 10], &[0.0; 5]).unwrap().coefficients, [0.0, 0.0]);
    let products = Mat::from_fn(3, 3, |_, _| f64::NAN);
    assert!(kernel_ridge::solve(&products, &matrix(3, 1, 1), &[0.0; 3]).is_err());
    assert!(kernel_ridge::solve(&matrix(3, 3, 1), &matrix(4, 1, 1), &[0.0; 3]).is_err());
}
