use einthoven_game::games::{self, ClosedForm};
use einthoven_game::{Coalitions, Game, exact};
use proptest::prelude::*;

use crate::tables::close;

/// Plays the game and compares with its values, by the definition.
fn check(what: &str, game: &ClosedForm) {
    let n = game.n_players();
    let rows = exact::design(n).unwrap();
    let values = game.values(&rows.rows).unwrap();
    let found = exact::estimate(&rows, &values).unwrap()[0].player_values();
    close(&format!("{what}: shapley"), game.shapley(), &found, 1e-12);
    let all = Coalitions::from_words(n, (0..1u32 << n).collect()).unwrap();
    let table = game.values(&all).unwrap().output(0);
    let mean = |player: usize| -> f64 {
        let without = (0..table.len()).filter(|mask| mask >> player & 1 == 0);
        without.map(|mask| table[mask | 1 << player] - table[mask]).sum::<f64>() * 2.0 / table.len() as f64
    };
    let banzhaf: Vec<f64> = (0..n).map(mean).collect();
    close(&format!("{what}: banzhaf"), game.banzhaf(), &banzhaf, 1e-12);
}

#[test]
fn closed_forms_are_what_enumeration_finds() {
    for n in 1..=12usize {
        let last = n as u32 - 1;
        check("unanimity", &games::unanimity(n, (last / 2..=last).collect()).unwrap());
        check("linear", &games::linear(&(0..n).map(|i| i as f64 - 2.5).collect::<Vec<f64>>()).unwrap());
        check("parity", &games::parity(n).unwrap());
        check("airport", &games::airport(&(0..n).map(|i| (i * 7 % 5) as f64).collect::<Vec<f64>>()).unwrap());
        check("moebius", &games::random_moebius(n, 20, n, 3).unwrap());
        check("fourier", &games::random_fourier(n, 20, n, 3).unwrap());
        check("table", &games::random_table(n, 3).unwrap());
        for n_left in 0..=n {
            check(&format!("{n_left} of {n} gloves"), &games::glove(n_left, n - n_left).unwrap());
        }
        if n > 1 {
            check("dummy", &games::dummy(n, [0, last]).unwrap());
        }
    }
    let sum = vec![(vec![], 4.0), (vec![2, 0], 1.0), (vec![1, 2, 5], -3.0), (vec![5], 0.5)];
    check("sum", &games::unanimity_sum(7, sum.clone()).unwrap());
    check("spectrum", &games::sparse_fourier(7, sum).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn votes_are_counted(weights in prop::collection::vec(0u32..12, 1..=11), part in 0.0..1.1f64) {
        let quota = (weights.iter().sum::<u32>() as f64 * part) as u64;
        check("voting", &games::weighted_voting(&weights, quota).unwrap());
    }
}

#[test]
fn known_votes_and_gloves() {
    // Weights 4, 3, 2, 1, quota 6: of 24 orders, 10, 6, 6 and 2 turn on each.
    let vote = games::weighted_voting(&[4, 3, 2, 1], 6).unwrap();
    close("power", vote.shapley(), &[10.0 / 24.0, 6.0 / 24.0, 6.0 / 24.0, 2.0 / 24.0], 1e-13);
    close("swings", vote.banzhaf(), &[5.0 / 8.0, 3.0 / 8.0, 3.0 / 8.0, 1.0 / 8.0], 1e-13);
    let gloves = games::glove(1, 2).unwrap();
    close("gloves", gloves.shapley(), &[2.0 / 3.0, 1.0 / 6.0, 1.0 / 6.0], 1e-14);
}

#[test]
fn ten_thousand_players_are_finite_and_efficient() {
    let n = 10_000;
    let costs: Vec<f64> = (0..n).map(|player| (player * 37 % 1001) as f64).collect();
    let weights: Vec<f64> = (0..n).map(|player| (player as f64).sin()).collect();
    let big = [
        ("airport", games::airport(&costs).unwrap()),
        ("linear", games::linear(&weights).unwrap()),
        ("parity", games::parity(n - 1).unwrap()),
        ("glove", games::glove(n / 2 - 5, n / 2 + 5).unwrap()),
        ("gloves", games::glove(9000, 1000).unwrap()),
        ("dummy", games::dummy(n, [3, 9999]).unwrap()),
        ("unanimity", games::unanimity(n, (0..5000).collect()).unwrap()),
        ("moebius", games::random_moebius(n, 200, 3000, 1).unwrap()),
        ("fourier", games::random_fourier(n, 200, 3000, 1).unwrap()),
    ];
    for (what, game) in &big {
        let mut rows = Coalitions::new(game.n_players());
        rows.push_empty();
        rows.push_full();
        let values = game.values(&rows).unwrap();
        let worth = values.get(1, 0) - values.get(0, 0);
        let sum: f64 = game.shapley().iter().sum();
        assert!((sum - worth).abs() < 1e-9 * worth.abs().max(1.0), "{what}: {sum} instead of {worth}");
        assert!(game.shapley().iter().chain(game.banzhaf()).all(|value| value.is_finite()), "{what}");
    }
    // A glove of two sides almost alike makes a pair about every other time.
    let (_, gloves) = &big[3];
    assert!((gloves.banzhaf()[0] + gloves.banzhaf()[n - 1] - 1.0).abs() < 1e-12);
    assert!(gloves.shapley()[0] > 0.5 && gloves.shapley()[n - 1] < 0.5);
}

#[test]
fn a_large_vote_adds_up() {
    let weights: Vec<u32> = (0..201).map(|player| 1 + player * player % 13).collect();
    let total: u32 = weights.iter().sum();
    let game = games::weighted_voting(&weights, u64::from(total / 2 + 1)).unwrap();
    assert!((game.shapley().iter().sum::<f64>() - 1.0).abs() < 1e-11);
    // More votes, more power.
    for (one, &weight) in weights.iter().enumerate() {
        for (other, _) in weights.iter().enumerate().filter(|(_, other)| **other < weight) {
            assert!(game.shapley()[one] > game.shapley()[other] && game.banzhaf()[one] > game.banzhaf()[other]);
        }
    }
}

#[test]
fn the_same_seed_draws_the_same_game() {
    assert_eq!(games::random_moebius(50, 9, 6, 1).unwrap(), games::random_moebius(50, 9, 6, 1).unwrap());
    assert_ne!(games::random_moebius(50, 9, 6, 1).unwrap(), games::random_moebius(50, 9, 6, 2).unwrap());
    assert_ne!(games::random_table(5, 1).unwrap(), games::random_table(5, 2).unwrap());
    let print = |game: ClosedForm| {
        let mut rows = Coalitions::new(game.n_players());
        rows.push_full();
        game.values(&rows).unwrap().fingerprint
    };
    assert_ne!(print(games::glove(2, 3).unwrap()), print(games::glove(3, 2).unwrap()));
    assert_ne!(print(games::airport(&[1.0, 2.0]).unwrap()), print(games::airport(&[1.0, 3.0]).unwrap()));
}

#[test]
fn games_that_make_no_sense_are_refused() {
    let told = |game: einthoven_game::Result<ClosedForm>, told: &str| {
        let error = game.unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    };
    told(games::airport(&[]), "at least one cost");
    told(games::airport(&[1.0, -1.0]), "player 1");
    told(games::airport(&[f64::NAN]), "player 0");
    told(games::glove(0, 0), "at least one player");
    told(games::weighted_voting(&[], 1), "at least one weight");
    told(games::weighted_voting(&[u32::MAX], 1), "a sum of at most");
    told(games::weighted_voting(&[900; 2000], 1), "found 2000 weights with sum 1800000");
    told(games::unanimity(3, vec![3]), "`moebius[0]`");
    told(games::dummy(3, [1, 1]), "`moebius[3]`");
    told(games::linear(&[]), "`n_players`");
    told(games::parity(0), "`n_players`");
    told(games::random_moebius(3, 1, 4, 0), "from 1 to 3");
    told(games::random_fourier(3, 1, 0, 0), "from 1 to 3");
    told(games::random_table(25, 0), "from 1 to 24");
    let game = games::glove(1, 1).unwrap();
    assert!(game.values(&Coalitions::new(3)).is_err());
}
