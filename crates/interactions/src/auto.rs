//! Which method suits index, order, players and budget.

use einthoven_game::{Index, exact};

use crate::method::Choice;
use crate::{Error, Method, Request, Result, polynomial};

/// Coalitions for each that a regression asks for, from which on it is worth its while: on the games of
/// `docs/interactions.md` a regression has the lowest errors from here on, but on one where it is not far from the lowest;
/// below it has the largest on some.
const ENOUGH: f64 = 1.15;
/// Coalitions for each player from which on SHAP-IQ is as close as SVARM-IQ, or nearly (`docs/interactions.md`).
const FOR_EACH_PLAYER: usize = 30;
/// Coalitions that a regression may need at least: two for each unknown, whose Gram matrix has their number squared.
const MOST: usize = 8000;

/// The method that `auto` stands for.
pub(crate) fn choose(request: &Request) -> Result<Choice> {
    request.check()?;
    let &Request { index, order, n_players: n, budget, .. } = request;
    let choice = |method, reason: String| Ok(Choice { method, reason: Some(reason) });
    if request.penalty.is_some() {
        let method = match index {
            Index::Fsii | Index::Fbii | Index::Bv => Method::Regression,
            Index::KaddShap => Method::Kadd,
            Index::Sii | Index::KSii | Index::Sv => Method::KernelShapIqInconsistent,
            _ => {
                return Err(Error::Request(format!("penalise the estimate of {index}: there is no regression for it")));
            }
        };
        return choice(method, "the regression that takes a penalty".to_owned());
    }
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
        Some(_) if smallest > MOST => {
            format!("a regression has {:.0} unknowns, which takes long", polynomial::n_unknowns(n, order))
        }
        Some(_) if (budget as f64) < ENOUGH * smallest as f64 => {
            format!("{budget} coalitions are too few for a regression, which needs {smallest} at least")
        }
        Some(method) => {
            let reason =
                format!("{budget} coalitions determine its unknowns, for which {smallest} are needed at least");
            return choice(method, reason);
        }
    };
    // Empty strata bias pairs alike, and many alike add up; SHAP-IQ is right on average, and by now as close.
    let method = if budget >= FOR_EACH_PLAYER * n { Method::ShapIq } else { Method::SvarmIq };
    choice(method, why_not)
}
