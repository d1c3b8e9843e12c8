//! Regression of a game's odd part, the only part that Shapley values depend on.
//!
//! With a sign per player, +1 if it is in and -1 if not, a game is a sum over sets `T` of coefficients `b(T)` times the
//! product of the signs of `T`. Swapping a coalition for its complement flips the products of odd sets and keeps the
//! others; so half the difference of a pair's two values is the odd part alone. The Shapley value of player `i` is
//! `2 * sum over odd T with i of b(T) / |T|`, and the sum of all odd `b` is half the total (OddSHAP, 2026).
//!
//! So a pair is one row: its target is half the difference, its columns are the signs of the single players and,
//! where the support has more, the products of larger odd sets. With single players alone this is paired KernelSHAP
//! (equivalently, the projected least squares of LeverageSHAP); it is exact on games of at most pair effects, since those
//! have no odd part beyond the single players. With any support that holds all single players it is exact at full
//! budget. The constraint on the sum is eliminated.
//!
//! A pair weighs the mass of the Shapley kernel on its class times the part of the class that it stands for.

use einthoven_fit as fit;
use einthoven_game::design::pairs::{Pair, Pairs};
use einthoven_game::design::sizes::kernel_mass;
use einthoven_game::design::spread::Spread;
use einthoven_game::{Attribution, Coalition, Design, Index, Kind, Values};

use crate::attribute::{self, Estimate};
use crate::{Error, Result};

/// Fewer distinct pairs drawn at random than this give standard errors that are rough.
const FEW_PAIRS: usize = 10;

/// A budget that gives the regression on single players full rank, and so many rows per unknown that the fit is worth its
/// while: eight coalitions per player.
pub(crate) fn safe_budget(n_players: usize) -> usize {
    n_players.saturating_mul(8).saturating_add(2)
}

/// What is fitted, beside a constant that is no odd part.
#[derive(Clone, Debug, Default)]
pub(crate) struct Support {
    /// Single players, ascending; the others get nothing but their parts of larger sets.
    pub singles: Vec<u32>,
    /// Odd sets of three players and more, each ascending.
    pub larger: Vec<Vec<u32>>,
}

impl Support {
    /// All single players and no larger set.
    pub(crate) fn singles(n_players: usize) -> Self {
        Self { singles: (0..n_players as u32).collect(), larger: Vec::new() }
    }
}

/// Regression on the single players and a support, for each output.
pub(crate) struct OddFit<'a> {
    pub design: &'a Design,
    pub pairs: &'a Pairs,
    pub support: &'a Support,
}

/// The Shapley values of some outputs.
#[derive(Default)]
pub(crate) struct OddValues {
    /// `[outputs, players]`
    pub values: Vec<f64>,
    /// Squared standard errors, `[outputs, players]`, where there are any.
    pub variances: Option<Vec<f64>>,
    pub warnings: Vec<String>,
}

impl OddValues {
    /// Adds the values of further outputs. If those of one have no errors, none have.
    pub(crate) fn append(&mut self, other: Self) {
        self.values.extend(other.values);
        self.variances = match (self.variances.take(), other.variances) {
            (Some(all), Some(more)) => Some([all, more].concat()),
            _ => None,
        };
        for warning in other.warnings {
            if !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
    }
}

/// Shapley values by regression on single players alone, for all outputs.
pub(crate) fn estimate(method: &'static str, design: &Design, values: &Values) -> Result<Vec<Attribution>> {
    design.check_values(method, values)?;
    let pairs = Pairs::read(method, design)?;
    let fit = OddFit { design, pairs: &pairs, support: &Support::singles(design.rows.n_players()) };
    let outputs: Vec<usize> = (0..values.n_outputs()).collect();
    finish(method, design, &pairs, values, fit.solve(values, &outputs)?)
}

/// Attributions of values that were fitted for all outputs.
pub(crate) fn finish(
    method: &'static str,
    design: &Design,
    pairs: &Pairs,
    values: &Values,
    found: OddValues,
) -> Result<Vec<Attribution>> {
    let complete = pairs.complete();
    if complete && design.rows.len() as f64 != (design.rows.n_players() as f64).exp2() {
        let reason = "expected all coalitions where none is drawn at random".to_owned();
        return Err(einthoven_game::Error::Design { method, reason }.into());
    }
    let kind = if complete { Kind::Exact } else { Kind::Consistent };
    let OddValues { values: numbers, variances, warnings } = found;
    let estimate = Estimate { method, index: Index::Sv, kind, values: numbers, variances, warnings };
    Ok(attribute::attribute(design, values, &estimate))
}

impl OddFit<'_> {
    /// Fits the given outputs.
    pub(crate) fn solve(&self, values: &Values, outputs: &[usize]) -> Result<OddValues> {
        let n_players = self.design.rows.n_players();
        let pairs = &self.pairs.all;
        let weight = |pair: &Pair| pair.share * kernel_mass(n_players, pair.size);
        let weights: Vec<f64> = pairs.iter().map(weight).collect();
        let targets: Vec<f64> =
            pairs.iter().flat_map(|pair| outputs.iter().map(|&output| half_difference(values, pair, output))).collect();
        let totals: Vec<f64> =
            outputs.iter().map(|&output| (values.get(1, output) - values.get(0, output)) / 2.0).collect();
        let n_unknowns = self.support.singles.len() + self.support.larger.len();
        let row = |at: usize, out: &mut [f64]| self.columns(self.design.rows.row(pairs[at].row), out);
        let (targets, totals) = (&targets, &totals);
        let problem = fit::Problem { n_unknowns, weights: &weights, targets, totals, row: &row, outside: None };
        let solution = fit::solve(&problem).map_err(|error| self.rank_error(error))?;
        let mut found = Vec::with_capacity(outputs.len() * n_players);
        for coefficients in solution.coefficients.chunks_exact(n_unknowns) {
            let start = found.len();
            found.resize(start + n_players, 0.0);
            self.share_out(coefficients, &mut found[start..]);
        }
        let mut warnings = Vec::new();
        let variances = self.variances(&problem, &solution, &mut warnings);
        Ok(OddValues { values: found, variances, warnings })
    }

