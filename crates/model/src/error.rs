//! Errors of this crate.

use std::path::{Path, PathBuf};

/// What can go wrong here. Messages complete the sentence "failed to …".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read or written.
    #[error("{action} {path}: {reason}")]
    File {
        /// "read" or "write".
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// Weights that do not fit the architecture they were read for.
    #[error("use the weights: tensor '{tensor}' {reason}")]
    Weights {
        /// Name of the tensor in the state dict.
        tensor: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A layer that does not fit the layers before it.
    #[error("build the network: layer {index} {reason}")]
    Layer {
        /// Its place among the layers, from 0.
        index: usize,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A setting that cannot be met.
    #[error("use the setting '{field}': {reason}")]
    Setting {
        /// Name of the field.
        field: &'static str,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// The training data cannot be used.
    #[error("train: {0}")]
    Data(String),
    /// A record or data set could not be read.
    #[error(transparent)]
    Ecg(#[from] einthoven_ecg::Error),
    /// A result could not be written.
    #[error(transparent)]
    Game(#[from] einthoven_game::Error),
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn read(path: &Path, reason: impl ToString) -> Self {
        Self::File { action: "read", path: path.to_owned(), reason: reason.to_string() }
    }

    pub(crate) fn write(path: &Path, reason: impl ToString) -> Self {
        Self::File { action: "write", path: path.to_owned(), reason: reason.to_string() }
    }

    pub(crate) fn weights(tensor: &str, reason: impl ToString) -> Self {
        Self::Weights { tensor: tensor.to_owned(), reason: reason.to_string() }
    }

    pub(crate) fn setting(field: &'static str, reason: impl ToString) -> Self {
        Self::Setting { field, reason: reason.to_string() }
    }
}
