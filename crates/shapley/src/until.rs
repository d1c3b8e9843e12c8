//! Rounds of evaluations until the standard errors are small enough.
//!
//! Each round makes the design of a larger budget anew, with the same seed, so that it holds most of the coalitions of
//! the round before; only those are evaluated that never were; and the estimate is made anew from the whole design. No
//! round looks at values to decide which coalitions to draw, only at the standard errors to decide how many.
//! Stopping when a standard error happens to be small favours small ones: intervals are then a little too narrow.

use std::collections::HashMap;

use einthoven_game::{Attribution, Coalitions, Design, Kind, Values};

use crate::{Control, Error, Method, Request, Result};

/// How much a round may grow on the one before, at least and at most.
const GROWTH: (f64, f64) = (1.2, 2.0);

/// The range of values is taken to be at least this.
const SMALLEST_RANGE: f64 = 1e-6;

/// What came of the rounds.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The last design.
    pub design: Design,
    /// Its values.
    pub values: Values,
    /// The estimate; its evaluations count those of all rounds.
    pub attributions: Vec<Attribution>,
    /// Budgets of the rounds.
    pub budgets: Vec<usize>,
}

/// Coalitions that were evaluated.
#[derive(Clone, Debug)]
pub struct Known {
    /// The coalitions.
    pub rows: Coalitions,
    /// Their values.
    pub values: Values,
}

/// Evaluates coalitions, given what is known already; returns their values, `[coalitions, outputs]`.
pub type Evaluate<'a, E> = dyn FnMut(Option<&Known>, &Coalitions) -> std::result::Result<Values, E> + 'a;

/// Adds rounds until the largest standard error is below `rel` times the range of the values of its output, or the
/// request's budget is spent. `evaluate` is given what is known and the coalitions to evaluate, and returns the values of the
/// latter; what is known and what is returned are the game's own values, whatever `control` takes out of them before an
/// estimate. A method without standard errors spends the budget.
///
/// # Errors
/// If `rel` is not above zero, the method is `auto`, the budget is too small for the method, the control variate is not for the method's
/// index or not of this game, or an evaluation fails.
pub fn until<E: From<Error>>(
    method: Method,
    request: &Request<'_>,
    rel: f64,
    control: Option<&Control>,
    mut known: Option<Known>,
    evaluate: &mut Evaluate<'_, E>,
) -> std::result::Result<Outcome, E> {
    if !(rel.is_finite() && rel > 0.0) {
        return Err(Error::Request(format!("stop at a relative error of {rel}: expected a number above 0")).into());
    }
    if control.is_some() {
        Control::check(method.about().index)?;
    }
    let mut budgets = Vec::new();
    // Values that are there already are a round that was evaluated.
    let spent = known.as_ref().map_or(0, |known| known.rows.len());
    let mut budget = first_budget(request).max(spent).min(request.budget);
    loop {
        let (reached, design, new) = next_design(method, request, budget, known.as_ref())?;
        budgets.push(reached);
        if !new.is_empty() || known.is_none() {
            let values = evaluate(known.as_ref(), &new)?;
            known = Some(join(known, new, values)?);
        }
        let Some(all) = &known else { return Err(Error::Request("evaluate no coalitions".to_owned()).into()) };
        let values = select(all, &design.rows)?;
        let mut attributions = method.estimate_with(control, &design, &values)?;
        let error = largest_error(&attributions, &all.values);
        let done = error <= rel || attributions.iter().all(|attribution| attribution.kind == Kind::Exact);
        if done || budget >= request.budget {
            for attribution in &mut attributions {
                attribution.evaluations = all.rows.len();
                if !done {
                    let share = format!("the largest standard error is {error:.2e} of the range of the values");
                    attribution.warnings.push(format!("the budget ended before the errors were small enough: {share}"));
                }
            }
            return Ok(Outcome { design, values, attributions, budgets });
        }
        // Errors fall with the root of the budget.
        let growth = (error / rel).powi(2).clamp(GROWTH.0, GROWTH.1);
        budget = request.budget.min((reached as f64 * growth).ceil() as usize);
    }
}

