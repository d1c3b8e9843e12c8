//! Control variates: a surrogate is taken out before and put back after.

use einthoven_game::{Attribution, Game, GameFile};
use einthoven_shapley::{Control, Method, Request};

use crate::games::{errors, random_sparse, run, shared, simulate_for};

/// Many single effects, a few of pairs and threes.
fn game(n: usize) -> (GameFile, Vec<f64>) {
    let single = |at: u32| (vec![at], f64::from(at % 7) - 3.0);
    let terms: Vec<(Vec<u32>, f64)> = (0..n as u32)
        .map(single)
        .chain([(vec![0, 3], 0.5), (vec![1, 4, 7], -0.4), (vec![2, 5, 8, 9], 0.3), (vec![0, 1, 2], 0.6)])
        .collect();
    let truth = shared(n, &terms);
    (GameFile::moebius(n, terms).unwrap(), truth)
}

/// The single effects as an attribution.
fn surrogate(n: usize) -> Attribution {
    let terms = (0..n as u32).map(|at| (vec![at], f64::from(at % 7) - 3.0)).collect();
    run(Method::Kernel, &GameFile::moebius(n, terms).unwrap(), 8 * n, 1)
}

fn controlled(method: Method, game: &GameFile, budget: usize, seed: u64, control: &Control) -> Attribution {
    let design = method.design(&Request::new(game.n_players(), budget, seed)).unwrap();
    method.estimate_with(Some(control), &design, &game.values(&design.rows).unwrap()).unwrap().remove(0)
}

#[test]
fn what_is_known_need_not_be_sampled() {
    let n = 12;
    let (game, truth) = game(n);
    let control = Control::new(&[surrogate(n)]).unwrap();
    for method in [Method::UnbiasedKernel, Method::Svarm] {
        let plain = simulate_for(&truth, 400, |seed| run(method, &game, 200, seed));
        let less = simulate_for(&truth, 400, |seed| controlled(method, &game, 200, seed, &control));
        let worst = less.z.iter().fold(0.0f64, |worst, z| worst.max(z.abs()));
        assert!(worst <= 4.5, "{method}: a mean error of {worst} standard errors");
        assert!(
            less.relative_squared_error < plain.relative_squared_error / 20.0,
            "{method}: {} with, {} without",
            less.relative_squared_error,
            plain.relative_squared_error
        );
        assert!((0.90..=0.99).contains(&less.coverage), "{method}: {}", less.coverage);
    }
    // Regressions and marginal contributions are exact on additive games: nothing is gained, nothing lost.
    for method in [Method::Kernel, Method::Permutation, Method::Stratified, Method::Owen] {
        let (without, with) = (run(method, &game, 200, 3), controlled(method, &game, 200, 3, &control));
        assert!(errors(&without.player_values(), &with.player_values()) < 1e-9, "{method}");
    }
}

#[test]
fn a_poor_surrogate_costs_variance_and_no_truth() {
    let n = 10;
    let terms = random_sparse(n, &[1, 2, 3], 30, 8);
    let truth = crate::games::truth(&terms);
    let poor = run(Method::Kernel, &GameFile::moebius(n, vec![(vec![3], 4.0)]).unwrap(), 80, 1);
    let control = Control::new(&[poor]).unwrap();
    let found = simulate_for(&truth, 400, |seed| controlled(Method::UnbiasedKernel, &terms, 200, seed, &control));
    assert!(found.z.iter().all(|z| z.abs() <= 4.5), "{:?}", found.z);
    let whole = controlled(Method::UnbiasedKernel, &terms, 1 << n, 1, &control);
    assert!(errors(&whole.player_values(), &truth) < 1e-9);
    // Baseline and full value are those of the game.
    let plain = run(Method::UnbiasedKernel, &terms, 1 << n, 1);
    assert!((whole.full - plain.full).abs() < 1e-12 && (whole.baseline - plain.baseline).abs() < 1e-12);
}

#[test]
fn surrogates_that_do_not_fit_are_refused() {
    let control = Control::new(&[surrogate(12)]).unwrap();
    let (game, _) = game(13);
    let design = Method::Kernel.design(&Request::new(13, 200, 1)).unwrap();
    let values = game.values(&design.rows).unwrap();
    assert!(control.subtract(&design.rows, &values).unwrap_err().to_string().contains("12 players"));
    assert!(Control::new(&[]).unwrap_err().to_string().contains("there is none"));
    assert!(Control::new(&[surrogate(12), surrogate(13)]).unwrap_err().to_string().contains("differ"));
    for (n_players, numbers) in [(12, 30), (12, 0), (0, 12)] {
        let refused = Control::of_players(n_players, vec![1.0; numbers]).unwrap_err().to_string();
        assert!(refused.contains(&format!("{n_players} players: found {numbers} numbers")), "{refused}");
    }
    let mut infinite = surrogate(12);
    infinite.terms[4].value = f64::NAN;
    assert!(Control::new(&[infinite]).unwrap_err().to_string().contains("player 4"));
    let mut lime = vec![run(Method::Lime, &random_sparse(12, &[1], 12, 1), 100, 1)];
    assert!(control.add_back(&mut lime).unwrap_err().to_string().contains("LIME"));
}

#[test]
fn methods_say_whether_a_control_variate_changes_anything() {
    let (game, _) = game(12);
    let control = Control::new(&[surrogate(12)]).unwrap();
    for method in Method::ALL {
        // Players without a tree, another index, and a name for others.
        if matches!(method, Method::HierarchicalOwen | Method::Lime | Method::Auto) {
            continue;
        }
        let budget = if method == Method::Exact { 1 << 12 } else { 200 };
        let (without, with) = (run(method, &game, budget, 3), controlled(method, &game, budget, 3, &control));
        let difference = errors(&without.player_values(), &with.player_values());
        assert_eq!(difference > 1e-9, method.changes_with_control(), "{method}: {difference}");
    }
}
