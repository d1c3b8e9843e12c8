//! PolySHAP: KernelSHAP with interactions (Fumagalli et al., 2026).
//!
//! A game is fitted by a polynomial of higher order instead of an additive one, and each coefficient is shared out
//! among its players. With paired coalitions the even orders drop out: KernelSHAP in pairs is already the polynomial of
//! order 2, order 3 adds the sets of three players, order 5 those of five. This estimator takes the highest odd order, up
//! to five, that leaves two pairs of coalitions for each unknown; where that is the first, it is
//! [`leverage`](crate::leverage), and says so.
//!
//! Consistent, not unbiased; exact on games of at most one order more than it fits, and at full budget.

use einthoven_game::design::pairs::{self, Pairs, Plan};
use einthoven_game::design::sizes::Law;
use einthoven_game::design::subset::for_each_subset;
use einthoven_game::{Attribution, Design, Values};

use crate::odd::{self, OddFit, Support};
use crate::{Result, kernel};

const METHOD: &str = "polyshap";
/// The highest order that is fitted.
const MAX_ORDER: usize = 5;
/// Pairs of coalitions for each unknown.
const PAIRS_PER_UNKNOWN: usize = 2;

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
    design.check_values(METHOD, values)?;
    let pairs = Pairs::read(METHOD, design)?;
    let support = support(design.rows.n_players(), pairs.all.len() / PAIRS_PER_UNKNOWN);
    let fit = OddFit { design, pairs: &pairs, support: &support };
    let outputs: Vec<usize> = (0..values.n_outputs()).collect();
    let mut found = fit.solve(values, &outputs)?;
    if support.larger.is_empty() && design.rows.n_players() > 2 && !pairs.complete() {
        let reason = "the budget leaves no room for sets of three players: these are the values of leverage";
        found.warnings.push(reason.to_owned());
    }
    odd::finish(METHOD, design, &pairs, values, found)
}

/// All sets of three players, and of five, that fit into so many unknowns beside the single players.
fn support(n_players: usize, most_unknowns: usize) -> Support {
    let mut support = Support::singles(n_players);
    let mut n_unknowns = n_players as f64;
    for order in (3..=MAX_ORDER.min(n_players)).step_by(2) {
        let subsets: f64 = (0..order).map(|at| (n_players - at) as f64 / (order - at) as f64).product();
        n_unknowns += subsets.round();
        if n_unknowns > most_unknowns as f64 {
            break;
        }
        for_each_subset(n_players, order, |subset| {
            support.larger.push(subset.iter().map(|&player| player as u32).collect());
        });
    }
    support
}
