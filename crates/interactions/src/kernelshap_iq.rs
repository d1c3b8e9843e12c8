//! KernelSHAP-IQ: Shapley interactions, one order after another (Fumagalli et al., 2024).
//!
//! A game is the sum over all sets `S` of `lambda(|S|, |S ∩ T|)` times their Shapley interaction index, `lambda` made of
//! Bernoulli numbers. So the index of order `s` is fitted to what the lower orders leave, by weighted least squares over
//! the coalitions of `s` to `n - s` players.
//!
//! The coalitions of fewer than `s` players, or of all but fewer, must all be there. What they say of the index is their
//! part of its definition, added directly. What is left for the regression has no sum over the supersets of any smaller
//! set: it lies in the top component (`top.rs`), where `lambda` is as good as "lies inside the coalition". Rows and unknowns
//! are projected onto it in closed form; nothing is approximated by a large weight.
//!
//! Before that the polynomial of the top order that is closest to the game (`polynomial.rs`) is taken out and its index
//! added at the end, and then the mean of each size: what the coalitions say of both they say without them too, but with
//! far more noise. The polynomial is what inconsistent KernelSHAP-IQ stops at.
//!
//! For even `s` a pair of complements has equal rows, for odd `s` opposite ones: one row per pair. Consistent; exact at
//! full budget.

use einthoven_fit as fit;
use einthoven_game::design::pairs::{self, Pair, Pairs, Plan};
use einthoven_game::design::sizes::{ln_pairs, ln_subsets};
use einthoven_game::{Attribution, Coalitions, Design, Index, Kind, Values};

use crate::aggregate::{KSii, bernoulli};
use crate::attribute::{self, Estimate, Found};
use crate::centre::Centred;
use crate::error::rank_error;
use crate::polynomial::{self, Fit, Rest};
use crate::pulls::{self, Part};
use crate::request::{Request, budget_for, check_unknowns, small_sizes};
use crate::sets::{Overlaps, count};
use crate::top::Top;
use crate::weights::Weights;
use crate::{Error, Result, shapiq};

/// The name of `--method`.
pub const METHOD: &str = "kernelshap-iq";
/// The indices that it estimates.
pub(crate) const INDICES: [Index; 3] = [Index::Sii, Index::KSii, Index::Sv];
/// The highest order that has standard errors: beyond, an order moves with the errors of those below.
const ORDER_WITH_ERRORS: usize = 2;

/// The smallest budget: all coalitions of fewer than `order` players or all but fewer, and a pair for each unknown that is
/// left; or all coalitions.
pub fn smallest_budget(n_players: usize, order: usize) -> usize {
    let unknowns = count(n_players, order) - count(n_players, order - 1);
    budget_for(n_players, small_sizes(n_players, order - 1) - 2.0, unknowns)
}

/// Pairs of coalitions to evaluate.
///
/// # Errors
/// If the method does not estimate the index, there are fewer than two players for each of a set, or the budget is smaller
/// than the number of unknowns.
pub fn design(request: &Request) -> Result<Design> {
    check(request)?;
    let &Request { order, n_players, budget, seed, .. } = request;
    check_unknowns(METHOD, count(n_players, order))?;
    let plan = request.plan_of_regression(METHOD, smallest_budget(n_players, order));
    let plan = Plan { forced: order - 1, ..plan };
    Ok(pairs::design(&plan, n_players, budget, seed)?)
}

/// The index of each output for all sets of up to `order` players, with standard errors up to order two.
///
/// # Errors
/// If values are missing or not finite, the design is of another method, or the coalitions that were drawn do not
/// determine the interactions.
pub fn estimate(request: &Request, design: &Design, values: &Values) -> Result<Vec<Attribution>> {
    check(request)?;
    design.check_values(METHOD, values)?;
    let pairs = Pairs::read(METHOD, design)?;
    let &Request { index, order, n_players: n, .. } = request;
    let border = pairs.all.iter().filter(|pair| !pair.sampled && pair.size < order).count() as f64;
    if n > 1 && 2.0 * border + 2.0 != small_sizes(n, order - 1) {
        let reason = format!("expected all coalitions of fewer than {order} players, and all but fewer");
        return Err(einthoven_game::Error::Design { method: METHOD, reason }.into());
    }
    let mut warnings = shapiq::warnings(&pairs);
    let Rest { index: known, mut left, leverages } = rest(request, design, &pairs, values, &mut warnings)?;
    let aggregation = (index == Index::KSii).then(|| KSii::new(n, order));
    // `[outputs][sizes][sets]`
    let mut found = vec![Vec::with_capacity(order); values.n_outputs()];
    let mut blocks = Vec::with_capacity(order);
    for size in 1..=order {
        let mut block = Block::new(size, &design.rows, &pairs, &left);
        block.seen = leverages[size % 2][block.first..].to_vec();
        let solution =
            fit::solve(&block.problem(&|at, out| block.row(at, out), &|row, column| block.top.outside(row, column)));
        let solution = solution.map_err(|error| rank_error(error, n))?;
        for ((output, found), left) in found.iter_mut().enumerate().zip(&mut left) {
            let mut values = block.border(left);
            let inner = &solution.coefficients[output * values.len()..][..values.len()];
            values.iter_mut().zip(inner).for_each(|(value, inner)| *value += inner);
            block.subtract(&values, left);
            values.iter_mut().zip(&known[size].values[output]).for_each(|(value, known)| *value += known);
            found.push(values);
        }
        blocks.push((block, solution));
    }
    if let Some(aggregation) = &aggregation {
        found.iter_mut().for_each(|blocks| aggregation.apply(blocks));
    }
    let variances = variances(&pairs, &blocks, aggregation.as_ref(), &mut warnings);
    let found = (1..=order).map(|size| Found {
        size,
        values: found.iter().map(|blocks| blocks[size - 1].clone()).collect(),
        variances: variances.as_ref().map(|outputs| outputs.iter().map(|blocks| blocks[size - 1].clone()).collect()),
    });
    let found = found.collect();
    let kind = if pairs.complete() { Kind::Exact } else { Kind::Consistent };
    Ok(attribute::attribute(design, values, &Estimate { method: METHOD, index, order, kind, found, warnings }))
}

