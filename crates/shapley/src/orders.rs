//! Orders of the players that cover all orders more evenly than independent ones do (Mitchell, Cooper, Frank & Holmes, 2022).
//!
//! Orders come in blocks. Within a block they avoid each other, so that the mean over a block spreads less than that of as
//! many independent orders; blocks are independent, and standard errors come from the spread between them. Each order alone
//! is a uniform one, whatever the block, and so the estimate stays unbiased.
//!
//! * *Orthogonal*: the players stand along a line in the order of their coordinates in a random direction; the directions of
//!   a block are orthogonal. A direction and its opposite are an order and its reverse.
//! * *Sobol*: the players stand in the order of their coordinates in a point of a scrambled Sobol sequence, under names that
//!   each block draws anew.

use einthoven_game::rng::{self, ChaCha8Rng};
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_distr::{Distribution, StandardNormal};

/// Most orders of a block: with more, small budgets have too few blocks for standard errors.
const BLOCK: u64 = 8;
/// Dimensions of the Sobol sequence; further ones are those of another scramble.
const DIMENSIONS: usize = 256;

/// A family of orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Independent,
    Orthogonal,
    Sobol,
}

/// Orders one after the other, all from one seed.
pub(crate) struct Orders {
    family: Family,
    n_players: usize,
    seed: u64,
    /// The orders of the current block.
    block: Vec<Vec<usize>>,
}

impl Orders {
    pub(crate) fn new(family: Family, n_players: usize, seed: u64) -> Self {
        Self { family, n_players, seed, block: Vec::new() }
    }

    /// Orders of a block.
    fn block_size(&self) -> u64 {
        match self.family {
            Family::Independent => 1,
            // There are as many directions across the diagonal as players but one.
            Family::Orthogonal => BLOCK.min(self.n_players.saturating_sub(1).max(1) as u64),
            Family::Sobol => BLOCK,
        }
    }

    /// The order of this number and its block; numbers are asked for in turn.
    pub(crate) fn get(&mut self, index: u64) -> (Vec<usize>, u32) {
        let (block, at) = (index / self.block_size(), index % self.block_size());
        if at == 0 {
            self.block = match self.family {
                Family::Independent => vec![self.independent(block)],
                Family::Orthogonal => self.orthogonal(block),
                Family::Sobol => self.sobol(block),
            };
        }
        (self.block[at as usize].clone(), block as u32)
    }

    fn independent(&self, block: u64) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.n_players).collect();
        order.shuffle(&mut rng::stream(self.seed, "permutation", block));
        order
    }

    fn orthogonal(&self, block: u64) -> Vec<Vec<usize>> {
        let mut rng = rng::stream(self.seed, "orthogonal permutation", block);
        let mut directions: Vec<Vec<f64>> = Vec::new();
        for _ in 0..self.block_size() {
            let direction = self.direction(&directions, &mut rng);
            directions.push(direction);
        }
        directions.iter().map(|direction| sorted(direction)).collect()
    }

    /// A direction that is orthogonal to some others and, as they are, to the diagonal, along which no player is before
    /// another.
    fn direction(&self, others: &[Vec<f64>], rng: &mut ChaCha8Rng) -> Vec<f64> {
        let mut direction: Vec<f64> = (0..self.n_players).map(|_| StandardNormal.sample(rng)).collect();
        let mean = direction.iter().sum::<f64>() / self.n_players as f64;
        direction.iter_mut().for_each(|x| *x -= mean);
        for other in others {
            let along: f64 = direction.iter().zip(other).map(|(x, y)| x * y).sum();
            direction.iter_mut().zip(other).for_each(|(x, y)| *x -= along * y);
        }
        let length = direction.iter().map(|x| x * x).sum::<f64>().sqrt();
        direction.iter_mut().for_each(|x| *x /= length);
        direction
    }

    fn sobol(&self, block: u64) -> Vec<Vec<usize>> {
        let mut rng = rng::stream(self.seed, "sobol permutation", block);
        let mut names: Vec<usize> = (0..self.n_players).collect();
        names.shuffle(&mut rng);
        let scrambles: Vec<u32> = (0..self.n_players.div_ceil(DIMENSIONS)).map(|_| rng.random()).collect();
        let point = |at: u64| -> Vec<f64> {
            let coordinate = |player: usize| {
                let dimension = (player % DIMENSIONS) as u32;
                f64::from(sobol_burley::sample(at as u32, dimension, scrambles[player / DIMENSIONS]))
            };
            (0..self.n_players).map(coordinate).collect()
        };
        (0..self.block_size()).map(|at| sorted(&point(at)).into_iter().map(|place| names[place]).collect()).collect()
    }
}

/// The players in the order of their coordinates.
fn sorted(coordinates: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..coordinates.len()).collect();
    order.sort_by(|&a, &b| coordinates[a].total_cmp(&coordinates[b]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_of_a_block_are_orthogonal_and_no_player_is_favoured() {
        let orders = Orders::new(Family::Orthogonal, 9, 1);
        let mut rng = rng::stream(1, "test", 0);
        let mut directions: Vec<Vec<f64>> = Vec::new();
        for _ in 0..8 {
            let direction = orders.direction(&directions, &mut rng);
            let product = |other: &[f64]| direction.iter().zip(other).map(|(x, y)| x * y).sum::<f64>();
            assert!(directions.iter().all(|other| product(other).abs() < 1e-12));
            assert!((product(&direction) - 1.0).abs() < 1e-12 && product(&[1.0; 9]).abs() < 1e-12);
            directions.push(direction);
        }
    }

    #[test]
    fn each_place_of_each_order_of_a_block_is_uniform() {
        // Over 4000 blocks a player is expected 800 times in each of five places, with a standard deviation of
        // sqrt(4000 * 0.2 * 0.8) = 25.3; five of those.
        for family in [Family::Independent, Family::Orthogonal, Family::Sobol] {
            let size = Orders::new(family, 5, 0).block_size();
            let mut counts = vec![[[0i32; 5]; 5]; size as usize];
            for seed in 0..4000 {
                let mut orders = Orders::new(family, 5, seed);
                for at in 0..size {
                    let (order, block) = orders.get(at);
                    assert_eq!(block, 0);
                    order.iter().enumerate().for_each(|(place, &player)| counts[at as usize][place][player] += 1);
                }
                assert_eq!(orders.get(size).1, 1);
            }
            assert!(counts.iter().flatten().flatten().all(|count| (count - 800).abs() < 127), "{family:?}: {counts:?}");
        }
    }

    #[test]
    fn players_come_early_as_often_as_late_in_a_block_of_sobol_points() {
        // Eight points, one in each eighth of every coordinate: half of them below the middle.
        let orders = Orders::new(Family::Sobol, 300, 3);
        let scramble = 17;
        for dimension in 0..256 {
            let low = (0..8).filter(|&at| sobol_burley::sample(at, dimension, scramble) < 0.5).count();
            assert_eq!(low, 4, "dimension {dimension}");
        }
        let block = orders.sobol(0);
        for order in &block {
            let mut players = order.clone();
            players.sort_unstable();
            assert!(players.into_iter().eq(0..300));
        }
    }
}
