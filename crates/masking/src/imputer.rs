//! What a masked cell becomes.

use einthoven_ecg::Record;
use einthoven_game::rng;
use einthoven_kernels::Fill;
use rand_distr::{Distribution, StandardNormal};
use sha2::{Digest, Sha256};

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
    /// The straight line between the nearest kept samples of the lead on either side; the nearest kept sample at the ends
    /// of the record; zero where the lead is masked altogether.
    Interpolate,
    /// Gaussian noise with the mean and the standard deviation of the lead, drawn once per record and seed: every
    /// coalition sees the same noise.
    Noise {
        /// The seed.
        seed: u64,
    },
    /// The same cell of background records, `[backgrounds, leads, samples]` row after row in millivolts. A coalition is
    /// evaluated once with each background, and its value is the mean: the marginal expectation of SHAP.
    Background(Vec<f32>),
}

impl Baseline {
    /// Numbers for the masked cells of records. Fails if the means of a data set are neither one per lead nor one per
    /// cell, backgrounds are not whole records, or something is not finite.
    pub(crate) fn fill(&self, records: &[&Record]) -> Result<Fill> {
        if *self == Self::Interpolate {
            return Ok(Fill::Interpolate);
        }
        if let Self::Background(values) = self {
            let cells = records.first().map_or(1, |record| record.n_leads() * record.n_samples());
            let maps = values.len() / cells.max(1);
            if maps == 0 || maps * cells != values.len() || values.iter().any(|value| !value.is_finite()) {
                return Err(Error::Mismatch {
                    what: "with background records",
                    expected: format!("a finite number for each of the {cells} cells of at least one record"),
                    found: format!("{} numbers", values.len()),
                });
            }
            return Ok(Fill::Maps { maps, values: values.clone() });
        }
        let maps: Result<Vec<Vec<f32>>> = records.iter().map(|record| self.map(record)).collect();
        Ok(Fill::Maps { maps: 1, values: maps?.concat() })
    }

    /// What a record is where all its cells are masked, `[leads, samples]` in millivolts; with backgrounds their mean, with
    /// interpolation zero.
    ///
    /// # Errors
    /// If the means of a data set are neither one per lead nor one per cell, backgrounds are not whole records, or something is
    /// not finite.
    pub fn reference(&self, record: &Record) -> Result<Vec<f64>> {
        let cells = record.signal().len();
        let Fill::Maps { maps, values } = self.fill(&[record])? else { return Ok(vec![0.0; cells]) };
        let mean = |cell: usize| {
            values.iter().skip(cell).step_by(cells.max(1)).map(|&value| f64::from(value)).sum::<f64>() / maps as f64
        };
        Ok((0..cells).map(mean).collect())
    }

    /// The map of a record, `[leads, samples]`.
    fn map(&self, record: &Record) -> Result<Vec<f32>> {
        let (leads, samples) = (record.n_leads(), record.n_samples());
        let spread = |means: &[f32]| means.iter().flat_map(|&mean| std::iter::repeat_n(mean, samples)).collect();
        match self {
            Self::Mean => Ok(spread(&(0..leads).map(|lead| moments(record.lead(lead))[0] as f32).collect::<Vec<_>>())),
            Self::DatasetMean(means) if means.iter().any(|mean| !mean.is_finite()) => {
                Err(mismatch("finite means".to_owned(), "a mean that is not a number".to_owned()))
            }
            Self::DatasetMean(means) if means.len() == leads => Ok(spread(means)),
            Self::DatasetMean(means) if means.len() == leads * samples => Ok(means.clone()),
            Self::DatasetMean(means) => Err(mismatch(
                format!("{leads} means, one per lead, or {}, one per cell", leads * samples),
                format!("{} means", means.len()),
            )),
            Self::Noise { seed } => Ok(noise(record, *seed)),
            Self::Zero | Self::Interpolate | Self::Background(_) => Ok(vec![0.0; leads * samples]),
        }
    }
}

/// Noise like the leads of a record. The stream is named by the signal, so that it is the same whatever else is explained.
fn noise(record: &Record, seed: u64) -> Vec<f32> {
    let mut hash = Sha256::new();
    record.signal().iter().for_each(|sample| hash.update(sample.to_bits().to_le_bytes()));
    let index = hash.finalize().iter().take(8).fold(0, |index, &byte| index << 8 | u64::from(byte));
    let mut rng = rng::stream(seed, "masking/noise", index);
    let mut map = Vec::with_capacity(record.signal().len());
    for lead in 0..record.n_leads() {
        let [mean, deviation] = moments(record.lead(lead));
        map.extend(record.lead(lead).iter().map(|_| {
            let normal: f64 = StandardNormal.sample(&mut rng);
            (mean + deviation * normal) as f32
        }));
    }
    map
}

/// Mean and standard deviation.
fn moments(samples: &[f32]) -> [f64; 2] {
    let n = samples.len().max(1) as f64;
    let mean = samples.iter().map(|&sample| f64::from(sample)).sum::<f64>() / n;
    let variance = samples.iter().map(|&sample| (f64::from(sample) - mean).powi(2)).sum::<f64>() / n;
    [mean, variance.sqrt()]
}

fn mismatch(expected: String, found: String) -> Error {
    Error::Mismatch { what: "with the mean of a data set", expected, found }
}
