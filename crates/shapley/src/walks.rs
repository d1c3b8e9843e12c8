//! Walks from the empty to the full coalition, one player at a time, in pairs with their reverses.
//!
//! What a player changes when it comes in is a sample of its value; which value that is depends on the orders that are
//! drawn. Each walk is paired with its reverse, which makes the mean of the two exact on games of at most pair effects.
//! A walk costs one coalition per player but one; coalitions that were seen before cost nothing.

use einthoven_game::design::check_budget;
use einthoven_game::design::row_set::RowSet;
use einthoven_game::{Attribution, Design, Draw, Error, Index, Kind, Values, student};

use crate::Result;
use crate::attribute::{self, Estimate};

/// Fewer units than this give standard errors that are rough.
const FEW_UNITS: usize = 10;
/// Draws per coalition of budget after which a design ends.
const MOST_DRAWS: usize = 20;

/// The smallest budget: one walk and its reverse.
pub(crate) fn smallest_budget(n_players: usize) -> usize {
    2 * n_players.max(1)
}

/// Walks along the orders that `order` gives, and their reverses, at most so many pairs and as long as they fit into the
/// budget. A draw is a step:
/// its role is the player that comes in, its row the coalition with that player, its stratum the number of the unit that
/// `order` says the walk belongs to: walks of different units are independent.
pub(crate) fn design(
    method: &'static str,
    n_players: usize,
    budget: usize,
    most_pairs: u64,
    mut order: impl FnMut(u64) -> (Vec<usize>, u32),
) -> Result<Design> {
    check_budget(method, n_players, budget, smallest_budget(n_players))?;
    let mut rows = RowSet::new(n_players);
    let mut draws: Vec<Draw> = Vec::new();
    let all = 1usize.checked_shl(n_players as u32).filter(|_| n_players < 64).unwrap_or(usize::MAX);
    let most_draws = budget.saturating_mul(MOST_DRAWS);
    for index in 0..most_pairs {
        let (mut order, unit) = order(index);
        let prefixes = prefixes(&order);
        // The prefixes of the reverse are the complements of these; a walk and its reverse share none but the ends.
        order.reverse();
        let back = self::prefixes(&order);
        let new = prefixes.iter().chain(&back).filter(|words| !rows.contains(words)).count();
        if rows.rows().len() + new > budget || draws.len() + 2 * n_players > most_draws {
            break;
        }
        for (players, prefixes) in [(order.iter().rev().collect::<Vec<_>>(), prefixes), (order.iter().collect(), back)]
        {
            for (player, words) in players.into_iter().zip(prefixes) {
                draws.push(Draw { row: rows.insert(&words).0, role: *player as u32, weight: 1.0, stratum: unit });
            }
        }
        if rows.rows().len() == all {
            break;
        }
    }
    Ok(Design { rows: rows.into_rows(), draws })
}

/// A single walk along an order, without its reverse: half the cost of the smallest design of pairs.
pub(crate) fn single(n_players: usize, order: &[usize]) -> Design {
    let mut rows = RowSet::new(n_players);
    let steps = order.iter().zip(prefixes(order));
    let draw = |(player, words): (&usize, Vec<u32>)| Draw {
        row: rows.insert(&words).0,
        role: *player as u32,
        weight: 1.0,
        stratum: 0,
    };
    let draws = steps.map(draw).collect();
    Design { rows: rows.into_rows(), draws }
}

/// The coalitions of a walk, without the empty one.
fn prefixes(order: &[usize]) -> Vec<Vec<u32>> {
    let mut words = vec![0; order.len().div_ceil(32)];
    order
        .iter()
        .map(|player| {
            words[player / 32] |= 1 << (player % 32);
            words.clone()
        })
        .collect()
}

