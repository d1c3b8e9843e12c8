//! Errors of this crate.

/// What can go wrong here. Messages complete the sentence "failed to …".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
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

/// Fails if there are no players, or the budget is too small.
pub(crate) fn check_budget(method: &'static str, n_players: usize, budget: usize, smallest: usize) -> Result<()> {
    if n_players == 0 {
        return Err(Error::Request("attribute to no players: expected at least one".to_owned()));
    }
    if budget < smallest {
        return Err(Error::Budget { method, n_players, budget, smallest });
    }
    Ok(())
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;
