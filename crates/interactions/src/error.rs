//! What can go wrong with interactions.

/// Messages complete the sentence "failed to …".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The coalitions that were drawn do not determine the interactions.
    #[error(
        "solve for the interactions of {n_players} players: the pairs of coalitions determine {rank} of {needed} \
         directions; use a larger budget or another seed, or --ridge or --lasso with method regression, kadd or \
         kernelshap-iq-inconsistent"
    )]
    Rank {
        /// Number of players.
        n_players: usize,
        /// How many directions the pairs determine.
        rank: usize,
        /// How many there are.
        needed: usize,
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

/// Says what could be done about a singular system.
pub(crate) fn rank_error(error: einthoven_fit::Error, n_players: usize) -> Error {
    match error {
        einthoven_fit::Error::RankDeficient { rank, needed } => Error::Rank { n_players, rank, needed },
        other => other.into(),
    }
}
