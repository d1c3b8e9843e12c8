//! The sets that a sparse function is made of, by taking one after another from the bins of SPEX.
//!
//! A bin that holds one set spells it; once known, the set is taken from its bins in the other groups, where that may leave
//! another set alone (Kang et al., 2025; Li, Bradley, Pawar & Ramchandran, 2015). A set is taken if it explains its bins in
//! all groups so much better than no set that the best of all sets of its size, on noise, would not (`evidence.rs`). So there is
//! no other threshold, and a bin that holds several sets gives the strongest. Coefficients are made anew after each round from all bins,
//! and what no longer passes is given back.

use std::collections::BTreeSet;

use einthoven_game::Design;
use rayon::prelude::*;

use super::bins::Bins;
use super::decode::{candidates, signs};
use super::evidence::{MOST_DEGREE, Place, fit, needed, quiet};
use super::small::Signs;
use super::subsample::Groups;
use crate::Result;
use crate::sets::count;

/// Most rounds.
const ROUNDS: usize = 100;
/// Most passes over the coefficients after a round, and their change, relative to the largest one, that ends it.
const PASSES: usize = 50;
const CHANGE: f64 = 1e-13;
/// Choices of signs to turn in a bin, first and where nothing else is left; and decodings of all bins together.
const FEW_CHOICES: usize = 64;
const MANY_CHOICES: usize = 4096;
const MOST_DECODINGS: usize = 1 << 17;
/// Most sets of a size that are gone through: a tenth of a second.
const MOST_SETS: f64 = 3e7;

/// What was found in the values of one output.
#[derive(Clone, Debug)]
pub(crate) struct Screened {
    /// Sets of players, ascending, with their coefficients, the largest first; the empty set is always there, and the first.
    pub sets: Vec<(Vec<u32>, f64)>,
    /// What the screen was made of.
    pub facts: Facts,
}

/// How the screen was made, and what it saw.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub(crate) struct Facts {
    /// Bits of `l`: a group has two to their number of bins.
    pub bits: usize,
    /// Errors that the code corrects.
    pub n_errors: usize,
    /// Groups of rows.
    pub groups: usize,
    /// Delays of a group.
    pub delays: usize,
    /// What the sets leave of a value, estimated from the quieter bins: its standard deviation.
    pub noise: f64,
    /// Rounds until nothing changed.
    pub rounds: usize,
}

impl Facts {
    /// As they stand in a result.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// Finds the sets in the values of one output, one number for each row of the design.
///
/// # Errors
/// If SPEX has not made the design, or the values are not as many as its rows.
pub(crate) fn screen(design: &Design, values: &[f64]) -> Result<Screened> {
    design.check_rows(values.len())?;
    let groups = Groups::read(design)?;
    let mut peeling = Peeling::new(&groups, Bins::new(&groups, values));
    let rounds = peeling.run();
    let (mean, scale) = (peeling.bins.mean, peeling.bins.scale);
    let noise = (quiet(&peeling.bins) * f64::from(1u32 << groups.bits)).sqrt() * scale;
    let mut sets: Vec<(Vec<u32>, f64)> =
        peeling.found.into_iter().map(|found| (found.set, found.coefficient * scale)).collect();
    let empty = sets.iter().position(|(set, _)| set.is_empty()).map_or(0.0, |at| sets.remove(at).1);
    sets.sort_by(|(a, x), (b, y)| y.abs().total_cmp(&x.abs()).then_with(|| a.cmp(b)));
    sets.insert(0, (Vec::new(), mean + empty));
    let (n_errors, delays) = (groups.code.n_errors(), groups.n_delays());
    let facts = Facts { bits: groups.bits, n_errors, groups: groups.len(), delays, noise, rounds };
    Ok(Screened { sets, facts })
}

/// A set that was taken.
struct Found {
    set: Vec<u32>,
    /// Its bin in each group, and its signs there.
    places: Vec<Place>,
    coefficient: f64,
}

struct Peeling<'a> {
    groups: &'a Groups,
    /// What the sets that were taken leave.
    bins: Bins,
    /// Bins that have changed since they were last decoded.
    changed: Vec<bool>,
    found: Vec<Found>,
    /// Sets that were taken and did not hold: they are not taken again, so that there is an end.
    given_back: BTreeSet<Vec<u32>>,
    /// Evidence that is needed, by size.
    needed: Vec<f64>,
}

impl<'a> Peeling<'a> {
    fn new(groups: &'a Groups, bins: Bins) -> Self {
        let needed = needed(groups.code.columns().len());
        let changed = vec![true; bins.len()];
        Self { groups, bins, changed, found: Vec::new(), given_back: BTreeSet::new(), needed }
    }

