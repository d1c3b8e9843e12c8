use einthoven_game::rng::stream;
use einthoven_game::{Attribution, Game, GameFile, Kind, Values, exact};
use proptest::prelude::*;
use rand::RngExt;

fn shapley(game: &GameFile) -> Vec<Attribution> {
    let design = exact::design(game.n_players()).unwrap();
    exact::estimate(&design, &game.values(&design.rows).unwrap()).unwrap()
}

fn table(n: usize, value: impl Fn(usize) -> f64) -> GameFile {
    GameFile::table(n, 1, (0..1 << n).map(value).collect()).unwrap()
}

/// The definition, read literally: the mean over all orders of what a player changes when it comes in.
fn over_all_orders(n: usize, values: &[f64]) -> Vec<f64> {
    fn walk(order: &mut Vec<usize>, n: usize, values: &[f64], sums: &mut [f64], count: &mut f64) {
        if order.len() == n {
            let mut mask = 0;
            for &player in order.iter() {
                sums[player] += values[mask | 1 << player] - values[mask];
                mask |= 1 << player;
            }
            *count += 1.0;
            return;
        }
        for player in 0..n {
            if !order.contains(&player) {
                order.push(player);
                walk(order, n, values, sums, count);
                order.pop();
            }
        }
    }
    let (mut sums, mut count) = (vec![0.0; n], 0.0);
    walk(&mut Vec::new(), n, values, &mut sums, &mut count);
    sums.iter().map(|sum| sum / count).collect()
}

fn close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (player, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() <= tolerance, "player {player}: {found} instead of {expected}");
    }
}

#[test]
fn random_tables_agree_with_all_orders() {
    for n in 1..=6 {
        for seed in 0..5 {
            let mut rng = stream(seed, "test table", n as u64);
            let values: Vec<f64> = (0..1 << n).map(|_| rng.random_range(-1.0..1.0)).collect();
            let found = shapley(&GameFile::table(n, 1, values.clone()).unwrap());
            close(&found[0].player_values(), &over_all_orders(n, &values), 1e-14);
            assert_eq!((found[0].baseline, found[0].full), (values[0], values[values.len() - 1]));
        }
    }
}

#[test]
fn unanimity_games_are_shared_by_their_players() {
    let game = GameFile::moebius(9, vec![(vec![1, 4, 8], 6.0), (vec![4], -1.0), (vec![], 2.5)]).unwrap();
    let expected = [0.0, 2.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 2.0];
    close(&shapley(&game)[0].player_values(), &expected, 1e-14);
    assert_eq!(shapley(&game)[0].baseline, 2.5);
}

#[test]
fn the_glove_game_rewards_the_scarce_side() {
    // One left glove (player 0), two right gloves: 2/3, 1/6, 1/6.
    let game = table(3, |mask| f64::from(mask & 1 == 1 && mask & 6 != 0));
    close(&shapley(&game)[0].player_values(), &[2.0 / 3.0, 1.0 / 6.0, 1.0 / 6.0], 1e-15);
}

#[test]
fn the_airport_game_shares_each_piece_of_runway() {
    // v(S) is the longest runway that S needs; each metre is shared by all who need it (Littlechild & Owen, 1973).
    let costs = [1.0, 2.0, 4.0, 7.0, 7.0, 12.0];
    let game = table(6, |mask| {
        (0..6).filter(|player| mask >> player & 1 == 1).map(|player| costs[player]).fold(0.0, f64::max)
    });
    let expected: Vec<f64> = (0..6)
        .map(|player| {
            (0..=player)
                .map(|piece| (costs[piece] - if piece == 0 { 0.0 } else { costs[piece - 1] }) / (6 - piece) as f64)
                .sum()
        })
        .collect();
    close(&shapley(&game)[0].player_values(), &expected, 1e-14);
}

#[test]
fn parity_is_shared_equally() {
    // v(S) = (-1)^|S|, as a spectrum of one term: everybody gets (v(N) - v(empty)) / n.
    for n in 1..=10 {
        let game = GameFile::fourier(n, vec![((0..n as u32).collect(), 1.0)]).unwrap();
        let share = if n % 2 == 1 { -2.0 / n as f64 } else { 0.0 };
        close(&shapley(&game)[0].player_values(), &vec![share; n], 1e-14);
    }
}

#[test]
fn linear_games_up_to_the_limit_return_their_coefficients() {
    for n in [1, 2, 12, 17, 20] {
        let weights: Vec<f64> = (0..n).map(|player| player as f64 - 3.5).collect();
        let game =
            GameFile::moebius(n, weights.iter().enumerate().map(|(at, &weight)| (vec![at as u32], weight)).collect());
        close(&shapley(&game.unwrap())[0].player_values(), &weights, 1e-11);
    }
    assert!(exact::design(21).is_err());
    assert!(exact::design(0).is_err());
}

#[test]
fn every_output_is_its_own_game() {
    let game = GameFile::table(2, 2, vec![0.0, 5.0, 1.0, 5.0, 2.0, 5.0, 4.0, 9.0]).unwrap();
    let found = shapley(&game);
    close(&found[0].player_values(), &[1.5, 2.5], 1e-15);
    close(&found[1].player_values(), &[2.0, 2.0], 1e-15);
    assert_eq!((found[1].output.as_str(), found[1].kind, found[1].evaluations), ("1", Kind::Exact, 4));
    assert!(found[0].terms.iter().all(|term| term.std_err == Some(0.0)));
}

#[test]
fn a_large_offset_costs_no_digits() {
    let game = |offset: f64| table(10, |mask| offset + (mask.count_ones() as f64).sqrt() * f64::from(mask & 1 == 1));
    let (plain, lifted) = (shapley(&game(0.0)), shapley(&game(1e6)));
    close(&lifted[0].player_values(), &plain[0].player_values(), 1e-9);
}

#[test]
fn unusable_values_are_refused() {
    let design = exact::design(3).unwrap();
    let mut numbers = vec![0.0; 16];
    numbers[7] = f64::NAN;
    let error = exact::estimate(&design, &Values::new(2, numbers, "").unwrap()).unwrap_err().to_string();
    assert!(error.contains("row 3, output 1"), "{error}");
    assert!(exact::estimate(&design, &Values::new(1, vec![0.0; 7], "").unwrap()).is_err());
    let mut partial = design.clone();
    partial.rows = design.rows.slice(0..7);
    assert!(exact::estimate(&partial, &Values::new(1, vec![0.0; 7], "").unwrap()).is_err());
}

proptest! {
    #[test]
    fn axioms_hold(values in prop::collection::vec(-1e3..1e3f64, 32)) {
        // Player 5 is a dummy worth 7; players 3 and 4 are made symmetric.
        let symmetric = |mask: usize| {
            let swapped = mask & 7 | (mask >> 3 & 1) << 4 | (mask >> 4 & 1) << 3;
            values[mask & 31] + values[swapped]
        };
        let game = table(6, |mask| symmetric(mask & 31) + if mask & 32 != 0 { 7.0 } else { 0.0 });
        let found = &shapley(&game)[0];
        let phi = found.player_values();
        prop_assert!(found.efficiency_gap().abs() < 1e-9);
        prop_assert!((phi[5] - 7.0).abs() < 1e-9);
        prop_assert!((phi[3] - phi[4]).abs() < 1e-9);
    }
}
