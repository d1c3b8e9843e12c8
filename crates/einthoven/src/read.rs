//! Reading a record as a model wants it.

use std::path::Path;

use einthoven_ecg::{ReadOptions, Record, Warning};

use crate::Result;

/// Reads a WFDB record, a CSV or an NPY file: the twelve standard leads in millivolts, and what was noticed on the way.
pub fn read(path: &Path, options: &ReadOptions) -> Result<(Record, Vec<Warning>)> {
    let signals = einthoven_ecg::read(path, options)?;
    Ok(Record::from_signals(&signals)?)
}
