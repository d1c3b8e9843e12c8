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
}

impl Parity {
    /// The even and the odd sets.
    pub(crate) fn both(n_players: usize, order: usize) -> [Self; 2] {
        [false, true].map(|odd| {
            let sizes = (usize::from(odd)..=order).step_by(2);
            let sets: Vec<Sets> = sizes.map(|size| Sets::new(n_players, size)).collect();
            let n_sets = sets.iter().map(Sets::len).sum();
            Self { odd, sets, n_sets }
        })
    }

    /// Writes the signs of all sets in a coalition, -1 where it holds an odd number of the set's players; what is left of
    /// `out` becomes zero.
    pub(crate) fn signs(&self, coalition: Coalition<'_>, out: &mut [f64]) {
        let mut single = vec![1.0; coalition.n_players()];
        coalition.players().for_each(|player| single[player] = -1.0);
        let mut start = 0;
        for sets in &self.sets {
            products(&single, 1.0, sets.size(), 0, &mut out[start..start + sets.len()].iter_mut());
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

/// Writes `sign` times the product of each `left` of the numbers from `from` on, in lexicographic order.
fn products(single: &[f64], sign: f64, left: usize, from: usize, out: &mut std::slice::IterMut<'_, f64>) {
    match left {
        0 => out.by_ref().take(1).for_each(|out| *out = sign),
        1 => single[from..].iter().zip(out).for_each(|(single, out)| *out = sign * single),
        _ => (from..single.len()).for_each(|at| products(single, sign * single[at], left - 1, at + 1, out)),
    }
}
