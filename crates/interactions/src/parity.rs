//! The sets of even or of odd size, and their signs in a coalition.

use einthoven_game::design::pairs::Pair;
use einthoven_game::{Coalition, Values};

use crate::sets::Sets;

/// The sets of one parity, of up to so many players.
pub(crate) struct Parity {
    pub odd: bool,
    /// By size, the smallest first.
    pub sets: Vec<Sets>,
    pub n_sets: usize,
    /// Signs by the number of players shared.
    table: Vec<f64>,
}

impl Parity {
    /// The even and the odd sets.
    pub(crate) fn both(n_players: usize, order: usize) -> [Self; 2] {
        [false, true].map(|odd| {
            let sizes = (usize::from(odd)..=order).step_by(2);
            let sets: Vec<Sets> = sizes.map(|size| Sets::new(n_players, size)).collect();
            let n_sets = sets.iter().map(Sets::len).sum();
            let table = (0..=order).map(|shared| if shared % 2 == 0 { 1.0 } else { -1.0 }).collect();
            Self { odd, sets, n_sets, table }
        })
    }

    /// Writes the signs of all sets in a coalition, -1 where it holds an odd number of the set's players; what is left of
    /// `out` becomes zero.
    pub(crate) fn signs(&self, coalition: Coalition<'_>, out: &mut [f64]) {
        let mut start = 0;
        for sets in &self.sets {
            sets.write_overlaps(coalition, &self.table, &mut out[start..start + sets.len()]);
            start += sets.len();
        }
        out[start..].fill(0.0);
    }

    /// The part of a pair's values that sets of this parity make: half their sum or half their difference.
    pub(crate) fn half(&self, values: &Values, pair: &Pair, output: usize) -> f64 {
        let [member, complement] = [pair.row, pair.complement].map(|row| values.get(row, output));
        if self.odd { (member - complement) / 2.0 } else { (member + complement) / 2.0 }
    }
}
