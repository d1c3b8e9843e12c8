//! Owen sampling: Shapley values by the multilinear extension (Owen, 1972; Okhrati & Lipani, 2020).
//!
//! The Shapley value of a player is the mean of what it changes when it joins a coalition into which each other player
//! comes with probability `q`, over `q` from 0 to 1. A unit draws one `q` and one such coalition, and evaluates it and
//! its neighbours with each single player flipped, so that it serves all players at once; then the same for the
//! complement, which is a coalition of probability `1 - q`. The `q` of the units are a van der Corput sequence with a
//! random shift: each is uniform, so that the estimate is unbiased, and together they are spread evenly.

use einthoven_game::design::check_budget;
use einthoven_game::design::row_set::RowSet;
use einthoven_game::{Attribution, Coalition, Coalitions, Design, Draw, Error, Index, Kind, Values, rng, student};
use rand::RngExt;

use crate::Result;
use crate::attribute::{self, Estimate};

const METHOD: &str = "owen";
/// Fewer units than this give standard errors that are rough.
const FEW_UNITS: usize = 10;
/// Draws per coalition of budget after which a design ends.
const MOST_DRAWS: usize = 20;

/// The smallest budget: one unit, the empty and the full coalition.
pub fn smallest_budget(n_players: usize) -> usize {
    let unit = 2 * (n_players + 1) + 2;
    if n_players < 4 { 1 << n_players } else { unit }
}

/// Coalitions and their neighbours. The draws of a unit share a stratum: a coalition, its role the number of players, then
/// its neighbours, their role the player that is flipped; then the same for the complement.
pub fn design(n_players: usize, budget: usize, seed: u64) -> Result<Design> {
    check_budget(METHOD, n_players, budget, smallest_budget(n_players))?;
    let shift: f64 = rng::stream(seed, "owen shift", 0).random();
    let mut rows = RowSet::new(n_players);
    let mut draws: Vec<Draw> = Vec::new();
    let most_draws = budget.saturating_mul(MOST_DRAWS);
    for unit in 0u32.. {
        let q = (f64::from(unit.reverse_bits()) / 2f64.powi(32) + shift).fract();
        let mut rng = rng::stream(seed, "owen", u64::from(unit));
        let mut one = Coalitions::new(n_players);
        one.push((0..n_players).filter(|_| rng.random::<f64>() < q));
        let complement = one.row(0).complement();
        one.push_words(&complement);
        let members: Vec<Vec<u32>> = one.iter().flat_map(neighbours).collect();
        let new: std::collections::HashSet<&[u32]> =
            members.iter().map(Vec::as_slice).filter(|words| !rows.contains(words)).collect();
        if rows.rows().len() + new.len() > budget || draws.len() + members.len() > most_draws {
            break;
        }
        for (at, words) in members.iter().enumerate() {
            // The coalition itself stands before its neighbours.
            let role = (at % (n_players + 1)).checked_sub(1).unwrap_or(n_players) as u32;
            draws.push(Draw { row: rows.insert(words).0, role, weight: 1.0, stratum: unit });
        }
    }
    Ok(Design { rows: rows.into_rows(), draws })
}

/// A coalition, then the same with each single player flipped.
fn neighbours(coalition: Coalition<'_>) -> Vec<Vec<u32>> {
    let words = coalition.words().to_vec();
    let flipped = |player: usize| {
        let mut words = words.clone();
        words[player / 32] ^= 1 << (player % 32);
        words
    };
    std::iter::once(words.clone()).chain((0..coalition.n_players()).map(flipped)).collect()
}

/// The mean over units of what each player changes, for each output. Standard errors come from the spread between units.
pub fn estimate(design: &Design, values: &Values) -> Result<Vec<Attribution>> {
    design.check_values(METHOD, values)?;
    check(design)?;
    let n_players = design.rows.n_players();
    let length = values.n_outputs() * n_players;
    let units = design.draws.chunks_exact(2 * (n_players + 1));
    let n_units = units.len();
    let (mut means, mut squares, mut unit) = (vec![0.0; length], vec![0.0; length], vec![0.0; length]);
    for (index, draws) in units.enumerate() {
        unit.fill(0.0);
        draws.chunks_exact(n_players + 1).for_each(|draws| add(design, values, draws, &mut unit));
        // Welford's update: no difference of large sums.
        for ((mean, square), unit) in means.iter_mut().zip(&mut squares).zip(&unit) {
            let before = unit - *mean;
            *mean += before / (index + 1) as f64;
            *square += before * (unit - *mean);
        }
    }
    let mut warnings = Vec::new();
    let variances = if n_players == 1 {
        Some(vec![0.0; length])
    } else if n_units < 2 {
        warnings.push("only one unit: the errors of the values are unknown".to_owned());
        None
    } else {
        if n_units < FEW_UNITS {
            warnings.push(format!("only {n_units} units: the errors of the values are rough"));
        }
        let scale = student::variance_factor(n_units - 1) / ((n_units - 1) * n_units) as f64;
        Some(squares.iter().map(|square| square * scale).collect())
    };
    let kind = if n_players == 1 { Kind::Exact } else { Kind::Unbiased };
    let estimate = Estimate { method: METHOD, index: Index::Sv, kind, values: means, variances, warnings };
    Ok(attribute::attribute(design, values, &estimate))
}

/// Adds half of what each player changes, `[outputs, players]`.
fn add(design: &Design, values: &Values, draws: &[Draw], unit: &mut [f64]) {
    let n_players = design.rows.n_players();
    let base = draws[0].row as usize;
    let coalition = design.rows.row(base);
    for flip in &draws[1..] {
        let player = flip.role as usize;
        let sign = if coalition.contains(player) { -0.5 } else { 0.5 };
        for (output, (flipped, base)) in values.row(flip.row as usize).iter().zip(values.row(base)).enumerate() {
            unit[output * n_players + player] += sign * (flipped - base);
        }
    }
}

/// Fails unless the draws are units.
fn check(design: &Design) -> Result<()> {
    let n_players = design.rows.n_players();
    let wrong = |reason: &str| Err(Error::Design { method: METHOD, reason: reason.to_owned() }.into());
    if design.draws.is_empty() || !design.draws.len().is_multiple_of(2 * (n_players + 1)) {
        return wrong("expected at least one coalition and its complement, each with its neighbours");
    }
    if design.draws.iter().any(|draw| draw.row as usize >= design.rows.len()) {
        return wrong("a draw uses a row that is not there");
    }
    for unit in design.draws.chunks_exact(2 * (n_players + 1)) {
        let (first, second) = unit.split_at(n_players + 1);
        let row = |draw: &Draw| design.rows.row(draw.row as usize);
        if row(&second[0]).words() != row(&first[0]).complement() {
            return wrong("expected a coalition and its complement");
        }
        for half in [first, second] {
            let roles = half.iter().map(|draw| draw.role as usize);
            let fits = neighbours(row(&half[0])).iter().zip(half).all(|(words, draw)| words == row(draw).words());
            if !fits || !roles.eq(std::iter::once(n_players).chain(0..n_players)) {
                return wrong("expected the neighbours of a coalition, in the order of the players");
            }
        }
    }
    Ok(())
}
