use einthoven_game::{Coalitions, Design, Draw, Game, GameFile, Kind};
use einthoven_shapley::{Method, permutation};

use crate::games::{errors, random_sparse, random_table, run, shared, simulate, smooth, truth};

#[test]
fn it_is_unbiased_at_any_budget() {
    // Means over 1000 seeds, in standard errors: their squares have mean one and, over players that sum to a constant,
    // stay below 2 unless there is a bias. The smallest budgets are where one would show.
    for (game, budget) in [
        (random_table(4, 2), 13),
        (random_table(5, 2), 6),
        (random_table(5, 2), 10),
        (smooth(8), 9),
        (smooth(8), 60),
        (random_table(8, 4), 200),
    ] {
        let n = game.n_players();
        let expected = truth(&game);
        let (mut sum, mut squares) = (vec![0.0; n], vec![0.0; n]);
        for seed in 0..1000 {
            let found = run(Method::Permutation, &game, budget, seed).player_values();
            for player in 0..n {
                let error = found[player] - expected[player];
                sum[player] += error;
                squares[player] += error * error;
            }
        }
        let score: f64 = (0..n).map(|player| sum[player] * sum[player] / squares[player]).sum::<f64>() / n as f64;
        assert!(score < 2.5, "{n} players, budget {budget}: {score}");
    }
}

#[test]
fn stated_errors_are_the_errors_that_are_made() {
    for (game, budget) in [(smooth(8), 171), (random_table(10, 1), 316), (random_sparse(12, &[1, 2, 3, 4], 30, 5), 850)]
    {
        let found = simulate(Method::Permutation, &game, budget, 400);
        let name =
            format!("{} players, budget {budget}: {:.3}, {:.3}", game.n_players(), found.calibration, found.coverage);
        // Stated larger by the ratio of the quantiles of Student's and the normal distribution, here to first order.
        let n = game.n_players();
        let pairs = permutation::design(n, budget, 1).unwrap().draws.len() / (2 * n);
        let student = 1.0 + (1.96f64.powi(2) + 1.0) / (4.0 * (pairs as f64 - 1.0));
        let calibration = found.calibration / student.powi(2);
        assert!((0.85..1.15).contains(&calibration), "{name}, {pairs} pairs");
        assert!((0.9..0.98).contains(&found.coverage), "{name}");
    }
}

#[test]
fn pair_effects_are_exact_in_one_pair_of_walks() {
    for n in [1, 2, 31, 32, 33, 64, 65, 1100] {
        let terms: Vec<_> = (0..n as u32)
            .map(|player| (if player == 0 { vec![0] } else { vec![player / 2, player] }, f64::from(player % 7) - 2.0))
            .collect();
        let game = GameFile::moebius(n, terms.clone()).unwrap();
        let found = run(Method::Permutation, &game, 2 * n, 3);
        assert!(errors(&found.player_values(), &shared(n, &terms)) < 1e-11, "{n} players");
        assert_eq!(found.evaluations, 2 * n);
    }
}

#[test]
fn one_pair_of_walks_has_no_error_to_state() {
    let found = run(Method::Permutation, &random_table(6, 1), 12, 1);
    assert_eq!(found.kind, Kind::Unbiased);
    assert!(found.terms.iter().all(|term| term.std_err.is_none()));
    assert!(found.warnings[0].contains("only one independent block"));
    let two = run(Method::Permutation, &random_table(2, 1), 4, 1);
    assert_eq!((two.kind, two.terms[0].std_err), (Kind::Exact, Some(0.0)));
    assert!(errors(&two.player_values(), &truth(&random_table(2, 1))) < 1e-15);
}

#[test]
fn single_walks_over_all_orders_have_the_values_as_their_mean() {
    let game = random_table(5, 7);
    let mut orders: Vec<Vec<usize>> = vec![Vec::new()];
    for player in 0..5 {
        let longer = |order: &Vec<usize>| {
            (0..=order.len()).map(|at| [&order[..at], &[player], &order[at..]].concat()).collect::<Vec<_>>()
        };
        orders = orders.iter().flat_map(longer).collect();
    }
    assert_eq!(orders.len(), 120);
    let mut mean = vec![0.0; 5];
    for order in &orders {
        let mut rows = Coalitions::new(5);
        rows.push_empty();
        rows.push_full();
        (1..5).for_each(|size| rows.push(order[..size].iter().copied()));
        let row = |size: usize| if size == 5 { 1 } else { size as u32 + 1 };
        let steps = order.iter().enumerate();
        let draws = steps.map(|(at, &role)| Draw { row: row(at + 1), role: role as u32, weight: 1.0, stratum: 0 });
        let design = Design { draws: draws.collect(), rows };
        let found = permutation::estimate(&design, &game.values(&design.rows).unwrap()).unwrap().remove(0);
        mean.iter_mut().zip(found.player_values()).for_each(|(mean, value)| *mean += value / 120.0);
    }
    assert!(errors(&mean, &truth(&game)) < 1e-14);
}

#[test]
fn below_two_coalitions_per_player_there_is_one_walk() {
    for n in [2, 3, 31, 32, 33, 120] {
        let pair = permutation::design(n, 2 * n, 5).unwrap();
        for budget in [n + 1, 2 * n - 1] {
            let single = permutation::design(n, budget, 5).unwrap();
            assert_eq!(single.rows.len(), n + 1);
            // The first walk of any larger budget.
            let roles = |design: &Design| design.draws[..n].iter().map(|draw| draw.role).collect::<Vec<_>>();
            assert_eq!(roles(&single), roles(&pair));
            let game = random_sparse(n, &[1, 2], 40, 3);
            let values = game.values(&single.rows).unwrap();
            let found = permutation::estimate(&single, &values).unwrap().remove(0);
            assert_eq!((found.kind, found.evaluations), (Kind::Unbiased, n + 1));
            assert!(found.warnings.is_empty() && found.terms.iter().all(|term| term.std_err.is_none()));
            assert!(found.efficiency_gap().abs() < 1e-12);
            // The first player in comes to nobody.
            let first = single.draws[0];
            let alone = values.get(first.row as usize, 0) - values.get(0, 0);
            assert_eq!(found.value(&[first.role]), alone);
        }
    }
    let design = permutation::design(6, 7, 1).unwrap();
    let mut broken = design.clone();
    broken.draws.swap(1, 2);
    let values = random_table(6, 1).values(&design.rows).unwrap();
    assert!(permutation::estimate(&broken, &values).is_err());
}

#[test]
fn every_walk_is_followed_by_its_reverse() {
    let n = 7;
    let design = permutation::design(n, 60, 5).unwrap();
    let walks: Vec<Vec<u32>> = design.draws.chunks(n).map(|walk| walk.iter().map(|draw| draw.role).collect()).collect();
    assert!(walks.len() >= 10 && walks.len().is_multiple_of(2));
    for (pair, walks) in walks.chunks(2).enumerate() {
        assert!(walks[0].iter().eq(walks[1].iter().rev()));
        let mut sorted = walks[0].clone();
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..n as u32));
        let strata = design.draws[2 * pair * n..2 * (pair + 1) * n].iter().map(|draw| draw.stratum as usize);
        assert!(strata.eq(std::iter::repeat_n(pair, 2 * n)));
    }
    // A larger budget begins with the walks of a smaller one.
    let larger = permutation::design(n, 80, 5).unwrap();
    assert_eq!(larger.draws[..design.draws.len()], design.draws);
}
