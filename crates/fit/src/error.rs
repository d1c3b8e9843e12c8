//! Errors of this crate.

/// What can go wrong here. Messages complete the sentence "failed to …".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The rows do not determine the unknowns.
    #[error("solve for {needed} free unknowns: the rows only determine {rank} of them")]
    RankDeficient {
        /// How many directions the rows determine.
        rank: usize,
        /// How many there are.
        needed: usize,
    },
    /// The arrays of a problem do not fit together, or hold numbers that are not finite.
    #[error("set up least squares: expected {expected}, found {found}")]
    Problem {
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;
