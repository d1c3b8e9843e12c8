//! The sizes at which sets join, for the joint Shapley value (Harris, Pymar & Rowat, 2022).
//!
//! Players come in groups: a set of at most `order` of those who are left, all such sets being equally likely, until
//! nobody is left. The joint Shapley value of `S` is what `S` adds to those who are in, on average, where it comes as a
//! group. That gives the weights `q` of the paper, without a number that grows with `n`.

use super::numbers::binomial;

/// The weights of all coalitions of 0, 1, ..., `most` others together for a set of `s` players, `0 < s <= order` and
/// `s + most <= n`: the chance that `t` players are in at some time, times the chance that the next group has `s`
/// players, over the number of groups of `s`.
pub(super) fn shares(n: usize, order: usize, s: usize, most: usize) -> Vec<f64> {
    let mut reached = vec![0.0; most + order + 1];
    reached[0] = 1.0;
    let n_groups = binomial(n, s);
    let mut shares = Vec::with_capacity(most + 1);
    for before in 0..=most {
        let chances = group_sizes(n - before, order);
        for (group, chance) in (1..).zip(&chances) {
            reached[before + group] += reached[before] * chance;
        }
        shares.push(reached[before] * chances[s - 1] / n_groups);
    }
    shares
}

/// The chance of each size, from one up to `order`, of a group out of the `left`.
fn group_sizes(left: usize, order: usize) -> Vec<f64> {
    let most = order.min(left);
    // Numbers of sets relative to the size that has most of them, so that none overflows.
    let peak = (left / 2).clamp(1, most);
    let mut chances = vec![1.0; most];
    for size in peak + 1..=most {
        chances[size - 1] = chances[size - 2] * (left - size + 1) as f64 / size as f64;
    }
    for size in (1..peak).rev() {
        chances[size - 1] = chances[size] * (size + 1) as f64 / (left - size) as f64;
    }
    let total: f64 = chances.iter().sum();
    chances.iter_mut().for_each(|chance| *chance /= total);
    chances
}
