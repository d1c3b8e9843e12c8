//! Which players to remove: the sets whose removal changes a sparse function most.
//!
//! The function is a spectrum, `f(x)` = sum of `F(S) (-1)^|S ∩ x|`. Removing `R` from all players turns the signs of the sets
//! that share an odd number of players with `R`, so that
//!
//! ```text
//! f(N - R) - f(N) = sum over S with |S ∩ R| odd of -2 (-1)^|S| F(S)
//! ```
//!
//! which costs a set of a thousand players no more than its players. The largest rise and the largest fall of this sum are
//! looked for, for each number of players, by greedy choice with swaps, and then by branch and bound until no other set can
//! be better, or until [`NODES`] sets of fewer players were looked into. What is not proven comes with a bound.
//!
//! There are `C(p, 0) + … + C(p, r - 1)` sets of fewer than `r` of `p` players. So the answer is certainly exact for sets of 3 of
//! up to 631 players, of 4 of 106, of 5 of 47 and of 8 of 21, where those count that are in a term, and `most` others, if the
//! terms have no more than 10 000 players all together. The bounds prove far larger problems, such as sets of 8 of 1200 players
//! in 300 terms; the result says what is proven.
//!
//! Removal as a test of sparse explanations is that of SPEX (Kang et al. 2025, arXiv 2502.13870).

mod greedy;
mod search;
mod terms;

use einthoven_game::{Attribution, Index};
use serde::Serialize;

use crate::{Error, Result};
use search::Found;
use terms::Terms;

/// Most sets that one search looks into.
pub const NODES: usize = 200_000;

/// Most players that are removed: a search for each number of them, and none of it ends early for certain.
pub const MOST: usize = 100;

/// A set of players, and what removing it does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Best {
    /// The players, ascending.
    pub players: Vec<u32>,
    /// `f(N - R) - f(N)`.
    pub change: f64,
    /// No set of so many players changes the function further in this direction; the change itself where it is exact.
    pub bound: f64,
    /// Whether it is proven that there is no better set, up to rounding.
    pub exact: bool,
}

/// The best sets of one number of players.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Removal {
    /// The set whose removal lowers the function most, or raises it least if each raises it.
    pub fall: Best,
    /// The set whose removal raises the function most, or lowers it least.
    pub rise: Best,
}

/// A set that does what was asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Smallest<'a> {
    /// The set.
    pub best: &'a Best,
    /// Whether it is proven that no set of fewer players does it.
    pub proven: bool,
}

impl Removal {
    /// The set whose removal changes the function most, whichever way.
    pub fn largest(&self) -> &Best {
        if self.rise.change.abs() > self.fall.change.abs() { &self.rise } else { &self.fall }
    }

    /// The best set one way.
    pub fn towards(&self, up: bool) -> &Best {
        if up { &self.rise } else { &self.fall }
    }
}

/// The sets of 1, 2, …, `most` players (all of them, if they are fewer) whose removal changes the spectrum's function most. Equal
/// sets of players are added up. Players that are in no set come in, the lowest first, where removing any other would do
/// harm.
///
/// # Errors
/// If `most` is zero or above [`MOST`], a coefficient is not finite, or a set holds a player twice or one that does not exist.
pub fn removals(n_players: usize, spectrum: &[(Vec<u32>, f64)], most: usize) -> Result<Vec<Removal>> {
    let most = most.min(n_players);
    if !(1..=MOST).contains(&most) {
        return Err(Error::Request(format!("remove {most} of {n_players} players: expected 1 to {MOST}")));
    }
    let up = Terms::new(n_players, spectrum, most)?;
    let down = up.negated();
    let (rises, falls) = rayon::join(|| search::all(&up, most), || search::all(&down, most));
    let best = |found: Found, sign: f64| Best {
        players: found.players,
        // Adding zero turns -0 into 0.
        change: sign * found.gain + 0.0,
        bound: sign * found.bound + 0.0,
        exact: found.exact,
    };
    let both = falls.into_iter().zip(rises);
    Ok(both.map(|(fall, rise)| Removal { fall: best(fall, -1.0), rise: best(rise, 1.0) }).collect())
}

/// `f(N - R) - f(N)`, what removing `players` does to the spectrum's function.
pub fn change(spectrum: &[(Vec<u32>, f64)], players: &[u32]) -> f64 {
    let turned = |set: &[u32]| set.iter().filter(|player| players.contains(player)).count() % 2 == 1;
    let terms = spectrum.iter().filter(|(set, _)| turned(set));
    terms.map(|(set, coefficient)| weight(set.len(), *coefficient)).sum::<f64>() + 0.0
}

/// The smallest of these sets whose removal changes the function by `amount` or further the same way.
pub fn smallest(removals: &[Removal], amount: f64) -> Option<Smallest<'_>> {
    let up = amount > 0.0;
    let reaches = |change: f64| if up { change >= amount } else { change <= amount };
    let at = removals.iter().position(|removal| reaches(removal.towards(up).change))?;
    let proven = removals[..at].iter().all(|removal| !reaches(removal.towards(up).bound));
    Some(Smallest { best: removals[at].towards(up), proven })
}

/// The spectrum that an attribution holds.
///
/// # Errors
/// If its index is not Fourier.
pub fn spectrum_of(attribution: &Attribution) -> Result<Vec<(Vec<u32>, f64)>> {
    if attribution.index != Index::Fourier {
        return Err(Error::Request(format!(
            "search for players to remove in values of {}: expected the index Fourier",
            attribution.index
        )));
    }
    Ok(attribution.terms.iter().map(|term| (term.players.clone(), term.value)).collect())
}

/// What the removal of an odd number of a set's players does.
fn weight(size: usize, coefficient: f64) -> f64 {
    if size.is_multiple_of(2) { -2.0 * coefficient } else { 2.0 * coefficient }
}
