//! Explanations of many rows in one file.

use std::path::Path;

use einthoven_game::npy::{Array, Data};
use einthoven_game::npz;

use super::explain::Explanations;
use crate::Result;

impl Explanations {
    /// Writes NumPy's `.npz`, whole or not at all. Its arrays:
    ///
    /// | name | shape | |
    /// |---|---|---|
    /// | `values` | `[rows, outputs, terms]` | the value of each set of features |
    /// | `term_players`, `term_offsets` | | the features of term `t` are `term_players[term_offsets[t]..term_offsets[t + 1]]` |
    /// | `baseline` | `[outputs]` | the value of the empty coalition |
    /// | `full` | `[rows, outputs]` | what the model says |
    /// | `rows` | `[rows]` | the number of each row in its file; the first below the header is 1 |
    /// | `outputs`, `player_names` | | names; players are features |
    /// | `index`, `order`, `method` | | as in `attribution.json` |
    ///
    /// Sets of features that no path has together are not terms: their value is zero. `first_row` is the number of the
    /// first row.
    pub fn save_npz(&self, path: &Path, first_row: usize) -> Result<()> {
        let (n_rows, n_outputs) = (self.n_rows(), self.outputs.len());
        let floats = |shape: Vec<usize>, values: &[f64]| Array { shape, data: Data::F64(values.to_vec()) };
        let texts = |texts: &[String]| Array::flat(Data::Text(texts.to_vec()));
        let ends = self.sets.iter().scan(0u32, |end, set| {
            *end += set.len() as u32;
            Some(*end)
        });
        let arrays = [
            ("values", floats(vec![n_rows, n_outputs, self.sets.len()], &self.values)),
            ("term_players", Array::flat(Data::U32(self.sets.concat()))),
            ("term_offsets", Array::flat(Data::U32(std::iter::once(0).chain(ends).collect()))),
            ("baseline", floats(vec![n_outputs], &self.baseline)),
            ("full", floats(vec![n_rows, n_outputs], &self.full)),
            ("rows", Array::flat(Data::I64((first_row..first_row + n_rows).map(|row| row as i64).collect()))),
            ("outputs", texts(&self.outputs)),
            ("player_names", texts(&self.feature_names)),
            ("index", Array::text(self.index.name())),
            ("order", Array { shape: Vec::new(), data: Data::I64(vec![self.order as i64]) }),
            ("method", Array::text(self.mode.name())),
        ];
        Ok(npz::save(path, &arrays)?)
    }
}
