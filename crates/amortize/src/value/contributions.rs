//! What points add to random sets: unbiased draws of their values.
//!
//! A contribution is what one point adds to one set of others. Its mean is the point's value, whatever else shares the
//! work: a walk adds all points one by one in random order, so that each fit serves two contributions; a group of random
//! points shares a set that has none of them, so that the costly fit of the set serves all. Draws of one point are
//! independent of each other; draws of points that shared work are not.

use std::ops::{ControlFlow, Range};

use einthoven_game::{rng::stream, student::variance_factor};
use rand::{RngExt, seq::SliceRandom};
use rayon::prelude::*;

use super::data_game::DataGame;
use super::semivalue::Semivalue;
use crate::{Error, Result};

/// Points that share a set: this many, or a quarter of all.
const GROUP: usize = 16;

/// Told how many contributions of how many are done; can stop the work.
pub type Progress<'a> = &'a mut dyn FnMut(usize, usize) -> ControlFlow<()>;

/// As many contributions of each point, `[points, draws]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Contributions {
    n_draws: usize,
    values: Vec<f64>,
    /// Whether the draws are values without any error.
    is_exact: bool,
    /// Classifiers that were fitted for them.
    pub fits: usize,
}

impl Contributions {
    /// Contributions `[points, draws]` from elsewhere, each right on average.
    ///
    /// # Errors
    /// If there are none, or not as many of each point, or one is not finite.
    pub fn new(n_draws: usize, values: Vec<f64>) -> Result<Self> {
        if n_draws == 0 || values.is_empty() || !values.len().is_multiple_of(n_draws) {
            let what = format!("{} numbers of {n_draws} draws", values.len());
            return Err(Error::Request(format!(
                "read contributions: expected as many draws of each point, found {what}"
            )));
        }
        match values.iter().find(|value| !value.is_finite()) {
            Some(value) => Err(Error::Request(format!("read contributions: expected finite numbers, found {value}"))),
            None => Ok(Self { n_draws, values, is_exact: false, fits: 0 }),
        }
    }

    /// Draws contributions of a semivalue, `n_draws` of each point: by walks for Shapley values, by sets that groups of points
    /// share for the others. Leave-one-out is exact and has one, whatever is asked for. The result depends on the seed alone,
    /// not on threads.
    ///
    /// # Errors
    /// If the semivalue does not fit the number of points, a fit fails, or `progress` breaks.
    pub fn draw(game: &DataGame, semivalue: Semivalue, n_draws: usize, seed: u64, progress: Progress) -> Result<Self> {
        let n = game.n_points();
        let sizes = semivalue.sizes(n)?;
        if n_draws == 0 {
            return Err(Error::Request("value points: expected at least one contribution of each".to_owned()));
        }
        match semivalue {
            Semivalue::LeaveOneOut => {
                let found = in_parts(n, n, progress, |point| {
                    let others: Vec<usize> = (0..n).filter(|other| *other != point).collect();
                    Ok(Unit { gains: vec![(point, game.full_value() - game.grow(&others)?.value)], fits: 1 })
                })?;
                Ok(Self { is_exact: true, ..Self::collect(n, 1, &found) })
            }
            Semivalue::Shapley => {
                let found = in_parts(n_draws, n * n_draws, progress, |walk| walk_of(game, seed, walk))?;
                Ok(Self::collect(n, n_draws, &found))
            }
            _ => {
                let groups = n.div_ceil(group_size(n));
                let found = in_parts(groups * n_draws, n * n_draws, progress, |unit| {
                    group_of(game, &sizes, seed, [unit / groups, unit % groups])
                })?;
                Ok(Self::collect(n, n_draws, &found))
            }
        }
    }

    /// Data Banzhaf by maximum sample reuse (Wang & Jia, 2023), from random halves in pairs of complements: a pair gives each
    /// point the half with it minus the half without, which is right on average. Two fits give a draw of all points.
    ///
    /// # Errors
    /// As of [`Contributions::draw`].
    pub fn banzhaf_reuse(game: &DataGame, n_draws: usize, seed: u64, progress: Progress) -> Result<Self> {
        if n_draws == 0 {
            return Err(Error::Request("value points: expected at least one pair of halves".to_owned()));
        }
        let n = game.n_points();
        let found = in_parts(n_draws, n * n_draws, progress, |pair| {
            let mut rng = stream(seed, "value/halves", pair as u64);
            let (with, without): (Vec<usize>, Vec<usize>) = (0..n).partition(|_| rng.random());
            let difference = game.grow(&with)?.value - game.grow(&without)?.value;
            let signed =
                |points: Vec<usize>, sign: f64| points.into_iter().map(move |point| (point, sign * difference));
            Ok(Unit { gains: signed(with, 1.0).chain(signed(without, -1.0)).collect(), fits: 2 })
        })?;
        Ok(Self::collect(n, n_draws, &found))
    }

    fn collect(n_points: usize, n_draws: usize, found: &[Unit]) -> Self {
        let mut values = vec![0.0; n_points * n_draws];
        let mut next = vec![0; n_points];
        for &(point, value) in found.iter().flat_map(|unit| &unit.gains) {
            values[point * n_draws + next[point]] = value;
            next[point] += 1;
        }
        debug_assert!(next.iter().all(|draws| *draws == n_draws), "as many draws of each point");
        Self { n_draws, values, is_exact: false, fits: found.iter().map(|unit| unit.fits).sum() }
    }

    /// Number of points.
    pub fn n_points(&self) -> usize {
        self.values.len() / self.n_draws
    }

