//! Finding sets whose signs go along with what a fit leaves.
//!
//! An orthogonal matching pursuit in stages (Pati, Rezaiifar & Krishnaprasad, 1993; Donoho et al., 2012). The residuals are
//! correlated with the signs of all sets of up to as many players as can be gone through, and of all sets that are one player
//! away from a set that is known: where an interaction has parts that count by themselves, that leads to it step by step.
//! A set is taken if its correlation could not be that of the best of all sets on noise. What is not told from zero in
//! the end goes again.

use std::collections::BTreeSet;

use einthoven_game::Coalitions;
use einthoven_game::design::subset::for_each_subset;
use faer::{Accum, Mat, Par, linalg::matmul::matmul};
use rayon::prelude::*;

use super::refit::{Refit, Shrink, refit};
use super::significance::{MOST_DEGREE, threshold};
use super::signs::{Signs, signed_sum};
use crate::Result;
use crate::sets::count;

/// Multiply-adds of a search through all sets of a size, beyond which it is left out.
const MOST_WORK: f64 = 1e10;
/// Most rounds; sets that are taken in a round, or as many as are as clear as the clearest.
const ROUNDS: usize = 12;
const AT_LEAST: usize = 32;
const AS_CLEAR: f64 = 0.7;
/// With fewer rows nothing is searched for.
const FEWEST: usize = 64;
/// A spread of the residuals below this share of the largest target is rounding.
const ROUNDING: f64 = 1e-14;
/// A set has at least so many rows.
const ROWS_PER_SET: usize = 6;
/// Most sets: the products of their columns are decomposed in each round.
const MOST_SETS: usize = 600;
/// Most numbers of the signs of the rows that are searched: a gigabyte.
const MOST_NUMBERS: usize = 1 << 28;
/// Columns that are multiplied at once.
const BLOCK: usize = 64;

/// The sets of players of a sparse function, without the empty set.
pub(crate) type Sets = Vec<Vec<u32>>;

/// A search for the sets of one output.
pub(crate) struct Pursuit<'a> {
    /// All rows that may be fitted to, and their targets.
    seen: &'a Signs,
    targets: &'a [f64],
    /// The largest magnitude of a target.
    largest: f64,
    /// Those of them that were drawn alike and independently: on the rows of a code, a set that is missing shows up as many
    /// others.
    drawn: &'a [u32],
    signs: Signs,
    /// The signs of the players as numbers, to be multiplied, `[drawn, players]`.
    matrix: Mat<f32>,
    /// The largest sets that are all gone through.
    size: usize,
}

impl<'a> Pursuit<'a> {
    /// `drawn` are places among the rows that are seen; with very many, the first of them are searched.
    pub(crate) fn new(rows: &Coalitions, seen: &'a Signs, targets: &'a [f64], drawn: &'a [u32]) -> Self {
        let drawn = &drawn[..drawn.len().min(MOST_NUMBERS / rows.n_players())];
        let signs = Signs::new(rows, drawn);
        let n_players = signs.n_players();
        let cheap = |&size: &usize| count(n_players, size) * drawn.len() as f64 <= MOST_WORK;
        let size = (1..=MOST_DEGREE.min(n_players)).take_while(cheap).last().unwrap_or(1);
        let mut matrix = Mat::zeros(drawn.len(), n_players);
        for player in 0..n_players {
            let column = signs.column(&[player as u32]);
            for (at, entry) in matrix.col_as_slice_mut(player).iter_mut().enumerate() {
                *entry = if column[at / 64] >> (at % 64) & 1 == 1 { -1.0 } else { 1.0 };
            }
        }
        let largest = targets.iter().fold(0.0, |most: f64, target| most.max(target.abs()));
        Self { seen, targets, largest, drawn, signs, matrix, size }
    }

    /// Adds to the known sets those that the targets show, and takes out those that they do not.
    ///
    /// # Errors
    /// If a fit fails.
    pub(crate) fn run(&self, mut known: Sets) -> Result<Sets> {
        let most = (self.seen.n_rows() / ROWS_PER_SET).min(MOST_SETS);
        known.truncate(most);
        let mut fit = refit(self.seen, &known, self.targets, Shrink::No)?;
        for _ in 0..ROUNDS {
            let found = self.candidates(&fit, &known);
            let clearest = found.first().map_or(0.0, |(_, z)| *z);
            let clear = found.iter().take_while(|(_, z)| *z >= AS_CLEAR * clearest).count();
            let taken = clear.max(AT_LEAST).min(most - known.len()).min(found.len());
            if taken == 0 {
                break;
            }
            known.extend(found.into_iter().take(taken).map(|(set, _)| set));
            fit = refit(self.seen, &known, self.targets, Shrink::No)?;
        }
        Ok(self.clear_of(known, &fit))
    }

