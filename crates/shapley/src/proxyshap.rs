//! ProxySHAP at order 1 (arXiv 2605.22738): boosted trees that stand in for the game, corrected by what they miss.
//!
//! Trees are fitted to all values; their Shapley values are read off exactly, and what the trees miss of the pairs that they
//! have seen is added as in [`unbiased_kernel`](crate::unbiased_kernel). Trees have seen what they are corrected by, so the
//! correction is too small: some bias is left, in exchange for little variance. Consistent, exact at full budget.
//!
//! How many trees of which depth suit the game is tried out: shallow ones where few players act together, deep ones where
//! many do. Taken are those that miss least of two fifths of the pairs, which they have not seen. Standard errors come from what
//! such trees miss of pairs that they have not seen.

use einthoven_game::design::folds;
use einthoven_game::design::pairs::Pairs;
use einthoven_game::{Attribution, Design, Index, Kind, Values};

use crate::attribute::{self, Estimate};
use crate::proxy::{self, Proxies};
use crate::{Result, mean};

const METHOD: &str = "proxyshap";

/// The smallest budget: a pair for each fold.
pub fn smallest_budget(n_players: usize) -> usize {
    folds::smallest_budget(n_players)
}

/// Pairs of coalitions to evaluate, their sizes drawn in proportion to the root of `1 / (s (n - s))`.
pub fn design(n_players: usize, budget: usize, seed: u64) -> Result<Design> {
    proxy::design(METHOD, n_players, budget, seed)
}

/// The Shapley values of each output.
pub fn estimate(design: &Design, values: &Values) -> Result<Vec<Attribution>> {
    design.check_values(METHOD, values)?;
    let pairs = Pairs::read(METHOD, design)?;
    let (mut found, mut variances) = (Vec::new(), Vec::new());
    for output in 0..values.n_outputs() {
        let proxies = Proxies::new(design, values, &pairs, output);
        let params = proxies.best();
        found.extend(proxies.in_sample(&proxies.of_all(params)));
        variances.extend(proxies.variances(&proxies.unseen(&proxies.of_folds(params))));
    }
    let kind = if pairs.complete() { Kind::Exact } else { Kind::Consistent };
    let warnings = mean::warnings(&pairs);
    let variances = Some(variances);
    let estimate = Estimate { method: METHOD, index: Index::Sv, kind, values: found, variances, warnings };
    Ok(attribute::attribute(design, values, &estimate))
}
