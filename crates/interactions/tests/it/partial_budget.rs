//! What holds with some of the coalitions.

use einthoven_game::{Game, GameFile, Index, games};
use einthoven_interactions::{Method, Request};

use crate::common::{exact_terms, largest_error, table};

fn error(method: Method, index: Index, order: usize, game: &dyn Game, budget: usize, seed: u64) -> f64 {
    let request = Request::new(index, order, game.n_players(), budget, seed);
    let design = method.design(&request).unwrap();
    let values = game.values(&design.rows).unwrap();
    let found = method.estimate(&request, &design, &values).unwrap().remove(0);
    largest_error(&found, &exact_terms(index, order, &table(game, 0)))
}

#[test]
fn regressions_are_exact_for_polynomials() {
    // 56 unknowns of order two, 46 of them even.
    let game = games::random_moebius(10, 30, 2, 1).unwrap();
    let indices = [Index::Fsii, Index::Fbii, Index::Sii, Index::KSii, Index::Stii, Index::Bii, Index::Chii];
    for seed in 0..5 {
        for index in indices {
            let error = error(Method::Regression, index, 2, &game, 140, seed);
            assert!(error < 1e-9, "{index}, seed {seed}: {error:e}");
        }
        for (method, index) in [
            (Method::Kadd, Index::KaddShap),
            (Method::KernelShapIq, Index::KSii),
            (Method::KernelShapIqInconsistent, Index::KSii),
        ] {
            let error = error(method, index, 2, &game, 140, seed);
            assert!(error < 1e-9, "{method}, seed {seed}: {error:e}");
        }
    }
}

#[test]
fn what_depends_on_sizes_alone_is_exact() {
    // Two pairs of each size at least.
    let sizes = |mask: u32| (f64::from(mask.count_ones()) * 1.3).sin();
    let game = GameFile::table(9, 1, (0..1 << 9).map(sizes).collect()).unwrap();
    for index in [Index::KSii, Index::Stii, Index::Fsii, Index::Chii, Index::JointSv] {
        for seed in 0..5 {
            for method in [Method::ShapIq, Method::SvarmIq] {
                let error = error(method, index, 3, &game, 120, seed);
                assert!(error < 1e-9, "{method}, {index}, seed {seed}: {error:e}");
            }
        }
    }
}

#[test]
fn faithful_interactions_add_up() {
    for (method, index) in [(Method::Regression, Index::Fsii), (Method::KernelShapIqInconsistent, Index::KSii)] {
        let game = games::random_table(9, 4).unwrap();
        let request = Request::new(index, 2, 9, 160, 3);
        let design = method.design(&request).unwrap();
        let values = game.values(&design.rows).unwrap();
        let found = method.estimate(&request, &design, &values).unwrap().remove(0);
        assert!(found.efficiency_gap().abs() < 1e-9, "{method}: {}", found.efficiency_gap());
    }
}
