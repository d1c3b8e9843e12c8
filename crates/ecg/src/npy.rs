//! Records as NumPy arrays `[leads, samples]` or `[samples, leads]`.
//!
//! The header is read here and not with a library, since a header is a Python literal, and a general reader of those
//! can be made to recurse without end.

use std::path::Path;

use crate::{Error, ReadOptions, Result, STANDARD, Signals, csv};

/// Reads a two-dimensional array of 32- or 64-bit floats or of 16- or 32-bit integers.
///
/// The axis of the leads is the one as long as `--leads`, or else 12 long.
pub(crate) fn read(path: &Path, options: &ReadOptions) -> Result<Signals> {
    let bytes = std::fs::read(path).map_err(|e| Error::read(path, e))?;
    let columns = parse(&bytes, options).map_err(|reason| Error::read(path, reason))?;
    csv::signals(path, options, None, columns)
}

fn parse(bytes: &[u8], options: &ReadOptions) -> std::result::Result<Vec<Vec<f64>>, String> {
    let (header, data) = split(bytes)?;
    let kind = Kind::parse(quoted(field(header, "descr")?))?;
    let fortran = match field(header, "fortran_order")? {
        rest if rest.starts_with("True") => true,
        rest if rest.starts_with("False") => false,
        _ => return Err("its header field fortran_order is neither True nor False".into()),
    };
    let shape = shape(field(header, "shape")?)?;
    let [rows, columns] = shape[..] else {
        return Err(format!("its shape is {shape:?}; a record has two axes, leads and samples"));
    };
    let expected = rows.checked_mul(columns).and_then(|count| count.checked_mul(kind.bytes));
    if expected != Some(data.len()) {
        return Err(format!("its shape is {shape:?}, but {} bytes of samples follow; it is cut short", data.len()));
    }
    let leads = options.leads.as_ref().map_or(STANDARD.len(), Vec::len);
    let leads_first = match (rows == leads, columns == leads) {
        (true, false) => true,
        (false, true) => false,
        _ => {
            let remedy = "give --leads with a name for each lead";
            return Err(format!(
                "its shape is {shape:?}, and it is not plain which axis has the {leads} leads; {remedy}"
            ));
        }
    };
    let samples = if leads_first { columns } else { rows };
    // Leads lie one after the other if they are the slow axis: the first in C order, the last in Fortran order.
    let (lead_step, sample_step) = if leads_first != fortran { (samples, 1) } else { (1, leads) };
    let lead = |lead: usize| (0..samples).map(|t| kind.value(data, lead * lead_step + t * sample_step)).collect();
    Ok((0..leads).map(lead).collect())
}

/// Header text and data.
fn split(bytes: &[u8]) -> std::result::Result<(&str, &[u8]), String> {
    let not_npy = || "it is not an NPY file".to_string();
    let rest = bytes.strip_prefix(b"\x93NUMPY").ok_or_else(not_npy)?;
    let (length, start) = match rest {
        [1, _, a, b, ..] => (usize::from(u16::from_le_bytes([*a, *b])), 4),
        [2 | 3, _, a, b, c, d, ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, 6),
        _ => return Err(not_npy()),
    };
    let rest = &rest[start..];
    if length > rest.len() {
        return Err("its header is cut short".into());
    }
    let (header, data) = rest.split_at(length);
    Ok((std::str::from_utf8(header).map_err(|_| "its header is not text")?, data))
}

/// What follows the name of a field in the header.
fn field<'a>(header: &'a str, name: &str) -> std::result::Result<&'a str, String> {
    let missing = || format!("its header lacks the field {name}");
    let at = [format!("'{name}'"), format!("\"{name}\"")].iter().find_map(|key| Some(header.find(key)? + key.len()));
    let rest = header[at.ok_or_else(missing)?..].trim_start();
    Ok(rest.strip_prefix(':').ok_or_else(missing)?.trim_start())
}

/// The text between quotes at the start of a field.
fn quoted(field: &str) -> &str {
    field.split(['\'', '"']).nth(1).unwrap_or_default()
}

fn shape(field: &str) -> std::result::Result<Vec<usize>, String> {
    let wrong = || "its header field shape is not a row of whole numbers".to_string();
    let inner = field.strip_prefix('(').and_then(|rest| rest.split_once(')')).ok_or_else(wrong)?.0;
    let sizes = inner.split(',').map(str::trim).filter(|size| !size.is_empty());
    sizes.map(|size| size.parse().map_err(|_| wrong())).collect()
}

/// How a number is stored.
struct Kind {
    float: bool,
    bytes: usize,
    big_endian: bool,
}

impl Kind {
    fn parse(descr: &str) -> std::result::Result<Self, String> {
        let (order, name) = match descr.strip_prefix(['<', '>', '=', '|']) {
            Some(name) => (descr.starts_with('>'), name),
            None => (false, descr),
        };
        let (float, bytes) = match name {
            "f4" => (true, 4),
            "f8" => (true, 8),
            "i2" => (false, 2),
            "i4" => (false, 4),
            _ => return Err(format!("its numbers are of type `{descr}`; readable are f4, f8, i2 and i4")),
        };
        Ok(Self { float, bytes, big_endian: order })
    }

    fn value(&self, data: &[u8], index: usize) -> f64 {
        let mut raw = [0; 8];
        let stored = &data[index * self.bytes..(index + 1) * self.bytes];
        for (k, byte) in raw.iter_mut().take(self.bytes).enumerate() {
            *byte = stored[if self.big_endian { self.bytes - 1 - k } else { k }];
        }
        let bits = u64::from_le_bytes(raw);
        match (self.float, self.bytes) {
            (true, 4) => f64::from(f32::from_bits(bits as u32)),
            (true, _) => f64::from_bits(bits),
            (false, 2) => f64::from(bits as i16),
            (false, _) => f64::from(bits as i32),
        }
    }
}
