//! The tree screen of a sparse spectrum.

use einthoven_game::rng::stream;
use einthoven_game::{Coalition, Coalitions};
use rand::RngExt;

use super::{Proxy, screen};

/// Pairs of complements, and in which of five folds each row is.
fn pairs(n: usize, count: usize, seed: u64) -> (Coalitions, Vec<u8>) {
    let mut rng = stream(seed, "test pairs", n as u64);
    let mut rows = Coalitions::new(n);
    for at in 0..count {
        rows.push((0..n).filter(|_| rng.random::<bool>()).collect::<Vec<_>>());
        let complement = rows.row(2 * at).complement();
        rows.push_words(&complement);
    }
    (rows, (0..2 * count).map(|row| (row / 2 % 5) as u8).collect())
}

fn noise(count: usize, seed: u64) -> Vec<f64> {
    let mut rng = stream(seed, "test noise", 0);
    // Nearly normal, with a variance of one.
    (0..count).map(|_| (0..12).map(|_| rng.random_range(-0.5..0.5)).sum::<f64>()).collect()
}

fn screened(rows: &Coalitions, folds: &[u8], targets: &[f64], max_degree: usize) -> Proxy {
    let which: Vec<u32> = (0..rows.len() as u32).collect();
    screen(rows, &which, targets, folds, max_degree)
}

/// A model whose sets come with their subsets: 3 if all of 1, 4 and 7 are in, 2 if 2 and 9 are, and 5 for player 12.
fn model(row: Coalition<'_>) -> f64 {
    let all = |players: &[usize]| f64::from(players.iter().all(|&player| row.contains(player)));
    3.0 * all(&[1, 4, 7]) + 2.0 * all(&[2, 9]) + 5.0 * all(&[12])
}

/// The sets that the model's spectrum has.
const SUPPORT: [&[u32]; 11] = [&[1], &[4], &[7], &[1, 4], &[1, 7], &[4, 7], &[1, 4, 7], &[2], &[9], &[2, 9], &[12]];

#[test]
fn the_largest_candidates_are_the_sets_of_the_model() {
    let (rows, folds) = pairs(40, 1000, 1);
    for offset in [0.0, 1e6] {
        let noise = noise(rows.len(), 2);
        let targets: Vec<f64> = rows.iter().zip(&noise).map(|(row, noise)| offset + model(row) + 0.2 * noise).collect();
        let proxy = screened(&rows, &folds, &targets, 5);
        assert!(proxy.candidates[0].players.is_empty());
        // The mean of the model: 3/8 + 2/4 + 5/2.
        assert!((proxy.candidates[0].coefficient - offset - 3.375).abs() < 0.05, "{:?}", proxy.candidates[0]);
        let largest: Vec<&[u32]> = proxy.candidates[1..=11].iter().map(|found| &found.players[..]).collect();
        assert!(SUPPORT.iter().all(|set| largest.contains(set)), "{largest:?}");
        // A player that adds 5 has the coefficient -5/2; one of three of which all are needed -3/8.
        let of =
            |set: &[u32]| proxy.candidates.iter().find(|found| found.players == set).expect("a candidate").coefficient;
        assert!((of(&[12]) + 2.5).abs() < 0.1 && (of(&[1]) + 0.375).abs() < 0.1 && (of(&[2, 9]) - 0.5).abs() < 0.1);
        assert!(proxy.candidates.windows(2).all(|two| two[0].energy <= two[1].energy));
        let energy = |at: usize| proxy.candidates[at].energy;
        assert!(energy(0) == 0.0 && energy(11) > 0.98 && (energy(proxy.candidates.len() - 1) - 1.0).abs() < 1e-12);
    }
}

#[test]
fn its_share_of_the_variance_is_that_of_fresh_rows() {
    let (rows, folds) = pairs(30, 500, 3);
    let (fresh, _) = pairs(30, 10_000, 4);
    let with_noise = |rows: &Coalitions, seed: u64| -> Vec<f64> {
        rows.iter().zip(noise(rows.len(), seed)).map(|(row, noise)| model(row) + 2.0 * noise).collect()
    };
    let proxy = screened(&rows, &folds, &with_noise(&rows, 5), 3);
    let targets = with_noise(&fresh, 6);
    let mean = targets.iter().sum::<f64>() / targets.len() as f64;
    let squares =
        |of: &dyn Fn(usize) -> f64| (0..targets.len()).map(|row| (targets[row] - of(row)).powi(2)).sum::<f64>();
    let trees = proxy.trees.expect("trees");
    let expected = 1.0 - squares(&|row| trees.predict(fresh.row(row))) / squares(&|_| mean);
    let (found, std_err) = proxy.r_squared.expect("a share");
    // Trees from four fifths of the rows miss a little more than those from all: up to one in fifty here.
    assert!((0.2..0.8).contains(&expected) && (0.01..0.05).contains(&std_err), "{expected}, {std_err}");
    assert!(found < expected + 3.0 * std_err && found > expected - 0.02 - 3.0 * std_err, "{found}, {expected}");
    assert!(proxy.grid.iter().all(|(params, error)| params.depth <= 3 && *error >= proxy.grid[proxy.best].1));
    assert!(proxy.candidates.iter().all(|found| found.players.len() <= 3));
}

#[test]
fn noise_gives_the_constant_alone() {
    for seed in 0..20 {
        let (rows, folds) = pairs(30, 300, seed);
        let targets = noise(rows.len(), 100 + seed);
        let proxy = screened(&rows, &folds, &targets, 5);
        assert!(proxy.trees.is_none() && proxy.candidates.len() == 1, "seed {seed}: {:?}", proxy.r_squared);
        let mean = targets.iter().sum::<f64>() / targets.len() as f64;
        assert!((proxy.candidates[0].coefficient - mean).abs() < 1e-12 && proxy.candidates[0].energy == 0.0);
    }
}

#[test]
fn a_constant_is_a_constant() {
    let (rows, folds) = pairs(12, 100, 1);
    for constant in [0.0, 1e6 + 0.1] {
        let proxy = screened(&rows, &folds, &[constant; 200], 5);
        assert!(proxy.trees.is_none() && proxy.r_squared.is_none() && proxy.candidates.len() == 1);
        assert_eq!(proxy.candidates[0].coefficient, constant);
    }
}
