//! The path-dependent game: a feature that is out sends a row both ways, in proportion to the training rows.
//!
//! A leaf of value `l` whose path has the features `i`, each with the product `c_i` of its cover ratios and with `h_i`
//! = 1 where the row passes all its tests, is the game `v(S) = l * prod over i in S of h_i * prod over the others of
//! c_i` (Lundberg et al., 2020). At the point `(q, ..., q)` of the multilinear extension its derivative with respect to
//! `S` is `l * prod over i in S of (h_i - c_i) * prod over the others of (h_i q + c_i (1 - q))`, a polynomial, so that
//! Gauss-Legendre quadrature gives every index without error at any depth; the nodes are those of
//! [`einthoven_game::indices::derivative_nodes`].
//!
//! A walk down the tree keeps these products for each set, node and group of rows that are alike so far (see
//! [`super::groups`]), and multiplies them by one factor at each edge. A feature that comes again has its factor
//! replaced. Two leaves below one split share a pass.

use super::block::{Columns, Sums};
use super::ensemble::{Node, NodeKind, Tree};
use super::groups::{Case, Groups, Grow, Step};
use super::plan::{NOWHERE, Plan, TreePlan};

/// A feature of the path, and the product of its cover ratios.
#[derive(Clone, Copy)]
struct PathFeature {
    feature: u32,
    ratio: f64,
}

/// What is kept of each node of the path.
#[derive(Default)]
struct Level {
    groups: Groups,
    /// Products for each set of path features, node and group: `[sets, nodes, groups]`.
    products: Vec<f64>,
    /// Per row 1 if it goes left here.
    goes_left: Vec<u8>,
    map: Vec<(u32, Case)>,
}

/// Factors by [`Case`].
type ByCase = [f64; 3];

/// What an edge multiplies products by.
struct Factors {
    /// For each node: of sets without the feature.
    without: Vec<ByCase>,
    /// Of sets with the feature: of those before it joined if it is new, else of themselves.
    with: ByCase,
}

/// Working space for trees, one after the other.
pub(super) struct Walker<'a> {
    plan: &'a Plan,
    columns: &'a Columns,
    levels: Vec<Level>,
    path: Vec<PathFeature>,
    scratch: Vec<u32>,
    numbers: Vec<f64>,
    next_places: usize,
}

impl<'a> Walker<'a> {
    pub(super) fn new(plan: &'a Plan, columns: &'a Columns) -> Self {
        let (levels, path, scratch, numbers) = Default::default();
        Self { plan, columns, levels, path, scratch, numbers, next_places: 0 }
    }

    /// Adds what a tree has to say.
    pub(super) fn add(&mut self, tree: &Tree, tree_plan: &TreePlan, sums: &mut Sums) {
        self.next_places = 0;
        self.path.clear();
        self.ensure(0);
        let root = &mut self.levels[0];
        root.groups.start(self.columns.n_rows(), self.plan.n_words());
        root.products.clear();
        root.products.resize(tree_plan.nodes.len(), 1.0);
        self.visit(tree, tree_plan, 0, 0, sums);
    }

    fn ensure(&mut self, depth: usize) {
        while self.levels.len() <= depth + 1 {
            self.levels.push(Level::default());
        }
    }

    fn visit(&mut self, tree: &Tree, tree_plan: &TreePlan, at: usize, depth: usize, sums: &mut Sums) {
        let node = &tree.nodes()[at];
        let NodeKind::Split { feature, ref test, left, right } = node.kind else { return };
        self.ensure(depth);
        self.columns.decide(feature, test, &mut self.levels[depth].goes_left);
        let children = [left, right].map(|child| {
            let child_node = &tree.nodes()[child as usize];
            let ratio = cover_ratio(node, child_node);
            let leaf = match &child_node.kind {
                NodeKind::Leaf(values) => Some(values.as_slice()),
                NodeKind::Split { .. } => None,
            };
            Child { at: child as usize, ratio, leaf }
        });
        let places = match children.iter().any(|child| child.leaf.is_some()) {
            true => {
                self.next_places += 1;
                tree_plan.places[self.next_places - 1].as_slice()
            }
            false => &[],
        };
        let edge = Edge { tree, tree_plan, depth, places };
        match self.path.iter().position(|known| known.feature == feature) {
            None => self.new_feature(&edge, feature, &children, sums),
            Some(slot) => self.old_feature(&edge, slot, &children, sums),
        }
    }

