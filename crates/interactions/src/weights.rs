//! What the value of a coalition weighs in an index, by its size and by how many players it shares with the set.

use einthoven_game::Index;
use einthoven_game::indices::coalition_weight;

use crate::{Error, Result};

/// The weights of one index for sets of one size.
#[derive(Clone, Debug)]
pub(crate) struct Weights {
    n_players: usize,
    /// Players of a set.
    pub size: usize,
    /// All coalitions of a size that share the same players with the set, together: `[sizes][shared]`.
    shares: Vec<f64>,
}

impl Weights {
    /// Fails where the index is not a weighted sum of values.
    pub(crate) fn new(index: Index, n_players: usize, order: usize, size: usize) -> Result<Self> {
        let mut shares = Vec::with_capacity((n_players + 1) * (size + 1));
        for t in 0..=n_players {
            for shared in 0..=size {
                let Some(share) = coalition_weight(index, n_players, order, size, t, shared) else {
                    return Err(Error::Request(format!(
                        "estimate {index} for sets of {size} players: it is not a weighted sum of the values of coalitions"
                    )));
                };
                shares.push(share);
            }
        }
        Ok(Self { n_players, size, shares })
    }

    /// The weight of all coalitions of `t` players that share the same `shared` players with the set, together.
    pub(crate) fn share(&self, t: usize, shared: usize) -> f64 {
        self.shares[t * (self.size + 1) + shared]
    }

    /// The weight of one such coalition times the number of all coalitions of its size: the share over the odds that a
    /// coalition of that size shares these players. Zero where there is none.
    pub(crate) fn of_mean(&self, t: usize, shared: usize) -> f64 {
        let (n, out) = (self.n_players, self.size - shared);
        if shared > t || out > n - t {
            return 0.0;
        }
        let within = (0..shared).map(|i| (n - i) as f64 / (t - i) as f64);
        let without = (0..out).map(|i| (n - shared - i) as f64 / (n - t - i) as f64);
        self.share(t, shared) * within.chain(without).product::<f64>()
    }

    /// The index of a game whose values depend on sizes alone: the same for all sets.
    pub(crate) fn of_sizes(&self, value: impl Fn(usize) -> f64) -> f64 {
        let mut patterns = 1.0;
        let mut sum = 0.0;
        for shared in 0..=self.size {
            // Number of subsets with so many players.
            sum += patterns * (0..=self.n_players).map(|t| self.share(t, shared) * value(t)).sum::<f64>();
            patterns *= (self.size - shared) as f64 / (shared + 1) as f64;
        }
        sum
    }
}

/// The sizes of sets that an index of `order` has numbers for, the empty set only where it has an own number for it.
pub(crate) fn sizes(index: Index, order: usize) -> std::ops::RangeInclusive<usize> {
    use Index::{Bii, Bv, CoMoebius, Fbii, Fourier, KaddShap, Sii};
    let own = matches!(index, Bii | Bv | CoMoebius | Fbii | Fourier | KaddShap | Sii);
    usize::from(!own)..=order
}
