//! What the model said for each row of a design.

use std::path::Path;

use crate::npy::{Array, Data};
use crate::npz::{self, Npz};
use crate::{Error, Result};

/// Values of coalitions, `[coalitions, outputs]`, every output at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    n_outputs: usize,
    values: Vec<f64>,
    /// Identifies model, record, partition and baseline together: values with different fingerprints belong to
    /// different games and must not be joined.
    pub fingerprint: String,
}

impl Values {
    /// Takes values row after row, `[coalitions, outputs]`; fails if they do not divide into rows.
    pub fn new(n_outputs: usize, values: Vec<f64>, fingerprint: impl Into<String>) -> Result<Self> {
        if n_outputs == 0 || !values.len().is_multiple_of(n_outputs) {
            return Err(Error::Shape {
                what: "values",
                expected: format!("rows of {n_outputs} outputs"),
                found: format!("{} numbers", values.len()),
            });
        }
        Ok(Self { n_outputs, values, fingerprint: fingerprint.into() })
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.values.len() / self.n_outputs
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Number of outputs.
    pub fn n_outputs(&self) -> usize {
        self.n_outputs
    }

    /// The value of `row` for `output`.
    pub fn get(&self, row: usize, output: usize) -> f64 {
        self.row(row)[output]
    }

    /// All outputs of `row`.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.n_outputs..(row + 1) * self.n_outputs]
    }

    /// All numbers, row after row.
    pub fn as_slice(&self) -> &[f64] {
        &self.values
    }

    /// One output, one number per row.
    pub fn output(&self, output: usize) -> Vec<f64> {
        self.values.iter().skip(output).step_by(self.n_outputs).copied().collect()
    }

    /// Fails at the first number that is not finite.
    pub fn check_finite(&self) -> Result<()> {
        match self.values.iter().position(|value| !value.is_finite()) {
            Some(at) => {
                Err(Error::NonFinite { row: at / self.n_outputs, output: at % self.n_outputs, value: self.values[at] })
            }
            None => Ok(()),
        }
    }

    /// These rows, then the rows of `later`; both must come from the same game and have the same outputs.
    pub fn concat(&self, later: &Self) -> Result<Self> {
        if self.fingerprint != later.fingerprint {
            return Err(Error::Request(format!(
                "join values of different games: their fingerprints are `{}` and `{}`",
                self.fingerprint, later.fingerprint
            )));
        }
        if self.n_outputs != later.n_outputs {
            return Err(Error::Shape {
                what: "values to join",
                expected: format!("{} outputs", self.n_outputs),
                found: format!("{} outputs", later.n_outputs),
            });
        }
        let values = [self.values.as_slice(), later.values.as_slice()].concat();
        Ok(Self { n_outputs: self.n_outputs, values, fingerprint: self.fingerprint.clone() })
    }

    /// Writes `values` `[coalitions, outputs]` and `fingerprint` to an `.npz` file.
    pub fn save(&self, path: &Path) -> Result<()> {
        let values = Array { shape: vec![self.len(), self.n_outputs], data: Data::F64(self.values.clone()) };
        npz::save(path, &[("values", values), ("fingerprint", Array::text(&self.fingerprint))])
    }

    /// Reads what [`Values::save`] has written. Values need not be finite here: estimators check that.
    pub fn load(path: &Path) -> Result<Self> {
        let mut npz = Npz::open(path)?;
        let array = npz.array("values")?;
        let &[_, n_outputs] = array.shape.as_slice() else {
            return Err(npz.wrong("values", format!("expected [coalitions, outputs], found shape {:?}", array.shape)));
        };
        let values = array.into_floats().ok_or_else(|| npz.wrong("values", "expected numbers, found texts"))?;
        let fingerprint = match npz.texts("fingerprint")?.as_slice() {
            [fingerprint] => fingerprint.clone(),
            texts => return Err(npz.wrong("fingerprint", format!("expected one text, found {}", texts.len()))),
        };
        Self::new(n_outputs, values, fingerprint).map_err(|error| Error::file("read", path, error))
    }
}
