//! Named arrays in NumPy's `.npz` format.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::npy::{self, Array};
use crate::{Error, Result, file};

/// Writes named arrays, whole or not at all. Equal arrays give equal bytes.
pub fn save(path: &Path, arrays: &[(&str, Array)]) -> Result<()> {
    file::write_atomic(path, |writer| {
        let mut zip = ZipWriter::new(writer);
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(true);
        for (name, array) in arrays {
            zip.start_file(format!("{name}.npy"), options).map_err(io::Error::other)?;
            npy::write(&mut zip, array)?;
        }
        zip.finish().map_err(io::Error::other)?;
        Ok(())
    })
}

/// An `.npz` file that is open for reading, compressed or not. Every error names the file and the array.
pub struct Npz {
    path: PathBuf,
    archive: ZipArchive<BufReader<File>>,
}

impl Npz {
    /// Opens a file.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|error| Error::file("read", path, error))?;
        let archive = ZipArchive::new(BufReader::new(file))
            .map_err(|error| Error::file("read", path, format!("not an .npz file: {error}")))?;
        Ok(Self { path: path.to_owned(), archive })
    }

    /// The array of that name, if there is one.
    pub fn optional(&mut self, name: &str) -> Result<Option<Array>> {
        let entry = match self.archive.by_name(&format!("{name}.npy")) {
            Ok(entry) => entry,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(error) => return Err(Error::file("read", &self.path, format!("`{name}`: {error}"))),
        };
        let array = npy::read(entry);
        array.map(Some).map_err(|reason| self.wrong(name, reason))
    }

    /// The array of that name.
    pub fn array(&mut self, name: &str) -> Result<Array> {
        self.optional(name)?.ok_or_else(|| self.wrong(name, "there is no such array"))
    }

    /// The floats of that name.
    pub fn floats(&mut self, name: &str) -> Result<Vec<f64>> {
        let numbers = self.array(name)?.into_floats();
        numbers.ok_or_else(|| self.wrong(name, "expected numbers, found texts"))
    }

    /// The non-negative integers below 2^32 of that name; -1 is read as the largest of them.
    pub fn words(&mut self, name: &str) -> Result<Vec<u32>> {
        let array = self.array(name)?;
        to_words(array).map_err(|reason| self.wrong(name, reason))
    }

    /// The texts of that name.
    pub fn texts(&mut self, name: &str) -> Result<Vec<String>> {
        let texts = self.array(name)?.into_texts();
        texts.ok_or_else(|| self.wrong(name, "expected texts, found numbers"))
    }

    /// An error about the array of that name.
    pub fn wrong(&self, name: &str, reason: impl std::fmt::Display) -> Error {
        Error::file("read", &self.path, format!("`{name}`: {reason}"))
    }
}

/// Integers as 32-bit words; -1 becomes `u32::MAX`.
pub(crate) fn to_words(array: Array) -> std::result::Result<Vec<u32>, String> {
    let integers = array.into_integers().ok_or("expected integers")?;
    let word = |value: i64| match value {
        -1 => Ok(u32::MAX),
        _ => u32::try_from(value).map_err(|_| format!("expected integers from 0 to {}, found {value}", u32::MAX)),
    };
    integers.into_iter().map(word).collect()
}