    /// The children of a split whose feature the path does not have yet.
    fn new_feature(&mut self, edge: &Edge, feature: u32, children: &[Child; 2], sums: &mut Sums) {
        let slot = self.path.len();
        let factors = [0, 1].map(|side| new_factors(&edge.tree_plan.nodes, children[side].ratio));
        if children.iter().any(|child| child.leaf.is_some()) {
            self.step(edge, slot, true, 0, None);
            for output in 0..edge.tree.n_outputs {
                // What is hot for one child is cold for the other.
                let value = |side: usize| children[side].leaf.map_or(0.0, |values| values[output]);
                let both = |left: &ByCase, right: &ByCase| {
                    let (cold, hot) = (Case::TurnsCold as usize, Case::Hot as usize);
                    let number = |l: usize, r: usize| value(0) * left[l] + value(1) * right[r];
                    [0.0, number(cold, hot), number(hot, cold)]
                };
                let without = factors[0].without.iter().zip(&factors[1].without).map(|(l, r)| both(l, r)).collect();
                let factors = Factors { without, with: both(&factors[0].with, &factors[1].with) };
                self.leaf(edge, slot, true, &factors, output, sums);
            }
        }
        for (side, child) in children.iter().enumerate().filter(|(_, child)| child.leaf.is_none()) {
            self.step(edge, slot, true, side as u8, Some(&factors[side]));
            self.path.push(PathFeature { feature, ratio: child.ratio });
            self.visit(edge.tree, edge.tree_plan, child.at, edge.depth + 1, sums);
            self.path.pop();
        }
    }

    /// The children of a split whose feature the path has already.
    fn old_feature(&mut self, edge: &Edge, slot: usize, children: &[Child; 2], sums: &mut Sums) {
        let before = self.path[slot].ratio;
        for (side, child) in children.iter().enumerate() {
            let after = before * child.ratio;
            let factors = old_factors(&edge.tree_plan.nodes, before, after);
            self.path[slot].ratio = after;
            match (child.leaf, &factors) {
                (Some(values), Some(factors)) => {
                    self.step(edge, slot, false, side as u8, None);
                    for (output, &value) in values.iter().enumerate() {
                        let scaled = |factors: &ByCase| factors.map(|factor| value * factor);
                        let without = factors.without.iter().map(scaled).collect();
                        let factors = Factors { without, with: scaled(&factors.with) };
                        self.leaf(edge, slot, false, &factors, output, sums);
                    }
                }
                (None, Some(_)) => self.step(edge, slot, false, side as u8, factors.as_ref()),
                (_, None) => {
                    self.step(edge, slot, false, side as u8, None);
                    self.rebuild(edge);
                    if let Some(values) = child.leaf {
                        self.rebuilt_leaf(edge, values, sums);
                    }
                }
            }
            if child.leaf.is_none() {
                self.visit(edge.tree, edge.tree_plan, child.at, edge.depth + 1, sums);
            }
        }
        self.path[slot].ratio = before;
    }

