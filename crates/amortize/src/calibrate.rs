//! How wrong a prediction is likely to be: a standard error for each value, learned from the validation records.
//!
//! The logarithm of the squared error is taken to be a linear function of what is known of a prediction: how large the values of
//! its output are as a rule, how large those of the record are beside that, and how large this one is among them. True values
//! are not needed: products of residuals with independent labels have the squared error for their mean, whatever the noise. They
//! have any sign, so the line is fitted by least squares, where a likelihood would run away after the negative ones; it is
//! drawn to what is usual as far as the products are too noisy to say otherwise. In the end the mean square of the predicted errors
//! is made that of the errors.

use faer::Mat;
use faer::linalg::solvers::Solve;
use serde::{Deserialize, Serialize};

use crate::label::{LabelSpec, LabelledRecord};
use crate::train::squared_errors;

/// A constant and the three slopes.
const FEATURES: usize = 4;
/// A value below this share of the typical one of its record is as good as zero.
const SMALL: f64 = 0.1;
/// Steps at most, and the length of one below which it has converged.
const STEPS: usize = 50;
const CONVERGED: f64 = 1e-8;
/// What is usual: errors that grow somewhat with the values.
const USUAL: [f64; FEATURES] = [0.0, 0.5, 0.4, 0.15];
/// How far slopes are from that as a rule.
const DEVIATION: f64 = 0.3;

/// Fewest records of each half for what is held out.
const FEWEST_HELD_OUT: usize = 20;

/// Predicts the variance of a prediction about the true value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorModel {
    /// Of the features.
    coefficients: [f64; FEATURES],
    /// Typical size of the values of each output: the root mean square over validation records.
    sizes: Vec<f64>,
}

/// The features of a value, and a squared error.
type Row = ([f64; FEATURES], f64);

impl ErrorModel {
    /// Fits squared errors of predictions `[records][outputs, terms]`; where they cannot be told from zero, what they may be at most.
    /// `None` if not even that can be said.
    pub(crate) fn fit(spec: &LabelSpec, predictions: &[Vec<f64>], records: &[&LabelledRecord]) -> Option<Self> {
        let (n_outputs, n_terms) = (spec.outputs.len(), spec.terms.len());
        let size = |output: usize| {
            let values = predictions.iter().flat_map(|values| &values[output * n_terms..(output + 1) * n_terms]);
            let squares: f64 = values.map(|value| value * value).sum();
            (squares / (predictions.len() * n_terms).max(1) as f64).sqrt().max(f64::MIN_POSITIVE)
        };
        let sizes: Vec<f64> = (0..n_outputs).map(size).collect();
        let mut rows: Vec<Row> = Vec::new();
        for (prediction, record) in predictions.iter().zip(records) {
            rows.extend(features(prediction, &sizes).into_iter().zip(squared_errors(prediction, record)?));
        }
        let sum = |row: &dyn Fn(&Row) -> f64| rows.iter().map(row).sum::<f64>();
        let errors = sum(&|row| row.1).max(floor(&rows, predictions.len()));
        let usual = sum(&|row| log_variance(&USUAL, &row.0).exp());
        if errors <= 0.0 || !(errors / usual).is_finite() {
            return None;
        }
        // Beside what is usual, which then has a mean of one.
        let ratios: Vec<Row> =
            rows.iter().map(|row| (row.0, row.1 / log_variance(&USUAL, &row.0).exp() * usual / errors)).collect();
        let change = least_squares(&ratios);
        let mut coefficients = std::array::from_fn(|i| USUAL[i] + change[i]);
        coefficients[0] += (errors / sum(&|row| log_variance(&coefficients, &row.0).exp())).ln();
        Some(Self { coefficients, sizes })
    }

    /// Whether it is one of so many outputs.
    pub(crate) fn fits(&self, n_outputs: usize) -> bool {
        self.sizes.len() == n_outputs && self.sizes.iter().chain(&self.coefficients).all(|number| number.is_finite())
    }

    /// Standard errors of a prediction `[outputs, terms]`.
    pub(crate) fn std_errs(&self, prediction: &[f64]) -> Vec<f64> {
        let features = features(prediction, &self.sizes);
        features.iter().map(|features| (log_variance(&self.coefficients, features) / 2.0).exp()).collect()
    }
}

/// The standard error of the sum of the squared errors: no smaller sum can be told from this one.
fn floor(rows: &[Row], n_records: usize) -> f64 {
    let n = n_records as f64;
    let sums: Vec<f64> =
        rows.chunks(rows.len() / n_records.max(1)).map(|record| record.iter().map(|row| row.1).sum()).collect();
    let mean = sums.iter().sum::<f64>() / n;
    (sums.iter().map(|sum| (sum - mean).powi(2)).sum::<f64>() * n / (n - 1.0)).sqrt()
}

