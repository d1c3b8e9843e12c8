//! Generalized values: what a whole set adds (Marichal, Kojadinovic & Fujimoto, 2007).

use super::{moebius_weight, size_share};
use crate::exact::check_table;
use crate::game_file::{are_players, check_terms};
use crate::{Error, Index, Result};

/// A value of sets: the weighted sum of `v(T + S) - v(T)` over the coalitions `T` of the others, with weights that
/// depend on sizes only. For one player, the first three are the Shapley, the Banzhaf and again the Shapley value.
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
        size_share(self.index(), n, s, s, t).unwrap_or(0.0)
    }

    /// The weight of the Moebius coefficient of a set that shares a player with `S` and has `outside` players that are
    /// not in `S`; `s` is the size of `S`. Sets that share no player with `S` weigh nothing.
    pub fn moebius_weight(self, s: usize, outside: usize) -> f64 {
        moebius_weight(self.index(), s, s, s + outside).unwrap_or(0.0)
    }

    /// The interaction index of the same weights.
    fn index(self) -> Index {
        match self {
            Self::Shapley => Index::Sii,
            Self::Banzhaf => Index::Bii,
            Self::Chaining => Index::Chii,
            Self::Internal => Index::Moebius,
            Self::External => Index::CoMoebius,
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
    if are_players(n_players, players) {
        return Ok(());
    }
    Err(Error::Request(format!("value the set {players:?}: expected distinct players of {n_players}")))
}
