//! Whether labels are right on average, checked against estimates that cost a hundred times as much.
//!
//! Of a few records the truth `t` is estimated at a high budget, with the variance of each number, and `m` labels are drawn
//! independently of it and of each other. The residuals `r = label - t` of two labels share nothing but the bias `b` and the
//! error of the truth, so
//!
//! ```text
//! E[r_i · r_j] = |b|² + sum of the variances of t,   i ≠ j,
//! ```
//!
//! whatever the noise of the labels. The mean over all pairs of labels, less the known variances, is an unbiased estimate of
//! the squared bias of a record; it may come out below zero. Divided by how much the true values vary over records it is the
//! relative error that no number of records takes an explainer below: the floor. Its standard error is the spread over
//! records.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Fewest records: with fewer, one of them decides.
const FEWEST_RECORDS: usize = 5;
/// Fewest labels of a record: the bias is in what two of them have in common.
const FEWEST_LABELS: usize = 2;
/// What f64 leaves of a square that ought to be zero, as a share of the squares it came from.
const ROUNDING: f64 = 1e-20;
/// The 99 % quantile of the normal distribution.
const NORMAL: f64 = 2.326_347_874_040_841;

/// A record whose truth is known well.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// The values at a high budget, `[outputs, terms]`.
    pub truth: Vec<f64>,
    /// Squared standard errors of those.
    pub variances: Vec<f64>,
    /// Independent labels, each `[outputs, terms]`.
    pub labels: Vec<Vec<f64>>,
}

/// What a check has found. Errors are squared, summed over outputs and terms, and relative to how much the true values vary
/// over records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BiasCheck {
    /// Records that were probed.
    pub records: usize,
    /// Labels of each.
    pub labels: usize,
    /// Estimator of the truth.
    pub truth: String,
    /// Coalitions of each truth.
    pub truth_budget: usize,
    /// The squared bias: what no number of records removes. Unbiased, so it may be below zero.
    pub floor: f64,
    /// Standard error of the floor.
    pub std_err: f64,
    /// The squared error of a single label, noise and bias together.
    pub label_error: f64,
    /// Whether the labels are biased: the floor is further above zero than chance has it once in a hundred sets of unbiased
    /// labels.
    pub biased: bool,
}

impl BiasCheck {
    /// The largest floor that is compatible with what was found, at 99 %.
    pub fn upper(&self) -> f64 {
        self.floor.max(0.0) + threshold(self.records) * self.std_err
    }

    /// The finding in a sentence.
    pub fn summary(&self) -> String {
        let Self { records, labels, truth, truth_budget, floor, std_err, label_error, biased } = self;
        let verdict = match biased {
            true => "the labels are biased, and no number of records takes an explainer below that error".to_owned(),
            false => format!("no bias was found; it is below {:.2e} at 99 %", self.upper()),
        };
        format!(
            "bias: floor {floor:.2e} +- {std_err:.1e} of the variance of the values (a label's error is {label_error:.2e}), from \
             {labels} labels of each of {records} records beside {truth} with {truth_budget} coalitions: {verdict}"
        )
    }
}

