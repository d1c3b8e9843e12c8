//! Which rows are the same as far as a part of the network can see.

use hashbrown::{HashTable, hash_table::Entry};

use crate::rows::{Mask, Rows};

/// Rows sorted into patterns: two rows of one pattern are the same record, through the same map, with the same players
/// among those that count.
#[derive(Clone, Debug)]
pub(crate) struct Patterns {
    /// The pattern of each row.
    pub of_row: Vec<u32>,
    /// A row of each pattern, the first one.
    pub first: Vec<u32>,
}

impl Patterns {
    /// Sorts rows by the players that count, which are given for each record. Gives up when there are more than
    /// `limit` patterns.
    pub(crate) fn new(rows: &Rows, masks: &[Mask], limit: usize) -> Option<Self> {
        let mut table: HashTable<u32> = HashTable::new();
        let (mut of_row, mut first) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in 0..rows.len() {
            let entry = table.entry(
                hash(rows, masks, row),
                |&pattern: &u32| same(rows, masks, row, first_row(&first, pattern)),
                |&pattern| hash(rows, masks, first_row(&first, pattern)),
            );
            let pattern = match entry {
                Entry::Occupied(entry) => *entry.get(),
                Entry::Vacant(entry) => {
                    let pattern = first.len() as u32;
                    entry.insert(pattern);
                    first.push(row as u32);
                    pattern
                }
            };
            if first.len() > limit {
                return None;
            }
            of_row.push(pattern);
        }
        Some(Self { of_row, first })
    }

    /// Every row for itself.
    pub(crate) fn all(n_rows: usize) -> Self {
        let rows: Vec<u32> = (0..n_rows as u32).collect();
        Self { of_row: rows.clone(), first: rows }
    }

    /// Number of patterns.
    pub(crate) fn len(&self) -> usize {
        self.first.len()
    }
}

fn first_row(first: &[u32], pattern: u32) -> usize {
    first[pattern as usize] as usize
}

/// Mixes with a wide multiplication, whose halves are folded.
fn hash(rows: &Rows, masks: &[Mask], row: usize) -> u64 {
    let fold = |state: u64, word: u64| {
        let product = u128::from(state ^ word ^ 0x9e37_79b9_7f4a_7c15) * 0xd6e8_feb8_6659_fd93_u128;
        (product >> 64) as u64 ^ product as u64
    };
    let (record, words) = (rows.record(row), rows.words(row));
    let start = fold(record as u64, rows.map(row) as u64);
    masks[record].iter().fold(start, |state, &(word, bits)| fold(state, u64::from(words[word] & bits)))
}

fn same(rows: &Rows, masks: &[Mask], a: usize, b: usize) -> bool {
    let record = rows.record(a);
    if record != rows.record(b) || rows.map(a) != rows.map(b) {
        return false;
    }
    let (a, b) = (rows.words(a), rows.words(b));
    masks[record].iter().all(|&(word, bits)| (a[word] ^ b[word]) & bits == 0)
}
