//! The distinct coalitions to evaluate, and what each is for.
//!
//! [`Design`] is the plain value. What designs are made of is here too, for every estimator: [`pairs`] of complements
//! drawn size by size without replacement, with the budget spread over [`sizes`]; [`subset`]s of a size, all or one at
//! random; [`folds`] of pairs; the distinct rows of a design in the making ([`row_set`]); and how far a sum over sampled pairs spreads ([`spread`]).

pub mod folds;
pub mod pairs;
pub mod row_set;
pub mod sizes;
pub mod spread;
pub mod subset;

use std::collections::HashSet;
use std::path::Path;

use crate::npy::{Array, Data};
use crate::npz::{self, Npz};
use crate::{Coalitions, Error, Result, Values};

/// What an estimator wants evaluated.
///
/// `rows` are distinct: their number is the budget that is spent. `draws` say what the rows are for; one row may serve
/// many draws, and an estimator may draw the same coalition again without paying for it. What `role` and `stratum`
/// mean is the business of the estimator that made the design.
#[derive(Clone, Debug, PartialEq)]
pub struct Design {
    /// The distinct coalitions, `[coalitions, ceil(players / 32)]` words. The first is empty, the second full.
    pub rows: Coalitions,
    /// The draw list, in the order in which it was drawn.
    pub draws: Vec<Draw>,
}

/// One use of one row of a [`Design`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draw {
    /// The row of the design that is used.
    pub row: u32,
    /// What for.
    pub role: u32,
    /// With which weight.
    pub weight: f64,
    /// Which group of draws it belongs to.
    pub stratum: u32,
}

impl Design {
    /// Writes `words` `[coalitions, ceil(players / 32)]`, `n_players` and the draw list (`draw_row`, `draw_role`,
    /// `draw_weight`, `draw_stratum`) to an `.npz` file.
    pub fn save(&self, path: &Path) -> Result<()> {
        let shape = vec![self.rows.len(), self.rows.words_per_row()];
        let column = |field: fn(&Draw) -> u32| Array::flat(Data::U32(self.draws.iter().map(field).collect()));
        let weights = self.draws.iter().map(|draw| draw.weight).collect();
        npz::save(
            path,
            &[
                ("words", Array { shape, data: Data::U32(self.rows.words().to_vec()) }),
                ("n_players", Array { shape: vec![], data: Data::I64(vec![self.rows.n_players() as i64]) }),
                ("draw_row", column(|draw| draw.row)),
                ("draw_role", column(|draw| draw.role)),
                ("draw_weight", Array::flat(Data::F64(weights))),
                ("draw_stratum", column(|draw| draw.stratum)),
            ],
        )
    }

    /// Reads what [`Design::save`] has written; fails if a row stands twice, a draw uses a row that is not there, or
    /// a weight is not finite.
    pub fn load(path: &Path) -> Result<Self> {
        let mut npz = Npz::open(path)?;
        let n_players = match npz.words("n_players")?.as_slice() {
            &[n_players] => n_players as usize,
            numbers => return Err(npz.wrong("n_players", format!("expected one integer, found {}", numbers.len()))),
        };
        let rows = Coalitions::from_words(n_players, npz.words("words")?).map_err(|error| npz.wrong("words", error))?;
        let mut seen = HashSet::new();
        if let Some(row) = rows.iter().position(|row| !seen.insert(row.words())) {
            return Err(npz.wrong("words", format!("expected distinct rows, found row {row} a second time")));
        }
        let draws = load_draws(&mut npz, rows.len())?;
        Ok(Self { rows, draws })
    }

    /// Fails unless there is a finite value for each row, and the first two rows are the empty and the full coalition;
    /// `method` is who asks.
    pub fn check_values(&self, method: &'static str, values: &Values) -> Result<()> {
        self.check_rows(values.len())?;
        values.check_finite()?;
        let rows = &self.rows;
        if rows.len() < 2 || rows.row(0).size() != 0 || rows.row(1).size() != rows.n_players() {
            let reason = "expected the empty and the full coalition as its first rows".to_owned();
            return Err(Error::Design { method, reason });
        }
        Ok(())
    }

    /// Fails unless `n_values` is the number of rows.
    pub fn check_rows(&self, n_values: usize) -> Result<()> {
        if n_values == self.rows.len() {
            return Ok(());
        }
        Err(Error::Shape {
            what: "values of a design",
            expected: format!("{} rows", self.rows.len()),
            found: format!("{n_values} rows"),
        })
    }
}

/// Fails if there are no players, or the budget is too small.
pub fn check_budget(method: &'static str, n_players: usize, budget: usize, smallest: usize) -> Result<()> {
    if n_players == 0 {
        return Err(Error::Request("attribute to no players: expected at least one".to_owned()));
    }
    if budget < smallest {
        return Err(Error::Budget { method, n_players, budget, smallest });
    }
    Ok(())
}

fn load_draws(npz: &mut Npz, n_rows: usize) -> Result<Vec<Draw>> {
    let (rows, roles) = (npz.words("draw_row")?, npz.words("draw_role")?);
    let (weights, strata) = (npz.floats("draw_weight")?, npz.words("draw_stratum")?);
    let lengths = [("draw_role", roles.len()), ("draw_weight", weights.len()), ("draw_stratum", strata.len())];
    if let Some((name, length)) = lengths.into_iter().find(|&(_, length)| length != rows.len()) {
        return Err(npz.wrong(name, format!("expected {} elements as in `draw_row`, found {length}", rows.len())));
    }
    if let Some(row) = rows.iter().find(|&&row| row as usize >= n_rows) {
        return Err(npz.wrong("draw_row", format!("expected rows below {n_rows}, found {row}")));
    }
    if let Some(weight) = weights.iter().find(|weight| !weight.is_finite()) {
        return Err(npz.wrong("draw_weight", format!("expected finite weights, found {weight}")));
    }
    let draw =
        |index: usize| Draw { row: rows[index], role: roles[index], weight: weights[index], stratum: strata[index] };
    Ok((0..rows.len()).map(draw).collect())
}
