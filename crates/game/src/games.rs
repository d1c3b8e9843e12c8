//! Games whose exact values are known in closed form: ground truth for estimators, up to thousands of players.

use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

use crate::game_file::MAX_TABLE_PLAYERS;
use crate::indices::{half_binomial, moebius_weight, power_of_half};
use crate::quadrature::gauss_legendre;
use crate::{Coalition, Coalitions, Error, Game, GameFile, Index, Result, Values, exact, rng};

/// Most steps that the values of a voting game may take: some ten seconds.
const MAX_VOTING_STEPS: f64 = 1e10;
/// Largest sum of the weights of a voting game: its distribution of votes is a list.
const MAX_VOTES: u64 = 10_000_000;

/// Sets of players with their coefficients.
type Terms = Vec<(Vec<u32>, f64)>;

/// A game with its exact Shapley and Banzhaf values.
#[derive(Clone, Debug, PartialEq)]
pub struct ClosedForm {
    rule: Rule,
    shapley: Vec<f64>,
    banzhaf: Vec<f64>,
}

#[derive(Clone, Debug, PartialEq)]
enum Rule {
    File(GameFile),
    Airport { costs: Vec<f64> },
    Glove { n_left: usize },
    Voting { weights: Vec<u32>, quota: u64 },
}

impl ClosedForm {
    /// The exact Shapley values, `[players]`.
    pub fn shapley(&self) -> &[f64] {
        &self.shapley
    }

    /// The exact Banzhaf values, `[players]`.
    pub fn banzhaf(&self) -> &[f64] {
        &self.banzhaf
    }
}

impl Game for ClosedForm {
    fn n_players(&self) -> usize {
        self.shapley.len()
    }

    fn n_outputs(&self) -> usize {
        1
    }

    fn values(&self, rows: &Coalitions) -> Result<Values> {
        if rows.n_players() != self.n_players() {
            return Err(Error::Shape {
                what: "coalitions of a game",
                expected: format!("{} players", self.n_players()),
                found: format!("{} players", rows.n_players()),
            });
        }
        let value: Box<dyn Fn(Coalition<'_>) -> f64> = match &self.rule {
            Rule::File(game) => return game.values(rows),
            Rule::Airport { costs } => {
                Box::new(|coalition| coalition.players().map(|player| costs[player]).fold(0.0, f64::max))
            }
            Rule::Glove { n_left } => Box::new(|coalition| pairs(*n_left, coalition)),
            Rule::Voting { weights, quota } => Box::new(|coalition| passes(weights, *quota, coalition)),
        };
        let rule = format!("{:?} {}", self.rule, self.n_players());
        let fingerprint = format!("closed-form-{:016x}", rng::fnv1a(rule.as_bytes()));
        Values::new(1, rows.iter().map(value).collect(), fingerprint)
    }
}

/// A sum of unanimity games: v(S) is the sum of the coefficients of the sets inside S, each set shares its coefficient
/// equally (Shapley, 1953). Fails as [`GameFile::moebius`] does.
pub fn unanimity_sum(n_players: usize, terms: Vec<(Vec<u32>, f64)>) -> Result<ClosedForm> {
    let game = GameFile::moebius(n_players, terms.clone())?;
    let shapley = shares(n_players, &terms, |size| moebius_weight(Index::Sv, 1, 1, size).unwrap_or(0.0));
    let banzhaf = shares(n_players, &terms, |size| moebius_weight(Index::Bv, 1, 1, size).unwrap_or(0.0));
    Ok(ClosedForm { rule: Rule::File(game), shapley, banzhaf })
}

/// The unanimity game of `players`: one where all of them are in. Fails if they are not distinct players of the game.
pub fn unanimity(n_players: usize, players: Vec<u32>) -> Result<ClosedForm> {
    unanimity_sum(n_players, vec![(players, 1.0)])
}

