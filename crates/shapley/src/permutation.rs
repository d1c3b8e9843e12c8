//! Antithetic permutation sampling (Castro, Gómez & Tejada, 2009; reversed walks as by Mitchell et al., 2022).
//!
//! A walk adds the players one by one in random order; what a player changes when it comes in has the Shapley value as
//! its mean. Each walk is paired with its reverse, which makes the mean of the two exact on games of at most pair
//! effects. A walk costs one coalition per player but one; coalitions that were seen before cost nothing.
//!
//! The estimate is exactly unbiased although the number of walks depends on how many coalitions they share. Renaming
//! all players in all walks at once changes neither that number nor the odds of the walks, and averaged over all
//! renamings each walk gives each player its Shapley value. So whichever walks are taken, as long as only the overlap
//! of their coalitions decides, the mean is right.

use std::collections::HashMap;

use einthoven_game::rng;
use einthoven_game::{Attribution, Coalitions, Design, Draw, Kind, Values};
use rand::seq::SliceRandom;

use crate::attribute::{self, Estimate};
use crate::{Error, Result};

const METHOD: &str = "permutation";
/// Fewer pairs of walks than this give standard errors that are rough.
const FEW_PAIRS: usize = 10;
/// Draws per coalition of budget after which a design ends.
const MOST_DRAWS: usize = 20;

/// The smallest budget: one walk and its reverse.
pub fn smallest_budget(n_players: usize) -> usize {
    2 * n_players.max(1)
}

/// Walks and their reverses. A draw is a step: its role is the player that comes in, its row the coalition with that
/// player, its stratum the number of the walk; walk `2k + 1` is the reverse of walk `2k`.
pub fn design(n_players: usize, budget: usize, seed: u64) -> Result<Design> {
    let smallest = smallest_budget(n_players);
    if n_players == 0 {
        return Err(Error::Request("attribute to no players: expected at least one".to_owned()));
    }
    if budget < smallest {
        return Err(Error::Budget { method: METHOD, n_players, budget, smallest });
    }
    let mut walks = Walks::new(n_players);
    let all = 1usize.checked_shl(n_players as u32).filter(|_| n_players < 64).unwrap_or(usize::MAX);
    let most_draws = budget.saturating_mul(MOST_DRAWS);
    let mut order: Vec<usize> = (0..n_players).collect();
    for index in 0.. {
        // Each pair has its own stream, so that a larger budget begins with the walks of a smaller one.
        order.shuffle(&mut rng::stream(seed, "permutation", index));
        let new = walks.count_new(&order);
        if walks.rows.len() + new > budget || walks.draws.len() + 2 * n_players > most_draws {
            break;
        }
        walks.push(&order);
        order.reverse();
        walks.push(&order);
        order.sort_unstable();
        if walks.rows.len() == all {
            break;
        }
    }
    Ok(Design { rows: walks.rows, draws: walks.draws })
}

/// The mean of each player's steps, for each output. Standard errors come from the spread between pairs of walks.
pub fn estimate(design: &Design, values: &Values) -> Result<Vec<Attribution>> {
    attribute::check(METHOD, design, values)?;
    let n_players = design.rows.n_players();
    check_walks(design)?;
    let n_pairs = design.draws.len() / (2 * n_players);
    let length = values.n_outputs() * n_players;
    let (mut mean, mut squares) = (vec![0.0; length], vec![0.0; length]);
    let mut pair = vec![0.0; length];
    for (index, draws) in design.draws.chunks_exact(2 * n_players).enumerate() {
        pair.fill(0.0);
        draws.chunks_exact(n_players).for_each(|walk| add_walk(walk, values, n_players, &mut pair));
        // Welford's update: no difference of large sums.
        for ((mean, squares), pair) in mean.iter_mut().zip(&mut squares).zip(&pair) {
            let before = pair - *mean;
            *mean += before / (index + 1) as f64;
            *squares += before * (pair - *mean);
        }
    }
    // Both orders of two players are all there are.
    let exact = n_players <= 2;
    let mut warnings = Vec::new();
    let variances = match n_pairs {
        _ if exact => Some(vec![0.0; length]),
        0 | 1 => {
            warnings.push("only one pair of walks: the errors of the values are unknown".to_owned());
            None
        }
        _ => {
            if n_pairs < FEW_PAIRS {
                warnings.push(format!("only {n_pairs} pairs of walks: the errors of the values are rough"));
            }
            Some(squares.iter().map(|squares| squares / ((n_pairs - 1) * n_pairs) as f64).collect())
        }
    };
    let kind = if exact { Kind::Exact } else { Kind::Unbiased };
    Ok(attribute::attribute(design, values, &Estimate { method: METHOD, kind, values: mean, variances, warnings }))
}

