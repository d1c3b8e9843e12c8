//! Games and helpers that the other tests share.

use einthoven_game::rng::stream;
use einthoven_game::{Attribution, Game, GameFile, exact};
use einthoven_shapley::{Method, Request};
use rand::RngExt;

/// A table of uniform numbers in [-1, 1).
pub fn random_table(n: usize, seed: u64) -> GameFile {
    let mut rng = stream(seed, "test table", n as u64);
    GameFile::table(n, 1, (0..1 << n).map(|_| rng.random_range(-1.0..1.0)).collect()).unwrap()
}

/// Random sets of the given sizes with coefficients in [-1, 1).
pub fn random_sparse(n: usize, sizes: &[usize], n_terms: usize, seed: u64) -> GameFile {
    let mut rng = stream(seed, "test sparse", n as u64);
    let terms = (0..n_terms).map(|term| {
        let mut players = Vec::new();
        while players.len() < sizes[term % sizes.len()] {
            let player = rng.random_range(0..n as u32);
            if !players.contains(&player) {
                players.push(player);
            }
        }
        (players, rng.random_range(-1.0..1.0))
    });
    GameFile::moebius(n, terms.collect()).unwrap()
}

/// Shapley values of a sparse game: each coefficient is shared by its set.
pub fn shared(n: usize, terms: &[(Vec<u32>, f64)]) -> Vec<f64> {
    let mut phi = vec![0.0; n];
    for (players, coefficient) in terms {
        players.iter().for_each(|&player| phi[player as usize] += coefficient / players.len() as f64);
    }
    phi
}

/// A game with effects of many orders: a saturating sum, a product and a threshold.
pub fn smooth(n: usize) -> GameFile {
    let value = |mask: usize| {
        let weight = |player: usize| ((player * 7 + 3) % n) as f64 / n as f64 - 0.3;
        let sum: f64 = (0..n).filter(|player| mask >> player & 1 == 1).map(weight).sum();
        (2.0 * sum).tanh() + 0.4 * f64::from(mask & 0b1011 == 0b1011) - 0.3 * f64::from(mask & 0b110000 == 0b100000)
    };
    GameFile::table(n, 1, (0..1 << n).map(value).collect()).unwrap()
}

pub fn truth(game: &GameFile) -> Vec<f64> {
    let design = exact::design(game.n_players()).unwrap();
    exact::estimate(&design, &game.values(&design.rows).unwrap()).unwrap()[0].player_values()
}

pub fn run(method: Method, game: &GameFile, budget: usize, seed: u64) -> Attribution {
    let design = method.design(&Request::new(game.n_players(), budget, seed)).unwrap();
    method.estimate(&design, &game.values(&design.rows).unwrap()).unwrap().remove(0)
}

pub fn errors(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    found.iter().zip(expected).map(|(found, expected)| (found - expected).abs()).fold(0.0, f64::max)
}

/// Errors and stated variances over many seeds, player by player.
pub struct Simulation {
    /// Mean of the estimates minus the truth, in standard errors of that mean.
    pub z: Vec<f64>,
    /// Mean of the stated variances over the mean of the squared errors, summed over players.
    pub calibration: f64,
    /// Share of truths within 1.96 standard errors.
    pub coverage: f64,
    /// Mean squared error over players and seeds, over the mean square of the truth.
    pub relative_squared_error: f64,
}

pub fn simulate(method: Method, game: &GameFile, budget: usize, seeds: u64) -> Simulation {
    simulate_for(&truth(game), seeds, |seed| run(method, game, budget, seed))
}

/// The same for whatever is estimated, however.
pub fn simulate_for(expected: &[f64], seeds: u64, estimate: impl Fn(u64) -> Attribution) -> Simulation {
    let n = expected.len();
    let (mut sum, mut squares, mut stated) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
    let mut covered = 0usize;
    for seed in 0..seeds {
        let found = estimate(seed);
        for (player, term) in found.terms.iter().enumerate() {
            let (error, std_err) = (term.value - expected[player], term.std_err.unwrap());
            sum[player] += error;
            squares[player] += error * error;
            stated[player] += std_err * std_err;
            covered += usize::from(error.abs() <= 1.96 * std_err);
        }
    }
    let count = seeds as f64;
    let z = (0..n).map(|player| {
        let variance = (squares[player] / count - (sum[player] / count).powi(2)).max(1e-300);
        sum[player] / count / (variance / count).sqrt()
    });
    let squared_error: f64 = squares.iter().sum();
    Simulation {
        z: z.collect(),
        calibration: stated.iter().sum::<f64>() / squared_error,
        coverage: covered as f64 / (count * n as f64),
        relative_squared_error: squared_error / count / expected.iter().map(|value| value * value).sum::<f64>(),
    }
}