/// Every player adds the same, `1/n`, and a pair adds one more if both are in; all others are dummies. Fails if `pair`
/// does not hold two players of the game.
pub fn dummy(n_players: usize, pair: [u32; 2]) -> Result<ClosedForm> {
    let singles = (0..n_players as u32).map(|player| (vec![player], 1.0 / n_players as f64));
    unanimity_sum(n_players, singles.chain([(pair.to_vec(), 1.0)]).collect())
}

/// Every player adds its own weight. Fails if there is no weight or one is not finite.
pub fn linear(weights: &[f64]) -> Result<ClosedForm> {
    let terms = weights.iter().enumerate().map(|(player, &weight)| (vec![player as u32], weight));
    unanimity_sum(weights.len(), terms.collect())
}

/// `n_terms` random sets of up to `max_size` players with standard normal coefficients, as a sum of unanimity games.
/// Fails if `max_size` is not from 1 to `n_players`.
pub fn random_moebius(n_players: usize, n_terms: usize, max_size: usize, seed: u64) -> Result<ClosedForm> {
    unanimity_sum(n_players, random_terms(n_players, n_terms, max_size, seed)?)
}

/// A sparse spectrum: v(S) is the sum of coefficient * (-1)^|S ∩ T| over the sets T. Sets of odd size share -2 times
/// their coefficient; only single players count for the Banzhaf value. Fails as [`GameFile::fourier`] does.
pub fn sparse_fourier(n_players: usize, terms: Vec<(Vec<u32>, f64)>) -> Result<ClosedForm> {
    let game = GameFile::fourier(n_players, terms.clone())?;
    let shapley = shares(n_players, &terms, |size| if size % 2 == 1 { -2.0 / size as f64 } else { 0.0 });
    let banzhaf = shares(n_players, &terms, |size| if size == 1 { -2.0 } else { 0.0 });
    Ok(ClosedForm { rule: Rule::File(game), shapley, banzhaf })
}

/// `n_terms` random sets of up to `max_size` players with standard normal coefficients, as a sparse spectrum. Fails if
/// `max_size` is not from 1 to `n_players`.
pub fn random_fourier(n_players: usize, n_terms: usize, max_size: usize, seed: u64) -> Result<ClosedForm> {
    sparse_fourier(n_players, random_terms(n_players, n_terms, max_size, seed)?)
}

/// `(-1)^|S|`, the spectrum of one set: everybody. Fails if there are no players.
pub fn parity(n_players: usize) -> Result<ClosedForm> {
    sparse_fourier(n_players, vec![((0..n_players as u32).collect(), 1.0)])
}

/// A table of standard normal values; its exact values are computed. Fails if there are no players or more than 24.
pub fn random_table(n_players: usize, seed: u64) -> Result<ClosedForm> {
    if !(1..=MAX_TABLE_PLAYERS).contains(&n_players) {
        let reason = format!("expected from 1 to {MAX_TABLE_PLAYERS} players");
        return Err(Error::Request(format!("draw a table for {n_players} players: {reason}")));
    }
    let mut rng = rng::stream(seed, "random table", n_players as u64);
    let values: Vec<f64> = (0..1usize << n_players).map(|_| StandardNormal.sample(&mut rng)).collect();
    let (shapley, banzhaf) = (exact::shapley(&values)?, exact::banzhaf(&values)?);
    Ok(ClosedForm { rule: Rule::File(GameFile::table(n_players, 1, values)?), shapley, banzhaf })
}

