//! Exact Shapley values by enumeration (Shapley, 1953).
//!
//! The Shapley value of player `i` is the mean over coalition sizes `s` of the mean marginal contribution
//! `v(T + i) - v(T)` over the coalitions `T` of `s` others. The weight of a size follows from that of the size below,
//! so that no factorial is ever formed. It is the definition that every estimator is checked against, and it goes
//! through the same two steps as they do. Exact values have a standard error of zero.

use rayon::prelude::*;

use crate::transforms::players_of;
use crate::{Attribution, Coalitions, Design, Error, Kind, Result, Term, Values};

/// Largest number of players of a design: a million coalitions.
pub const MAX_PLAYERS: usize = 20;

/// Players whose coalitions make up one block of a table: 8 KiB.
const BLOCK_PLAYERS: usize = 10;

/// All `2^n` coalitions: the empty one, the full one, then the others in ascending order of their bits. There is
/// nothing to draw, so the draw list is empty.
pub fn design(n_players: usize) -> Result<Design> {
    check_players(n_players)?;
    let full = (1u32 << n_players) - 1;
    let words = [0, full].into_iter().chain(1..full).collect();
    Ok(Design { rows: Coalitions::from_words(n_players, words)?, draws: Vec::new() })
}

/// The Shapley values of each output from the values of all `2^n` coalitions, in whatever order the rows are.
pub fn estimate(design: &Design, values: &Values) -> Result<Vec<Attribution>> {
    let n_players = design.rows.n_players();
    check_players(n_players)?;
    design.check_rows(values.len())?;
    values.check_finite()?;
    let row_of = row_of_mask(&design.rows)?;
    let full = row_of[row_of.len() - 1];
    let attribution = |output: usize| -> Result<Attribution> {
        let table: Vec<f64> = row_of.iter().map(|&row| values.get(row, output)).collect();
        let terms = shapley(&table)?.into_iter().enumerate();
        let terms = terms.map(|(player, value)| Term { players: vec![player as u32], value, std_err: Some(0.0) });
        Ok(Attribution {
            baseline: values.get(row_of[0], output),
            full: values.get(full, output),
            kind: Kind::Exact,
            method: "exact".to_owned(),
            terms: terms.collect(),
            ..Attribution::blank(design, values, output)
        })
    };
    (0..values.n_outputs()).map(attribution).collect()
}

fn check_players(n_players: usize) -> Result<()> {
    if (1..=MAX_PLAYERS).contains(&n_players) {
        return Ok(());
    }
    Err(Error::Request(format!(
        "enumerate the coalitions of {n_players} players: expected from 1 to {MAX_PLAYERS} players"
    )))
}

/// The row of each coalition, `[2^players]`, by its bits. Fails if there are more than 20 players, or the rows are not each
/// coalition once.
pub fn row_of_mask(rows: &Coalitions) -> Result<Vec<usize>> {
    check_players(rows.n_players())?;
    let n_coalitions = 1usize << rows.n_players();
    let mut row_of = vec![usize::MAX; n_coalitions];
    for (row, coalition) in rows.iter().enumerate() {
        row_of[coalition.words()[0] as usize] = row;
    }
    let missing = row_of.iter().filter(|&&row| row == usize::MAX).count();
    if rows.len() != n_coalitions || missing > 0 {
        return Err(Error::Shape {
            what: "design of exact values",
            expected: format!("each of {n_coalitions} coalitions once"),
            found: format!("{} rows, {missing} coalitions missing", rows.len()),
        });
    }
    Ok(row_of)
}

/// The Shapley values `[players]` of a table `[2^players]`; player `i` is bit `i` of the position. Any number of
/// players that fits in memory: 24 take a fraction of a second. Fails if the length is not a power of two or a value is
/// not finite.
pub fn shapley(table: &[f64]) -> Result<Vec<f64>> {
    let n_players = check_table(table)?;
    // Each size has weight 1/n, shared by the coalitions of that size: 1 / (n C(n-1, t)).
    let n = n_players as f64;
    let next = |weight: &f64, size: usize| weight * size as f64 / (n - size as f64);
    let weights: Vec<f64> =
        (1..=n_players).scan(1.0 / n, |weight, size| Some(std::mem::replace(weight, next(weight, size)))).collect();
    Ok(weighted_contributions(n_players, table, &weights))
}

