//! The sets of a spectrum, as the search walks over them.

use std::collections::BTreeMap;

use super::weight;
use crate::{Error, Result};

/// Sets of candidates with what it does to remove an odd number of their players. Candidates are numbers from 0 in the order
/// of the players they stand for.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    /// The player that each candidate is.
    pub players: Vec<u32>,
    /// Candidates by term.
    pub sets: Vec<Vec<u32>>,
    pub weights: Vec<f64>,
    /// Terms by candidate.
    pub of_candidate: Vec<Vec<u32>>,
}

impl Terms {
    /// The players of the spectrum, and `most` others, if there are any, so that a set of so many need not do harm.
    pub fn new(n_players: usize, spectrum: &[(Vec<u32>, f64)], most: usize) -> Result<Self> {
        let merged = merged(n_players, spectrum)?;
        let mut taken = vec![false; n_players];
        merged.keys().flatten().for_each(|&player| taken[player as usize] = true);
        let idle: Vec<usize> = (0..n_players).filter(|&player| !taken[player]).take(most).collect();
        idle.into_iter().for_each(|player| taken[player] = true);
        let players: Vec<u32> = (0..n_players as u32).filter(|&player| taken[player as usize]).collect();
        let candidate = |player: &u32| players.partition_point(|other| other < player) as u32;
        let sets: Vec<Vec<u32>> = merged.keys().map(|set| set.iter().map(candidate).collect()).collect();
        let mut of_candidate = vec![Vec::new(); players.len()];
        for (term, set) in sets.iter().enumerate() {
            set.iter().for_each(|&candidate| of_candidate[candidate as usize].push(term as u32));
        }
        let weights: Vec<f64> = merged.iter().map(|(set, coefficient)| weight(set.len(), *coefficient)).collect();
        if !weights.iter().map(|weight| weight.abs()).sum::<f64>().is_finite() {
            return Err(Error::Request(
                "search the spectrum: its coefficients add up to more than a number holds; expected smaller ones"
                    .to_owned(),
            ));
        }
        Ok(Self { players, sets, weights, of_candidate })
    }

    /// The same with all signs turned.
    pub fn negated(&self) -> Self {
        Self { weights: self.weights.iter().map(|weight| -weight).collect(), ..self.clone() }
    }

    /// Players of all sets together.
    pub fn size(&self) -> usize {
        self.sets.iter().map(Vec::len).sum()
    }

    /// What the removal of some candidates does.
    pub fn gain(&self, candidates: &[u32]) -> f64 {
        let turned = |set: &[u32]| set.iter().filter(|candidate| candidates.contains(candidate)).count() % 2 == 1;
        let terms = self.sets.iter().zip(&self.weights).filter(|(set, _)| turned(set));
        terms.map(|(_, weight)| weight).sum()
    }
}

/// Coefficients by their sets, ascending; the empty set and zeros do nothing.
fn merged(n_players: usize, spectrum: &[(Vec<u32>, f64)]) -> Result<BTreeMap<Vec<u32>, f64>> {
    let mut merged = BTreeMap::new();
    for (position, (players, coefficient)) in spectrum.iter().enumerate() {
        let refused = |what: String| Error::Request(format!("search the spectrum: term {position} {what}"));
        let mut set = players.clone();
        set.sort_unstable();
        if let Some(twice) = set.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(refused(format!("holds player {} twice; expected each once", twice[0])));
        }
        if let Some(player) = set.last().filter(|player| **player as usize >= n_players) {
            return Err(refused(format!("holds player {player}; expected players below {n_players}")));
        }
        if !coefficient.is_finite() {
            return Err(refused(format!("has the coefficient {coefficient}; expected a finite number")));
        }
        *merged.entry(set).or_insert(0.0) += coefficient;
    }
    merged.retain(|set, coefficient| !set.is_empty() && *coefficient != 0.0);
    Ok(merged)
}
