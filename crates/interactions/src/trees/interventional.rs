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
    /// Numbers of a leaf for each set and group, `[sets, groups]`.
    numbers: Vec<f64>,
}

impl<'a> Walker<'a> {
    pub(super) fn new(plan: &'a Plan, rows: &'a Columns, background: &'a Columns, share_pairs: bool) -> Self {
        let (levels, path, scratch, numbers, supersets) = Default::default();
        Self { plan, rows, background, levels, path, scratch, next_places: 0, share_pairs, supersets, numbers }
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
        for (flip, child) in [(0, left), (1, right)] {
            let (parents, children) = self.levels.split_at_mut(depth + 1);
            let (parent, below) = (&parents[depth], &mut children[0]);
            let step = Step { slot, is_new: known.is_none(), flip, n_words: self.plan.n_words() };
            let Level { map, .. } = below;
            parent.rows.descend(&mut below.rows, step, &parent.rows_left, map, &mut self.scratch);
            parent.background.descend(&mut below.background, step, &parent.background_left, map, &mut self.scratch);
            match &nodes[child as usize].kind {
                NodeKind::Leaf(values) => self.leaf(context, depth + 1, places, values, sums),
                NodeKind::Split { .. } => self.visit(context, child as usize, depth + 1, sums),
            }
        }
        if known.is_none() {
            self.path.pop();
        }
    }

    fn leaf(&mut self, context: &Context, depth: usize, places: &[u32], values: &[f64], sums: &mut Sums) {
        let d = self.path.len();
        let Level { rows, background, .. } = &self.levels[depth];
        self.numbers.clear();
        self.numbers.resize(places.len() * rows.n, 0.0);
        let shares = shares(background);
        if self.share_pairs && d <= supersets::MAX_FEATURES {
            // A short path has its bits in the first word.
            let n_words = self.plan.n_words();
            let patterns =
                |groups: &Groups| groups.hot.chunks_exact(n_words).map(|hot| hot[0] as usize).collect::<Vec<usize>>();
            let shares: Vec<(usize, f64)> = patterns(background).into_iter().zip(shares).collect();
            self.supersets.fill(d, self.plan.order, &shares, context.weights);
            let patterns = patterns(rows);
            for (set, numbers) in self.numbers.chunks_exact_mut(rows.n).enumerate() {
                if places[set] != NOWHERE {
                    self.supersets.read(self.plan.subsets.positions(set), &patterns, numbers);
                }
            }
        } else {
            add_pairs(self.plan, context.weights, d, rows, (background, &shares), &mut self.numbers);
        }
        for (&place, numbers) in
            places.iter().zip(self.numbers.chunks_exact(rows.n)).filter(|(place, _)| **place != NOWHERE)
        {
            for (output, &value) in context.tree.outputs().zip(values) {
                sums.add_scaled(output, place, &rows.ids, numbers, value);
            }
        }
    }
}

/// The numbers of a leaf from each pair of groups.
fn add_pairs(
    plan: &Plan,
    weights: &Weights,
    d: usize,
    rows: &Groups,
    (background, shares): (&Groups, &[f64]),
    numbers: &mut [f64],
) {
    let n_words = plan.n_words();
    let full: Vec<u64> = (0..n_words).map(|word| low_bits(d.saturating_sub(64 * word))).collect();
    let mut members = Vec::with_capacity(d);
    for (group, x) in rows.hot.chunks_exact(n_words).enumerate() {
        let others = background.hot.chunks_exact(n_words).zip(shares).filter(|(_, share)| **share > 0.0);
        for (z, &share) in others {
            if !x.iter().zip(z).zip(&full).all(|((x, z), full)| (x | z) & full == *full) {
                continue;
            }
            members.clear();
            let bit = |words: &[u64], slot: usize| words[slot / 64] >> (slot % 64) & 1 == 1;
            members.extend((0..d).filter(|&slot| !(bit(x, slot) && bit(z, slot))).map(|slot| (slot, bit(x, slot))));
            let e = members.iter().filter(|(_, only_x)| *only_x).count();
            let mut pair = Pair { plan, weights, members: &members, numbers: &mut numbers[group..], stride: rows.n };
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
