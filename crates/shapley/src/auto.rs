//! Which method suits players and budget.

use einthoven_game::{Error, exact};

use crate::{Method, Result, kernel, walks};

/// From so many players on coalitions of middle sizes are worth more draws than the Shapley kernel gives them: least squares
/// are closer by leverage, by up to a factor of two (BENCHMARKS.md).
const MANY_PLAYERS: usize = 60;
/// Coalitions per player from which on least squares by leverage are closer than permutations.
const LEVERAGE_FACTOR: usize = 5;

/// A method and why it was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The method; never [`Method::Auto`].
    pub method: Method,
    /// Why, if nobody asked for it by name.
    pub reason: Option<String>,
}

/// Exact values if the budget covers all coalitions of at most 20 players, else least squares if the budget gives it
/// enough rows, else permutations.
pub(crate) fn choose(n_players: usize, budget: usize) -> Result<Choice> {
    let choice = |method, reason: String| Ok(Choice { method, reason: Some(reason) });
    if n_players <= exact::MAX_PLAYERS && budget >= 1 << n_players {
        return choice(Method::Exact, format!("the budget covers all {} coalitions", 1u64 << n_players));
    }
    if n_players >= MANY_PLAYERS && budget >= LEVERAGE_FACTOR.saturating_mul(n_players) {
        let reason = format!(
            "the budget is at least {LEVERAGE_FACTOR} coalitions per player, and from {MANY_PLAYERS} players on leverage is \
             closer than the Shapley kernel"
        );
        return choice(Method::Leverage, reason);
    }
    if n_players < MANY_PLAYERS && budget >= kernel::safe_budget(n_players) {
        let reason = "the budget is at least eight coalitions per player, enough for least squares".to_owned();
        return choice(Method::Kernel, reason);
    }
    let smallest = walks::smallest_budget(n_players);
    if budget >= smallest {
        let reason = "the budget is too small for least squares".to_owned();
        return choice(Method::Permutation, reason);
    }
    Err(Error::Budget { method: Method::Auto.name(), n_players, budget, smallest }.into())
}
