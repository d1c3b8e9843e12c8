//! KernelSHAP: Shapley values by weighted least squares (Lundberg & Lee, 2017; paired as by Covert & Lee, 2021).
//!
//! Shapley values are the additive game that is closest to the game, when a coalition of `s` players weighs
//! `1 / (s (n - s) C(n, s))` and the sum is right. Here:
//!
//! * Every coalition is evaluated with its complement. In the projected system the two are one row, with the mean of
//!   the two targets; the answer is then exact on games of at most pair effects, whatever pairs are drawn.
//! * Small and large sizes are enumerated while that pays, the others sampled.
//!   With a budget of all coalitions the answer is exact.
//! * The constraint on the sum is eliminated; combinatorial weights are cancelled on paper, so any number of players
//!   works.
//! * Draws fall on sizes in proportion to their mass, with replacement, and all draws weigh the same. The distinct
//!   pairs of a size share the draws of that size equally: by symmetry that is the mean over all ways in which
//!   duplicates could have fallen, so it can only lessen the variance (Rao-Blackwell).
//!
//! The answer is a ratio of sums: consistent, not unbiased. Its standard errors come from the draws alone.

use std::collections::HashMap;

use einthoven_fit as fit;
use einthoven_game::rng;
use einthoven_game::{Attribution, Coalitions, Design, Draw, Kind, Values};
use rand::RngExt;

use crate::attribute::{self, Estimate};
use crate::sizes::{self, Class};
use crate::spread::Spread;
use crate::subset::{SubsetSampler, for_each_subset};
use crate::{Error, Result};

const METHOD: &str = "kernel";
/// Role of draws that are there for certain; their stratum is the smaller size of the pair.
const ENUMERATED: u32 = 0;
/// Role of draws that fell at random; their stratum is the smaller size of the pair.
const SAMPLED: u32 = 1;
/// Fewer distinct pairs drawn at random than this give standard errors that are rough.
const FEW_PAIRS: usize = 10;
/// Draws per coalition of budget after which a design ends.
const MOST_DRAWS: usize = 20;

/// The smallest budget with which the system can have full rank: one pair for each player but one.
pub fn smallest_budget(n_players: usize) -> usize {
    2 * n_players.max(1)
}

/// A budget that gives the system full rank, and so many rows per unknown that the fit is worth its while: eight
/// coalitions per player. With fewer, permutations are often closer. Up to some 30 players it enumerates all single
/// players, which is enough for full rank. Beyond, a draw tells two given players apart with probability
/// `1 / H(n - 1)`, a harmonic number, and so many draws leave some two players alike with odds far below one in a
/// million.
pub fn safe_budget(n_players: usize) -> usize {
    n_players.saturating_mul(8).saturating_add(2)
}

/// Pairs of coalitions to evaluate. Draws come in twos, a coalition and its complement.
pub fn design(n_players: usize, budget: usize, seed: u64) -> Result<Design> {
    let smallest = smallest_budget(n_players);
    if n_players == 0 {
        return Err(Error::Request("attribute to no players: expected at least one".to_owned()));
    }
    if budget < smallest {
        return Err(Error::Budget { method: METHOD, n_players, budget, smallest });
    }
    let most_draws = budget.saturating_mul(MOST_DRAWS) / 2;
    let plan = sizes::plan(n_players, (budget - 2) / 2, most_draws);
    let mut pairs = Pairs::new(n_players);
    for class in &plan.enumerated {
        // The mass is that of two coalitions per pair.
        let weight = class.mass / class.pairs / 2.0;
        for_each_subset(n_players, class.size, |subset| {
            // In the middle both members have this size; the pair comes with the one that holds player 0.
            if 2 * class.size < n_players || subset[0] == 0 {
                pairs.push(subset, ENUMERATED, weight, class.size);
            }
        });
    }
    if !plan.sampled.is_empty() {
        sample(&mut pairs, &plan.sampled, plan.pairs_left, most_draws, seed);
    }
    Ok(Design { rows: pairs.rows, draws: pairs.draws })
}

