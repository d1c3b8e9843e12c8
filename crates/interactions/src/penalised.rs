//! Regularised fits of a polynomial: more unknowns than evaluations, on request.
//!
//! The constant and the single players are left free; what is penalised are the coefficients of the sets of two players and
//! more, in the basis of `polynomial.rs`, with the constraints at the empty and the full coalition still exact. With those of
//! the smaller sets expressed by the others, and what single players explain taken out of rows and targets, a penalised
//! problem without constraints is left.
//!
//! *Ridge* needs only the products of rows, and the product of the signs of all sets of a size in two coalitions depends on
//! the number of players in which they differ: a Krawtchouk polynomial. So its cost does not depend on the number of sets.
//! The *lasso* goes through the sets one after another. The strength is chosen by cross-validation.

use einthoven_fit::{self as fit, kernel_ridge, lasso};
use einthoven_game::design::pairs::Pairs;
use einthoven_game::{Design, Values};
use faer::Mat;

use crate::attribute::Found;
use crate::error::rank_error;
use crate::parity::Parity;
use crate::polynomial::{self, Fit, Half, Rows};
use crate::readout::Readout;
use crate::request::{Penalty, Request};
use crate::sets::{Overlaps, Sets, count};
use crate::{Error, Result};

/// Most pairs of a ridge regression: its time grows with their cube, a minute here.
const MOST_PAIRS: usize = 4096;
/// Most numbers of the columns of a lasso: 2 GiB for them and a copy.
const MOST_NUMBERS: f64 = 134_217_728.0;

/// Fits the values of a design and reads the index of a request off the polynomials; also says what was solved.
pub(crate) fn estimate(
    request: &Request,
    penalty: Penalty,
    design: &Design,
    pairs: &Pairs,
    values: &Values,
    fit: Fit,
) -> Result<(Vec<Found>, Vec<String>)> {
    let all = polynomial::rows(pairs, fit);
    let weights = polynomial::weights(request.n_players, &all, fit);
    let rows = Rows { coalitions: &design.rows, pairs: &all, weights: &weights, fit };
    let parities = Parity::both(request.n_players, request.order);
    let readout = Readout::new(request, &parities);
    let mut found = vec![0.0; values.n_outputs() * readout.n_terms()];
    let mut warnings = Vec::new();
    for parity in &parities {
        let half = Half::new(parity, rows, values);
        // Sets of one player or none, which are free.
        let n_free = parity.sets[0].len();
        let mut larger = vec![Vec::new(); values.n_outputs()];
        if parity.n_sets > n_free {
            let problem = Penalised::new(&half)?;
            let strengths;
            (larger, strengths) = match penalty {
                Penalty::Ridge => problem.ridge()?,
                Penalty::Lasso => problem.lasso()?,
            };
            warnings.push(describe(penalty, parity.odd, &larger, &strengths));
        }
        let coefficients = with_free(&half, n_free, larger)?;
        for (coefficients, terms) in coefficients.iter().zip(found.chunks_exact_mut(readout.n_terms())) {
            readout.add(parity.odd, coefficients, 1.0, terms);
        }
    }
    Ok((readout.found(&found, None), warnings))
}

/// A penalty, and whether it lies at an end of those that were tried.
type Strength = (f64, bool);

/// What a reader must know of a regularised solution.
fn describe(penalty: Penalty, odd: bool, larger: &[Vec<f64>], strengths: &[Strength]) -> String {
    let parity = if odd { "odd" } else { "even" };
    let [low, high] =
        [f64::min as fn(f64, f64) -> f64, f64::max].map(|of| strengths.iter().map(|(lambda, _)| *lambda).reduce(of));
    let range = match (low, high) {
        (Some(low), Some(high)) if low < high => format!("{low:.2e} to {high:.2e}"),
        (low, _) => format!("{:.2e}", low.unwrap_or(0.0)),
    };
    let end = if strengths.iter().any(|(_, at_end)| *at_end) { ", an end of what was tried" } else { "" };
    let kept = larger.iter().map(|larger| larger.iter().filter(|value| **value != 0.0).count()).max().unwrap_or(0);
    let n_larger = larger.first().map_or(0, Vec::len);
    match penalty {
        Penalty::Ridge => format!(
            "ridge on the {n_larger} {parity} interactions, strength {range} by leave-one-out{end}: shrunk towards zero, without \
             standard errors"
        ),
        Penalty::Lasso => format!(
            "lasso on the {n_larger} {parity} interactions, strength {range} by five-fold cross-validation{end}, at most {kept} not \
             zero: shrunk towards zero, without standard errors"
        ),
    }
}

/// The penalised problem of one parity.
struct Penalised<'a> {
    parity: &'a Parity,
    rows: Rows<'a>,
    /// Sets of one player or none, which are free; the others are penalised.
    n_free: usize,
    n_larger: usize,
    /// What is taken from the sign of a set, so that the constraint holds, `[rows]`.
    shift: Vec<f64>,
    /// Orthonormal columns that the free sets span, `[rows, columns]`, rows times the root of their weight.
    free: Mat<f64>,
    /// Targets times the root of the weight, without what the free sets explain, `[rows, outputs]`.
    targets: Mat<f64>,
}