/// The airport game: a coalition needs the longest runway of its players, whose costs are given. Each piece of runway
/// is shared by all who need it (Littlechild & Owen, 1973). Fails if there are no costs or one is negative or not
/// finite.
pub fn airport(costs: &[f64]) -> Result<ClosedForm> {
    if costs.is_empty() {
        return Err(Error::Request("play the airport game: expected at least one cost, found none".to_owned()));
    }
    if let Some(player) = costs.iter().position(|cost| !cost.is_finite() || *cost < 0.0) {
        let reason = format!("expected a finite cost of zero or more, found {}", costs[player]);
        return Err(Error::Request(format!("play the airport game: player {player}: {reason}")));
    }
    let mut order: Vec<usize> = (0..costs.len()).collect();
    order.sort_by(|&left, &right| costs[left].total_cmp(&costs[right]));
    let (mut shapley, mut banzhaf) = (vec![0.0; costs.len()], vec![0.0; costs.len()]);
    let (mut built, mut share, mut change) = (0.0, 0.0, 0.0);
    for (at, &player) in order.iter().enumerate() {
        let (piece, n_users) = (costs[player] - built, costs.len() - at);
        share += piece / n_users as f64;
        // The chance that nobody else who needs the piece is in.
        change += piece * power_of_half(n_users - 1);
        built = costs[player];
        (shapley[player], banzhaf[player]) = (share, change);
    }
    Ok(ClosedForm { rule: Rule::Airport { costs: costs.to_vec() }, shapley, banzhaf })
}

/// The glove game: the first `n_left` players hold a left glove each, the next `n_right` a right one, and a pair is
/// worth one (Shapley & Shubik, 1969). Fails if there are no players.
pub fn glove(n_left: usize, n_right: usize) -> Result<ClosedForm> {
    let n_players = n_left + n_right;
    if n_players == 0 {
        return Err(Error::Request("play the glove game: expected at least one player, found none".to_owned()));
    }
    let (scarce, other) = (n_left.min(n_right), n_left.max(n_right));
    // The sum over k of a! b! / ((a-k)! (b+k)!), a the scarce side and b the other.
    let ratios = (1..=scarce).map(|k| (scarce - k + 1) as f64 / (other + k) as f64);
    let sum: f64 = ratios
        .scan(1.0, |product, ratio| {
            *product *= ratio;
            Some(*product)
        })
        .sum();
    let excess = (other - scarce) as f64 / (2.0 * scarce.max(1) as f64);
    let of_scarce = if scarce == 0 { 0.0 } else { 0.5 + excess * sum };
    let of_other = (1.0 - of_scarce) * scarce as f64 / other as f64;
    // A glove makes a pair where its own side is behind: where fewer than `across` of the others hold a glove of its
    // own side or stay away with one of the other.
    let change = |across: usize| (0..across).map(|heads| half_binomial(n_players - 1, heads)).sum::<f64>();
    let values = |left: f64, right: f64| [vec![left; n_left], vec![right; n_right]].concat();
    let shapley = if n_left <= n_right { values(of_scarce, of_other) } else { values(of_other, of_scarce) };
    let banzhaf = values(change(n_right), change(n_left));
    Ok(ClosedForm { rule: Rule::Glove { n_left }, shapley, banzhaf })
}

/// The weighted voting game: one where the weights in the coalition reach `quota`, else zero. The values are those of
/// Shapley & Shubik (1954) and Banzhaf (1965).
///
/// A player's value is the integral over `x` of the chance that it tips the vote if each other player is in with
/// probability `x` (Owen, 1972), a polynomial; the distribution of the votes comes from dynamic programming over the
/// weights. Takes time in proportion to `n^2` times the sum of the weights; fails if that is too much, or if there is
/// no weight.
pub fn weighted_voting(weights: &[u32], quota: u64) -> Result<ClosedForm> {
    let n_players = weights.len();
    let total: u64 = weights.iter().map(|&weight| u64::from(weight)).sum();
    let steps = (n_players * n_players) as f64 * total as f64;
    if n_players == 0 || total > MAX_VOTES || steps > MAX_VOTING_STEPS {
        let found = format!("{n_players} weights with sum {total}");
        let most = format!("a sum of at most {MAX_VOTES}, and players^2 * sum of at most {MAX_VOTING_STEPS:e}");
        let reason = format!("expected at least one weight, {most}");
        return Err(Error::Request(format!("solve a voting game: {reason}, found {found}")));
    }
    let mut shapley = vec![0.0; n_players];
    for (x, weight) in gauss_legendre(n_players.div_ceil(2)) {
        let chances = tipping_chances(weights, quota, x);
        shapley.iter_mut().zip(chances).for_each(|(value, chance)| *value += weight * chance);
    }
    let banzhaf = tipping_chances(weights, quota, 0.5);
    Ok(ClosedForm { rule: Rule::Voting { weights: weights.to_vec(), quota }, shapley, banzhaf })
}

