//! Permutation sampling of Shapley and Shapley-Taylor interactions.
//!
//! **SII and k-SII**: the players come in one by one in random order; a stretch of `s` players that come in one after
//! another is a sample of their interaction, with the players before it as the coalition (Tsai, Yeh & Ravikumar, 2023). The
//! stretches of the top order hold those of all lower orders. A permutation and its reverse make a unit. An order has only
//! `n - s + 1` stretches: with many players most sets are never seen, and then stand as zero.
//!
//! **STII**: each set of the top order has one sample in each permutation, with the players before its first member as the
//! coalition (Sundararajan, Dhamdhere & Agarwal, 2020). The lower orders are discrete derivatives at the empty coalition, exact
//! from all coalitions of fewer than `k` players.
//!
//! A set's value is the mean of its samples, its error the spread between units. Unbiased for the sets that were seen.

use std::collections::{BTreeMap, HashMap, HashSet};

use einthoven_game::design::check_budget;
use einthoven_game::design::row_set::RowSet;
use einthoven_game::design::subset::{for_each_subset, for_each_subset_of};
use einthoven_game::{Attribution, Coalitions, Design, Draw, Index, Kind, Values, rng, student};
use rand::seq::SliceRandom;

use crate::aggregate::KSii;
use crate::attribute::{self, Estimate, Found};
use crate::request::Request;
use crate::sets::{Sets, count};
use crate::{Error, Result, weights};

/// The name of `--method`.
pub const METHOD: &str = "permutation";
/// The indices that it estimates.
pub(crate) const INDICES: [Index; 4] = [Index::Sii, Index::KSii, Index::Stii, Index::Sv];
/// Fewer permutations than this, or pairs of them, give standard errors that are rough.
const FEW_UNITS: usize = 10;
/// Draws per coalition of budget after which a design ends.
const MOST_DRAWS: usize = 20;

/// The smallest budget: for STII one permutation and all small coalitions, else a permutation and its reverse.
pub fn smallest_budget(index: Index, n_players: usize, order: usize) -> usize {
    let needed = if index == Index::Stii {
        (0..=order).map(|size| count(n_players, size)).sum::<f64>()
            + (0..order).map(|size| count(n_players, size)).sum::<f64>()
    } else {
        2.0 * (n_players + 2 - order.min(n_players)) as f64 * 2f64.powi(order as i32 - 1) - 2.0
    };
    needed.max(2.0).min((n_players as f64).exp2()) as usize
}

/// Coalitions along random permutations. A draw is a player that comes in: its role is the player, its row the coalition with
/// that player, its stratum the number of the unit.
///
/// # Errors
/// If the method does not estimate the index, or the budget is below the smallest that will do.
pub fn design(request: &Request) -> Result<Design> {
    check(request)?;
    let &Request { index, order, n_players: n, budget, .. } = request;
    check_budget(METHOD, n, budget, smallest_budget(index, n, order))?;
    let mut rows = RowSet::new(n);
    if index == Index::Stii {
        for size in 1..order {
            for_each_subset(n, size, |set| _ = rows.insert(&words(n, set.iter().copied())));
        }
    }
    let all = (n as f64).exp2();
    let mut draws: Vec<Draw> = Vec::new();
    for unit in 0.. {
        let walks = walks(request, unit);
        let wanted: Vec<Vec<u32>> = walks.iter().flat_map(|walk| coalitions(index, order, walk)).collect();
        let new: HashSet<&[u32]> = wanted.iter().map(Vec::as_slice).filter(|words| !rows.contains(words)).collect();
        if rows.rows().len() + new.len() > budget || draws.len() + walks.len() * n > budget.saturating_mul(MOST_DRAWS) {
            break;
        }
        wanted.iter().for_each(|words| _ = rows.insert(words));
        for walk in &walks {
            for end in 1..=n {
                let (row, _) = rows.insert(&words(n, walk[..end].iter().copied()));
                draws.push(Draw { row, role: walk[end - 1] as u32, weight: 1.0, stratum: unit as u32 });
            }
        }
        if rows.rows().len() as f64 == all {
            break;
        }
    }
    Ok(Design { rows: rows.into_rows(), draws })
}

/// The permutations of a unit.
fn walks(request: &Request, unit: u64) -> Vec<Vec<usize>> {
    let mut walk: Vec<usize> = (0..request.n_players).collect();
    walk.shuffle(&mut rng::stream(request.seed, "permutations", unit));
    if request.index == Index::Stii {
        return vec![walk];
    }
    let back = walk.iter().rev().copied().collect();
    vec![walk, back]
}

/// All coalitions that a permutation needs.
fn coalitions(index: Index, order: usize, walk: &[usize]) -> Vec<Vec<u32>> {
    let n = walk.len();
    let mut wanted = Vec::new();
    let mut with = |before: usize, others: &[usize]| {
        wanted.push(words(n, walk[..before].iter().chain(others).copied()));
    };
    if index == Index::Stii {
        for before in 0..n {
            for size in 0..order.min(n - before) {
                for_each_subset_of(&walk[before + 1..], size, |others| {
                    with(before, others);
                    with(before + 1, others);
                });
            }
        }
    } else {
        for before in 0..=n - order {
            for size in 0..=order {
                for_each_subset_of(&walk[before..before + order], size, |others| with(before, others));
            }
        }
    }
    wanted
}