impl<'a> Penalised<'a> {
    fn new(half: &'a Half<'a>) -> Result<Self> {
        let (parity, rows) = (half.parity, half.rows);
        let n_free = parity.sets[0].len();
        let n_rows = rows.pairs.len();
        // The mean sign of the free sets: what a larger set takes from them where the sum is fixed.
        let mut signs = vec![0.0; n_rows * n_free];
        let base = Parity::both(rows.coalitions.n_players(), usize::from(parity.odd));
        for (pair, signs) in rows.pairs.iter().zip(signs.chunks_exact_mut(n_free)) {
            base[usize::from(parity.odd)].signs(rows.coalitions.row(pair.row), signs);
        }
        let shift: Vec<f64> = match rows.fit {
            Fit::Shapley => signs.chunks_exact(n_free).map(|signs| signs.iter().sum::<f64>() / n_free as f64).collect(),
            Fit::Banzhaf => vec![0.0; n_rows],
        };
        let roots: Vec<f64> = rows.weights.iter().map(|weight| weight.sqrt()).collect();
        // With a fixed sum the last of the free sets follows from the others.
        let n_columns = n_free - usize::from(rows.fit == Fit::Shapley);
        if n_columns > n_rows {
            let needed = n_columns;
            return Err(rank_error(fit::Error::RankDeficient { rank: n_rows, needed }, rows.coalitions.n_players()));
        }
        let free = Mat::from_fn(n_rows, n_columns, |at, set| roots[at] * (signs[at * n_free + set] - shift[at]));
        let free = free.qr().compute_thin_Q();
        let n_outputs = half.totals.len();
        let target = |at: usize, output: usize| {
            roots[at] * (half.targets[at * n_outputs + output] - shift[at] * half.totals[output])
        };
        let targets = without(&free, Mat::from_fn(n_rows, n_outputs, target));
        Ok(Self { parity, rows, n_free, n_larger: parity.n_sets - n_free, shift, free, targets })
    }

    /// Coefficients of the larger sets, `[outputs][sets]`, and the strength for each output.
    fn ridge(&self) -> Result<(Vec<Vec<f64>>, Vec<Strength>)> {
        let n_rows = self.rows.pairs.len();
        let leverage: Vec<f64> =
            (0..n_rows).map(|row| self.free.row(row).iter().map(|value| value * value).sum()).collect();
        let solutions = kernel_ridge::solve(&self.products(), &self.targets, &leverage)?;
        let larger = solutions.iter().map(|solution| self.unknowns(&solution.coefficients)).collect();
        Ok((larger, solutions.iter().map(|solution| (solution.lambda, solution.at_end)).collect()))
    }

    /// The products of the rows of the larger sets with each other, without what the free sets explain.
    fn products(&self) -> Mat<f64> {
        let n = self.rows.coalitions.n_players();
        let sizes: Vec<usize> = self.parity.sets[1..].iter().map(Sets::size).collect();
        // The sum of the signs of all sets in the players in which two coalitions differ.
        let of_distance: Vec<f64> =
            (0..=n).map(|distance| sizes.iter().map(|&size| krawtchouk(n, size, distance)).sum()).collect();
        let words = |at: usize| self.rows.coalitions.row(self.rows.pairs[at].row).words();
        let single: Vec<f64> = self.rows.pairs.iter().map(|pair| of_distance[pair.size]).collect();
        let n_larger = self.n_larger as f64;
        let product = |at: usize, other: usize| {
            let distance: u32 = words(at).iter().zip(words(other)).map(|(a, b)| (a ^ b).count_ones()).sum();
            let [a, b] = [self.shift[at], self.shift[other]];
            let signs = of_distance[distance as usize] - b * single[at] - a * single[other] + a * b * n_larger;
            (self.rows.weights[at] * self.rows.weights[other]).sqrt() * signs
        };
        let n_rows = self.rows.pairs.len();
        let products = Mat::from_fn(n_rows, n_rows, product);
        let once = without(&self.free, products);
        without(&self.free, once.transpose().to_owned())
    }

    /// The sum of the rows of the larger sets, each times its coefficient and the root of its weight.
    fn unknowns(&self, coefficients: &[f64]) -> Vec<f64> {
        let weighted: Vec<f64> =
            coefficients.iter().zip(self.rows.weights).map(|(c, weight)| c * weight.sqrt()).collect();
        let shifted: f64 = weighted.iter().zip(&self.shift).map(|(c, shift)| c * shift).sum();
        let which: Vec<usize> = self.rows.pairs.iter().map(|pair| pair.row).collect();
        let sign = |at: usize, shared: usize| if shared.is_multiple_of(2) { weighted[at] } else { -weighted[at] };
        let mut unknowns = Vec::with_capacity(self.n_larger);
        for sets in &self.parity.sets[1..] {
            let overlaps = Overlaps::new(self.rows.coalitions.n_players(), sets.size());
            let sums = overlaps.sum(self.rows.coalitions, &which, sign);
            unknowns.extend(sums.into_iter().map(|sum| sum - shifted));
        }
        unknowns
    }

