//! Parts of an attribution.
//!
//! Whoever reads a part must not take what is missing for zero: where terms were left out that are not zero, the part
//! says so in its `run`, and neither sums nor means are formed of it.

use std::ops::RangeInclusive;

use super::{Attribution, Term};
use crate::{Error, Result};

impl Attribution {
    /// The terms of `order` players.
    pub fn order(&self, order: usize) -> Self {
        self.orders(order..=order)
    }

    /// The terms of so many players. Baseline and full value stay, and so does [`Attribution::top_order`].
    pub fn orders(&self, orders: RangeInclusive<usize>) -> Self {
        let terms = self.terms.iter().filter(|term| orders.contains(&term.players.len()));
        let mut part = self.with_terms(terms.cloned().collect());
        part.min_order = self.min_order.max(*orders.start());
        part.max_order = self.max_order.min(*orders.end());
        if part.max_order < self.max_order {
            part.run.insert("top_order".to_owned(), self.top_order().into());
        }
        part
    }

    /// The `n` terms of largest magnitude, in the order in which they stand; [`Attribution::largest`] sorts them.
    pub fn top(&self, n: usize) -> Self {
        let mut positions: Vec<usize> = (0..self.terms.len()).collect();
        let size = |at: &usize| self.terms[*at].value.abs();
        positions.sort_by(|left, right| size(right).total_cmp(&size(left)));
        let mut is_kept = vec![false; self.terms.len()];
        positions.iter().take(n).for_each(|&at| is_kept[at] = true);
        self.part(&is_kept, &format!("all but the {n} largest terms"))
    }

    /// The terms whose magnitude is `threshold` or more.
    pub fn sparsify(&self, threshold: f64) -> Self {
        let is_kept: Vec<bool> = self.terms.iter().map(|term| term.value.abs() >= threshold).collect();
        self.part(&is_kept, &format!("terms below {threshold}"))
    }

    /// The terms that hold none but these `players`. Players keep their numbers and names, so that a part can be read
    /// beside the whole; those that are not asked for are left without terms. Fails if one is not a player.
    pub fn subset(&self, players: &[u32]) -> Result<Self> {
        let mut is_asked_for = vec![false; self.n_players];
        for &player in players {
            match is_asked_for.get_mut(player as usize) {
                Some(is_asked_for) => *is_asked_for = true,
                None => {
                    let n_players = self.n_players;
                    return Err(Error::Request(format!("take player {player}: expected players below {n_players}")));
                }
            }
        }
        let is_inside = |term: &Term| term.players.iter().all(|&player| is_asked_for[player as usize]);
        let is_kept: Vec<bool> = self.terms.iter().map(is_inside).collect();
        let n_asked_for = is_asked_for.iter().filter(|is_asked_for| **is_asked_for).count();
        Ok(self.part(&is_kept, &format!("terms of others than {n_asked_for} of {} players", self.n_players)))
    }

    /// The terms that are kept, and what is to be said if others than zeros were left out.
    fn part(&self, is_kept: &[bool], left_out: &str) -> Self {
        let terms = self.terms.iter().zip(is_kept);
        let is_loss = terms.clone().any(|(term, is_kept)| !is_kept && term.value != 0.0);
        let kept = terms.filter(|(_, is_kept)| **is_kept).map(|(term, _)| term.clone());
        let mut part = self.with_terms(kept.collect());
        if is_loss {
            let text = self.left_out().map_or_else(|| left_out.to_owned(), |before| format!("{before}; {left_out}"));
            part.run.insert("left_out".to_owned(), text.into());
        }
        part
    }

    /// The same with other terms.
    pub(super) fn with_terms(&self, terms: Vec<Term>) -> Self {
        Self {
            terms,
            output: self.output.clone(),
            method: self.method.clone(),
            player_names: self.player_names.clone(),
            warnings: self.warnings.clone(),
            run: self.run.clone(),
            ..*self
        }
    }
}
