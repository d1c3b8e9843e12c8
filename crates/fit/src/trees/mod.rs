//! Boosted regression trees whose features are single bits: is a player in the coalition or not.
//!
//! A sum of trees learns what a model does with a few thousand coalitions, and its Shapley values, Banzhaf values and
//! Walsh-Hadamard spectrum can be read off exactly ([`readout`](Trees::shapley)). With bits for features and squared error for
//! a loss there are no bins and no missing values: the histogram of a node is one masked sum over its rows.

mod grow;
mod histogram;
mod readout;
mod tune;

use einthoven_game::{Coalition, Coalitions};

pub use grow::{Params, fit};
pub use tune::{Path, Tuned, cross_validate, path};

/// A constant and a sum of trees over one set of players.
#[derive(Clone, Debug, PartialEq)]
pub struct Trees {
    /// Number of players.
    pub n_players: usize,
    /// What is predicted before any tree: the mean of the targets.
    pub base: f64,
    /// The trees; the prediction is `base` plus one leaf of each.
    pub trees: Vec<Tree>,
}

/// A binary tree; its root is the first node.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    /// The nodes; children come after their parents.
    pub nodes: Vec<Node>,
}

/// A node of a tree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Node {
    /// The value of the coalitions that end here.
    Leaf(f64),
    /// Where a coalition goes on.
    Split {
        /// The player that is asked for.
        player: u32,
        /// The node to go on with if it is not in.
        absent: u32,
        /// The node to go on with if it is in.
        present: u32,
    },
}

/// The mean; of equal numbers their own value to the last bit.
fn mean(numbers: &[f64]) -> f64 {
    let first = numbers.first().copied().unwrap_or(0.0);
    first + numbers.iter().map(|number| number - first).sum::<f64>() / numbers.len().max(1) as f64
}

impl Trees {
    /// The prediction for one coalition.
    pub fn predict(&self, coalition: Coalition<'_>) -> f64 {
        self.base + self.trees.iter().map(|tree| tree.predict(coalition)).sum::<f64>()
    }

    /// The predictions for some coalitions, `[coalitions]`.
    pub fn predict_all(&self, rows: &Coalitions) -> Vec<f64> {
        rows.iter().map(|row| self.predict(row)).collect()
    }
}

impl Tree {
    /// The value of the leaf in which a coalition ends.
    pub fn predict(&self, coalition: Coalition<'_>) -> f64 {
        let mut at = 0;
        loop {
            match self.nodes[at] {
                Node::Leaf(value) => return value,
                Node::Split { player, absent, present } => {
                    at = if coalition.contains(player as usize) { present } else { absent } as usize;
                }
            }
        }
    }
}
