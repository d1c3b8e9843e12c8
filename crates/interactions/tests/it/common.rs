//! What tests share.

use einthoven_game::{Attribution, Coalitions, Game, Index, Term, Values, games, indices};

/// The indices that estimators are asked for.
pub const INDICES: [Index; 19] = [
    Index::Sv,
    Index::Bv,
    Index::Sii,
    Index::Bii,
    Index::Chii,
    Index::KSii,
    Index::Stii,
    Index::Fsii,
    Index::Fbii,
    Index::KaddShap,
    Index::Sgv,
    Index::Bgv,
    Index::Chgv,
    Index::Igv,
    Index::Egv,
    Index::JointSv,
    Index::Moebius,
    Index::CoMoebius,
    Index::Fourier,
];

/// The table `[2^n]` of one output of a game.
pub fn table(game: &dyn Game, output: usize) -> Vec<f64> {
    let rows = Coalitions::from_words(game.n_players(), (0..1u32 << game.n_players()).collect()).unwrap();
    game.values(&rows).unwrap().output(output)
}

/// A game of two outputs with random values.
pub struct TwoTables(pub games::ClosedForm, pub games::ClosedForm);

impl TwoTables {
    pub fn new(n_players: usize, seed: u64) -> Self {
        let table = |seed| games::random_table(n_players, seed).unwrap();
        Self(table(2 * seed), table(2 * seed + 1))
    }
}

impl Game for TwoTables {
    fn n_players(&self) -> usize {
        self.0.n_players()
    }

    fn n_outputs(&self) -> usize {
        2
    }

    fn values(&self, rows: &Coalitions) -> einthoven_game::Result<Values> {
        let [one, other] = [&self.0, &self.1].map(|game| game.values(rows).unwrap());
        let values = one.as_slice().iter().zip(other.as_slice()).flat_map(|(one, other)| [*one, *other]).collect();
        Values::new(2, values, "two tables")
    }
}

/// The exact terms of orders one and up.
pub fn exact_terms(index: Index, order: usize, table: &[f64]) -> Vec<Term> {
    let terms = indices::from_table(index, order, table).unwrap();
    terms.into_iter().filter(|term| !term.players.is_empty()).collect()
}

/// The largest difference between the terms of order one and up and those of `found`, over the largest of them.
pub fn largest_error(found: &Attribution, expected: &[Term]) -> f64 {
    let largest = expected.iter().map(|term| term.value.abs()).fold(1e-3, f64::max);
    let error = |term: &Term| (found.value(&term.players) - term.value).abs();
    expected.iter().map(error).fold(0.0, f64::max) / largest
}
