//! The interventional game: features that are out are taken from background rows, and the game is the mean over these.
//!
//! For a row `x`, a background row `z` and a leaf of value `l`, let `E` be the features of the path where only `x`
//! passes all tests and `R` those where only `z` does. If there is a feature where neither does the leaf is out of
//! reach; else it is the game `l * [E in S] * [R and S are disjoint]` (Lundberg et al., 2020; for interactions Zern,
//! Broelemann & Kasneci, 2023). At `(q, ..., q)` the derivative of its multilinear extension with respect to a part `S`
//! of `E + R` is `l * (-1)^|S in R| * q^|E - S| * (1 - q)^|R - S|`; summed over the nodes of
//! [`einthoven_game::indices::derivative_nodes`] that is a weight for each three numbers, made once for a model.
//!
//! A leaf sees of a row only which features agree with its path, so rows and background rows are put into groups first
//! (see [`super::groups`]), and pairs of groups are looked at instead of pairs of rows. Where there are many rows and the
//! path is short, sums over supersets serve all patterns of the background at once (see [`super::supersets`]).

use super::block::{Columns, Sums};
use super::ensemble::{NodeKind, Tree};
use super::groups::{Case, Groups, Step};
use super::plan::{NOWHERE, Plan, TreePlan};
use super::supersets::{self, Supersets};

/// The weights of a leaf: by the size of the set, and what is left of `E` and `R` without the set.
pub(super) struct Weights {
    most: usize,
    values: Vec<f64>,
}

impl Weights {
    /// Weights for a tree: sets of up to `order` features on paths of up to `most`.
    pub(super) fn new(nodes: &[(f64, Vec<f64>)], order: usize, most: usize) -> Self {
        let mut values = Vec::with_capacity((order + 1) * (most + 1) * (most + 1));
        for size in 0..=order {
            for e in 0..=most {
                for r in 0..=most {
                    let term =
                        |(q, weights): &(f64, Vec<f64>)| weights[size] * q.powi(e as i32) * (1.0 - q).powi(r as i32);
                    values.push(if e + r <= most { nodes.iter().map(term).sum() } else { 0.0 });
                }
            }
        }
        Self { most, values }
    }

    pub(super) fn get(&self, size: usize, e: usize, r: usize) -> f64 {
        self.values[(size * (self.most + 1) + e) * (self.most + 1) + r]
    }
}

/// What is kept of each node of the path.
#[derive(Default)]
struct Level {
    rows: Groups,
    background: Groups,
    rows_left: Vec<u8>,
    background_left: Vec<u8>,
    map: Vec<(u32, Case)>,
}

/// Working space for trees, one after the other.
pub(super) struct Walker<'a> {
    plan: &'a Plan,
    rows: &'a Columns,
    background: &'a Columns,
    levels: Vec<Level>,
    path: Vec<u32>,
    scratch: Vec<u32>,
    next_places: usize,
    /// Whether there are enough rows for tables of all patterns.
    share_pairs: bool,
    supersets: Supersets,
    seen: Seen,
    /// Numbers of one leaf or two for each set and group that is seen, `[sets, groups]`.
    numbers: [Vec<f64>; 2],
    total: Vec<f64>,
}

impl<'a> Walker<'a> {
    pub(super) fn new(plan: &'a Plan, rows: &'a Columns, background: &'a Columns, share_pairs: bool) -> Self {
        let (levels, path, scratch, supersets, seen, numbers, total) = Default::default();
        Self {
            plan,
            rows,
            background,
            levels,
            path,
            scratch,
            next_places: 0,
            share_pairs,
            supersets,
            seen,
            numbers,
            total,
        }
    }

    /// Adds what a tree has to say.
    pub(super) fn add(&mut self, tree: &Tree, tree_plan: &TreePlan, weights: &Weights, sums: &mut Sums) {
        self.next_places = 0;
        self.path.clear();
        self.ensure(0);
        self.levels[0].rows.start(self.rows.n_rows(), self.plan.n_words());
        self.levels[0].background.start(self.background.n_rows(), self.plan.n_words());
        self.visit(&Context { tree, tree_plan, weights }, 0, 0, sums);
    }

    fn ensure(&mut self, depth: usize) {
        while self.levels.len() <= depth + 1 {
            self.levels.push(Level::default());
        }
    }

