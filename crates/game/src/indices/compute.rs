//! Indices of whole games, exactly.

use std::collections::BTreeMap;

use super::{aggregation, fsii_residue, has_sets, moebius_weight};
use crate::exact::check_table;
use crate::game_file::check_terms;
use crate::quadrature::gauss_legendre;
use crate::transforms::mean_derivatives;
use crate::{Error, Index, Result, Term};

/// Most terms of an answer.
const MAX_TERMS: f64 = 1e7;

/// Computes an index up to `order` from a table `[2^n]`, player `i` bit `i` of the position: one term for each set of
/// at most `order` players, the empty one included, by size and then in the order of their players. SV and BV have
/// order 1.
///
/// All indices here are integrals over `x` of the derivatives of the multilinear extension at `(x, ..., x)` (Owen,
/// 1972): polynomials, which Gauss-Legendre quadrature integrates without error. One pass over the table for each of
/// about `(n + order) / 2` nodes (one, where only `x = 0`, `1/2` or `1` counts) gives all sets at once, and nothing but
/// means and differences is ever formed, so that rounding does not grow with `n` as in Moebius coefficients. Takes the
/// memory of one more table.
///
/// Fails if the length is not a power of two, a value is not finite, `order` is not from 1 to `n` (1 for SV and BV), or
/// the index is Owen or LIME, which need more than a table.
pub fn from_table(index: Index, order: usize, table: &[f64]) -> Result<Vec<Term>> {
    let n_players = check_table(table)?;
    check_order(index, order, n_players)?;
    let n_terms: f64 = (0..=order).map(|size| super::binomial(n_players, size)).sum();
    check_count(n_terms)?;
    let sets = sets_up_to(n_players, order);
    let mut values = vec![0.0; sets.len()];
    let mut scratch = vec![0.0; table.len()];
    for (x, weights) in derivative_nodes(index, n_players, order).unwrap_or_default() {
        scratch.copy_from_slice(table);
        mean_derivatives(&mut scratch, x, order);
        let add = |(value, set): (&mut f64, &usize)| *value += weights[set.count_ones() as usize] * scratch[*set];
        values.iter_mut().zip(&sets).for_each(add);
    }
    if aggregation(index, 0).is_some() {
        let weights: Vec<f64> = (0..=order).filter_map(|j| aggregation(index, j)).map(|(_, weight)| weight).collect();
        aggregate(&sets, &mut values, &mut scratch, &weights);
    }
    if index == Index::KSii {
        values[0] = table[0];
    }
    let terms = sets.into_iter().zip(values);
    Ok(terms.map(|(set, value)| Term { players: players_in(set).collect(), value, std_err: Some(0.0) }).collect())
}

/// Computes an index up to `order` of a sparse game of `n_players`, where v(S) is the sum of the coefficients of the
/// sets inside S. Gives the sets that hold a value, the empty one included, by size and then in the order of their
/// players; what is left out is zero. Takes time and memory in proportion to the subsets of at most `order` players of
/// the terms, whatever the number of players.
///
/// Fails if a coefficient is not finite, a set does not hold distinct players, `order` is not from 1 to `n_players` (1
/// for SV and BV), the index is Owen or LIME, or there are more than ten million subsets.
pub fn from_moebius(index: Index, order: usize, n_players: usize, terms: &[(Vec<u32>, f64)]) -> Result<Vec<Term>> {
    check_terms("moebius", n_players, terms)?;
    check_order(index, order, n_players)?;
    let mut values = BTreeMap::from([((0, Vec::new()), 0.0)]);
    let mut n_visits = 0.0;
    for (players, coefficient) in terms {
        let mut players = players.clone();
        players.sort_unstable();
        for size in 0..=order.min(players.len()) {
            let weight = moebius_weight(index, order, size, players.len()).unwrap_or(0.0);
            if weight == 0.0 {
                continue;
            }
            n_visits += super::binomial(players.len(), size);
            check_count(n_visits)?;
            for_each_subset(&players, size, |subset| {
                *values.entry((size, subset.to_vec())).or_insert(0.0) += weight * coefficient;
            });
        }
    }
    let term = |((_, players), value)| Term { players, value, std_err: Some(0.0) };
    Ok(values.into_iter().map(term).collect())
}