/// Checks labels against truths.
///
/// # Errors
/// If there are fewer than five records or two labels of each, they differ in length, or the true values do not vary.
pub fn check(probes: &[Probe], truth: &str, truth_budget: usize) -> Result<BiasCheck> {
    let n_labels = probes.first().map_or(0, |probe| probe.labels.len());
    let length = probes.first().map_or(0, |probe| probe.truth.len());
    if probes.len() < FEWEST_RECORDS || n_labels < FEWEST_LABELS {
        let found = format!("check {n_labels} labels of each of {} records for bias", probes.len());
        let expected = format!("expected at least {FEWEST_LABELS} of {FEWEST_RECORDS}");
        return Err(Error::Request(format!("{found}: {expected}")));
    }
    let fits = |probe: &Probe| {
        let labels = probe.labels.iter().map(Vec::len);
        probe.labels.len() == n_labels
            && labels.chain([probe.truth.len(), probe.variances.len()]).all(|found| found == length)
    };
    if !probes.iter().all(fits) {
        let reason = format!("check labels for bias: expected {n_labels} of {length} numbers for each record");
        return Err(Error::Request(reason));
    }
    let residuals: Vec<[f64; 2]> = probes.iter().map(residuals).collect();
    let spreads = spreads(probes);
    let n = probes.len() as f64;
    let sum = |numbers: &mut dyn Iterator<Item = f64>| numbers.sum::<f64>();
    let (bias, error) = (sum(&mut residuals.iter().map(|r| r[0])), sum(&mut residuals.iter().map(|r| r[1])));
    let spread = sum(&mut spreads.iter().copied());
    // What rounding leaves of exact numbers is neither spread nor bias.
    let rounding = ROUNDING * sum(&mut probes.iter().flat_map(|probe| &probe.truth).map(|value| value * value));
    if !(spread.is_finite() && spread > rounding) {
        let reason = "check labels for bias: the true values vary no more over the records than their errors do; use more \
                      records, or a larger budget for the truth";
        return Err(Error::Request(reason.to_owned()));
    }
    let floor = bias / spread;
    // The variance of a ratio of sums.
    let squares = residuals.iter().zip(&spreads).map(|(residual, spread)| (residual[0] - floor * spread).powi(2));
    let std_err = (n / (n - 1.0) * squares.sum::<f64>()).sqrt() / spread;
    // Whether there is a bias is asked of the numerator alone, which is a mean of independent numbers.
    let mean = bias / n;
    let around = residuals.iter().map(|residual| (residual[0] - mean).powi(2)).sum::<f64>();
    let of_mean = (around / (n * (n - 1.0))).sqrt();
    let biased = mean > threshold(probes.len()) * of_mean + rounding / n;
    Ok(BiasCheck {
        records: probes.len(),
        labels: n_labels,
        truth: truth.to_owned(),
        truth_budget,
        floor,
        std_err,
        label_error: error / spread,
        biased,
    })
}

/// An unbiased estimate of a record's squared bias, and of the squared error of one of its labels.
fn residuals(probe: &Probe) -> [f64; 2] {
    let m = probe.labels.len() as f64;
    let (mut products, mut squares) = (0.0, 0.0);
    for (at, truth) in probe.truth.iter().enumerate() {
        let of_labels = probe.labels.iter().map(|label| label[at] - truth);
        let (sum, square) = of_labels.fold((0.0, 0.0), |(sum, square), r| (sum + r, square + r * r));
        products += sum * sum - square;
        squares += square;
    }
    let of_truth = probe.variances.iter().sum::<f64>();
    [products / (m * (m - 1.0)) - of_truth, squares / m - of_truth]
}

/// How far each record's true values are from their mean over records, squared; the sum over records is unbiased.
fn spreads(probes: &[Probe]) -> Vec<f64> {
    let n = probes.len() as f64;
    let mut mean = vec![0.0; probes[0].truth.len()];
    for probe in probes {
        mean.iter_mut().zip(&probe.truth).for_each(|(mean, truth)| *mean += truth / n);
    }
    let spread = |probe: &Probe| {
        let around: f64 = probe.truth.iter().zip(&mean).map(|(truth, mean)| (truth - mean).powi(2)).sum();
        around - (1.0 - 1.0 / n) * probe.variances.iter().sum::<f64>()
    };
    probes.iter().map(spread).collect()
}

/// How many standard errors above zero chance brings a mean over so many records once in a hundred times: the 99 % quantile of
/// Student's distribution (Student, 1908), by its expansion around the normal one, which is right to 1 % from five records on.
/// A sum of squares leans to the right, where its own spread is large too, which makes an alarm rarer.
fn threshold(n_records: usize) -> f64 {
    let (z, n) = (NORMAL, (n_records - 1) as f64);
    z + (z.powi(3) + z) / (4.0 * n)
        + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * n * n)
        + (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / (384.0 * n.powi(3))
}
