//! Indices of tables, exactly.

use super::{aggregation, check_count, check_order, is_generalized_value, nodes::nodes, whole_sets};
use crate::design::subset::for_each_subset;
use crate::exact::check_table;
use crate::transforms::mean_derivatives;
use crate::{Index, Result, Term};

/// Computes an index up to `order` from a table `[2^n]`, player `i` bit `i` of the position: one term for each set of
/// at most `order` players, the empty one included, by size and then in the order of their players. SV and BV have
/// order 1.
///
/// All indices here are integrals over `x` of the derivatives of the multilinear extension at `(x, ..., x)` (Owen,
/// 1972): polynomials, which Gauss-Legendre quadrature integrates without error. One pass over the table for each of
/// about `(n + order) / 2` nodes (one, where only `x = 0`, `1/2` or `1` counts) gives all sets at once, and nothing but
/// means and differences is ever formed, so that rounding does not grow with `n` as in Moebius coefficients. Takes the
/// memory of one more table. Generalized and joint values are summed up set by set.
///
/// Fails if the length is not a power of two, a value is not finite, `order` is not from 1 to `n` (1 for SV and BV), or
/// the index is Owen or LIME, which need more than a table.
pub fn from_table(index: Index, order: usize, table: &[f64]) -> Result<Vec<Term>> {
    let n_players = check_table(table)?;
    check_order(index, order, n_players)?;
    let n_terms: f64 = (0..=order).map(|size| super::binomial(n_players, size)).sum();
    check_count(n_terms)?;
    let sets = sets_up_to(n_players, order);
    if is_generalized_value(index) {
        let values = whole_sets::from_table(index, order, table, &sets);
        return Ok(dense_terms(sets, values));
    }
    let base = aggregation(index, 0).map_or(index, |(base, _)| base);
    let mut values = vec![0.0; sets.len()];
    let mut scratch = vec![0.0; table.len()];
    for (x, weights) in nodes(base, n_players, order) {
        scratch.copy_from_slice(table);
        mean_derivatives(&mut scratch, x, order);
        let add = |(value, set): (&mut f64, &usize)| *value += weights[set.count_ones() as usize] * scratch[*set];
        values.iter_mut().zip(&sets).for_each(add);
    }
    if base != index {
        let weights: Vec<f64> = (0..=order).filter_map(|j| aggregation(index, j)).map(|(_, weight)| weight).collect();
        aggregate(&sets, &mut values, &mut scratch, &weights);
    }
    if index == Index::KSii {
        values[0] = table[0];
    }
    Ok(dense_terms(sets, values))
}

fn dense_terms(sets: Vec<usize>, values: Vec<f64>) -> Vec<Term> {
    let term = |(set, value)| Term { players: players_in(set).collect(), value, std_err: Some(0.0) };
    sets.into_iter().zip(values).map(term).collect()
}

/// Adds up over supersets: the value of each set becomes the sum of `weights[j]` times the values of the sets with `j`
/// players more. `place` is working space for a table.
fn aggregate(sets: &[usize], values: &mut [f64], place: &mut [f64], weights: &[f64]) {
    place.fill(0.0);
    for (&set, &value) in sets.iter().zip(values.iter()) {
        // Every subset of `set`, the set itself first.
        let mut subset = set;
        loop {
            place[subset] += weights[(set ^ subset).count_ones() as usize] * value;
            if subset == 0 {
                break;
            }
            subset = (subset - 1) & set;
        }
    }
    values.iter_mut().zip(sets).for_each(|(value, &set)| *value = place[set]);
}

/// All sets of at most `order` players as bits, by size and then in the order of their players.
fn sets_up_to(n_players: usize, order: usize) -> Vec<usize> {
    let mut sets = Vec::new();
    for size in 0..=order {
        for_each_subset(n_players, size, |subset| sets.push(subset.iter().fold(0, |set, &player| set | 1 << player)));
    }
    sets
}

/// The players of a set of bits, ascending.
fn players_in(set: usize) -> impl Iterator<Item = u32> {
    (0..usize::BITS).filter(move |player| set >> player & 1 == 1)
}
