//! Which method suits index, order, players and budget.

use einthoven_game::{Index, exact};

use crate::method::Choice;
use crate::{Method, Request, Result, polynomial};

/// Coalitions for each that a regression needs at least, from which on it is worth its while: on the games of
/// `docs/interactions.md` a regression has the lowest errors from here on, but on one where it is not far from the lowest;
/// below it has the largest on some.
const ENOUGH: f64 = 1.5;
/// Coalitions that a regression may need at least: two for each unknown, whose Gram matrix has their number squared.
const MOST: usize = 8000;

/// The method that `auto` stands for.
pub(crate) fn choose(request: &Request) -> Result<Choice> {
    request.check()?;
    let &Request { index, order, n_players: n, budget, .. } = request;
    let choice = |method, reason: String| Ok(Choice { method, reason: Some(reason) });
    if n <= exact::MAX_PLAYERS && budget >= 1 << n {
        return choice(Method::Exact, format!("the budget holds all {} coalitions", 1u64 << n));
    }
    let smallest = polynomial::smallest_budget(n, order);
    let fit = match index {
        Index::KaddShap => Some(Method::Kadd),
        _ => Some(Method::Regression).filter(|method| method.estimates(index)),
    };
    let why_not = match fit {
        None => format!("there is no regression for {index}"),
        Some(_) if smallest > MOST => format!("a regression has {} unknowns, which takes long", smallest / 2),
        Some(_) if (budget as f64) < ENOUGH * smallest as f64 => {
            format!("{budget} coalitions are too few for a regression, which needs {smallest} at least")
        }
        Some(method) => {
            let reason =
                format!("{budget} coalitions determine its unknowns, for which {smallest} are needed at least");
            return choice(method, reason);
        }
    };
    choice(Method::SvarmIq, why_not)
}
