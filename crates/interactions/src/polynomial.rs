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
//!
//! Much of what a polynomial of low order leaves of a game depends on sizes alone. Its mean by size has an index in closed
//! form, so where the ends are exact it is taken out and the rest fitted again: with few coalitions it would pass for
//! interactions. Nothing changes with all coalitions, and the sums stay what they are.

use einthoven_fit as fit;
use einthoven_game::design::pairs::{Pair, Pairs};
use einthoven_game::design::sizes::{kernel_mass, ln_pairs};
use einthoven_game::{Coalitions, Design, Index, Values, indices};

use crate::attribute::Found;
use crate::centre::Centred;
use crate::error::rank_error;
use crate::parity::Parity;
use crate::pulls::{self, Part};
use crate::readout::Readout;
use crate::request::{Request, budget_for};
use crate::sets::count;
use crate::weights::Weights;
use crate::{Result, shapiq};

/// The empty and the full coalition.
const ENDS: Pair = Pair { row: 0, complement: 1, share: 1.0, size: 0, sampled: false };

/// Why there are no standard errors.
pub(crate) const UNKNOWN_ERRORS: &str =
    "as many unknowns as pairs of coalitions: the values fit exactly, and their errors are unknown";

/// What weighs a pair, and whether the ends are exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// The Shapley kernel; exact for the empty and the full coalition.
    Shapley,
    /// All coalitions alike, the empty and the full one too.
    Banzhaf,
}

/// Unknowns of the more numerous parity.
pub(crate) fn n_unknowns(n_players: usize, order: usize) -> f64 {
    let unknowns = |parity: usize| (parity..=order).step_by(2).map(|size| count(n_players, size)).sum::<f64>();
    unknowns(0).max(unknowns(1))
}

/// The smallest budget with which the coefficients can be determined.
pub(crate) fn smallest_budget(n_players: usize, order: usize) -> usize {
    budget_for(n_players, 0.0, n_unknowns(n_players, order))
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
#[derive(Clone)]
pub(crate) struct Half<'a> {
    pub parity: &'a Parity,
    pub rows: Rows<'a>,
    /// `[rows, outputs]`
    pub targets: Vec<f64>,
    /// `[outputs]`
    pub totals: Vec<f64>,
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
    let all = self::rows(pairs, fit);
    let weights = weights(request.n_players, &all, fit);
    let rows = Rows { coalitions: &design.rows, pairs: &all, weights: &weights, fit };
    let Fitted { halves, solutions, means } = fitted(&parities, rows, pairs, values)?;
    let mut terms = vec![0.0; values.n_outputs() * readout.n_terms()];
    for (half, solution) in halves.iter().zip(&solutions) {
        readout.add_all(half.parity.odd, &solution.coefficients, &mut terms);
    }
    let row_of: Vec<_> = halves.iter().map(|half| |at: usize, out: &mut [f64]| half.row(at, out)).collect();
    let mut warnings = shapiq::warnings(pairs);
    let parts = halves.iter().zip(&row_of).zip(&solutions);
    let parts: Vec<Part<'_>> = parts
        .map(|((half, row), solution)| Part { first: 0, problem: half.problem(row), solution, seen: &[] })
        .collect();
    let variances = if pairs.complete() {
        Some(vec![0.0; terms.len()])
    } else if let Some(reason) = pulls::unknown(pairs, &parts) {
        warnings.push(reason);
        None
    } else {
        let add = |part: usize, influence: &[f64], scale: f64, terms: &mut [f64]| {
            readout.add(halves[part].parity.odd, influence, scale, terms);
        };
        Some(pulls::variances(pairs, &parts, readout.n_terms(), &add, &|_| {}))
    };
    let mut found = readout.found(&terms, variances.as_deref());
    for found in &mut found {
        for (values, means) in found.values.iter_mut().zip(&means) {
            let constant = of_polynomial(request, found.size, means)?;
            values.iter_mut().for_each(|value| *value += constant);
        }
    }
    Ok((found, warnings))
}

/// The index of the polynomial that is closest to a function of sizes, `[sizes]`: the same for all sets of a size.
fn of_polynomial(request: &Request, size: usize, means: &[f64]) -> Result<f64> {
    let &Request { index, order, n_players: n, .. } = request;
    let mut sum = 0.0;
    for larger in size..=order {
        // FSII are the Moebius coefficients of the polynomial.
        let coefficient = Weights::new(Index::Fsii, n, order, larger)?.of_sizes(|t| means[t]);
        let weight = indices::moebius_weight(index, order, size, larger).unwrap_or(0.0);
        sum += count(n - size, larger - size) * weight * coefficient;
    }
    Ok(sum)
}

/// The even and the odd problem and their solutions, without a function of sizes.
struct Fitted<'a> {
    halves: Vec<Half<'a>>,
    solutions: Vec<fit::Solution>,
    /// The function that was taken out, zero at the ends, `[outputs][sizes]`; none where the ends are not exact.
    means: Vec<Vec<f64>>,
}

