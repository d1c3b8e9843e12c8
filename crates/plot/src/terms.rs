//! The terms of an attribution as pictures need them: ranked, named, and counted.

use std::collections::BTreeSet;

use einthoven_game::{Attribution, Term};

use crate::number::{PRODUCT, counted, cut};
use crate::players;

/// The terms of one or more players, largest magnitude first.
pub(crate) struct Terms<'a> {
    /// The name of each player.
    pub names: Vec<String>,
    /// Equals stand in order. Terms whose values are not finite are left out.
    pub ranked: Vec<&'a Term>,
    /// How many were left out.
    pub not_finite: usize,
}

impl<'a> Terms<'a> {
    /// The terms of all orders. A term without players, the index's own empty value, is none of them.
    pub fn new(attribution: &'a Attribution) -> Self {
        let real = |term: &&Term| {
            let mut players = term.players.iter();
            !term.players.is_empty() && players.all(|&player| (player as usize) < attribution.n_players)
        };
        let all: Vec<&Term> = attribution.terms.iter().filter(real).collect();
        let mut ranked: Vec<&Term> = all.iter().copied().filter(|term| term.value.is_finite()).collect();
        let not_finite = all.len() - ranked.len();
        ranked.sort_by(|a, b| b.value.abs().total_cmp(&a.value.abs()));
        Self { names: players::names(attribution), ranked, not_finite }
    }

    /// Players joined, such as `I × V2`.
    pub fn name(&self, players: &[u32]) -> String {
        joined(players.iter().map(|&player| self.names[player as usize].as_str()))
    }

    /// The terms of so many players that are not zero, largest first.
    pub fn of_order(&self, order: usize) -> impl Iterator<Item = &'a Term> {
        self.ranked.iter().copied().filter(move |term| term.players.len() == order && term.value != 0.0)
    }

    /// A line about the terms left out, or nothing.
    pub fn not_finite_note(&self) -> String {
        match self.not_finite {
            0 => String::new(),
            1 => "left out: 1 term whose value is not finite".to_owned(),
            count => format!("left out: {count} terms whose values are not finite"),
        }
    }

    /// The players to draw, ascending: all, if there are no more than `most`; else those of the strongest sets, which
    /// are taken whole and in turn as long as they fit.
    pub fn players_of(&self, sets: impl IntoIterator<Item = &'a Term>, most: usize) -> Vec<u32> {
        if self.names.len() <= most {
            return (0..self.names.len() as u32).collect();
        }
        let mut chosen = BTreeSet::new();
        for term in sets {
            let new = term.players.iter().filter(|player| !chosen.contains(*player)).count();
            if chosen.len() + new <= most {
                chosen.extend(term.players.iter().copied());
            }
            if chosen.len() == most {
                break;
            }
        }
        chosen.into_iter().collect()
    }
}

/// Names joined as a product is written.
pub(crate) fn joined<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(PRODUCT)
}

/// A title such as `k-SII values for MI: the 20 largest of 78 terms`; `thing` is what is counted.
pub(crate) fn title(attribution: &Attribution, shown: usize, count: usize, thing: &str) -> String {
    let what = format!("{} for {}", players::index_words(attribution), cut(&attribution.output, 24));
    let all = counted(count, thing);
    if shown < count { format!("{what}: the {shown} largest of {all}") } else { format!("{what}: {all}") }
}
