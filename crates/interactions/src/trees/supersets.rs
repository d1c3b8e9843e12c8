//! A leaf of the interventional game for all patterns of rows and background at once.
//!
//! Let `h` be the path features that are hot for a row and `g` those for a background row. The leaf is within reach only
//! if `h` and `g` together are the whole path; then the features where only the background row passes are those outside
//! `h`, and the features where only the row passes are those outside `g`. So for a row, with `M` the features outside `h`
//! and `r` their number, a set `S` gets
//!
//! `(-1)^|S in M| * sum over g that hold M and nothing of S - M of share(g) * w(|S|, e - |S - M|, r - |S in M|)`
//!
//! with `e` the features outside `g`. Sums over the `g` that hold a set, by `e`, come for all sets at once (the zeta
//! transform), and "nothing of `S - M`" by inclusion and exclusion.

use super::interventional::Weights;

/// Most features on a path: there are `2^features` patterns.
pub(super) const MAX_FEATURES: usize = 10;

/// Tables of a leaf.
#[derive(Default)]
pub(super) struct Supersets {
    d: usize,
    order: usize,
    /// The share of background rows whose hot features hold a set, by how many are outside: `[2^d, d + 1]`.
    shares: Vec<f64>,
    /// `[kinds, 2^d]`, see [`kind`].
    tables: Vec<f64>,
    /// What to add up for a set, by the members that are hot: ends in `terms`.
    ends: Vec<usize>,
    /// Position in `tables` for no cold feature, features to look up besides, and the sign.
    terms: Vec<(usize, usize, f64)>,
}

/// Where the table is for sets of `size` features, `outside` of them not in `M`, looked up at `M` and `more` of those.
fn kind(size: usize, outside: usize, more: usize) -> usize {
    // Sizes below have (s + 1)(s + 2) / 2 each.
    size * (size + 1) * (size + 2) / 6 + outside * (outside + 1) / 2 + more
}

impl Supersets {
    /// Makes the tables of a path of `d` features; `background` has the hot features and the share of each group.
    pub(super) fn fill(&mut self, d: usize, order: usize, background: &[(usize, f64)], weights: &Weights) {
        let order = order.min(d);
        (self.d, self.order) = (d, order);
        let width = d + 1;
        self.shares.clear();
        self.shares.resize(width << d, 0.0);
        for &(hot, share) in background {
            self.shares[hot * width + d - hot.count_ones() as usize] += share;
        }
        for bit in 0..d {
            for pair in self.shares.chunks_exact_mut(width << (bit + 1)) {
                let (without, with) = pair.split_at_mut(width << bit);
                without.iter_mut().zip(with).for_each(|(without, with)| *without += *with);
            }
        }
        self.tables.clear();
        for size in 0..=order {
            for outside in 0..=size {
                (0..=outside).for_each(|more| self.push_table(size, outside, more, weights));
            }
        }
    }

    fn push_table(&mut self, size: usize, outside: usize, more: usize, weights: &Weights) {
        let d = self.d;
        // The weights by `e`, for each number of features that are looked up.
        let by_count = |n: usize| -> Vec<f64> {
            let rest = n.checked_sub(more + size - outside);
            let weight = |e: usize| match (rest, e.checked_sub(outside)) {
                (Some(r), Some(e)) => weights.get(size, e, r),
                _ => 0.0,
            };
            (0..=d).map(weight).collect()
        };
        let by_count: Vec<Vec<f64>> = (0..=d).map(by_count).collect();
        self.tables.extend(self.shares.chunks_exact(d + 1).enumerate().map(|(held, shares)| {
            let weights = &by_count[held.count_ones() as usize];
            shares.iter().zip(weights).map(|(share, weight)| share * weight).sum::<f64>()
        }));
    }

    /// The numbers of a set of path features, for each pattern of hot features.
    pub(super) fn read(&mut self, set: &[u16], patterns: &[usize], numbers: &mut [f64]) {
        self.list_terms(set);
        let full = (1usize << self.d) - 1;
        for (number, &hot) in numbers.iter_mut().zip(patterns) {
            let part = set.iter().enumerate().fold(0, |part, (bit, &at)| part | (hot >> at & 1) << bit);
            let cold = full & !hot;
            let terms = &self.terms[self.ends[part]..self.ends[part + 1]];
            *number = terms.iter().map(|&(table, more, sign)| sign * self.tables[table + (cold | more)]).sum();
        }
    }

    /// Inclusion and exclusion over the members of a set that are hot, for each such part.
    fn list_terms(&mut self, set: &[u16]) {
        self.ends.clear();
        self.terms.clear();
        self.ends.push(0);
        let size = set.len();
        for hot in 0..1usize << size {
            let outside = hot.count_ones() as usize;
            for part in (0..=hot).filter(|part| part & !hot == 0) {
                let more = part.count_ones() as usize;
                let mask = set.iter().enumerate().fold(0, |mask, (bit, &at)| mask | (part >> bit & 1) << at);
                let sign = if (size - outside + more).is_multiple_of(2) { 1.0 } else { -1.0 };
                self.terms.push((kind(size, outside, more) << self.d, mask, sign));
            }
            self.ends.push(self.terms.len());
        }
    }
}
