//! Stratified sampling (Maleki et al., 2013; Castro et al., 2017).
//!
//! The Shapley value of a player is the mean over sizes of what it changes, on average, when it joins a coalition of that
//! size. Each player and size is a stratum. What a player changes when it comes first or last is known from `2 n`
//! evaluations; the other strata are drawn from in turn, each player going through the sizes in a random order of its
//! own, so that the mean over those sizes that have had their turn is unbiased even before all have. Within a stratum
//! coalitions are drawn without replacement. Exact at full budget.

use std::collections::HashSet;

use einthoven_game::design::check_budget;
use einthoven_game::design::row_set::RowSet;
use einthoven_game::design::subset::{SubsetSampler, for_each_subset};
use einthoven_game::{Attribution, Coalitions, Design, Draw, Error, Index, Kind, Values, rng};
use rand::seq::SliceRandom;

use crate::Result;
use crate::attribute::{self, Estimate};

const METHOD: &str = "stratified";
/// Tries to draw a coalition that was not drawn yet, per coalition there is.
const TRIES: usize = 20;

/// Steps from which on a stratum has a spread of its own.
const FEW_STEPS: f64 = 10.0;

/// The smallest budget: the first and last steps of all players, and one step more for each.
pub fn smallest_budget(n_players: usize) -> usize {
    if n_players <= 3 { 1 << n_players } else { (4 * n_players + 2).min(1 << n_players.min(40)) }
}

/// Steps of players. Draws come in twos with the same role, the player, and the same stratum, the size before it comes in:
/// the coalition without it, then the one with it.
pub fn design(n_players: usize, budget: usize, seed: u64) -> Result<Design> {
    check_budget(METHOD, n_players, budget, smallest_budget(n_players))?;
    let mut steps = Steps { rows: RowSet::new(n_players), draws: Vec::new(), budget };
    for player in 0..n_players {
        steps.push(player, &[]);
        let others: Vec<usize> = (0..n_players).filter(|other| *other != player).collect();
        if n_players > 1 {
            steps.push(player, &others);
        }
    }
    if n_players < usize::BITS as usize - 1 && budget >= 1 << n_players {
        steps.all();
    } else if n_players > 2 {
        steps.sample(seed);
    }
    Ok(Design { rows: steps.rows.into_rows(), draws: steps.draws })
}

/// A design in the making.
struct Steps {
    rows: RowSet,
    draws: Vec<Draw>,
    budget: usize,
}

impl Steps {
    /// Adds the step of a player after others, unless the budget has no room for it.
    fn push(&mut self, player: usize, others: &[usize]) -> bool {
        let mut step = Coalitions::new(self.rows.rows().n_players());
        step.push(others.iter().copied());
        step.push(others.iter().copied().chain([player]));
        let words = [step.row(0).words(), step.row(1).words()];
        let new = words.iter().filter(|words| !self.rows.contains(words)).count();
        if self.rows.rows().len() + new > self.budget {
            return false;
        }
        for words in words {
            let row = self.rows.insert(words).0;
            self.draws.push(Draw { row, role: player as u32, weight: 1.0, stratum: others.len() as u32 });
        }
        true
    }

    /// Adds all steps but the first and last ones.
    fn all(&mut self) {
        let n_players = self.rows.rows().n_players();
        for player in 0..n_players {
            for size in 1..n_players.saturating_sub(1) {
                for_each_subset(n_players - 1, size, |subset| {
                    self.push(player, &around(subset, player));
                });
            }
        }
    }

    /// Adds steps in turn until one does not fit, or nothing new is found.
    fn sample(&mut self, seed: u64) {
        let n_players = self.rows.rows().n_players();
        let sizes: Vec<Vec<usize>> = (0..n_players)
            .map(|player| {
                let mut sizes: Vec<usize> = (1..n_players - 1).collect();
                sizes.shuffle(&mut rng::stream(seed, "stratified sizes", player as u64));
                sizes
            })
            .collect();
        let mut drawn: HashSet<(usize, Vec<usize>)> = HashSet::new();
        for turn in 0.. {
            let mut rng = rng::stream(seed, "stratified", turn as u64);
            let mut players: Vec<usize> = (0..n_players).collect();
            players.shuffle(&mut rng);
            let mut found = false;
            for player in players {
                let size = sizes[player][turn % sizes[player].len()];
                let mut sampler = SubsetSampler::new(n_players - 1);
                let fresh = (0..TRIES).find_map(|_| {
                    let mut others = around(sampler.draw(size, &mut rng), player);
                    others.sort_unstable();
                    drawn.insert((player, others.clone())).then_some(others)
                });
                let Some(others) = fresh else { continue };
                if !self.push(player, &others) {
                    return;
                }
                found = true;
            }
            if !found && turn > n_players {
                return;
            }
        }
    }
}

/// A subset of all players but one, from a subset of as many numbers.
fn around(subset: &[usize], player: usize) -> Vec<usize> {
    subset.iter().map(|&other| other + usize::from(other >= player)).collect()
}

/// What is known of a stratum, by output.
#[derive(Clone, Default)]
struct Stratum {
    count: f64,
    means: Vec<f64>,
    squares: Vec<f64>,
}

