//! What a training run needs to go on after an interruption: one file, written after each epoch.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{Error, Result, StateDict, state::read_bounded, weights::write_bytes};

const MARK: &str = "einthoven-checkpoint";

/// The state of a training run after an epoch. Random numbers need no place here: their streams are named by the
/// epoch.
pub(crate) struct Checkpoint {
    pub progress: TrainingProgress,
    /// The weights after the epoch, and the optimizer's moments under `adam.`.
    pub current: StateDict,
    /// The weights of the best epoch.
    pub best: StateDict,
}

/// The numbers of a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrainingProgress {
    /// Settings and data as JSON; a run goes on only with the same.
    pub settings: String,
    pub epochs_done: usize,
    pub steps: usize,
    pub best_epoch: usize,
    /// The bits of the best macro-AUC: a reader of JSON may miss a number's last bit.
    pub best_auc_bits: u64,
    pub std_mv: f64,
    pub lead_means_mv: Vec<f64>,
}

impl TrainingProgress {
    pub(crate) fn best_auc(&self) -> f64 {
        f64::from_bits(self.best_auc_bits)
    }
}

impl Checkpoint {
    pub(crate) fn path(folder: &Path) -> PathBuf {
        folder.join("checkpoint.safetensors")
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let mut all = StateDict::default();
        for (prefix, state) in [("current.", &self.current), ("best.", &self.best)] {
            for key in state.keys() {
                let tensor = state.get(key).expect("invariant: a key of this state");
                all.insert(format!("{prefix}{key}"), tensor.shape.clone(), tensor.data.clone());
            }
        }
        let progress = serde_json::to_string(&self.progress).expect("invariant: only string keys");
        write_bytes(&Self::path(folder), &all.to_safetensors(&[(MARK, progress)])?)
    }

    /// The checkpoint in a folder, if there is one.
    ///
    /// # Errors
    /// If the file is no checkpoint, or was made with other settings.
    pub(crate) fn read(folder: &Path, settings: &str) -> Result<Option<Self>> {
        let path = Self::path(folder);
        if !path.exists() {
            return Ok(None);
        }
        let (state, metadata) =
            StateDict::from_safetensors(&read_bounded(&path)?).map_err(|e| Error::read(&path, e))?;
        let progress = metadata.get(MARK).and_then(|text| serde_json::from_str(text).ok());
        let progress: TrainingProgress =
            progress.ok_or_else(|| Error::read(&path, "not a checkpoint; remove it to train from the start"))?;
        if progress.settings != settings {
            let reason = "made with other settings or data; remove it to train from the start";
            return Err(Error::read(&path, reason));
        }
        Ok(Some(Self { progress, current: state.strip_prefix("current."), best: state.strip_prefix("best.") }))
    }

    /// Removes the checkpoint of a run that has ended.
    pub(crate) fn remove(folder: &Path) -> Result<()> {
        let path = Self::path(folder);
        if path.exists() {
            std::fs::remove_file(&path).map_err(|e| Error::write(&path, e))?;
        }
        Ok(())
    }
}
