//! A sparse Walsh-Hadamard representation.

use std::collections::BTreeMap;

use einthoven_game::{Attribution, Coalition, Coalitions, Game, Index, Term, indices, rng};
use rand::RngExt;

use super::held_out::{Faithfulness, faithfulness};
use crate::{Error, Result};

/// A function of coalitions, `f(x)` = sum over sets `S` of `F(S) (-1)^|S ∩ x|`, where `x` holds the players that are on. A player
/// whose presence raises the function has a negative coefficient.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrum {
    n_players: usize,
    /// Players ascending, by size and then in their order; each set once.
    terms: Vec<(Vec<u32>, f64)>,
}

impl Spectrum {
    /// From sets of players in any order; equal sets are added up, and what is zero is left out.
    ///
    /// # Errors
    /// If a set holds a player twice or one that does not exist, or a coefficient is not finite.
    pub fn new(n_players: usize, terms: &[(Vec<u32>, f64)]) -> Result<Self> {
        let mut sums: BTreeMap<(usize, Vec<u32>), f64> = BTreeMap::new();
        for (players, coefficient) in terms {
            let mut set = players.clone();
            set.sort_unstable();
            let distinct = set.is_sorted_by(|left, right| left < right);
            if !distinct || set.last().is_some_and(|&last| last as usize >= n_players) || !coefficient.is_finite() {
                return Err(Error::Request(format!(
                    "use the coefficient {coefficient} of players {players:?}: expected a finite number and distinct players below \
                     {n_players}"
                )));
            }
            *sums.entry((set.len(), set)).or_insert(0.0) += coefficient;
        }
        let terms = sums.into_iter().filter(|(_, sum)| *sum != 0.0).map(|((_, set), sum)| (set, sum)).collect();
        Ok(Self { n_players, terms })
    }

    /// The spectrum of a sparse game, where `f(x)` is the sum of the coefficients of the sets inside `x`. Takes `2^|S|` steps for a
    /// set `S`.
    ///
    /// # Errors
    /// As [`new`](Self::new), or if there are more than ten million sets.
    pub fn from_moebius(n_players: usize, terms: &[(Vec<u32>, f64)]) -> Result<Self> {
        let order = terms.iter().map(|(players, _)| players.len()).max().unwrap_or(1).max(1);
        let terms = indices::from_moebius(Index::Fourier, order, n_players, terms)?;
        Self::new(n_players, &terms.into_iter().map(|term| (term.players, term.value)).collect::<Vec<_>>())
    }

    /// The spectrum that an attribution holds.
    ///
    /// # Errors
    /// If its index is not Fourier.
    pub fn of(attribution: &Attribution) -> Result<Self> {
        if attribution.index != Index::Fourier {
            let index = attribution.index;
            return Err(Error::Request(format!("read a spectrum off values of {index}: expected the index Fourier")));
        }
        let terms = attribution.terms.iter().map(|term| (term.players.clone(), term.value));
        Self::new(attribution.n_players, &terms.collect::<Vec<_>>())
    }

    /// Number of players.
    pub fn n_players(&self) -> usize {
        self.n_players
    }

    /// The sets and their coefficients, by size and then in the order of their players.
    pub fn terms(&self) -> &[(Vec<u32>, f64)] {
        &self.terms
    }

    /// The value of a coalition.
    pub fn value(&self, coalition: Coalition<'_>) -> f64 {
        let signed = |(set, coefficient): &(Vec<u32>, f64)| {
            let inside = set.iter().filter(|&&player| coalition.contains(player as usize)).count();
            if inside.is_multiple_of(2) { *coefficient } else { -coefficient }
        };
        self.terms.iter().map(signed).sum()
    }

    /// The values of some coalitions, `[coalitions]`.
    pub fn values(&self, rows: &Coalitions) -> Vec<f64> {
        rows.iter().map(|row| self.value(row)).collect()
    }

    /// An index of the function for all sets of up to `order` players, exactly; sets that are left out are zero. Takes time in
    /// proportion to the subsets of at most `order` players of the sets: a value of one player is linear in their number.
    ///
    /// # Errors
    /// As [`indices::from_fourier`].
    pub fn index(&self, index: Index, order: usize) -> Result<Vec<Term>> {
        Ok(indices::from_fourier(index, order, self.n_players, &self.terms)?)
    }

    /// How well the function stands in for an output of a game, on `n_rows` coalitions that are drawn all alike; `None` if the
    /// game does not vary over them.
    ///
    /// # Errors
    /// If the game cannot be evaluated.
    pub fn faithfulness(
        &self,
        game: &dyn Game,
        output: usize,
        n_rows: usize,
        seed: u64,
    ) -> Result<Option<Faithfulness>> {
        let mut rng = rng::stream(seed, "faithfulness", 0);
        let mut rows = Coalitions::new(self.n_players);
        (0..n_rows).for_each(|_| rows.push((0..self.n_players).filter(|_| rng.random()).collect::<Vec<_>>()));
        let values = game.values(&rows)?.output(output);
        Ok(faithfulness(&self.values(&rows), &values))
    }
}