/// Adds half of each player's step, `[outputs, players]`.
fn add_walk(walk: &[Draw], values: &Values, n_players: usize, pair: &mut [f64]) {
    let mut before = values.row(0);
    for step in walk {
        let after = values.row(step.row as usize);
        for (output, (before, after)) in before.iter().zip(after).enumerate() {
            pair[output * n_players + step.role as usize] += (after - before) / 2.0;
        }
        before = after;
    }
}

/// The walks of a design in the making.
struct Walks {
    rows: Coalitions,
    draws: Vec<Draw>,
    row_of: HashMap<Vec<u32>, u32>,
    n_walks: u32,
}

impl Walks {
    fn new(n_players: usize) -> Self {
        let mut rows = Coalitions::new(n_players);
        rows.push_empty();
        rows.push_full();
        let row_of = (0..2).map(|row| (rows.row(row).words().to_vec(), row as u32)).collect();
        Self { rows, draws: Vec::new(), row_of, n_walks: 0 }
    }

    /// How many coalitions the walk and its reverse would add. The prefixes of the reverse are the complements of the
    /// prefixes of the walk; a walk and its reverse share none but the ends.
    fn count_new(&self, order: &[usize]) -> usize {
        let mut prefix = Coalitions::new(self.rows.n_players());
        order
            .iter()
            .scan(vec![0; self.rows.words_per_row()], |words, &player| {
                words[player / 32] |= 1 << (player % 32);
                Some(words.clone())
            })
            .for_each(|words| prefix.push_words(&words));
        let is_new = |words: &[u32]| usize::from(!self.row_of.contains_key(words));
        prefix.iter().map(|row| is_new(row.words()) + is_new(&row.complement())).sum()
    }

    fn push(&mut self, order: &[usize]) {
        let mut words = vec![0; self.rows.words_per_row()];
        for &player in order {
            words[player / 32] |= 1 << (player % 32);
            let next = self.rows.len() as u32;
            let row = *self.row_of.entry(words.clone()).or_insert(next);
            if row == next {
                self.rows.push_words(&words);
            }
            self.draws.push(Draw { row, role: player as u32, weight: 1.0, stratum: self.n_walks });
        }
        self.n_walks += 1;
    }
}

/// Fails unless the draws are walks in pairs, each from nobody to everybody.
fn check_walks(design: &Design) -> Result<()> {
    let n_players = design.rows.n_players();
    let wrong = |reason: &str| Err(Error::Design { method: METHOD, reason: reason.to_owned() });
    if design.draws.is_empty() || !design.draws.len().is_multiple_of(2 * n_players) {
        return wrong("expected at least one walk and its reverse, a draw for each player");
    }
    for walk in design.draws.chunks_exact(n_players) {
        let mut words = vec![0; design.rows.words_per_row()];
        for step in walk {
            let player = step.role as usize;
            if player >= n_players || step.row as usize >= design.rows.len() {
                return wrong("a draw uses a player or a row that is not there");
            }
            words[player / 32] |= 1 << (player % 32);
            if design.rows.row(step.row as usize).words() != words {
                return wrong("expected each draw to add one player to the coalition of the draw before it");
            }
        }
        if design.rows.row(walk[n_players - 1].row as usize).size() != n_players {
            return wrong("expected each walk to end with everybody");
        }
    }
    Ok(())
}
