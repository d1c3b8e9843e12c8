//! Regression for the faithful indices and what follows from them.
//!
//! FSII is the polynomial of order `k` that is closest to the game when a coalition of `s` players weighs the Shapley
//! kernel `1 / (s (n - s) C(n, s))` and the empty and the full coalition are exact; FBII the closest one when all
//! coalitions weigh the same (Tsai, Yeh & Ravikumar, 2023). k-additive SHAP is the Shapley interaction index of the first
//! polynomial (Pelegrina, Duarte & Grabisch, 2023), and so, as an estimate of the Shapley interaction index of the game, is
//! inconsistent KernelSHAP-IQ (Fumagalli et al., 2024): with all coalitions evaluated it still is the index of the
//! polynomial.
//!
//! Of SII, k-SII, STII, BII and CHII the polynomial says most, and SHAP-IQ what is left: see `corrected.rs`.
//!
//! Pairs of complements are drawn size by size without replacement, and the constraints are eliminated: see
//! `polynomial.rs`. Consistent; exact at full budget.

use einthoven_game::design::pairs::{self, Pairs};
use einthoven_game::{Attribution, Design, Index, Kind, Values};

use crate::attribute::{self, Estimate};
use crate::polynomial::{self, Fit};
use crate::request::{Request, check_unknowns};
use crate::{Error, Result, corrected, penalised};

/// The method for FSII and FBII, and with a correction for other indices.
pub const REGRESSION: &str = "regression";
/// The method for k-additive SHAP.
pub const KADD: &str = "kadd";
/// The method for SII and k-SII that is not exact even at full budget.
pub const INCONSISTENT: &str = "kernelshap-iq-inconsistent";

/// The indices that are not those of a polynomial.
const CORRECTED: [Index; 5] = [Index::Sii, Index::KSii, Index::Stii, Index::Bii, Index::Chii];

/// Pairs of coalitions to evaluate.
///
/// # Errors
/// If the method does not estimate the index, or the budget is smaller than the number of unknowns.
pub fn design(method: &'static str, request: &Request) -> Result<Design> {
    check(method, request)?;
    let &Request { order, n_players, budget, seed, .. } = request;
    let smallest = match request.penalty {
        Some(penalty) => {
            penalised::check(request, penalty)?;
            penalised::smallest_budget(n_players)
        }
        None => {
            check_unknowns(method, polynomial::n_unknowns(n_players, order))?;
            polynomial::smallest_budget(n_players, order)
        }
    };
    Ok(pairs::design(&request.plan_of_regression(method, smallest), n_players, budget, seed)?)
}

/// The index of each output for all sets of up to `order` players, with standard errors unless there are as many unknowns
/// as pairs.
///
/// # Errors
/// If values are missing or not finite, the design is of another method, or the coalitions that were drawn do not
/// determine the polynomial.
pub fn estimate(method: &'static str, request: &Request, design: &Design, values: &Values) -> Result<Vec<Attribution>> {
    check(method, request)?;
    design.check_values(method, values)?;
    let pairs = Pairs::read(method, design)?;
    let &Request { index, order, .. } = request;
    let fit = if matches!(index, Index::Fbii | Index::Bv | Index::Bii) { Fit::Banzhaf } else { Fit::Shapley };
    let (found, warnings) = match request.penalty {
        Some(penalty) => penalised::estimate(request, penalty, design, &pairs, values, fit)?,
        None if method == REGRESSION && CORRECTED.contains(&index) => {
            corrected::estimate(request, design, &pairs, values, fit)?
        }
        None => polynomial::estimate(request, design, &pairs, values, fit)?,
    };
    let kind = match method {
        _ if request.penalty.is_some() => Kind::Biased,
        INCONSISTENT if order > 1 => Kind::Biased,
        _ if pairs.complete() => Kind::Exact,
        _ => Kind::Consistent,
    };
    let estimate = Estimate { method, index, order, kind, found, warnings };
    Ok(attribute::attribute(design, values, &estimate))
}

/// The indices of a method.
pub(crate) fn indices(method: &str) -> &'static [Index] {
    match method {
        KADD => &[Index::KaddShap],
        INCONSISTENT => &[Index::KSii, Index::Sii, Index::Sv],
        _ => &[
            Index::Fsii,
            Index::Fbii,
            Index::Sv,
            Index::Bv,
            Index::Sii,
            Index::KSii,
            Index::Stii,
            Index::Bii,
            Index::Chii,
        ],
    }
}

fn check(method: &'static str, request: &Request) -> Result<()> {
    request.check()?;
    if indices(method).contains(&request.index) {
        return Ok(());
    }
    let names: Vec<&str> = indices(method).iter().map(|index| index.name()).collect();
    let reason = format!("estimate {} with method {method}: it estimates {}", request.index, names.join(", "));
    Err(Error::Request(reason))
}