/// Mean square of the errors over that of the predicted standard errors, where each half of the records is predicted by what was
/// fitted on the other.
pub(crate) fn held_out_ratio(spec: &LabelSpec, predictions: &[Vec<f64>], records: &[&LabelledRecord]) -> Option<f64> {
    let half = records.len() / 2;
    if half < FEWEST_HELD_OUT {
        return None;
    }
    let ((first, second), (these, those)) = (predictions.split_at(half), records.split_at(half));
    let (mut squares, mut predicted) = (0.0, 0.0);
    for (fitted, on, held, out) in [(first, these, second, those), (second, those, first, these)] {
        let model = ErrorModel::fit(spec, fitted, on)?;
        for (prediction, record) in held.iter().zip(out) {
            squares += squared_errors(prediction, record)?.iter().sum::<f64>();
            predicted += model.std_errs(prediction).iter().map(|error| error * error).sum::<f64>();
        }
    }
    Some(squares / predicted)
}

/// The features of each value: a constant, and the logarithms of how large values of its output are, how large those of the record
/// are beside that, and how large this one is among them.
fn features(prediction: &[f64], sizes: &[f64]) -> Vec<[f64; FEATURES]> {
    let n_terms = prediction.len() / sizes.len();
    let typical = sizes.iter().map(|size| size.ln()).sum::<f64>() / sizes.len() as f64;
    let of_output = |(values, size): (&[f64], &f64)| {
        let square = values.iter().map(|value| value * value).sum::<f64>() / n_terms as f64;
        let floor = (SMALL * size).powi(2);
        let (output, record) = (2.0 * (size.ln() - typical), ((square + floor) / (size * size)).ln());
        let among = |value: f64| ((value * value + SMALL * SMALL * square + floor) / (square + floor)).ln();
        values.iter().map(|&value| [1.0, output, record, among(value)]).collect::<Vec<_>>()
    };
    prediction.chunks_exact(n_terms).zip(sizes).flat_map(of_output).collect()
}

fn log_variance(coefficients: &[f64; FEATURES], features: &[f64; FEATURES]) -> f64 {
    features.iter().zip(coefficients).map(|(x, slope)| x * slope).sum()
}

/// The coefficients whose exponential is closest to the ratios, slopes drawn to zero: Gauss and Newton's steps, halved until they
/// lead down.
fn least_squares(rows: &[Row]) -> [f64; FEATURES] {
    let spread = rows.iter().map(|row| (row.1 - 1.0).powi(2)).sum::<f64>() / rows.len() as f64;
    let pull = spread / (DEVIATION * DEVIATION);
    let loss = |at: &[f64; FEATURES]| {
        let misses = rows.iter().map(|row| (row.1 - log_variance(at, &row.0).exp()).powi(2)).sum::<f64>();
        misses + pull * at[1..].iter().map(|slope| slope * slope).sum::<f64>()
    };
    let mut at = [0.0; FEATURES];
    let mut least = loss(&at);
    for _ in 0..STEPS {
        let Some(mut step) = gauss_newton(rows, &at, pull) else { break };
        let next = loop {
            let next: [f64; FEATURES] = std::array::from_fn(|i| at[i] + step[i]);
            if loss(&next) <= least || step.iter().all(|x| x.abs() < CONVERGED) {
                break next;
            }
            step.iter_mut().for_each(|x| *x /= 2.0);
        };
        if step.iter().all(|x| x.abs() < CONVERGED) {
            break;
        }
        (at, least) = (next, loss(&next));
    }
    at
}

