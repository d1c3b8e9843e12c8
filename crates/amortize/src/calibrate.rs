//! How wrong a prediction is likely to be: a standard error for each value, learned from the validation records.
//!
//! The logarithm of the squared error is taken to be a linear function of what is known of a prediction: how large the values of
//! its output are as a rule, how large those of the record are beside that, and how large this one is among them. It is fitted by the likelihood of a gamma
//! distribution, whose equations need nothing but the mean of the squared errors to be right; so the products of residuals
//! with independent labels, which have that mean and any sign, are enough, and true values are not needed. The mean of the
//! squared errors over the predicted ones is then 1.

use faer::Mat;
use faer::linalg::solvers::Solve;
use serde::{Deserialize, Serialize};

use crate::label::{LabelSpec, LabelledRecord};
use crate::train::squared_errors;

/// A constant and the three slopes.
const FEATURES: usize = 4;
/// A value below this share of the typical one of its record is as good as zero.
const SMALL: f64 = 0.1;
/// Newton steps at most, and the length of a step below which it has converged.
const STEPS: usize = 50;
const CONVERGED: f64 = 1e-8;
/// A slight pull of the slopes to zero, against the information of one value.
const PULL: f64 = 1.0;

/// Predicts the variance of a prediction about the true value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorModel {
    /// Of the features.
    coefficients: [f64; FEATURES],
    /// Typical size of the values of each output: the root mean square over validation records.
    sizes: Vec<f64>,
}

impl ErrorModel {
    /// Fits squared errors of predictions `[records][outputs, terms]`. `None` where the records do not show any error beside
    /// the labels' noise.
    pub(crate) fn fit(spec: &LabelSpec, predictions: &[Vec<f64>], records: &[&LabelledRecord]) -> Option<Self> {
        let (n_outputs, n_terms) = (spec.outputs.len(), spec.terms.len());
        let size = |output: usize| {
            let values = predictions.iter().flat_map(|values| &values[output * n_terms..(output + 1) * n_terms]);
            let squares: f64 = values.map(|value| value * value).sum();
            (squares / (predictions.len() * n_terms).max(1) as f64).sqrt().max(f64::MIN_POSITIVE)
        };
        let sizes: Vec<f64> = (0..n_outputs).map(size).collect();
        let mut rows: Vec<([f64; FEATURES], f64)> = Vec::new();
        for (prediction, record) in predictions.iter().zip(records) {
            rows.extend(features(prediction, &sizes).into_iter().zip(squared_errors(prediction, record)?));
        }
        let mean = rows.iter().map(|row| row.1).sum::<f64>() / rows.len().max(1) as f64;
        if mean <= 0.0 || !mean.is_finite() {
            return None;
        }
        let mut coefficients = [mean.ln(), 0.0, 0.0, 0.0];
        for _ in 0..STEPS {
            let step = newton(&rows, &coefficients)?;
            // Far from the answer a whole step may overshoot.
            let longest = step.iter().fold(0.0f64, |most, x| most.max(x.abs()));
            let share = (1.0 / longest).min(1.0);
            coefficients.iter_mut().zip(&step).for_each(|(value, step)| *value += share * step);
            if longest < CONVERGED {
                break;
            }
        }
        Some(Self { coefficients, sizes })
    }

    /// Standard errors of a prediction `[outputs, terms]`.
    pub(crate) fn std_errs(&self, prediction: &[f64]) -> Vec<f64> {
        let features = features(prediction, &self.sizes);
        features.iter().map(|features| (log_variance(&self.coefficients, features) / 2.0).exp()).collect()
    }
}

/// Mean square of the errors over that of the predicted standard errors, where each half of the records is predicted by what was
/// fitted on the other.
pub(crate) fn held_out_ratio(spec: &LabelSpec, predictions: &[Vec<f64>], records: &[&LabelledRecord]) -> Option<f64> {
    let half = records.len() / 2;
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

/// A step of Fisher scoring: the score of the gamma likelihood, and its expected information.
fn newton(rows: &[([f64; FEATURES], f64)], coefficients: &[f64; FEATURES]) -> Option<[f64; FEATURES]> {
    let (mut information, mut score) = (Mat::<f64>::zeros(FEATURES, FEATURES), Mat::<f64>::zeros(FEATURES, 1));
    for (features, error) in rows {
        let pull = error / log_variance(coefficients, features).exp() - 1.0;
        for (i, a) in features.iter().enumerate() {
            score[(i, 0)] += a * pull;
            features.iter().enumerate().for_each(|(j, b)| information[(i, j)] += a * b);
        }
    }
    for i in 1..FEATURES {
        information[(i, i)] += PULL;
        score[(i, 0)] -= PULL * coefficients[i];
    }
    let solution = information.llt(faer::Side::Lower).ok()?.solve(&score);
    let step = std::array::from_fn(|i| solution[(i, 0)]);
    step.iter().all(|x: &f64| x.is_finite()).then_some(step)
}
