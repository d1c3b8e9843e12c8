//! What is the same for all rows: which sets of features can have a value, and where each leaf adds to them.

use std::collections::HashMap;

use einthoven_game::Index;
use einthoven_game::indices::{aggregation, derivative_nodes};

use super::ensemble::{Ensemble, NodeKind, Tree};
use super::subsets::Subsets;
use crate::{Error, Result};

/// Most sets of features that have a value, and most of them at one leaf.
const MAX_SETS: usize = 10_000_000;
/// Most places where leaves add to sets.
const MAX_PLACES: usize = 200_000_000;
/// A place that nothing is added to.
pub(super) const NOWHERE: u32 = u32::MAX;

/// An index of some order for an ensemble.
pub(super) struct Plan {
    pub(super) index: Index,
    pub(super) order: usize,
    /// The sets of features that can have a value, by size and then in the order of their features.
    pub(super) sets: Vec<Vec<u32>>,
    pub(super) subsets: Subsets,
    pub(super) trees: Vec<TreePlan>,
    /// Most distinct features on a path.
    pub(super) longest: usize,
    /// The value of the empty set for a game that is 1 everywhere.
    pub(super) constant_weight: f64,
    /// Sums over supersets that make the index of another one: to which set, from which, times what.
    pub(super) aggregate: Option<Vec<(u32, u32, f64)>>,
}

/// What is the same for all rows, of a tree.
pub(super) struct TreePlan {
    /// Most distinct features on a path.
    pub(super) longest: usize,
    /// Points of the multilinear extension's diagonal, with a weight for each size of sets.
    pub(super) nodes: Vec<(f64, Vec<f64>)>,
    /// For each split with a leaf below it, in the order of a walk: the places in `sets` of the subsets of the path, the
    /// split's feature included.
    pub(super) places: Vec<Vec<u32>>,
}

/// Whether the index gives the empty set a value that is not simply that of the empty coalition.
fn has_empty(index: Index) -> bool {
    matches!(index, Index::Sii | Index::Bii | Index::Fbii | Index::KaddShap | Index::CoMoebius | Index::Fourier)
}

impl Plan {
    pub(super) fn new(ensemble: &Ensemble, index: Index, order: usize) -> Result<Self> {
        check_order(ensemble, index, order)?;
        let too_many = || {
            Error::Request(format!("compute {index} of order {order}: too many sets of features; use a lower order"))
        };
        let longest = ensemble.trees.iter().map(longest_path).max().unwrap_or(0);
        let subsets = Subsets::new(longest, order, MAX_SETS).ok_or_else(too_many)?;
        let mut collector = Collector {
            subsets: &subsets,
            least: usize::from(!has_empty(index)),
            numbers: HashMap::new(),
            n_places: 0,
        };
        if has_empty(index) {
            collector.numbers.insert(Vec::new(), 0);
        }
        let mut trees = Vec::with_capacity(ensemble.trees.len());
        for tree in &ensemble.trees {
            let longest = longest_path(tree);
            let nodes = derivative_nodes(index, longest.max(1), order).unwrap_or_default();
            let least = usize::from(!has_empty(index));
            let nodes =
                nodes.into_iter().filter(|(_, weights)| weights[least..].iter().any(|weight| *weight != 0.0)).collect();
            let mut places = Vec::new();
            collector.walk(tree, 0, &mut Vec::new(), &mut places).ok_or_else(too_many)?;
            trees.push(TreePlan { longest, nodes, places });
        }
        let (sets, renumber) = sorted(collector.numbers);
        for place in trees.iter_mut().flat_map(|tree| &mut tree.places).flatten().filter(|place| **place != NOWHERE) {
            *place = renumber[*place as usize];
        }
        let aggregate = aggregate(index, &sets);
        let nodes = derivative_nodes(index, 1, order).unwrap_or_default();
        let constant_weight = nodes.iter().map(|(_, weights)| weights[0]).sum();
        Ok(Self { index, order, sets, subsets, trees, longest, constant_weight, aggregate })
    }

    /// Words that hold a bit for each feature of a path.
    pub(super) fn n_words(&self) -> usize {
        self.longest.div_ceil(64).max(1)
    }

    /// Whether the first set is the empty one.
    pub(super) fn has_empty(&self) -> bool {
        self.sets.first().is_some_and(Vec::is_empty)
    }
}

