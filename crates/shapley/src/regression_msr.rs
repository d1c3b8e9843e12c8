//! RegressionMSR (Witter et al., 2025): boosted trees, corrected by what they miss of pairs that they have not seen.
//!
//! The pairs are split into folds within each size; the trees of a fold see the other folds. Their Shapley values are read
//! off exactly, and what they miss is estimated as in [`unbiased_kernel`](crate::unbiased_kernel) and added: pairs that the
//! trees have seen count for themselves, those of the fold for all that they have not seen. So the mean over the folds is
//! unbiased even for trees that know their pairs by heart, as long as each size that is not enumerated has a pair for each
//! fold. Exact at full budget.

use einthoven_game::design::folds;
use einthoven_game::design::pairs::Pairs;
use einthoven_game::{Attribution, Design, Index, Kind, Values};

use crate::attribute::{self, Estimate};
use crate::proxy::{self, CANDIDATES, Proxies};
use crate::{Result, mean};

const METHOD: &str = "regression-msr";

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
        // Always the same kind of trees: to choose among several by what they miss would be a bias.
        let trees = proxies.of_folds(&CANDIDATES[0]);
        found.extend(proxies.out_of_fold(&trees));
        variances.extend(proxies.variances(&proxies.unseen(&trees)));
    }
    let mut warnings = mean::warnings(&pairs);
    let kind = match folds::thin_sizes(&pairs) {
        0 if pairs.complete() => Kind::Exact,
        0 => Kind::Unbiased,
        thin => {
            warnings.push(folds::thin_warning(thin));
            Kind::Consistent
        }
    };
    let variances = Some(variances);
    let estimate = Estimate { method: METHOD, index: Index::Sv, kind, values: found, variances, warnings };
    Ok(attribute::attribute(design, values, &estimate))
}
