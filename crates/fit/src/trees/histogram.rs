//! Sums over the rows of a node, for each player over the rows that have it.
//!
//! Eight rows are one step: their bits are transposed, so that each player has a byte that says which of the eight have it,
//! and the sum over any of 256 choices of the eight is looked up (the method of four Russians; Arlazarov et al., 1970). That is
//! an addition for eight rows in place of eight products.

use einthoven_game::Coalitions;

/// Rows of a step.
const STEP: usize = 8;
/// Two steps whose counts fit into a byte.
const BYTE_ROWS: usize = 240;

/// The rows as bits, `[rows + 1, ceil(players / 64)]` words; the last row is empty and fills up the last step.
pub(super) struct Bits {
    n_rows: usize,
    width: usize,
    words: Vec<u64>,
}

/// Sums and numbers of rows, `[players]`, in the order of [`slot`].
#[derive(Clone)]
pub(super) struct Histogram {
    pub sums: Vec<f64>,
    pub counts: Vec<u32>,
}

/// Where the sum of a player stands: a transposed word holds every eighth player.
pub(super) fn slot(player: usize) -> usize {
    player & !63 | (player & 7) << 3 | player >> 3 & 7
}

impl Bits {
    pub(super) fn new(rows: &Coalitions, which: &[u32]) -> Self {
        let width = rows.n_players().div_ceil(64);
        let mut words = Vec::with_capacity((which.len() + 1) * width);
        for &row in which {
            let halves = rows.row(row as usize).words();
            let word = |pair: &[u32]| u64::from(pair[0]) | u64::from(pair.get(1).copied().unwrap_or(0)) << 32;
            words.extend(halves.chunks(2).map(word));
        }
        words.resize(words.len() + width, 0);
        Self { n_rows: which.len(), width, words }
    }

    pub(super) fn has(&self, row: u32, player: usize) -> bool {
        self.words[row as usize * self.width + player / 64] >> (player % 64) & 1 == 1
    }

    /// Sums and counts over some rows.
    pub(super) fn histogram(&self, rows: &[u32], residuals: &[f64]) -> Histogram {
        let mut histogram = Histogram { sums: vec![0.0; 64 * self.width], counts: vec![0; 64 * self.width] };
        let mut packed = vec![0u64; 8 * self.width];
        let mut tables = [[0.0; 256]; 2];
        for rows in rows.chunks(BYTE_ROWS) {
            packed.fill(0);
            for step in rows.chunks(2 * STEP) {
                self.add(step, residuals, &mut tables, &mut histogram.sums, &mut packed);
            }
            for (counts, packed) in histogram.counts.chunks_exact_mut(8).zip(&packed) {
                counts.iter_mut().zip(packed.to_le_bytes()).for_each(|(count, byte)| *count += u32::from(byte));
            }
        }
        histogram
    }

    /// Adds up to two steps of rows.
    fn add(&self, rows: &[u32], residuals: &[f64], tables: &mut [[f64; 256]; 2], sums: &mut [f64], packed: &mut [u64]) {
        let mut members = [self.n_rows; 2 * STEP];
        let mut values = [0.0; 2 * STEP];
        for ((member, value), &row) in members.iter_mut().zip(&mut values).zip(rows) {
            (*member, *value) = (row as usize, residuals[row as usize]);
        }
        tables.iter_mut().zip(values.chunks_exact(STEP)).for_each(|(table, values)| fill(table, values));
        let blocks = sums.chunks_exact_mut(64).zip(packed.chunks_exact_mut(8));
        for (word, (sums, packed)) in blocks.enumerate() {
            let bits: [u64; 2 * STEP] = std::array::from_fn(|at| self.words[members[at] * self.width + word]);
            let (first, second) = (transposed(&bits, 0), transposed(&bits, STEP));
            for ((sums, packed), (first, second)) in
                sums.chunks_exact_mut(8).zip(packed).zip(first.into_iter().zip(second))
            {
                *packed += ones(first) + ones(second);
                let choices = first.to_le_bytes().into_iter().zip(second.to_le_bytes());
                for (sum, (first, second)) in sums.iter_mut().zip(choices) {
                    *sum += tables[0][usize::from(first)] + tables[1][usize::from(second)];
                }
            }
        }
    }
}

impl Histogram {
    /// What is left when one child is taken away.
    pub(super) fn without(mut self, child: &Self) -> Self {
        self.sums.iter_mut().zip(&child.sums).for_each(|(sum, child)| *sum -= child);
        self.counts.iter_mut().zip(&child.counts).for_each(|(count, child)| *count -= child);
        self
    }
}

/// The sum of each choice of eight numbers; that of none is there.
fn fill(table: &mut [f64; 256], values: &[f64]) {
    for (at, value) in values.iter().enumerate() {
        let (known, next) = table.split_at_mut(1 << at);
        next.iter_mut().zip(known).for_each(|(next, known)| *next = *known + value);
    }
}

/// Transposes the eight words from `from` on, byte by byte: bit `r` of byte `b` of word `k` becomes what was bit `k` of byte
/// `b` of word `r` (Warren, Hacker's Delight, 2002).
fn transposed(bits: &[u64; 2 * STEP], from: usize) -> [u64; STEP] {
    let mut words: [u64; STEP] = std::array::from_fn(|at| bits[from + at]);
    for (shift, mask) in [(4, 0x0f0f_0f0f_0f0f_0f0f), (2, 0x3333_3333_3333_3333), (1, 0x5555_5555_5555_5555)] {
        for at in (0..STEP).filter(|at| at & shift == 0) {
            let swapped = (words[at] >> shift ^ words[at + shift]) & mask;
            words[at + shift] ^= swapped;
            words[at] ^= swapped << shift;
        }
    }
    words
}

/// The number of bits of each byte.
fn ones(word: u64) -> u64 {
    let pairs = word - (word >> 1 & 0x5555_5555_5555_5555);
    let fours = (pairs & 0x3333_3333_3333_3333) + (pairs >> 2 & 0x3333_3333_3333_3333);
    (fours + (fours >> 4)) & 0x0f0f_0f0f_0f0f_0f0f
}
