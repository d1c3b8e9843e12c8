//! The records and the model that a command line names.

use std::path::{Path, PathBuf};

use einthoven::ecg::list_records;
use einthoven::{Classifier, ReadOptions, Record, Result, Warning, example_record, read};

use super::args::Input;

/// The model of `--model`.
pub fn classifier(name: &str) -> Result<Classifier> {
    let classifier = match name {
        "builtin" => einthoven::model::builtin(),
        "builtin:homogeneous" => einthoven::model::builtin_homogeneous(),
        file => einthoven::model::load(Path::new(file)),
    };
    Ok(classifier?)
}

/// A record to be read: where it is, and the name of its folder of results.
pub struct Source {
    /// Where it is; `None` is the embedded synthetic record.
    path: Option<PathBuf>,
    /// Folder of results below the one of the whole run, distinct from record to record.
    pub name: String,
}

/// The records of the command line, and whether they are to be treated as several.
pub fn sources(input: &Input) -> Result<(Vec<Source>, bool)> {
    if input.records.is_empty() {
        return Ok((vec![Source { path: None, name: "example".to_owned() }], false));
    }
    let several = input.records.len() > 1 || input.records.iter().any(|path| path.is_dir());
    let mut sources = Vec::new();
    for path in &input.records {
        if path.is_dir() {
            // An earlier run may have left its summary here.
            let is_ours = |record: &PathBuf| {
                record.file_name().is_some_and(|name| name == "summary.csv" || name == "removal.csv")
            };
            for record in list_records(path)?.into_iter().filter(|record| !is_ours(record)) {
                let below = record.strip_prefix(path).unwrap_or(&record).with_extension("");
                sources.push(Source { name: below.to_string_lossy().into_owned(), path: Some(record) });
            }
        } else {
            let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
            sources.push(Source { name, path: Some(path.clone()) });
        }
    }
    distinct(&mut sources);
    Ok((sources, several))
}

impl Source {
    /// Reads the record.
    pub fn read(&self, input: &Input) -> Result<(Record, Vec<Warning>)> {
        let options = ReadOptions { rate: input.rate, units: input.units.clone(), leads: input.leads.clone() };
        match &self.path {
            Some(path) => read(path, &options),
            None => Ok((example_record(), Vec::new())),
        }
    }

    /// How large its file is, or its header's, if it can be read.
    pub fn bytes(&self) -> Option<u64> {
        let size = |path: &Path| std::fs::metadata(path).ok().map(|found| found.len());
        let path = self.path.as_deref()?;
        let signal = size(&path.with_extension("dat"));
        Some(size(path).or_else(|| size(&path.with_extension("hea")))? + signal.unwrap_or(0))
    }

    /// What the user calls it.
    pub fn shown(&self) -> String {
        self.path.as_deref().unwrap_or(Path::new("a synthetic record (no RECORD was given)")).display().to_string()
    }
}

/// Numbers names that stand more than once, so that no record overwrites another's results, or those of all together.
fn distinct(sources: &mut [Source]) {
    let mut seen = std::collections::HashSet::from(["aggregate".to_owned()]);
    for source in sources {
        let free = (1..).map(|count| match count {
            1 => source.name.clone(),
            _ => format!("{}-{count}", source.name),
        });
        let name = free.into_iter().find(|name| !seen.contains(name)).unwrap_or_default();
        seen.insert(name.clone());
        source.name = name;
    }
}