    fn visit(&mut self, context: &Context, at: usize, depth: usize, sums: &mut Sums) {
        let nodes = context.tree.nodes();
        let NodeKind::Split { feature, ref test, left, right } = nodes[at].kind else { return };
        self.ensure(depth);
        self.rows.decide(feature, test, &mut self.levels[depth].rows_left);
        self.background.decide(feature, test, &mut self.levels[depth].background_left);
        let known = self.path.iter().position(|known| *known == feature);
        let slot = known.unwrap_or(self.path.len());
        if known.is_none() {
            self.path.push(feature);
        }
        let is_leaf = |child: u32| matches!(nodes[child as usize].kind, NodeKind::Leaf(_));
        let places = match is_leaf(left) || is_leaf(right) {
            true => {
                self.next_places += 1;
                context.tree_plan.places[self.next_places - 1].as_slice()
            }
            false => &[],
        };
        let place = Place { slot, is_new: known.is_none(), depth, places };
        match (&nodes[left as usize].kind, &nodes[right as usize].kind) {
            (NodeKind::Leaf(left), NodeKind::Leaf(right)) if known.is_none() => {
                self.descend(&place, 0);
                self.see(&place);
                self.numbers(context, &place, 0);
                // What is hot for one child is cold for the other.
                self.descend_background(&place, 1);
                self.seen.flip(slot, self.plan.n_words());
                self.numbers(context, &place, 1);
                self.add_numbers(context, &place, &[left, right], sums);
            }
            _ => {
                for (flip, child) in [(0, left), (1, right)] {
                    self.descend(&place, flip);
                    match &nodes[child as usize].kind {
                        NodeKind::Split { .. } => self.visit(context, child as usize, depth + 1, sums),
                        NodeKind::Leaf(values) => {
                            self.see(&place);
                            self.numbers(context, &place, 0);
                            self.add_numbers(context, &place, &[values], sums);
                        }
                    }
                }
            }
        }
        if known.is_none() {
            self.path.pop();
        }
    }

    /// Sorts rows and background into the groups of a child.
    fn descend(&mut self, place: &Place, flip: u8) {
        let (parents, children) = self.levels.split_at_mut(place.depth + 1);
        let (parent, Level { rows, map, .. }) = (&parents[place.depth], &mut children[0]);
        let step = place.step(flip, self.plan.n_words());
        parent.rows.descend(rows, step, &parent.rows_left, map, &mut self.scratch);
        self.descend_background(place, flip);
    }

    fn descend_background(&mut self, place: &Place, flip: u8) {
        let (parents, children) = self.levels.split_at_mut(place.depth + 1);
        let (parent, Level { background, map, .. }) = (&parents[place.depth], &mut children[0]);
        let step = place.step(flip, self.plan.n_words());
        parent.background.descend(background, step, &parent.background_left, map, &mut self.scratch);
    }

    /// Lists the groups that rows are in.
    fn see(&mut self, place: &Place) {
        let n_words = self.plan.n_words();
        let rows = &self.levels[place.depth + 1].rows;
        let Seen { ids, hot } = &mut self.seen;
        const NONE: u32 = u32::MAX;
        self.scratch.clear();
        self.scratch.resize(rows.n, NONE);
        ids.clear();
        hot.clear();
        for &id in &rows.ids {
            let number = &mut self.scratch[id as usize];
            if *number == NONE {
                *number = (hot.len() / n_words) as u32;
                hot.extend_from_slice(&rows.hot[id as usize * n_words..(id as usize + 1) * n_words]);
            }
            ids.push(*number);
        }
    }

    /// Computes the numbers of a leaf of value 1, for each set of path features and each group that is seen.
    fn numbers(&mut self, context: &Context, place: &Place, side: usize) {
        let (d, n_words) = (self.path.len(), self.plan.n_words());
        let background = &self.levels[place.depth + 1].background;
        let n_seen = self.seen.hot.len() / n_words;
        let numbers = &mut self.numbers[side];
        numbers.clear();
        numbers.resize(place.places.len() * n_seen, 0.0);
        let shares = shares(background);
        if !self.share_pairs || d > supersets::MAX_FEATURES {
            return add_pairs(self.plan, context.weights, d, &self.seen.hot, (background, &shares), numbers);
        }
        // A short path has its bits in the first word.
        let patterns = |hot: &[u64]| hot.chunks_exact(n_words).map(|hot| hot[0] as usize).collect::<Vec<usize>>();
        let shares: Vec<(usize, f64)> = patterns(&background.hot).into_iter().zip(shares).collect();
        self.supersets.fill(d, self.plan.order, &shares, context.weights);
        let patterns = patterns(&self.seen.hot);
        for (set, numbers) in numbers.chunks_exact_mut(n_seen).enumerate() {
            if place.places[set] != NOWHERE {
                self.supersets.read(self.plan.subsets.positions(set), &patterns, numbers);
            }
        }
    }

