//! LIME: the coefficients of a local linear surrogate (Ribeiro, Singh & Guestrin, 2016).
//!
//! Coalitions are drawn all alike, in pairs with their complements; the closer one is to the full coalition, the more it weighs:
//! `exp(-d^2 / (2 * 0.25^2))` for a cosine distance of `d = 1 - sqrt(s / n)`, as in LIME for images. A linear function
//! with a free intercept is fitted by ridge regression with a penalty of 1 against one evaluation's weight.
//!
//! The coefficients are no Shapley values: they need not add up to the total, and no budget makes them so. They are here
//! because people compare with them.

use einthoven_fit::ridge::{self, Ridge};
use einthoven_game::design::pairs::{self, Pairs, Plan};
use einthoven_game::design::sizes::{self, Law};
use einthoven_game::{Attribution, Design, Index, Kind, Values};

use crate::attribute::{self, Estimate};
use crate::{Result, mean};

const METHOD: &str = "lime";
/// Width of the kernel, in units of cosine distance.
const WIDTH: f64 = 0.25;
/// Penalty on the squares of the coefficients.
pub const LAMBDA: f64 = 1.0;

/// What a coalition of this size weighs: by its cosine distance from the full one.
pub fn nearness(n_players: usize, size: usize) -> f64 {
    let distance = 1.0 - (size as f64 / n_players as f64).sqrt();
    (-distance * distance / (2.0 * WIDTH * WIDTH)).exp()
}

/// The smallest budget: two pairs, or all coalitions.
pub fn smallest_budget(n_players: usize) -> usize {
    pairs::two_pairs(n_players)
}

/// Pairs of coalitions to evaluate, all coalitions alike.
pub fn design(n_players: usize, budget: usize, seed: u64) -> Result<Design> {
    let plan = Plan { method: METHOD, smallest: smallest_budget(n_players), law: Law::Binomial, forced: 0 };
    Ok(pairs::design(&plan, n_players, budget, seed)?)
}

/// The coefficients of each output.
pub fn estimate(design: &Design, values: &Values) -> Result<Vec<Attribution>> {
    design.check_values(METHOD, values)?;
    let n_players = design.rows.n_players();
    let pairs = Pairs::read(METHOD, design)?;
    let ln_pairs = sizes::ln_pairs(n_players);
    let n_rows = design.rows.len() as f64;
    // The share of all coalitions that a row stands for, times the number of rows: one if all are drawn alike.
    let ln_all = n_players as f64 * std::f64::consts::LN_2;
    let alike = |size: usize, share: f64| n_rows * share * (ln_pairs[size - 1] - ln_all).exp();
    let near = |size: usize| nearness(n_players, size);
    let end = n_rows * (-ln_all).exp();
    let mut rows = vec![(0, end * near(0)), (1, end * near(n_players))];
    for pair in &pairs.all {
        let weight = alike(pair.size, pair.share);
        rows.push((pair.row, weight * near(pair.size)));
        rows.push((pair.complement, weight * near(n_players - pair.size)));
    }
    // Far from the full coalition, among many players, weights may be zero.
    rows.retain(|(_, weight)| *weight > 0.0);
    let weights: Vec<f64> = rows.iter().map(|(_, weight)| *weight).collect();
    let targets: Vec<f64> = rows.iter().flat_map(|(row, _)| values.row(*row).to_vec()).collect();
    let row = |at: usize, out: &mut [f64]| {
        out.fill(0.0);
        design.rows.row(rows[at].0).players().for_each(|player| out[player] = 1.0);
    };
    let ridge = Ridge {
        n_unknowns: n_players,
        weights: &weights,
        targets: &targets,
        n_outputs: values.n_outputs(),
        lambda: LAMBDA,
        row: &row,
    };
    let solution = ridge::solve(&ridge)?;
    let variances = if pairs.complete() { vec![0.0; solution.variances.len()] } else { solution.variances };
    let mut warnings = mean::warnings(&pairs);
    warnings.push("coefficients of LIME are no Shapley values: they do not add up to the total".to_owned());
    let (found, variances) = (solution.coefficients, Some(variances));
    let estimate =
        Estimate { method: METHOD, index: Index::Lime, kind: Kind::Biased, values: found, variances, warnings };
    Ok(attribute::attribute(design, values, &estimate))
}
