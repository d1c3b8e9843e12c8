//! Unbiased KernelSHAP (Covert & Lee, 2021), without a solve.
//!
//! The regression of [`kernel`](crate::kernel) with the expectation of its Gram matrix in place of the matrix itself is
//! unbiased; and since that matrix is the identity plus a constant, the solution collapses to a mean over coalitions:
//! the total over `n`, plus the mean of `2 H (z - |z| / n) v(z)` over coalitions drawn by the Shapley kernel, `H` the
//! harmonic number of `n - 1`. It is SHAP-IQ of order 1 (Fumagalli et al., 2023).
//!
//! Here the mean is taken size by size, over pairs of complements drawn without replacement. What depends on the
//! size alone has no influence on the mean but on its spread, so the straight line from the empty to the full value is
//! taken out first. Unbiased at every budget, exact at full budget; the values add up to the total.

use einthoven_game::design::pairs::{self, Pairs, Plan};
use einthoven_game::design::sizes::{Law, kernel_mass};
use einthoven_game::{Attribution, Design, Index, Kind, Values};

use crate::Result;
use crate::attribute::{self, Estimate};
use crate::mean::{self, Term};

const METHOD: &str = "unbiased-kernel";

/// The smallest budget: two pairs, or all coalitions.
pub fn smallest_budget(n_players: usize) -> usize {
    pairs::two_pairs(n_players)
}

/// Pairs of coalitions to evaluate, their sizes drawn in proportion to `1 / (s (n - s))`.
pub fn design(n_players: usize, budget: usize, seed: u64) -> Result<Design> {
    let plan = Plan { method: METHOD, smallest: smallest_budget(n_players), law: Law::Kernel, forced: 0 };
    Ok(pairs::design(&plan, n_players, budget, seed)?)
}

/// The Shapley values of each output.
pub fn estimate(design: &Design, values: &Values) -> Result<Vec<Attribution>> {
    design.check_values(METHOD, values)?;
    let n_players = design.rows.n_players();
    let n = n_players as f64;
    let pairs = Pairs::read(METHOD, design)?;
    let totals: Vec<f64> =
        (0..values.n_outputs()).map(|output| values.get(1, output) - values.get(0, output)).collect();
    let term = Term {
        // The mean of z over a size.
        centre: &|size| size as f64 / n,
        weight: &|size| n / 2.0 * kernel_mass(n_players, size),
        trend: &|size, output| (2.0 * size as f64 / n - 1.0) * totals[output],
    };
    let (mut found, variances) = mean::over_pairs(design, &pairs, values, &term);
    for (found, total) in found.chunks_exact_mut(n_players).zip(&totals) {
        found.iter_mut().for_each(|value| *value += total / n);
    }
    let kind = if pairs.complete() { Kind::Exact } else { Kind::Unbiased };
    let warnings = mean::warnings(&pairs);
    let estimate =
        Estimate { method: METHOD, index: Index::Sv, kind, values: found, variances: Some(variances), warnings };
    Ok(attribute::attribute(design, values, &estimate))
}