    /// Takes sets until there is none left; the number of rounds.
    fn run(&mut self) -> usize {
        let n_players = self.groups.code.columns().len();
        let can = |size: &usize| *size <= 2 || count(n_players, *size) <= MOST_SETS;
        for round in 1..=ROUNDS {
            let mut sets = self.decode(FEW_CHOICES);
            sets.extend(self.small(0..=2));
            let mut taken = self.take(sets);
            if taken == 0 {
                self.changed.fill(true);
                let sets = self.decode(MANY_CHOICES);
                taken = self.take(sets);
            }
            let mut size = 2;
            while taken == 0 && size < MOST_DEGREE && can(&(size + 1)) {
                size += 1;
                let sets = self.small(size..=size);
                taken = self.take(sets);
            }
            if taken == 0 {
                return round;
            }
            self.refine();
        }
        ROUNDS
    }

    /// What the bins spell that have changed and hold more than noise.
    fn decode(&mut self, choices: usize) -> BTreeSet<Vec<u32>> {
        let n_delays = self.groups.n_delays();
        let noise = quiet(&self.bins) * (1.0 + 2.0 * (2.0 / n_delays as f64).sqrt());
        let least = noise.max(self.bins.floor.powi(2));
        let which: Vec<usize> =
            (0..self.bins.len()).filter(|&bin| self.changed[bin] && self.bins.energy(bin) > least).collect();
        self.changed.fill(false);
        let choices = choices.min(MOST_DECODINGS / which.len().max(1)).max(FEW_CHOICES);
        let spelt = which.par_iter().flat_map_iter(|&bin| {
            let mut sets = candidates(&self.groups.code, self.bins.entries(bin), choices);
            sets.retain(|set| self.places(set).iter().any(|(place, _)| *place == bin));
            sets
        });
        spelt.collect::<Vec<_>>().into_iter().collect()
    }

    /// Small sets whose signs stand out from all bins.
    fn small(&self, sizes: std::ops::RangeInclusive<usize>) -> BTreeSet<Vec<u32>> {
        let signs = Signs::new(self.groups, &self.bins);
        // Signs alone keep 0.8 of a faint correlation, give or take one standard deviation.
        let deviations = |size: usize| 0.8 * (2.0 * self.needed[size]).sqrt() - 1.0;
        sizes.flat_map(|size| signs.candidates(size, deviations(size))).collect()
    }

    /// The bins of a set in all groups, and its signs there.
    fn places(&self, set: &[u32]) -> Vec<Place> {
        let (signs, bits) = (signs(&self.groups.code, set), self.groups.bits);
        let place = |(group, places): (usize, &Vec<u16>)| {
            let place = usize::from(set.iter().fold(0, |sum, &player| sum ^ places[player as usize]));
            let bin = group << bits | place & ((1 << bits) - 1);
            (bin, if place >> bits == 1 { !signs } else { signs })
        };
        self.groups.places.iter().enumerate().map(place).collect()
    }

    /// Takes those sets that have evidence, the surest first; how many.
    fn take(&mut self, sets: BTreeSet<Vec<u32>>) -> usize {
        let known: BTreeSet<&Vec<u32>> = self.found.iter().map(|found| &found.set).collect();
        let new: Vec<Vec<u32>> =
            sets.into_iter().filter(|set| !known.contains(set) && !self.given_back.contains(set)).collect();
        let try_one = |set: Vec<u32>| {
            let places = self.places(&set);
            let evidence = fit(&self.bins, &places).ln_ratio - self.needed[set.len()];
            (evidence > 0.0).then_some((evidence, Found { set, places, coefficient: 0.0 }))
        };
        let mut sure: Vec<(f64, Found)> = new.into_par_iter().filter_map(try_one).collect();
        sure.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        let mut taken = 0;
        for (_, found) in sure {
            let coefficient = self.evident(&found);
            if coefficient != 0.0 {
                self.found.push(found);
                self.add(self.found.len() - 1, coefficient);
                taken += 1;
            }
        }
        taken
    }

    /// The coefficient of a set, zero if there is not enough evidence.
    fn evident(&self, found: &Found) -> f64 {
        let fit = fit(&self.bins, &found.places);
        if fit.ln_ratio > self.needed[found.set.len()] { fit.coefficient } else { 0.0 }
    }

    /// Adds to the coefficient of a set.
    fn add(&mut self, at: usize, change: f64) {
        let found = &mut self.found[at];
        found.coefficient += change;
        for &(bin, signs) in &found.places {
            self.bins.subtract(bin, signs, change);
            self.changed[bin] = true;
        }
    }

    /// Makes the coefficients anew, one after another from what the others leave, and gives back sets without evidence.
    fn refine(&mut self) {
        for _ in 0..PASSES {
            let mut moved: f64 = 0.0;
            for at in 0..self.found.len() {
                let old = self.found[at].coefficient;
                self.add(at, -old);
                let new = self.evident(&self.found[at]);
                self.add(at, new);
                moved = moved.max((new - old).abs());
            }
            let gone = self.found.extract_if(.., |found| found.coefficient == 0.0);
            self.given_back.extend(gone.map(|found| found.set));
            let largest = self.found.iter().map(|found| found.coefficient.abs()).fold(0.0, f64::max);
            if moved <= CHANGE * largest {
                break;
            }
        }
    }
}
