//! The bins of SPEX: sums of the coefficients of the sets that share a bin, with signs that name the sets.

use einthoven_game::transforms;
use rayon::prelude::*;

use super::subsample::Groups;

/// Rounding errors of a bin's entry, in units of the last place of the largest value.
const ROUNDING: f64 = 64.0 * f64::EPSILON;

/// What the bins of all groups hold.
#[derive(Clone)]
pub(crate) struct Bins {
    n_delays: usize,
    /// `[groups][2^bits][delays]`
    entries: Vec<f64>,
    /// What was taken from all values first.
    pub mean: f64,
    /// Entries as small as this are rounding errors.
    pub floor: f64,
}

impl Bins {
    /// The bins of values, one number for each row of the design.
    pub(crate) fn new(groups: &Groups, values: &[f64]) -> Self {
        let (n_delays, size) = (groups.n_delays(), 1 << groups.bits);
        let largest = groups.rows.iter().map(|&row| values[row as usize].abs()).fold(0.0, f64::max);
        // The sum of values as large as an offset loses digits, that of their differences from one of them does not.
        let first = values[0];
        let sum: f64 = groups.rows.iter().map(|&row| values[row as usize] - first).sum();
        let mean = first + sum / groups.rows.len() as f64;
        let table = |rows: &[u32]| {
            let mut table: Vec<f64> = rows.iter().map(|&row| values[row as usize] - mean).collect();
            transforms::walsh_hadamard(&mut table).expect("invariant: a group has a power of two of rows");
            table
        };
        let tables: Vec<Vec<f64>> = groups.rows.par_chunks_exact(size).map(table).collect();
        let mut entries = Vec::with_capacity(groups.rows.len());
        for group in tables.chunks_exact(n_delays) {
            (0..size).for_each(|bin| entries.extend(group.iter().map(|table| table[bin])));
        }
        Self { n_delays, entries, mean, floor: ROUNDING * largest }
    }

    /// Number of bins of all groups.
    pub(crate) fn len(&self) -> usize {
        self.entries.len() / self.n_delays
    }

    /// The entries of a bin, `[delays]`; bins are numbered group after group.
    pub(crate) fn entries(&self, bin: usize) -> &[f64] {
        &self.entries[bin * self.n_delays..][..self.n_delays]
    }

    /// The mean square of a bin's entries.
    pub(crate) fn energy(&self, bin: usize) -> f64 {
        let entries = self.entries(bin);
        entries.iter().map(|entry| entry * entry).sum::<f64>() / entries.len() as f64
    }

    /// Takes a coefficient with the signs of its set from a bin.
    pub(crate) fn subtract(&mut self, bin: usize, signs: u128, coefficient: f64) {
        let entries = &mut self.entries[bin * self.n_delays..][..self.n_delays];
        entries.iter_mut().enumerate().for_each(|(delay, entry)| *entry -= signed(coefficient, signs, delay));
    }
}

/// The mean of a bin's entries with the signs of a set.
pub(crate) fn correlation(entries: &[f64], signs: u128) -> f64 {
    let sum: f64 = entries.iter().enumerate().map(|(delay, &entry)| signed(entry, signs, delay)).sum();
    sum / entries.len() as f64
}

/// The number, with its sign turned where the bit is set.
fn signed(number: f64, signs: u128, delay: usize) -> f64 {
    f64::from_bits(number.to_bits() ^ (((signs >> delay & 1) as u64) << 63))
}
