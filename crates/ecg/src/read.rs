//! Reading a record from whatever file holds it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Error, Result, Signals, csv, npy, wfdb};

/// What a user says of files that do not say it themselves: CSV and NPY. WFDB records carry their own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadOptions {
    /// Sampling rate in Hz; needed.
    pub rate: Option<f64>,
    /// Unit of the samples; millivolts if not given.
    pub units: Option<String>,
    /// Names of the channels in the order of the file, instead of those that a CSV may have.
    pub leads: Option<Vec<String>>,
}

/// Reads a record: WFDB (with or without `.hea`, or one of its signal files), `.csv`, `.tsv` or `.npy`.
///
/// # Errors
/// A file that is missing, broken or not a record, or options that it needs; the message says what would be right.
pub fn read(path: &Path, options: &ReadOptions) -> Result<Signals> {
    if path.is_dir() {
        return Err(Error::read(path, "it is a folder; name a record in it"));
    }
    match extension(path).as_str() {
        "hea" => return wfdb::read(path),
        "csv" | "tsv" => return csv::read(path, options),
        "npy" => return npy::read(path, options),
        _ => {}
    }
    let mut header = path.as_os_str().to_owned();
    header.push(".hea");
    // A dot may be part of the record's name, or start the extension of a signal file.
    let headers = [PathBuf::from(header), path.with_extension("hea")];
    if let Some(header) = headers.iter().find(|header| header.is_file()) {
        return wfdb::read(header);
    }
    let [header, _] = headers;
    let reason = match path.exists() {
        true => "not a kind of record; readable are WFDB headers (.hea), .csv, .tsv and .npy".to_string(),
        false => format!("no such record, and no {}", header.display()),
    };
    Err(Error::read(path, reason))
}

/// The records in a folder and the folders below it, sorted: all WFDB headers, or where there is none, all `.csv`,
/// `.tsv` and `.npy` files. (Beside WFDB records such files hold labels or masks.) Linked folders are not followed.
///
/// # Errors
/// A folder that cannot be read, or that holds no record.
pub fn list_records(folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut headers, mut arrays) = (Vec::new(), Vec::new());
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|e| Error::read(&folder, e))? {
            let entry = entry.map_err(|e| Error::read(&folder, e))?;
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
            } else if path.is_file() {
                match extension(&path).as_str() {
                    "hea" => headers.push(path),
                    "csv" | "tsv" | "npy" => arrays.push(path),
                    _ => {}
                }
            }
        }
    }
    let mut records = if headers.is_empty() { arrays } else { headers };
    if records.is_empty() {
        return Err(Error::read(folder, "it holds no record: no .hea, .csv, .tsv or .npy file"));
    }
    records.sort();
    Ok(records)
}

fn extension(path: &Path) -> String {
    path.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default()
}
