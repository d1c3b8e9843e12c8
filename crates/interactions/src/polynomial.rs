//! Fits of a game by a polynomial of low order, and every index of the polynomial.
//!
//! With the sign of a set in a coalition, `chi(S, T) = (-1)^|S ∩ T|`, a game of order `k` is a sum over the sets `S` of up
//! to `k` players of coefficients `F(S)` times `chi(S, T)`. The complement of a coalition has the same signs for sets of
//! even size and the opposite ones for odd sizes. So a pair is one row of two problems that have nothing to do with each
//! other: half the sum of its values is fitted by the even sets, half the difference by the odd ones. That halves rows
//! and unknowns, and these columns are as close to orthogonal as columns of coalitions can be.
//!
//! That the polynomial has the right value for the empty and the full coalition fixes the sum of the coefficients of
//! either parity, and the constraint is eliminated. Where the fit is free there, an unknown that no row sees takes up the
//! constraint.

use einthoven_fit as fit;
use einthoven_game::design::pairs::{Pair, Pairs};
use einthoven_game::design::sizes::{kernel_mass, ln_pairs};
use einthoven_game::design::spread::Spread;
use einthoven_game::{Coalitions, Design, Values};

use crate::attribute::Found;
use crate::error::rank_error;
use crate::parity::Parity;
use crate::readout::Readout;
use crate::request::Request;
use crate::sets::count;
use crate::{Result, shapiq};

/// Pairs whose influences are held at once.
const BLOCK: usize = 256;
/// The empty and the full coalition.
pub(crate) const ENDS: Pair = Pair { row: 0, complement: 1, share: 1.0, size: 0, sampled: false };

/// What weighs a pair, and whether the ends are exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// The Shapley kernel; exact for the empty and the full coalition.
    Shapley,
    /// All coalitions alike, the empty and the full one too.
    Banzhaf,
}

/// The smallest budget with which the coefficients can be determined: a pair for each set of the more numerous parity, or
/// all coalitions.
pub(crate) fn smallest_budget(n_players: usize, order: usize) -> usize {
    let unknowns = |parity: usize| (parity..=order).step_by(2).map(|size| count(n_players, size)).sum::<f64>();
    let pairs = unknowns(0).max(unknowns(1));
    (2.0 * pairs).min((n_players as f64).exp2()) as usize
}

/// The rows that are fitted.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub coalitions: &'a Coalitions,
    pub pairs: &'a [Pair],
    pub weights: &'a [f64],
    pub fit: Fit,
}

/// The problem of one parity.
struct Half<'a> {
    parity: &'a Parity,
    rows: Rows<'a>,
    /// `[rows, outputs]`
    targets: Vec<f64>,
    /// `[outputs]`
    totals: Vec<f64>,
}

/// Fits the values of a design for the index of a request, and reads the index off the polynomials.
pub(crate) fn estimate(
    request: &Request,
    design: &Design,
    pairs: &Pairs,
    values: &Values,
    fit: Fit,
) -> Result<(Vec<Found>, Vec<String>)> {
    let parities = Parity::both(request.n_players, request.order);
    let readout = Readout::new(request, &parities);
    // The ends are a row where they are not exact.
    let all: Vec<Pair> = pairs.all.iter().copied().chain((fit == Fit::Banzhaf).then_some(ENDS)).collect();
    let weights = weights(request.n_players, &all, fit);
    let rows = Rows { coalitions: &design.rows, pairs: &all, weights: &weights, fit };
    let halves = parities.each_ref().map(|parity| Half::new(parity, rows, values));
    let mut solutions = Vec::with_capacity(2);
    let mut found = vec![0.0; values.n_outputs() * readout.n_terms()];
    for half in &halves {
        let solution = half.solve()?;
        let n_unknowns = half.n_unknowns();
        let outputs = solution.coefficients.chunks_exact(n_unknowns).zip(found.chunks_exact_mut(readout.n_terms()));
        outputs.for_each(|(coefficients, terms)| readout.add(half.parity.odd, coefficients, 1.0, terms));
        solutions.push(solution);
    }
    let mut warnings = shapiq::warnings(pairs);
    let most_unknowns = parities.iter().map(|parity| parity.n_sets).max().unwrap_or(0);
    let variances = if pairs.complete() {
        Some(vec![0.0; found.len()])
    } else if all.len() < most_unknowns || pairs.n_sampled() < 2 {
        let reason = "as many unknowns as pairs of coalitions: the values fit exactly, and their errors are unknown";
        warnings.push(reason.to_owned());
        None
    } else {
        Some(variances(pairs, &halves, &solutions, &readout))
    };
    Ok((readout.found(&found, variances.as_deref()), warnings))
}

