//! Tables on disk: labels, explanations and values of data as Parquet, which pandas, Polars, DuckDB and R read.
//!
//! A table is a few named columns, every cell of which holds something; a list may be empty. Beside them stand pairs of
//! texts that say what the table is about. It is written beside its place and renamed, so that whoever looks sees a
//! whole file or none.

mod read;
mod write;

use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// The cells of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Texts.
    Text(Vec<String>),
    /// Whole numbers.
    I64(Vec<i64>),
    /// Numbers.
    F64(Vec<f64>),
    /// Yes or no.
    Bool(Vec<bool>),
    /// A list of single-precision numbers in each row.
    F32Lists(Vec<Vec<f32>>),
    /// A list of numbers in each row.
    F64Lists(Vec<Vec<f64>>),
}

/// Named columns of equal length, and what they are about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    columns: Vec<(String, Column)>,
    /// Pairs of texts that are written beside the columns.
    pub notes: Vec<(String, String)>,
    /// Where it was read, for errors.
    path: PathBuf,
}

impl Column {
    /// Number of cells.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(cells) => cells.len(),
            Self::I64(cells) => cells.len(),
            Self::F64(cells) => cells.len(),
            Self::Bool(cells) => cells.len(),
            Self::F32Lists(cells) => cells.len(),
            Self::F64Lists(cells) => cells.len(),
        }
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Table {
    /// Appends a column.
    ///
    /// # Panics
    /// If there is a column of that name, or one of another length.
    pub fn push(&mut self, name: impl Into<String>, column: Column) {
        let name = name.into();
        assert!(self.columns.iter().all(|(other, _)| *other != name), "two columns named {name}");
        assert!(self.columns.is_empty() || self.n_rows() == column.len(), "the length of column {name}");
        self.columns.push((name, column));
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, column)| column.len())
    }

    /// All columns, in order.
    pub fn columns(&self) -> &[(String, Column)] {
        &self.columns
    }

    /// The first note of that name.
    pub fn note(&self, name: &str) -> Option<&str> {
        self.notes.iter().find(|(key, _)| key == name).map(|(_, text)| text.as_str())
    }

    /// Writes the table as a Parquet file, whole or not at all. The folder must exist.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        write::save(&mut std::iter::once(Ok(std::borrow::Cow::Borrowed(self))), path)
    }

    /// Writes tables of the same columns as one, whole or not at all, and no more than one of them in memory; the notes are those
    /// of the first. The folder must exist.
    ///
    /// # Errors
    /// If there is none, one of them is an error, or the file cannot be written.
    pub fn save_all(tables: impl Iterator<Item = Result<Self>>, path: &Path) -> Result<()> {
        write::save(&mut tables.map(|table| table.map(std::borrow::Cow::Owned)), path)
    }

    /// Reads what [`Table::save`] has written, or any Parquet file with such columns.
    ///
    /// # Errors
    /// If the file is missing or no Parquet file, or a column holds something else or has empty cells.
    pub fn load(path: &Path) -> Result<Self> {
        let (columns, notes) = read::load(path)?;
        Ok(Self { columns, notes, path: path.to_owned() })
    }

    /// Takes a column of texts out. Fails, as all of these do, if there is no such column.
    pub fn take_text(&mut self, name: &str) -> Result<Vec<String>> {
        self.take(name, "texts", |column| if let Column::Text(cells) = column { Some(cells) } else { None })
    }

    /// Takes a column of whole numbers out.
    pub fn take_i64(&mut self, name: &str) -> Result<Vec<i64>> {
        self.take(name, "whole numbers", |column| if let Column::I64(cells) = column { Some(cells) } else { None })
    }

    /// Takes a column of numbers out.
    pub fn take_f64(&mut self, name: &str) -> Result<Vec<f64>> {
        self.take(name, "numbers", |column| if let Column::F64(cells) = column { Some(cells) } else { None })
    }

    /// Takes a column of yes and no out.
    pub fn take_bool(&mut self, name: &str) -> Result<Vec<bool>> {
        self.take(name, "yes or no", |column| if let Column::Bool(cells) = column { Some(cells) } else { None })
    }

    /// Takes a column of lists of single-precision numbers out.
    pub fn take_f32_lists(&mut self, name: &str) -> Result<Vec<Vec<f32>>> {
        self.take(name, "lists of f32", |column| if let Column::F32Lists(cells) = column { Some(cells) } else { None })
    }

    /// Takes a column of lists of numbers out.
    pub fn take_f64_lists(&mut self, name: &str) -> Result<Vec<Vec<f64>>> {
        self.take(name, "lists of f64", |column| if let Column::F64Lists(cells) = column { Some(cells) } else { None })
    }

    fn take<T>(&mut self, name: &str, expected: &str, cells: impl FnOnce(Column) -> Option<T>) -> Result<T> {
        let Some(at) = self.columns.iter().position(|(other, _)| other == name) else {
            return Err(Error::read(&self.path, format!("there is no column `{name}`")));
        };
        let (_, column) = self.columns.remove(at);
        cells(column).ok_or_else(|| Error::read(&self.path, format!("column `{name}`: expected {expected}")))
    }
}
