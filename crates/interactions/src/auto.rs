//! Which method suits index, order, players and budget.

use einthoven_game::{Index, exact};

use crate::method::Choice;
use crate::{Error, Method, Request, Result, kernelshap_iq, polynomial};

/// Coalitions for each that a regression needs at least, from which on it is worth its while.
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
    let fit = match index {
        Index::Fsii | Index::Fbii | Index::Bv => Some((Method::Regression, polynomial::smallest_budget(n, order))),
        Index::KaddShap => Some((Method::Kadd, polynomial::smallest_budget(n, order))),
        Index::Sii | Index::KSii | Index::Sv if n >= 2 * order => {
            Some((Method::KernelShapIq, kernelshap_iq::smallest_budget(n, order)))
        }
        _ => None,
    };
    match fit {
        Some((method, smallest)) if enough(smallest) => choice(
            method,
            format!("{budget} coalitions determine its unknowns, for which {smallest} are needed at least"),
        ),
        Some((_, smallest)) => choice(
            Method::SvarmIq,
            format!("{budget} coalitions are too few for a regression, which needs {smallest} at least"),
        ),
        None => choice(Method::SvarmIq, format!("there is no regression for {index}")),
    }
}
