//! Points from files, and points that are held out to judge classifiers on.

use std::path::Path;

use einthoven_game::npz::Npz;
use einthoven_game::rng::stream;
use rand::seq::SliceRandom;

use super::Points;
use crate::{Error, Result};

/// Points as a file names them.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedPoints {
    /// The points.
    pub points: Points,
    /// A name of each.
    pub names: Vec<String>,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Points to judge classifiers on, if the file has some.
    pub validation: Option<Points>,
}

impl NamedPoints {
    /// Reads an `.npz` file with `embeddings` `[points, features]` and `labels` `[points]` (integers from 0), and if it has them
    /// `names`, `classes`, `validation_embeddings` and `validation_labels`; or a `.csv` file with a header, a column `label`
    /// (any text), if it has one a column `name`, and numbers in all others.
    ///
    /// # Errors
    /// Names the file, the array or the line, and what would be right.
    pub fn load(path: &Path) -> Result<Self> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("npz") => from_npz(path),
            Some("csv") => from_csv(path),
            _ => Err(Error::read(path, "expected a .npz or .csv file of points")),
        }
    }

    /// Points with these embeddings `[points, features]`, names, and names of their classes; classes are numbered in the order
    /// of their names.
    ///
    /// # Errors
    /// As of [`Points::new`].
    pub fn new(n_features: usize, embeddings: Vec<f64>, names: Vec<String>, labels: &[String]) -> Result<Self> {
        let mut classes = labels.to_vec();
        classes.sort();
        classes.dedup();
        let number = |label: &String| classes.binary_search(label).unwrap_or_default();
        let points = Points::new(n_features, embeddings, labels.iter().map(number).collect())?;
        Ok(Self { points, names, classes, validation: None })
    }

    /// Moves a share of the points, drawn at random, to the validation points, unless there are some.
    ///
    /// # Errors
    /// If the share leaves no point on one of the sides.
    pub fn hold_out(self, share: f64, seed: u64) -> Result<Self> {
        let n = self.points.len();
        if self.validation.is_some() {
            return Ok(self);
        }
        let count = (share * n as f64).round();
        if !(1.0..n as f64).contains(&count) {
            return Err(Error::Request(format!("hold out {share} of {n} points: one at least must be on either side")));
        }
        let mut order: Vec<usize> = (0..n).collect();
        order.shuffle(&mut stream(seed, "value/hold-out", 0));
        let (held, kept) = order.split_at_mut(count as usize);
        held.sort_unstable();
        kept.sort_unstable();
        let names = kept.iter().map(|&point| self.names[point].clone()).collect();
        let [points, validation] = [kept, held].map(|chosen| self.points.some(chosen));
        Ok(Self { points, names, validation: Some(validation), classes: self.classes })
    }
}

fn from_npz(path: &Path) -> Result<NamedPoints> {
    let mut npz = Npz::open(path)?;
    let points = points(&mut npz, "embeddings", "labels")?;
    let validation = npz.optional("validation_embeddings")?.is_some();
    let validation =
        validation.then(|| self::points(&mut npz, "validation_embeddings", "validation_labels")).transpose()?;
    let texts = |npz: &mut Npz, name: &str| match npz.optional(name)? {
        None => Ok(None),
        Some(_) => npz.texts(name).map(Some),
    };
    let names = texts(&mut npz, "names")?.unwrap_or_else(|| (0..points.len()).map(|at| at.to_string()).collect());
    if names.len() != points.len() {
        return Err(npz
            .wrong("names", format!("expected {} as of `labels`, found {}", points.len(), names.len()))
            .into());
    }
    let labels = || points.labels().iter().chain(validation.iter().flat_map(Points::labels));
    let n_classes = 1 + labels().copied().max().unwrap_or(0);
    let classes =
        texts(&mut npz, "classes")?.unwrap_or_else(|| (0..n_classes).map(|class| class.to_string()).collect());
    if classes.len() < n_classes {
        let reason = format!("expected {n_classes} or more as of the labels, found {}", classes.len());
        return Err(npz.wrong("classes", reason).into());
    }
    Ok(NamedPoints { points, names, classes, validation })
}

fn points(npz: &mut Npz, embeddings: &str, labels: &str) -> Result<Points> {
    let array = npz.array(embeddings)?;
    let [n, n_features] = array.shape[..] else {
        let reason = format!("expected [points, features], found the shape {:?}", array.shape);
        return Err(npz.wrong(embeddings, reason).into());
    };
    let floats = array.into_floats().ok_or_else(|| npz.wrong(embeddings, "expected numbers, found texts"))?;
    let classes = npz.array(labels)?.into_integers();
    let classes = classes.ok_or_else(|| npz.wrong(labels, "expected integers from 0"))?;
    if classes.len() != n {
        let reason = format!("expected {n} as of the rows of `{embeddings}`, found {}", classes.len());
        return Err(npz.wrong(labels, reason).into());
    }
    let class = |label: i64| usize::try_from(label).ok();
    let found: Option<Vec<usize>> = classes.iter().map(|&label| class(label)).collect();
    let found = found.ok_or_else(|| npz.wrong(labels, "expected integers from 0, found a negative one"))?;
    Points::new(n_features, floats, found).map_err(|error| npz.wrong(embeddings, error).into())
}

fn from_csv(path: &Path) -> Result<NamedPoints> {
    let wrong = |reason: String| Error::read(path, reason);
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).map_err(|error| wrong(error.to_string()))?;
    let header = reader.headers().map_err(|error| wrong(error.to_string()))?.clone();
    let column = |name: &str| header.iter().position(|column| column == name);
    let label = column("label").ok_or_else(|| wrong("its header has no column `label`".to_owned()))?;
    let name = column("name");
    let features: Vec<usize> = (0..header.len()).filter(|at| *at != label && Some(*at) != name).collect();
    let (mut embeddings, mut names, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    for (at, row) in reader.records().enumerate() {
        let row = row.map_err(|error| wrong(error.to_string()))?;
        for &feature in &features {
            let number = row[feature].parse::<f64>().ok().filter(|number| number.is_finite());
            let found = || {
                format!("row {}, column `{}`: expected a number, found `{}`", at + 1, &header[feature], &row[feature])
            };
            embeddings.push(number.ok_or_else(|| wrong(found()))?);
        }
        names.push(name.map_or_else(|| (at + 1).to_string(), |name| row[name].to_owned()));
        labels.push(row[label].to_owned());
    }
    NamedPoints::new(features.len(), embeddings, names, &labels).map_err(|error| wrong(error.to_string()))
}
