//! Indices of sparse games, exactly.

use std::collections::BTreeMap;

use super::numbers::binomial;
use super::{aggregation, check_count, check_order, is_generalized_value, moebius_weight, nodes::nodes, whole_sets};
use crate::game_file::check_terms;
use crate::subsets::for_each_subset;
use crate::{Index, Result, Term};

/// Computes an index up to `order` of a sparse game of `n_players`, where v(S) is the sum of the coefficients of the
/// sets inside S. Gives the sets that hold a value, the empty one included, by size and then in the order of their
/// players; what is left out is zero. Takes time and memory in proportion to the subsets of at most `order` players of
/// the terms, whatever the number of players; for generalized and joint values, of which a set has one as soon as one of
/// its players has, to the sets of at most `order` players.
///
/// Fails if a coefficient is not finite, a set does not hold distinct players, `order` is not from 1 to `n_players` (1
/// for SV and BV), the index is Owen or LIME, or there are more than ten million sets.
pub fn from_moebius(index: Index, order: usize, n_players: usize, terms: &[(Vec<u32>, f64)]) -> Result<Vec<Term>> {
    check_terms("moebius", n_players, terms)?;
    check_order(index, order, n_players)?;
    if is_generalized_value(index) {
        return whole_sets::from_moebius(index, order, n_players, terms);
    }
    spread(order, terms, |r| (0..=order.min(r)).map(|s| moebius_weight(index, order, s, r).unwrap_or(0.0)).collect())
}

/// Computes an index up to `order` of a sparse spectrum over `n_players`, where v(S) is the sum of coefficient times
/// `(-1)^|S ∩ T|` over the sets T. What it gives, takes and refuses is that of [`from_moebius`]; here too a set of
/// thousands of players is no matter.
///
/// A set of `r` players gives to its subset of `s` the integral of `(-2)^s (1-2x)^(r-s)`, which is the derivative of its
/// part of the multilinear extension at `(x, ..., x)`, weighted as the index has it. Nothing in it grows with `r`, unlike
/// the `2^r` Moebius coefficients of that part, which are as large as `2^r`.
pub fn from_fourier(index: Index, order: usize, n_players: usize, terms: &[(Vec<u32>, f64)]) -> Result<Vec<Term>> {
    check_terms("fourier", n_players, terms)?;
    check_order(index, order, n_players)?;
    if is_generalized_value(index) {
        return whole_sets::from_fourier(index, order, n_players, terms);
    }
    spread(order, terms, |r| fourier_weights(index, order, r))
}

/// Gives each term to its subsets; `weights_of(r)` are the weights of a term of `r` players for subsets of 0, 1, ...,
/// `min(order, r)`.
fn spread(order: usize, terms: &[(Vec<u32>, f64)], weights_of: impl Fn(usize) -> Vec<f64>) -> Result<Vec<Term>> {
    let mut weights = BTreeMap::new();
    let mut values = BTreeMap::from([((0, Vec::new()), 0.0)]);
    let mut n_visits = 0.0;
    for (players, coefficient) in terms {
        let mut players = players.clone();
        players.sort_unstable();
        let weights: &Vec<f64> = weights.entry(players.len()).or_insert_with(|| weights_of(players.len()));
        debug_assert_eq!(weights.len(), order.min(players.len()) + 1);
        for (size, weight) in weights.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
            n_visits += binomial(players.len(), size);
            check_count(n_visits)?;
            for_each_subset(&players, size, |subset| {
                *values.entry((size, subset.to_vec())).or_insert(0.0) += weight * coefficient;
            });
        }
    }
    let term = |((_, players), value)| Term { players, value, std_err: Some(0.0) };
    Ok(values.into_iter().map(term).collect())
}

/// What a Walsh-Hadamard coefficient of `r` players weighs in the index of its subsets of 0, 1, ..., `min(order, r)`.
fn fourier_weights(index: Index, order: usize, r: usize) -> Vec<f64> {
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
    weights
}
