//! A semivalue is a distribution over sizes.
//!
//! The value of a point is the mean of what it adds to a set of other points, where the size of the set is drawn from the
//! distribution and the set uniformly among those of that size (Dubey, Neyman & Weber, 1981). All values of data that are
//! in use differ in this distribution and in nothing else.

use crate::{Error, Result};

/// How the sizes of the sets that a point is added to are distributed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Semivalue {
    /// Every size is as likely: Data Shapley (Ghorbani & Zou, ICML 2019), without truncation and from the empty set on. The
    /// values add up to what all points together are worth.
    Shapley,
    /// Sizes of a range are as likely: Distributional Data Shapley (Ghorbani, Kim & Zou, ICML 2020), of one data set.
    Range {
        /// The smallest size.
        smallest: usize,
        /// The largest.
        largest: usize,
    },
    /// Each other point is in with probability one half: Data Banzhaf (Wang & Jia, AISTATS 2023).
    Banzhaf,
    /// Each other point is in with a probability drawn from Beta(beta, alpha): Beta(alpha, beta) Shapley (Kwon & Zou, AISTATS
    /// 2022). With (1, 1) it is Shapley; a large alpha prefers small sets.
    Beta {
        /// Above zero.
        alpha: f64,
        /// Above zero.
        beta: f64,
    },
    /// All other points: what is lost without the point.
    LeaveOneOut,
}

impl Semivalue {
    /// The probability of each size of the set, from 0 to `n_points - 1`.
    ///
    /// # Errors
    /// If a range is empty or reaches beyond, or a parameter is not above zero.
    pub fn sizes(self, n_points: usize) -> Result<Vec<f64>> {
        let others = n_points.saturating_sub(1);
        let wrong = |what: String| Err(Error::Request(format!("value points: {what}")));
        let uniform = |smallest: usize, largest: usize| {
            let share = 1.0 / (largest - smallest + 1) as f64;
            (0..=others).map(|size| if (smallest..=largest).contains(&size) { share } else { 0.0 }).collect()
        };
        match self {
            Self::Shapley => Ok(uniform(0, others)),
            Self::LeaveOneOut => Ok(uniform(others, others)),
            Self::Range { smallest, largest } if smallest <= largest && largest <= others => {
                Ok(uniform(smallest, largest))
            }
            Self::Range { smallest, largest } => {
                wrong(format!("expected sizes from 0 to {others} others, found {smallest} to {largest}"))
            }
            Self::Banzhaf => Ok(from_ratios(others, |_| 1.0)),
            Self::Beta { alpha, beta } if alpha > 0.0 && beta > 0.0 && (alpha + beta).is_finite() => {
                Ok(from_ratios(others, |size| (size as f64 + beta) / ((others - size - 1) as f64 + alpha)))
            }
            Self::Beta { alpha, beta } => {
                wrong(format!("both parameters of Beta Shapley must be above zero, found {alpha} and {beta}"))
            }
        }
    }
}

/// Probabilities of sizes: a set of `size + 1` has so many times the weight of one of `size`. In log space, since there are
/// more sets than an `f64` can count.
fn from_ratios(others: usize, ratio: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut logs = vec![0.0];
    for size in 0..others {
        let sets = (others - size) as f64 / (size + 1) as f64;
        logs.push(logs[size] + (sets * ratio(size)).ln());
    }
    let highest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = logs.iter().map(|log| (log - highest).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}