    /// Adds the numbers of one leaf or two, times their values.
    fn add_numbers(&mut self, context: &Context, place: &Place, leaves: &[&Vec<f64>], sums: &mut Sums) {
        let n_seen = self.seen.hot.len() / self.plan.n_words();
        for (set, &to) in place.places.iter().enumerate().filter(|(_, to)| **to != NOWHERE) {
            for (value, output) in context.tree.outputs().enumerate() {
                self.total.clear();
                self.total.resize(n_seen, 0.0);
                for (numbers, values) in self.numbers.iter().zip(leaves) {
                    let numbers = &numbers[set * n_seen..(set + 1) * n_seen];
                    self.total.iter_mut().zip(numbers).for_each(|(total, number)| *total += values[value] * number);
                }
                sums.add(output, to, &self.seen.ids, &self.total);
            }
        }
    }
}

/// A split whose children are looked at.
struct Place<'a> {
    slot: usize,
    is_new: bool,
    depth: usize,
    /// Where leaves below add to, for each set of path features.
    places: &'a [u32],
}

impl Place<'_> {
    fn step(&self, flip: u8, n_words: usize) -> Step {
        Step { slot: self.slot, is_new: self.is_new, flip, n_words }
    }
}

/// The groups that rows are in, and no others.
#[derive(Default)]
struct Seen {
    /// The group of each row.
    ids: Vec<u32>,
    /// The hot features of each group, `[groups, words]`.
    hot: Vec<u64>,
}

impl Seen {
    /// Makes a feature hot where it is cold, and cold where it is hot.
    fn flip(&mut self, slot: usize, n_words: usize) {
        self.hot.chunks_exact_mut(n_words).for_each(|hot| hot[slot / 64] ^= 1 << (slot % 64));
    }
}

/// The numbers of a leaf from each pair of groups.
fn add_pairs(
    plan: &Plan,
    weights: &Weights,
    d: usize,
    seen: &[u64],
    (background, shares): (&Groups, &[f64]),
    numbers: &mut [f64],
) {
    let n_words = plan.n_words();
    let full: Vec<u64> = (0..n_words).map(|word| low_bits(d.saturating_sub(64 * word))).collect();
    let mut members = Vec::with_capacity(d);
    let stride = seen.len() / n_words;
    for (group, x) in seen.chunks_exact(n_words).enumerate() {
        let others = background.hot.chunks_exact(n_words).zip(shares).filter(|(_, share)| **share > 0.0);
        for (z, &share) in others {
            if !x.iter().zip(z).zip(&full).all(|((x, z), full)| (x | z) & full == *full) {
                continue;
            }
            members.clear();
            let bit = |words: &[u64], slot: usize| words[slot / 64] >> (slot % 64) & 1 == 1;
            members.extend((0..d).filter(|&slot| !(bit(x, slot) && bit(z, slot))).map(|slot| (slot, bit(x, slot))));
            let e = members.iter().filter(|(_, only_x)| *only_x).count();
            let mut pair = Pair { plan, weights, members: &members, numbers: &mut numbers[group..], stride };
            pair.add(0, 0, 0, e, members.len() - e, share);
        }
    }
}

/// What stays the same in a tree.
struct Context<'a> {
    tree: &'a Tree,
    tree_plan: &'a TreePlan,
    weights: &'a Weights,
}

/// The share of background rows in each group.
fn shares(background: &Groups) -> Vec<f64> {
    let mut counts = vec![0u32; background.n];
    background.ids.iter().for_each(|&id| counts[id as usize] += 1);
    counts.into_iter().map(|count| f64::from(count) / background.ids.len() as f64).collect()
}

fn low_bits(n: usize) -> u64 {
    if n >= 64 { u64::MAX } else { (1 << n) - 1 }
}

/// A group of rows and one of background rows.
struct Pair<'a> {
    plan: &'a Plan,
    weights: &'a Weights,
    /// The path features in which they differ, and whether it is the row that passes.
    members: &'a [(usize, bool)],
    numbers: &'a mut [f64],
    stride: usize,
}

impl Pair<'_> {
    /// Adds to `set` and the sets that grow from it by members from `start` on. `e` and `r` count the members that are
    /// not in the set.
    fn add(&mut self, set: usize, start: usize, size: usize, e: usize, r: usize, signed_share: f64) {
        self.numbers[set * self.stride] += signed_share * self.weights.get(size, e, r);
        if size == self.plan.order {
            return;
        }
        let rank = self.plan.subsets.rank(set);
        for at in start..self.members.len() {
            let (slot, only_x) = self.members[at];
            let larger = self.plan.subsets.count(slot) + rank;
            match only_x {
                true => self.add(larger, at + 1, size + 1, e - 1, r, signed_share),
                false => self.add(larger, at + 1, size + 1, e, r - 1, -signed_share),
            }
        }
    }
}