fn fitted<'a>(parities: &'a [Parity; 2], rows: Rows<'a>, pairs: &Pairs, values: &Values) -> Result<Fitted<'a>> {
    let n = rows.coalitions.n_players();
    let mut halves: Vec<Half<'_>> = parities.iter().map(|parity| Half::new(parity, rows, values)).collect();
    let solution =
        |half: &Half<'_>| fit::solve(&half.problem(&|at, out| half.row(at, out))).map_err(|error| rank_error(error, n));
    let mut solutions = halves.iter().map(solution).collect::<Result<Vec<_>>>()?;
    let mut means = Vec::new();
    if rows.fit == Fit::Shapley {
        let left = left(rows.pairs, &solutions, values);
        means = left.iter().map(|left| Centred::new(n, pairs, left).means).collect();
        let again = |(half, solution): (&mut Half<'_>, fit::Solution)| {
            half.take_out(&means, n);
            solution.again(&half.problem(&|at, out| half.row(at, out)))
        };
        solutions = halves.iter_mut().zip(solutions).map(again).collect();
    }
    Ok(Fitted { halves, solutions, means })
}

/// What the two solutions leave of the values, `[outputs][rows]`.
fn left(all: &[Pair], solutions: &[fit::Solution], values: &Values) -> Vec<Vec<f64>> {
    let n_outputs = values.n_outputs();
    let mut left = vec![vec![0.0; values.len()]; n_outputs];
    for (solution, sign) in solutions.iter().zip([1.0, -1.0]) {
        for (pair, residuals) in all.iter().zip(solution.residuals.chunks_exact(n_outputs)) {
            for (left, residual) in left.iter_mut().zip(residuals) {
                left[pair.row] += residual;
                left[pair.complement] += sign * residual;
            }
        }
    }
    left
}

/// What the closest polynomial and the mean by size say of an index, and what they leave of the values.
pub(crate) struct Rest {
    /// The index of both, without variances.
    pub index: Vec<Found>,
    /// `[outputs][rows]`
    pub left: Vec<Vec<f64>>,
    /// How far each pair draws the fit of the even and of the odd sets to itself; zero if all coalitions are there.
    pub leverages: [Vec<f64>; 2],
}

/// Fits the polynomial of the order of a request and takes it out of the values; fails if they do not determine it.
pub(crate) fn take_out(request: &Request, design: &Design, pairs: &Pairs, values: &Values, fit: Fit) -> Result<Rest> {
    let parities = Parity::both(request.n_players, request.order);
    let readout = Readout::new(request, &parities);
    let all = self::rows(pairs, fit);
    let weights = weights(request.n_players, &all, fit);
    let rows = Rows { coalitions: &design.rows, pairs: &all, weights: &weights, fit };
    let Fitted { halves, solutions, means } = fitted(&parities, rows, pairs, values)?;
    let mut terms = vec![0.0; values.n_outputs() * readout.n_terms()];
    let mut leverages = [(); 2].map(|()| vec![0.0; all.len()]);
    for (half, solution) in halves.iter().zip(&solutions) {
        readout.add_all(half.parity.odd, &solution.coefficients, &mut terms);
        if !pairs.complete() {
            let row = |at: usize, out: &mut [f64]| half.row(at, out);
            let problem = half.problem(&row);
            leverages[usize::from(half.parity.odd)] = solution.leverages(&problem);
        }
    }
    let mut index = readout.found(&terms, None);
    for found in &mut index {
        let weights = Weights::new(request.index, request.n_players, request.order, found.size)?;
        for (values, means) in found.values.iter_mut().zip(&means) {
            let constant = weights.of_sizes(|t| means[t]);
            values.iter_mut().for_each(|value| *value += constant);
        }
    }
    Ok(Rest { index, left: left(&all, &solutions, values), leverages })
}

/// The pairs that are fitted: the ends too, where they are not exact.
pub(crate) fn rows(pairs: &Pairs, fit: Fit) -> Vec<Pair> {
    pairs.all.iter().copied().chain((fit == Fit::Banzhaf).then_some(ENDS)).collect()
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
    pub(crate) fn new(parity: &'a Parity, rows: Rows<'a>, values: &Values) -> Self {
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

    /// Takes a function of sizes, `[outputs][sizes]`, out of the targets; it is zero at the ends.
    fn take_out(&mut self, means: &[Vec<f64>], n_players: usize) {
        let sign = if self.parity.odd { -1.0 } else { 1.0 };
        for (pair, targets) in self.rows.pairs.iter().zip(self.targets.chunks_exact_mut(means.len())) {
            for (target, means) in targets.iter_mut().zip(means) {
                *target -= (means[pair.size] + sign * means[n_players - pair.size]) / 2.0;
            }
        }
    }

    pub(crate) fn n_unknowns(&self) -> usize {
        self.parity.n_sets + usize::from(self.rows.fit == Fit::Banzhaf)
    }

    pub(crate) fn row(&self, at: usize, out: &mut [f64]) {
        self.parity.signs(self.rows.coalitions.row(self.rows.pairs[at].row), out);
    }

    pub(crate) fn problem<'s>(&'s self, row: &'s dyn Fn(usize, &mut [f64])) -> fit::Problem<'s> {
        let (weights, targets, totals) = (self.rows.weights, &self.targets, &self.totals);
        fit::Problem { n_unknowns: self.n_unknowns(), weights, targets, totals, row, outside: None }
    }
}