    /// The signs of the single players, then the products of the larger sets.
    fn columns(&self, coalition: Coalition<'_>, out: &mut [f64]) {
        let (singles, products) = out.split_at_mut(self.support.singles.len());
        let sign = |player: &u32| if coalition.contains(*player as usize) { 1.0 } else { -1.0 };
        if singles.len() == coalition.n_players() {
            write_signs(coalition, singles);
        } else {
            singles.iter_mut().zip(&self.support.singles).for_each(|(out, player)| *out = sign(player));
        }
        for (product, players) in products.iter_mut().zip(&self.support.larger) {
            *product = players.iter().map(sign).product();
        }
    }

    /// Adds the Shapley values of coefficients `[unknowns]` to those of the players.
    fn share_out(&self, coefficients: &[f64], values: &mut [f64]) {
        let (single, larger) = coefficients.split_at(self.support.singles.len());
        for (&player, coefficient) in self.support.singles.iter().zip(single) {
            values[player as usize] += 2.0 * coefficient;
        }
        for (players, coefficient) in self.support.larger.iter().zip(larger) {
            let part = 2.0 * coefficient / players.len() as f64;
            players.iter().for_each(|&player| values[player as usize] += part);
        }
    }

    fn variances(
        &self,
        problem: &fit::Problem<'_>,
        solution: &fit::Solution,
        warnings: &mut Vec<String>,
    ) -> Option<Vec<f64>> {
        let n_players = self.design.rows.n_players();
        let length = problem.totals.len() * n_players;
        let n_sampled = self.pairs.n_sampled();
        if self.pairs.complete() {
            return Some(vec![0.0; length]);
        }
        if self.pairs.all.len() < problem.n_unknowns {
            warnings.push(
                "as many unknowns as pairs of coalitions: the values fit exactly, and their errors are unknown".into(),
            );
            return None;
        }
        if n_sampled < 2 {
            warnings
                .push("only one pair of coalitions was drawn at random: the errors of the values are unknown".into());
            return None;
        }
        if n_sampled < FEW_PAIRS {
            warnings.push(format!("only {n_sampled} pairs of coalitions were drawn at random: the errors are rough"));
        }
        Some(self.spread(problem, solution))
    }

    /// Squared standard errors, `[outputs, players]`. Residuals are smaller than the errors that they stand for, because
    /// the fit has seen them; dividing by one minus the leverage corrects for that, rather too much than too little (the
    /// HC3 rule of MacKinnon & White, 1985).
    fn spread(&self, problem: &fit::Problem<'_>, solution: &fit::Solution) -> Vec<f64> {
        let n_players = self.design.rows.n_players();
        let n_outputs = problem.totals.len();
        let mut spread = Spread::new(n_outputs * n_players);
        let mut strata = self.pairs.strata.iter().peekable();
        let mut columns = vec![0.0; problem.n_unknowns];
        let mut pull = vec![0.0; n_players];
        solution.influences(problem, 0..problem.weights.len(), |at, influence| {
            let pair = &self.pairs.all[at];
            if !pair.sampled {
                return;
            }
            self.columns(self.design.rows.row(pair.row), &mut columns);
            let fitted: f64 = columns.iter().zip(influence).map(|(column, influence)| column * influence).sum();
            let weight = problem.weights[at];
            // A leverage of one leaves no residual to scale.
            let scale = weight / (1.0 - weight * fitted).max(1e-6);
            pull.fill(0.0);
            self.share_out(influence, &mut pull);
            let residuals = &solution.residuals[at * n_outputs..(at + 1) * n_outputs];
            spread.add(&pull, residuals.iter().map(|residual| residual * scale));
            if let Some(stratum) = strata.next_if(|stratum| stratum.range.end == at + 1) {
                spread.close(stratum);
            }
        });
        spread.variances()
    }

    /// Says which budget would have been enough.
    fn rank_error(&self, error: fit::Error) -> Error {
        let n_players = self.design.rows.n_players();
        match error {
            fit::Error::RankDeficient { rank, needed } => {
                Error::Rank { n_players, rank, needed, safe_budget: safe_budget(n_players) }
            }
            other => other.into(),
        }
    }
}

/// Half the difference of a pair's two values: the odd part of the game there.
pub(crate) fn half_difference(values: &Values, pair: &Pair, output: usize) -> f64 {
    (values.get(pair.row, output) - values.get(pair.complement, output)) / 2.0
}

/// Writes +1 for each player in the coalition and -1 for each other, `[players]`.
pub(crate) fn write_signs(coalition: Coalition<'_>, signs: &mut [f64]) {
    let bytes = coalition.words().iter().flat_map(|word| word.to_le_bytes());
    for (byte, signs) in bytes.zip(signs.chunks_mut(8)) {
        signs.copy_from_slice(&SIGNS[byte as usize][..signs.len()]);
    }
}

/// Eight signs for each byte: +1 where the bit is set.
static SIGNS: [[f64; 8]; 256] = {
    let mut table = [[-1.0; 8]; 256];
    let mut at = 0;
    while at < 8 * 256 {
        if (at / 8) >> (at % 8) & 1 == 1 {
            table[at / 8][at % 8] = 1.0;
        }
        at += 1;
    }
    table
};
