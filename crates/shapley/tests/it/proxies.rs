//! Estimators that lean on boosted trees, and LIME.

use einthoven_fit::trees::{Params, fit};
use einthoven_game::{Game, GameFile, Index, Kind};
use einthoven_shapley::{Method, Request};

use crate::games::{errors, random_sparse, random_table, run, simulate, smooth};

#[test]
fn corrected_trees_are_right_on_average() {
    // Each class that is not enumerated has a pair for each fold.
    for (game, budget) in
        [(smooth(10), 400), (random_table(8, 3), 140), (random_sparse(12, &[1, 2, 3, 4, 5], 30, 5), 300)]
    {
        let name = format!("{} players", game.n_players());
        assert_eq!(run(Method::RegressionMsr, &game, budget, 1).kind, Kind::Unbiased, "{name}");
        let found = simulate(Method::RegressionMsr, &game, budget, 400);
        let worst = found.z.iter().fold(0.0f64, |worst, z| worst.max(z.abs()));
        assert!(worst <= 4.5, "{name}: a mean error of {worst} standard errors");
        assert!((0.90..=0.99).contains(&found.coverage), "{name}: coverage {}", found.coverage);
    }
}

#[test]
fn sizes_too_thin_for_all_folds_are_said_to_be() {
    let found = run(Method::RegressionMsr, &random_sparse(40, &[1, 2, 3], 30, 1), 100, 1);
    assert_eq!(found.kind, Kind::Consistent);
    assert!(found.warnings.iter().any(|warning| warning.contains("fewer than 5 pairs")), "{:?}", found.warnings);
}

/// A game of few interactions, which trees and sparse regressions find and additive ones cannot.
#[test]
fn interactions_of_three_are_found() {
    let n = 40;
    let terms = (0..6).map(|at| (vec![at, at + 12, at + 24], 1.0 + f64::from(at) / 6.0));
    let game = GameFile::moebius(n, terms.chain((0..40).map(|at| (vec![at], 0.1))).collect()).unwrap();
    let expected: Vec<f64> = (0..n)
        .map(|at| 0.1 + if at % 12 < 6 && at < 30 { (1.0 + (at % 12) as f64 / 6.0) / 3.0 } else { 0.0 })
        .collect();
    let error = |method| {
        let found = run(method, &game, 4000, 3).player_values();
        let squares: f64 = found.iter().zip(&expected).map(|(found, expected)| (found - expected).powi(2)).sum();
        squares / expected.iter().map(|value| value * value).sum::<f64>()
    };
    let kernel = error(Method::Kernel);
    for method in [Method::OddShap, Method::ProxyShap, Method::RegressionMsr] {
        assert!(error(method) < kernel / 4.0, "{method}: {}, kernel {kernel}", error(method));
    }
    assert!(error(Method::OddShap) < 1e-20, "the six sets and no more: {}", error(Method::OddShap));
}

#[test]
fn few_evaluations_are_spent_on_the_players_that_matter() {
    // Four of sixty players matter; 240 evaluations are enough for 24.
    let n = 60;
    let terms = vec![(vec![3], 2.0), (vec![17], -1.5), (vec![40], 1.0), (vec![3, 17, 40, 55], 1.0)];
    let game = GameFile::moebius(n, terms).unwrap();
    let mut expected = vec![0.0; n];
    (expected[3], expected[17], expected[40], expected[55]) = (2.25, -1.25, 1.25, 0.25);
    let found = run(Method::OddShap, &game, 240, 1);
    assert!(found.warnings.iter().any(|warning| warning.contains("enough for 24 players")), "{:?}", found.warnings);
    assert!((found.player_values().iter().sum::<f64>() - 2.5).abs() < 1e-9, "they add up to the total");
    assert!(found.terms.iter().filter(|term| term.value == 0.0).count() >= n - 24);
    assert!(errors(&found.player_values(), &expected) < 0.2, "{:?}", found.player_values());
    // Enough for all: nobody is left out.
    assert!(run(Method::OddShap, &game, 1000, 1).warnings.is_empty());
}

/// What trees say of the whole game is what ProxySHAP says where they are right.
#[test]
fn trees_that_know_the_game_need_no_correction() {
    let game = GameFile::moebius(30, vec![(vec![2], 1.0), (vec![5, 9], -2.0)]).unwrap();
    let found = run(Method::ProxyShap, &game, 600, 1);
    let design = Method::ProxyShap.design(&Request::new(30, 600, 1)).unwrap();
    let values = game.values(&design.rows).unwrap();
    let rows: Vec<u32> = (0..design.rows.len() as u32).collect();
    let trees = fit(&design.rows, &rows, values.as_slice(), &Params { min_rows: 12, ..Params::default() });
    assert!(errors(&found.player_values(), &trees.shapley()) < 0.02);
    let mut expected = vec![0.0; 30];
    (expected[2], expected[5], expected[9]) = (1.0, -1.0, -1.0);
    assert!(errors(&found.player_values(), &expected) < 0.02);
}

#[test]
fn lime_is_the_ridge_regression_that_it_says_it_is() {
    // On an additive game the regression is exact but for its penalty, which shrinks less the more rows there are.
    let coefficients = [1.0, -2.0, 0.5, 3.0, 0.0, -0.25];
    let terms = coefficients.iter().enumerate().map(|(at, value)| (vec![at as u32], *value));
    let game = GameFile::moebius(6, terms.collect()).unwrap();
    let found = run(Method::Lime, &game, 64, 1);
    assert_eq!((found.kind, found.index), (Kind::Biased, Index::Lime));
    assert!(found.warnings.iter().any(|warning| warning.contains("no Shapley values")));
    // By hand: weights, centred, (X'WX + 1) b = X'Wy.
    let weight = |mask: u32| {
        let distance = 1.0 - (f64::from(mask.count_ones()) / 6.0).sqrt();
        (-distance * distance / 0.125).exp()
    };
    let bit = |mask: u32, at: usize| f64::from(mask >> at & 1);
    let value = |mask: u32| (0..6).map(|at| bit(mask, at) * coefficients[at]).sum::<f64>();
    let total: f64 = (0..64).map(weight).sum();
    let mean = |of: &dyn Fn(u32) -> f64| (0..64).map(|mask| weight(mask) * of(mask)).sum::<f64>() / total;
    let means: Vec<f64> = (0..6).map(|at| mean(&|mask| bit(mask, at))).collect();
    let centre = mean(&value);
    let residual = |at: usize| -> f64 {
        let rest = |mask: u32| {
            let fitted: f64 =
                found.player_values().iter().enumerate().map(|(other, b)| b * (bit(mask, other) - means[other])).sum();
            value(mask) - centre - fitted
        };
        let moment: f64 = (0..64).map(|mask| weight(mask) * (bit(mask, at) - means[at]) * rest(mask)).sum();
        moment - found.player_values()[at]
    };
    for at in 0..6 {
        assert!(residual(at).abs() < 1e-9, "player {at}: {}", residual(at));
    }
}