fn check_order(index: Index, order: usize, n_players: usize) -> Result<()> {
    let asked = || format!("compute {index} of order {order} for {n_players} players");
    if matches!(index, Index::Owen | Index::Lime) {
        return Err(Error::Request(format!("{}: it does not follow from the values of coalitions alone", asked())));
    }
    let most = if has_sets(index, 2, 2) { n_players } else { 1.min(n_players) };
    if order == 0 || order > most {
        return Err(Error::Request(format!("{}: expected an order from 1 to {most}", asked())));
    }
    Ok(())
}

fn check_count(n_terms: f64) -> Result<()> {
    if n_terms <= MAX_TERMS {
        return Ok(());
    }
    Err(Error::Request(format!(
        "list {n_terms:.0} sets of players: expected at most {MAX_TERMS:.0}; use a lower order"
    )))
}

/// The points `x` at which the derivatives of the multilinear extension count, with their weights for sets of 0, 1,
/// ..., `order` players: the index of `S` is the sum of `weights[|S|]` times the derivative with respect to `S` at
/// `(x, ..., x)`, without error for a game of up to `n_players` players (or a part of a game that only so many players
/// have a say in). Of an index that is aggregated from another ([`aggregation`]) it is that other one.
///
/// Points are from 0 to 1 and differ. `None` for Owen and LIME, which do not follow from the game alone.
pub fn derivative_nodes(index: Index, n_players: usize, order: usize) -> Option<Vec<(f64, Vec<f64>)>> {
    let index = aggregation(index, 0).map_or(index, |(base, _)| base);
    let by_size = |weight: &dyn Fn(usize) -> f64| (0..=order).map(weight).collect::<Vec<f64>>();
    match index {
        Index::Moebius => return Some(vec![(0.0, by_size(&|_| 1.0))]),
        Index::CoMoebius => return Some(vec![(1.0, by_size(&|_| 1.0))]),
        Index::Bv | Index::Bii => return Some(vec![(0.5, by_size(&|_| 1.0))]),
        Index::Fourier => return Some(vec![(0.5, by_size(&|s| (-0.5f64).powi(s as i32)))]),
        Index::Owen | Index::Lime => return None,
        _ => {}
    }
    // At x = 0 the derivative is a Moebius coefficient: what these indices give to small sets.
    let at_zero = match index {
        Index::Sii => by_size(&|_| 0.0),
        Index::Stii => by_size(&|s| f64::from(s < order)),
        _ => by_size(&|s| f64::from(s == 0)),
    };
    let density = |s: usize, x: f64| -> f64 {
        match index {
            Index::Sv | Index::Sii => 1.0,
            Index::Chii => s as f64 * x.powi(s as i32 - 1),
            Index::Stii => s as f64 * (1.0 - x).powi(s as i32 - 1),
            _ => (0..order).map(|j| fsii_residue(order, s, j) * x.powi((s + j) as i32 - 1)).sum(),
        }
    };
    // Of the derivative times the density; a rule of N nodes is exact below degree 2N.
    let degree = match index {
        Index::Sii => n_players,
        Index::Fsii => (n_players + order).saturating_sub(2),
        _ => n_players.saturating_sub(1),
    };
    let inside = gauss_legendre(degree / 2 + 1).into_iter().map(|(x, weight)| {
        let weights = by_size(&|s| if at_zero[s] > 0.0 { 0.0 } else { weight * density(s, x) });
        (x, weights)
    });
    Some(std::iter::once((0.0, at_zero.clone())).chain(inside).collect())
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
    let players: Vec<u32> = (0..n_players as u32).collect();
    let mut sets = Vec::new();
    for size in 0..=order {
        for_each_subset(&players, size, |subset| sets.push(subset.iter().fold(0, |set, &player| set | 1 << player)));
    }
    sets
}

/// The players of a set of bits, ascending.
fn players_in(set: usize) -> impl Iterator<Item = u32> {
    (0..usize::BITS).filter(move |player| set >> player & 1 == 1)
}

/// Calls `visit` with each subset of `size` of the `players`, in lexicographic order.
fn for_each_subset(players: &[u32], size: usize, mut visit: impl FnMut(&[u32])) {
    if size > players.len() {
        return;
    }
    let mut at: Vec<usize> = (0..size).collect();
    let mut subset: Vec<u32> = players[..size].to_vec();
    loop {
        visit(&subset);
        // The last position that can still move up.
        let Some(moved) = (0..size).rev().find(|&slot| at[slot] < players.len() - size + slot) else { return };
        at[moved] += 1;
        for slot in moved + 1..size {
            at[slot] = at[slot - 1] + 1;
        }
        (moved..size).for_each(|slot| subset[slot] = players[at[slot]]);
    }
}
