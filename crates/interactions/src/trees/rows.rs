//! Rows of features to explain, and the CSV they come from.

use std::collections::HashMap;
use std::path::Path;

use einthoven_game::Error as GameError;

use super::ensemble::Ensemble;
use crate::{Error, Result};

/// How many names a message lists.
const LISTED: usize = 5;

/// Rows of features, in the order of a model; NaN is a missing value.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    n_features: usize,
    values: Vec<f64>,
    /// What a reader must know about how they were read.
    pub warnings: Vec<String>,
}

impl Rows {
    /// Rows from their numbers `[rows, features]`. Fails if the length is not a multiple of the number of features, or a
    /// number is infinite.
    pub fn new(n_features: usize, values: Vec<f64>) -> Result<Self> {
        if n_features == 0 || !values.len().is_multiple_of(n_features) {
            return Err(Error::Request(format!(
                "take {} numbers as rows of {n_features} features: expected a multiple",
                values.len()
            )));
        }
        if let Some(at) = values.iter().position(|value| value.is_infinite()) {
            return Err(Error::Request(format!(
                "take row {}, feature {}: expected a finite number or NaN for a missing one, found {}",
                at / n_features,
                at % n_features,
                values[at]
            )));
        }
        Ok(Self { n_features, values, warnings: Vec::new() })
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.values.len() / self.n_features
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Number of features.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// The features of a row, `[features]`.
    pub fn row(&self, at: usize) -> &[f64] {
        &self.values[at * self.n_features..(at + 1) * self.n_features]
    }

    /// Rows `start` up to, not including, `end`; rows there are not are left out.
    pub fn slice(&self, start: usize, end: usize) -> Self {
        let end = end.min(self.len());
        let start = start.min(end);
        let values = self.values[start * self.n_features..end * self.n_features].to_vec();
        Self { n_features: self.n_features, values, warnings: self.warnings.clone() }
    }

    /// Reads a CSV file with a header, and matches its columns to the model's features by name. Empty cells and NA, N/A,
    /// NaN, null and None are missing values; other columns are ignored, with a warning. Where the model has no names of
    /// its own, columns are taken in their order if there are as many, with a warning. Where the model has names of
    /// categories, cells are these names; where it has not, they are the codes. Fails if a column is missing or
    /// there twice, or a cell is not a finite number or a known category; the error names the line and
    /// the column.
    pub fn load_csv(path: &Path, ensemble: &Ensemble) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|error| GameError::file("read", path, error))?;
        Self::from_csv(&bytes, ensemble).map_err(|reason| GameError::file("read", path, reason).into())
    }

    /// Reads the content of such a file.
    pub fn from_csv(bytes: &[u8], ensemble: &Ensemble) -> std::result::Result<Self, String> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
        let header = reader.headers().map_err(|error| error.to_string())?.clone();
        let mut warnings = Vec::new();
        let columns = columns(&header, ensemble, &mut warnings)?;
        let mut values = Vec::new();
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).map_err(|error| error.to_string())? {
            for (feature, &column) in columns.iter().enumerate() {
                let cell = record.get(column).unwrap_or_default();
                let categories = ensemble.categories.get(feature).filter(|categories| !categories.is_empty());
                let value = match categories {
                    Some(categories) => category(cell, categories),
                    None => number(cell),
                };
                values.push(value.ok_or_else(|| {
                    let line = record.position().map_or(0, csv::Position::line);
                    let column = header.get(column).unwrap_or_default();
                    wrong_cell(line, column, cell, categories)
                })?);
            }
        }
        if values.is_empty() {
            return Err("expected rows below the header, found none".to_owned());
        }
        Ok(Self { n_features: columns.len(), values, warnings })
    }

    pub(crate) fn check(&self, ensemble: &Ensemble) -> Result<()> {
        if self.n_features == ensemble.n_features() {
            return Ok(());
        }
        Err(Error::Request(format!(
            "explain rows of {} features by a model of {}: expected as many",
            self.n_features,
            ensemble.n_features()
        )))
    }
}

/// A cell as a number; NaN for a missing one.
fn number(cell: &str) -> Option<f64> {
    const MISSING: [&str; 6] = ["", "na", "n/a", "nan", "null", "none"];
    match cell.parse::<f64>() {
        Ok(number) if number.is_finite() => Some(number),
        _ => MISSING.iter().any(|missing| cell.eq_ignore_ascii_case(missing)).then_some(f64::NAN),
    }
}

/// A category as its position; NaN for a missing one.
fn category(cell: &str, categories: &[String]) -> Option<f64> {
    let value = number(cell);
    let is_cell = |category: &String| category == cell || (value.is_some() && category.parse().ok() == value);
    let at = categories.iter().position(is_cell);
    at.map(|at| at as f64).or(value.filter(|value| value.is_nan()))
}

fn wrong_cell(line: u64, column: &str, cell: &str, categories: Option<&Vec<String>>) -> String {
    let expected = match categories {
        Some(categories) => list(&categories.iter().map(String::as_str).collect::<Vec<_>>()),
        None => "a finite number (categories go by their codes)".to_owned(),
    };
    format!("line {line}, column `{column}`: expected {expected}, or nothing for a missing value; found `{cell}`")
}

/// The column of each feature.
fn columns(
    header: &csv::StringRecord,
    ensemble: &Ensemble,
    warnings: &mut Vec<String>,
) -> std::result::Result<Vec<usize>, String> {
    let names = &ensemble.feature_names;
    if names.is_empty() {
        return Err("the model has no features".to_owned());
    }
    let mut place: HashMap<String, Vec<usize>> = HashMap::new();
    for (column, name) in header.iter().enumerate() {
        place.entry(plain(name)).or_default().push(column);
    }
    let found: Vec<Option<&Vec<usize>>> = names.iter().map(|name| place.get(&plain(name))).collect();
    let missing: Vec<&str> =
        names.iter().zip(&found).filter(|(_, at)| at.is_none()).map(|(name, _)| name.as_str()).collect();
    if !ensemble.is_named && !missing.is_empty() && header.len() == names.len() {
        warnings.push("the model has no feature names; columns are taken in their order".to_owned());
        return Ok((0..names.len()).collect());
    }
    if !missing.is_empty() {
        let hint = match (header.len(), ensemble.is_named) {
            (1, _) => "; cells are separated by commas",
            (_, false) => "; the model has no names of its own, so as many columns as features would do",
            _ => "",
        };
        return Err(format!(
            "expected a column for each of {} features; missing: {}{hint}",
            names.len(),
            list(&missing)
        ));
    }
    let mut columns = Vec::with_capacity(names.len());
    for (name, at) in names.iter().zip(found.into_iter().flatten()) {
        if at.len() > 1 {
            return Err(format!("expected one column `{name}`, found {}", at.len()));
        }
        columns.push(at[0]);
    }
    let mut is_used = vec![false; header.len()];
    columns.iter().for_each(|&column| is_used[column] = true);
    let ignored: Vec<&str> = header.iter().zip(&is_used).filter(|(_, used)| !**used).map(|(name, _)| name).collect();
    if !ignored.is_empty() {
        warnings.push(format!("columns that the model does not know are ignored: {}", list(&ignored)));
    }
    Ok(columns)
}

/// A name as LightGBM keeps it: white space is `_` there.
fn plain(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join("_")
}

fn list(names: &[&str]) -> String {
    let more = names.len().saturating_sub(LISTED);
    let listed = names[..names.len() - more].join(", ");
    if more == 0 { listed } else { format!("{listed} and {more} more") }
}