/// Enough for every method to begin with, yet little.
fn first_budget(request: &Request<'_>) -> usize {
    request.budget.min(request.n_players.saturating_mul(8).saturating_add(2).max(64))
}

/// The design of a budget, and which of its coalitions are not known. A larger design may leave out some coalitions of the
/// smaller one, which were paid for; where the request's budget has no room for both, the design shrinks by as much.
fn next_design(
    method: Method,
    request: &Request<'_>,
    mut budget: usize,
    known: Option<&Known>,
) -> Result<(usize, Design, Coalitions)> {
    let spent = known.map_or(0, |known| known.rows.len());
    let mut whole = budget == request.budget;
    loop {
        let design = match method.design(&Request { budget, ..*request }) {
            // The first budget is a guess; the method knows better.
            Err(Error::Game(einthoven_game::Error::Budget { smallest, .. }))
                if known.is_none() && (budget + 1..=request.budget).contains(&smallest) =>
            {
                budget = smallest;
                continue;
            }
            design => design?,
        };
        let new = unknown(&design.rows, known);
        let over = (spent + new.len()).saturating_sub(request.budget);
        if over == 0 {
            return Ok((budget, design, new));
        }
        // With the whole budget it is the design of a run that was broken off, if that was of the same method and seed.
        match method.design(&Request { budget: budget.saturating_sub(over), ..*request }) {
            Ok(_) => budget -= over,
            Err(_) if !whole => (budget, whole) = (request.budget, true),
            Err(_) => {
                return Err(Error::Request(format!(
                    "go on from {spent} coalitions that were evaluated for something else, with a budget of {}: \
                     expected a larger budget",
                    request.budget
                )));
            }
        }
    }
}

/// The rows that are not known, in order.
fn unknown(rows: &Coalitions, known: Option<&Known>) -> Coalitions {
    let seen: std::collections::HashSet<&[u32]> =
        known.iter().flat_map(|known| known.rows.iter().map(|row| row.words())).collect();
    let mut new = Coalitions::new(rows.n_players());
    rows.iter().filter(|row| !seen.contains(row.words())).for_each(|row| new.push_words(row.words()));
    new
}

fn join(known: Option<Known>, new: Coalitions, values: Values) -> Result<Known> {
    let Some(mut known) = known else { return Ok(Known { rows: new, values }) };
    new.iter().for_each(|row| known.rows.push_words(row.words()));
    known.values = known.values.concat(&values)?;
    Ok(known)
}

/// The values of these rows, all of them known.
fn select(known: &Known, rows: &Coalitions) -> Result<Values> {
    let row_of: HashMap<&[u32], usize> = known.rows.iter().enumerate().map(|(at, row)| (row.words(), at)).collect();
    let mut values = Vec::with_capacity(rows.len() * known.values.n_outputs());
    for row in rows.iter() {
        let Some(&at) = row_of.get(row.words()).filter(|at| **at < known.values.len()) else {
            return Err(Error::Request("find the value of a coalition: it was not evaluated".to_owned()));
        };
        values.extend_from_slice(known.values.row(at));
    }
    Ok(Values::new(known.values.n_outputs(), values, known.values.fingerprint.clone())?)
}

/// The largest standard error as a share of the range of its output's values; infinite where one is unknown.
fn largest_error(attributions: &[Attribution], values: &Values) -> f64 {
    let of_output = |(output, attribution): (usize, &Attribution)| {
        let ends = (0..values.len()).map(|row| values.get(row, output));
        let (low, high) =
            ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        let largest = attribution.terms.iter().map(|term| term.std_err.unwrap_or(f64::INFINITY)).fold(0.0, f64::max);
        largest / (high - low).max(SMALLEST_RANGE)
    };
    attributions.iter().enumerate().map(of_output).fold(0.0, f64::max)
}
