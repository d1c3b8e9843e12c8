//! Records as tables of numbers: a column per lead.

use std::path::Path;

use crate::{Channel, Error, ReadOptions, Result, STANDARD, Signals, Warning};

/// Reads a table separated by commas, semicolons or tabs, with or without a line of names.
///
/// A cell that is empty, `NaN` or `NA` is a missing sample. Where the separator is not a comma, numbers may have
/// decimal commas.
pub(crate) fn read(path: &Path, options: &ReadOptions) -> Result<Signals> {
    let bytes = std::fs::read(path).map_err(|e| Error::read(path, e))?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let delimiter = delimiter(bytes);
    let reader =
        csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).delimiter(delimiter).from_reader(bytes);
    let (names, columns) = table(reader, delimiter).map_err(|reason| Error::read(path, reason))?;
    signals(path, options, names, columns)
}

/// Puts names, rate and units to columns that come without them.
pub(crate) fn signals(
    path: &Path,
    options: &ReadOptions,
    names: Option<Vec<String>>,
    columns: Vec<Vec<f64>>,
) -> Result<Signals> {
    let rate = options.rate.ok_or_else(|| Error::read(path, "its sampling rate is not in the file; give --rate HZ"))?;
    if !(rate.is_finite() && rate > 0.0) {
        return Err(Error::Request(format!("use rate {rate} Hz: it must be positive")));
    }
    if columns.first().is_none_or(Vec::is_empty) {
        return Err(Error::read(path, "it has no samples"));
    }
    let mut warnings = Vec::new();
    let names = match options.leads.clone().or(names) {
        Some(names) => names,
        None if columns.len() == STANDARD.len() => {
            warnings.push(Warning::AssumedOrder);
            STANDARD.map(String::from).to_vec()
        }
        None => {
            let reason = format!("its {} channels have no names; give --leads with a name for each", columns.len());
            return Err(Error::read(path, reason));
        }
    };
    if names.len() != columns.len() {
        let reason = format!("it has {} channels, but --leads names {}", columns.len(), names.len());
        return Err(Error::read(path, reason));
    }
    let units = options.units.clone().unwrap_or_default();
    let channels = names.into_iter().zip(columns);
    let channels =
        channels.map(|(name, samples)| Channel { name, units: units.clone(), gain: None, rate, samples }).collect();
    Ok(Signals {
        name: path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(),
        source: path.display().to_string(),
        rate,
        channels,
        comments: Vec::new(),
        warnings,
    })
}

/// The separator that the first line has most of.
fn delimiter(bytes: &[u8]) -> u8 {
    let first = bytes.split(|&byte| byte == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    // A semicolon or tab wins over any number of commas, which may be decimal.
    [b'\t', b';'].into_iter().find(|separator| first.contains(separator)).unwrap_or(b',')
}

type Table = (Option<Vec<String>>, Vec<Vec<f64>>);

fn table(mut reader: csv::Reader<&[u8]>, delimiter: u8) -> std::result::Result<Table, String> {
    let mut row = csv::ByteRecord::new();
    let (mut names, mut columns) = (None, Vec::<Vec<f64>>::new());
    let mut first = true;
    while reader.read_byte_record(&mut row).map_err(|e| e.to_string())? {
        let cells: Vec<_> = row.iter().map(String::from_utf8_lossy).collect();
        let line = row.position().map_or(0, csv::Position::line);
        if first {
            first = false;
            columns.resize(cells.len(), Vec::new());
            if cells.iter().any(|cell| number(cell, delimiter).is_none()) {
                names = Some(cells.iter().map(ToString::to_string).collect());
                continue;
            }
        }
        for (column, (cell, samples)) in cells.iter().zip(&mut columns).enumerate() {
            let value = number(cell, delimiter);
            samples.push(value.ok_or_else(|| format!("line {line}, column {}: `{cell}` is not a number", column + 1))?);
        }
    }
    Ok((names, columns))
}

/// A finite number, or NaN for a missing one.
fn number(cell: &str, delimiter: u8) -> Option<f64> {
    if cell.is_empty() || ["nan", "na", "null"].contains(&cell.to_ascii_lowercase().as_str()) {
        return Some(f64::NAN);
    }
    let parsed = if delimiter == b',' { cell.parse() } else { cell.replace(',', ".").parse() };
    parsed.ok().filter(|value: &f64| value.is_finite())
}
