//! OddSHAP: a regression on those odd sets that matter (arXiv 2602.01399).
//!
//! Shapley values depend on the odd part of a game alone: on single players and on odd sets of three and more. There are
//! too many of the latter to fit them all, but few of them matter. Boosted trees that have seen the same values say which:
//! their Walsh-Hadamard spectrum is exact, and its largest odd coefficients join the single players in the
//! [regression](crate::polyshap). The trees only choose; the values come from the regression, so that what the trees have
//! missed costs accuracy and nothing else.
//!
//! A budget of `m` evaluations is enough for `m / 10` sets. Where that is less than one for each player, the players that
//! matter least to the trees are left out: nobody can tell them apart from nothing, and to try ruins the others.
//!
//! Consistent, not unbiased; exact at full budget. Standard errors take the choice of the sets for granted.

use einthoven_fit::trees::{self, Params};
use einthoven_game::design::pairs::{self, Pairs, Plan};
use einthoven_game::design::sizes::Law;
use einthoven_game::{Attribution, Design, Values};

use crate::odd::{self, OddFit, OddValues, Support};
use crate::{Result, kernel};

const METHOD: &str = "oddshap";
/// Evaluations for each unknown of the regression.
const EVALUATIONS_PER_UNKNOWN: usize = 10;
/// Trees that choose the sets: more than it takes to predict, since small coefficients come late.
const SCREEN_TREES: usize = 300;
/// Most players of a set.
const MAX_ORDER: usize = 9;

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
    let n_players = design.rows.n_players();
    let tenth = design.rows.len().div_ceil(EVALUATIONS_PER_UNKNOWN);
    let most = if pairs.complete() { tenth.max(n_players) } else { tenth };
    let mut all = OddValues { variances: Some(Vec::new()), ..OddValues::default() };
    for output in 0..values.n_outputs() {
        let support = screen(design, &pairs, values, output, most);
        let fit = OddFit { design, pairs: &pairs, support: &support };
        all.append(fit.solve(values, &[output])?);
    }
    if most < n_players {
        let reason = format!("the budget is enough for {most} players: the others are taken to change nothing alone");
        all.warnings.push(reason);
    }
    odd::finish(METHOD, design, &pairs, values, all)
}

/// The single players and the larger odd sets with the largest coefficients in the spectrum of boosted trees, at most so many:
/// single players first.
fn screen(design: &Design, pairs: &Pairs, values: &Values, output: usize, most: usize) -> Support {
    let n_players = design.rows.n_players();
    if most == n_players {
        return Support::singles(n_players);
    }
    let mut rows = vec![0, 1];
    rows.extend(pairs.all.iter().flat_map(|pair| [pair.row as u32, pair.complement as u32]));
    let targets: Vec<f64> = rows.iter().map(|&row| values.get(row as usize, output)).collect();
    let min_rows = Params::default().min_rows.min(rows.len() / 8).max(1);
    let params = Params { trees: SCREEN_TREES, min_rows, ..Params::default() };
    let trees = trees::fit(&design.rows, &rows, &targets, &params);
    let kept = |size: usize| size % 2 == 1 && size <= MAX_ORDER;
    let (singles, larger): (Vec<_>, Vec<_>) =
        trees.spectrum(kept).into_iter().partition(|(players, _)| players.len() == 1);
    let mut support = Support::singles(n_players);
    // Trees that found nothing leave nobody out.
    if most < n_players && !singles.is_empty() {
        support.singles = singles.into_iter().take(most).map(|(players, _)| players[0]).collect();
        support.singles.sort_unstable();
    } else if most > n_players {
        support.larger = larger.into_iter().take(most - n_players).map(|(players, _)| players).collect();
    }
    support
}
