//! Games whose spectra are known, made from a seed.

use std::collections::{BTreeMap, HashSet};
use std::error::Error;

use einthoven_game::rng::{ChaCha8Rng, stream};
use einthoven_game::{Coalitions, Game, GameFile, Index};
use rand::RngExt;
use rand::seq::{IndexedRandom, index::sample};
use serde::{Deserialize, Serialize};

use crate::{ORDER, Scores};

/// Fresh coalitions.
const FRESH: usize = 10_000;
/// Coefficients below this are what is left where terms cancel.
const ROUNDING: f64 = 1e-12;
/// Relative to the largest; what is below is not claimed.
const ZERO: f64 = 1e-9;

/// What spectra look like.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// Parities of one to five players that have nothing to do with each other: magnitudes from 0.5 to 1.5, random signs.
    #[default]
    Flat,
    /// Parities of sets that grow out of each other, player by player, from single players up to five; coefficients as above.
    Tree,
    /// AND terms of one to four players with standard normal coefficients: a spectrum with all subsets of a term.
    And,
}

/// A game in closed form with the sets of its spectrum.
pub struct SparseGame {
    game: GameFile,
    spectrum: BTreeMap<Vec<u32>, f64>,
}

impl SparseGame {
    /// A game of so many parities or AND terms.
    pub fn new(family: Family, n_players: usize, n_terms: usize, seed: u64) -> Result<Self, Box<dyn Error>> {
        let mut rng = stream(seed, "bench-spectra", (n_players * 1000 + n_terms) as u64);
        let sets = match family {
            Family::Flat => random_sets(&mut rng, n_players, n_terms, ORDER),
            Family::Tree => nested_sets(&mut rng, n_players, n_terms),
            Family::And => random_sets(&mut rng, n_players, n_terms, ORDER - 1),
        };
        let terms: Vec<(Vec<u32>, f64)> = match family {
            Family::And => sets.into_iter().map(|set| (set, normal(&mut rng))).collect(),
            _ => sets.into_iter().map(|set| (set, signed(&mut rng))).collect(),
        };
        let game = match family {
            Family::And => GameFile::moebius(n_players, terms)?,
            _ => GameFile::fourier(n_players, terms)?,
        };
        let all = game.closed_form(Index::Fourier, ORDER).ok_or("a sparse game has a closed form")??;
        let spectrum = all.into_iter().filter(|term| term.value.abs() > ROUNDING);
        let spectrum = spectrum.map(|term| (term.players, term.value)).collect();
        Ok(Self { game, spectrum })
    }

    /// The game with noise of a standard deviation in units of its own.
    pub fn noisy(&self, noise: f64, seed: u64) -> Result<GameFile, Box<dyn Error>> {
        Ok(self.game.clone().with_noise(noise * self.variance().sqrt(), seed)?)
    }

    /// Over uniform coalitions.
    fn variance(&self) -> f64 {
        self.true_sets().map(|set| self.spectrum[set].powi(2)).sum()
    }

    fn true_sets(&self) -> impl Iterator<Item = &Vec<u32>> {
        self.spectrum.keys().filter(|set| !set.is_empty())
    }

    /// How close these terms are.
    pub fn scores(&self, terms: Vec<(Vec<u32>, f64)>) -> Result<Scores, Box<dyn Error>> {
        let n_true = self.true_sets().count();
        let mut claimed: Vec<&(Vec<u32>, f64)> = terms.iter().filter(|(set, _)| !set.is_empty()).collect();
        let largest = claimed.iter().map(|(_, value)| value.abs()).fold(0.0, f64::max);
        claimed.retain(|(_, value)| value.abs() > ZERO * largest);
        claimed.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        let f1 = |some: &[&(Vec<u32>, f64)]| {
            let hits = some.iter().filter(|(set, _)| self.spectrum.contains_key(set)).count();
            2.0 * hits as f64 / (n_true + some.len()) as f64
        };
        let (f1, f1_claimed) = (f1(&claimed[..n_true.min(claimed.len())]), f1(&claimed));
        let claimed = claimed.len();
        Ok(Scores { f1, f1_claimed, r2: self.r2(terms)?, sets: n_true, claimed, ..Scores::default() })
    }

    fn r2(&self, terms: Vec<(Vec<u32>, f64)>) -> Result<f64, Box<dyn Error>> {
        let n_players = self.game.n_players();
        let rows = fresh(n_players)?;
        let truth = self.game.values(&rows)?.output(0);
        let found = GameFile::fourier(n_players, terms)?.values(&rows)?.output(0);
        let mean = truth.iter().sum::<f64>() / FRESH as f64;
        let total: f64 = truth.iter().map(|value| (value - mean).powi(2)).sum();
        let error: f64 = truth.iter().zip(&found).map(|(truth, found)| (truth - found).powi(2)).sum();
        Ok(1.0 - error / total)
    }
}

/// Uniform coalitions that no estimator has drawn.
fn fresh(n_players: usize) -> Result<Coalitions, Box<dyn Error>> {
    let mut rng = stream(0, "bench-spectra-fresh", n_players as u64);
    let mut rows = Coalitions::new(n_players);
    for _ in 0..FRESH {
        rows.push((0..n_players).filter(|_| rng.random::<bool>()));
    }
    Ok(rows)
}

/// Distinct sets, their sizes uniform from one to `most`.
fn random_sets(rng: &mut ChaCha8Rng, n_players: usize, n_sets: usize, most: usize) -> Vec<Vec<u32>> {
    let mut sets = Vec::new();
    let mut known = HashSet::new();
    while sets.len() < n_sets {
        let size = rng.random_range(1..=most);
        let mut set: Vec<u32> = sample(rng, n_players, size).into_iter().map(|player| player as u32).collect();
        set.sort_unstable();
        if known.insert(set.clone()) {
            sets.push(set);
        }
    }
    sets
}

/// Distinct sets: one in four is a single player, the others have one player more than a set before them.
fn nested_sets(rng: &mut ChaCha8Rng, n_players: usize, n_sets: usize) -> Vec<Vec<u32>> {
    let mut sets: Vec<Vec<u32>> = Vec::new();
    while sets.len() < n_sets {
        let root = rng.random_range(0..4) == 0;
        let mut set = if root { Vec::new() } else { sets.choose(rng).cloned().unwrap_or_default() };
        let player = rng.random_range(0..n_players as u32);
        if set.len() < ORDER && !set.contains(&player) {
            set.push(player);
            set.sort_unstable();
            if !sets.contains(&set) {
                sets.push(set);
            }
        }
    }
    sets
}

fn signed(rng: &mut ChaCha8Rng) -> f64 {
    let magnitude = rng.random_range(0.5..1.5);
    if rng.random() { magnitude } else { -magnitude }
}

/// By Box and Muller.
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let (radius, angle): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}
