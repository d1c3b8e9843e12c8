//! Which method suits index, order, players and budget.

use einthoven_game::{Index, exact};

use crate::method::Choice;
use crate::request::MOST_UNKNOWNS;
use crate::{Error, Method, Request, Result, kernelshap_iq, permutation, polynomial};

/// Coalitions for each that a regression needs at least, from which on it is worth its while: on the games of
/// `docs/interactions.md` a regression has the lowest errors from here on, and below it has the largest on some.
const ENOUGH: f64 = 1.5;

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
    let enough = |smallest: usize| budget as f64 >= ENOUGH * smallest as f64;
    let polynomial = polynomial::smallest_budget(n, order);
    let fit = match index {
        _ if polynomial::n_unknowns(n, order) > MOST_UNKNOWNS => None,
        Index::KaddShap => Some((Method::Kadd, polynomial)),
        // Without standard errors from order three on.
        Index::Sii | Index::KSii | Index::Sv if n >= 2 * order && order <= kernelshap_iq::ORDER_WITH_ERRORS => {
            Some((Method::KernelShapIq, kernelshap_iq::smallest_budget(n, order)))
        }
        _ if Method::Regression.estimates(index) => Some((Method::Regression, polynomial)),
        _ => None,
    };
    let few = match fit {
        Some((method, smallest)) if enough(smallest) => {
            let reason =
                format!("{budget} coalitions determine its unknowns, for which {smallest} are needed at least");
            return choice(method, reason);
        }
        Some((_, smallest)) => {
            format!("{budget} coalitions are too few for a regression, which needs {smallest} at least")
        }
        None => format!("there is no regression for {index}, or not for so many sets"),
    };
    // A permutation has a sample of every set of the top order.
    if index == Index::Stii && budget >= permutation::smallest_budget(index, n, order) {
        return choice(Method::Permutation, few);
    }
    choice(Method::SvarmIq, few)
}
