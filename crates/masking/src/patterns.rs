//! Which rows are the same as far as a part of the network can see.

use std::ops::Range;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use crate::rows::{Mask, Rows, Sight};

/// Rows sorted into patterns: two rows of one pattern are the same record, through the same map, and agree in what of a
/// coalition counts.
#[derive(Clone, Debug)]
pub(crate) struct Patterns {
    /// The pattern of each row.
    pub of_row: Vec<u32>,
    /// A row of each pattern, the first one.
    pub first: Vec<u32>,
}

/// Reads off a row all that counts.
struct Keys<'a> {
    rows: &'a Rows,
    sights: &'a [Sight<'a>],
    /// Of each record, the runs of neighbouring bits that count: word, shift, and how many.
    runs: Vec<Vec<[u32; 3]>>,
    /// Bits of a key, if it fits one word, and those of them that name record and map.
    bits: Option<u32>,
    scene_bits: u32,
}

/// Keys up to so many bits are looked up in a plain table.
const TABLE_BITS: u32 = 13;

impl Patterns {
    /// Sorts rows by what counts, which is given for each record.
    pub(crate) fn new(rows: &Rows, sights: &[Sight<'_>]) -> Self {
        let (mut of_row, mut first) = (Vec::with_capacity(rows.len()), Vec::new());
        Keys::new(rows, sights).each(0..rows.len(), |row, pattern| {
            if pattern as usize == first.len() {
                first.push(row as u32);
            }
            of_row.push(pattern);
        });
        Self { of_row, first }
    }

    /// Number of patterns among some of the rows.
    pub(crate) fn count(rows: &Rows, sights: &[Sight<'_>], some: impl Iterator<Item = usize>) -> usize {
        let mut n = 0;
        Keys::new(rows, sights).each(some, |_, pattern| n = n.max(pattern as usize + 1));
        n
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

impl<'a> Keys<'a> {
    fn new(rows: &'a Rows, sights: &'a [Sight<'a>]) -> Self {
        let runs: Vec<Vec<[u32; 3]>> = sights.iter().map(|sight| runs(&sight.mask)).collect();
        let players = runs.iter().map(|runs| runs.iter().map(|&[_, _, n]| n).sum::<u32>()).max().unwrap_or(0);
        let scenes = (sights.len() * rows.maps()) as u64;
        let scene_bits = scenes.next_power_of_two().trailing_zeros();
        let bits = players + scene_bits;
        let one_word = bits <= 64 && sights.iter().all(Sight::is_mask);
        Self { rows, sights, runs, bits: one_word.then_some(bits), scene_bits }
    }

    /// Calls `visit` with each row and its pattern. Patterns are numbered as they are met.
    fn each(&self, rows: impl Iterator<Item = usize>, mut visit: impl FnMut(usize, u32)) {
        match self.bits {
            Some(bits) if bits <= TABLE_BITS => {
                let (mut table, mut n) = (vec![u32::MAX; 1 << bits], 0);
                for row in rows {
                    let pattern = &mut table[self.key(row) as usize];
                    if *pattern == u32::MAX {
                        (*pattern, n) = (n, n + 1);
                    }
                    visit(row, *pattern);
                }
            }
            Some(_) => {
                let mut table: HashTable<(u64, u32)> = HashTable::new();
                for row in rows {
                    let (key, n) = (self.key(row), table.len() as u32);
                    let entry = table.entry(mix(0, key), |&(other, _)| other == key, |&(key, _)| mix(0, key));
                    visit(row, entry.or_insert((key, n)).get().1);
                }
            }
            None => {
                let (mut key, mut keys) = (Vec::new(), Vec::new());
                let mut table: HashTable<(Range<usize>, u32)> = HashTable::new();
                for row in rows {
                    key.clear();
                    self.write(row, &mut key);
                    let n = table.len() as u32;
                    let same = |(at, _): &(Range<usize>, u32)| keys[at.clone()] == key[..];
                    let again = |(at, _): &(Range<usize>, u32)| hash(&keys[at.clone()]);
                    let pattern = match table.entry(hash(&key), same, again) {
                        Entry::Occupied(entry) => entry.get().1,
                        Entry::Vacant(entry) => {
                            entry.insert((keys.len()..keys.len() + key.len(), n));
                            keys.extend_from_slice(&key);
                            n
                        }
                    };
                    visit(row, pattern);
                }
            }
        }
    }

    /// All that counts, in one word.
    fn key(&self, row: usize) -> u64 {
        let (record, words) = (self.rows.record(row), self.rows.words(row));
        let scene = (record * self.rows.maps() + self.rows.map(row)) as u64;
        let players = self.runs[record].iter().fold(0, |key, &[word, shift, n]| {
            let mask = u32::MAX >> (32 - n);
            key << n | u64::from(words[word as usize] >> shift & mask)
        });
        // Last, since records differ in how many players count.
        if self.scene_bits == 0 { players } else { players << self.scene_bits | scene }
    }

    /// All that counts, in as many words as it takes.
    fn write(&self, row: usize, key: &mut Vec<u32>) {
        let record = self.rows.record(row);
        key.extend([record as u32, self.rows.map(row) as u32]);
        self.sights[record].write(self.rows.words(row), key);
    }
}

fn hash(key: &[u32]) -> u64 {
    key.iter().fold(0, |state, &word| mix(state, u64::from(word)))
}

/// Runs of neighbouring bits of a mask: word, shift, and how many.
fn runs(mask: &Mask) -> Vec<[u32; 3]> {
    let mut runs = Vec::new();
    for &(word, bits) in mask {
        let (mut rest, mut at) = (bits, 0);
        while rest != 0 {
            let skip = rest.trailing_zeros();
            let n = (rest >> skip).trailing_ones();
            runs.push([word as u32, at + skip, n]);
            at += skip + n;
            rest = if skip + n >= 32 { 0 } else { rest >> (skip + n) };
        }
    }
    runs
}

/// Mixes with a wide multiplication, whose halves are folded.
fn mix(state: u64, word: u64) -> u64 {
    let product = u128::from(state ^ word ^ 0x9e37_79b9_7f4a_7c15) * 0xd6e8_feb8_6659_fd93_u128;
    (product >> 64) as u64 ^ product as u64
}