    /// Goes down to a child: its groups, and its products if there are factors.
    fn step(&mut self, edge: &Edge, slot: usize, is_new: bool, flip: u8, factors: Option<&Factors>) {
        let (parents, children) = self.levels.split_at_mut(edge.depth + 1);
        let (parent, child) = (&parents[edge.depth], &mut children[0]);
        let step = Step { slot, is_new, flip, n_words: self.plan.n_words() };
        let grow = parent.groups.descend(&mut child.groups, step, &parent.goes_left, &mut child.map, &mut self.scratch);
        let Some(factors) = factors else { return };
        let n_nodes = edge.tree_plan.nodes.len();
        let subsets = &self.plan.subsets;
        let n_before = subsets.count(self.path.len());
        let (n, more) = (parent.groups.n, child.groups.n);
        child.products.clear();
        if is_new {
            child.products.reserve(subsets.count(self.path.len() + 1) * n_nodes * more);
        }
        for set in 0..n_before {
            let joins = !is_new && subsets.positions(set).contains(&(slot as u16));
            for node in 0..n_nodes {
                let factor = if joins { &factors.with } else { &factors.without[node] };
                let from = &parent.products[(set * n_nodes + node) * n..][..n];
                multiply(&grow, from, factor, &mut child.products);
            }
        }
        if is_new {
            for &set in subsets.growing(self.path.len()) {
                for node in 0..n_nodes {
                    let from = &parent.products[(set as usize * n_nodes + node) * n..][..n];
                    multiply(&grow, from, &factors.with, &mut child.products);
                }
            }
        }
    }

    /// Adds a leaf, or two that share a split, below the last step; its value is in the factors.
    fn leaf(&mut self, edge: &Edge, slot: usize, is_new: bool, factors: &Factors, output: usize, sums: &mut Sums) {
        let nodes = &edge.tree_plan.nodes;
        let subsets = &self.plan.subsets;
        let (parent, child) = (&self.levels[edge.depth], &self.levels[edge.depth + 1]);
        let is_double = is_new && child.groups.is_full;
        let map = if is_double { &[] } else { child.map.as_slice() };
        let n = parent.groups.n;
        let d = self.path.len();
        let output = edge.tree.first_output + output;
        let before =
            (0..subsets.count(d)).map(|set| (set, set, !is_new && subsets.positions(set).contains(&(slot as u16))));
        let joined =
            subsets.growing(d).iter().enumerate().map(|(at, &set)| (set as usize, subsets.count(d) + at, true));
        for (from, set, joins) in before.chain(joined.take(if is_new { usize::MAX } else { 0 })) {
            let place = edge.places[set];
            if place == NOWHERE {
                continue;
            }
            let size = subsets.size(set);
            self.numbers.clear();
            self.numbers.resize(child.groups.n, 0.0);
            for (at, (_, weights)) in nodes.iter().enumerate().filter(|(_, (_, weights))| weights[size] != 0.0) {
                let factor = if joins { &factors.with } else { &factors.without[at] };
                let factor = factor.map(|factor| weights[size] * factor);
                let from = &parent.products[(from * nodes.len() + at) * n..][..n];
                accumulate(is_double, map, from, &factor, &mut self.numbers);
            }
            sums.add(output, place, &child.groups.ids, &self.numbers);
        }
    }

    /// Makes the products of the last step's groups anew, without a division.
    fn rebuild(&mut self, edge: &Edge) {
        let nodes = &edge.tree_plan.nodes;
        let (subsets, n_words) = (&self.plan.subsets, self.plan.n_words());
        let Level { groups, products, .. } = &mut self.levels[edge.depth + 1];
        let n = groups.n;
        let block = nodes.len() * n;
        products.clear();
        products.resize(subsets.count(self.path.len()) * block, 0.0);
        products[..block].fill(1.0);
        for (slot, known) in self.path.iter().enumerate() {
            let factors = new_factors(nodes, known.ratio);
            let case =
                |group: usize| if groups.is_hot(group, slot, n_words) { Case::Hot } else { Case::TurnsCold } as usize;
            let cases: Vec<usize> = (0..n).map(case).collect();
            let (before, joined) = products.split_at_mut(subsets.count(slot) * block);
            for (&set, joined) in subsets.growing(slot).iter().zip(joined.chunks_exact_mut(block)) {
                joined.copy_from_slice(&before[set as usize * block..][..block]);
                let joined = joined.iter_mut().zip(cases.iter().cycle());
                joined.for_each(|(product, &case)| *product *= factors.with[case]);
            }
            for (at, products) in before.chunks_exact_mut(n).enumerate() {
                let factor = &factors.without[at % nodes.len()];
                products.iter_mut().zip(&cases).for_each(|(product, &case)| *product *= factor[case]);
            }
        }
    }