/// The Shapley values of each output, with standard errors unless there are as many pairs as unknowns.
pub fn estimate(design: &Design, values: &Values) -> Result<Vec<Attribution>> {
    attribute::check(METHOD, design, values)?;
    let n_players = design.rows.n_players();
    let regression = Regression::read(design)?;
    let (targets, totals) = regression.targets(design, values);
    let weights: Vec<f64> = regression.pairs.iter().map(|pair| pair.weight).collect();
    let row = |at: usize, out: &mut [f64]| {
        out.fill(0.0);
        design.rows.row(regression.pairs[at].row).players().for_each(|player| out[player] = 1.0);
    };
    let problem =
        fit::Problem { n_unknowns: n_players, weights: &weights, targets: &targets, totals: &totals, row: &row };
    let solution = fit::solve(&problem).map_err(|error| rank_error(error, n_players))?;
    let n_sampled: usize = regression.classes.iter().map(|class| class.distinct).sum();
    let sampled = n_sampled > 0;
    if !sampled && design.rows.len() as f64 != (n_players as f64).exp2() {
        return Err(wrong("expected all coalitions where none is drawn at random"));
    }
    let mut warnings = Vec::new();
    let variances = if !sampled {
        Some(vec![0.0; solution.coefficients.len()])
    } else if regression.pairs.len() < n_players {
        warnings.push(
            "as many unknowns as pairs of coalitions: the values fit exactly, and their errors are unknown".into(),
        );
        None
    } else if n_sampled < 2 {
        warnings.push("only one pair of coalitions was drawn at random: the errors of the values are unknown".into());
        None
    } else {
        if n_sampled < FEW_PAIRS {
            warnings.push(format!("only {n_sampled} pairs of coalitions were drawn at random: the errors are rough"));
        }
        Some(regression.variances(design, &problem, &solution))
    };
    let kind = if sampled { Kind::Consistent } else { Kind::Exact };
    let estimate = Estimate { method: METHOD, kind, values: solution.coefficients, variances, warnings };
    Ok(attribute::attribute(design, values, &estimate))
}

/// The pairs of a design in the making.
struct Pairs {
    rows: Coalitions,
    draws: Vec<Draw>,
    /// The row of the member of each pair that was pushed.
    row_of: HashMap<Vec<u32>, u32>,
}

impl Pairs {
    fn new(n_players: usize) -> Self {
        let mut rows = Coalitions::new(n_players);
        rows.push_empty();
        rows.push_full();
        Self { rows, draws: Vec::new(), row_of: HashMap::new() }
    }

    /// Adds a draw of the pair of `members`, and its rows if they are new; says whether they were.
    fn push(&mut self, members: &[usize], role: u32, weight: f64, size: usize) -> bool {
        let next = self.rows.len() as u32;
        let mut single = Coalitions::new(self.rows.n_players());
        single.push(members.iter().copied());
        let row = *self.row_of.entry(single.words().to_vec()).or_insert(next);
        if row == next {
            self.rows.push_words(single.words());
            self.rows.push_words(&single.row(0).complement());
        }
        let draw = |row| Draw { row, role, weight, stratum: size as u32 };
        self.draws.extend([draw(row), draw(row + 1)]);
        row == next
    }
}

/// Draws pairs of the given classes until there are `distinct` new ones, or `most_draws` pairs with those enumerated.
fn sample(pairs: &mut Pairs, classes: &[Class], distinct: usize, most_draws: usize, seed: u64) {
    let n_players = pairs.rows.n_players();
    let mut rng = rng::stream(seed, "kernel pairs", 0);
    let mut sampler = SubsetSampler::new(n_players);
    let cumulative: Vec<f64> = classes
        .iter()
        .scan(0.0, |sum, class| {
            *sum += class.mass;
            Some(*sum)
        })
        .collect();
    let mass = cumulative[cumulative.len() - 1];
    let first = pairs.draws.len();
    let mut left = distinct;
    while left > 0 && pairs.draws.len() / 2 < most_draws {
        let at = rng.random::<f64>() * mass;
        let class = &classes[cumulative.partition_point(|&sum| sum <= at).min(classes.len() - 1)];
        let subset = sampler.draw(class.size, &mut rng);
        let other;
        // In the middle both members have this size; the pair comes with the one that holds player 0.
        let members = if 2 * class.size == n_players && !subset.contains(&0) {
            other = (0..n_players).filter(|player| !subset.contains(player)).collect::<Vec<_>>();
            &other
        } else {
            subset
        };
        left -= usize::from(pairs.push(members, SAMPLED, 0.0, class.size));
    }
    let draws = &mut pairs.draws[first..];
    let weight = mass / draws.len().max(1) as f64;
    draws.iter_mut().for_each(|draw| draw.weight = weight);
}

/// A pair of coalitions as a row of the regression.
struct Pair {
    /// Row of one member; the other one follows it.
    row: usize,
    complement: usize,
    weight: f64,
    role: u32,
    size: usize,
}

/// What fell on the pairs of one size.
#[derive(Clone, Copy, Default)]
struct Drawn {
    draws: usize,
    distinct: usize,
}

/// A design of this module, read back.
struct Regression {
    /// Enumerated pairs first, then the sampled ones by size.
    pairs: Vec<Pair>,
    /// By size.
    classes: Vec<Drawn>,
    /// Weight of one draw.
    draw_weight: f64,
}

