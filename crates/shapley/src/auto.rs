//! Which method suits players and budget.

use einthoven_game::exact;

use crate::{Error, Method, Result, kernel, permutation};

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
    if budget >= kernel::safe_budget(n_players) {
        let reason = "the budget is at least eight coalitions per player, enough for least squares".to_owned();
        return choice(Method::Kernel, reason);
    }
    let smallest = permutation::smallest_budget(n_players);
    if budget >= smallest {
        let reason = "the budget is below eight coalitions per player, too small for least squares".to_owned();
        return choice(Method::Permutation, reason);
    }
    Err(Error::Budget { method: Method::Auto.name(), n_players, budget, smallest })
}
