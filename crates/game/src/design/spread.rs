//! How far a sum over sampled pairs spreads.
//!
//! An estimate moves with the pairs that were drawn, to first order, by the sum of their pulls. Enumerated pairs pull
//! the same way in every design; within a stratum of sampled pairs, `d` of `P` pairs were drawn without replacement, so
//! with `S` the variance of the pulls between the pairs of the stratum, their sum has the variance `d (1 - d / P) S`.
//! Strata add up.

use super::pairs::Stratum;

/// The variance of a sum over pairs, `[outputs, players]`.
#[derive(Clone, Debug)]
pub struct Spread {
    sums: Vec<f64>,
    squares: Vec<f64>,
    variance: Vec<f64>,
}

impl Spread {
    /// Nothing drawn yet; `length` is outputs times players.
    pub fn new(length: usize) -> Self {
        Self { sums: vec![0.0; length], squares: vec![0.0; length], variance: vec![0.0; length] }
    }

    /// Adds one pair to the current stratum: its pull on each player and output is the product of the two.
    pub fn add(&mut self, players: &[f64], outputs: impl Iterator<Item = f64>) {
        let n_players = players.len();
        for (output, factor) in outputs.enumerate() {
            let range = output * n_players..(output + 1) * n_players;
            let (sums, squares) = (&mut self.sums[range.clone()], &mut self.squares[range]);
            for ((sum, square), player) in sums.iter_mut().zip(squares).zip(players) {
                let pull = factor * player;
                *sum += pull;
                *square += pull * pull;
            }
        }
    }

    /// Adds one pair to the current stratum: its pulls, `[outputs, players]`.
    pub fn add_pulls(&mut self, pulls: &[f64]) {
        for ((sum, square), pull) in self.sums.iter_mut().zip(&mut self.squares).zip(pulls) {
            *sum += pull;
            *square += pull * pull;
        }
    }

    /// Closes a stratum.
    pub fn close(&mut self, stratum: &Stratum) {
        let drawn = stratum.range.len() as f64;
        let unseen = (1.0 - drawn / stratum.population).max(0.0);
        let scale = unseen * drawn / (drawn - 1.0).max(1.0);
        for ((sum, square), variance) in self.sums.iter().zip(&self.squares).zip(&mut self.variance) {
            // With a single pair the square of its pull stands for the variance: too much rather than too little.
            let centre = if drawn > 1.0 { sum * sum / drawn } else { 0.0 };
            *variance += scale * (square - centre).max(0.0);
        }
        self.sums.fill(0.0);
        self.squares.fill(0.0);
    }

    /// The variance of each player's value, `[outputs, players]`.
    pub fn variances(self) -> Vec<f64> {
        self.variance
    }
}
