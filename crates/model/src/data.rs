//! Records and labels in memory, ready for training.

use std::{ops::ControlFlow, path::PathBuf, sync::Arc};

use einthoven_ecg::{
    Preparation, Record, STANDARD, labels, ptbxl,
    synth::{DatasetConfig, Drawn},
};
use rayon::prelude::*;

use crate::{Error, Result};

/// Where training records come from. All give the five superclasses of PTB-XL.
#[derive(Clone, Debug)]
pub enum Source {
    /// The synthetic heart. The configuration's number of records is that of the training split; validation and test
    /// have an eighth of it each.
    Synthetic(DatasetConfig),
    /// A PTB-XL folder: folds 1 to 8 for training, 9 for validation, 10 for the test. Records without a superclass
    /// are left out, as in the published benchmark.
    PtbXl(PathBuf),
    /// Prepared records that the caller holds.
    Records {
        /// What the card says about them.
        name: String,
        /// Training, validation and test.
        splits: Arc<[Dataset; 3]>,
    },
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
    /// Which cells belong to what the labels say, `[records, leads, samples]`; empty where that is not known.
    pub regions: Vec<bool>,
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

    /// The region of a record, `[leads, samples]`; empty where regions are not known.
    pub fn region(&self, index: usize) -> &[bool] {
        let size = if self.regions.is_empty() { 0 } else { self.shape[0] * self.shape[1] };
        &self.regions[index * size..(index + 1) * size]
    }

    /// The labels of a record.
    pub fn label(&self, index: usize) -> &[bool] {
        &self.labels[index * self.shape[2]..(index + 1) * self.shape[2]]
    }

    /// Refuses data of another shape, or whose parts do not fit each other.
    fn check(&self, shape: [usize; 3]) -> Result<()> {
        let (n, size) = (self.len(), self.shape[0] * self.shape[1]);
        if self.shape != shape {
            let found = self.shape;
            return Err(Error::Data(format!(
                "the records have leads, samples and outputs {found:?}, expected {shape:?}"
            )));
        }
        let fits = self.signals.len() == n * size && (self.regions.is_empty() || self.regions.len() == n * size);
        if n == 0 || self.labels.len() != n * shape[2] || !fits {
            return Err(Error::Data(format!("a split has {n} rows of labels and not as many signals or regions")));
        }
        Ok(())
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
            Self::Records { name, .. } => serde_json::json!({ "records": name }),
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
            Self::Records { .. } => "Trained on records of the caller's own.",
        }
        .to_owned()
    }

    /// Names of the labels.
    pub fn outputs(&self) -> Vec<String> {
        labels::NAMES.map(String::from).to_vec()
    }

    /// Draws or reads a split, and prepares each record. `report` is told how many records are done, and of how many;
    /// `None` comes back if it breaks off. Of the synthetic heart regions are known as well: where a heart differs from its
    /// healthy twin.
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
                    let record = preparation.apply(&drawn.record, 0.0)?;
                    Ok((record, drawn.superclasses, region(&drawn, preparation)))
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
                    Ok((preparation.apply(&record, 0.0)?, entries[index].superclasses, Vec::new()))
                })
            }
            Self::Records { splits, .. } => {
                let data = &splits[split as usize];
                data.check(shape)?;
                Ok(Some(data.clone()))
            }
        }
    }
}

/// The mask of a synthetic record at the model's rate: a cell belongs to it if any sample near it does.
fn region(drawn: &Drawn, preparation: &Preparation) -> Vec<bool> {
    let n = drawn.record.n_samples();
    let step = drawn.record.rate / preparation.rate;
    let near = |i: usize| {
        let start = (((i as f64 - 0.5) * step).ceil().max(0.0) as usize).min(n - 1);
        let end = ((i as f64 + 0.5) * step).floor() as usize + 1;
        start..end.min(n).max(start + 1)
    };
    let lead = |mask: &[bool]| (0..preparation.n_samples).map(|i| mask[near(i)].contains(&true)).collect::<Vec<_>>();
    drawn.mask.chunks_exact(n).flat_map(lead).collect()
}

fn collect(
    shape: [usize; 3],
    n: usize,
    report: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
    record: impl Fn(usize) -> Result<(Record, [bool; 5], Vec<bool>)> + Sync,
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
        for (record, labels, region) in records? {
            data.signals.extend_from_slice(record.signal());
            data.labels.extend(labels);
            data.regions.extend(region);
        }
    }
    Ok(Some(data))
}
