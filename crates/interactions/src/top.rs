//! The top component of the functions on sets of a size.
//!
//! A function on the sets of `s` of `n` players lies in the top component if its sum over the supersets of any smaller set
//! is zero. There are `C(n, s) - C(n, s-1)` dimensions of these. What a coalition of `t` players projects onto it depends
//! on the number `i` of players shared alone; that the sums over supersets vanish says
//! `(t - i) f(i+1) = -(n - t - s + 1 + i) f(i)`: a Hahn polynomial (Delsarte, 1976).

use einthoven_game::Coalition;

use crate::sets::{Sets, count};

/// The top component of the functions on the sets of one size.
pub(crate) struct Top {
    n_players: usize,
    sets: Sets,
    /// `[sets, size]`
    players: Vec<u32>,
    /// An entry of the projection, by players shared.
    projection: Vec<f64>,
}

impl Top {
    /// For sets of `size` of `n_players`, at least two players for each of a set.
    pub(crate) fn new(n_players: usize, size: usize) -> Self {
        let sets = Sets::new(n_players, size);
        let mut players = Vec::with_capacity(sets.len() * size);
        sets.for_each(|_, set| players.extend_from_slice(set));
        // A set is a coalition of its own size; the trace of the projection is the number of dimensions.
        let own = hahn(n_players, size, size);
        let share = 1.0 - count(n_players, size - 1) / count(n_players, size);
        let projection = own.iter().map(|f| share * f / own[size]).collect();
        Self { n_players, sets, players, projection }
    }

    pub(crate) fn sets(&self) -> &Sets {
        &self.sets
    }

    /// An entry of the projection onto what is outside of the component.
    pub(crate) fn outside(&self, row: usize, column: usize) -> f64 {
        let size = self.sets.size();
        let [a, b] = [row, column].map(|set| &self.players[set * size..(set + 1) * size]);
        let shared = a.iter().filter(|player| b.contains(player)).count();
        f64::from(row == column) - self.projection[shared]
    }

    /// Writes the projection of "lies inside the coalition", `[sets]`; the coalition has at least as many players as a set, and
    /// as many are not in it.
    pub(crate) fn write_row(&self, coalition: Coalition<'_>, out: &mut [f64]) {
        let (n, s, t) = (self.n_players, self.sets.size(), coalition.size());
        let f = hahn(n, s, t);
        let norm: f64 = (0..=s).map(|i| count(t, i) * count(n - t, s - i) * f[i] * f[i]).sum();
        let scale = count(t, s) * f[s] / norm;
        let table: Vec<f64> = f.iter().map(|f| scale * f).collect();
        self.sets.write_overlaps(coalition, &table, out);
    }
}

/// What a coalition of `t` players gives a set of `s` by the number of players shared, up to a factor.
fn hahn(n: usize, s: usize, t: usize) -> Vec<f64> {
    let mut f = vec![1.0; s + 1];
    for i in 0..s {
        f[i + 1] = -f[i] * (n - t - s + 1 + i) as f64 / (t - i) as f64;
    }
    f
}
