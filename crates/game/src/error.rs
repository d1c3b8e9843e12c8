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
    /// The budget is too small for the method.
    #[error("run {method} on {n_players} players with a budget of {budget}: it needs at least {smallest}")]
    Budget {
        /// The method.
        method: &'static str,
        /// Number of players.
        n_players: usize,
        /// Distinct coalitions that may be evaluated.
        budget: usize,
        /// The smallest budget that would do.
        smallest: usize,
    },
    /// The design was not made by the method that shall read it.
    #[error("read a design of {method}: {reason}")]
    Design {
        /// The method.
        method: &'static str,
        /// What is wrong with the design.
        reason: String,
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
