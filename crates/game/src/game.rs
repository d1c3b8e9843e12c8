//! The one thing that can be asked for values.

use crate::{Coalitions, Result, Values};

/// A function from coalitions to numbers, one per output.
pub trait Game {
    /// Number of players.
    fn n_players(&self) -> usize;

    /// Number of outputs.
    fn n_outputs(&self) -> usize;

    /// The values of `rows`, `[rows, outputs]`, every output at once.
    fn values(&self, rows: &Coalitions) -> Result<Values>;
}
