//! All sets of a size, where they can be gone through: by the signs of their bins in all groups at once.
//!
//! A set that shares its bins with others, or is drowned in noise, has too many wrong signs for the code. But the signs that
//! are right, counted over all groups, still stand out, and counting takes a few steps for each set.

use rayon::prelude::*;

use super::bins::Bins;
use super::subsample::Groups;

/// Signs of a bin that are counted, so that they fit in a word.
const MOST_SIGNS: usize = 64;
/// Groups there may be.
const MOST_GROUPS: usize = 5;

/// The signs of all bins, and of all players.
pub(crate) struct Signs<'a> {
    groups: &'a Groups,
    n_groups: usize,
    n_signs: usize,
    /// Bits of the entries that are negative, then of those that are not, `[groups][2][2^bits]`.
    bins: Vec<u64>,
    players: Vec<u64>,
}

/// Where a set falls in each group, and the signs that name it.
#[derive(Clone, Copy)]
struct Place {
    falls: [u16; MOST_GROUPS],
    signs: u64,
}

impl<'a> Signs<'a> {
    pub(crate) fn new(groups: &'a Groups, bins: &Bins) -> Self {
        let n_signs = groups.n_delays().min(MOST_SIGNS);
        let negative = |entry: &f64| u64::from(entry.is_sign_negative());
        let word = |bin| {
            let entries = bins.entries(bin)[..n_signs].iter().enumerate();
            entries.fold(0, |word, (delay, entry)| word | negative(entry) << delay)
        };
        let mask = u64::MAX >> (64 - n_signs);
        let words: Vec<u64> = (0..bins.len()).map(word).collect();
        let both =
            |group: &[u64]| group.iter().copied().chain(group.iter().map(|word| !word & mask)).collect::<Vec<_>>();
        let bins = words.chunks_exact(1 << groups.bits).flat_map(both).collect();
        let players = groups.code.columns().iter().map(|&column| (column << 1) as u64);
        let players = players.map(|signs| signs & mask).collect();
        Self { groups, n_groups: groups.len(), n_signs, bins, players }
    }

    /// The sets of `size` players with signs that go along with those of their bins by at least so many standard deviations of
    /// what chance gives; in lexicographic order.
    pub(crate) fn candidates(&self, size: usize, deviations: f64) -> Vec<Vec<u32>> {
        let least = deviations * ((self.n_groups * self.n_signs) as f64).sqrt();
        let n_players = self.players.len() as u32;
        if size == 0 || size > self.players.len() {
            return if size == 0 { vec![Vec::new()] } else { Vec::new() };
        }
        let nowhere = Place { falls: [0; MOST_GROUPS], signs: 0 };
        if size == 1 {
            let mut found = Vec::new();
            self.last(&mut Vec::new(), nowhere, least, &mut found);
            return found;
        }
        let from = |first: u32| {
            let mut found = Vec::new();
            self.extend(&mut vec![first], self.with(nowhere, first), size, least, &mut found);
            found
        };
        (0..n_players).into_par_iter().flat_map_iter(from).collect()
    }

    /// Adds one player after another.
    fn extend(&self, set: &mut Vec<u32>, place: Place, size: usize, least: f64, found: &mut Vec<Vec<u32>>) {
        if set.len() + 1 == size {
            return self.last(set, place, least, found);
        }
        for player in next(set)..self.players.len() as u32 {
            set.push(player);
            self.extend(set, self.with(place, player), size, least, found);
            set.pop();
        }
    }

    /// Tries all players for the last one of a set.
    fn last(&self, set: &mut Vec<u32>, place: Place, least: f64, found: &mut Vec<Vec<u32>>) {
        let signs = (self.n_groups * self.n_signs) as i32;
        let least = least.ceil() as i32;
        for player in next(set) as usize..self.players.len() {
            let named = place.signs ^ self.players[player];
            let mut unlike = 0;
            for group in 0..self.n_groups {
                let falls = usize::from(place.falls[group] ^ self.groups.places[group][player]);
                unlike += (self.bins[group << (self.groups.bits + 1) | falls] ^ named).count_ones() as i32;
            }
            if (signs - 2 * unlike).abs() >= least {
                found.push([set.as_slice(), &[player as u32]].concat());
            }
        }
    }

    fn with(&self, mut place: Place, player: u32) -> Place {
        place.signs ^= self.players[player as usize];
        place.falls.iter_mut().zip(&self.groups.places).for_each(|(falls, of)| *falls ^= of[player as usize]);
        place
    }
}

/// The first player after those of a set.
fn next(set: &[u32]) -> u32 {
    set.last().map_or(0, |last| last + 1)
}

#[cfg(test)]
mod tests {
    use einthoven_game::design::subset::for_each_subset;
    use einthoven_game::rng;
    use rand::RngExt;

    use super::super::bins::correlation;
    use super::super::decode::signs;
    use super::super::subsample::{Plan, design};
    use super::*;

    #[test]
    fn counts_are_those_of_one_set_after_another() {
        let design = design(&Plan::new(16, 1500).expect("a plan"), 2);
        let groups = Groups::read(&design).expect("groups");
        let mut rng = rng::stream(5, "small test", 0);
        let values: Vec<f64> = (0..design.rows.len()).map(|_| rng.random::<f64>()).collect();
        let bins = Bins::new(&groups, &values);
        let all = Signs::new(&groups, &bins);
        let entries = groups.len() * groups.n_delays();
        for (size, deviations) in [(1, 0.5), (2, 1.5), (3, 2.0), (5, 2.5), (17, 1.0)] {
            let mut expected = Vec::new();
            for_each_subset(16, size, |set| {
                let set: Vec<u32> = set.iter().map(|&player| player as u32).collect();
                let mut sum = 0.0;
                for (group, places) in groups.places.iter().enumerate() {
                    let falls = usize::from(set.iter().fold(0, |sum, &player| sum ^ places[player as usize]));
                    let bin = group << groups.bits | falls & ((1 << groups.bits) - 1);
                    let hard: Vec<f64> = bins.entries(bin).iter().map(|entry| entry.signum()).collect();
                    let turned = if falls >> groups.bits == 1 { -1.0 } else { 1.0 };
                    sum += turned * correlation(&hard, signs(&groups.code, &set)) * hard.len() as f64;
                }
                if sum.abs() >= deviations * (entries as f64).sqrt() {
                    expected.push(set);
                }
            });
            assert_eq!(all.candidates(size, deviations), expected, "size {size}");
            assert!(size == 17 || !expected.is_empty());
        }
        assert_eq!(all.candidates(0, 9.0), [Vec::<u32>::new()]);
    }
}
