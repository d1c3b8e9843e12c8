//! Arrays in NumPy's `.npy` format.
//!
//! Read and written here rather than by a library because what is read may be anything: a header that claims more
//! than the file holds must neither panic nor allocate, and texts must open in NumPy without pickles.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use crate::{Error, Result, file};

/// Longest header that is read; NumPy itself writes about a hundred bytes.
const MAX_HEADER: usize = 1 << 16;

/// An array: its shape and its elements, row after row.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Length of each axis; none for a single element.
    pub shape: Vec<usize>,
    /// The elements, last axis fastest.
    pub data: Data,
}

/// Elements of an [`Array`]. Reading widens: booleans and integers become `I64`, floats become `F64`.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// `<f4`, only written.
    F32(Vec<f32>),
    /// `<f8`.
    F64(Vec<f64>),
    /// `<u4`, only written.
    U32(Vec<u32>),
    /// `<i8`.
    I64(Vec<i64>),
    /// `<U..`.
    Text(Vec<String>),
}

/// Reads an `.npy` file.
pub fn load(path: &Path) -> Result<Array> {
    let file = File::open(path).map_err(|error| Error::file("read", path, error))?;
    read(BufReader::new(file)).map_err(|reason| Error::file("read", path, reason))
}

/// Writes an `.npy` file, whole or not at all.
pub fn save(path: &Path, array: &Array) -> Result<()> {
    file::write_atomic(path, |writer| write(writer, array))
}

impl Array {
    /// An array of one axis.
    pub fn flat(data: Data) -> Self {
        Self { shape: vec![data.len()], data }
    }

    /// A single text.
    pub fn text(text: &str) -> Self {
        Self { shape: Vec::new(), data: Data::Text(vec![text.to_owned()]) }
    }

    /// A single float.
    pub fn float(value: f64) -> Self {
        Self { shape: Vec::new(), data: Data::F64(vec![value]) }
    }

    /// The numbers as floats; `None` for texts.
    pub fn into_floats(self) -> Option<Vec<f64>> {
        match self.data {
            Data::F32(values) => Some(values.into_iter().map(f64::from).collect()),
            Data::F64(values) => Some(values),
            Data::U32(values) => Some(values.into_iter().map(f64::from).collect()),
            Data::I64(values) => Some(values.into_iter().map(|value| value as f64).collect()),
            Data::Text(_) => None,
        }
    }

    /// The integers; `None` for floats and texts.
    pub fn into_integers(self) -> Option<Vec<i64>> {
        match self.data {
            Data::U32(values) => Some(values.into_iter().map(i64::from).collect()),
            Data::I64(values) => Some(values),
            _ => None,
        }
    }

    /// The texts; `None` for numbers.
    pub fn into_texts(self) -> Option<Vec<String>> {
        match self.data {
            Data::Text(texts) => Some(texts),
            _ => None,
        }
    }
}

