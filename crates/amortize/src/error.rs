//! Errors of this crate.

use std::path::{Path, PathBuf};

/// What can go wrong here. Messages complete the sentence "failed to …".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A request that cannot be met.
    #[error("{0}")]
    Request(String),
    /// A file that cannot be read or written.
    #[error("{action} {path}: {reason}")]
    File {
        /// What was tried: `read` or `write`.
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why it failed, and what would be right.
        reason: String,
    },
    /// Labels that a network must not be fitted to.
    #[error(
        "make labels with method {method}: they are {kind}, and a network learns their bias, which no number of records \
         removes; {remedy}or say --force"
    )]
    Biased {
        /// The estimator.
        method: &'static str,
        /// What is known of the bias.
        kind: &'static str,
        /// What would be right.
        remedy: &'static str,
    },
    /// The model is not the one that labels were made with.
    #[error(
        "explain this model: the labels were made with another one (fingerprint {made}…, this one has {asked}…); values of one \
         model say nothing about another, so make labels and train again, or name the model they were made with"
    )]
    Stale {
        /// The beginning of the fingerprint of the labels' model.
        made: String,
        /// That of the model that is asked about.
        asked: String,
    },
    /// The caller asked to stop.
    #[error("finish: interrupted after {done} of {total}")]
    Interrupted {
        /// What was done.
        done: usize,
        /// What was to be done.
        total: usize,
    },
    /// A masked evaluation failed.
    #[error(transparent)]
    Masking(#[from] einthoven_masking::Error),
    /// A partition, a design or values do not fit.
    #[error(transparent)]
    Game(#[from] einthoven_game::Error),
    /// An estimator of values failed.
    #[error(transparent)]
    Shapley(#[from] einthoven_shapley::Error),
    /// An estimator of interactions failed.
    #[error(transparent)]
    Interactions(#[from] einthoven_interactions::Error),
    /// A gradient failed.
    #[error(transparent)]
    Gradient(#[from] einthoven_gradient::Error),
    /// A model or its weights failed.
    #[error(transparent)]
    Model(#[from] einthoven_model::Error),
    /// A least-squares problem failed.
    #[error(transparent)]
    Fit(#[from] einthoven_fit::Error),
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A file that cannot be read.
    pub(crate) fn read(path: &Path, reason: impl ToString) -> Self {
        Self::File { action: "read", path: path.to_owned(), reason: reason.to_string() }
    }

    /// A file that cannot be written.
    pub(crate) fn write(path: &Path, reason: impl ToString) -> Self {
        Self::File { action: "write", path: path.to_owned(), reason: reason.to_string() }
    }
}
