//! Proxies: boosted trees that stand in for the game where it was not evaluated.
//!
//! * [ProxySHAP](proxyshap) (arXiv 2605.22738): trees are fitted to all values; the estimate is the exact Shapley values of
//!   the game that is as evaluated where it was, and as the trees say elsewhere. As good as the trees are, with little
//!   variance; exact at full budget, whatever they are.
//! * [RegressionMSR](regression_msr) (Witter et al., 2025): what the trees have missed is estimated from coalitions that
//!   they have not seen, as in [`unbiased_kernel`](crate::unbiased_kernel), and added. The pairs are split into folds within each
//!   size; the trees of a fold see the other folds. The pairs that trees have seen count for themselves, those of the fold for all
//!   that they have not seen: so the mean over the folds is unbiased even for trees that know their pairs by heart, as long
//!   as each size that is not enumerated has a pair for each fold.
//!
//! A pair is one unit throughout: a complement says too much about its coalition to be seen by one and withheld from the other.

use einthoven_fit::trees::{self, Params, Trees};
use einthoven_game::{Attribution, Coalitions, Design, Index, Kind, Values, rng};
use rand::seq::SliceRandom;

use crate::attribute::{self, Estimate};
use crate::pairs::{self, Pair, Pairs, Plan};
use crate::sizes::{self, Law, kernel_mass};
use crate::spread::Spread;
use crate::{Result, mean};

/// Parts into which the pairs are split.
const FOLDS: usize = 5;

/// ProxySHAP at order 1.
pub mod proxyshap {
    use super::*;

    const METHOD: &str = "proxyshap";

    /// The smallest budget: a pair for each fold.
    pub fn smallest_budget(n_players: usize) -> usize {
        super::smallest_budget(n_players)
    }

    /// Pairs of coalitions to evaluate, as many of each size.
    pub fn design(n_players: usize, budget: usize, seed: u64) -> Result<Design> {
        let plan = Plan { method: METHOD, smallest: smallest_budget(n_players), law: Law::Uniform, forced: 0 };
        pairs::design(&plan, n_players, budget, seed)
    }

    /// The Shapley values of each output. Standard errors are those of the jackknife over folds.
    pub fn estimate(design: &Design, values: &Values) -> Result<Vec<Attribution>> {
        attribute::check(METHOD, design, values)?;
        let pairs = Pairs::read(METHOD, design)?;
        let folds = folds(&pairs.all);
        let proxies = Proxies { design, values, pairs: &pairs, folds: &folds };
        let (mut found, mut variances) = (Vec::new(), Vec::new());
        for output in 0..values.n_outputs() {
            let whole = proxies.filled(output, None);
            let parts: Vec<Vec<f64>> = (0..FOLDS).map(|fold| proxies.filled(output, Some(fold))).collect();
            for (player, whole) in whole.iter().enumerate() {
                let middle = parts.iter().map(|part| part[player]).sum::<f64>() / FOLDS as f64;
                let squares: f64 = parts.iter().map(|part| (part[player] - middle).powi(2)).sum();
                found.push(*whole);
                variances.push(if pairs.complete() { 0.0 } else { squares * (FOLDS - 1) as f64 / FOLDS as f64 });
            }
        }
        let kind = if pairs.complete() { Kind::Exact } else { Kind::Consistent };
        let warnings = mean::warnings(&pairs);
        let variances = Some(variances);
        let estimate = Estimate { method: METHOD, index: Index::Sv, kind, values: found, variances, warnings };
        Ok(attribute::attribute(design, values, &estimate))
    }
}

/// RegressionMSR.
pub mod regression_msr {
    use super::*;

    const METHOD: &str = "regression-msr";

    /// The smallest budget: a pair for each fold.
    pub fn smallest_budget(n_players: usize) -> usize {
        super::smallest_budget(n_players)
    }

