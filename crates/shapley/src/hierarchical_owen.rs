//! Owen values over a tree of groups (Owen, 1977; several levels: Winter, 1989), by walks that keep groups together.
//!
//! Where players come in groups, say the time windows of a lead, one may ask that groups bargain as a whole before their
//! members do. The Owen value is the mean of what a player changes over those orders in which the members of each
//! group come one after the other, at every level of the tree. Such an order is drawn by shuffling the children of every
//! node; its reverse is another one. The values of a group's members add up to the Shapley value of the group among its
//! siblings.
//!
//! The design follows from tree, budget and seed alone; the estimate is unbiased, as that of
//! [`permutation`](crate::permutation).

use einthoven_game::rng::{self, ChaCha8Rng};
use einthoven_game::{Attribution, Design, Index, Tree, Values};
use rand::seq::SliceRandom;

use crate::{Result, walks};

const METHOD: &str = "hierarchical-owen";

/// The smallest budget: one walk and its reverse.
pub fn smallest_budget(n_players: usize) -> usize {
    walks::smallest_budget(n_players)
}

/// Walks that keep the groups of a tree together, and their reverses. A draw is a step: its role is the player that comes
/// in, its row the coalition with that player, its stratum the number of the pair of walks.
pub fn design(tree: &Tree, n_players: usize, budget: usize, seed: u64) -> Result<Design> {
    let n_nodes = tree.parents.len();
    let mut children = vec![Vec::new(); n_nodes];
    let mut roots = Vec::new();
    for (node, &parent) in tree.parents.iter().enumerate() {
        if parent as usize == node { roots.push(node) } else { children[parent as usize].push(node) }
    }
    // As many as fit without any overlap. Were it left to the overlaps, groups of different sizes would decide how many there
    // are, and the mean would not be right for every tree.
    let most_pairs = budget.saturating_sub(2) / (2 * n_players.saturating_sub(1)).max(1);
    walks::design(METHOD, n_players, budget, most_pairs.max(1) as u64, |index| {
        let mut rng = rng::stream(seed, "hierarchical owen", index);
        let mut order = Vec::with_capacity(n_players);
        append(&roots, &children, n_players, &mut rng, &mut order);
        (order, index as u32)
    })
}

/// The mean of each player's steps, for each output. Standard errors come from the spread between pairs of walks.
pub fn estimate(design: &Design, values: &Values) -> Result<Vec<Attribution>> {
    walks::estimate(METHOD, Index::Owen, design, values)
}

/// Appends the players below these siblings, the siblings shuffled.
fn append(siblings: &[usize], children: &[Vec<usize>], n_players: usize, rng: &mut ChaCha8Rng, order: &mut Vec<usize>) {
    let mut siblings = siblings.to_vec();
    siblings.shuffle(rng);
    for node in siblings {
        if node < n_players {
            order.push(node);
        } else {
            append(&children[node], children, n_players, rng, order);
        }
    }
}
