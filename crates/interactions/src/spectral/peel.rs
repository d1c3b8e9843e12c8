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
use super::evidence::{Place, fit, needed, quiet};
use super::facts::Facts;
use super::significance::MOST_DEGREE;
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
            let floor = self.bins.floor * self.bins.floor;
            if (0..self.bins.len()).all(|bin| self.bins.energy(bin) <= floor) {
                return round;
            }
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use einthoven_game::rng::{self, ChaCha8Rng};
    use einthoven_game::{Coalitions, Error};
    use proptest::prelude::*;
    use rand::RngExt;

    use super::super::subsample::{self, Plan};
    use super::*;

    type Spectrum = BTreeMap<Vec<u32>, f64>;

    /// Random sets of one to `degree` players, coefficients from 0.5 to 1.5 with either sign.
    fn spectrum(n_players: usize, n_sets: usize, degree: usize, rng: &mut ChaCha8Rng) -> Spectrum {
        let mut spectrum = Spectrum::new();
        while spectrum.len() < n_sets {
            let size = rng.random_range(1..=degree);
            let mut set = BTreeSet::new();
            while set.len() < size {
                set.insert(rng.random_range(0..n_players as u32));
            }
            let sign = if rng.random::<bool>() { 1.0 } else { -1.0 };
            spectrum.insert(set.into_iter().collect(), sign * (0.5 + rng.random::<f64>()));
        }
        spectrum
    }

    fn values(rows: &Coalitions, spectrum: &Spectrum) -> Vec<f64> {
        let value = |row: einthoven_game::Coalition<'_>| {
            let term = |(set, c): (&Vec<u32>, &f64)| {
                let shared = set.iter().filter(|&&player| row.contains(player as usize)).count();
                if shared.is_multiple_of(2) { *c } else { -c }
            };
            spectrum.iter().map(term).sum()
        };
        rows.iter().map(value).collect()
    }

    /// Normal noise by the sum of twelve uniform numbers.
    fn noise(rng: &mut ChaCha8Rng) -> f64 {
        (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0
    }

    fn designed(n_players: usize, budget: usize, seed: u64) -> Design {
        subsample::design(&Plan::new(n_players, budget).expect("a plan"), seed)
    }

    /// Exactly the sets of a spectrum, with coefficients that differ by less than `error`.
    fn same(found: &Screened, spectrum: &Spectrum, error: f64) {
        let found: Spectrum = found.sets.iter().filter(|(set, _)| !set.is_empty()).cloned().collect();
        assert_eq!(found.keys().collect::<Vec<_>>(), spectrum.keys().collect::<Vec<_>>());
        for (set, c) in spectrum {
            assert!((found[set] - c).abs() < error, "{set:?}: {} instead of {c}", found[set]);
        }
    }

    #[test]
    fn flat_spectra_are_found_exactly() {
        for (n_players, n_sets, budget) in [(100, 20, 4000), (100, 100, 4000), (500, 10, 2000), (1000, 30, 11_000)] {
            for seed in 0..2 {
                let spectrum = spectrum(n_players, n_sets, 5, &mut rng::stream(seed, "peel test", 0));
                let design = designed(n_players, budget, seed);
                let of_rows = values(&design.rows, &spectrum);
                let found = screen(&design, &of_rows).expect("a screen");
                same(&found, &spectrum, 1e-9);
                let offset: Vec<f64> = of_rows.iter().map(|value| value + 1e6).collect();
                let found = screen(&design, &offset).expect("a screen");
                same(&found, &spectrum, 1e-8);
                assert!((found.sets[0].1 - 1e6).abs() < 1e-8 && found.sets[0].0.is_empty());
            }
        }
    }

    #[test]
    fn sets_come_largest_first_and_at_any_scale() {
        let spectrum = spectrum(60, 12, 4, &mut rng::stream(3, "peel test", 1));
        let design = designed(60, 3000, 3);
        let of_rows = values(&design.rows, &spectrum);
        let once = screen(&design, &of_rows).expect("a screen");
        assert!(once.sets[1..].is_sorted_by(|a, b| a.1.abs() >= b.1.abs()));
        assert_eq!(once.facts.noise, once.facts.noise.clamp(0.0, 1e-12));
        for scale in [1e-180, 1e200] {
            let scaled: Vec<f64> = of_rows.iter().map(|value| value * scale).collect();
            let again = screen(&design, &scaled).expect("a screen");
            let sets = |screened: &Screened| screened.sets[1..].iter().map(|(set, _)| set.clone()).collect::<Vec<_>>();
            assert_eq!(sets(&again), sets(&once));
            assert!(again.sets.iter().zip(&once.sets).skip(1).all(|((_, a), (_, b))| (a / scale - b).abs() < 1e-9));
        }
    }

    #[test]
    fn noise_of_a_tenth_hides_nothing() {
        for seed in 0..3 {
            let mut rng = rng::stream(seed, "peel test", 2);
            let spectrum = spectrum(100, 20, 5, &mut rng);
            let sd = 0.1 * spectrum.values().map(|c| c * c).sum::<f64>().sqrt();
            let design = designed(100, 4000, seed);
            let noisy: Vec<f64> =
                values(&design.rows, &spectrum).into_iter().map(|value| value + sd * noise(&mut rng)).collect();
            let found = screen(&design, &noisy).expect("a screen");
            // Six standard errors of a mean over all rows.
            same(&found, &spectrum, 6.0 * sd / 3936.0_f64.sqrt());
            assert!((found.facts.noise / sd - 1.0).abs() < 0.15, "{} {sd}", found.facts.noise);
        }
    }

    #[test]
    fn a_constant_is_the_constant_and_nothing_else() {
        let design = designed(100, 1500, 0);
        for constant in [0.0, 0.1, -3e7] {
            let found = screen(&design, &vec![constant; 1500]).expect("a screen");
            assert_eq!(found.sets, [(Vec::new(), constant)]);
        }
    }

    #[test]
    fn noise_is_not_taken_for_sets() {
        // Each screen takes a set with chance 0.05 at most: of 60, more than 8 with chance 0.004.
        let mut taken = 0;
        for (n_players, budget) in [(30, 600), (60, 1000), (200, 2000)] {
            for seed in 0..20 {
                let design = designed(n_players, budget, seed);
                let mut rng = rng::stream(seed, "peel test", 3);
                let noise: Vec<f64> = (0..budget).map(|_| noise(&mut rng)).collect();
                let found = screen(&design, &noise).expect("a screen");
                taken += usize::from(found.sets.len() > 1);
            }
        }
        assert!(taken <= 8, "{taken}");
    }

    #[test]
    fn a_parity_of_five_is_found_alone() {
        let parity = Spectrum::from([(vec![3, 30, 300, 700, 999], -2.5)]);
        let design = designed(1000, 2000, 5);
        same(&screen(&design, &values(&design.rows, &parity)).expect("a screen"), &parity, 1e-12);
    }

    #[test]
    fn threads_do_not_matter() {
        let mut rng = rng::stream(8, "peel test", 4);
        let spectrum = spectrum(100, 30, 5, &mut rng);
        let design = designed(100, 4000, 8);
        let noisy: Vec<f64> =
            values(&design.rows, &spectrum).into_iter().map(|value| value + noise(&mut rng)).collect();
        let [one, three] = [1, 3].map(|n_threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().expect("threads");
            pool.install(|| screen(&design, &noisy).expect("a screen"))
        });
        assert_eq!((one.sets, one.facts), (three.sets, three.facts));
    }

    #[test]
    fn values_of_another_design_are_refused() {
        let found = screen(&designed(40, 1000, 1), &[0.0; 999]);
        assert!(matches!(found, Err(crate::Error::Game(Error::Shape { what: "values of a design", .. }))));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn few_sets_are_found_whatever_they_are(n_players in 20usize..400, n_sets in 0usize..10, seed: u64) {
            let spectrum = spectrum(n_players, n_sets, 5, &mut rng::stream(seed, "peel test", 5));
            let design = designed(n_players, 5000, seed);
            same(&screen(&design, &values(&design.rows, &spectrum)).expect("a screen"), &spectrum, 1e-9);
        }
    }
}
