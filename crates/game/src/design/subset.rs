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

/// Calls `visit` with each subset of `0..n` of this size, in lexicographic order; not at all if there is none.
pub fn for_each_subset(n_players: usize, size: usize, visit: impl FnMut(&[usize])) {
    let players: Vec<usize> = (0..n_players).collect();
    for_each_subset_of(&players, size, visit);
}

/// Calls `visit` with each subset of `size` of the `items`, in lexicographic order of their positions; not at all if
/// there are fewer items.
pub fn for_each_subset_of<T: Copy>(items: &[T], size: usize, mut visit: impl FnMut(&[T])) {
    if size > items.len() {
        return;
    }
    let mut at: Vec<usize> = (0..size).collect();
    let mut subset: Vec<T> = items[..size].to_vec();
    loop {
        visit(&subset);
        // The last position that can still move up.
        let Some(moved) = (0..size).rev().find(|&slot| at[slot] < items.len() - size + slot) else { return };
        at[moved] += 1;
        for slot in moved + 1..size {
            at[slot] = at[slot - 1] + 1;
        }
        (moved..size).for_each(|slot| subset[slot] = items[at[slot]]);
    }
}
