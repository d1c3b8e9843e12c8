//! The definitions of the indices, written a second time: slow, literal, and without a look at the crate's own.

use einthoven_game::Index;

use crate::tables::{choose, factorial, sign, size, subsets};

/// The alternating sum over the subsets of `set`, at the coalition `others`.
pub fn derivative(table: &[f64], set: usize, others: usize) -> f64 {
    subsets(set).map(|inside| sign(size(set) - size(inside)) * table[others | inside]).sum()
}

/// The sum over the coalitions of the others of `weight(t)` times the derivative of `set`.
pub fn weighted(table: &[f64], set: usize, weight: impl Fn(usize) -> f64) -> f64 {
    let others = subsets((table.len() - 1) & !set);
    others.map(|others| weight(size(others)) * derivative(table, set, others)).sum()
}

/// The index of a set that is not empty; indices of regressions are in another module. (The definitions of generalized
/// values sum over all coalitions of the others.)
pub fn by_definition(index: Index, order: usize, table: &[f64], set: usize) -> f64 {
    let (n, s) = (size(table.len() - 1), size(set));
    match index {
        Index::Sv | Index::Sii => weighted(table, set, |t| factorial(t) * factorial(n - s - t) / factorial(n - s + 1)),
        Index::Bv | Index::Bii => weighted(table, set, |_| 0.5f64.powi((n - s) as i32)),
        Index::Chii => weighted(table, set, |t| s as f64 * factorial(s + t - 1) * factorial(n - s - t) / factorial(n)),
        Index::KSii => n_shapley(order, table, set),
        Index::Stii if s < order => derivative(table, set, 0),
        Index::Stii => weighted(table, set, |t| s as f64 / n as f64 / choose(n - 1, t)),
        Index::Moebius => derivative(table, set, 0),
        Index::CoMoebius => derivative(table, set, (table.len() - 1) & !set),
        Index::Fourier => {
            let signed = |mask: usize| sign(size(mask & set)) * table[mask];
            (0..table.len()).map(signed).sum::<f64>() / table.len() as f64
        }
        Index::Sgv => added(table, set, |t| factorial(t) * factorial(n - s - t) / factorial(n - s + 1)),
        Index::Bgv => added(table, set, |_| 0.5f64.powi((n - s) as i32)),
        Index::Chgv => added(table, set, |t| s as f64 / ((s + t) as f64 * choose(n, s + t))),
        Index::Igv => table[set] - table[0],
        Index::Egv => table[table.len() - 1] - table[(table.len() - 1) & !set],
        Index::JointSv => {
            let q = joint_weights(n, order);
            added(table, set, |t| q[t])
        }
        _ => panic!("{index} is a regression"),
    }
}

/// The sum over the coalitions of the others of `weight(t)` times what the whole `set` adds.
fn added(table: &[f64], set: usize, weight: impl Fn(usize) -> f64) -> f64 {
    let others = subsets((table.len() - 1) & !set);
    others.map(|others| weight(size(others)) * (table[others | set] - table[others])).sum()
}

/// The weights of joint Shapley values by the recursion of their paper (Harris, Pymar & Rowat, 2022, theorem 3.4).
fn joint_weights(n: usize, order: usize) -> Vec<f64> {
    let mut q: Vec<f64> = Vec::new();
    for r in 0..n {
        let above = if r == 0 { 1.0 } else { (r.saturating_sub(order)..r).map(|s| choose(r, s) * q[s]).sum() };
        let below: f64 = (1..=order.min(n - r)).map(|s| choose(n - r, s)).sum();
        q.push(above / below);
    }
    q
}

/// n-Shapley values by their recursion: the values of order `k` are those of order `k - 1`, corrected by the
/// interactions of `k` players, which Bernoulli numbers share out (Bordt & von Luxburg, 2023).
fn n_shapley(order: usize, table: &[f64], set: usize) -> f64 {
    let own = by_definition(Index::Sii, order, table, set);
    if size(set) == order {
        return own;
    }
    let sets_of_order = (0..table.len()).filter(|other| size(*other) == order && other & set == set);
    let interactions: f64 = sets_of_order.map(|other| by_definition(Index::Sii, order, table, other)).sum();
    n_shapley(order - 1, table, set) + bernoulli(order - size(set)) * interactions
}

/// Bernoulli numbers by their recursion.
pub fn bernoulli(j: usize) -> f64 {
    if j == 0 {
        return 1.0;
    }
    -(0..j).map(|i| choose(j + 1, i) * bernoulli(i)).sum::<f64>() / (j + 1) as f64
}

/// Shapley-Taylor interactions of the top order as a mean over all orders of arrival: the derivative of `set` where its
/// first member comes in.
pub fn taylor_over_all_orders(table: &[f64], set: usize) -> f64 {
    fn walk(table: &[f64], set: usize, arrived: usize, sums: &mut (f64, f64), before: Option<usize>) {
        let all = table.len() - 1;
        if arrived == all {
            sums.0 += derivative(table, set, before.unwrap());
            sums.1 += 1.0;
            return;
        }
        for player in (0..size(all)).filter(|player| arrived >> player & 1 == 0) {
            let before = before.or_else(|| (set >> player & 1 == 1).then_some(arrived));
            walk(table, set, arrived | 1 << player, sums, before);
        }
    }
    let mut sums = (0.0, 0.0);
    walk(table, set, 0, &mut sums, None);
    sums.0 / sums.1
}
