//! Subsets of a given size: all of them, or one at random.

use rand::RngExt;

use crate::rng::ChaCha8Rng;

/// Draws subsets of `0..n`, reusing one array.
#[derive(Clone, Debug)]
pub struct SubsetSampler {
    players: Vec<usize>,
}

impl SubsetSampler {
    /// Subsets of `0..n_players`.
    pub fn new(n_players: usize) -> Self {
        Self { players: (0..n_players).collect() }
    }

    /// A uniform subset of `size` players, in no particular order (the first steps of a Fisher-Yates shuffle; any
    /// order to start from will do).
    pub fn draw(&mut self, size: usize, rng: &mut ChaCha8Rng) -> &[usize] {
        let n_players = self.players.len();
        for at in 0..size {
            let other = rng.random_range(at..n_players);
            self.players.swap(at, other);
        }
        &self.players[..size]
    }
}

/// Calls `visit` for each subset of `0..n` of this size, in lexicographic order.
pub fn for_each_subset(n_players: usize, size: usize, mut visit: impl FnMut(&[usize])) {
    let mut subset: Vec<usize> = (0..size).collect();
    loop {
        visit(&subset);
        let Some(at) = (0..size).rev().find(|&at| subset[at] < n_players - size + at) else { return };
        subset[at] += 1;
        for next in at + 1..size {
            subset[next] = subset[next - 1] + 1;
        }
    }
}
