//! Growing boosted trees: leaf by leaf, the best split first (as LightGBM does; Ke et al., 2017).

use std::ops::Range;

use einthoven_game::Coalitions;

use super::histogram::{Bits, Histogram, slot};
use super::{Node, Tree, Trees, mean};

/// How trees are grown. The defaults are LightGBM's, but for `min_rows`, which is smaller where rows are few.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Params {
    /// Number of trees; fewer if nothing is left to split.
    pub trees: usize,
    /// What share of a leaf's mean goes into its value.
    pub learning_rate: f64,
    /// Most leaves of a tree.
    pub leaves: usize,
    /// Most splits between the root and a leaf.
    pub depth: usize,
    /// Fewest rows of a leaf.
    pub min_rows: usize,
    /// Added to the number of rows when a leaf's mean is taken.
    pub lambda: f64,
}

impl Default for Params {
    fn default() -> Self {
        Self { trees: 100, learning_rate: 0.1, leaves: 31, depth: 10, min_rows: 20, lambda: 0.0 }
    }
}

/// A gain must be this share of the targets' sum of squares, or it is rounding.
const LEAST_GAIN: f64 = 1e-12;
/// Fits trees to the targets `[which]` of the rows `which`. Sums run in the order of the rows on one thread; ties go to the
/// player of lowest number. Without rows the prediction is zero.
///
/// # Panics
/// If there are not as many targets as rows, or a row is not there.
pub fn fit(rows: &Coalitions, which: &[u32], targets: &[f64], params: &Params) -> Trees {
    let mut trees = Vec::new();
    let base = boost(rows, which, targets, params, |tree| {
        trees.push(tree);
        true
    });
    Trees { n_players: rows.n_players(), base, trees }
}

/// Grows tree after tree for as long as `keep` asks for more; returns the constant below them.
pub(super) fn boost(
    rows: &Coalitions,
    which: &[u32],
    targets: &[f64],
    params: &Params,
    mut keep: impl FnMut(Tree) -> bool,
) -> f64 {
    assert_eq!(which.len(), targets.len(), "a target for each row");
    let n_rows = which.len();
    let base = mean(targets);
    let mut residuals: Vec<f64> = targets.iter().map(|target| target - base).collect();
    let squares: f64 = residuals.iter().map(|residual| residual * residual).sum();
    let mut grower = Grower {
        n_players: rows.n_players(),
        bits: Bits::new(rows, which),
        params,
        least_gain: LEAST_GAIN * squares,
        inverse: (0..=n_rows).map(|count| 1.0 / (count as f64 + params.lambda)).collect(),
        order: (0..n_rows as u32).collect(),
        aside: vec![0; n_rows],
    };
    for _ in 0..params.trees {
        let Some(tree) = grower.tree(&mut residuals) else { break };
        if !keep(tree) {
            break;
        }
    }
    base
}

/// A leaf that may still be split.
struct Leaf {
    node: usize,
    /// Its rows, in the grower's order.
    range: Range<usize>,
    /// Splits between it and the root.
    depth: usize,
    /// The sum of its residuals.
    sum: f64,
    /// What its splits are compared by; nothing if it cannot be split.
    histogram: Option<Histogram>,
    /// The best split: gain and player.
    best: Option<(f64, usize)>,
}

struct Grower<'a> {
    n_players: usize,
    bits: Bits,
    params: &'a Params,
    least_gain: f64,
    /// One over a number of rows, to divide by.
    inverse: Vec<f64>,
    order: Vec<u32>,
    /// Room for the rows of a child.
    aside: Vec<u32>,
}