/// The weight of each row.
pub(crate) fn weights(n_players: usize, rows: &[Pair], fit: Fit) -> Vec<f64> {
    match fit {
        Fit::Shapley => rows.iter().map(|pair| pair.share * kernel_mass(n_players, pair.size)).collect(),
        Fit::Banzhaf => {
            // One pair for the ends. Relative to the largest class, so that nothing overflows.
            let ln_pairs = [vec![0.0], ln_pairs(n_players)].concat();
            let largest = ln_pairs.iter().copied().fold(0.0, f64::max);
            rows.iter().map(|pair| pair.share * (ln_pairs[pair.size] - largest).exp()).collect()
        }
    }
}

impl<'a> Half<'a> {
    fn new(parity: &'a Parity, rows: Rows<'a>, values: &Values) -> Self {
        let n_outputs = values.n_outputs();
        let mut targets = Vec::with_capacity(rows.pairs.len() * n_outputs);
        for pair in rows.pairs {
            targets.extend((0..n_outputs).map(|output| parity.half(values, pair, output)));
        }
        let totals = match rows.fit {
            Fit::Shapley => (0..n_outputs).map(|output| parity.half(values, &ENDS, output)).collect(),
            Fit::Banzhaf => vec![0.0; n_outputs],
        };
        Self { parity, rows, targets, totals }
    }

    fn n_unknowns(&self) -> usize {
        self.parity.n_sets + usize::from(self.rows.fit == Fit::Banzhaf)
    }

    fn row(&self, at: usize, out: &mut [f64]) {
        self.parity.signs(self.rows.coalitions.row(self.rows.pairs[at].row), out);
    }

    fn problem<'s>(&'s self, row: &'s dyn Fn(usize, &mut [f64])) -> fit::Problem<'s> {
        let (weights, targets, totals) = (self.rows.weights, &self.targets, &self.totals);
        fit::Problem { n_unknowns: self.n_unknowns(), weights, targets, totals, row }
    }

    fn solve(&self) -> Result<fit::Solution> {
        let solution = fit::solve(&self.problem(&|at, out| self.row(at, out)));
        solution.map_err(|error| rank_error(error, self.rows.coalitions.n_players()))
    }
}

/// Squared standard errors, `[outputs, terms]`: a pair pulls at both parities at once. Residuals are divided by one minus the
/// leverage (MacKinnon & White, 1985).
fn variances(pairs: &Pairs, halves: &[Half<'_>; 2], solutions: &[fit::Solution], readout: &Readout) -> Vec<f64> {
    let n_outputs = halves[0].totals.len();
    let width = n_outputs * readout.n_terms();
    let mut spread = Spread::new(width);
    let mut strata = pairs.strata.iter().peekable();
    for start in (0..pairs.all.len()).step_by(BLOCK) {
        let range = start..(start + BLOCK).min(pairs.all.len());
        let mut pulls = vec![0.0; range.len() * width];
        for (half, solution) in halves.iter().zip(solutions) {
            let row = |at: usize, out: &mut [f64]| half.row(at, out);
            let mut signs = vec![0.0; half.n_unknowns()];
            solution.influences(&half.problem(&row), range.clone(), |at, influence| {
                if !pairs.all[at].sampled {
                    return;
                }
                half.row(at, &mut signs);
                let weight = half.rows.weights[at];
                let own: f64 = signs.iter().zip(influence).map(|(sign, influence)| sign * influence).sum();
                let scale = weight / (1.0 - weight * own).max(1e-6);
                let residuals = &solution.residuals[at * n_outputs..][..n_outputs];
                let pulls = pulls[(at - start) * width..][..width].chunks_exact_mut(readout.n_terms());
                let influence = &influence[..half.parity.n_sets];
                for (residual, pulls) in residuals.iter().zip(pulls) {
                    readout.add(half.parity.odd, influence, scale * residual, pulls);
                }
            });
        }
        for at in range.filter(|&at| pairs.all[at].sampled) {
            spread.add_pulls(&pulls[(at - start) * width..][..width]);
            if let Some(stratum) = strata.next_if(|stratum| stratum.range.end == at + 1) {
                spread.close(stratum);
            }
        }
    }
    spread.variances()
}
