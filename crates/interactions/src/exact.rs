//! Every index from the values of all coalitions, up to 20 players.

use einthoven_game::design::check_budget;
use einthoven_game::{Attribution, Design, Error, Kind, Values, exact, indices};

use crate::attribute::{self, Estimate};
use crate::request::Request;
use crate::{Result, weights};

/// The name of `--method`.
pub const METHOD: &str = "exact";

/// All coalitions.
///
/// # Errors
/// If there are more than 20 players, or the budget is smaller than their number.
pub fn design(request: &Request) -> Result<Design> {
    request.check()?;
    let n = request.n_players;
    if n <= exact::MAX_PLAYERS {
        check_budget(METHOD, n, request.budget, 1 << n)?;
    }
    Ok(exact::design(n)?)
}

/// The index of each output for all sets of up to `order` players; for the empty set only where the index has an own
/// number for it.
///
/// # Errors
/// If values are missing or not finite, or the design does not hold each coalition once.
pub fn estimate(request: &Request, design: &Design, values: &Values) -> Result<Vec<Attribution>> {
    request.check()?;
    design.check_values(METHOD, values)?;
    let &Request { index, order, n_players: n, .. } = request;
    let mut row_of = vec![usize::MAX; 1 << n.min(exact::MAX_PLAYERS)];
    if row_of.len() == design.rows.len() && n <= exact::MAX_PLAYERS {
        design.rows.iter().enumerate().for_each(|(row, coalition)| row_of[coalition.words()[0] as usize] = row);
    }
    if row_of.contains(&usize::MAX) {
        let reason = "expected each coalition once".to_owned();
        return Err(Error::Design { method: METHOD, reason }.into());
    }
    let (kind, warnings) = (Kind::Exact, Vec::new());
    let estimate = Estimate { method: METHOD, index, order, kind, found: Vec::new(), warnings };
    let mut attributions = attribute::attribute(design, values, &estimate);
    for (output, attribution) in attributions.iter_mut().enumerate() {
        let table: Vec<f64> = row_of.iter().map(|&row| values.get(row, output)).collect();
        attribution.terms = indices::from_table(index, order, &table)?;
        attribution.min_order = *weights::sizes(index, order).start();
        attribution.terms.retain(|term| term.players.len() >= attribution.min_order);
    }
    Ok(attributions)
}
