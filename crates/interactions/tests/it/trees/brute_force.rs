//! Values and interactions beside the definition of the game and of the index.

use std::ops::ControlFlow;

use einthoven_game::{Attribution, Index, indices};
use einthoven_interactions::trees::{Ensemble, Explanations, Rows, TreeExplainer};

use super::random::{Shape, ensemble, generator, interventional_table, path_dependent_table, rows};

/// Every index that follows from the game, with orders.
const ASKED: [(Index, usize); 20] = [
    (Index::Sv, 1),
    (Index::Bv, 1),
    (Index::Sii, 1),
    (Index::Sii, 3),
    (Index::Bii, 2),
    (Index::Chii, 2),
    (Index::KSii, 1),
    (Index::KSii, 2),
    (Index::KSii, 3),
    (Index::Stii, 2),
    (Index::Stii, 3),
    (Index::Fsii, 2),
    (Index::Fsii, 3),
    (Index::Fbii, 2),
    (Index::KaddShap, 2),
    (Index::KaddShap, 3),
    (Index::Moebius, 3),
    (Index::Moebius, 6),
    (Index::CoMoebius, 2),
    (Index::Fourier, 3),
];

fn explain(explainer: &TreeExplainer, rows: &Rows) -> Explanations {
    explainer.explain(rows, &mut |_| ControlFlow::Continue(())).unwrap().unwrap()
}

fn check(found: &Attribution, index: Index, order: usize, table: &[f64], what: &str) {
    let scale = table.iter().fold(1.0, |scale: f64, value| scale.max(value.abs()));
    let expected = indices::from_table(index, order, table).unwrap();
    for term in expected.iter().filter(|term| !term.players.is_empty() || found.min_order == 0) {
        let value = found.value(&term.players);
        assert!(
            (value - term.value).abs() <= 1e-9 * scale,
            "{what}, {index} of order {order}, {:?}: {value} and {}",
            term.players,
            term.value
        );
    }
    let known: Vec<&Vec<u32>> = expected.iter().map(|term| &term.players).collect();
    assert!(found.terms.iter().all(|term| known.contains(&&term.players)), "{what}, {index} of order {order}");
    assert!((found.baseline - table[0]).abs() <= 1e-12 * scale, "{what}: {} and {}", found.baseline, table[0]);
    let full = table[table.len() - 1];
    assert!((found.full - full).abs() <= 1e-12 * scale, "{what}: {} and {full}", found.full);
}

/// Ensembles from shallow ones with many rows, where all patterns are groups, to deep ones with few.
fn each_ensemble(run: impl Fn(u64, &Ensemble, &Rows, &Rows)) {
    for seed in 0..50 {
        let mut rng = generator(seed);
        let at = seed as usize;
        let shape =
            Shape { n_features: 3 + at % 10, n_outputs: 1 + at % 3, n_trees: 3, depth: [2, 4, 7, 14][at / 2 % 4] };
        let shape = Shape { depth: shape.depth.min(if shape.n_features > 8 { 7 } else { 10 }), ..shape };
        let ensemble = ensemble(&shape, &mut rng);
        let explained = rows([1, 5, 100][at % 3], shape.n_features, &mut rng);
        let background = rows([1, 7, 40][at / 3 % 3], shape.n_features, &mut rng);
        run(seed, &ensemble, &explained, &background);
    }
}

#[test]
fn path_dependent_values_are_those_of_the_definition() {
    each_ensemble(|seed, ensemble, rows, _| {
        let last = rows.len() - 1;
        let tables = [0, last].map(|row| {
            let table = |output| path_dependent_table(ensemble, rows.row(row), output);
            (row, (0..ensemble.outputs.len()).map(table).collect::<Vec<_>>())
        });
        for (index, order) in ASKED.into_iter().filter(|(_, order)| *order <= ensemble.n_features()) {
            let found = explain(&TreeExplainer::path_dependent(ensemble, index, order).unwrap(), rows);
            for (row, tables) in &tables {
                for (output, table) in tables.iter().enumerate() {
                    check(
                        &found.attribution(*row, output),
                        index,
                        order,
                        table,
                        &format!("ensemble {seed}, row {row}"),
                    );
                }
            }
        }
    });
}

#[test]
fn interventional_values_are_those_of_the_definition() {
    each_ensemble(|seed, ensemble, rows, background| {
        let row = rows.len() - 1;
        let table = |output| interventional_table(ensemble, rows.row(row), background, output);
        let tables: Vec<Vec<f64>> = (0..ensemble.outputs.len()).map(table).collect();
        for (index, order) in ASKED.into_iter().filter(|(_, order)| *order <= ensemble.n_features()) {
            let found = explain(&TreeExplainer::interventional(ensemble, index, order, background).unwrap(), rows);
            for (output, table) in tables.iter().enumerate() {
                check(&found.attribution(row, output), index, order, table, &format!("ensemble {seed}"));
            }
        }
    });
}

#[test]
fn few_rows_and_many_have_the_same_values() {
    // Tables of all patterns serve many rows, pairs of groups few.
    each_ensemble(|seed, ensemble, rows, background| {
        for (index, order) in [(Index::Sii, 3), (Index::Stii, 2), (Index::CoMoebius, 2)] {
            for explainer in [
                TreeExplainer::path_dependent(ensemble, index, order).unwrap(),
                TreeExplainer::interventional(ensemble, index, order, background).unwrap(),
            ] {
                let all = explain(&explainer, rows);
                for row in [0, rows.len() / 2, rows.len() - 1] {
                    let one = explain(&explainer, &rows.slice(row, row + 1));
                    for output in 0..ensemble.outputs.len() {
                        for (a, b) in one.values(0, output).iter().zip(all.values(row, output)) {
                            assert!((a - b).abs() <= 1e-12, "ensemble {seed}, {index}, row {row}: {a} and {b}");
                        }
                    }
                }
            }
        }
    });
}

#[test]
fn threads_change_no_bit() {
    let mut rng = generator(7);
    let shape = Shape { n_features: 20, n_outputs: 2, n_trees: 70, depth: 9 };
    let ensemble = ensemble(&shape, &mut rng);
    let explained = rows(1500, shape.n_features, &mut rng);
    let background = rows(9, shape.n_features, &mut rng);
    let explainers = [
        TreeExplainer::path_dependent(&ensemble, Index::Sv, 1).unwrap(),
        TreeExplainer::interventional(&ensemble, Index::Sv, 1, &background).unwrap(),
    ];
    for explainer in explainers {
        let found = [1, 2, 5].map(|n_threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            pool.install(|| explain(&explainer, &explained)).values
        });
        assert!(found[0] == found[1] && found[0] == found[2]);
    }
}
