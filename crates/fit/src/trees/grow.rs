//! Growing boosted trees: leaf by leaf, the best split first (as LightGBM does; Ke et al., 2017).

use einthoven_game::Coalitions;

use super::{Node, Tree, Trees};

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
/// Rows whose counts fit into a byte.
const BYTE_ROWS: usize = 255;

/// Eight numbers for each byte: one where the bit is set.
static BITS: [[f64; 8]; 256] = bits();

const fn bits() -> [[f64; 8]; 256] {
    let mut table = [[0.0; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut bit = 0;
        while bit < 8 {
            table[byte][bit] = (byte >> bit & 1) as f64;
            bit += 1;
        }
        byte += 1;
    }
    table
}

/// Eight bytes for each byte: one where the bit is set.
static BYTES: [u64; 256] = bytes();

const fn bytes() -> [u64; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut bit = 0;
        while bit < 8 {
            table[byte] |= ((byte >> bit & 1) as u64) << (8 * bit);
            bit += 1;
        }
        byte += 1;
    }
    table
}

/// Fits trees to the targets `[which]` of the rows `which`. Sums run in the order of the rows on one thread; ties go to the
/// player of lowest number. Without rows the prediction is zero.
///
/// # Panics
/// If there are not as many targets as rows, or a row is not there.
pub fn fit(rows: &Coalitions, which: &[u32], targets: &[f64], params: &Params) -> Trees {
    assert_eq!(which.len(), targets.len(), "a target for each row");
    let n_rows = which.len();
    let base = targets.iter().sum::<f64>() / n_rows.max(1) as f64;
    let mut residuals: Vec<f64> = targets.iter().map(|target| target - base).collect();
    let data = Data::new(rows, which);
    let squares: f64 = residuals.iter().map(|residual| residual * residual).sum();
    let mut grower =
        Grower { data: &data, params, least_gain: LEAST_GAIN * squares, order: (0..n_rows as u32).collect() };
    let all: Vec<u32> = grower.order.clone();
    let mut root = data.histogram(&all, &residuals);
    let mut trees = Vec::new();
    while trees.len() < params.trees && n_rows > 0 {
        data.refill(&all, &residuals, &mut root);
        let Some(tree) = grower.tree(&mut residuals, &root) else { break };
        trees.push(tree);
    }
    Trees { n_players: rows.n_players(), base, trees }
}

/// The rows as bytes, `[rows, ceil(players / 8)]`.
struct Data {
    n_players: usize,
    width: usize,
    bytes: Vec<u8>,
}

/// Sums over the rows of a node, for each player over the rows that have it.
#[derive(Clone)]
struct Histogram {
    /// Residuals, `[players]`, rounded up to eight.
    sums: Vec<f64>,
    /// Rows, `[players]`, rounded up to eight.
    counts: Vec<u32>,
    /// Residuals of all rows.
    sum: f64,
    /// All rows.
    count: u32,
}

/// A leaf that may still be split.
struct Leaf {
    node: usize,
    depth: usize,
    /// Its rows, in the grower's order.
    range: std::ops::Range<usize>,
    histogram: Histogram,
    /// The best split: gain and player.
    best: Option<(f64, usize)>,
}

struct Grower<'a> {
    data: &'a Data,
    params: &'a Params,
    least_gain: f64,
    order: Vec<u32>,
}

impl Data {
    fn new(rows: &Coalitions, which: &[u32]) -> Self {
        let width = rows.n_players().div_ceil(8);
        let mut bytes = Vec::with_capacity(which.len() * width);
        for &row in which {
            let words = rows.row(row as usize).words();
            bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()).take(width));
        }
        Self { n_players: rows.n_players(), width, bytes }
    }

    fn row(&self, row: u32) -> &[u8] {
        &self.bytes[row as usize * self.width..][..self.width]
    }

    fn has(&self, row: u32, player: usize) -> bool {
        self.row(row)[player / 8] >> (player % 8) & 1 == 1
    }

    fn histogram(&self, rows: &[u32], residuals: &[f64]) -> Histogram {
        let mut histogram = Histogram {
            sums: vec![0.0; 8 * self.width],
            counts: vec![0; 8 * self.width],
            sum: 0.0,
            count: rows.len() as u32,
        };
        for rows in rows.chunks(BYTE_ROWS) {
            let mut packed = vec![0u64; self.width];
            for &row in rows {
                packed.iter_mut().zip(self.row(row)).for_each(|(packed, &byte)| *packed += BYTES[byte as usize]);
            }
            for (counts, packed) in histogram.counts.chunks_exact_mut(8).zip(packed) {
                counts.iter_mut().zip(packed.to_le_bytes()).for_each(|(count, byte)| *count += u32::from(byte));
            }
        }
        self.refill(rows, residuals, &mut histogram);
        histogram
    }

    /// Sums the residuals anew; the counts stay.
    fn refill(&self, rows: &[u32], residuals: &[f64], histogram: &mut Histogram) {
        histogram.sums.fill(0.0);
        histogram.sum = 0.0;
        for &row in rows {
            let residual = residuals[row as usize];
            histogram.sum += residual;
            for (sums, &byte) in histogram.sums.chunks_exact_mut(8).zip(self.row(row)) {
                let bits = &BITS[byte as usize];
                for (sum, bit) in sums.iter_mut().zip(bits) {
                    *sum += residual * bit;
                }
            }
        }
    }
}

