//! What stands in for a masked cell, as `--baseline` names it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use einthoven_ecg::{ReadOptions, list_records};
use einthoven_masking::Baseline;

use crate::{Error, Explainer, Result, read};

/// What stands in for a masked cell, as `--baseline` names it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum BaselineName {
    /// The isoelectric line.
    #[default]
    Zero,
    /// The mean of the lead in this record.
    Mean,
    /// The mean of the lead over the records that the model was trained on, as its card has it.
    DatasetMean,
    /// The straight line between the nearest samples of the lead that are kept.
    Interpolate,
    /// Gaussian noise with the mean and the standard deviation of the lead, from the seed of the run.
    Noise,
    /// The records of a folder, prepared as the record that is explained: the value of a coalition is the mean over them.
    Background(PathBuf),
}

impl FromStr for BaselineName {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "zero" => Ok(Self::Zero),
            "mean" => Ok(Self::Mean),
            "dataset-mean" => Ok(Self::DatasetMean),
            "interpolate" => Ok(Self::Interpolate),
            "noise" => Ok(Self::Noise),
            _ => match text.strip_prefix("background:") {
                Some(folder) if !folder.is_empty() => Ok(Self::Background(folder.into())),
                _ => Err("baselines are zero, mean, dataset-mean, interpolate, noise and background:DIR".to_owned()),
            },
        }
    }
}

impl fmt::Display for BaselineName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Zero => "zero",
            Self::Mean => "mean",
            Self::DatasetMean => "dataset-mean",
            Self::Interpolate => "interpolate",
            Self::Noise => "noise",
            Self::Background(folder) => return write!(f, "background:{}", folder.display()),
        })
    }
}

/// The signals of all records of a folder, one behind the other, each made ready by `prepare`.
pub(crate) fn background(
    folder: &Path,
    prepare: impl Fn(&einthoven_ecg::Record) -> Result<einthoven_ecg::Record>,
) -> Result<Vec<f32>> {
    let mut signals = Vec::new();
    for path in list_records(folder)? {
        let prepared = read(&path, &ReadOptions::default()).and_then(|(record, _)| prepare(&record));
        let prepared = prepared.map_err(|error| Error::File {
            action: "use as background",
            path: path.clone(),
            reason: format!("failed to {error}"),
        })?;
        signals.extend_from_slice(prepared.signal());
    }
    Ok(signals)
}

impl Explainer {
    /// What stands in for a masked cell.
    pub(crate) fn baseline(&self) -> Result<Baseline> {
        Ok(match &self.settings.baseline {
            BaselineName::Zero => Baseline::Zero,
            BaselineName::Mean => Baseline::Mean,
            BaselineName::DatasetMean if self.dataset_mean.is_empty() => {
                let reason =
                    "use --baseline dataset-mean: the model's card does not say the means of its training records";
                return Err(Error::Usage(reason.to_owned()));
            }
            BaselineName::DatasetMean => Baseline::DatasetMean(self.dataset_mean.clone()),
            BaselineName::Interpolate => Baseline::Interpolate,
            BaselineName::Noise => Baseline::Noise { seed: self.settings.seed },
            BaselineName::Background(_) => Baseline::Background(self.background.clone()),
        })
    }
}
