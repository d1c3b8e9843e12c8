//! Tables for the tests of whole games.

use einthoven_game::rng::stream;
use rand_distr::{Distribution, StandardNormal};

/// Standard normal values, `[2^n]`.
pub fn random_table(n: usize, seed: u64) -> Vec<f64> {
    let mut rng = stream(seed, "test table", n as u64);
    (0..1 << n).map(|_| StandardNormal.sample(&mut rng)).collect()
}

/// The subsets of a set of bits.
pub fn subsets(set: usize) -> impl Iterator<Item = usize> {
    (0..=set).filter(move |subset| subset & !set == 0)
}

/// Number of players in a set of bits.
pub fn size(set: usize) -> usize {
    set.count_ones() as usize
}

/// The players of a set of bits.
pub fn players(set: usize) -> Vec<u32> {
    (0..32).filter(|player| set >> player & 1 == 1).collect()
}

/// The set of bits of players.
pub fn set_of(players: &[u32]) -> usize {
    players.iter().fold(0, |set, player| set | 1 << player)
}

pub fn sign(n: usize) -> f64 {
    if n.is_multiple_of(2) { 1.0 } else { -1.0 }
}

pub fn factorial(n: usize) -> f64 {
    (1..=n).map(|i| i as f64).product()
}

pub fn choose(n: usize, k: usize) -> f64 {
    if k > n { 0.0 } else { factorial(n) / factorial(k) / factorial(n - k) }
}

/// Fails unless the numbers agree within `tolerance` times the largest expected magnitude.
pub fn close(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(0.0, |scale: f64, number| scale.max(number.abs())).max(1e-3);
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() <= tolerance * scale, "{what}, {at}: {found} instead of {expected}");
    }
}
