//! What a masked cell becomes.

use einthoven_ecg::Record;

use crate::{Error, Result};

/// Where the numbers come from that stand in for a masked cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Baseline {
    /// Zero, which is the isoelectric line of a record after the high-pass filter.
    Zero,
    /// The mean of the lead over the record.
    Mean,
    /// Means over a data set, in millivolts: one per lead, or one per cell as `[leads, samples]` row after row.
    DatasetMean(Vec<f32>),
}

impl Baseline {
    /// The baseline of each cell in millivolts, `[leads, samples]` row after row. Fails if the means of a data set
    /// are neither one per lead nor one per cell, or are not finite.
    pub fn map(&self, record: &Record) -> Result<Vec<f32>> {
        let (leads, samples) = (record.n_leads(), record.n_samples());
        let spread = |means: &[f32]| means.iter().flat_map(|&mean| std::iter::repeat_n(mean, samples)).collect();
        match self {
            Self::Zero => Ok(vec![0.0; leads * samples]),
            Self::Mean => Ok(spread(&(0..leads).map(|lead| mean(record.lead(lead))).collect::<Vec<_>>())),
            Self::DatasetMean(means) if means.iter().any(|mean| !mean.is_finite()) => {
                Err(mismatch("finite means".to_owned(), "a mean that is not a number".to_owned()))
            }
            Self::DatasetMean(means) if means.len() == leads => Ok(spread(means)),
            Self::DatasetMean(means) if means.len() == leads * samples => Ok(means.clone()),
            Self::DatasetMean(means) => Err(mismatch(
                format!("{leads} means, one per lead, or {}, one per cell", leads * samples),
                format!("{} means", means.len()),
            )),
        }
    }
}

fn mean(samples: &[f32]) -> f32 {
    let sum: f64 = samples.iter().map(|&sample| f64::from(sample)).sum();
    (sum / samples.len().max(1) as f64) as f32
}

fn mismatch(expected: String, found: String) -> Error {
    Error::Mismatch { what: "with the mean of a data set", expected, found }
}