fn gauss_newton(rows: &[Row], at: &[f64; FEATURES], pull: f64) -> Option<[f64; FEATURES]> {
    let (mut squares, mut slope) = (Mat::<f64>::zeros(FEATURES, FEATURES), Mat::<f64>::zeros(FEATURES, 1));
    for (features, ratio) in rows {
        let value = log_variance(at, features).exp();
        for (i, a) in features.iter().enumerate() {
            slope[(i, 0)] += a * value * (ratio - value);
            features.iter().enumerate().for_each(|(j, b)| squares[(i, j)] += a * b * value * value);
        }
    }
    for i in 1..FEATURES {
        squares[(i, i)] += pull;
        slope[(i, 0)] -= pull * at[i];
    }
    let solution = squares.llt(faer::Side::Lower).ok()?.solve(&slope);
    let step = std::array::from_fn(|i| solution[(i, 0)]);
    step.iter().all(|x: &f64| x.is_finite()).then_some(step)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use einthoven_game::rng::stream;
    use einthoven_game::{Index, Kind, Link};
    use rand::RngExt;
    use rand_distr::StandardNormal;

    use super::*;
    use crate::label::{Label, Role};

    const TERMS: usize = 12;
    /// Noise of a label, five times the errors of the predictions.
    const NOISE: f64 = 1.0;

    fn spec() -> LabelSpec {
        let names: Vec<String> = (0..TERMS).map(|player| format!("player {player}")).collect();
        LabelSpec {
            model: "model".into(),
            outputs: vec!["a".into(), "b".into()],
            leads: names.clone(),
            n_samples: 1,
            rate: 100.0,
            players: "leads".into(),
            player_names: names,
            terms: (0..TERMS as u32).map(|player| vec![player]).collect(),
            index: Index::Sv,
            method: "permutation".into(),
            budget: TERMS + 1,
            kind: Kind::Unbiased,
            link: Link::Logit,
            baseline: "zero".into(),
            seed: 0,
            draws: [1, 2],
        }
    }

    /// Predictions of two outputs, the second twice as large, with errors of a third of a value's size and 0.1, and two noisy labels
    /// of the truth; with the errors.
    fn drawn(seed: u64, n: usize) -> (Vec<Vec<f64>>, Vec<LabelledRecord>, Vec<Vec<f64>>) {
        let (mut predictions, mut records, mut errors) = (Vec::new(), Vec::new(), Vec::new());
        for index in 0..n {
            let mut rng = stream(seed, "test", index as u64);
            let mut normal = |scale: f64| scale * rng.sample::<f64, _>(StandardNormal);
            let prediction: Vec<f64> = (0..2 * TERMS).map(|at| normal(if at < TERMS { 1.0 } else { 2.0 })).collect();
            let error: Vec<f64> = prediction.iter().map(|value| normal(0.1 + value.abs() / 3.0)).collect();
            let mut label = || {
                let values = prediction.iter().zip(&error).map(|(value, error)| value - error + normal(NOISE));
                Label { values: values.collect(), variances: None, evaluations: 13, seed: 0, coalitions: Vec::new() }
            };
            records.push(LabelledRecord {
                name: String::new(),
                role: Role::Validation,
                signal: Vec::new(),
                empty: Vec::new(),
                full: Vec::new(),
                labels: vec![label(), label()],
            });
            predictions.push(prediction);
            errors.push(error);
        }
        (predictions, records, errors)
    }

    #[test]
    fn predicted_errors_are_those_that_are_made() {
        let spec = spec();
        for seed in 0..4 {
            let (predictions, records, _) = drawn(seed, 600);
            let records: Vec<&LabelledRecord> = records.iter().collect();
            let model = ErrorModel::fit(&spec, &predictions, &records).unwrap();
            let (others, _, errors) = drawn(seed + 100, 2000);
            let mut pairs: Vec<(f64, f64)> = Vec::new();
            for (prediction, error) in others.iter().zip(&errors) {
                pairs.extend(model.std_errs(prediction).into_iter().zip(error.iter().copied()));
            }
            let ratio = |pairs: &[(f64, f64)]| {
                pairs.iter().map(|pair| pair.1 * pair.1).sum::<f64>()
                    / pairs.iter().map(|pair| pair.0 * pair.0).sum::<f64>()
            };
            // 600 records say the mean squared error, 0.4, to 4 %: a product of two residuals has a standard deviation of 1.6.
            assert!((ratio(&pairs) - 1.0).abs() < 0.16, "{}", ratio(&pairs));
            // The small and the large errors are told apart, by a line that is not quite the truth.
            pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (small, large) = pairs.split_at(pairs.len() / 2);
            assert!((0.6..1.6).contains(&ratio(small)) && (0.6..1.6).contains(&ratio(large)));
            assert!(large[0].0 > 1.2 * small[0].0);
            let inside = pairs.iter().filter(|pair| pair.1.abs() < 1.96 * pair.0).count() as f64 / pairs.len() as f64;
            assert!((0.92..0.98).contains(&inside), "{inside}");
            let held_out = held_out_ratio(&spec, &predictions, &records).unwrap();
            assert!((held_out - 1.0).abs() < 0.25, "{held_out}");
        }
    }

    #[test]
    fn where_there_is_no_error_there_is_no_model_of_it() {
        let (predictions, mut records, _) = drawn(1, 40);
        for (record, prediction) in records.iter_mut().zip(&predictions) {
            // Labels on either side of the prediction: their products are negative.
            for (label, sign) in record.labels.iter_mut().zip([1.0, -1.0]) {
                label.values = prediction.iter().map(|value| value + sign).collect();
            }
        }
        let records: Vec<&LabelledRecord> = records.iter().collect();
        assert_eq!(ErrorModel::fit(&spec(), &predictions, &records), None);
        assert_eq!(held_out_ratio(&spec(), &predictions[..20], &records[..20]), None);
    }

    #[test]
    fn products_of_residuals_are_squared_errors_on_average() {
        let (mut found, mut expected, mut n) = (0.0, 0.0, 0.0);
        let (predictions, records, errors) = drawn(7, 4000);
        for ((prediction, record), error) in predictions.iter().zip(&records).zip(&errors) {
            found += squared_errors(prediction, record).unwrap().iter().sum::<f64>();
            expected += error.iter().map(|error| error * error).sum::<f64>();
            n += error.len() as f64;
        }
        // The standard deviation of a product about the squared error: at most sqrt(1 + 2 * 1 * e^2) with e^2 of 0.5 on average.
        let bound = 4.0 * (2.0f64 / n).sqrt();
        assert!((found - expected).abs() / n < bound, "{found} {expected} {bound}");
        let mut lonely = records[0].clone();
        lonely.labels.truncate(1);
        assert_eq!(squared_errors(&predictions[0], &lonely), None);
    }
}