/// The chance of each player to tip the vote if every other one is in with probability `x`, inside `(0, 1)`.
fn tipping_chances(weights: &[u32], quota: u64, x: f64) -> Vec<f64> {
    let mut chances = vec![1.0];
    for &weight in weights {
        let (weight, before) = (weight as usize, chances.len());
        chances.resize(before + weight, 0.0);
        for votes in (0..chances.len()).rev() {
            let joined = if votes >= weight { chances[votes - weight] } else { 0.0 };
            chances[votes] = (1.0 - x) * chances[votes] + x * joined;
        }
    }
    // Players of equal weight have equal chances.
    let mut known = std::collections::BTreeMap::new();
    let mut of_weight = |weight: u32| *known.entry(weight).or_insert_with(|| tips(&chances, weight as usize, quota, x));
    weights.iter().map(|&weight| of_weight(weight)).collect()
}

/// The chance that a player of `weight` tips the vote, given the distribution of the votes with it. The player is taken
/// out from the end at which errors shrink.
fn tips(chances: &[f64], weight: usize, quota: u64, x: f64) -> f64 {
    let n_votes = chances.len() - weight;
    let mut without = vec![0.0; n_votes];
    if x <= 0.5 {
        for votes in 0..n_votes {
            let joined = if votes >= weight { without[votes - weight] } else { 0.0 };
            without[votes] = (chances[votes] - x * joined) / (1.0 - x);
        }
    } else {
        for votes in (0..n_votes).rev() {
            let stayed = if votes + weight < n_votes { without[votes + weight] } else { 0.0 };
            without[votes] = (chances[votes + weight] - (1.0 - x) * stayed) / x;
        }
    }
    let end = usize::try_from(quota).unwrap_or(usize::MAX);
    let start = end.saturating_sub(weight).min(n_votes);
    without[start..end.min(n_votes)].iter().sum()
}

/// Pairs of gloves in the coalition.
fn pairs(n_left: usize, coalition: Coalition<'_>) -> f64 {
    let left = coalition.players().filter(|player| *player < n_left).count();
    left.min(coalition.size() - left) as f64
}

/// Whether the coalition reaches the quota.
fn passes(weights: &[u32], quota: u64, coalition: Coalition<'_>) -> f64 {
    let votes: u64 = coalition.players().map(|player| u64::from(weights[player])).sum();
    f64::from(votes >= quota)
}

/// For each player the sum of `weight(size) * coefficient` over the sets that hold it.
fn shares(n_players: usize, terms: &[(Vec<u32>, f64)], weight: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut shares = vec![0.0; n_players];
    for (players, coefficient) in terms {
        let share = weight(players.len()) * coefficient;
        players.iter().for_each(|&player| shares[player as usize] += share);
    }
    shares
}

fn random_terms(n_players: usize, n_terms: usize, max_size: usize, seed: u64) -> Result<Terms> {
    if max_size == 0 || max_size > n_players {
        return Err(Error::Request(format!("draw sets of up to {max_size} players: expected from 1 to {n_players}")));
    }
    let mut rng = rng::stream(seed, "random terms", n_players as u64);
    let mut term = || {
        let size = rng.random_range(1..=max_size);
        let players = rand::seq::index::sample(&mut rng, n_players, size).into_iter();
        let mut players: Vec<u32> = players.map(|player| player as u32).collect();
        players.sort_unstable();
        (players, StandardNormal.sample(&mut rng))
    };
    Ok((0..n_terms).map(|_| term()).collect())
}