fn check_order(ensemble: &Ensemble, index: Index, order: usize) -> Result<()> {
    let most = match index {
        Index::Sv | Index::Bv => 1,
        _ => ensemble.n_features(),
    };
    if derivative_nodes(index, 1, order).is_none() {
        return Err(Error::Request(format!(
            "compute {index} of trees: trees have indices of derivatives, from SV and k-SII to Moebius and Fourier"
        )));
    }
    if order == 0 || order > most {
        return Err(Error::Request(format!("compute {index} of order {order}: expected an order from 1 to {most}")));
    }
    Ok(())
}

/// Most distinct features on a path of a tree.
fn longest_path(tree: &Tree) -> usize {
    fn walk(tree: &Tree, at: usize, path: &mut Vec<u32>) -> usize {
        match tree.nodes()[at].kind {
            NodeKind::Leaf(_) => path.len(),
            NodeKind::Split { feature, left, right, .. } => {
                let is_new = !path.contains(&feature);
                if is_new {
                    path.push(feature);
                }
                let longest = walk(tree, left as usize, path).max(walk(tree, right as usize, path));
                if is_new {
                    path.pop();
                }
                longest
            }
        }
    }
    walk(tree, 0, &mut Vec::new())
}

/// Gathers the sets of all paths.
struct Collector<'a> {
    subsets: &'a Subsets,
    /// Smallest size of a set.
    least: usize,
    numbers: HashMap<Vec<u32>, u32>,
    n_places: usize,
}

impl Collector<'_> {
    /// `None` if there are too many sets.
    fn walk(&mut self, tree: &Tree, at: usize, path: &mut Vec<u32>, places: &mut Vec<Vec<u32>>) -> Option<()> {
        let NodeKind::Split { feature, left, right, .. } = tree.nodes()[at].kind else { return Some(()) };
        let is_new = !path.contains(&feature);
        if is_new {
            path.push(feature);
        }
        let is_leaf = |child: u32| matches!(tree.nodes()[child as usize].kind, NodeKind::Leaf(_));
        if is_leaf(left) || is_leaf(right) {
            places.push(self.places(path)?);
        }
        self.walk(tree, left as usize, path, places)?;
        self.walk(tree, right as usize, path, places)?;
        if is_new {
            path.pop();
        }
        Some(())
    }

    fn places(&mut self, path: &[u32]) -> Option<Vec<u32>> {
        let n_sets = self.subsets.count(path.len());
        self.n_places += n_sets;
        if self.n_places > MAX_PLACES {
            return None;
        }
        let mut places = Vec::with_capacity(n_sets);
        for set in 0..n_sets {
            if self.subsets.size(set) < self.least {
                places.push(NOWHERE);
                continue;
            }
            let mut features: Vec<u32> = self.subsets.positions(set).iter().map(|&at| path[at as usize]).collect();
            features.sort_unstable();
            let next = self.numbers.len();
            if next >= MAX_SETS {
                return None;
            }
            places.push(*self.numbers.entry(features).or_insert(next as u32));
        }
        Some(places)
    }
}

/// The sets in order, and the new number of each.
fn sorted(numbers: HashMap<Vec<u32>, u32>) -> (Vec<Vec<u32>>, Vec<u32>) {
    let mut sets: Vec<(Vec<u32>, u32)> = numbers.into_iter().collect();
    sets.sort_unstable_by(|(a, _), (b, _)| (a.len(), a).cmp(&(b.len(), b)));
    let mut renumber = vec![0; sets.len()];
    for (at, (_, number)) in sets.iter().enumerate() {
        renumber[*number as usize] = at as u32;
    }
    (sets.into_iter().map(|(set, _)| set).collect(), renumber)
}

/// The sums over supersets. The subsets of a set that has a value have one too.
fn aggregate(index: Index, sets: &[Vec<u32>]) -> Option<Vec<(u32, u32, f64)>> {
    aggregation(index, 0)?;
    let place: HashMap<&[u32], u32> = sets.iter().zip(0..).map(|(set, at)| (set.as_slice(), at)).collect();
    let mut sums = Vec::new();
    for (from, set) in sets.iter().enumerate() {
        for mask in 0u64..1 << set.len() {
            let subset: Vec<u32> =
                set.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1).map(|(_, &f)| f).collect();
            let weight = aggregation(index, set.len() - subset.len()).map_or(0.0, |(_, weight)| weight);
            if let Some(&to) = place.get(subset.as_slice())
                && weight != 0.0
            {
                sums.push((to, from as u32, weight));
            }
        }
    }
    Some(sums)
}
