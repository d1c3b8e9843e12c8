//! Random ensembles and rows, and their games by definition.

use einthoven_game::rng::{self, ChaCha8Rng};
use einthoven_interactions::trees::{Ensemble, Missing, Node, NodeKind, Rows, Test, Tree};
use rand::RngExt;

/// How ensembles are drawn.
pub struct Shape {
    pub n_features: usize,
    pub n_outputs: usize,
    pub n_trees: usize,
    pub depth: usize,
}

pub fn generator(seed: u64) -> ChaCha8Rng {
    rng::stream(seed, "tree tests", 0)
}

/// An ensemble with repeated features, missing values, categories, some trees for one output and some for all.
pub fn ensemble(shape: &Shape, rng: &mut ChaCha8Rng) -> Ensemble {
    let trees = (0..shape.n_trees).map(|_| tree(shape, rng)).collect();
    Ensemble {
        source: "random".to_owned(),
        feature_names: (0..shape.n_features).map(|at| format!("x{at}")).collect(),
        is_named: true,
        categories: Vec::new(),
        outputs: (0..shape.n_outputs).map(|at| at.to_string()).collect(),
        base: (0..shape.n_outputs).map(|_| rng.random_range(-1.0..1.0)).collect(),
        rounds_to_f32: rng.random_bool(0.5),
        is_probability: false,
        trees,
        warnings: Vec::new(),
    }
}

fn tree(shape: &Shape, rng: &mut ChaCha8Rng) -> Tree {
    let for_all = rng.random_bool(0.3);
    let n_values = if for_all { shape.n_outputs } else { 1 };
    let first = if for_all { 0 } else { rng.random_range(0..shape.n_outputs) };
    let mut nodes = Vec::new();
    grow(shape, shape.depth, n_values, 1000.0, &mut nodes, rng);
    Tree::new(nodes, first).unwrap()
}

fn grow(shape: &Shape, depth: usize, n_values: usize, cover: f64, nodes: &mut Vec<Node>, rng: &mut ChaCha8Rng) -> u32 {
    let at = nodes.len();
    let values = (0..n_values).map(|_| rng.random_range(-1.0..1.0)).collect();
    nodes.push(Node { cover, kind: NodeKind::Leaf(values) });
    if depth > 0 && rng.random_bool(0.85) {
        // Sometimes nobody went one way.
        let share = if rng.random_bool(0.1) { f64::from(rng.random_range(0..2)) } else { rng.random_range(0.05..0.95) };
        let left = grow(shape, depth - 1, n_values, cover * share, nodes, rng);
        let right = grow(shape, depth - 1, n_values, cover * (1.0 - share), nodes, rng);
        let feature = rng.random_range(0..shape.n_features as u32);
        nodes[at].kind = NodeKind::Split { feature, test: test(rng), left, right };
    }
    at as u32
}

fn test(rng: &mut ChaCha8Rng) -> Test {
    if rng.random_bool(0.2) {
        let categories = (0..6).filter(|_| rng.random_bool(0.5)).collect();
        return Test::OneOf { categories, missing_left: rng.random_bool(0.5) };
    }
    let all = [Missing::Left, Missing::Right, Missing::Zero, Missing::ZerosLeft, Missing::ZerosRight];
    Test::AtMost { threshold: rng.random_range(0.0..5.0), missing: all[rng.random_range(0..5)] }
}

/// Rows of whole numbers, other numbers and missing values.
pub fn rows(n_rows: usize, n_features: usize, rng: &mut ChaCha8Rng) -> Rows {
    let number = |rng: &mut ChaCha8Rng| match rng.random_range(0..10) {
        0 => f64::NAN,
        1..4 => f64::from(rng.random_range(0..6)),
        _ => rng.random_range(-0.5..5.5),
    };
    Rows::new(n_features, (0..n_rows * n_features).map(|_| number(rng)).collect()).unwrap()
}

/// The path-dependent game of an output by its definition, `[2^features]`.
pub fn path_dependent_table(ensemble: &Ensemble, row: &[f64], output: usize) -> Vec<f64> {
    let row: Vec<f64> = row.iter().map(|&x| if ensemble.rounds_to_f32 { f64::from(x as f32) } else { x }).collect();
    let value = |set: usize| {
        let trees = ensemble.trees.iter().filter(|tree| tree.outputs().contains(&output));
        let values = trees.map(|tree| mean_of_ways(tree, 0, &row, set, output - tree.outputs().start));
        ensemble.base[output] + values.sum::<f64>()
    };
    (0..1 << ensemble.n_features()).map(value).collect()
}

fn mean_of_ways(tree: &Tree, at: usize, row: &[f64], set: usize, value: usize) -> f64 {
    let node = &tree.nodes()[at];
    match &node.kind {
        NodeKind::Leaf(values) => values[value],
        NodeKind::Split { feature, test, left, right } => {
            let child = |child: u32| mean_of_ways(tree, child as usize, row, set, value);
            if set >> feature & 1 == 1 {
                return child(if test.goes_left(row[*feature as usize]) { *left } else { *right });
            }
            let ratio = |child: u32| match node.cover > 0.0 {
                true => tree.nodes()[child as usize].cover / node.cover,
                false => 0.5,
            };
            ratio(*left) * child(*left) + ratio(*right) * child(*right)
        }
    }
}

/// The interventional game of an output by its definition, `[2^features]`.
pub fn interventional_table(ensemble: &Ensemble, row: &[f64], background: &Rows, output: usize) -> Vec<f64> {
    let value = |set: usize| {
        let mixed = |z: usize| {
            let pick = |(at, (x, z)): (usize, (&f64, &f64))| if set >> at & 1 == 1 { *x } else { *z };
            let mixed: Vec<f64> = row.iter().zip(background.row(z)).enumerate().map(pick).collect();
            ensemble.predict(&mixed)[output]
        };
        (0..background.len()).map(mixed).sum::<f64>() / background.len() as f64
    };
    (0..1 << ensemble.n_features()).map(value).collect()
}
