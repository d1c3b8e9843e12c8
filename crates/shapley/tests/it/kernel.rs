use einthoven_game::{Game, GameFile, Kind};
use einthoven_shapley::{Error, Method, kernel};
use proptest::prelude::*;

use crate::games::{errors, random_sparse, random_table, run, shared, simulate, smooth, truth};

#[test]
fn the_full_budget_is_exact() {
    for n in 1..=12 {
        for game in [random_table(n, 7), smooth_or_table(n)] {
            let found = run(Method::Kernel, &game, 1 << n, 1);
            assert_eq!((found.kind, found.evaluations, found.method.as_str()), (Kind::Exact, 1 << n, "kernel"));
            let error = errors(&found.player_values(), &truth(&game));
            assert!(error < 1e-12, "{n} players: {error}");
            assert!(found.terms.iter().all(|term| term.std_err == Some(0.0)));
        }
    }
}

fn smooth_or_table(n: usize) -> GameFile {
    if n >= 6 { smooth(n) } else { random_table(n, 8) }
}

#[test]
fn pair_effects_are_exact_at_any_budget() {
    // Any design of full rank will do, enumerated or drawn; 33 and 65 players cross the words.
    for (n, budget) in [(5, 22), (10, 82), (10, 300), (33, 134), (65, 262), (120, 1000)] {
        for seed in 0..3 {
            let terms = quadratic(n, seed);
            let game = GameFile::moebius(n, terms.clone()).unwrap();
            let found = run(Method::Kernel, &game, budget, seed);
            let error = errors(&found.player_values(), &shared(n, &terms));
            assert!(error < 1e-10, "{n} players: {error}");
            // No residual, no error.
            assert!(found.terms.iter().all(|term| term.std_err.unwrap() < 1e-10));
        }
    }
}

/// Coefficients of single players and of pairs.
fn quadratic(n: usize, seed: u64) -> Vec<(Vec<u32>, f64)> {
    let value = |a: usize, b: usize| ((a * 31 + b * 17 + seed as usize * 7) % 23) as f64 / 23.0 - 0.4;
    let singles = (0..n).map(|player| (vec![player as u32], value(player, 0)));
    let pairs = (1..n).map(|player| (vec![(player / 2) as u32, player as u32], value(player, 1)));
    singles.chain(pairs).chain([(vec![], 3.0)]).collect()
}

#[test]
fn a_thousand_players_give_finite_numbers() {
    let terms = quadratic(1100, 1);
    let game = GameFile::moebius(1100, terms.clone()).unwrap();
    let found = run(Method::Kernel, &game, kernel::safe_budget(1100), 1);
    assert!(errors(&found.player_values(), &shared(1100, &terms)) < 1e-8);
    let sparse = random_sparse(1100, &[3, 5], 50, 2);
    let found = run(Method::Kernel, &sparse, 6000, 1);
    assert!(found.terms.iter().all(|term| term.value.is_finite() && term.std_err.unwrap() > 0.0));
    assert!(found.efficiency_gap().abs() < 1e-9);
}

#[test]
fn stated_errors_are_the_errors_that_are_made() {
    // 400 seeds: the mean of a squared error has a relative spread of about sqrt(2 / 400 / players), some 3 %, more
    // with correlated players. The correction for leverage is known to overstate when pairs are few per player.
    for (game, budget, low, high) in [
        (smooth(8), 171, 0.85, 1.15),
        (smooth(12), 112, 0.95, 1.45),
        (smooth(12), 512, 0.85, 1.15),
        (random_table(10, 1), 211, 0.85, 1.15),
        (random_table(12, 1), 1912, 0.85, 1.15),
        // Nearly all coalitions: the correction for pairs that cannot be drawn anew carries the day.
        (smooth(12), 4000, 0.85, 1.15),
        (random_sparse(12, &[1, 2, 3, 4], 30, 5), 2868, 0.85, 1.15),
    ] {
        let found = simulate(Method::Kernel, &game, budget, 400);
        let name =
            format!("{} players, budget {budget}: {:.3}, {:.3}", game.n_players(), found.calibration, found.coverage);
        assert!((low..high).contains(&found.calibration), "{name}");
        assert!((0.92..0.98).contains(&found.coverage), "{name}");
    }
}

