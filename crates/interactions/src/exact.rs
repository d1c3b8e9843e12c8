//! Every index from the values of all coalitions, up to 20 players, or in closed form from a game that has one.

use einthoven_game::design::check_budget;
use einthoven_game::{Attribution, Coalitions, Design, Game, Kind, Term, Values, exact, indices};

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
    let n = request.n_players;
    request.check_index(n)?;
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
    request.check_index(request.n_players)?;
    design.check_values(METHOD, values)?;
    let &Request { index, order, .. } = request;
    let row_of = exact::row_of_mask(&design.rows)?;
    let mut attributions = without_terms(request, design, values);
    for (output, attribution) in attributions.iter_mut().enumerate() {
        let table: Vec<f64> = row_of.iter().map(|&row| values.get(row, output)).collect();
        put_terms(attribution, indices::from_table(index, order, &table)?);
    }
    Ok(attributions)
}

/// The attribution of the only output of a game whose index is known: `terms`, by size. Only the empty and the full coalition
/// are evaluated.
///
/// # Errors
/// If there is no such index of that order, or the game cannot be evaluated.
pub fn from_terms(request: &Request, game: &dyn Game, terms: Vec<Term>) -> Result<Attribution> {
    request.check_index(request.n_players)?;
    let mut rows = Coalitions::new(request.n_players);
    rows.push_empty();
    rows.push_full();
    let values = game.values(&rows)?;
    let mut attribution = without_terms(request, &Design { rows, draws: Vec::new() }, &values).remove(0);
    put_terms(&mut attribution, terms);
    Ok(attribution)
}

fn without_terms(request: &Request, design: &Design, values: &Values) -> Vec<Attribution> {
    let &Request { index, order, .. } = request;
    let (kind, warnings) = (Kind::Exact, Vec::new());
    let estimate = Estimate { method: METHOD, index, order, kind, found: Vec::new(), warnings };
    attribute::attribute(design, values, &estimate)
}

/// Puts terms in, that of the empty set only where the index has an own number for it.
pub(crate) fn put_terms(attribution: &mut Attribution, mut terms: Vec<Term>) {
    attribution.min_order = *weights::sizes(attribution.index, attribution.max_order).start();
    terms.retain(|term| term.players.len() >= attribution.min_order);
    attribution.terms = terms;
}
