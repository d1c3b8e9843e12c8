//! The indices that are defined by least squares, solved as such: normal equations with multipliers for what must hold
//! exactly, by Gaussian elimination.

use crate::definitions::bernoulli;
use crate::tables::{choose, size};

/// The sets of at most `order` of `n` players.
fn sets(n: usize, order: usize) -> Vec<usize> {
    (0..1usize << n).filter(|set| size(*set) <= order).collect()
}

/// Faithful Shapley interactions: one column for each set, whether it is inside the coalition. Empty set first.
pub fn faithful_shapley(table: &[f64], order: usize) -> Vec<(usize, f64)> {
    least_squares(table, order, shapley_weight, |set, coalition| f64::from(set & !coalition == 0))
}

/// Faithful Banzhaf interactions: the same columns, all coalitions alike, nothing exact.
pub fn faithful_banzhaf(table: &[f64], order: usize) -> Vec<(usize, f64)> {
    least_squares(table, order, |_, _| Some(1.0), |set, coalition| f64::from(set & !coalition == 0))
}

/// k-additive Shapley values: columns of Bernoulli numbers (Pelegrina, Duarte & Grabisch, 2023).
pub fn k_additive(table: &[f64], order: usize) -> Vec<(usize, f64)> {
    least_squares(table, order, shapley_weight, |set, coalition| {
        let inside = size(set & coalition);
        (0..=inside).map(|l| choose(inside, l) * bernoulli(size(set) - l)).sum()
    })
}

/// The Shapley kernel; `None`, exact, for the empty and the full coalition.
fn shapley_weight(n: usize, t: usize) -> Option<f64> {
    (t > 0 && t < n).then(|| (n - 1) as f64 / (choose(n, t) * (t * (n - t)) as f64))
}

fn least_squares(
    table: &[f64],
    order: usize,
    weight: impl Fn(usize, usize) -> Option<f64>,
    column: impl Fn(usize, usize) -> f64,
) -> Vec<(usize, f64)> {
    let n = size(table.len() - 1);
    let sets = sets(n, order);
    let exact: Vec<usize> = (0..table.len()).filter(|mask| weight(n, size(*mask)).is_none()).collect();
    let unknowns = sets.len() + exact.len();
    // The last column is the right-hand side.
    let mut system = vec![vec![0.0; unknowns + 1]; unknowns];
    for (mask, &value) in table.iter().enumerate() {
        let row: Vec<f64> = sets.iter().map(|&set| column(set, mask)).collect();
        match weight(n, size(mask)) {
            Some(weight) => {
                for (left, equation) in row.iter().zip(&mut system) {
                    row.iter().zip(&mut equation[..]).for_each(|(right, sum)| *sum += weight * left * right);
                    equation[unknowns] += weight * left * value;
                }
            }
            None => {
                let at = sets.len() + exact.iter().position(|exact| *exact == mask).unwrap();
                for (set, &number) in row.iter().enumerate() {
                    system[at][set] = number;
                    system[set][at] = number;
                }
                system[at][unknowns] = value;
            }
        }
    }
    sets.into_iter().zip(solve(system)).collect()
}

fn solve(mut system: Vec<Vec<f64>>) -> Vec<f64> {
    let n = system.len();
    for column in 0..n {
        let largest =
            |left: &usize, right: &usize| system[*left][column].abs().total_cmp(&system[*right][column].abs());
        let pivot = (column..n).max_by(largest).unwrap();
        system.swap(column, pivot);
        let row = system[column].clone();
        assert!(row[column].abs() > 1e-12, "singular");
        for equation in &mut system[column + 1..] {
            let factor = equation[column] / row[column];
            (column..=n).for_each(|at| equation[at] -= factor * row[at]);
        }
    }
    let mut solution = vec![0.0; n];
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|at| system[row][at] * solution[at]).sum();
        solution[row] = (system[row][n] - known) / system[row][row];
    }
    solution
}
