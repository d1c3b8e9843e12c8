//! Antithetic permutation sampling (Castro, Gómez & Tejada, 2009; reversed walks as by Mitchell et al., 2022).
//!
//! A walk adds the players one by one in random order; what a player changes when it comes in has the Shapley value as
//! its mean. Each walk is paired with its reverse, which makes the mean of the two exact on games of at most pair
//! effects. The orders are independent, or in blocks that cover all orders more evenly: directions that are
//! orthogonal, or points of a Sobol sequence (Mitchell et al., 2022).
//!
//! A budget too small for a walk and its reverse buys a single walk, which is unbiased too: what an explainer that is
//! trained on many records asks for, where the records take the place of the standard error that one walk does not have.
//!
//! The estimate is exactly unbiased although the number of walks depends on how many coalitions they share. Renaming
//! all players in all walks at once changes neither that number nor the odds of the walks, and averaged over all
//! renamings each walk gives each player its Shapley value. So whichever walks are taken, as long as only the overlap
//! of their coalitions decides, the mean is right.

use einthoven_game::design::check_budget;
use einthoven_game::{Attribution, Design, Index, Values};

use crate::orders::{Family, Orders};
use crate::{Result, walks};

const METHOD: &str = "permutation";

/// The smallest budget: one walk, with the empty and the full coalition. One with its reverse takes `2 n`.
pub fn smallest_budget(n_players: usize) -> usize {
    n_players.max(1) + 1
}

/// Walks and their reverses. A draw is a step: its role is the player that comes in, its row the coalition with that
/// player, its stratum the number of the pair of walks. Below `2 n` coalitions it is the first of the walks alone.
pub fn design(n_players: usize, budget: usize, seed: u64) -> Result<Design> {
    check_budget(METHOD, n_players, budget, smallest_budget(n_players))?;
    if budget < walks::smallest_budget(n_players) {
        let (order, _) = Orders::new(Family::Independent, n_players, seed).get(0);
        return Ok(walks::single(n_players, &order));
    }
    of_family(METHOD, Family::Independent, n_players, budget, seed)
}

/// The mean of each player's steps, for each output. Standard errors come from the spread between pairs of walks; a single
/// walk has none.
pub fn estimate(design: &Design, values: &Values) -> Result<Vec<Attribution>> {
    match design.draws.len() == design.rows.n_players() {
        true => walks::estimate_single(METHOD, Index::Sv, design, values),
        false => walks::estimate(METHOD, Index::Sv, design, values),
    }
}

/// The same with orders along orthogonal directions, in blocks of up to eight.
pub mod orthogonal {
    use super::*;

    const METHOD: &str = "orthogonal-permutation";

    /// Walks and their reverses. The stratum of a draw is the number of its block.
    pub fn design(n_players: usize, budget: usize, seed: u64) -> Result<Design> {
        of_family(METHOD, Family::Orthogonal, n_players, budget, seed)
    }

    /// The mean of each player's steps, for each output. Standard errors come from the spread between blocks.
    pub fn estimate(design: &Design, values: &Values) -> Result<Vec<Attribution>> {
        walks::estimate(METHOD, Index::Sv, design, values)
    }
}

/// The same with orders from a scrambled Sobol sequence, in blocks of eight.
pub mod sobol {
    use super::*;

    const METHOD: &str = "sobol-permutation";

    /// Walks and their reverses. The stratum of a draw is the number of its block.
    pub fn design(n_players: usize, budget: usize, seed: u64) -> Result<Design> {
        of_family(METHOD, Family::Sobol, n_players, budget, seed)
    }

    /// The mean of each player's steps, for each output. Standard errors come from the spread between blocks.
    pub fn estimate(design: &Design, values: &Values) -> Result<Vec<Attribution>> {
        walks::estimate(METHOD, Index::Sv, design, values)
    }
}

fn of_family(method: &'static str, family: Family, n_players: usize, budget: usize, seed: u64) -> Result<Design> {
    let mut orders = Orders::new(family, n_players, seed);
    walks::design(method, n_players, budget, u64::MAX, |index| orders.get(index))
}
