//! Sparse functions of a thousand players, found from a few thousand coalitions.
//!
//! A function of coalitions is a sum of signs: `f(x)` = sum over sets `S` of `F(S) (-1)^|S ∩ x|`, where `x` holds the players that
//! are on ([`Spectrum`]). There are `2^n` sets, but of a model's answer few matter, and small ones; which they are is not known.
//! Three screens propose them, all from the values of a fixed list of coalitions:
//!
//! * a *code* (SPEX; Kang et al., 2025, arXiv 2502.13870): coalitions are laid out so that a set that is alone in a bin spells
//!   its own name in parity bits, if it has no more players than the code corrects errors, which are 2 to 5 (`spex`);
//! * *boosted trees* (ProxySPEX; Butler et al., 2025, arXiv 2505.17495): what trees split on, together (`proxyspex`);
//! * a *pursuit*: all small sets, and all that are one player away from one that is known, are correlated with what is left.
//!
//! About a tenth of the coalitions is held out: 32 to 1000, and with a code no more than its bins leave. Supports are fitted to the
//! others by least squares or ridge regression, and compared by what they miss of those held out, the constant among them; what is
//! kept is fitted again to all rows, and the index that was asked for is read off its coefficients. The R^2 that is told is of the
//! fit that has not seen the rows held out; but they have chosen among supports, so the largest is a little too good.
//!
//! `spectral` uses all screens on the same coalitions and compares them with LIME, a linear function and the best function of pairs.
//! It leaves the code a third of the budget, so that a set of five of which no part counts has a name from 3051 coalitions of 100
//! players on, and from 4131 of 1200; `spex` needs a third of that.
//!
//! What is claimed is told from zero at a rate of false discoveries ([`FALSE_DISCOVERIES`]) that counts every set that could have
//! been found. Up to [`MOST_DEGREE`] players are in a set.
//!
//! What stands in `run.spectral` of an attribution: `won` and `why`, `r2`, `r2_std_err` and the number of coalitions `held_out`,
//! the number of `sets` and of those `claimed`, `comparison` with a line for each support that was compared, and what the screens
//! did.

mod baselines;
mod bch;
mod bins;
mod choose;
mod contest;
mod decode;
mod evidence;
mod facts;
mod field;
mod held_out;
mod peel;
mod proxy;
mod pursuit;
mod readout;
mod refit;
mod report;
mod significance;
mod signs;
mod small;
mod spectrum;
mod subsample;

use einthoven_game::design::check_budget;
use einthoven_game::{Attribution, Design, Kind, Values, exact as all};

use crate::attribute::{self, Estimate};
use crate::request::Request;
use crate::{Error, Result, exact};
use contest::Contest;
use subsample::Plan;

pub use held_out::{Faithfulness, faithfulness};
pub use significance::{FALSE_DISCOVERIES, MOST_DEGREE};
pub use spectrum::Spectrum;

/// The method that decodes.
pub const SPEX: &str = "spex";
/// The method that asks trees.
pub const PROXYSPEX: &str = "proxyspex";
/// The method that does both.
pub const SPECTRAL: &str = "spectral";

/// The smallest budget without a code: enough to fit to, and to hold out.
const SMALLEST: usize = 128;
/// One in so many coalitions is for the code where trees are to learn too.
const CODED: usize = 3;

/// Coalitions to evaluate.
///
/// # Errors
/// If there is no such index of that order, or the budget is too small.
pub fn design(method: &'static str, request: &Request) -> Result<Design> {
    request.check_index(request.n_players)?;
    let &Request { n_players, budget, seed, .. } = request;
    if holds_all(n_players, budget) {
        return Ok(all::design(n_players)?);
    }
    check_budget(method, n_players, budget, smallest_budget(method, n_players)?)?;
    let plan = match method {
        SPEX => Plan::new(n_players, budget).unwrap_or_else(|| Plan::within(n_players, budget, 0)),
        SPECTRAL => Plan::within(n_players, budget, budget / CODED),
        _ => Plan::within(n_players, budget, 0),
    };
    Ok(subsample::design(&plan, seed))
}

/// The index of each output, of the sparse function that is found.
///
/// # Errors
/// If values are missing or not finite, or the design is of another method.
pub fn estimate(method: &'static str, request: &Request, design: &Design, values: &Values) -> Result<Vec<Attribution>> {
    request.check_index(request.n_players)?;
    if holds_all(request.n_players, design.rows.len()) {
        let mut attributions = exact::estimate(request, design, values)?;
        attributions.iter_mut().for_each(|attribution| attribution.method = method.to_owned());
        return Ok(attributions);
    }
    design.check_values(method, values)?;
    subsample::check(method, design)?;
    let &Request { index, order, .. } = request;
    let estimate = Estimate { method, index, order, kind: Kind::Consistent, found: Vec::new(), warnings: Vec::new() };
    let mut attributions = attribute::attribute(design, values, &estimate);
    for (output, attribution) in attributions.iter_mut().enumerate() {
        let mut contest = Contest::new(design, values, output)?;
        match method {
            SPEX => contest.decode().map(drop)?,
            PROXYSPEX => contest.ask_trees().map(drop)?,
            _ => contest.all()?,
        }
        contest.finish(request, attribution)?;
    }
    Ok(attributions)
}

/// Whether all coalitions are evaluated.
fn holds_all(n_players: usize, budget: usize) -> bool {
    n_players <= all::MAX_PLAYERS && budget >= 1 << n_players
}

fn smallest_budget(method: &'static str, n_players: usize) -> Result<usize> {
    let smallest = if method == SPEX {
        subsample::smallest_budget(n_players).ok_or_else(|| {
            Error::Request(format!(
                "run {method} on {n_players} players: no code has room for so many; use method proxyspex"
            ))
        })?
    } else {
        SMALLEST
    };
    // All coalitions are always enough.
    Ok(if n_players <= all::MAX_PLAYERS { smallest.min(1 << n_players) } else { smallest })
}