    /// Adds a leaf whose products have been rebuilt.
    fn rebuilt_leaf(&mut self, edge: &Edge, values: &[f64], sums: &mut Sums) {
        let nodes = &edge.tree_plan.nodes;
        let subsets = &self.plan.subsets;
        let Level { groups, products, .. } = &self.levels[edge.depth + 1];
        for (set, &place) in edge.places.iter().enumerate().filter(|(_, place)| **place != NOWHERE) {
            let size = subsets.size(set);
            for (output, &value) in values.iter().enumerate() {
                self.numbers.clear();
                self.numbers.resize(groups.n, 0.0);
                for (at, (_, weights)) in nodes.iter().enumerate() {
                    let from = &products[(set * nodes.len() + at) * groups.n..][..groups.n];
                    let weight = weights[size] * value;
                    self.numbers.iter_mut().zip(from).for_each(|(number, product)| *number += weight * product);
                }
                sums.add(edge.tree.first_output + output, place, &groups.ids, &self.numbers);
            }
        }
    }
}

/// A child of a split.
struct Child<'a> {
    at: usize,
    ratio: f64,
    /// The values of a leaf.
    leaf: Option<&'a [f64]>,
}

/// What the children of a split have in common.
struct Edge<'a> {
    tree: &'a Tree,
    tree_plan: &'a TreePlan,
    depth: usize,
    /// Where the leaves below add to, for each set of path features.
    places: &'a [u32],
}

/// The share of the training rows at a node that went on to a child. Where nobody came, half goes each way.
pub(super) fn cover_ratio(node: &Node, child: &Node) -> f64 {
    if node.cover > 0.0 { child.cover / node.cover } else { 0.5 }
}

/// The factors of a new feature with this cover ratio.
fn new_factors(nodes: &[(f64, Vec<f64>)], ratio: f64) -> Factors {
    let without = |(q, _): &(f64, Vec<f64>)| [0.0, ratio * (1.0 - q), q + ratio * (1.0 - q)];
    Factors { without: nodes.iter().map(without).collect(), with: [0.0, -ratio, 1.0 - ratio] }
}

/// The factors that replace a ratio by another; `None` where that would divide by zero.
fn old_factors(nodes: &[(f64, Vec<f64>)], before: f64, after: f64) -> Option<Factors> {
    if before <= 0.0 || before == 1.0 || nodes.iter().any(|(q, _)| *q <= 0.0 || *q >= 1.0) {
        return None;
    }
    let without = |(q, _): &(f64, Vec<f64>)| {
        let hot = q + before * (1.0 - q);
        [after / before, after * (1.0 - q) / hot, (q + after * (1.0 - q)) / hot]
    };
    let with = [after / before, -after / (1.0 - before), (1.0 - after) / (1.0 - before)];
    Some(Factors { without: nodes.iter().map(without).collect(), with })
}

/// Appends the products of a child.
fn multiply(grow: &Grow, from: &[f64], factor: &ByCase, products: &mut Vec<f64>) {
    match grow {
        Grow::Double => {
            for factor in [factor[Case::TurnsCold as usize], factor[Case::Hot as usize]] {
                products.extend(from.iter().map(|product| product * factor));
            }
        }
        Grow::Map(map) => {
            products.extend(map.iter().map(|&(group, case)| from[group as usize] * factor[case as usize]));
        }
    }
}

/// Adds the products of a leaf.
fn accumulate(is_double: bool, map: &[(u32, Case)], from: &[f64], factor: &ByCase, numbers: &mut [f64]) {
    if is_double {
        let (cold, hot) = numbers.split_at_mut(from.len());
        for (half, factor) in [(cold, factor[Case::TurnsCold as usize]), (hot, factor[Case::Hot as usize])] {
            half.iter_mut().zip(from).for_each(|(number, product)| *number += factor * product);
        }
    } else {
        for (number, &(group, case)) in numbers.iter_mut().zip(map) {
            *number += from[group as usize] * factor[case as usize];
        }
    }
}
