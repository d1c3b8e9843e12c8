//! Exact transforms of a whole table of values, in place.
//!
//! A table `[2^n]` holds one number for each coalition; player `i` is bit `i` of the position. Every transform here
//! treats the players one after another: it replaces each pair (without the player, with the player) by two other
//! numbers, which makes `n 2^(n-1)` small steps in all (Yates, 1937). After it, position `S` holds a number that
//! belongs to the set `S`:
//!
//! | transform | number of the set `S` |
//! |---|---|
//! | [`moebius`] | `m(S)`, where `v(S)` is the sum of `m` over the subsets of `S` (Rota, 1964) |
//! | [`co_moebius`] | the discrete derivative of `S` where all others are in |
//! | [`walsh_hadamard`] | `F(S)`, where `v(T)` is the sum of all `F(S)`, signed: minus if `S ∩ T` is odd in size |
//! | [`banzhaf`] | the Banzhaf interaction index, the mean of the discrete derivative (Grabisch & Roubens, 1999) |
//!
//! The pass starts at the last player, so that after a few steps each part of the table fits in a cache and is finished
//! there; parts are shared among the threads of rayon. A number is always made by the same operations in the same
//! order, so results do not depend on the number of threads. Nothing but the table is held in memory. Numbers that are
//! not finite spread to others, without an error.
//!
//! A caution: Moebius coefficients of large sets are sums of up to `2^|S|` values with changing signs. Noise of the
//! values grows with them; [`walsh_hadamard`] and [`banzhaf`] do not have that trouble.

use rayon::prelude::*;

use crate::{Error, Result};

/// A part of this many numbers is finished by one loop: 32 KiB, a first-level cache.
const LEAF: usize = 1 << 12;
/// Parts of at most this many numbers stay on one thread.
const SERIAL: usize = 1 << 15;

/// Values to Moebius coefficients: position `S` becomes the sum of `(-1)^(|S|-|T|) v(T)` over the subsets `T` of `S`.
/// Fails if the length of `table` is not a power of two.
pub fn moebius(table: &mut [f64]) -> Result<()> {
    transform(table, |lo, hi| (lo, hi - lo))
}

/// Moebius coefficients to values, the inverse of [`moebius`]: position `S` becomes the sum over the subsets of `S`
/// (the zeta transform). Fails if the length of `table` is not a power of two.
pub fn inverse_moebius(table: &mut [f64]) -> Result<()> {
    transform(table, |lo, hi| (lo, lo + hi))
}

/// Values to co-Moebius coefficients: position `S` becomes the discrete derivative of `S` at the coalition of all
/// others; that of the empty set is the value of the full coalition. Fails if the length of `table` is not a power of
/// two.
pub fn co_moebius(table: &mut [f64]) -> Result<()> {
    transform(table, |lo, hi| (hi, hi - lo))
}

/// Co-Moebius coefficients to values, the inverse of [`co_moebius`]. Fails if the length of `table` is not a power of
/// two.
pub fn inverse_co_moebius(table: &mut [f64]) -> Result<()> {
    transform(table, |lo, hi| (lo - hi, lo))
}

/// Values to Walsh-Hadamard coefficients: position `S` becomes `2^-n` times the sum of `v(T) (-1)^|S ∩ T|` over all
/// coalitions `T`. Fails if the length of `table` is not a power of two.
pub fn walsh_hadamard(table: &mut [f64]) -> Result<()> {
    transform(table, |lo, hi| (0.5 * (lo + hi), 0.5 * (lo - hi)))
}

/// Walsh-Hadamard coefficients to values, the inverse of [`walsh_hadamard`]. Fails if the length of `table` is not a
/// power of two.
pub fn inverse_walsh_hadamard(table: &mut [f64]) -> Result<()> {
    transform(table, |lo, hi| (lo + hi, lo - hi))
}

/// Values to the Banzhaf interaction indices of all sets: position `S` becomes the mean of the discrete derivative of
/// `S` over all coalitions of the others; that of the empty set is the mean of the values. Fails if the length of
/// `table` is not a power of two.
pub fn banzhaf(table: &mut [f64]) -> Result<()> {
    transform(table, |lo, hi| (0.5 * (lo + hi), hi - lo))
}

