//! What can go wrong with interactions.

/// Messages complete the sentence "failed to …".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A request that cannot be met.
    #[error("{0}")]
    Request(String),
    /// The coalitions or their values are unusable.
    #[error(transparent)]
    Game(#[from] einthoven_game::Error),
    /// The values do not determine the answer.
    #[error(transparent)]
    Fit(#[from] einthoven_fit::Error),
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;