/// The mean of each player's steps, for each output. Standard errors come from the spread between units.
pub(crate) fn estimate(
    method: &'static str,
    index: Index,
    design: &Design,
    values: &Values,
) -> Result<Vec<Attribution>> {
    design.check_values(method, values)?;
    check(method, design)?;
    let n_players = design.rows.n_players();
    let length = values.n_outputs() * n_players;
    let pairs = design.draws.chunks_exact(2 * n_players);
    let n_pairs = pairs.len() as f64;
    let mut means = vec![0.0; length];
    pairs.clone().for_each(|pair| add(pair, values, n_players, 1.0 / n_pairs, &mut means));
    // Units of several pairs weigh as many; the variance of a ratio of sums.
    let (mut squares, mut unit, mut n_units) = (vec![0.0; length], vec![0.0; length], 0usize);
    for draws in design.draws.chunk_by(|a, b| a.stratum == b.stratum) {
        let share = draws.len() as f64 / (2 * n_players) as f64 / n_pairs;
        unit.fill(0.0);
        draws.chunks_exact(2 * n_players).for_each(|pair| add(pair, values, n_players, 1.0 / n_pairs, &mut unit));
        for ((square, unit), mean) in squares.iter_mut().zip(&unit).zip(&means) {
            *square += (unit - share * mean).powi(2);
        }
        n_units += 1;
    }
    // Both orders of two players are all there are.
    let exact = n_players <= 2;
    let mut warnings = Vec::new();
    let variances = match n_units {
        _ if exact => Some(vec![0.0; length]),
        0 | 1 => {
            warnings.push("only one independent block of walks: the errors of the values are unknown".to_owned());
            None
        }
        _ => {
            if n_units < FEW_UNITS {
                warnings
                    .push(format!("only {n_units} independent blocks of walks: the errors of the values are rough"));
            }
            let scale = n_units as f64 / (n_units - 1) as f64 * student::variance_factor(n_units - 1);
            Some(squares.iter().map(|square| scale * square).collect())
        }
    };
    let kind = if exact { Kind::Exact } else { Kind::Unbiased };
    let estimate = Estimate { method, index, kind, values: means, variances, warnings };
    Ok(attribute::attribute(design, values, &estimate))
}

/// What each player changes in a single walk, for each output. Unbiased; of its error it says nothing.
pub(crate) fn estimate_single(
    method: &'static str,
    index: Index,
    design: &Design,
    values: &Values,
) -> Result<Vec<Attribution>> {
    design.check_values(method, values)?;
    check_walks(method, design)?;
    let n_players = design.rows.n_players();
    let mut found = vec![0.0; values.n_outputs() * n_players];
    add_walk(&design.draws, values, n_players, 1.0, &mut found);
    let estimate =
        Estimate { method, index, kind: Kind::Unbiased, values: found, variances: None, warnings: Vec::new() };
    Ok(attribute::attribute(design, values, &estimate))
}

/// Adds the mean of the two walks of a pair, `[outputs, players]`.
fn add(pair: &[Draw], values: &Values, n_players: usize, weight: f64, sums: &mut [f64]) {
    pair.chunks_exact(n_players).for_each(|walk| add_walk(walk, values, n_players, weight / 2.0, sums));
}

/// Adds what each player changes in a walk, `[outputs, players]`.
fn add_walk(walk: &[Draw], values: &Values, n_players: usize, weight: f64, sums: &mut [f64]) {
    let mut before = values.row(0);
    for step in walk {
        let after = values.row(step.row as usize);
        for (output, (before, after)) in before.iter().zip(after).enumerate() {
            sums[output * n_players + step.role as usize] += weight * (after - before);
        }
        before = after;
    }
}

/// Fails unless the draws are walks in pairs, each from nobody to everybody.
fn check(method: &'static str, design: &Design) -> Result<()> {
    let n_players = design.rows.n_players();
    let wrong = |reason: &str| Err(Error::Design { method, reason: reason.to_owned() }.into());
    if design.draws.is_empty() || !design.draws.len().is_multiple_of(2 * n_players) {
        return wrong("expected at least one walk and its reverse, a draw for each player");
    }
    if design.draws.chunks_exact(2 * n_players).any(|pair| pair.iter().any(|draw| draw.stratum != pair[0].stratum)) {
        return wrong("expected a walk and its reverse in one stratum");
    }
    check_walks(method, design)
}

/// Fails unless the draws are walks from nobody to everybody.
fn check_walks(method: &'static str, design: &Design) -> Result<()> {
    let n_players = design.rows.n_players();
    let wrong = |reason: &str| Err(Error::Design { method, reason: reason.to_owned() }.into());
    for walk in design.draws.chunks_exact(n_players) {
        let mut words = vec![0; design.rows.words_per_row()];
        for step in walk {
            let player = step.role as usize;
            if player >= n_players || step.row as usize >= design.rows.len() {
                return wrong("a draw uses a player or a row that is not there");
            }
            words[player / 32] |= 1 << (player % 32);
            if design.rows.row(step.row as usize).words() != words {
                return wrong("expected each draw to add one player to the coalition of the draw before it");
            }
        }
        if design.rows.row(walk[n_players - 1].row as usize).size() != n_players {
            return wrong("expected each walk to end with everybody");
        }
    }
    Ok(())
}