/// Banzhaf interaction indices of all sets to values, the inverse of [`banzhaf`]. Fails if the length of `table` is not
/// a power of two.
pub fn inverse_banzhaf(table: &mut [f64]) -> Result<()> {
    transform(table, |mean, change| (mean - 0.5 * change, mean + 0.5 * change))
}

/// The discrete derivatives of all sets of at most `order` players, averaged over coalitions that each other player
/// joins on its own with probability `chance`; positions of larger sets are left unfinished. The derivatives of the
/// multilinear extension (Owen, 1972) at the point where all coordinates are `chance`.
pub(crate) fn mean_derivatives(table: &mut [f64], chance: f64, order: usize) {
    butterfly(table, order, &|lo, hi| ((1.0 - chance) * lo + chance * hi, hi - lo));
}

/// The number of players of a table of `len` numbers.
pub(crate) fn players_of(len: usize) -> Result<usize> {
    if len.is_power_of_two() {
        return Ok(len.trailing_zeros() as usize);
    }
    Err(Error::Shape { what: "table", expected: "2^players numbers".to_owned(), found: format!("{len} numbers") })
}

fn transform(table: &mut [f64], pair: impl Fn(f64, f64) -> (f64, f64) + Sync) -> Result<()> {
    let n_players = players_of(table.len())?;
    butterfly(table, n_players, &pair);
    Ok(())
}

/// Replaces (without, with) by `pair` of them for each player, the last one first; sets of more than `order` players
/// need not be finished.
fn butterfly(table: &mut [f64], order: usize, pair: &(impl Fn(f64, f64) -> (f64, f64) + Sync)) {
    if table.len() <= LEAF {
        return leaf(table, pair);
    }
    let parallel = table.len() > SERIAL;
    let (without, with) = table.split_at_mut(table.len() / 2);
    if parallel {
        let parts = without.par_chunks_mut(LEAF).zip(with.par_chunks_mut(LEAF));
        parts.with_min_len(2).for_each(|(without, with)| step(without, with, pair));
    } else {
        step(without, with, pair);
    }
    if order == 0 {
        butterfly(without, 0, pair);
    } else if parallel {
        rayon::join(|| butterfly(without, order, pair), || butterfly(with, order - 1, pair));
    } else {
        butterfly(without, order, pair);
        butterfly(with, order - 1, pair);
    }
}

/// One player.
fn step(without: &mut [f64], with: &mut [f64], pair: &impl Fn(f64, f64) -> (f64, f64)) {
    without.iter_mut().zip(with).for_each(|(lo, hi)| (*lo, *hi) = pair(*lo, *hi));
}

/// All players of a part that fits in the cache. The first three players go together, in parts of eight numbers, since
/// loops of one, two and four numbers are slow.
fn leaf(table: &mut [f64], pair: &impl Fn(f64, f64) -> (f64, f64)) {
    let mut half = table.len() / 2;
    while half >= 8 {
        for part in table.chunks_exact_mut(2 * half) {
            let (without, with) = part.split_at_mut(half);
            step(without, with, pair);
        }
        half /= 2;
    }
    let (eights, rest) = table.as_chunks_mut::<8>();
    eights.iter_mut().for_each(|part| *part = eight(*part, pair));
    // Fewer than three players.
    half = rest.len() / 2;
    while half > 0 {
        for part in rest.chunks_exact_mut(2 * half) {
            let (without, with) = part.split_at_mut(half);
            step(without, with, pair);
        }
        half /= 2;
    }
}

/// Three players.
fn eight(mut part: [f64; 8], pair: &impl Fn(f64, f64) -> (f64, f64)) -> [f64; 8] {
    for half in [4, 2, 1] {
        for at in (0..8).filter(|at| at & half == 0) {
            (part[at], part[at + half]) = pair(part[at], part[at + half]);
        }
    }
    part
}
