//! What a Walsh-Hadamard coefficient weighs.

use super::nodes::nodes;
use super::numbers::binomial;
use super::{aggregation, follows_from_values, has_sets, is_generalized_value};
use crate::Index;

/// The weights of the Walsh-Hadamard coefficient of a set of `r` players in the index of its subsets of 0, 1, ...,
/// `min(order, r)` players; sets that do not lie in it get nothing. It does not depend on the number of players.
///
/// The coefficient gives to a subset of `s` the integral of `(-2)^s (1-2x)^(r-s)`, the derivative of its part of the
/// multilinear extension at `(x, ..., x)`, weighted as the index has it. `None` as for [`moebius_weight`].
///
/// [`moebius_weight`]: super::moebius_weight
pub fn fourier_weights(index: Index, order: usize, r: usize) -> Option<Vec<f64>> {
    if is_generalized_value(index) || !follows_from_values(index) {
        return None;
    }
    let order = if has_sets(index, order, 2) { order } else { order.min(1) };
    let base = aggregation(index, 0).map_or(index, |(base, _)| base);
    let most = order.min(r);
    let mut weights = vec![0.0; most + 1];
    if base == Index::Sii || base == Index::Sv {
        // The integral in closed form, exactly zero where it is zero.
        let even = |s: usize| if (r - s).is_multiple_of(2) { (-2f64).powi(s as i32) / (r - s + 1) as f64 } else { 0.0 };
        weights.iter_mut().enumerate().for_each(|(s, weight)| *weight = even(s));
    } else {
        for (x, by_size) in nodes(base, r, order) {
            let value = |s: usize| by_size[s] * (-2f64).powi(s as i32) * (1.0 - 2.0 * x).powi((r - s) as i32);
            weights.iter_mut().enumerate().for_each(|(s, weight)| *weight += value(s));
        }
    }
    if base != index {
        let above = |s: usize, j: usize| {
            let (_, weight) = aggregation(index, j)?;
            Some(weight * binomial(r - s, j) * weights[s + j])
        };
        weights = (0..=most).map(|s| (0..=most - s).filter_map(|j| above(s, j)).sum()).collect();
    }
    if matches!(index, Index::Sv | Index::KSii) {
        // The value of the empty coalition.
        weights[0] = 1.0;
    }
    Some(weights)
}
