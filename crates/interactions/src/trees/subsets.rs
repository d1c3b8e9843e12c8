//! The sets of path features of up to a size, numbered so that a longer path only adds numbers.

/// Sets of positions on a path. Those of the first `d` positions are numbers `0..count(d)`; the empty set is 0.
pub(super) struct Subsets {
    /// Positions of each set, ascending.
    sets: Vec<Vec<u16>>,
    /// Sets that may grow by one more, ascending.
    growing: Vec<u32>,
    /// How many sets, and how many of them that may grow, are there for each number of positions.
    counts: Vec<(usize, usize)>,
}

impl Subsets {
    /// All sets of up to `order` of `n_positions` positions; `None` if they are more than `most`.
    pub(super) fn new(n_positions: usize, order: usize, most: usize) -> Option<Self> {
        let mut subsets = Self { sets: vec![Vec::new()], growing: Vec::new(), counts: Vec::new() };
        if order > 0 {
            subsets.growing.push(0);
        }
        subsets.counts.push((1, subsets.growing.len()));
        for position in 0..n_positions {
            let n_growing = subsets.growing.len();
            if subsets.sets.len() + n_growing > most {
                return None;
            }
            for at in 0..n_growing {
                let mut set = subsets.sets[subsets.growing[at] as usize].clone();
                set.push(position as u16);
                if set.len() < order {
                    subsets.growing.push(subsets.sets.len() as u32);
                }
                subsets.sets.push(set);
            }
            subsets.counts.push((subsets.sets.len(), subsets.growing.len()));
        }
        Some(subsets)
    }

    /// Number of sets of the first `d` positions.
    pub(super) fn count(&self, d: usize) -> usize {
        self.counts[d].0
    }

    /// The sets of the first `d` positions that position `d` may join, in order; the `j`-th with it is number
    /// `count(d) + j`.
    pub(super) fn growing(&self, d: usize) -> &[u32] {
        &self.growing[..self.counts[d].1]
    }

    /// The positions of a set.
    pub(super) fn positions(&self, set: usize) -> &[u16] {
        &self.sets[set]
    }

    /// The size of a set.
    pub(super) fn size(&self, set: usize) -> usize {
        self.sets[set].len()
    }

    /// The number of a set that may grow, among those that may; with `position` it is `count(position)` plus this.
    pub(super) fn rank(&self, set: usize) -> usize {
        self.growing.partition_point(|&other| (other as usize) < set)
    }
}
