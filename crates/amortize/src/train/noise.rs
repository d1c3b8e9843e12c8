//! What labels say of themselves: their noise, and how far the values behind them vary.
//!
//! Two independent labels of a record have the same mean and errors that have nothing to do with each other. So the mean of
//! their product is that of the squared value, without the noise; half the mean square of their difference is the noise;
//! and the product of what a prediction differs by from the one and from the other is, on average, its squared error. No
//! true value is needed for any of them.

use crate::label::LabelledRecord;

/// Noise and spread of labels, value by value, `[outputs, terms]`, over records with several labels each.
#[derive(Clone, Debug, PartialEq)]
pub struct Noise {
    /// Variance of one label about the record's value, the mean over records.
    pub noise: Vec<f64>,
    /// Variance of the value from record to record, without the noise; may come out below zero where there is little.
    pub spread: Vec<f64>,
}

impl Noise {
    /// Over records with at least two labels each; `None` if there are fewer than two of them.
    pub fn of<'a>(records: impl Iterator<Item = &'a LabelledRecord>) -> Option<Self> {
        let records: Vec<_> = records.filter(|record| record.labels.len() >= 2).collect();
        let (n, length) = (records.len() as f64, records.first()?.labels[0].values.len());
        if records.len() < 2 {
            return None;
        }
        let (mut noise, mut square, mut means) = (vec![0.0; length], vec![0.0; length], vec![0.0; length]);
        for record in &records {
            let k = record.labels.len() as f64;
            for at in 0..length {
                let values = record.labels.iter().map(|label| label.values[at]);
                let sum: f64 = values.clone().sum();
                let squares: f64 = values.map(|value| value * value).sum();
                let within = (squares - sum * sum / k) / (k - 1.0);
                noise[at] += within / n;
                // The mean of products of two different labels.
                square[at] += (sum * sum - squares) / (k * (k - 1.0)) / n;
                means[at] += sum / k / n;
            }
        }
        // The squared mean of the value, without what the noise of the records' means adds.
        let labels = records.iter().map(|record| 1.0 / record.labels.len() as f64).sum::<f64>() / n;
        let spread = (0..length).map(|at| {
            let of_mean = means[at] * means[at] - noise[at] * labels / n;
            (square[at] - of_mean) * n / (n - 1.0)
        });
        let spread = spread.collect();
        Some(Self { noise, spread })
    }

    /// The noise of one label as a share of the spread of the values: the relative mean squared error of a label.
    pub fn relative(&self) -> f64 {
        self.noise.iter().sum::<f64>() / self.spread.iter().sum::<f64>()
    }
}

/// An unbiased estimate of a prediction's squared error at each value, `[values]`: products of what it differs by from
/// different labels. `None` with fewer than two labels.
pub(crate) fn squared_errors(prediction: &[f64], record: &LabelledRecord) -> Option<Vec<f64>> {
    let k = record.labels.len() as f64;
    (record.labels.len() >= 2).then(|| {
        let of_value = |(at, prediction): (usize, &f64)| {
            let differences = record.labels.iter().map(|label| prediction - label.values[at]);
            let sum: f64 = differences.clone().sum();
            let squares: f64 = differences.map(|difference| difference * difference).sum();
            (sum * sum - squares) / (k * (k - 1.0))
        };
        prediction.iter().enumerate().map(of_value).collect()
    })
}