impl Grower<'_> {
    /// Grows a tree and takes its predictions from the residuals; nothing if the root cannot be split.
    fn tree(&mut self, residuals: &mut [f64]) -> Option<Tree> {
        let mut nodes = vec![Node::Leaf(0.0)];
        let sum = residuals.iter().sum();
        let mut root = Leaf { node: 0, range: 0..self.order.len(), depth: 0, sum, histogram: None, best: None };
        if self.open(&root) {
            root.histogram = Some(self.bits.histogram(&self.order, residuals));
        }
        let mut leaves = vec![self.with_best(root)];
        leaves[0].best?;
        while leaves.len() < self.params.leaves {
            // The first of equals.
            let gain = |leaf: &Leaf| leaf.best.map_or(f64::NEG_INFINITY, |(gain, _)| gain);
            let at = (0..leaves.len()).rev().max_by(|&a, &b| gain(&leaves[a]).total_cmp(&gain(&leaves[b])))?;
            let Some((_, player)) = leaves[at].best else { break };
            let leaf = leaves.swap_remove(at);
            let children = self.split(leaf, player, residuals, &mut nodes);
            leaves.extend(children.map(|child| self.with_best(child)));
        }
        for leaf in &leaves {
            let value = self.params.learning_rate * leaf.sum * self.inverse[leaf.range.len()];
            nodes[leaf.node] = Node::Leaf(value);
            self.order[leaf.range.clone()].iter().for_each(|&row| residuals[row as usize] -= value);
        }
        Some(Tree { nodes })
    }

    /// Whether both children of a leaf could be large enough, and it is not too deep.
    fn open(&self, leaf: &Leaf) -> bool {
        leaf.depth < self.params.depth && leaf.range.len() >= 2 * self.params.min_rows.max(1)
    }

    /// Splits a leaf; the children's histograms are there if they may be split again.
    fn split(&mut self, leaf: Leaf, player: usize, residuals: &[f64], nodes: &mut Vec<Node>) -> [Leaf; 2] {
        let middle = leaf.range.start + self.partition(leaf.range.clone(), player);
        let next = nodes.len();
        nodes[leaf.node] = Node::Split { player: player as u32, absent: next as u32, present: next as u32 + 1 };
        nodes.extend([Node::Leaf(0.0), Node::Leaf(0.0)]);
        let child = |node: usize, range: Range<usize>, sum: f64| Leaf {
            node,
            range,
            depth: leaf.depth + 1,
            sum,
            histogram: None,
            best: None,
        };
        let [absent, present] =
            [child(next, leaf.range.start..middle, 0.0), child(next + 1, middle..leaf.range.end, 0.0)];
        // Only the smaller child is summed; the other is what is left.
        let swap = absent.range.len() > present.range.len();
        let (mut smaller, mut larger) = if swap { (present, absent) } else { (absent, present) };
        let rows = &self.order[smaller.range.clone()];
        smaller.sum = rows.iter().map(|&row| residuals[row as usize]).sum();
        larger.sum = leaf.sum - smaller.sum;
        if let Some(whole) = leaf.histogram.filter(|_| self.open(&larger)) {
            let histogram = self.bits.histogram(rows, residuals);
            larger.histogram = Some(whole.without(&histogram));
            smaller.histogram = Some(histogram).filter(|_| self.open(&smaller));
        }
        if swap { [larger, smaller] } else { [smaller, larger] }
    }

    /// Puts the rows without a player before those with it, each in their order; returns how many those are.
    fn partition(&mut self, range: Range<usize>, player: usize) -> usize {
        let rows = &mut self.order[range];
        let (mut kept, mut moved) = (0, 0);
        // Without a branch, which would be wrong half of the time.
        for at in 0..rows.len() {
            let row = rows[at];
            let has = self.bits.has(row, player);
            rows[kept] = row;
            self.aside[moved] = row;
            kept += usize::from(!has);
            moved += usize::from(has);
        }
        rows[kept..].copy_from_slice(&self.aside[..moved]);
        kept
    }

    /// Finds the best split: how much it lessens the sum of squares, and its player.
    fn with_best(&self, mut leaf: Leaf) -> Leaf {
        let Some(Histogram { sums, counts }) = &leaf.histogram else { return leaf };
        let score = |sum: f64, count: usize| sum * sum * self.inverse[count];
        let (all, fewest) = (leaf.range.len(), self.params.min_rows.max(1));
        let whole = score(leaf.sum, all);
        for player in 0..self.n_players {
            let at = slot(player);
            let (sum, count) = (sums[at], counts[at] as usize);
            if count < fewest || all - count < fewest {
                continue;
            }
            let gain = score(sum, count) + score(leaf.sum - sum, all - count) - whole;
            if gain > leaf.best.map_or(self.least_gain, |(gain, _)| gain) {
                leaf.best = Some((gain, player));
            }
        }
        leaf
    }
}