#[test]
fn the_estimate_is_consistent() {
    // The bias is of smaller order than the error: at eight times the pairs per player its share of the mean squared
    // error is below one in twenty; and the error falls at least as fast as one over the budget.
    let game = smooth(12);
    let results = [128, 512, 2048].map(|budget| simulate(Method::Kernel, &game, budget, 400));
    let share = |z: &[f64]| z.iter().map(|z| z * z).sum::<f64>() / z.len() as f64 / 400.0;
    assert!(share(&results[1].z) < 0.05, "{}", share(&results[1].z));
    assert!(share(&results[2].z) < 0.05, "{}", share(&results[2].z));
    assert!(results[0].relative_squared_error > 4.0 * results[1].relative_squared_error);
    assert!(results[1].relative_squared_error > 4.0 * results[2].relative_squared_error);
}

#[test]
fn it_beats_permutations_at_equal_budget() {
    for (game, budget) in [(smooth(10), 128), (smooth(12), 512), (random_table(10, 3), 512)] {
        let kernel = simulate(Method::Kernel, &game, budget, 100).relative_squared_error;
        let permutation = simulate(Method::Permutation, &game, budget, 100).relative_squared_error;
        assert!(kernel < permutation, "{kernel} against {permutation}");
    }
}

#[test]
fn too_few_pairs_are_an_honest_no() {
    // Nine pairs for nine free directions are seldom independent; where they are, the fit leaves nothing to judge by.
    let game = random_table(10, 1);
    let (mut failures, mut without) = (0, 0);
    for seed in 0..200 {
        let design = kernel::design(10, 20, seed).unwrap();
        match kernel::estimate(&design, &game.values(&design.rows).unwrap()) {
            Ok(found) => {
                assert!(found[0].terms.iter().all(|term| term.std_err.is_none()));
                assert_eq!(found[0].warnings.len(), 1);
                without += 1;
            }
            Err(Error::Rank { rank, needed: 9, safe_budget: 82, .. }) if rank < 9 => failures += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(failures > 0 && without > 0, "{failures} failures, {without} fits");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn axioms_hold_at_any_budget(n in 4usize..11, extra in 0usize..200, seed in any::<u64>()) {
        let n_inner = n - 1;
        // The last player adds 5 to whatever the others make: its value is 5 exactly, and the sum is right.
        let inner = random_table(n_inner, seed);
        let rows = einthoven_game::exact::design(n_inner).unwrap().rows;
        let values = inner.values(&rows).unwrap();
        let mut table = vec![0.0; 1 << n];
        for (row, coalition) in rows.iter().enumerate() {
            let mask = coalition.words()[0] as usize;
            table[mask] = values.get(row, 0);
            table[mask | 1 << n_inner] = values.get(row, 0) + 5.0;
        }
        let game = GameFile::table(n, 1, table).unwrap();
        let budget = kernel::safe_budget(n) + extra;
        let found = run(Method::Kernel, &game, budget, seed);
        prop_assert!(found.efficiency_gap().abs() < 1e-10);
        prop_assert!(found.evaluations <= budget);
        let error = (found.terms[n - 1].value - 5.0).abs();
        prop_assert!(error <= 8.0 * found.terms[n - 1].std_err.unwrap() + 1e-9, "{error}");
    }
}

#[test]
fn exact_is_said_only_of_what_is_exact() {
    // At every budget, those at which the enumerated sizes use it up among them.
    for n in 2..=7 {
        let game = random_table(n, 11);
        let truth = truth(&game);
        for budget in (kernel::smallest_budget(n)..=1 << n).step_by(2) {
            let design = kernel::design(n, budget, 3).unwrap();
            let values = game.values(&design.rows).unwrap();
            let found = match kernel::estimate(&design, &values) {
                Ok(mut found) => found.remove(0),
                Err(Error::Rank { .. }) => continue,
                Err(error) => panic!("{n} players, budget {budget}: {error}"),
            };
            let error = errors(&found.player_values(), &truth);
            let complete = design.rows.len() == 1 << n;
            assert_eq!(found.kind == Kind::Exact, complete, "{n} players, budget {budget}");
            assert!(!complete || error < 1e-12, "{n} players, budget {budget}: {error}");
            // A value that is off is never given as certain.
            let certain = found.terms.iter().all(|term| term.std_err == Some(0.0));
            assert_eq!(certain, complete, "{n} players, budget {budget}");
        }
    }
}
