//! Synthetic records as files.

use std::path::{Path, PathBuf};

use einthoven_game::npy::{self, Array, Data};

use super::dataset::Drawn;
use crate::{Error, Result, wfdb};

/// Writes the record as WFDB, and where it has findings the mask as `NAME-mask.npy` (`[leads, samples]`, 1 inside) and, if
/// asked for, the healthy twin as the WFDB record `NAME-twin`. Returns the record's header.
///
/// # Errors
/// If a file cannot be written.
pub fn save(drawn: &Drawn, folder: &Path, with_twin: bool) -> Result<PathBuf> {
    let header = wfdb::write(&drawn.record, folder)?;
    if drawn.findings.is_empty() {
        return Ok(header);
    }
    if with_twin {
        wfdb::write(&drawn.twin, folder)?;
    }
    let path = folder.join(format!("{}-mask.npy", drawn.record.name));
    let cells = drawn.mask.iter().map(|&is| u32::from(is)).collect();
    let shape = vec![drawn.record.n_leads(), drawn.record.n_samples()];
    npy::save(&path, &Array { shape, data: Data::U32(cells) }).map_err(Error::file)?;
    Ok(header)
}