impl Data {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::U32(values) => values.len(),
            Self::I64(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Writes an array in format version 1.0.
pub(crate) fn write(writer: &mut impl Write, array: &Array) -> io::Result<()> {
    let width = match &array.data {
        Data::Text(texts) => texts.iter().map(|text| text.chars().count()).max().unwrap_or(0).max(1),
        _ => 0,
    };
    writer.write_all(&header(array, width)?)?;
    match &array.data {
        Data::F32(values) => values.iter().try_for_each(|value| writer.write_all(&value.to_le_bytes())),
        Data::F64(values) => values.iter().try_for_each(|value| writer.write_all(&value.to_le_bytes())),
        Data::U32(values) => values.iter().try_for_each(|value| writer.write_all(&value.to_le_bytes())),
        Data::I64(values) => values.iter().try_for_each(|value| writer.write_all(&value.to_le_bytes())),
        Data::Text(texts) => texts.iter().try_for_each(|text| {
            let padded = text.chars().map(u32::from).chain(std::iter::repeat(0)).take(width);
            padded.into_iter().try_for_each(|unit| writer.write_all(&unit.to_le_bytes()))
        }),
    }
}

fn header(array: &Array, width: usize) -> io::Result<Vec<u8>> {
    let cells: usize = array.shape.iter().product();
    assert_eq!(cells, array.data.len(), "elements of an array of shape {:?}", array.shape);
    let descr = match &array.data {
        Data::F32(_) => "<f4".to_owned(),
        Data::F64(_) => "<f8".to_owned(),
        Data::U32(_) => "<u4".to_owned(),
        Data::I64(_) => "<i8".to_owned(),
        Data::Text(_) => format!("<U{width}"),
    };
    let lengths: Vec<String> = array.shape.iter().map(usize::to_string).collect();
    let comma = if lengths.len() == 1 { "," } else { "" };
    let shape = format!("({}{comma})", lengths.join(", "));
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    // NumPy wants the data to start at a multiple of 64 bytes, and the header to end with a newline.
    while (10 + text.len() + 1) % 64 != 0 {
        text.push(' ');
    }
    text.push('\n');
    let length = u16::try_from(text.len()).map_err(|_| io::Error::other("the array has too many axes"))?;
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    Ok(bytes)
}

/// Reads an array; the error says what is wrong.
pub(crate) fn read(mut reader: impl Read) -> std::result::Result<Array, String> {
    let header = Header::read(&mut reader)?;
    let cells = header.shape.iter().try_fold(1usize, |cells, &length| cells.checked_mul(length));
    let bytes = cells.and_then(|cells| cells.checked_mul(header.item_bytes()));
    let (Some(cells), Some(bytes)) = (cells, bytes) else {
        return Err(format!("the shape {:?} is larger than memory", header.shape));
    };
    let mut raw = Vec::with_capacity(bytes.min(1 << 20));
    reader.take(bytes as u64).read_to_end(&mut raw).map_err(|error| error.to_string())?;
    if raw.len() != bytes {
        return Err(format!("expected {bytes} bytes of data for shape {:?}, found {}", header.shape, raw.len()));
    }
    let mut data = header.decode(&raw)?;
    if header.fortran && header.shape.len() > 1 {
        let order = c_order(&header.shape, cells);
        data = match data {
            Data::F64(values) => Data::F64(order.iter().map(|&index| values[index]).collect()),
            Data::I64(values) => Data::I64(order.iter().map(|&index| values[index]).collect()),
            Data::Text(texts) => Data::Text(order.iter().map(|&index| texts[index].clone()).collect()),
            other => other,
        };
    }
    Ok(Array { shape: header.shape, data })
}

/// Where the elements of a C-ordered array lie in a Fortran-ordered one.
fn c_order(shape: &[usize], cells: usize) -> Vec<usize> {
    let strides: Vec<usize> = shape
        .iter()
        .scan(1, |stride, &length| {
            let this = *stride;
            *stride *= length;
            Some(this)
        })
        .collect();
    let place = |mut index: usize| {
        shape.iter().zip(&strides).rev().fold(0, |place, (&length, &stride)| {
            let at = index % length;
            index /= length;
            place + at * stride
        })
    };
    (0..cells).map(place).collect()
}

/// What an array's header says.
struct Header {
    big_endian: bool,
    kind: char,
    /// Bytes of a number, characters of a text.
    size: usize,
    fortran: bool,
    shape: Vec<usize>,
}

impl Header {
    fn read(reader: &mut impl Read) -> std::result::Result<Self, String> {
        let mut start = [0; 8];
        reader.read_exact(&mut start).map_err(|_| "not an .npy file: it is too short".to_owned())?;
        if &start[..6] != b"\x93NUMPY" {
            return Err("not an .npy file: it does not start with \\x93NUMPY".to_owned());
        }
        let mut length = [0; 4];
        let width = if start[6] == 1 { 2 } else { 4 };
        reader.read_exact(&mut length[..width]).map_err(|_| "the .npy header is cut short".to_owned())?;
        let length = u32::from_le_bytes(length) as usize;
        if length > MAX_HEADER {
            return Err(format!("the .npy header claims {length} bytes; at most {MAX_HEADER} are read"));
        }
        let mut text = vec![0; length];
        reader.read_exact(&mut text).map_err(|_| "the .npy header is cut short".to_owned())?;
        Self::parse(&String::from_utf8_lossy(&text))
    }

    fn parse(text: &str) -> std::result::Result<Self, String> {
        let descr = entry(text, "descr")?;
        let quote = descr.chars().next().filter(|quote| "'\"".contains(*quote));
        let name = quote.and_then(|quote| descr[1..].split(quote).next());
        let name = name.ok_or("the .npy array has records; expected plain numbers or texts")?;
        let (big_endian, rest) = match name.as_bytes().first() {
            Some(b'<' | b'|' | b'=') => (false, &name[1..]),
            Some(b'>') => (true, &name[1..]),
            _ => (false, name),
        };
        let kind = rest.chars().next().unwrap_or(' ');
        let size = rest.get(kind.len_utf8()..).and_then(|digits| digits.parse().ok()).unwrap_or(0usize);
        let known = matches!((kind, size), ('f', 4 | 8) | ('i' | 'u', 1 | 2 | 4 | 8) | ('b', 1) | ('U', 1..));
        if !known {
            return Err(format!(
                "the .npy array has elements `{name}`; expected integers, floats (4 or 8 bytes) or texts"
            ));
        }
        let fortran = entry(text, "fortran_order")?.starts_with("True");
        let shape = entry(text, "shape")?;
        let inner = shape.strip_prefix('(').and_then(|rest| rest.split_once(')'));
        let (inner, _) = inner.ok_or("the .npy header has no shape")?;
        let lengths = inner.split(',').map(str::trim).filter(|length| !length.is_empty());
        let shape = lengths.map(|length| length.parse().map_err(|_| format!("the .npy shape holds `{length}`")));
        Ok(Self { big_endian, kind, size, fortran, shape: shape.collect::<std::result::Result<_, _>>()? })
    }

    /// Bytes of one element; saturates, so that an absurd size fails as too large.
    fn item_bytes(&self) -> usize {
        if self.kind == 'U' { self.size.saturating_mul(4) } else { self.size }
    }

    fn decode(&self, raw: &[u8]) -> std::result::Result<Data, String> {
        let items = raw.chunks_exact(self.item_bytes());
        match self.kind {
            'f' if self.size == 4 => {
                Ok(Data::F64(items.map(|item| f64::from(f32::from_bits(self.bits(item) as u32))).collect()))
            }
            'f' => Ok(Data::F64(items.map(|item| f64::from_bits(self.bits(item))).collect())),
            'U' => items.map(|item| self.text(item)).collect::<std::result::Result<_, _>>().map(Data::Text),
            _ => items.map(|item| self.integer(item)).collect::<std::result::Result<_, _>>().map(Data::I64),
        }
    }

    /// The bits of a number, as an unsigned integer.
    fn bits(&self, item: &[u8]) -> u64 {
        let push = |bits: u64, byte: &u8| bits << 8 | u64::from(*byte);
        if self.big_endian { item.iter().fold(0, push) } else { item.iter().rev().fold(0, push) }
    }

    fn integer(&self, item: &[u8]) -> std::result::Result<i64, String> {
        let bits = self.bits(item);
        if self.kind == 'i' {
            let spare = 64 - 8 * self.size as u32;
            return Ok((bits << spare) as i64 >> spare);
        }
        i64::try_from(bits).map_err(|_| format!("the .npy array holds {bits}, which is larger than {}", i64::MAX))
    }

    fn text(&self, item: &[u8]) -> std::result::Result<String, String> {
        let units = item.chunks_exact(4).map(|unit| self.bits(unit) as u32);
        let text = units.map(char::from_u32).collect::<Option<String>>();
        let text = text.ok_or("the .npy array holds a text that is not Unicode")?;
        Ok(text.trim_end_matches('\0').to_owned())
    }
}

/// The text that follows `'key':` in a header.
fn entry<'a>(text: &'a str, key: &str) -> std::result::Result<&'a str, String> {
    let found = [format!("'{key}'"), format!("\"{key}\"")]
        .iter()
        .find_map(|name| text.split_once(name.as_str()).map(|(_, rest)| rest));
    let value = found.and_then(|rest| rest.trim_start().strip_prefix(':'));
    value.map(str::trim_start).ok_or_else(|| format!("the .npy header has no `{key}`"))
}