    /// The residuals of the rows that were drawn, and their variance.
    fn left(&self, fit: &Refit) -> (Vec<f64>, f64) {
        let left: Vec<f64> = self.drawn.iter().map(|&at| fit.residuals[at as usize]).collect();
        let squares: f64 = left.iter().map(|left| left * left).sum();
        let taken = fit.freedom / self.seen.n_rows() as f64;
        let variance = squares / left.len().max(1) as f64 / (1.0 - taken).max(0.1);
        (left, variance)
    }

    /// The sets that are further from zero than the best of all sets on noise.
    fn clear_of(&self, known: Sets, fit: &Refit) -> Sets {
        let rounding = (ROUNDING * self.largest).powi(2);
        let (own, variance) = (fit.variances(), fit.variance().max(self.left(fit).1).max(rounding));
        let z = |at: usize| fit.coefficients[at].abs() / (variance * own[at]).sqrt();
        let clear = |&at: &usize| z(at) >= threshold(self.seen.n_players(), known[at].len());
        (0..known.len()).filter(clear).map(|at| known[at].clone()).collect()
    }

    /// Sets that are not known and whose correlation with the residuals is too large for noise, the clearest first; how clear is
    /// in thresholds of their size.
    fn candidates(&self, fit: &Refit, known: &[Vec<u32>]) -> Vec<(Vec<u32>, f64)> {
        let n_players = self.seen.n_players();
        let (left, variance) = self.left(fit);
        let scale = (variance * left.len() as f64).sqrt();
        if left.len() < FEWEST || variance.sqrt() <= ROUNDING * self.largest {
            return Vec::new();
        }
        let thresholds: Vec<f64> = (0..=MOST_DEGREE).map(|size| threshold(n_players, size)).collect();
        let mut sets = neighbours(n_players, known, self.size);
        for (size, threshold) in thresholds.iter().enumerate().take(self.size + 1).skip(1) {
            sets.extend(self.search(&left, size, 0.999 * threshold * scale));
        }
        let taken: BTreeSet<&Vec<u32>> = known.iter().collect();
        let sets: Sets = sets.into_iter().filter(|set| !taken.contains(set)).collect();
        let clarity = |set: Vec<u32>| {
            let sum = signed_sum(&self.signs.column(&set), &left).abs();
            let z = sum / scale / thresholds[set.len()];
            (z >= 1.0).then_some((set, z))
        };
        let mut found: Vec<(Vec<u32>, f64)> = sets.into_par_iter().filter_map(clarity).collect();
        found.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        found
    }

    /// All sets of a size whose correlation is at least `least`, up to rounding in single precision. A block of sets of one
    /// player less, by their last player, is multiplied by all players behind.
    fn search(&self, left: &[f64], size: usize, least: f64) -> Sets {
        let left: Vec<f32> = left.iter().map(|left| *left as f32).collect();
        let mut heads: Sets = Vec::new();
        for_each_subset(self.seen.n_players(), size - 1, |subset| {
            heads.push(subset.iter().map(|&player| player as u32).collect());
        });
        heads.sort_by_key(|head| head.last().copied());
        let blocks: Vec<&[Vec<u32>]> = heads.chunks(BLOCK).collect();
        let found = blocks.par_iter().map(|heads| self.search_block(&left, heads, least as f32));
        found.collect::<Vec<Sets>>().concat()
    }

    fn search_block(&self, left: &[f32], heads: &[Vec<u32>], least: f32) -> Sets {
        let n_players = self.seen.n_players();
        let behind = |head: &[u32]| head.last().map_or(0, |&last| last as usize + 1);
        let first = behind(&heads[0]);
        let mut signed = Mat::<f32>::zeros(left.len(), heads.len());
        for (at, head) in heads.iter().enumerate() {
            let column = signed.col_as_slice_mut(at);
            column.copy_from_slice(left);
            for &player in head {
                column.iter_mut().zip(self.matrix.col_as_slice(player as usize)).for_each(|(a, sign)| *a *= sign);
            }
        }
        let tails = self.matrix.as_ref().subcols(first, n_players - first);
        let mut products = Mat::<f32>::zeros(n_players - first, heads.len());
        matmul(&mut products, Accum::Replace, tails.transpose(), &signed, 1.0, Par::Seq);
        let mut found = Vec::new();
        for (at, head) in heads.iter().enumerate() {
            for player in behind(head)..n_players {
                if products[(player - first, at)].abs() >= least {
                    found.push([head.as_slice(), &[player as u32]].concat());
                }
            }
        }
        found
    }
}

/// Sets of more players than were gone through, one player away from a known set.
fn neighbours(n_players: usize, known: &[Vec<u32>], searched: usize) -> BTreeSet<Vec<u32>> {
    let mut sets = BTreeSet::new();
    for set in known {
        if set.len() > searched + 1 {
            sets.extend((0..set.len()).map(|at| [&set[..at], &set[at + 1..]].concat()));
        }
        if (searched..MOST_DEGREE).contains(&set.len()) {
            for player in 0..n_players as u32 {
                if let Err(at) = set.binary_search(&player) {
                    sets.insert([&set[..at], &[player], &set[at..]].concat());
                }
            }
        }
    }
    sets
}
