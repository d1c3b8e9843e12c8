//! A block of rows: their features by column, and the sums that leaves add to.

use super::ensemble::{Ensemble, Missing, Test};
use super::rows::Rows;

/// Features of some rows by column, as the model's own program compares them; only those that trees look at.
pub(super) struct Columns {
    n_rows: usize,
    /// The place of each feature.
    place: Vec<u32>,
    values: Vec<f64>,
}

impl Columns {
    pub(super) fn new(ensemble: &Ensemble, used: &[u32], rows: &Rows, start: usize, end: usize) -> Self {
        let mut place = vec![0; ensemble.n_features()];
        let mut values = Vec::with_capacity(used.len() * (end - start));
        for (at, &feature) in used.iter().enumerate() {
            place[feature as usize] = at as u32;
            values.extend((start..end).map(|row| ensemble.rounded(rows.row(row)[feature as usize])));
        }
        Self { n_rows: end - start, place, values }
    }

    pub(super) fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// For each row 1 if it goes left, else 0.
    pub(super) fn decide(&self, feature: u32, test: &Test, goes_left: &mut Vec<u8>) {
        let start = self.place[feature as usize] as usize * self.n_rows;
        let column = &self.values[start..start + self.n_rows];
        goes_left.clear();
        match *test {
            // The two usual cases without a branch for each row. A missing value is not above anything.
            Test::AtMost { threshold, missing: Missing::Left } => {
                goes_left.extend(column.iter().map(|&x| 1 - u8::from(x > threshold)));
            }
            Test::AtMost { threshold, missing: Missing::Right } => {
                goes_left.extend(column.iter().map(|&x| u8::from(x <= threshold)));
            }
            _ => goes_left.extend(column.iter().map(|&x| u8::from(test.goes_left(x)))),
        }
    }
}

/// Sums for each output, set of features and row.
pub(super) struct Sums {
    n_rows: usize,
    n_sets: usize,
    values: Vec<f64>,
}

impl Sums {
    pub(super) fn new(n_outputs: usize, n_sets: usize, n_rows: usize) -> Self {
        Self { n_rows, n_sets, values: vec![0.0; n_outputs * n_sets * n_rows] }
    }

    /// Adds to a set, for each row, the number of its group.
    pub(super) fn add(&mut self, output: usize, set: u32, groups: &[u32], numbers: &[f64]) {
        let start = (output * self.n_sets + set as usize) * self.n_rows;
        let sums = &mut self.values[start..start + self.n_rows];
        for (sum, &group) in sums.iter_mut().zip(groups) {
            *sum += numbers[group as usize];
        }
    }

    /// The total of several, added in their order.
    pub(super) fn total(mut several: Vec<Self>) -> Self {
        let mut total = several.remove(0);
        for sums in several {
            total.values.iter_mut().zip(&sums.values).for_each(|(total, sum)| *total += sum);
        }
        total
    }

    /// The sums by row, `[rows, outputs, sets]`.
    pub(super) fn by_row(&self) -> Vec<f64> {
        let n_columns = self.values.len() / self.n_rows;
        let mut by_row = vec![0.0; self.values.len()];
        for (column, sums) in self.values.chunks_exact(self.n_rows).enumerate() {
            for (row, sum) in sums.iter().enumerate() {
                by_row[row * n_columns + column] = *sum;
            }
        }
        by_row
    }
}
