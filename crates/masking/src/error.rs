//! Errors of this crate.

/// What can go wrong here. Messages complete the sentence "failed to …".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The device that was asked for cannot be opened.
    #[error("open device {choice}: {reason}")]
    Device {
        /// The name that was asked for.
        choice: String,
        /// What is missing and what would be right.
        reason: String,
    },
    /// Record, partition, baseline and model do not fit each other.
    #[error("mask {what}: expected {expected}, found {found}")]
    Mismatch {
        /// Which of them.
        what: &'static str,
        /// What the model or the record asks for.
        expected: String,
        /// What it is.
        found: String,
    },
    /// Not even one row fits.
    #[error("fit one row of the model into {limit}: it needs {needed}; {remedy}")]
    Memory {
        /// What is too small, with its size.
        limit: String,
        /// What one row takes.
        needed: String,
        /// What would do.
        remedy: String,
    },
    /// The model answered with a number that is not one.
    #[error("evaluate coalition {row}: output {output} is {value}")]
    NonFinite {
        /// Row of the coalition.
        row: usize,
        /// Name of the output.
        output: String,
        /// What came back.
        value: f32,
    },
    /// The device failed while it worked.
    #[error("read values from the device: {0}")]
    Read(String),
    /// The caller's progress callback asked to stop.
    #[error("finish: interrupted after {done} of {total} coalitions")]
    Interrupted {
        /// Coalitions evaluated.
        done: usize,
        /// Coalitions asked for.
        total: usize,
    },
    /// A value of the game crate was refused.
    #[error(transparent)]
    Game(#[from] einthoven_game::Error),
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;
