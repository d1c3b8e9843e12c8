//! KernelSHAP: Shapley values by weighted least squares (Lundberg & Lee, 2017; paired as by Covert & Lee, 2021).
//!
//! Shapley values are the additive game that is closest to the game, when a coalition of `s` players weighs
//! `1 / (s (n - s) C(n, s))` and the sum is right. Sizes are drawn in proportion to their mass under these weights, so
//! that all sampled pairs weigh the same; small and large sizes are enumerated while that pays. Drawing is without
//! replacement, with complements; the constraint on the sum is eliminated, and combinatorial weights are cancelled on
//! paper, so any number of players works.
//!
//! The answer is a ratio of sums: consistent, not unbiased; exact on games of at most pair effects, and at full budget.

use einthoven_game::design::pairs::{self, Plan};
use einthoven_game::design::sizes::Law;
use einthoven_game::{Attribution, Design, Values};

use crate::{Result, odd};

const METHOD: &str = "kernel";

/// The smallest budget with which the system can have full rank: one pair for each player but one.
pub fn smallest_budget(n_players: usize) -> usize {
    2 * n_players.max(1)
}

/// A budget that gives the system full rank, and so many rows per unknown that the fit is worth its while: eight
/// coalitions per player. With fewer, permutations are often closer. Up to some 30 players it enumerates all single
/// players, which is enough for full rank. Beyond, a draw tells two given players apart with probability
/// `1 / H(n - 1)`, a harmonic number, and so many draws leave some two players alike with odds far below one in a
/// million.
pub fn safe_budget(n_players: usize) -> usize {
    odd::safe_budget(n_players)
}

/// Pairs of coalitions to evaluate, their sizes drawn in proportion to `1 / (s (n - s))`.
pub fn design(n_players: usize, budget: usize, seed: u64) -> Result<Design> {
    let plan = Plan { method: METHOD, smallest: smallest_budget(n_players), law: Law::Kernel, forced: 0 };
    Ok(pairs::design(&plan, n_players, budget, seed)?)
}

/// The Shapley values of each output, with standard errors unless there are as many unknowns as pairs.
pub fn estimate(design: &Design, values: &Values) -> Result<Vec<Attribution>> {
    odd::estimate(METHOD, design, values)
}
