//! A record as a file that loses nothing: `record.npz`.
//!
//! The arrays are `signal` `[leads, samples]` in millivolts, `rate` in Hz, `leads`, `labels`, `name` and `source`. WFDB
//! ([`crate::wfdb::write`]) is the format to exchange records with others; it rounds to 16 bits.

use std::path::Path;

use einthoven_game::npy::{Array, Data};
use einthoven_game::npz::{self, Npz};

use crate::{Error, Record, Result};

impl Record {
    /// Writes `record.npz`, whole or not at all.
    pub fn save(&self, path: &Path) -> Result<()> {
        let texts = |texts: &[String]| Array::flat(Data::Text(texts.to_vec()));
        let signal = Array { shape: vec![self.n_leads(), self.n_samples()], data: Data::F32(self.signal().to_vec()) };
        let arrays = [
            ("signal", signal),
            ("rate", Array::float(self.rate)),
            ("leads", texts(&self.leads)),
            ("labels", texts(&self.labels)),
            ("name", Array::text(&self.name)),
            ("source", Array::text(&self.source)),
        ];
        npz::save(path, &arrays).map_err(Error::file)
    }

    /// Reads `record.npz`.
    ///
    /// # Errors
    /// A file that is missing or broken, a signal that is not `[leads, samples]`, a rate that is no frequency.
    pub fn load(path: &Path) -> Result<Self> {
        let fail = Error::file;
        let mut npz = Npz::open(path).map_err(fail)?;
        let leads = npz.texts("leads").map_err(fail)?;
        let rate = npz.floats("rate").map_err(fail)?;
        let signal = npz.array("signal").map_err(fail)?;
        if leads.is_empty() || signal.shape.len() != 2 || signal.shape[0] != leads.len() {
            let found = format!("`signal`: expected [{}, samples], found {:?}", leads.len(), signal.shape);
            return Err(Error::read(path, found));
        }
        let [rate] = rate[..] else { return Err(Error::read(path, "`rate`: expected one number")) };
        if !(rate.is_finite() && rate > 0.0) {
            return Err(Error::read(path, format!("`rate`: expected a number of Hz above 0, found {rate}")));
        }
        let samples = signal.into_floats().ok_or_else(|| Error::read(path, "`signal`: expected numbers"))?;
        let mut text = |name| Ok(npz.texts(name).map_err(fail)?.concat());
        let mut record = Self::new(text("name")?, rate, leads, samples.into_iter().map(|x| x as f32).collect());
        record.source = text("source")?;
        record.labels = npz.texts("labels").map_err(fail)?;
        Ok(record)
    }
}