/// The index of each output for all sets of up to `order` players. Sets that were never seen stand as zero, without a standard
/// error.
///
/// # Errors
/// If values are missing or not finite, or the design is of another method.
pub fn estimate(request: &Request, design: &Design, values: &Values) -> Result<Vec<Attribution>> {
    check(request)?;
    design.check_values(METHOD, values)?;
    let &Request { index, order, n_players: n, .. } = request;
    let game = Lookup::new(&design.rows, values);
    let smallest = if index == Index::Stii { order } else { *weights::sizes(index, order).start() };
    let mut samples: Vec<Samples> = (smallest..=order).map(|size| Samples::new(n, size, values.n_outputs())).collect();
    for unit in design.draws.chunk_by(|a, b| a.stratum == b.stratum) {
        let walks: Vec<Vec<u32>> = unit.chunks(n).map(|walk| walk.iter().map(|draw| draw.role).collect()).collect();
        for samples in &mut samples {
            for walk in &walks {
                if index == Index::Stii {
                    samples.add_taylor(&game, walk)?
                } else {
                    samples.add_stretches(&game, walk)?
                }
            }
            samples.close_unit();
        }
    }
    let unseen: usize = samples.iter().map(Samples::unseen).sum();
    let mut found: Vec<Found> = samples.into_iter().map(Samples::found).collect();
    if index == Index::Stii {
        let lower = (1..order).map(|size| at_nobody(&game, n, size, values.n_outputs()));
        found.splice(0..0, lower.collect::<Result<Vec<_>>>()?);
    }
    if index == Index::KSii {
        aggregate(n, &mut found);
    }
    let mut warnings = Vec::new();
    let mut kind = Kind::Unbiased;
    let n_units = design.draws.chunk_by(|a, b| a.stratum == b.stratum).count();
    if n_units < FEW_UNITS {
        warnings.push(format!("only {n_units} independent permutations: the errors are rough"));
    }
    if unseen > 0 {
        kind = Kind::Biased;
        warnings.push(format!(
            "{unseen} sets were never seen and stand as zero; a larger budget, svarm-iq or shapiq sees them"
        ));
    }
    Ok(attribute::attribute(design, values, &Estimate { method: METHOD, index, order, kind, found, warnings }))
}

fn check(request: &Request) -> Result<()> {
    request.check()?;
    if INDICES.contains(&request.index) {
        return Ok(());
    }
    let names = INDICES.map(Index::name).join(", ");
    Err(Error::Request(format!("estimate {} with method {METHOD}: it estimates {names}", request.index)))
}

/// k-SII in place of SII. Errors of sums over sets that were seen together are unknown, so only the top order keeps its own.
fn aggregate(n_players: usize, found: &mut [Found]) {
    let order = found.len();
    let aggregation = KSii::new(n_players, order);
    for output in 0..found[0].values.len() {
        let mut blocks: Vec<Vec<f64>> =
            found.iter_mut().map(|found| std::mem::take(&mut found.values[output])).collect();
        aggregation.apply(&mut blocks);
        found.iter_mut().zip(blocks).for_each(|(found, block)| found.values[output] = block);
    }
    found[..order - 1].iter_mut().for_each(|found| found.variances = None);
}

/// Values by coalition.
struct Lookup<'a> {
    row_of: HashMap<&'a [u32], usize>,
    values: &'a Values,
    n_players: usize,
}

impl<'a> Lookup<'a> {
    fn new(rows: &'a Coalitions, values: &'a Values) -> Self {
        let row_of = rows.iter().enumerate().map(|(row, coalition)| (coalition.words(), row)).collect();
        Self { row_of, values, n_players: rows.n_players() }
    }

    /// The discrete derivative of a set at a coalition of others, `[outputs]`.
    fn derivative(&self, before: &[u32], set: &[u32]) -> Result<Vec<f64>> {
        let mut base = words(self.n_players, before.iter().map(|&player| player as usize));
        let mut sums = vec![0.0; self.values.n_outputs()];
        for mask in 0..1usize << set.len() {
            for (at, &player) in set.iter().enumerate() {
                let bit = 1 << (player % 32);
                let word = &mut base[player as usize / 32];
                *word = if mask >> at & 1 == 1 { *word | bit } else { *word & !bit };
            }
            let Some(&row) = self.row_of.get(base.as_slice()) else {
                let reason = "expected every coalition along its permutations".to_owned();
                return Err(einthoven_game::Error::Design { method: METHOD, reason }.into());
            };
            let sign = if (set.len() - mask.count_ones() as usize).is_multiple_of(2) { 1.0 } else { -1.0 };
            sums.iter_mut().zip(self.values.row(row)).for_each(|(sum, value)| *sum += sign * value);
        }
        Ok(sums)
    }
}

