//! Deep trees and many features.

use std::ops::ControlFlow;

use einthoven_game::Index;
use einthoven_interactions::trees::{Ensemble, Explanations, Missing, Node, NodeKind, Rows, Test, Tree, TreeExplainer};
use proptest::prelude::*;

use super::random::{Shape, ensemble, generator, rows};

fn explain(explainer: &TreeExplainer, rows: &Rows) -> Explanations {
    explainer.explain(rows, &mut |_| ControlFlow::Continue(())).unwrap().unwrap()
}

/// Whoever passes `n` tests gets 1, all others 0; at each test half of those who came stop. Features take turns.
fn chain(n: u32, n_features: u32) -> Ensemble {
    let mut nodes = Vec::new();
    for turn in 0..n {
        let at = nodes.len() as u32;
        let (feature, cover) = (turn % n_features, 0.5f64.powi(turn as i32));
        let test = Test::AtMost { threshold: 0.0, missing: Missing::Right };
        nodes.push(Node { cover, kind: NodeKind::Split { feature, test, left: at + 2, right: at + 1 } });
        nodes.push(Node { cover: 0.5 * cover, kind: NodeKind::Leaf(vec![0.0]) });
    }
    nodes.push(Node { cover: 0.5f64.powi(n as i32), kind: NodeKind::Leaf(vec![1.0]) });
    Ensemble {
        source: "chain".to_owned(),
        feature_names: (0..n_features).map(|at| at.to_string()).collect(),
        is_named: true,
        categories: Vec::new(),
        outputs: vec!["output".to_owned()],
        base: vec![0.0],
        rounds_to_f32: false,
        is_probability: false,
        trees: vec![Tree::new(nodes, 0).unwrap()],
        warnings: Vec::new(),
    }
}

#[test]
fn a_path_of_ninety_features_is_exact() {
    let n = 90;
    let model = chain(n, n);
    let passing = Rows::new(n as usize, vec![-1.0; n as usize]).unwrap();
    let failing = Rows::new(n as usize, vec![1.0; n as usize]).unwrap();
    let players = f64::from(n);
    // The integrals of (1/2) ((1 + q) / 2)^(n-1) and (1/4) ((1 + q) / 2)^(n-2); where nobody of the background passes,
    // it is the unanimity game of all.
    let single = (1.0 - 0.5f64.powi(n as i32)) / players;
    let pair = 0.5 * (1.0 - 0.5f64.powi(n as i32 - 1)) / (players - 1.0);
    for (found, single, pair) in [
        (explain(&TreeExplainer::path_dependent(&model, Index::Sii, 2).unwrap(), &passing), single, pair),
        (
            explain(&TreeExplainer::interventional(&model, Index::Sii, 2, &failing).unwrap(), &passing),
            1.0 / players,
            1.0 / (players - 1.0),
        ),
    ] {
        assert_eq!(found.sets.len(), 1 + 90 + 45 * 89);
        for (set, value) in found.sets.iter().zip(found.values(0, 0)).filter(|(set, _)| !set.is_empty()) {
            let expected = if set.len() == 1 { single } else { pair };
            assert!((value - expected).abs() <= 1e-14, "{:?}, {set:?}: {value} and {expected}", found.mode);
        }
    }
}

#[test]
fn a_thousand_levels_are_walked() {
    let model = chain(1000, 5);
    let passing = Rows::new(5, vec![-1.0; 5]).unwrap();
    let failing = Rows::new(5, vec![1.0; 5]).unwrap();
    // Nobody is left after a thousand halvings, so that both are the unanimity game of five.
    for explainer in [
        TreeExplainer::path_dependent(&model, Index::Sv, 1).unwrap(),
        TreeExplainer::interventional(&model, Index::Sv, 1, &failing).unwrap(),
    ] {
        for value in explain(&explainer, &passing).values(0, 0) {
            assert!((value - 0.2).abs() <= 1e-12, "{value}");
        }
    }
}

#[test]
fn thousands_of_features_cost_what_their_paths_cost() {
    let mut rng = generator(3);
    let shape = Shape { n_features: 9, n_outputs: 1, n_trees: 20, depth: 6 };
    let small = ensemble(&shape, &mut rng);
    let explained = rows(40, shape.n_features, &mut rng);
    // The same trees over every 500th of 5000 features.
    let spread = |tree: &Tree| {
        let mut nodes = tree.nodes().to_vec();
        for node in &mut nodes {
            if let NodeKind::Split { feature, .. } = &mut node.kind {
                *feature = 500 * *feature + 7;
            }
        }
        Tree::new(nodes, 0).unwrap()
    };
    let large = Ensemble {
        feature_names: (0..5000).map(|at| at.to_string()).collect(),
        trees: small.trees.iter().map(spread).collect(),
        ..small.clone()
    };
    let spread_row = |row: usize| {
        let mut values = vec![f64::NAN; 5000];
        explained.row(row).iter().enumerate().for_each(|(at, x)| values[500 * at + 7] = *x);
        values
    };
    let wide = Rows::new(5000, (0..explained.len()).flat_map(spread_row).collect()).unwrap();
    for (few, many) in [
        (
            TreeExplainer::path_dependent(&small, Index::KSii, 3).unwrap(),
            TreeExplainer::path_dependent(&large, Index::KSii, 3).unwrap(),
        ),
        (
            TreeExplainer::interventional(&small, Index::KSii, 3, &explained).unwrap(),
            TreeExplainer::interventional(&large, Index::KSii, 3, &wide).unwrap(),
        ),
    ] {
        let (few, many) = (explain(&few, &explained), explain(&many, &wide));
        let spread: Vec<Vec<u32>> = few.sets.iter().map(|set| set.iter().map(|at| 500 * at + 7).collect()).collect();
        assert_eq!(spread, many.sets);
        assert_eq!(few.values, many.values);
        assert_eq!(few.full, many.full);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 40, ..ProptestConfig::default() })]

    /// What an ensemble's trees have to say adds up, values of an efficient index add up to the prediction, and features
    /// that no tree looks at have none.
    #[test]
    fn trees_add_up(seed in any::<u64>(), depth in 1..12usize, n_features in 2..40usize, n_rows in 1..70usize) {
        let mut rng = generator(seed);
        let both = ensemble(&Shape { n_features, n_outputs: 2, n_trees: 2, depth }, &mut rng);
        let explained = rows(n_rows, n_features, &mut rng);
        let background = rows(5, n_features, &mut rng);
        let alone = [0, 1].map(|at| Ensemble { trees: vec![both.trees[at].clone()], base: vec![0.0; 2], ..both.clone() });
        for interventional in [false, true] {
            let explainer = |model| match interventional {
                true => TreeExplainer::interventional(model, Index::KSii, 2, &background).unwrap(),
                false => TreeExplainer::path_dependent(model, Index::KSii, 2).unwrap(),
            };
            let found = explain(&explainer(&both), &explained);
            let parts = alone.each_ref().map(|model| explain(&explainer(model), &explained));
            for (row, output) in (0..n_rows).flat_map(|row| [(row, 0), (row, 1)]) {
                let attribution = found.attribution(row, output);
                prop_assert!(attribution.efficiency_gap().abs() <= 1e-10, "{}", attribution.efficiency_gap());
                let parts = parts.each_ref().map(|part| part.attribution(row, output));
                for set in &found.sets {
                    let sum: f64 = parts.iter().map(|part| part.value(set)).sum();
                    prop_assert!((attribution.value(set) - sum).abs() <= 1e-10, "{set:?}");
                }
            }
        }
    }
}
