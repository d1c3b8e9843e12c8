//! Indices of sparse games, exactly.

use std::collections::BTreeMap;

use super::numbers::binomial;
use super::{check_count, check_order, fourier_weights, is_generalized_value, moebius_weight, whole_sets};
use crate::design::subset::for_each_subset_of;
use crate::game_file::check_terms;
use crate::{Index, Result, Term};

/// Computes an index up to `order` of a sparse game of `n_players`, where v(S) is the sum of the coefficients of the
/// sets inside S. Gives the sets that hold a value, the empty one included, by size and then in the order of their
/// players; what is left out is zero. Takes time and memory in proportion to the subsets of at most `order` players of
/// the terms, whatever the number of players; for generalized and joint values, of which a set has one as soon as one
/// of its players has, to the sets of at most `order` players.
///
/// Fails if a coefficient is not finite, a set does not hold distinct players, `order` is not from 1 to `n_players` (1
/// for SV and BV), the index is Owen or LIME, or there are more than ten million sets.
pub fn from_moebius(index: Index, order: usize, n_players: usize, terms: &[(Vec<u32>, f64)]) -> Result<Vec<Term>> {
    check_terms("moebius", n_players, terms)?;
    check_order(index, order, n_players)?;
    if is_generalized_value(index) {
        return whole_sets::from_moebius(index, order, n_players, terms);
    }
    spread(terms, |r| (0..=order.min(r)).map(|s| moebius_weight(index, order, s, r).unwrap_or(0.0)).collect())
}

/// Computes an index up to `order` of a sparse spectrum over `n_players`, where v(S) is the sum of coefficient times
/// `(-1)^|S ∩ T|` over the sets T. What it gives, takes and refuses is that of [`from_moebius`]; here too a set of
/// thousands of players is no matter.
///
/// Goes from coefficients to indices by [`fourier_weights`], in which nothing grows with the size of a set; a spectrum
/// of a set of `r` players has `2^r` Moebius coefficients as large as `2^r`.
pub fn from_fourier(index: Index, order: usize, n_players: usize, terms: &[(Vec<u32>, f64)]) -> Result<Vec<Term>> {
    check_terms("fourier", n_players, terms)?;
    check_order(index, order, n_players)?;
    if is_generalized_value(index) {
        return whole_sets::from_fourier(index, order, n_players, terms);
    }
    spread(terms, |r| fourier_weights(index, order, r).unwrap_or_default())
}

/// Gives each term to its subsets; `weights_of(r)` are the weights of a term of `r` players for subsets of 0, 1, ...,
/// `min(order, r)`.
fn spread(terms: &[(Vec<u32>, f64)], weights_of: impl Fn(usize) -> Vec<f64>) -> Result<Vec<Term>> {
    let mut weights = BTreeMap::new();
    let mut values = BTreeMap::from([((0, Vec::new()), 0.0)]);
    let mut n_visits = 0.0;
    for (players, coefficient) in terms {
        let mut players = players.clone();
        players.sort_unstable();
        let weights: &Vec<f64> = weights.entry(players.len()).or_insert_with(|| weights_of(players.len()));
        for (size, weight) in weights.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
            n_visits += binomial(players.len(), size);
            check_count(n_visits)?;
            for_each_subset_of(&players, size, |subset| {
                *values.entry((size, subset.to_vec())).or_insert(0.0) += weight * coefficient;
            });
        }
    }
    let term = |((_, players), value)| Term { players, value, std_err: Some(0.0) };
    Ok(values.into_iter().map(term).collect())
}
