//! n-Shapley values from Shapley interaction indices (Bordt & von Luxburg, 2023).

use einthoven_game::{Index, indices};

use crate::sets::Overlaps;

/// Adds to each set its larger sets, weighted by Bernoulli numbers, up to the top order.
pub(crate) struct KSii {
    by_size: Vec<Overlaps>,
}

impl KSii {
    /// For sets of 1 to `order` of `n_players`.
    pub(crate) fn new(n_players: usize, order: usize) -> Self {
        Self { by_size: (1..=order).map(|size| Overlaps::new(n_players, size)).collect() }
    }

    /// Turns SII into k-SII in place: `[sizes from one][sets]`.
    pub(crate) fn apply(&self, blocks: &mut [Vec<f64>]) {
        // Sizes go up, so that what is added is still SII.
        for size in 1..blocks.len() {
            let (lower, larger) = blocks.split_at_mut(size);
            let lower = &mut lower[size - 1];
            for (more, larger) in larger.iter().enumerate() {
                let overlaps = &self.by_size[size + more];
                let weight = bernoulli(more + 1);
                overlaps.sets().for_each(|position, set| {
                    overlaps.for_each_proper_subset(set, |_, subset, place| {
                        if subset == size {
                            lower[place] += weight * larger[position];
                        }
                    });
                });
            }
        }
    }
}

/// The Bernoulli number `B_j`, with `B_1 = -1/2`.
pub(crate) fn bernoulli(j: usize) -> f64 {
    indices::aggregation(Index::KSii, j).map_or(0.0, |(_, weight)| weight)
}