impl Regression {
    fn read(design: &Design) -> Result<Self> {
        let n_players = design.rows.n_players();
        let mut classes = vec![Drawn::default(); n_players / 2 + 1];
        let mut draw_weight = 0.0;
        let mut pair_of_row = vec![false; design.rows.len()];
        let mut pairs = Vec::new();
        if !design.draws.len().is_multiple_of(2) {
            return Err(wrong("expected draws in twos"));
        }
        for draws in design.draws.chunks_exact(2) {
            let (row, complement) = (draws[0].row as usize, draws[1].row as usize);
            let pair =
                Pair { row, complement, weight: draws[0].weight, role: draws[0].role, size: draws[0].stratum as usize };
            pair.check(design)?;
            if draws[1] != (Draw { row: draws[1].row, ..draws[0] }) {
                return Err(wrong("expected a coalition and its complement to be drawn alike"));
            }
            if pair.role == SAMPLED {
                let first = std::mem::replace(&mut draw_weight, pair.weight);
                if first != 0.0 && first != pair.weight {
                    return Err(wrong("expected the same weight for all draws of role 1"));
                }
                classes[pair.size].draws += 1;
            }
            if !std::mem::replace(&mut pair_of_row[row], true) {
                classes[pair.size].distinct += usize::from(pair.role == SAMPLED);
                pairs.push(pair);
            }
        }
        for pair in pairs.iter_mut().filter(|pair| pair.role == SAMPLED) {
            pair.weight *= classes[pair.size].draws as f64 / classes[pair.size].distinct as f64;
        }
        pairs.sort_by_key(|pair| (pair.role, pair.size));
        Ok(Self { pairs, classes, draw_weight })
    }

    /// The targets `[pairs, outputs]` and the totals `[outputs]`.
    fn targets(&self, design: &Design, values: &Values) -> (Vec<f64>, Vec<f64>) {
        debug_assert_eq!(design.rows.len(), values.len());
        let total = |output: usize| values.get(1, output) - values.get(0, output);
        let totals: Vec<f64> = (0..values.n_outputs()).map(total).collect();
        let target = |pair: &Pair| {
            let (member, complement) = (values.row(pair.row), values.row(pair.complement));
            let ends = member.iter().zip(complement).zip(&totals);
            ends.map(|((member, complement), total)| (member - complement + total) / 2.0).collect::<Vec<_>>()
        };
        (self.pairs.iter().flat_map(target).collect(), totals)
    }

    /// Squared standard errors, `[outputs, players]`.
    fn variances(&self, design: &Design, problem: &fit::Problem<'_>, solution: &fit::Solution) -> Vec<f64> {
        let n_outputs = problem.totals.len();
        let mut spread = Spread::new(n_outputs * problem.n_unknowns);
        let pairs = sizes::classes(problem.n_unknowns);
        let ends_class = |at: usize| self.pairs.get(at + 1).is_none_or(|next| next.size != self.pairs[at].size);
        solution.influences(problem, |at, influence| {
            let pair = &self.pairs[at];
            if pair.role != SAMPLED {
                return;
            }
            let fitted: f64 = design.rows.row(pair.row).players().map(|player| influence[player]).sum();
            // A leverage of one leaves no residual to scale.
            let scale = 1.0 / (1.0 - pair.weight * fitted).max(1e-6);
            let residuals = &solution.residuals[at * n_outputs..(at + 1) * n_outputs];
            spread.add(influence, residuals.iter().map(|residual| residual * scale));
            if ends_class(at) {
                spread.close(self.classes[pair.size].draws, pairs[pair.size - 1].pairs);
            }
        });
        spread.variances(self.draw_weight)
    }
}

impl Pair {
    fn check(&self, design: &Design) -> Result<()> {
        let rows = &design.rows;
        if self.row >= rows.len() || self.complement >= rows.len() {
            return Err(wrong("a draw uses a row that is not there"));
        }
        let member = rows.row(self.row);
        let half = rows.n_players() / 2;
        if rows.row(self.complement).words() != member.complement() || !(1..=half).contains(&self.size) {
            return Err(wrong("expected draws of coalitions and their complements, with the smaller size as stratum"));
        }
        if member.size() != self.size && rows.n_players() - member.size() != self.size {
            return Err(wrong("expected the smaller size of a pair as its stratum"));
        }
        if self.role > SAMPLED || !(self.weight.is_finite() && self.weight > 0.0) {
            return Err(wrong("expected the roles 0 and 1 and weights above zero"));
        }
        Ok(())
    }
}

/// Says which budget would have been enough.
fn rank_error(error: fit::Error, n_players: usize) -> Error {
    match error {
        fit::Error::RankDeficient { rank, needed } => {
            Error::Rank { n_players, rank, needed, safe_budget: safe_budget(n_players) }
        }
        other => other.into(),
    }
}

fn wrong(reason: &str) -> Error {
    Error::Design { method: METHOD, reason: reason.to_owned() }
}
