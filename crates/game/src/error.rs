//! Errors of this crate.

use std::path::{Path, PathBuf};

/// What can go wrong here. Messages complete the sentence "failed to …".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A value has another shape than it must have.
    #[error("read {what}: expected {expected}, found {found}")]
    Shape {
        /// Which value.
        what: &'static str,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
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
    /// A value is not a finite number.
    #[error("use the value of row {row}, output {output}: expected a finite number, found {value}")]
    NonFinite {
        /// The row of the design.
        row: usize,
        /// The output.
        output: usize,
        /// What was found instead.
        value: f64,
    },
    /// A request that cannot be met.
    #[error("{0}")]
    Request(String),
}

impl Error {
    /// A file that could not be read or written, and why.
    pub fn file(action: &'static str, path: &Path, reason: impl ToString) -> Self {
        Self::File { action, path: path.to_owned(), reason: reason.to_string() }
    }
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;
