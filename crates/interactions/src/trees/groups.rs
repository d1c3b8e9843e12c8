//! Rows that are alike so far: a leaf sees of a row only which of its path's features agree with the path.
//!
//! A feature is hot for a row if the row passes every test of it on the path. Rows with the same hot features are one
//! group, and whatever is computed for a leaf is computed once per group. While there are fewer patterns than rows, every
//! pattern is a group, whether it occurs or not, and its number is its bits; further down only those that occur are.

/// Rows in groups, at a node.
#[derive(Clone, Default)]
pub(super) struct Groups {
    /// Number of groups.
    pub(super) n: usize,
    /// Whether group `g` is the pattern of bits `g`.
    pub(super) is_full: bool,
    /// The group of each row.
    pub(super) ids: Vec<u32>,
    /// The hot features of each group as bits, `[groups, words]`.
    pub(super) hot: Vec<u64>,
}

/// How groups at a child come from those at its parent.
pub(super) enum Grow<'a> {
    /// Group `g` is parent's group `g` with the feature cold, `n + g` with the feature hot.
    Double,
    /// Of each group: the parent's group, and the [`Case`] of the feature.
    Map(&'a [(u32, Case)]),
}

/// Whether a feature is hot for a group: at the parent, and at the child. A new feature counts as hot at the parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    /// It was cold before.
    StaysCold = 0,
    /// It is cold from here on.
    TurnsCold = 1,
    /// It is hot.
    Hot = 2,
}

impl Groups {
    /// All rows in one group.
    pub(super) fn start(&mut self, n_rows: usize, n_words: usize) {
        self.n = 1;
        self.is_full = true;
        self.ids.clear();
        self.ids.resize(n_rows, 0);
        self.hot.clear();
        self.hot.resize(n_words, 0);
    }

    /// Whether path feature `slot` is hot for a group.
    pub(super) fn is_hot(&self, group: usize, slot: usize, n_words: usize) -> bool {
        self.hot[group * n_words + slot / 64] >> (slot % 64) & 1 == 1
    }

    /// Sorts the rows into groups of a child, whose test is of the path feature in `slot`. `goes` is 1 for the rows that
    /// go to the child, or `flip` is, and the others do. `scratch` is working space.
    pub(super) fn descend<'a>(
        &self,
        child: &mut Self,
        step: Step,
        goes: &[u8],
        map: &'a mut Vec<(u32, Case)>,
        scratch: &mut Vec<u32>,
    ) -> Grow<'a> {
        let Step { slot, is_new, flip, n_words } = step;
        let (word, bit) = (slot / 64, 1u64 << (slot % 64));
        child.is_full = self.is_full && (!is_new || 2 * self.n <= goes.len());
        if child.is_full {
            child.ids.clear();
            child.hot.clear();
            child.hot.extend_from_slice(&self.hot);
            if is_new {
                let more = self.n as u32;
                child.ids.extend(self.ids.iter().zip(goes).map(|(&id, &goes)| id + more * u32::from(goes ^ flip)));
                child.hot.extend_from_slice(&self.hot);
                child.hot[self.n * n_words..].chunks_exact_mut(n_words).for_each(|words| words[word] |= bit);
                child.n = 2 * self.n;
                return Grow::Double;
            }
            // The number of a group is its bits.
            let cold = !(1u32 << slot);
            let keep = |goes: u8| if goes ^ flip == 1 { u32::MAX } else { cold };
            child.ids.extend(self.ids.iter().zip(goes).map(|(&id, &goes)| id & keep(goes)));
            child.n = self.n;
            let case = |group: u32| if group >> slot & 1 == 1 { Case::Hot } else { Case::StaysCold };
            map.clear();
            map.extend((0..self.n as u32).map(|group| (group, case(group))));
            return Grow::Map(map);
        }
        self.number_pairs(child, step, goes, map, scratch);
        Grow::Map(map)
    }

    /// Numbers the pairs of parent's group and case as they occur.
    fn number_pairs(
        &self,
        child: &mut Self,
        step: Step,
        goes: &[u8],
        map: &mut Vec<(u32, Case)>,
        scratch: &mut Vec<u32>,
    ) {
        const NONE: u32 = u32::MAX;
        let Step { slot, is_new, flip, n_words } = step;
        let (word, bit) = (slot / 64, 1u64 << (slot % 64));
        scratch.clear();
        scratch.resize(3 * self.n, NONE);
        child.ids.clear();
        child.hot.clear();
        map.clear();
        for (&id, &goes) in self.ids.iter().zip(goes) {
            let was_hot = is_new || self.is_hot(id as usize, slot, n_words);
            let case = match (was_hot, goes ^ flip) {
                (false, _) => Case::StaysCold,
                (true, 0) => Case::TurnsCold,
                (true, _) => Case::Hot,
            };
            let place = &mut scratch[3 * id as usize + case as usize];
            if *place == NONE {
                *place = map.len() as u32;
                map.push((id, case));
                let start = child.hot.len();
                child.hot.extend_from_slice(&self.hot[id as usize * n_words..(id as usize + 1) * n_words]);
                match case {
                    Case::Hot => child.hot[start + word] |= bit,
                    _ => child.hot[start + word] &= !bit,
                }
            }
            child.ids.push(*place);
        }
        child.n = map.len();
    }
}

/// A step from a node to a child.
#[derive(Clone, Copy)]
pub(super) struct Step {
    /// The place of the feature on the path.
    pub(super) slot: usize,
    /// Whether the feature is new on the path.
    pub(super) is_new: bool,
    /// 0 for the left child, 1 for the right one.
    pub(super) flip: u8,
    /// Words of a group's bits.
    pub(super) n_words: usize,
}