    /// Coefficients of the larger sets, `[outputs][sets]`, and the strength for each output.
    fn lasso(&self) -> Result<(Vec<Vec<f64>>, Vec<Strength>)> {
        let n_rows = self.rows.pairs.len();
        let mut columns = Mat::<f64>::zeros(n_rows, self.n_larger);
        let mut signs = vec![0.0; self.parity.n_sets];
        for (at, pair) in self.rows.pairs.iter().enumerate() {
            self.parity.signs(self.rows.coalitions.row(pair.row), &mut signs);
            let (root, shift) = (self.rows.weights[at].sqrt(), self.shift[at]);
            signs[self.n_free..].iter().enumerate().for_each(|(set, sign)| columns[(at, set)] = root * (sign - shift));
        }
        let columns = without(&self.free, columns);
        let columns: Vec<f64> = (0..self.n_larger).flat_map(|set| columns.col_as_slice(set).iter().copied()).collect();
        let (mut larger, mut lambdas) = (Vec::new(), Vec::new());
        for output in 0..self.targets.ncols() {
            let solution = lasso::solve(&columns, self.targets.col_as_slice(output))?;
            larger.push(solution.coefficients);
            lambdas.push((solution.lambda, solution.at_end));
        }
        Ok((larger, lambdas))
    }
}

/// All coefficients, `[outputs][sets]`: the free ones are fitted to what the larger sets leave, with what their sum leaves of
/// the total.
fn with_free(half: &Half<'_>, n_free: usize, larger: Vec<Vec<f64>>) -> Result<Vec<Vec<f64>>> {
    let (rows, parity) = (half.rows, half.parity);
    let base = Parity::both(rows.coalitions.n_players(), usize::from(parity.odd));
    let n_outputs = larger.len();
    let mut left = Half { parity: &base[usize::from(parity.odd)], ..half.clone() };
    if rows.fit == Fit::Shapley {
        left.totals.iter_mut().zip(&larger).for_each(|(total, larger)| *total -= larger.iter().sum::<f64>());
    }
    let mut signs = vec![0.0; parity.n_sets];
    for (pair, targets) in rows.pairs.iter().zip(left.targets.chunks_exact_mut(n_outputs)) {
        parity.signs(rows.coalitions.row(pair.row), &mut signs);
        for (target, larger) in targets.iter_mut().zip(&larger) {
            *target -= signs[n_free..].iter().zip(larger).map(|(sign, value)| sign * value).sum::<f64>();
        }
    }
    let solution = fit::solve(&left.problem(&|at, out| left.row(at, out)))
        .map_err(|error| rank_error(error, rows.coalitions.n_players()))?;
    let free = solution.coefficients.chunks_exact(left.n_unknowns());
    Ok(free.zip(larger).map(|(free, larger)| [&free[..n_free], &larger].concat()).collect())
}

/// Takes the part in the span of orthonormal columns from a matrix.
fn without(orthonormal: &Mat<f64>, matrix: Mat<f64>) -> Mat<f64> {
    if orthonormal.ncols() == 0 {
        return matrix;
    }
    &matrix - orthonormal * (orthonormal.transpose() * &matrix)
}

/// The sum over the sets of `size` of `n` players of -1 to the number of players that a set shares with a coalition of
/// `distance` players.
fn krawtchouk(n: usize, size: usize, distance: usize) -> f64 {
    let term = |shared: usize| {
        let sign = if shared.is_multiple_of(2) { 1.0 } else { -1.0 };
        sign * count(distance, shared) * count(n - distance, size - shared)
    };
    (0..=size).map(term).sum()
}

/// Fails if the problem takes more than a minute or 2 GiB.
pub(crate) fn check(request: &Request, penalty: Penalty) -> Result<()> {
    let &Request { n_players, order, budget, .. } = request;
    let pairs = budget as f64 / 2.0;
    match penalty {
        Penalty::Ridge if budget > 2 * MOST_PAIRS => Err(Error::Request(format!(
            "solve a ridge regression with a budget of {budget}: expected at most {}",
            2 * MOST_PAIRS
        ))),
        Penalty::Lasso if n_players < 4 => {
            Err(Error::Request(format!("solve a lasso for {n_players} players: it needs at least 4; use method exact")))
        }
        Penalty::Lasso if pairs * polynomial::n_unknowns(n_players, order) > MOST_NUMBERS => {
            Err(Error::Request(format!(
                "solve a lasso of order {order} for {n_players} players with a budget of {budget}: it takes more than 2 GiB; use a \
             smaller budget, a lower order, or --ridge"
            )))
        }
        _ => Ok(()),
    }
}

/// The smallest budget: pairs for the single players, and a few more.
pub(crate) fn smallest_budget(n_players: usize) -> usize {
    polynomial::smallest_budget(n_players, 1).max(12.0f64.min((n_players as f64).exp2()) as usize)
}