impl Histogram {
    /// What is left when one child is taken away.
    fn without(mut self, child: &Self) -> Self {
        self.sums.iter_mut().zip(&child.sums).for_each(|(sum, child)| *sum -= child);
        self.counts.iter_mut().zip(&child.counts).for_each(|(count, child)| *count -= child);
        self.sum -= child.sum;
        self.count -= child.count;
        self
    }

    /// The best split: how much it lessens the sum of squares, and its player.
    fn best(&self, n_players: usize, params: &Params, least_gain: f64) -> Option<(f64, usize)> {
        let score = |sum: f64, count: u32| sum * sum / (f64::from(count) + params.lambda);
        let whole = score(self.sum, self.count);
        let fewest = params.min_rows.max(1) as u32;
        let mut best: Option<(f64, usize)> = None;
        for player in 0..n_players {
            let (sum, count) = (self.sums[player], self.counts[player]);
            if count < fewest || self.count - count < fewest {
                continue;
            }
            let gain = score(sum, count) + score(self.sum - sum, self.count - count) - whole;
            if gain > best.map_or(least_gain, |(gain, _)| gain) {
                best = Some((gain, player));
            }
        }
        best
    }
}

impl Grower<'_> {
    /// Grows a tree and takes its predictions from the residuals; nothing if the root cannot be split.
    fn tree(&mut self, residuals: &mut [f64], root: &Histogram) -> Option<Tree> {
        let mut nodes = vec![Node::Leaf(0.0)];
        let mut leaves = vec![self.leaf(0, 0, 0..self.order.len(), root.clone())];
        leaves[0].best?;
        while leaves.len() < self.params.leaves {
            // The first of equals.
            let gain = |leaf: &Leaf| leaf.best.map_or(f64::NEG_INFINITY, |(gain, _)| gain);
            let at = (0..leaves.len()).rev().max_by(|&a, &b| gain(&leaves[a]).total_cmp(&gain(&leaves[b])))?;
            let Some((_, player)) = leaves[at].best else { break };
            let leaf = leaves.swap_remove(at);
            let (absent, present) = self.split(leaf, player, residuals, &mut nodes);
            leaves.extend([absent, present]);
        }
        for leaf in &leaves {
            let mean = leaf.histogram.sum / (f64::from(leaf.histogram.count) + self.params.lambda);
            let value = self.params.learning_rate * mean;
            nodes[leaf.node] = Node::Leaf(value);
            self.order[leaf.range.clone()].iter().for_each(|&row| residuals[row as usize] -= value);
        }
        Some(Tree { nodes })
    }

    fn leaf(&self, node: usize, depth: usize, range: std::ops::Range<usize>, histogram: Histogram) -> Leaf {
        let open = depth < self.params.depth;
        let best = open.then(|| histogram.best(self.data.n_players, self.params, self.least_gain)).flatten();
        Leaf { node, depth, range, histogram, best }
    }

    fn split(&mut self, leaf: Leaf, player: usize, residuals: &[f64], nodes: &mut Vec<Node>) -> (Leaf, Leaf) {
        let rows = &mut self.order[leaf.range.clone()];
        let (absent, present): (Vec<u32>, Vec<u32>) = rows.iter().partition(|&&row| !self.data.has(row, player));
        rows[..absent.len()].copy_from_slice(&absent);
        rows[absent.len()..].copy_from_slice(&present);
        // Only the smaller child is summed; the other is what is left.
        let (of_absent, of_present) = if absent.len() <= present.len() {
            let child = self.data.histogram(&absent, residuals);
            let other = leaf.histogram.without(&child);
            (child, other)
        } else {
            let child = self.data.histogram(&present, residuals);
            (leaf.histogram.without(&child), child)
        };
        let next = nodes.len();
        nodes[leaf.node] = Node::Split { player: player as u32, absent: next as u32, present: next as u32 + 1 };
        nodes.extend([Node::Leaf(0.0), Node::Leaf(0.0)]);
        let middle = leaf.range.start + absent.len();
        (
            self.leaf(next, leaf.depth + 1, leaf.range.start..middle, of_absent),
            self.leaf(next + 1, leaf.depth + 1, middle..leaf.range.end, of_present),
        )
    }
}
