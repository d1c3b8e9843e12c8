//! Synthetic records as files.

use std::path::{Path, PathBuf};

use super::dataset::Drawn;
use crate::{Result, wfdb};

/// Writes the record as WFDB, and where it has findings the mask as `NAME-mask.npy` (`[leads, samples]`, bool) and, if
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
    let bytes = npy(&drawn.mask, drawn.record.n_leads(), drawn.record.n_samples());
    wfdb::save(&path, &bytes)?;
    Ok(header)
}

/// NumPy's format 1.0 of a matrix of truth values: a header padded to a multiple of 64 bytes, then one byte per value.
fn npy(values: &[bool], rows: usize, columns: usize) -> Vec<u8> {
    let mut header = format!("{{'descr': '|b1', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    let used = 10 + header.len() + 1;
    header.extend(std::iter::repeat_n(' ', used.next_multiple_of(64) - used));
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().map(|&value| u8::from(value)));
    bytes
}