    /// Pairs of coalitions to evaluate, their sizes drawn in proportion to the root of `1 / (s (n - s))`.
    pub fn design(n_players: usize, budget: usize, seed: u64) -> Result<Design> {
        let plan = Plan { method: METHOD, smallest: smallest_budget(n_players), law: Law::Root, forced: 0 };
        pairs::design(&plan, n_players, budget, seed)
    }

    /// The Shapley values of each output.
    pub fn estimate(design: &Design, values: &Values) -> Result<Vec<Attribution>> {
        attribute::check(METHOD, design, values)?;
        let pairs = Pairs::read(METHOD, design)?;
        let folds = folds(&pairs.all);
        let proxies = Proxies { design, values, pairs: &pairs, folds: &folds };
        let (mut found, mut variances) = (Vec::new(), Vec::new());
        for output in 0..values.n_outputs() {
            let (value, variance) = proxies.corrected(output);
            found.extend(value);
            variances.extend(variance);
        }
        let mut warnings = mean::warnings(&pairs);
        let thin =
            pairs.all.chunk_by(|a, b| a.size == b.size).filter(|class| class[0].sampled && class.len() < FOLDS).count();
        let kind = match thin {
            0 if pairs.complete() => Kind::Exact,
            0 => Kind::Unbiased,
            thin => {
                warnings
                    .push(format!("{thin} sizes have fewer than {FOLDS} pairs: the values are not exactly unbiased"));
                Kind::Consistent
            }
        };
        let variances = Some(variances);
        let estimate = Estimate { method: METHOD, index: Index::Sv, kind, values: found, variances, warnings };
        Ok(attribute::attribute(design, values, &estimate))
    }
}

fn smallest_budget(n_players: usize) -> usize {
    (1usize << n_players.clamp(1, 4)).min(2 * FOLDS + 2)
}

/// The fold of each pair: within a size, and from size to size, in turn, in an order that is drawn.
fn folds(pairs: &[Pair]) -> Vec<usize> {
    let mut folds: Vec<usize> = (0..pairs.len()).map(|at| at % FOLDS).collect();
    let mut start = 0;
    for class in pairs.chunk_by(|a, b| a.size == b.size) {
        // The split must not follow from what was drawn.
        let mut rng = rng::stream(0, "proxy folds", class[0].size as u64);
        folds[start..start + class.len()].shuffle(&mut rng);
        start += class.len();
    }
    folds
}

struct Proxies<'a> {
    design: &'a Design,
    values: &'a Values,
    pairs: &'a Pairs,
    folds: &'a [usize],
}

