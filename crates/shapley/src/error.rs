//! Errors of this crate.

/// What can go wrong here. Messages complete the sentence "failed to …".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The coalitions that were drawn do not determine the values of all players.
    #[error(
        "solve for {n_players} players: the pairs of coalitions determine {rank} of {needed} directions; \
         a budget of {safe_budget} does"
    )]
    Rank {
        /// Number of players.
        n_players: usize,
        /// How many directions the pairs determine.
        rank: usize,
        /// How many there are.
        needed: usize,
        /// A budget that would have been enough.
        safe_budget: usize,
    },
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
