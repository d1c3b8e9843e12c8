//! Antithetic permutation sampling (Castro, Gómez & Tejada, 2009; reversed walks as by Mitchell et al., 2022).
//!
//! A walk adds the players one by one in random order; what a player changes when it comes in has the Shapley value as
//! its mean. Each walk is paired with its reverse, which makes the mean of the two exact on games of at most pair
//! effects.
//!
//! The estimate is exactly unbiased although the number of walks depends on how many coalitions they share. Renaming
//! all players in all walks at once changes neither that number nor the odds of the walks, and averaged over all
//! renamings each walk gives each player its Shapley value. So whichever walks are taken, as long as only the overlap
//! of their coalitions decides, the mean is right.

use einthoven_game::rng;
use einthoven_game::{Attribution, Design, Index, Values};
use rand::seq::SliceRandom;

use crate::{Result, walks};

const METHOD: &str = "permutation";

/// The smallest budget: one walk and its reverse.
pub fn smallest_budget(n_players: usize) -> usize {
    walks::smallest_budget(n_players)
}

/// Walks and their reverses. A draw is a step: its role is the player that comes in, its row the coalition with that
/// player, its stratum the number of the pair of walks.
pub fn design(n_players: usize, budget: usize, seed: u64) -> Result<Design> {
    walks::design(METHOD, n_players, budget, u64::MAX, |index| {
        let mut order: Vec<usize> = (0..n_players).collect();
        // Each pair has its own stream, so that a larger budget begins with the walks of a smaller one.
        order.shuffle(&mut rng::stream(seed, "permutation", index));
        (order, index as u32)
    })
}

/// The mean of each player's steps, for each output. Standard errors come from the spread between pairs of walks.
pub fn estimate(design: &Design, values: &Values) -> Result<Vec<Attribution>> {
    walks::estimate(METHOD, Index::Sv, design, values)
}
