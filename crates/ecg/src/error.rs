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
    /// A record cannot be used as it is: a missing lead, an unknown unit, a gap, too few samples.
    #[error("use record {name}: {reason}")]
    Record {
        /// Name of the record.
        name: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A setting that makes no sense, such as a filter above the Nyquist frequency.
    #[error("{0}")]
    Request(String),
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A file that could not be read.
    pub(crate) fn read(path: &Path, reason: impl ToString) -> Self {
        Self::File { action: "read", path: path.to_path_buf(), reason: reason.to_string() }
    }

    /// A file that could not be written.
    pub(crate) fn write(path: &Path, reason: impl ToString) -> Self {
        Self::File { action: "write", path: path.to_path_buf(), reason: reason.to_string() }
    }

    /// What went wrong with a file further down.
    pub(crate) fn file(error: einthoven_game::Error) -> Self {
        match error {
            einthoven_game::Error::File { action, path, reason } => Self::File { action, path, reason },
            other => Self::Request(other.to_string()),
        }
    }

    /// A record that cannot be used.
    pub(crate) fn record(name: &str, reason: impl ToString) -> Self {
        Self::Record { name: name.to_string(), reason: reason.to_string() }
    }
}