/// The discrete derivatives of all sets of a size at the empty coalition.
fn at_nobody(game: &Lookup<'_>, n_players: usize, size: usize, n_outputs: usize) -> Result<Found> {
    let sets = Sets::new(n_players, size);
    let mut values = vec![Vec::with_capacity(sets.len()); n_outputs];
    let mut failed = Ok(());
    sets.for_each(|_, set| match game.derivative(&[], set) {
        Ok(derivative) => values.iter_mut().zip(derivative).for_each(|(values, value)| values.push(value)),
        Err(error) => failed = Err(error),
    });
    failed?;
    let variances = Some(values.iter().map(|values| vec![0.0; values.len()]).collect());
    Ok(Found { size, values, variances })
}

/// Samples of all sets of a size.
struct Samples {
    sets: Sets,
    /// Units in which a set was seen.
    counts: Vec<f64>,
    /// Sums and squares of the means of units, `[outputs][sets]`.
    sums: Vec<Vec<f64>>,
    squares: Vec<Vec<f64>>,
    /// What the open unit has: samples of a set, and their sum, `[outputs]`.
    open: BTreeMap<usize, (f64, Vec<f64>)>,
}

impl Samples {
    fn new(n_players: usize, size: usize, n_outputs: usize) -> Self {
        let sets = Sets::new(n_players, size);
        let empty = vec![vec![0.0; sets.len()]; n_outputs];
        Self { counts: vec![0.0; sets.len()], sums: empty.clone(), squares: empty, open: BTreeMap::new(), sets }
    }

    fn add(&mut self, game: &Lookup<'_>, before: &[u32], set: &[u32]) -> Result<()> {
        let derivative = game.derivative(before, set)?;
        let mut sorted = set.to_vec();
        sorted.sort_unstable();
        let (count, sums) =
            self.open.entry(self.sets.position(&sorted)).or_insert_with(|| (0.0, vec![0.0; derivative.len()]));
        *count += 1.0;
        sums.iter_mut().zip(derivative).for_each(|(sum, value)| *sum += value);
        Ok(())
    }

    /// A sample of each set of players that come in one after another.
    fn add_stretches(&mut self, game: &Lookup<'_>, walk: &[u32]) -> Result<()> {
        let size = self.sets.size();
        (0..=walk.len() - size).try_for_each(|start| self.add(game, &walk[..start], &walk[start..start + size]))
    }

    /// A sample of each set: what it adds to the players before its first one.
    fn add_taylor(&mut self, game: &Lookup<'_>, walk: &[u32]) -> Result<()> {
        let size = self.sets.size();
        for first in 0..=walk.len() - size {
            let mut done = Ok(());
            for_each_subset_of(&walk[first + 1..], size - 1, |others| {
                let set = [&[walk[first]], others].concat();
                done = std::mem::replace(&mut done, Ok(())).and_then(|()| self.add(game, &walk[..first], &set));
            });
            done?;
        }
        Ok(())
    }

    fn close_unit(&mut self) {
        for (position, (count, sums)) in std::mem::take(&mut self.open) {
            self.counts[position] += 1.0;
            for (output, sum) in sums.iter().enumerate() {
                self.sums[output][position] += sum / count;
                self.squares[output][position] += (sum / count).powi(2);
            }
        }
    }

    fn unseen(&self) -> usize {
        self.counts.iter().filter(|count| **count == 0.0).count()
    }

    /// Means, and the variances of those that were seen twice. Samples of many games are often alike, and few that are say
    /// little of those to come: the spread of a set's samples is joined with one sample's worth of that of all sets.
    fn found(self) -> Found {
        let of_output = |(sums, squares): (&Vec<f64>, &Vec<f64>)| {
            let about_mean =
                |((sum, square), count): ((&f64, &f64), &f64)| (square - sum * sum / count.max(1.0)).max(0.0);
            let all: f64 = sums.iter().zip(squares).zip(&self.counts).map(about_mean).sum();
            let pooled = all / self.counts.iter().map(|count| (count - 1.0).max(0.0)).sum::<f64>().max(1.0);
            let of_set = |((sum, square), &count): ((&f64, &f64), &f64)| {
                let mean = sum / count.max(1.0);
                let freedom = count - 1.0;
                let variance = match freedom {
                    freedom if freedom >= 1.0 => {
                        let spread = ((square - count * mean * mean).max(0.0) + pooled) / (freedom + 1.0);
                        spread / count * student::variance_factor(freedom as usize)
                    }
                    _ => f64::NAN,
                };
                (mean, variance)
            };
            sums.iter().zip(squares).zip(&self.counts).map(of_set).unzip()
        };
        let (values, variances) = self.sums.iter().zip(&self.squares).map(of_output).unzip();
        Found { size: self.sets.size(), values, variances: Some(variances) }
    }
}

fn words(n_players: usize, players: impl Iterator<Item = usize>) -> Vec<u32> {
    let mut words = vec![0; n_players.div_ceil(32)];
    players.for_each(|player| words[player / 32] |= 1 << (player % 32));
    words
}