/// The Banzhaf values `[players]` of a table `[2^players]`: the mean of `v(T + i) - v(T)` over all coalitions `T` of
/// the others (Banzhaf, 1965). Fails if the length is not a power of two or a value is not finite.
pub fn banzhaf(table: &[f64]) -> Result<Vec<f64>> {
    let n_players = check_table(table)?;
    let weights = vec![0.5f64.powi(n_players as i32 - 1); n_players];
    Ok(weighted_contributions(n_players, table, &weights))
}

/// The number of players of a table whose values are finite.
pub(crate) fn check_table(table: &[f64]) -> Result<usize> {
    let n_players = players_of(table.len())?;
    match table.iter().position(|value| !value.is_finite()) {
        Some(row) => Err(Error::NonFinite { row, output: 0, value: table[row] }),
        None => Ok(n_players),
    }
}

/// For each player the sum of `weights[|T|] (v(T + i) - v(T))` over the coalitions `T` of the others, `[players]`.
///
/// The table is cut into blocks over the first players. A block meets itself for those players, and another block for
/// each of the later ones. The sums of the blocks are added in their order, so the number of threads does not matter.
fn weighted_contributions(n_players: usize, table: &[f64], weights: &[f64]) -> Vec<f64> {
    let n_inner = n_players.min(BLOCK_PLAYERS);
    let block_len = 1usize << n_inner;
    let block_weights: Vec<Vec<f64>> = (0..=n_players - n_inner)
        .map(|outside| {
            // The full coalition has no one left to join.
            let weight = |mask: usize| weights.get(outside + mask.count_ones() as usize).copied().unwrap_or(0.0);
            (0..block_len).map(weight).collect()
        })
        .collect();
    let block = |at: usize| &table[at * block_len..(at + 1) * block_len];
    let sums_of_block = |at: usize| -> Vec<f64> {
        let (weights, without) = (&block_weights[at.count_ones() as usize], block(at));
        let inner = (0..n_inner).map(|player| contributions_inside(weights, without, 1 << player));
        let outer = (0..n_players - n_inner).map(|bit| match at >> bit & 1 {
            0 => contributions(weights, without, block(at | 1 << bit)),
            _ => 0.0,
        });
        inner.chain(outer).collect()
    };
    let sums: Vec<Vec<f64>> = (0..table.len() / block_len).into_par_iter().map(sums_of_block).collect();
    let mut total = vec![0.0; n_players];
    for sums in &sums {
        total.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
    }
    total
}

/// The sum over a block for the player whose bit is `half`.
fn contributions_inside(weights: &[f64], block: &[f64], half: usize) -> f64 {
    let parts = weights.chunks_exact(2 * half).zip(block.chunks_exact(2 * half));
    parts.map(|(weights, part)| contributions(&weights[..half], &part[..half], &part[half..])).sum()
}

/// The sum of `weights (with - without)`, in eight lanes.
fn contributions(weights: &[f64], without: &[f64], with: &[f64]) -> f64 {
    let (weights, weights_rest) = weights.as_chunks::<8>();
    let (without, without_rest) = without.as_chunks::<8>();
    let (with, with_rest) = with.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for ((weights, without), with) in weights.iter().zip(without).zip(with) {
        for lane in 0..8 {
            lanes[lane] += weights[lane] * (with[lane] - without[lane]);
        }
    }
    let rest = weights_rest.iter().zip(without_rest).zip(with_rest);
    let rest: f64 = rest.map(|((weight, without), with)| weight * (with - without)).sum();
    rest + lanes.iter().sum::<f64>()
}
