//! Errors of this crate.

/// What can go wrong here. Messages complete the sentence "failed to …".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A request that cannot be met.
    #[error("{0}")]
    Request(String),
    /// The caller asked to stop.
    #[error("finish: interrupted after {done} of {total} passes through the model")]
    Interrupted {
        /// Passes that were made.
        done: usize,
        /// Passes that were to be made.
        total: usize,
    },
    /// A masked evaluation failed.
    #[error(transparent)]
    Masking(#[from] einthoven_masking::Error),
    /// A partition or coalition does not fit.
    #[error(transparent)]
    Game(#[from] einthoven_game::Error),
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;