impl Proxies<'_> {
    /// Trees for one output that have not seen a fold.
    fn fit(&self, output: usize, without: Option<usize>) -> Trees {
        let seen = self.pairs.all.iter().zip(self.folds).filter(|(_, fold)| Some(**fold) != without);
        let mut rows = vec![0, 1];
        seen.for_each(|(pair, _)| rows.extend([pair.row as u32, pair.complement as u32]));
        let targets: Vec<f64> = rows.iter().map(|&row| self.values.get(row as usize, output)).collect();
        trees::fit(&self.design.rows, &rows, &targets, &params(rows.len()))
    }

    /// What trees miss of a pair's difference.
    fn missed(&self, trees: &Trees, pair: &Pair, output: usize) -> f64 {
        let rows = &self.design.rows;
        let rest = |row: usize| self.values.get(row, output) - trees.predict(rows.row(row));
        rest(pair.row) - rest(pair.complement)
    }

    /// Shapley values of the game that is as evaluated where it was, without a fold, and as the trees say elsewhere.
    fn filled(&self, output: usize, without: Option<usize>) -> Vec<f64> {
        let trees = self.fit(output, without);
        let populations = sizes::pairs(self.design.rows.n_players());
        let mut values = self.with_ends(&trees, output);
        for (pair, fold) in self.pairs.all.iter().zip(self.folds) {
            if Some(*fold) != without {
                let missed = self.missed(&trees, pair, output) / populations[pair.size - 1];
                self.add(pair, missed, &mut values);
            }
        }
        values
    }

    /// The mean over the folds of what their trees say and of what they miss, and its variance.
    fn corrected(&self, output: usize) -> (Vec<f64>, Vec<f64>) {
        let n_players = self.design.rows.n_players();
        let populations = sizes::pairs(n_players);
        let mut values = vec![0.0; n_players];
        let mut unseen = vec![0.0; self.pairs.all.len()];
        for fold in 0..FOLDS {
            let trees = self.fit(output, Some(fold));
            let mut of_fold = self.with_ends(&trees, output);
            let mut start = 0;
            for class in self.pairs.all.chunk_by(|a, b| a.size == b.size) {
                let folds = &self.folds[start..start + class.len()];
                let held = folds.iter().filter(|of| **of == fold).count() as f64;
                let population = populations[class[0].size - 1];
                let seen = class.len() as f64 - held;
                // Too few pairs for all folds: those there are stand for those that are missing, on average over the folds.
                let held = if class.len() < FOLDS { class.len() as f64 / FOLDS as f64 } else { held };
                let whole = class[0].share * class.len() as f64;
                // What a pair of the fold stands for: the part of the class that the trees have not seen.
                let unseen_share =
                    if class[0].sampled { whole * (1.0 - seen / population) / held } else { 1.0 / population };
                for (at, (pair, of)) in class.iter().zip(folds).enumerate() {
                    let missed = self.missed(&trees, pair, output);
                    let share = if *of == fold { unseen_share } else { 1.0 / population };
                    self.add(pair, share * missed, &mut of_fold);
                    if *of == fold {
                        unseen[start + at] = missed;
                    }
                }
                start += class.len();
            }
            values.iter_mut().zip(of_fold).for_each(|(value, of_fold)| *value += of_fold / FOLDS as f64);
        }
        (values, self.variances(&unseen))
    }

    /// The variance of a sum over pairs of what trees missed that had not seen them.
    fn variances(&self, unseen: &[f64]) -> Vec<f64> {
        let n_players = self.design.rows.n_players();
        let mut spread = Spread::new(n_players);
        for stratum in &self.pairs.strata {
            for at in stratum.range.clone() {
                let mut pull = vec![0.0; n_players];
                self.add(&self.pairs.all[at], self.pairs.all[at].share * unseen[at], &mut pull);
                spread.add(&pull, std::iter::once(1.0));
            }
            spread.close(stratum);
        }
        spread.variances()
    }

    /// The trees' own values, and an equal part of what they miss of the total for everybody.
    fn with_ends(&self, trees: &Trees, output: usize) -> Vec<f64> {
        let n_players = self.design.rows.n_players();
        let full = full(n_players);
        let total = self.values.get(1, output) - self.values.get(0, output);
        let found = trees.predict(full.row(1)) - trees.predict(full.row(0));
        let mut values = trees.shapley();
        values.iter_mut().for_each(|value| *value += (total - found) / n_players as f64);
        values
    }

    /// Adds what a class whose mean difference is so much, from this pair, adds to the Shapley value of each player.
    fn add(&self, pair: &Pair, difference: f64, values: &mut [f64]) {
        let n = values.len() as f64;
        let weight = n / 2.0 * kernel_mass(values.len(), pair.size) * difference;
        let centre = weight * pair.size as f64 / n;
        values.iter_mut().for_each(|value| *value -= centre);
        self.design.rows.row(pair.row).players().for_each(|player| values[player] += weight);
    }
}

/// The empty and the full coalition.
fn full(n_players: usize) -> Coalitions {
    let mut rows = Coalitions::new(n_players);
    rows.push_empty();
    rows.push_full();
    rows
}

/// Trees for so many rows.
fn params(n_rows: usize) -> Params {
    Params { min_rows: (n_rows / 50).clamp(1, 20), ..Params::default() }
}
