//! Generalized values: what a whole set adds (Marichal, Kojadinovic & Fujimoto, 2007).

use super::{half_binomial, power_of_half};
use crate::exact::check_table;
use crate::game_file::check_terms;
use crate::{Error, Result};

/// A value of sets: the weighted sum of `v(T + S) - v(T)` over the coalitions `T` of the others, with weights that depend
/// on sizes only. For one player, the first three are the Shapley, the Banzhaf and again the Shapley value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GeneralizedValue {
    /// SGV: the weights of the Shapley interaction index.
    Shapley,
    /// BGV: the weights of the Banzhaf interaction index.
    Banzhaf,
    /// CHGV: the weights of the chaining interaction index.
    Chaining,
    /// IGV: nobody else is in, `v(S) - v(empty)`.
    Internal,
    /// EGV: everybody else is in, `v(N) - v(N - S)`.
    External,
}

impl GeneralizedValue {
    /// All generalized values.
    pub const ALL: [Self; 5] = [Self::Shapley, Self::Banzhaf, Self::Chaining, Self::Internal, Self::External];

    /// The short name: SGV, BGV, CHGV, IGV or EGV.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shapley => "SGV",
            Self::Banzhaf => "BGV",
            Self::Chaining => "CHGV",
            Self::Internal => "IGV",
            Self::External => "EGV",
        }
    }

    /// The weights of all coalitions `T` of `t` of the `n - s` others together, which is the weight of the mean of
    /// `v(T + S) - v(T)` over them; `s` is the size of `S`. Over all `t` they add up to one, if `s > 0`. Zero where
    /// there is no such coalition.
    pub fn size_share(self, n: usize, s: usize, t: usize) -> f64 {
        if s + t > n {
            return 0.0;
        }
        let others = n - s;
        match self {
            Self::Shapley => 1.0 / (others + 1) as f64,
            Self::Banzhaf => half_binomial(others, t),
            Self::Chaining if s == 0 => f64::from(t == 0),
            Self::Chaining => {
                let ratio: f64 = (1..=s).map(|i| (t + i) as f64 / (others + i) as f64).product();
                ratio * s as f64 / (s + t) as f64
            }
            Self::Internal => f64::from(t == 0),
            Self::External => f64::from(t == others),
        }
    }

    /// The weight of the Moebius coefficient of a set that shares a player with `S` and has `outside` players that are
    /// not in `S`; `s` is the size of `S`. Sets that share no player with `S` weigh nothing.
    pub fn moebius_weight(self, s: usize, outside: usize) -> f64 {
        match self {
            Self::Shapley => 1.0 / (outside + 1) as f64,
            Self::Banzhaf => power_of_half(outside),
            Self::Chaining if s == 0 => f64::from(outside == 0),
            Self::Chaining => s as f64 / (s + outside) as f64,
            Self::Internal => f64::from(outside == 0),
            Self::External => 1.0,
        }
    }

    /// The value of the set `players` from a table `[2^n]`, player `i` bit `i` of the position. Fails if the length is
    /// not a power of two, a value is not finite, or `players` are not distinct players of the game.
    pub fn of_table(self, table: &[f64], players: &[u32]) -> Result<f64> {
        let n_players = check_table(table)?;
        check_set(n_players, players)?;
        let set = players.iter().fold(0usize, |set, &player| set | 1 << player);
        // Sums per size first: a size has one share, whatever the number of its coalitions.
        let others = n_players - players.len();
        let (mut sums, mut counts) = (vec![0.0; others + 1], vec![0.0; others + 1]);
        for mask in (0..table.len()).filter(|mask| mask & set == 0) {
            let size = mask.count_ones() as usize;
            sums[size] += table[mask | set] - table[mask];
            counts[size] += 1.0;
        }
        let share = |t: usize| self.size_share(n_players, players.len(), t);
        Ok((0..=others).map(|t| share(t) * sums[t] / counts[t]).sum())
    }

    /// The value of the set `players` in a sparse game of `n_players`, where v(S) is the sum of the coefficients of the
    /// sets inside S. Fails if a coefficient is not finite, or a set does not hold distinct players of the game.
    pub fn of_moebius(self, n_players: usize, terms: &[(Vec<u32>, f64)], players: &[u32]) -> Result<f64> {
        check_terms("moebius", n_players, terms)?;
        check_set(n_players, players)?;
        let value = |(members, coefficient): &(Vec<u32>, f64)| {
            let outside = members.iter().filter(|member| !players.contains(member)).count();
            let meets = outside < members.len();
            if meets { coefficient * self.moebius_weight(players.len(), outside) } else { 0.0 }
        };
        Ok(terms.iter().map(value).sum())
    }
}

fn check_set(n_players: usize, players: &[u32]) -> Result<()> {
    let term = (players.to_vec(), 0.0);
    check_terms("players", n_players, std::slice::from_ref(&term))
        .map_err(|_| Error::Request(format!("value the set {players:?}: expected distinct players of {n_players}")))
}
