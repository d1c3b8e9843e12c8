//! The signs of sets of players in many coalitions, a bit for each.
//!
//! The sign of a set in a coalition is -1 to the number of its players that are in. As bits over the coalitions, the sign of a
//! set is the exclusive or of those of its players, and the product of two columns of signs is counted by their bits.

use einthoven_game::Coalitions;

/// The presence of each player in some coalitions, as bits over the coalitions.
pub(crate) struct Signs {
    n_players: usize,
    n_rows: usize,
    /// `[players, ceil(rows / 64)]`
    words: Vec<u64>,
}

/// Eight signs for each byte: -1 where the bit is set.
static SIGNS: [[f64; 8]; 256] = {
    let mut table = [[1.0; 8]; 256];
    let mut at = 0;
    while at < 8 * 256 {
        if (at / 8) >> (at % 8) & 1 == 1 {
            table[at / 8][at % 8] = -1.0;
        }
        at += 1;
    }
    table
};

impl Signs {
    /// Of the rows `which`.
    pub(crate) fn new(rows: &Coalitions, which: &[u32]) -> Self {
        let (n_players, n_rows) = (rows.n_players(), which.len());
        let width = n_rows.div_ceil(64);
        let mut words = vec![0u64; n_players * width];
        for (at, &row) in which.iter().enumerate() {
            for player in rows.row(row as usize).players() {
                words[player * width + at / 64] |= 1 << (at % 64);
            }
        }
        Self { n_players, n_rows, words }
    }

    pub(crate) fn n_players(&self) -> usize {
        self.n_players
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// The column of a set: bits of the rows where its sign is -1.
    pub(crate) fn column(&self, set: &[u32]) -> Vec<u64> {
        let width = self.n_rows.div_ceil(64);
        let mut column = vec![0; width];
        for &player in set {
            let of_player = &self.words[player as usize * width..][..width];
            column.iter_mut().zip(of_player).for_each(|(word, other)| *word ^= other);
        }
        column
    }
}

/// The sum of the values, each with the sign of its row.
pub(crate) fn signed_sum(column: &[u64], values: &[f64]) -> f64 {
    let bytes = column.iter().flat_map(|word| word.to_le_bytes());
    let mut lanes = [0.0; 8];
    for (byte, values) in bytes.zip(values.chunks(8)) {
        for ((lane, sign), value) in lanes.iter_mut().zip(&SIGNS[byte as usize]).zip(values) {
            *lane += sign * value;
        }
    }
    lanes.iter().sum()
}

/// Adds the signs of a column, each times `scale`, to a number for each row.
pub(crate) fn add_signs(column: &[u64], scale: f64, sums: &mut [f64]) {
    let bytes = column.iter().flat_map(|word| word.to_le_bytes());
    for (byte, sums) in bytes.zip(sums.chunks_mut(8)) {
        for (sum, sign) in sums.iter_mut().zip(&SIGNS[byte as usize]) {
            *sum += scale * sign;
        }
    }
}

/// The sum over `n_rows` rows of the products of the signs of two columns.
pub(crate) fn product(left: &[u64], right: &[u64], n_rows: usize) -> f64 {
    let unlike: u32 = left.iter().zip(right).map(|(left, right)| (left ^ right).count_ones()).sum();
    n_rows as f64 - 2.0 * f64::from(unlike)
}
