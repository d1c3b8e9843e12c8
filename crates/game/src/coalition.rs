//! Sets of players as packed bits.
//!
//! Player `i` is bit `i % 32` of word `i / 32`. Words are 32 bits wide because that is what travels to a GPU: a
//! coalition of `n` players costs `ceil(n / 32)` words, whatever the size of the input it masks. Bits past the last
//! player are always zero, so that equal coalitions have equal words.

use crate::{Error, Result};

/// Rows of packed coalitions over one set of players, `[rows, ceil(players / 32)]` words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coalitions {
    n_players: usize,
    words: Vec<u32>,
}

/// One row of [`Coalitions`]: a set of players.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Coalition<'a> {
    n_players: usize,
    words: &'a [u32],
}

/// Number of 32-bit words that one coalition of `n_players` takes.
pub fn words_per_row(n_players: usize) -> usize {
    n_players.div_ceil(32)
}

impl Coalitions {
    /// No rows yet, over `n_players` players.
    pub fn new(n_players: usize) -> Self {
        Self { n_players, words: Vec::new() }
    }

    /// Takes packed words, `[rows, ceil(players / 32)]`; fails if their number does not divide into rows or a bit past
    /// the last player is set.
    pub fn from_words(n_players: usize, words: Vec<u32>) -> Result<Self> {
        let width = words_per_row(n_players);
        if n_players == 0 || !words.len().is_multiple_of(width) {
            return Err(Error::Shape {
                what: "coalition words",
                expected: format!("a multiple of {width} words for {n_players} players"),
                found: format!("{} words", words.len()),
            });
        }
        let spare = !last_word_mask(n_players);
        if let Some(row) = words.chunks_exact(width).position(|row| row[width - 1] & spare != 0) {
            return Err(Error::Shape {
                what: "coalition words",
                expected: format!("zero bits past player {}", n_players - 1),
                found: format!("a set bit in row {row}"),
            });
        }
        Ok(Self { n_players, words })
    }

    /// Number of players.
    pub fn n_players(&self) -> usize {
        self.n_players
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.words.len() / words_per_row(self.n_players)
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Number of 32-bit words in a row.
    pub fn words_per_row(&self) -> usize {
        words_per_row(self.n_players)
    }

    /// All words, row after row.
    pub fn words(&self) -> &[u32] {
        &self.words
    }

    /// Row `index`.
    pub fn row(&self, index: usize) -> Coalition<'_> {
        let width = self.words_per_row();
        Coalition { n_players: self.n_players, words: &self.words[index * width..(index + 1) * width] }
    }

    /// All rows in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Coalition<'_>> {
        let n_players = self.n_players;
        self.words.chunks_exact(self.words_per_row()).map(move |words| Coalition { n_players, words })
    }

    /// Appends the coalition of the given players.
    pub fn push(&mut self, players: impl IntoIterator<Item = usize>) {
        let start = self.words.len();
        self.push_empty();
        for player in players {
            assert!(player < self.n_players, "player {player} of {}", self.n_players);
            self.words[start + player / 32] |= 1 << (player % 32);
        }
    }

    /// Appends a row that is already packed over the same players.
    pub fn push_words(&mut self, row: &[u32]) {
        assert_eq!(row.len(), self.words_per_row(), "words of one coalition");
        self.words.extend_from_slice(row);
    }

    /// Appends the coalition of nobody.
    pub fn push_empty(&mut self) {
        self.words.resize(self.words.len() + self.words_per_row(), 0);
    }

    /// Appends the coalition of everybody.
    pub fn push_full(&mut self) {
        let width = self.words_per_row();
        self.words.resize(self.words.len() + width, u32::MAX);
        if let Some(last) = self.words.last_mut() {
            *last &= last_word_mask(self.n_players);
        }
    }

    /// The rows `range` as a value of their own.
    pub fn slice(&self, range: std::ops::Range<usize>) -> Self {
        let width = self.words_per_row();
        Self { n_players: self.n_players, words: self.words[range.start * width..range.end * width].to_vec() }
    }
}

impl<'a> Coalition<'a> {
    /// Number of players there are, in the coalition or not.
    pub fn n_players(self) -> usize {
        self.n_players
    }

    /// The packed words.
    pub fn words(self) -> &'a [u32] {
        self.words
    }

    /// Whether `player` is in.
    pub fn contains(self, player: usize) -> bool {
        self.words[player / 32] >> (player % 32) & 1 == 1
    }

    /// Number of players in the coalition.
    pub fn size(self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The players in the coalition, ascending.
    pub fn players(self) -> impl Iterator<Item = usize> + 'a {
        self.words.iter().enumerate().flat_map(|(index, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
                rest &= rest - 1;
                Some(index * 32 + bit)
            })
        })
    }

    /// The packed words of the players that are not in.
    pub fn complement(self) -> Vec<u32> {
        let mut words: Vec<u32> = self.words.iter().map(|word| !word).collect();
        if let Some(last) = words.last_mut() {
            *last &= last_word_mask(self.n_players);
        }
        words
    }
}

/// The bits of the last word that belong to players.
fn last_word_mask(n_players: usize) -> u32 {
    match n_players % 32 {
        0 => u32::MAX,
        used => (1 << used) - 1,
    }
}
