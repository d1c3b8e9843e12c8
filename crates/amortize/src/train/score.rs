//! How good a network is after each epoch, by the validation records.
//!
//! The epoch with the least error is kept. Its error on the records that it was chosen on is too good: the least of twenty noisy
//! numbers is less than it should be. So what is reported is the error, on each half of the records, of the epoch that the other half
//! would have chosen.

use super::noise::squared_errors;
use crate::label::LabelledRecord;

/// Squared errors of the predictions after each epoch, record by record; the first are those before training.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scores(Vec<Vec<f64>>);

impl Scores {
    /// Adds the errors of an epoch; their mean, and whether it is the least so far.
    pub(crate) fn add(&mut self, predictions: &[Vec<f64>], records: &[&LabelledRecord]) -> (f64, bool) {
        let pairs = predictions.iter().zip(records);
        let errors = pairs.filter_map(|(prediction, record)| Some(squared_errors(prediction, record)?.iter().sum()));
        self.0.push(errors.collect());
        let of_epoch = |epoch: &Vec<f64>| epoch.iter().sum::<f64>() / epoch.len() as f64;
        let mean = self.0.last().map_or(f64::INFINITY, of_epoch);
        let before = &self.0[..self.0.len() - 1];
        (mean, before.iter().all(|epoch| mean < of_epoch(epoch)))
    }

    /// The mean squared error of a record, and its standard error.
    pub(crate) fn error(&self) -> [f64; 2] {
        let mut errors: Vec<f64> = Vec::new();
        for half in [0, 1] {
            let on = |epoch: &[f64], half: usize| epoch.iter().skip(half).step_by(2).sum::<f64>();
            let by_others = self.0.iter().min_by(|a, b| on(a, 1 - half).total_cmp(&on(b, 1 - half)));
            errors.extend(by_others.into_iter().flat_map(|epoch| epoch.iter().skip(half).step_by(2).copied()));
        }
        let n = errors.len() as f64;
        let mean = errors.iter().sum::<f64>() / n;
        let squares = errors.iter().map(|error| (error - mean).powi(2)).sum::<f64>();
        [mean, (squares / (n * (n - 1.0))).sqrt()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_is_judged_by_the_epoch_that_the_other_would_choose() {
        // By the even records the second epoch is the best, by the odd ones the third.
        let scores = Scores(vec![vec![5.0, 5.0, 5.0, 5.0], vec![1.0, 4.0, 1.0, 6.0], vec![3.0, 2.0, 4.0, 2.0]]);
        let [mean, error] = scores.error();
        // Even records by the third epoch, odd ones by the second.
        assert_eq!(mean, (3.0 + 4.0 + 4.0 + 6.0) / 4.0);
        let expected = ((1.25f64.powi(2) + 2.0 * 0.25f64.powi(2) + 1.75f64.powi(2)) / 12.0).sqrt();
        assert!((error - expected).abs() < 1e-12, "{error} {expected}");
    }
}
