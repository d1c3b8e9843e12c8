//! SHAP-IQ: any index as a weighted mean over coalitions (Fumagalli et al., 2023).
//!
//! Every index here is a sum over all coalitions of a value times a weight that depends on the size of the coalition
//! and on how many players it shares with the set. A coalition that stands for others of its size stands for their part
//! of the sum, so each evaluation serves every set, and the estimate is unbiased at every budget. Of order 1 it is
//! unbiased KernelSHAP (Covert & Lee, 2021).
//!
//! Coalitions come in pairs of complements, drawn size by size without replacement; what depends on sizes alone has an
//! index in closed form, so the mean of each size is taken out first (`centre.rs`), in a way that leaves the estimate
//! unbiased. Exact at full budget.

use einthoven_game::design::pairs::{self, Pair, Pairs};
use einthoven_game::{Attribution, Design, Kind, Values};

use crate::Result;
use crate::attribute::{self, Estimate, Found};
use crate::centre::Centred;
use crate::request::Request;
use crate::sets::Overlaps;
use crate::weights::{self, Weights};

/// The name of `--method`.
pub const METHOD: &str = "shapiq";
/// Fewer distinct pairs drawn at random than this give standard errors that are rough.
const FEW_PAIRS: usize = 10;

/// Pairs of coalitions to evaluate.
///
/// # Errors
/// If there is no such index of that order, or the budget is below the smallest that will do.
pub fn design(request: &Request) -> Result<Design> {
    request.check()?;
    Ok(pairs::design(&request.plan(METHOD), request.n_players, request.budget, request.seed)?)
}

/// The index of each output for all sets of up to `order` players.
///
/// # Errors
/// If values are missing or not finite, or the design is of another method.
pub fn estimate(request: &Request, design: &Design, values: &Values) -> Result<Vec<Attribution>> {
    request.check()?;
    design.check_values(METHOD, values)?;
    let pairs = Pairs::read(METHOD, design)?;
    let found: Result<Vec<Found>> = weights::sizes(request.index, request.order)
        .map(|size| of_size(request, design, &pairs, values, size))
        .collect();
    let kind = if pairs.complete() { Kind::Exact } else { Kind::Unbiased };
    let &Request { index, order, .. } = request;
    let estimate = Estimate { method: METHOD, index, order, kind, found: found?, warnings: warnings(&pairs) };
    Ok(attribute::attribute(design, values, &estimate))
}

/// What a reader must know of the standard errors.
pub(crate) fn warnings(pairs: &Pairs) -> Vec<String> {
    match pairs.n_sampled() {
        n_sampled if pairs.complete() || n_sampled >= FEW_PAIRS => Vec::new(),
        n_sampled => vec![format!("only {n_sampled} pairs of coalitions were drawn at random: the errors are rough")],
    }
}

/// Values and variances of the sets of one size, all outputs.
pub(crate) fn of_size(
    request: &Request,
    design: &Design,
    pairs: &Pairs,
    values: &Values,
    size: usize,
) -> Result<Found> {
    let n = request.n_players;
    let weights = Weights::new(request.index, n, request.order, size)?;
    let overlaps = Overlaps::new(n, size);
    let outputs = 0..values.n_outputs();
    let sums = outputs.map(|output| {
        let Centred { means, mut deviations } = Centred::new(n, pairs, &values.output(output));
        for pair in &pairs.all {
            [pair.row, pair.complement].into_iter().for_each(|row| deviations[row] *= pair.share);
        }
        let constant = weights.of_sizes(|t| means[t]);
        let (mut values, variances) = spread(design, pairs, &overlaps, &weights, &deviations);
        values.iter_mut().for_each(|value| *value += constant);
        (values, variances)
    });
    let (values, variances) = sums.unzip();
    Ok(Found { size, values, variances: Some(variances) })
}

/// Sums over all pairs and their variances, for each set; `parts` are what a row has times what it stands for, `[rows]`. Within a
/// stratum `d` of `P` pairs were drawn without replacement, so a sum over it varies by `d (1 - d/P)` times the variance of what
/// a pair adds.
pub(crate) fn spread(
    design: &Design,
    pairs: &Pairs,
    overlaps: &Overlaps,
    weights: &Weights,
    parts: &[f64],
) -> (Vec<f64>, Vec<f64>) {
    let n = design.rows.n_players();
    let pull = |pair: &Pair, shared: usize| {
        // In the middle both members of a pair are of the same size.
        let half = if 2 * pair.size == n { 0.5 } else { 1.0 };
        let of_member = weights.of_mean(pair.size, shared) * parts[pair.row];
        let of_complement = weights.of_mean(n - pair.size, weights.size - shared) * parts[pair.complement];
        half * (of_member + of_complement)
    };
    let sum = |pairs: &[&Pair], f: &dyn Fn(usize, usize) -> f64| {
        let rows: Vec<usize> = pairs.iter().map(|pair| pair.row).collect();
        overlaps.sum(&design.rows, &rows, f)
    };
    let certain: Vec<&Pair> = pairs.all.iter().filter(|pair| !pair.sampled).collect();
    let mut sums = sum(&certain, &|at, shared| pull(certain[at], shared));
    let (mut sampled, mut scales) = (Vec::new(), Vec::new());
    let mut centres = vec![0.0; sums.len()];
    for stratum in &pairs.strata {
        let drawn: Vec<&Pair> = pairs.all[stratum.range.clone()].iter().filter(|pair| pair.sampled).collect();
        let count = drawn.len() as f64;
        let scale = (1.0 - count / stratum.population).max(0.0) * count / (count - 1.0).max(1.0);
        // With a single pair the square of its pull stands for the variance: too much rather than too little.
        let centre = if count > 1.0 { scale / count } else { 0.0 };
        let of_stratum = sum(&drawn, &|at, shared| pull(drawn[at], shared));
        for ((total, centres), sum) in sums.iter_mut().zip(&mut centres).zip(of_stratum) {
            *total += sum;
            *centres += centre * sum * sum;
        }
        scales.resize(scales.len() + drawn.len(), scale);
        sampled.extend(drawn);
    }
    let mut variances = sum(&sampled, &|at, shared| scales[at] * pull(sampled[at], shared).powi(2));
    variances.iter_mut().zip(centres).for_each(|(variance, centre)| *variance = (*variance - centre).max(0.0));
    (sums, variances)
}
