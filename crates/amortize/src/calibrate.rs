//! How wrong a prediction is likely to be: a standard error for each value, learned from the validation records.
//!
//! The logarithm of the squared error is taken to be a linear function of what is known of a prediction: which output it is,
//! how large the record's values are in all, and how large this one is among them. It is fitted by the likelihood of a gamma
//! distribution, whose equations need nothing but the mean of the squared errors to be right; so the products of residuals
//! with independent labels, which have that mean and any sign, are enough, and true values are not needed. The mean square of
//! the predicted errors of an output is then that of the errors themselves.

use faer::Mat;
use faer::linalg::solvers::Solve;
use serde::{Deserialize, Serialize};

use crate::label::{LabelSpec, LabelledRecord};
use crate::train::squared_errors;

/// Features beside one for each output.
const SLOPES: usize = 2;
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
    /// One for each output, then the slopes.
    coefficients: Vec<f64>,
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
        let mut rows: Vec<(usize, [f64; SLOPES], f64)> = Vec::new();
        for (prediction, record) in predictions.iter().zip(records) {
            let errors = squared_errors(prediction, record)?;
            let slopes = slopes(prediction, &sizes);
            for (at, (error, slopes)) in errors.into_iter().zip(slopes).enumerate() {
                rows.push((at / n_terms, slopes, error));
            }
        }
        let means: Vec<f64> = (0..n_outputs).map(|output| mean_of(&rows, output)).collect();
        if means.iter().any(|mean| *mean <= 0.0 || !mean.is_finite()) {
            return None;
        }
        let mut coefficients: Vec<f64> = means.iter().map(|mean| mean.ln()).chain([0.0; SLOPES]).collect();
        for _ in 0..STEPS {
            let step = newton(&rows, &coefficients, n_outputs)?;
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
        let n_outputs = self.sizes.len();
        let n_terms = prediction.len() / n_outputs;
        let slopes = slopes(prediction, &self.sizes);
        let log =
            |(at, slopes): (usize, [f64; SLOPES])| log_variance(&self.coefficients, n_outputs, at / n_terms, &slopes);
        slopes.into_iter().enumerate().map(log).map(|log| (log / 2.0).exp()).collect()
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

/// The features of each value beside its output: logarithms of how large its record's values of that output are, and how large
/// it is among them.
fn slopes(prediction: &[f64], sizes: &[f64]) -> Vec<[f64; SLOPES]> {
    let n_terms = prediction.len() / sizes.len();
    let of_output = |(values, size): (&[f64], &f64)| {
        let square = values.iter().map(|value| value * value).sum::<f64>() / n_terms as f64;
        let floor = (SMALL * size).powi(2);
        let record = (square + floor) / (size * size);
        let one =
            |value: &f64| [record.ln(), ((value * value + SMALL * SMALL * square + floor) / (square + floor)).ln()];
        values.iter().map(one).collect::<Vec<_>>()
    };
    prediction.chunks_exact(n_terms).zip(sizes).flat_map(of_output).collect()
}

fn log_variance(coefficients: &[f64], n_outputs: usize, output: usize, slopes: &[f64; SLOPES]) -> f64 {
    let slopes = slopes.iter().zip(&coefficients[n_outputs..]);
    coefficients[output] + slopes.map(|(x, slope)| x * slope).sum::<f64>()
}

fn mean_of(rows: &[(usize, [f64; SLOPES], f64)], output: usize) -> f64 {
    let errors = rows.iter().filter(|row| row.0 == output).map(|row| row.2);
    let (sum, n) = errors.fold((0.0, 0usize), |(sum, n), error| (sum + error, n + 1));
    sum / n.max(1) as f64
}

/// A step of Fisher scoring: the score of the gamma likelihood, and its expected information.
fn newton(rows: &[(usize, [f64; SLOPES], f64)], coefficients: &[f64], n_outputs: usize) -> Option<Vec<f64>> {
    let n = n_outputs + SLOPES;
    let (mut information, mut score) = (Mat::<f64>::zeros(n, n), Mat::<f64>::zeros(n, 1));
    let mut features = vec![0.0; n];
    for (output, slopes, error) in rows {
        features.fill(0.0);
        features[*output] = 1.0;
        features[n_outputs..].copy_from_slice(slopes);
        let pull = error / log_variance(coefficients, n_outputs, *output, slopes).exp() - 1.0;
        for (i, a) in features.iter().enumerate().filter(|(_, a)| **a != 0.0) {
            score[(i, 0)] += a * pull;
            features.iter().enumerate().for_each(|(j, b)| information[(i, j)] += a * b);
        }
    }
    for i in n_outputs..n {
        information[(i, i)] += PULL;
        score[(i, 0)] -= PULL * coefficients[i];
    }
    let solution = information.llt(faer::Side::Lower).ok()?.solve(&score);
    let step: Vec<f64> = (0..n).map(|i| solution[(i, 0)]).collect();
    step.iter().all(|x| x.is_finite()).then_some(step)
}