/// What is known of the index before the regression, and what that leaves of the values: the closest polynomial, unless the
/// values do not determine it, then the mean of each size.
fn rest(
    request: &Request,
    design: &Design,
    pairs: &Pairs,
    values: &Values,
    warnings: &mut Vec<String>,
) -> Result<Rest> {
    let &Request { order, n_players: n, .. } = request;
    let request = Request { index: Index::Sii, ..*request };
    let rest = match polynomial::take_out(&request, design, pairs, values, Fit::Shapley) {
        Err(Error::Rank { .. }) => {
            warnings
                .push("the values do not determine the closest polynomial, which would lessen the errors".to_owned());
            None
        }
        rest => Some(rest?),
    };
    let nothing = |size: usize| {
        let values = vec![vec![0.0; count(n, size) as usize]; values.n_outputs()];
        Found { size, values, variances: None }
    };
    let mut rest = rest.unwrap_or_else(|| Rest {
        index: (0..=order).map(nothing).collect(),
        left: (0..values.n_outputs()).map(|output| values.output(output)).collect(),
        leverages: [(); 2].map(|()| vec![0.0; pairs.all.len()]),
    });
    let means: Vec<Vec<f64>> = rest.left.iter().map(|left| Centred::new(n, pairs, left).means).collect();
    for found in &mut rest.index {
        let weights = Weights::new(Index::Sii, n, order, found.size)?;
        for (values, means) in found.values.iter_mut().zip(&means) {
            let constant = weights.of_sizes(|t| means[t]);
            values.iter_mut().for_each(|value| *value += constant);
        }
    }
    for (left, means) in rest.left.iter_mut().zip(&means) {
        design.rows.iter().zip(left).for_each(|(row, left)| *left -= means[row.size()]);
    }
    Ok(rest)
}

fn check(request: &Request) -> Result<()> {
    request.check()?;
    let &Request { index, order, n_players, .. } = request;
    if !INDICES.contains(&index) {
        let names = INDICES.map(Index::name).join(", ");
        return Err(Error::Request(format!("estimate {index} with method {METHOD}: it estimates {names}")));
    }
    if n_players < 2 * order {
        return Err(Error::Request(format!(
            "estimate {index} of order {order} with method {METHOD}: it needs at least {} players, found {n_players}; \
             use method exact",
            2 * order
        )));
    }
    Ok(())
}

/// The regression for the sets of one size.
struct Block<'a> {
    rows: &'a Coalitions,
    pairs: &'a Pairs,
    /// The first pair whose members have at least as many players as a set.
    first: usize,
    weights: Vec<f64>,
    /// Of the inner pairs, `[pairs, outputs]`.
    targets: Vec<f64>,
    /// Zero for each output: the constraint is in the rows.
    totals: Vec<f64>,
    /// How far the polynomial was drawn by each pair.
    seen: Vec<f64>,
    top: Top,
}

impl<'a> Block<'a> {
    /// For sets of `size` players and what the lower orders leave of the values, `[outputs][rows]`.
    fn new(size: usize, rows: &'a Coalitions, pairs: &'a Pairs, left: &[Vec<f64>]) -> Self {
        let n = rows.n_players();
        let first = pairs.all.partition_point(|pair| pair.size < size);
        let inner = &pairs.all[first..];
        let ln_pairs = ln_pairs(n);
        let weight = |pair: &Pair| {
            let ln_mass = ln_pairs[pair.size - 1] - ln_subsets(n - 2 * size, pair.size - size);
            pair.share * ln_mass.exp()
        };
        let weights = inner.iter().map(weight).collect();
        let sign = if size.is_multiple_of(2) { 1.0 } else { -1.0 };
        let half = |pair: &Pair, left: &[f64]| (left[pair.row] + sign * left[pair.complement]) / 2.0;
        let mut targets = Vec::with_capacity(inner.len() * left.len());
        inner.iter().for_each(|pair| targets.extend(left.iter().map(|left| half(pair, left))));
        Self {
            rows,
            pairs,
            first,
            weights,
            targets,
            totals: vec![0.0; left.len()],
            seen: Vec::new(),
            top: Top::new(n, size),
        }
    }