    /// Draws of each point.
    pub fn n_draws(&self) -> usize {
        self.n_draws
    }

    /// Whether they are values without any error.
    pub fn is_exact(&self) -> bool {
        self.is_exact
    }

    /// The draws of a point.
    pub fn of(&self, point: usize) -> &[f64] {
        &self.values[point * self.n_draws..][..self.n_draws]
    }

    /// Some draws of each point, and their part of the fits.
    ///
    /// # Panics
    /// If there are none in the range, or it reaches beyond.
    pub fn part(&self, draws: Range<usize>) -> Self {
        assert!(!draws.is_empty(), "at least one draw");
        let values = (0..self.n_points()).flat_map(|point| self.of(point)[draws.clone()].to_vec()).collect();
        Self { n_draws: draws.len(), values, fits: self.fits * draws.len() / self.n_draws, ..*self }
    }

    /// The value of each point: the mean of its draws.
    pub fn means(&self) -> Vec<f64> {
        let mean = |draws: &[f64]| draws.iter().sum::<f64>() / draws.len() as f64;
        self.values.chunks_exact(self.n_draws).map(mean).collect()
    }

    /// The variance of each point's mean, from the spread of its draws; none of a single draw. Exact values have none.
    pub fn variances(&self) -> Option<Vec<f64>> {
        if self.is_exact {
            return Some(vec![0.0; self.n_points()]);
        }
        let n = self.n_draws as f64;
        let variance = |(draws, mean): (&[f64], f64)| {
            draws.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0) / n
        };
        (self.n_draws > 1).then(|| self.values.chunks_exact(self.n_draws).zip(self.means()).map(variance).collect())
    }

    /// The standard error of each value, with Student's factor for few draws.
    pub fn std_errs(&self) -> Option<Vec<f64>> {
        let factor = if self.is_exact { 1.0 } else { variance_factor(self.n_draws.saturating_sub(1)) };
        Some(self.variances()?.into_iter().map(|variance| (variance * factor).sqrt()).collect())
    }
}

/// What is done at once.
struct Unit {
    /// Points and what they added.
    gains: Vec<(usize, f64)>,
    /// Classifiers that were fitted for it.
    fits: usize,
}

/// One walk over all points.
fn walk_of(game: &DataGame, seed: u64, walk: usize) -> Result<Unit> {
    let mut order: Vec<usize> = (0..game.n_points()).collect();
    order.shuffle(&mut stream(seed, "value/walk", walk as u64));
    let mut grown = game.grow(&[])?;
    let fits = 1 + order.len();
    let gains = order.into_iter().map(|point| Ok((point, grown.push(point)?))).collect::<Result<_>>()?;
    Ok(Unit { gains, fits })
}

fn group_size(n_points: usize) -> usize {
    GROUP.min(n_points.div_ceil(4))
}

/// One contribution of each point of a group. All groups of a round are cut from one random order of the points.
fn group_of(game: &DataGame, sizes: &[f64], seed: u64, [round, group]: [usize; 2]) -> Result<Unit> {
    let n = game.n_points();
    let mut order: Vec<usize> = (0..n).collect();
    order.shuffle(&mut stream(seed, "value/round", round as u64));
    let mut rng = stream(seed, &format!("value/round-{round}"), group as u64);
    let span = group * group_size(n)..n.min((group + 1) * group_size(n));
    let points: Vec<usize> = order[span.clone()].to_vec();
    order.drain(span);
    let size = draw_size(sizes, rng.random());
    // The set has none of the group: seen from a point, whose companions are random too, it is any set of its size.
    if size <= order.len() {
        let (set, _) = order.partial_shuffle(&mut rng, size);
        let mut grown = game.grow(set)?;
        grown.sharpen()?;
        let fits = 1 + points.len();
        let gains = points.into_iter().map(|point| Ok((point, grown.gain(point)?))).collect::<Result<_>>()?;
        return Ok(Unit { gains, fits });
    }
    // So large a set has room for none of them but one.
    let alone = |&point: &usize| {
        let mut others: Vec<usize> = (0..n).filter(|other| *other != point).collect();
        let (set, _) = others.partial_shuffle(&mut rng, size);
        Ok((point, game.grow(set)?.gain(point)?))
    };
    Ok(Unit { gains: points.iter().map(alone).collect::<Result<_>>()?, fits: 2 * points.len() })
}

/// The size at which the probabilities add up to `at`.
fn draw_size(sizes: &[f64], at: f64) -> usize {
    let mut sum = 0.0;
    let reached = sizes.iter().position(|share| {
        sum += share;
        at < sum
    });
    // Rounding may leave the sum short of one.
    reached.or_else(|| sizes.iter().rposition(|share| *share > 0.0)).unwrap_or(0)
}

/// Does units of work on all threads, a few at a time, and hands their results back in order.
fn in_parts(
    n_units: usize,
    n_contributions: usize,
    progress: Progress,
    unit: impl Fn(usize) -> Result<Unit> + Sync,
) -> Result<Vec<Unit>> {
    let mut found: Vec<Unit> = Vec::with_capacity(n_units);
    let mut done = 0;
    while found.len() < n_units {
        if progress(done, n_contributions).is_break() {
            return Err(Error::Interrupted { done, total: n_contributions });
        }
        let end = n_units.min(found.len() + 2 * rayon::current_num_threads());
        let part: Vec<_> = (found.len()..end).into_par_iter().map(&unit).collect::<Result<_>>()?;
        done += part.iter().map(|unit: &Unit| unit.gains.len()).sum::<usize>();
        found.extend(part);
    }
    let _ = progress(done, n_contributions);
    Ok(found)
}
