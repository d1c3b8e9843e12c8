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

#[cfg(test)]
mod tests {
    use einthoven_game::Coalitions;

    use super::*;

    /// The sums over the supersets of each set of one player less.
    fn sums_over_supersets(top: &Top, values: &[f64]) -> Vec<f64> {
        let size = top.sets.size();
        let smaller = Sets::new(top.n_players, size - 1);
        let mut sums = vec![0.0; smaller.len()];
        top.sets.for_each(|position, set| {
            for out in 0..size {
                let rest: Vec<u32> = set.iter().enumerate().filter(|(at, _)| *at != out).map(|(_, &p)| p).collect();
                sums[smaller.position(&rest)] += values[position];
            }
        });
        sums
    }

    #[test]
    fn rows_are_projections() {
        for (n, size) in [(4, 1), (5, 2), (8, 2), (8, 3), (9, 4)] {
            let top = Top::new(n, size);
            let n_sets = top.sets.len();
            for t in size..=n - size {
                let mut coalitions = Coalitions::new(n);
                coalitions.push(0..t);
                let (coalition, mut row) = (coalitions.row(0), vec![0.0; n_sets]);
                top.write_row(coalition, &mut row);
                let sums = sums_over_supersets(&top, &row);
                assert!(sums.iter().all(|sum| sum.abs() < 1e-12), "{n}, {size}, {t}: {sums:?}");
                // What was taken away is orthogonal to the component: the projection of "inside" is the row.
                let mut inside = vec![0.0; n_sets];
                let table: Vec<f64> = (0..=size).map(|shared| f64::from(shared == size)).collect();
                top.sets.write_overlaps(coalition, &table, &mut inside);
                for at in 0..n_sets {
                    let outside: f64 = (0..n_sets).map(|other| top.outside(at, other) * inside[other]).sum();
                    assert!((inside[at] - outside - row[at]).abs() < 1e-12, "{n}, {size}, {t}");
                }
            }
        }
    }

    #[test]
    fn the_projection_is_one() {
        for (n, size) in [(4, 2), (7, 3), (8, 4)] {
            let top = Top::new(n, size);
            let n_sets = top.sets.len();
            let trace: f64 = (0..n_sets).map(|at| 1.0 - top.outside(at, at)).sum();
            assert!((trace - count(n, size) + count(n, size - 1)).abs() < 1e-9);
            for row in 0..n_sets {
                for column in 0..n_sets {
                    let twice: f64 = (0..n_sets).map(|at| top.outside(row, at) * top.outside(at, column)).sum();
                    assert!((twice - top.outside(row, column)).abs() < 1e-12);
                }
            }
        }
    }
}