    fn size(&self) -> usize {
        self.top.sets().size()
    }

    fn row(&self, at: usize, out: &mut [f64]) {
        self.top.write_row(self.rows.row(self.pairs.all[self.first + at].row), out);
    }

    fn problem<'s>(
        &'s self,
        row: &'s dyn Fn(usize, &mut [f64]),
        outside: &'s dyn Fn(usize, usize) -> f64,
    ) -> fit::Problem<'s> {
        fit::Problem {
            n_unknowns: self.top.sets().len(),
            weights: &self.weights,
            targets: &self.targets,
            totals: &self.totals,
            row,
            outside: Some(outside),
        }
    }

    /// What the coalitions of fewer players than a set, or of all but fewer, add to the index by its definition, `[sets]`.
    fn border(&self, left: &[f64]) -> Vec<f64> {
        let (n, size) = (self.rows.n_players(), self.size());
        let weights = Weights::new(Index::Sii, n, size, size).expect("invariant: SII has weights at every order");
        let small: Vec<&Pair> = self.pairs.all[..self.first].iter().collect();
        let rows: Vec<usize> = small.iter().map(|pair| pair.row).collect();
        let mut sums = Overlaps::new(n, size).sum(self.rows, &rows, |at, shared| {
            let Pair { row, complement, share, size: t, .. } = *small[at];
            let of_member = weights.of_mean(t, shared) * left[row];
            share * (of_member + weights.of_mean(n - t, size - shared) * left[complement])
        });
        let ends = weights.share(0, 0) * left[0] + weights.share(n, size) * left[1];
        sums.iter_mut().for_each(|sum| *sum += ends);
        sums
    }

    /// Takes what the sets of this size explain from the values of all rows.
    fn subtract(&self, values: &[f64], left: &mut [f64]) {
        let sets = self.top.sets();
        let table: Vec<f64> = (0..=sets.size()).map(|shared| lambda(sets.size(), shared)).collect();
        let mut row = vec![0.0; sets.len()];
        for (coalition, left) in self.rows.iter().zip(left) {
            sets.write_overlaps(coalition, &table, &mut row);
            *left -= row.iter().zip(values).map(|(row, value)| row * value).sum::<f64>();
        }
    }
}

/// What the index of a set of `size` players adds to the value of a coalition that shares so many with it.
fn lambda(size: usize, shared: usize) -> f64 {
    (1..=shared).map(|l| count(shared, l) * bernoulli(size - l)).sum()
}

/// Squared standard errors, `[outputs][sizes][sets]`: a pair pulls at both orders, and neither moves with the errors of the
/// other.
fn variances(
    pairs: &Pairs,
    blocks: &[(Block<'_>, fit::Solution)],
    aggregation: Option<&KSii>,
    warnings: &mut Vec<String>,
) -> Option<Vec<Vec<Vec<f64>>>> {
    let lengths: Vec<usize> = blocks.iter().map(|(block, _)| block.top.sets().len()).collect();
    let n_terms: usize = lengths.iter().sum();
    let split = |terms: &[f64]| -> Vec<Vec<f64>> {
        let mut rest = terms;
        let mut next = |&length: &usize| rest.split_off(..length).map_or_else(Vec::new, <[f64]>::to_vec);
        lengths.iter().map(&mut next).collect()
    };
    let n_outputs = blocks[0].0.totals.len();
    if pairs.complete() {
        return Some(vec![split(&vec![0.0; n_terms]); n_outputs]);
    }
    if blocks.len() > ORDER_WITH_ERRORS {
        warnings.push(format!("no standard errors: this method has them up to order {ORDER_WITH_ERRORS}"));
        return None;
    }
    let rows: Vec<_> = blocks.iter().map(|(block, _)| |at: usize, out: &mut [f64]| block.row(at, out)).collect();
    let outsides: Vec<_> =
        blocks.iter().map(|(block, _)| |row: usize, column: usize| block.top.outside(row, column)).collect();
    let mut parts = Vec::with_capacity(blocks.len());
    for ((block, solution), (row, outside)) in blocks.iter().zip(rows.iter().zip(&outsides)) {
        parts.push(Part { first: block.first, problem: block.problem(row, outside), solution, seen: &block.seen });
    }
    if let Some(reason) = pulls::unknown(pairs, &parts) {
        warnings.push(reason);
        return None;
    }
    let add = |part: usize, influence: &[f64], scale: f64, terms: &mut [f64]| {
        let start: usize = lengths[..part].iter().sum();
        terms[start..].iter_mut().zip(influence).for_each(|(term, influence)| *term += scale * influence);
    };
    let finish = |terms: &mut [f64]| {
        if let Some(aggregation) = aggregation {
            let mut blocks = split(terms);
            aggregation.apply(&mut blocks);
            terms.copy_from_slice(&blocks.concat());
        }
    };
    let variances = pulls::variances(pairs, &parts, n_terms, &add, &finish);
    Some(variances.chunks_exact(n_terms).map(split).collect())
}
