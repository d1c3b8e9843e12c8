//! Banzhaf values with maximum sample reuse (Wang & Jia, 2023).
//!
//! The Banzhaf value of a player is the mean value of the coalitions with it minus the mean of those without it, all
//! coalitions alike. Every evaluation serves all players. Here coalitions come in pairs of complements: as many with each
//! player as without, and what does not change with the complement drops out. Drawn size by size without replacement,
//! the estimate is unbiased at every budget, and exact at full budget.

use einthoven_game::design::pairs::{self, Pairs, Plan};
use einthoven_game::design::sizes::{self, Law};
use einthoven_game::{Attribution, Design, Index, Kind, Values};

use crate::Result;
use crate::attribute::{self, Estimate};
use crate::mean::{self, Term};

const METHOD: &str = "msr";

/// The smallest budget: two pairs, or all coalitions.
pub fn smallest_budget(n_players: usize) -> usize {
    pairs::two_pairs(n_players)
}

/// Pairs of coalitions to evaluate, all coalitions alike.
pub fn design(n_players: usize, budget: usize, seed: u64) -> Result<Design> {
    let plan = Plan { method: METHOD, smallest: smallest_budget(n_players), law: Law::Binomial, forced: 0 };
    Ok(pairs::design(&plan, n_players, budget, seed)?)
}

/// The Banzhaf values of each output.
pub fn estimate(design: &Design, values: &Values) -> Result<Vec<Attribution>> {
    design.check_values(METHOD, values)?;
    let n_players = design.rows.n_players();
    let pairs = Pairs::read(METHOD, design)?;
    // Twice the number of pairs over that of all coalitions, for the two members of a pair.
    let ln_half = std::f64::consts::LN_2 * (n_players as f64 - 2.0);
    let weights: Vec<f64> = sizes::ln_pairs(n_players).iter().map(|ln| (ln - ln_half).exp()).collect();
    let term = Term { centre: &|_| 0.5, weight: &|size| weights[size - 1], trend: &|_, _| 0.0 };
    let (mut found, variances) = mean::over_pairs(design, &pairs, values, &term);
    let ends = 2.0 * (-std::f64::consts::LN_2 * n_players as f64).exp();
    for (output, found) in found.chunks_exact_mut(n_players).enumerate() {
        let total = values.get(1, output) - values.get(0, output);
        found.iter_mut().for_each(|value| *value += ends * total);
    }
    let kind = if pairs.complete() { Kind::Exact } else { Kind::Unbiased };
    let warnings = mean::warnings(&pairs);
    let estimate =
        Estimate { method: METHOD, index: Index::Bv, kind, values: found, variances: Some(variances), warnings };
    Ok(attribute::attribute(design, values, &estimate))
}