/// The Shapley values of each output.
pub fn estimate(design: &Design, values: &Values) -> Result<Vec<Attribution>> {
    design.check_values(METHOD, values)?;
    let n_players = design.rows.n_players();
    let strata = strata(design, values)?;
    let n_outputs = values.n_outputs();
    let populations = populations(n_players);
    let mut numbers = vec![0.0; n_outputs * n_players];
    let mut variances = vec![0.0; n_outputs * n_players];
    let (mut complete, mut empty, mut rough) = (true, 0, 0);
    for (player, strata) in strata.chunks_exact(n_players).enumerate() {
        let known: Vec<(usize, &Stratum)> = strata.iter().enumerate().filter(|(_, one)| one.count > 0.0).collect();
        let inner = known.iter().filter(|(size, _)| (1..n_players - 1).contains(size)).count();
        complete &= strata.iter().enumerate().all(|(size, one)| one.count == populations[size]);
        empty += usize::from(n_players > 2 && inner == 0);
        rough += usize::from(n_players > 2 && inner < 2);
        for output in 0..n_outputs {
            let (value, variance) = combine(&populations, &known, output);
            numbers[output * n_players + player] = value;
            variances[output * n_players + player] = variance;
        }
    }
    let mut warnings = Vec::new();
    if empty > 0 {
        warnings.push(format!("{empty} players have no steps but their first and last: the values are biased"));
    }
    if rough > 0 && !complete {
        warnings.push(format!("{rough} players have steps of a single size: the errors are unknown"));
    }
    let kind = match (complete, empty) {
        (true, _) => Kind::Exact,
        (false, 0) => Kind::Unbiased,
        _ => Kind::Biased,
    };
    let variances = (rough == 0 || complete).then_some(variances);
    let estimate = Estimate { method: METHOD, index: Index::Sv, kind, values: numbers, variances, warnings };
    Ok(attribute::attribute(design, values, &estimate))
}

/// The strata of each player by size, `[players, sizes]`.
fn strata(design: &Design, values: &Values) -> Result<Vec<Stratum>> {
    let n_players = design.rows.n_players();
    let wrong = |reason: &str| Error::Design { method: METHOD, reason: reason.to_owned() }.into();
    let n_outputs = values.n_outputs();
    let one = Stratum { count: 0.0, means: vec![0.0; n_outputs], squares: vec![0.0; n_outputs] };
    let mut strata = vec![one; n_players * n_players];
    if design.draws.is_empty() || !design.draws.len().is_multiple_of(2) {
        return Err(wrong("expected steps of two draws each"));
    }
    for step in design.draws.chunks_exact(2) {
        let (player, size) = (step[0].role as usize, step[0].stratum as usize);
        let rows = step.iter().map(|draw| draw.row as usize).collect::<Vec<_>>();
        if player >= n_players || rows.iter().any(|&row| row >= design.rows.len()) {
            return Err(wrong("a draw uses a player or a row that is not there"));
        }
        let (without, with) = (design.rows.row(rows[0]), design.rows.row(rows[1]));
        let mut joined = without.words().to_vec();
        joined[player / 32] |= 1 << (player % 32);
        let alike = step[1] == Draw { row: step[1].row, ..step[0] };
        if without.contains(player) || with.words() != joined || without.size() != size || !alike {
            return Err(wrong("expected a coalition and the same with one player more"));
        }
        let stratum = &mut strata[player * n_players + size];
        stratum.count += 1.0;
        for (output, (with, without)) in values.row(rows[1]).iter().zip(values.row(rows[0])).enumerate() {
            let step = with - without;
            let before = step - stratum.means[output];
            stratum.means[output] += before / stratum.count;
            stratum.squares[output] += before * (step - stratum.means[output]);
        }
    }
    Ok(strata)
}

/// The mean over sizes and its variance. The sizes in between that were drawn stand for all of them.
fn combine(populations: &[f64], known: &[(usize, &Stratum)], output: usize) -> (f64, f64) {
    let n = populations.len() as f64;
    let (mut ends, mut inner) = (0.0, Vec::new());
    for &(size, stratum) in known {
        if size == 0 || size + 1 == populations.len() {
            ends += stratum.means[output];
        } else {
            inner.push((size, stratum));
        }
    }
    if inner.is_empty() {
        return (ends / n.min(2.0), 0.0);
    }
    let (drawn, there) = (inner.len() as f64, n - 2.0);
    let mean = inner.iter().map(|(_, stratum)| stratum.means[output]).sum::<f64>() / drawn;
    let between =
        inner.iter().map(|(_, stratum)| (stratum.means[output] - mean).powi(2)).sum::<f64>() / (drawn - 1.0).max(1.0);
    // Two steps say little of the spread of their stratum. Strata of few steps, which have much the same number of them,
    // share one, and as long as there are few steps in all, the spread between sizes has a say in it: it is that of a mean,
    // and holds the spread within them and more.
    let freedom: f64 = inner.iter().map(|(_, stratum)| stratum.count - 1.0).sum();
    let squares: f64 = inner.iter().map(|(_, stratum)| stratum.squares[output]).sum();
    let steps = (freedom + drawn) / drawn;
    let borrowed = (squares + (drawn - 1.0) * between * steps) / (freedom + drawn - 1.0).max(1.0);
    let within = |&(size, stratum): &(usize, &Stratum)| {
        let spread =
            if stratum.count >= FEW_STEPS { stratum.squares[output] / (stratum.count - 1.0) } else { borrowed };
        (1.0 - stratum.count / populations[size]).max(0.0) * spread / stratum.count
    };
    let within: f64 = inner.iter().map(within).sum();
    // Sizes drawn without replacement, and steps within each size.
    let variance = there * there * (1.0 - drawn / there) * between / drawn + there / drawn * within;
    let value = (ends + there * mean) / n;
    (value, variance / (n * n))
}

/// Coalitions without a given player, by size; infinite where a float cannot hold their number.
fn populations(n_players: usize) -> Vec<f64> {
    let others = n_players as f64 - 1.0;
    let next = |count: &mut f64, size: usize| {
        let this = *count;
        let larger = this * (others - size as f64) / (size as f64 + 1.0);
        *count = if larger < 1e15 { larger.round() } else { larger };
        Some(this)
    };
    (0..n_players).scan(1.0, next).collect()
}
