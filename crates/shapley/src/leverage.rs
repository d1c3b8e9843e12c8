//! LeverageSHAP: KernelSHAP whose coalitions are drawn by their leverage (Musco & Witter, 2025).
//!
//! The leverage of a coalition says how much the regression of [`kernel`] hangs on it. It comes out the same
//! for all sizes together: each size gets the same number of pairs, or all there are. Middle sizes get more than their
//! mass under the Shapley kernel, and weigh less; the number of evaluations that an error needs then has a bound that
//! does not know the game.
//!
//! Consistent, not unbiased; exact on games of at most pair effects, and at full budget.

use einthoven_game::design::pairs::{self, Plan};
use einthoven_game::design::sizes::Law;
use einthoven_game::{Attribution, Design, Values};

use crate::{Result, kernel, odd};

const METHOD: &str = "leverage";

/// The smallest budget with which the system can have full rank: one pair for each player but one.
pub fn smallest_budget(n_players: usize) -> usize {
    kernel::smallest_budget(n_players)
}

/// Pairs of coalitions to evaluate, as many of each size.
pub fn design(n_players: usize, budget: usize, seed: u64) -> Result<Design> {
    let plan = Plan { method: METHOD, smallest: smallest_budget(n_players), law: Law::Uniform, forced: 0 };
    Ok(pairs::design(&plan, n_players, budget, seed)?)
}

/// The Shapley values of each output, with standard errors unless there are as many unknowns as pairs.
pub fn estimate(design: &Design, values: &Values) -> Result<Vec<Attribution>> {
    odd::estimate(METHOD, design, values)
}
