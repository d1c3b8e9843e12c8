//! The distinct rows of a design in the making.

use std::collections::HashMap;

use crate::Coalitions;

/// Distinct coalitions, in the order in which they came. The first is empty, the second full.
#[derive(Clone, Debug)]
pub struct RowSet {
    rows: Coalitions,
    row_of: HashMap<Box<[u32]>, u32>,
}

impl RowSet {
    /// The empty and the full coalition.
    pub fn new(n_players: usize) -> Self {
        let mut rows = Coalitions::new(n_players);
        rows.push_empty();
        rows.push_full();
        let row_of = (0..2).map(|row| (rows.row(row).words().into(), row as u32)).collect();
        Self { rows, row_of }
    }

    /// The row of a coalition, and whether it is new.
    pub fn insert(&mut self, words: &[u32]) -> (u32, bool) {
        if let Some(&row) = self.row_of.get(words) {
            return (row, false);
        }
        let row = self.rows.len() as u32;
        self.rows.push_words(words);
        self.row_of.insert(words.into(), row);
        (row, true)
    }

    /// Whether a coalition is there.
    pub fn contains(&self, words: &[u32]) -> bool {
        self.row_of.contains_key(words)
    }

    /// The coalitions.
    pub fn rows(&self) -> &Coalitions {
        &self.rows
    }

    /// The coalitions, for a design.
    pub fn into_rows(self) -> Coalitions {
        self.rows
    }
}
