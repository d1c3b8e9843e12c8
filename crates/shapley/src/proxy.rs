//! Boosted trees that stand in for the game where it was not evaluated, and what they miss.

use einthoven_fit::trees::{self, Params, Trees};
use einthoven_game::design::folds::{self, FOLDS, Folds};
use einthoven_game::design::pairs::{self, Pair, Pairs, Plan};
use einthoven_game::design::sizes::{Law, kernel_mass};
use einthoven_game::design::spread::Spread;
use einthoven_game::{Coalitions, Design, Values};
use rayon::prelude::*;

use crate::Result;

/// Kinds of trees, from those that find most games quickly to those for few players at a time and for many.
pub(crate) const CANDIDATES: [Params; 3] = [
    Params { trees: 300, learning_rate: 0.1, leaves: 16, depth: 4, min_rows: 5, lambda: 1.0 },
    Params { trees: 500, learning_rate: 0.1, leaves: 8, depth: 3, min_rows: 5, lambda: 1.0 },
    Params { trees: 300, learning_rate: 0.1, leaves: 31, depth: 10, min_rows: 5, lambda: 1.0 },
];

/// Pairs of coalitions to evaluate, their sizes drawn in proportion to the root of `1 / (s (n - s))`.
pub(crate) fn design(method: &'static str, n_players: usize, budget: usize, seed: u64) -> Result<Design> {
    let plan = Plan { method, smallest: folds::smallest_budget(n_players), law: Law::Root, forced: 0 };
    Ok(pairs::design(&plan, n_players, budget, seed)?)
}

/// What trees are fitted to: one output.
pub(crate) struct Proxies<'a> {
    design: &'a Design,
    values: &'a Values,
    pairs: &'a Pairs,
    output: usize,
    folds: Folds,
}

impl<'a> Proxies<'a> {
    pub(crate) fn new(design: &'a Design, values: &'a Values, pairs: &'a Pairs, output: usize) -> Self {
        Self { design, values, pairs, output, folds: Folds::new(pairs, design.rows.n_players()) }
    }

    /// The candidate that misses least of two folds that its trees have not seen, each pair weighed as in the values.
    pub(crate) fn best(&self) -> &'static Params {
        let trials: Vec<(usize, usize)> = (0..CANDIDATES.len()).flat_map(|at| [(at, 0), (at, 1)]).collect();
        let misses: Vec<f64> = trials.par_iter().map(|&(at, fold)| self.misses(&CANDIDATES[at], fold)).collect();
        let of_both = |at: &usize| misses[2 * at] + misses[2 * at + 1];
        let best = (0..CANDIDATES.len()).min_by(|a, b| of_both(a).total_cmp(&of_both(b)));
        &CANDIDATES[best.expect("invariant: there are candidates")]
    }

    /// How far what trees miss of a fold that they have not seen would let the values spread.
    fn misses(&self, params: &Params, fold: usize) -> f64 {
        let trees = self.fit(params, Some(fold));
        let held = self.pairs.all.iter().zip(&self.folds.of).filter(|(_, of)| **of == fold);
        let spread = |(pair, _): (&Pair, _)| {
            // What is missed matters in so far as the class has pairs that were not drawn.
            let undrawn = (1.0 - 1.0 / (pair.share * self.folds.population(pair))).max(0.0);
            // The square of the kernel's mass, times what a pair moves over all players, which goes as its inverse.
            let mass = kernel_mass(self.design.rows.n_players(), pair.size);
            undrawn * mass * (pair.share * self.missed(&trees, pair)).powi(2)
        };
        held.map(spread).sum()
    }

    /// Trees that have seen all pairs.
    pub(crate) fn of_all(&self, params: &Params) -> Trees {
        self.fit(params, None)
    }

    /// For each fold, trees that have not seen it.
    pub(crate) fn of_folds(&self, params: &Params) -> Vec<Trees> {
        (0..FOLDS).into_par_iter().map(|fold| self.fit(params, Some(fold))).collect()
    }

    fn fit(&self, params: &Params, without: Option<usize>) -> Trees {
        let seen = self.pairs.all.iter().zip(&self.folds.of).filter(|(_, fold)| Some(**fold) != without);
        let mut rows = vec![0, 1];
        seen.for_each(|(pair, _)| rows.extend([pair.row as u32, pair.complement as u32]));
        let targets: Vec<f64> = rows.iter().map(|&row| self.values.get(row as usize, self.output)).collect();
        // With few rows, leaves of one or two.
        let min_rows = params.min_rows.min(rows.len() / 50).max(1);
        trees::fit(&self.design.rows, &rows, &targets, &Params { min_rows, ..*params })
    }

    /// What trees miss of a pair's difference.
    fn missed(&self, trees: &Trees, pair: &Pair) -> f64 {
        let rest = |row: usize| self.values.get(row, self.output) - trees.predict(self.design.rows.row(row));
        rest(pair.row) - rest(pair.complement)
    }

    /// What the trees of each pair's own fold miss of it.
    pub(crate) fn unseen(&self, of_folds: &[Trees]) -> Vec<f64> {
        self.pairs.all.iter().zip(&self.folds.of).map(|(pair, &fold)| self.missed(&of_folds[fold], pair)).collect()
    }

    /// Shapley values of trees that have seen all pairs, corrected by what they miss of these.
    pub(crate) fn in_sample(&self, trees: &Trees) -> Vec<f64> {
        let mut values = self.with_ends(trees);
        self.pairs.all.iter().for_each(|pair| self.add(pair, pair.share * self.missed(trees, pair), &mut values));
        values
    }

    /// The mean over the folds of what their trees say and of what they miss.
    pub(crate) fn out_of_fold(&self, of_folds: &[Trees]) -> Vec<f64> {
        let of_fold = |(fold, trees)| self.corrected(fold, trees);
        let parts: Vec<Vec<f64>> = of_folds.par_iter().enumerate().map(of_fold).collect();
        let mean = |player: usize| parts.iter().map(|part| part[player]).sum::<f64>() / FOLDS as f64;
        (0..self.design.rows.n_players()).map(mean).collect()
    }

    /// Shapley values of the trees of a fold, corrected by what they miss.
    fn corrected(&self, fold: usize, trees: &Trees) -> Vec<f64> {
        let mut values = self.with_ends(trees);
        for (pair, share) in self.pairs.all.iter().zip(self.folds.shares(self.pairs, fold)) {
            self.add(pair, share * self.missed(trees, pair), &mut values);
        }
        values
    }

    /// The variance of the values, `[players]`, if pairs are corrected by what trees missed that had not seen them.
    pub(crate) fn variances(&self, unseen: &[f64]) -> Vec<f64> {
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
    fn with_ends(&self, trees: &Trees) -> Vec<f64> {
        let n_players = self.design.rows.n_players();
        let mut ends = Coalitions::new(n_players);
        ends.push_empty();
        ends.push_full();
        let total = self.values.get(1, self.output) - self.values.get(0, self.output);
        let found = trees.predict(ends.row(1)) - trees.predict(ends.row(0));
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
