//! The bins of SPEX: sums of the coefficients of the sets that share a bin, with signs that name the sets.

use einthoven_game::transforms;
use rayon::prelude::*;

use super::subsample::Groups;

/// Rounding errors of a bin's entry, in units of the last place of the largest value.
const ROUNDING: f64 = 64.0 * f64::EPSILON;

/// What the bins of all groups hold. Values are `mean + scale * (what the sets in the bins make)`.
pub(crate) struct Bins {
    n_delays: usize,
    /// `[groups][2^bits][delays]`
    entries: Vec<f64>,
    /// Mean squares of the entries of each bin.
    energies: Vec<f64>,
    /// What was taken from all values first.
    pub mean: f64,
    /// The largest value after that.
    pub scale: f64,
    /// Entries as small as this are rounding errors.
    pub floor: f64,
}

impl Bins {
    /// The bins of values, one number for each row of the design.
    pub(crate) fn new(groups: &Groups, values: &[f64]) -> Self {
        let (n_delays, size) = (groups.n_delays(), 1 << groups.bits);
        let used = || groups.rows.iter().map(|&row| values[row as usize]);
        let largest = |values: &mut dyn Iterator<Item = f64>| values.map(f64::abs).fold(0.0, f64::max);
        // The sum of values as large as an offset loses digits, that of their differences from one of them does not.
        let first = values[0];
        let mean = first + used().map(|value| value - first).sum::<f64>() / groups.rows.len() as f64;
        let scale = match largest(&mut used().map(|value| value - mean)) {
            0.0 => 1.0,
            scale => scale,
        };
        let table = |rows: &[u32]| {
            let mut table: Vec<f64> = rows.iter().map(|&row| (values[row as usize] - mean) / scale).collect();
            transforms::walsh_hadamard(&mut table).expect("invariant: a group has a power of two of rows");
            table
        };
        let tables: Vec<Vec<f64>> = groups.rows.par_chunks_exact(size).map(table).collect();
        let mut entries = Vec::with_capacity(groups.rows.len());
        for group in tables.chunks_exact(n_delays) {
            (0..size).for_each(|bin| entries.extend(group.iter().map(|table| table[bin])));
        }
        let energies = entries.chunks_exact(n_delays).map(mean_square).collect();
        let floor = ROUNDING * (largest(&mut used()) / scale).max(1.0);
        Self { n_delays, entries, energies, mean, scale, floor }
    }

    /// Number of bins of all groups.
    pub(crate) fn len(&self) -> usize {
        self.energies.len()
    }

    /// Number of entries of a bin.
    pub(crate) fn n_delays(&self) -> usize {
        self.n_delays
    }

    /// The entries of a bin, `[delays]`; bins are numbered group after group.
    pub(crate) fn entries(&self, bin: usize) -> &[f64] {
        &self.entries[bin * self.n_delays..][..self.n_delays]
    }

    /// The mean square of a bin's entries.
    pub(crate) fn energy(&self, bin: usize) -> f64 {
        self.energies[bin]
    }

    /// Takes a coefficient with the signs of its set from a bin.
    pub(crate) fn subtract(&mut self, bin: usize, signs: u128, coefficient: f64) {
        let entries = &mut self.entries[bin * self.n_delays..][..self.n_delays];
        entries.iter_mut().enumerate().for_each(|(delay, entry)| *entry -= signed(coefficient, signs, delay));
        self.energies[bin] = mean_square(entries);
    }
}

/// The mean of a bin's entries with the signs of a set.
pub(crate) fn correlation(entries: &[f64], signs: u128) -> f64 {
    let sum: f64 = entries.iter().enumerate().map(|(delay, &entry)| signed(entry, signs, delay)).sum();
    sum / entries.len() as f64
}

fn mean_square(entries: &[f64]) -> f64 {
    entries.iter().map(|entry| entry * entry).sum::<f64>() / entries.len() as f64
}

/// The number, with its sign turned where the bit is set.
fn signed(number: f64, signs: u128, delay: usize) -> f64 {
    f64::from_bits(number.to_bits() ^ (((signs >> delay & 1) as u64) << 63))
}

#[cfg(test)]
mod tests {
    use super::super::decode::signs;
    use super::super::subsample::{Plan, design};
    use super::*;

    #[test]
    fn a_lone_set_fills_one_bin_of_each_group_with_its_signs() {
        let plan = Plan::new(40, 2000).expect("a plan");
        let design = design(&plan, 3);
        let groups = Groups::read(&design).expect("groups");
        for set in [vec![7], vec![3, 39], vec![0, 8, 15, 31, 32]] {
            let sign = |odd: usize| if odd.is_multiple_of(2) { 1.0 } else { -1.0 };
            let shared = |row: einthoven_game::Coalition<'_>| set.iter().filter(|&&p| row.contains(p as usize)).count();
            let values: Vec<f64> = design.rows.iter().map(|row| 5.0 - 2.0 * sign(shared(row))).collect();
            let bins = Bins::new(&groups, &values);
            let names = signs(&groups.code, &set);
            for (group, places) in groups.places.iter().enumerate() {
                let falls = usize::from(set.iter().fold(0, |sum, &player| sum ^ places[player as usize]));
                let offset = sign(falls >> groups.bits);
                for bin in 0..1 << groups.bits {
                    for (delay, entry) in bins.entries(group << groups.bits | bin).iter().enumerate() {
                        // The mean of the values need not be the constant; what is left of it falls into the first bin.
                        let constant = if bin == 0 { 5.0 - bins.mean } else { 0.0 };
                        let lone = if bin == falls & ((1 << groups.bits) - 1) { -2.0 * offset } else { 0.0 };
                        let expected = lone * sign((names >> delay & 1) as usize) + constant;
                        assert!((entry * bins.scale - expected).abs() < 1e-12, "{set:?} {group} {bin} {delay}");
                    }
                }
            }
        }
    }
}
