//! Records and labels in memory, ready for training.

use std::{ops::ControlFlow, path::PathBuf};

use einthoven_ecg::{Preparation, STANDARD, labels, ptbxl, synth::DatasetConfig};
use rayon::prelude::*;

use crate::{Error, Result};

/// Where training records come from. Both give the five superclasses of PTB-XL.
#[derive(Clone, Debug)]
pub enum Source {
    /// The synthetic heart. The configuration's number of records is that of the training split; validation and test
    /// have an eighth of it each.
    Synthetic(DatasetConfig),
    /// A PTB-XL folder: folds 1 to 8 for training, 9 for validation, 10 for the test. Records without a superclass
    /// are left out, as in the published benchmark.
    PtbXl(PathBuf),
}

/// What a part of the data is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// Weights are fitted on it.
    Train,
    /// The epoch and the thresholds are chosen on it.
    Validation,
    /// Nothing is chosen on it.
    Test,
}

/// Prepared records and their labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dataset {
    /// Millivolts `[records, leads, samples]`.
    pub signals: Vec<f32>,
    /// Which outputs are present, `[records, outputs]`.
    pub labels: Vec<bool>,
    /// Numbers of leads, samples and outputs.
    pub shape: [usize; 3],
}

/// Records that are prepared between two reports of progress.
const CHUNK: usize = 256;

impl Split {
    /// The name that the synthetic heart's streams are drawn under.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

impl Dataset {
    /// Number of records.
    pub fn len(&self) -> usize {
        self.labels.len() / self.shape[2].max(1)
    }

    /// Whether there are no records.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The record of an index, `[leads, samples]`.
    pub fn record(&self, index: usize) -> &[f32] {
        let size = self.shape[0] * self.shape[1];
        &self.signals[index * size..(index + 1) * size]
    }

    /// The labels of a record.
    pub fn label(&self, index: usize) -> &[bool] {
        &self.labels[index * self.shape[2]..(index + 1) * self.shape[2]]
    }

    /// Mean of each lead over all samples of all records in mV.
    pub fn lead_means(&self) -> Vec<f64> {
        let [n_leads, n_samples, _] = self.shape;
        let mut sums = vec![0.0; n_leads];
        for (index, row) in self.signals.chunks_exact(n_samples.max(1)).enumerate() {
            sums[index % n_leads] += row.iter().map(|&x| f64::from(x)).sum::<f64>();
        }
        let n = (self.len() * n_samples).max(1) as f64;
        sums.into_iter().map(|sum| sum / n).collect()
    }

    /// Root mean square of all samples in mV.
    pub fn rms(&self) -> f64 {
        let sum: f64 = self.signals.iter().map(|&x| f64::from(x).powi(2)).sum();
        (sum / self.signals.len().max(1) as f64).sqrt()
    }
}

impl Source {
    /// What the card says about the data.
    pub fn describe(&self) -> serde_json::Value {
        match self {
            Self::Synthetic(config) => serde_json::json!({ "synthetic": config }),
            Self::PtbXl(_) => serde_json::json!({ "ptbxl": "PTB-XL, folds 1-8, 9 and 10" }),
        }
    }

    /// What a model made from this source is good for, in words.
    pub(crate) fn card_text(&self) -> String {
        match self {
            Self::Synthetic(_) => {
                "Trained on synthetic hearts alone. It has seen no patient: use it to learn what \
                                   explanations show, and train on real records for anything else."
            }
            Self::PtbXl(_) => "Trained on PTB-XL (Wagner et al., Scientific Data 7 (2020) 154).",
        }
        .to_owned()
    }

    /// Names of the labels.
    pub fn outputs(&self) -> Vec<String> {
        labels::NAMES.map(String::from).to_vec()
    }

    /// Draws or reads a split, and prepares each record. `report` is told how many records are done, and of how many;
    /// `None` comes back if it breaks off.
    ///
    /// # Errors
    /// If the configuration makes no sense or a record cannot be read or prepared.
    pub fn load(
        &self,
        split: Split,
        preparation: &Preparation,
        report: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
    ) -> Result<Option<Dataset>> {
        let shape = [STANDARD.len(), preparation.n_samples, labels::NAMES.len()];
        match self {
            Self::Synthetic(config) => {
                config.check()?;
                let n = if split == Split::Train { config.n } else { config.n.div_ceil(8) };
                collect(shape, n, report, |index| {
                    let drawn = config.draw(split.name(), index as u64);
                    Ok((preparation.apply(&drawn.record, 0.0)?, drawn.superclasses))
                })
            }
            Self::PtbXl(folder) => {
                let data = ptbxl::PtbXl::open(folder)?;
                let wanted = match split {
                    Split::Train => ptbxl::Split::Train,
                    Split::Validation => ptbxl::Split::Validation,
                    Split::Test => ptbxl::Split::Test,
                };
                let entries: Vec<_> = data.split(wanted).filter(|entry| entry.superclasses.contains(&true)).collect();
                collect(shape, entries.len(), report, |index| {
                    let (record, _) = data.record(entries[index])?;
                    Ok((preparation.apply(&record, 0.0)?, entries[index].superclasses))
                })
            }
        }
    }
}

fn collect(
    shape: [usize; 3],
    n: usize,
    report: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
    record: impl Fn(usize) -> Result<(einthoven_ecg::Record, [bool; 5])> + Sync,
) -> Result<Option<Dataset>> {
    if n == 0 {
        return Err(Error::Data("a split holds no records".into()));
    }
    let mut data = Dataset { shape, ..Dataset::default() };
    data.signals.reserve_exact(n * shape[0] * shape[1]);
    for start in (0..n).step_by(CHUNK) {
        if report(start, n).is_break() {
            return Ok(None);
        }
        let records: Result<Vec<_>> = (start..n.min(start + CHUNK)).into_par_iter().map(&record).collect();
        for (record, labels) in records? {
            data.signals.extend_from_slice(record.signal());
            data.labels.extend(labels);
        }
    }
    Ok(Some(data))
}
