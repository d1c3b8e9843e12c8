//! The distinct rows of a design in the making.

use std::collections::HashMap;

use einthoven_game::Coalitions;

/// Distinct coalitions, in the order in which they came. The first is empty, the second full.
pub(crate) struct RowSet {
    rows: Coalitions,
    row_of: HashMap<Box<[u32]>, u32>,
}

impl RowSet {
    /// The empty and the full coalition.
    pub(crate) fn new(n_players: usize) -> Self {
        let mut rows = Coalitions::new(n_players);
        rows.push_empty();
        rows.push_full();
        let row_of = (0..2).map(|row| (rows.row(row).words().into(), row as u32)).collect();
        Self { rows, row_of }
    }

    /// The row of a coalition, and whether it is new.
    pub(crate) fn insert(&mut self, words: &[u32]) -> (u32, bool) {
        if let Some(&row) = self.row_of.get(words) {
            return (row, false);
        }
        let row = self.rows.len() as u32;
        self.rows.push_words(words);
        self.row_of.insert(words.into(), row);
        (row, true)
    }

    pub(crate) fn contains(&self, words: &[u32]) -> bool {
        self.row_of.contains_key(words)
    }

    pub(crate) fn rows(&self) -> &Coalitions {
        &self.rows
    }

    pub(crate) fn into_rows(self) -> Coalitions {
        self.rows
    }
}
