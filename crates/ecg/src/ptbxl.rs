//! The PTB-XL data set, in a folder as PhysioNet distributes it.
//!
//! `ptbxl_database.csv` lists the records with their statements and folds, `scp_statements.csv` says which diagnostic
//! superclass a statement belongs to, and `records100/` or `records500/` hold the signals. The folds are those its
//! authors recommend: 1 to 8 for training, 9 for validation, 10 for testing (Wagner et al., Scientific Data 7
//! (2020) 154).

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use crate::labels::{NAMES, Superclass};
use crate::{Error, Record, Result, Warning, wfdb};

/// The data set; signals are read one record at a time.
#[derive(Clone, Debug)]
pub struct PtbXl {
    folder: PathBuf,
    entries: Vec<Entry>,
}

/// One line of the database.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Number of the record.
    pub id: u64,
    /// Header of the record, relative to the data set's folder.
    pub file: PathBuf,
    /// Fold, 1 to 10.
    pub fold: u8,
    /// SCP-ECG statements with their likelihoods in percent; 0 means that none was given.
    pub statements: Vec<(String, f64)>,
    /// The diagnostic superclasses in the order of [`NAMES`]. None is set for a record that has no diagnostic
    /// statement; benchmarks leave those out.
    pub superclasses: [bool; 5],
}

/// What a record is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// Folds 1 to 8.
    Train,
    /// Fold 9.
    Validation,
    /// Fold 10.
    Test,
}

impl Entry {
    /// What the record is for.
    pub fn split(&self) -> Split {
        match self.fold {
            ..=8 => Split::Train,
            9 => Split::Validation,
            10.. => Split::Test,
        }
    }
}

impl PtbXl {
    /// Reads the two tables. The signals are taken from `records100/` if it is there, else from `records500/`.
    ///
    /// # Errors
    /// A table or folder that is missing, or a line that cannot be read; the message names file, line and column.
    pub fn open(folder: &Path) -> Result<Self> {
        let column = match ["records100", "records500"].map(|name| folder.join(name).is_dir()) {
            [true, _] => "filename_lr",
            [_, true] => "filename_hr",
            _ => return Err(Error::read(folder, "it has neither records100 nor records500; is it a PTB-XL folder?")),
        };
        let classes = superclass_of_statements(&folder.join("scp_statements.csv"))?;
        let mut table = Table::open(&folder.join("ptbxl_database.csv"))?;
        let columns =
            [table.column("ecg_id")?, table.column("strat_fold")?, table.column("scp_codes")?, table.column(column)?];
        let mut entries = Vec::new();
        while let Some(row) = table.next()? {
            let [id, fold, statements, file] = columns.map(|column| row.get(column).unwrap_or_default());
            let entry = entry(&classes, id, fold, statements, file).map_err(|reason| table.error(&reason))?;
            entries.push(entry);
        }
        Ok(Self { folder: folder.to_path_buf(), entries })
    }

    /// All records, in the order of the database.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The records of one split, in the order of the database.
    pub fn split(&self, split: Split) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.split() == split)
    }

    /// Reads the signals of a record; its labels are the statements.
    ///
    /// # Errors
    /// As [`wfdb::read`] and [`Record::from_signals`].
    pub fn record(&self, entry: &Entry) -> Result<(Record, Vec<Warning>)> {
        let (mut record, warnings) = Record::from_signals(&wfdb::read(&self.folder.join(&entry.file))?)?;
        record.labels = entry.statements.iter().map(|(code, _)| code.clone()).collect();
        Ok((record, warnings))
    }
}

fn entry(
    classes: &HashMap<String, usize>,
    id: &str,
    fold: &str,
    statements: &str,
    file: &str,
) -> std::result::Result<Entry, String> {
    // Some copies of the table store whole numbers as floats.
    let whole = |what: &str, text: &str| {
        let text = text.strip_suffix(".0").unwrap_or(text);
        text.parse::<u64>().map_err(|_| format!("{what} is `{text}`; it must be a whole number"))
    };
    let id = whole("ecg_id", id)?;
    let fold = whole("strat_fold", fold)?;
    let fold = u8::try_from(fold).ok().filter(|fold| (1..=10).contains(fold));
    let fold = fold.ok_or("strat_fold must be 1 to 10")?;
    let statements = dictionary(statements)
        .ok_or_else(|| format!("scp_codes is `{statements}`; it must read like {{'NORM': 100.0, 'SR': 0.0}}"))?;
    let mut superclasses = [false; 5];
    for (code, _) in &statements {
        if let Some(&class) = classes.get(code) {
            superclasses[class] = true;
        }
    }
    let mut file = PathBuf::from(file);
    if file.as_os_str().is_empty() || !file.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(format!("file name is `{}`; it must be a path below the data set's folder", file.display()));
    }
    file.as_mut_os_string().push(".hea");
    Ok(Entry { id, file, fold, statements, superclasses })
}

/// For each diagnostic statement its place in [`NAMES`].
fn superclass_of_statements(path: &Path) -> Result<HashMap<String, usize>> {
    let mut table = Table::open(path)?;
    let (diagnostic, class) = (table.column("diagnostic")?, table.column("diagnostic_class")?);
    let mut classes = HashMap::new();
    while let Some(row) = table.next()? {
        let cell = |column: usize| row.get(column).unwrap_or_default();
        if !cell(diagnostic).parse().is_ok_and(|flag: f64| flag == 1.0) {
            continue;
        }
        let superclass = Superclass::from_name(cell(class)).ok_or_else(|| {
            let reason = format!("diagnostic_class is `{}`; it must be one of {NAMES:?}", cell(class));
            table.error(&reason)
        })?;
        classes.insert(cell(0).to_string(), superclass as usize);
    }
    if classes.is_empty() {
        return Err(Error::read(path, "it lists no diagnostic statement"));
    }
    Ok(classes)
}

/// Reads a Python dictionary from texts to numbers, `{'NORM': 100.0, 'SR': 0.0}`.
fn dictionary(text: &str) -> Option<Vec<(String, f64)>> {
    let inner = text.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
    if inner.is_empty() {
        return Some(Vec::new());
    }
    let pair = |pair: &str| {
        let (key, value) = pair.rsplit_once(':')?;
        let key = key.trim();
        let key = key.strip_prefix('\'').and_then(|key| key.strip_suffix('\''));
        let key = key.or_else(|| pair.trim().strip_prefix('"')?.split_once('"').map(|(key, _)| key))?;
        Some((key.to_string(), value.trim().parse().ok().filter(|value: &f64| value.is_finite())?))
    };
    // Statements are short codes, without commas or colons.
    inner.split(',').map(pair).collect()
}

/// A CSV with a line of names, read line by line.
struct Table {
    path: PathBuf,
    names: csv::StringRecord,
    reader: csv::Reader<std::fs::File>,
    line: u64,
}

impl Table {
    fn open(path: &Path) -> Result<Self> {
        let mut reader = csv::Reader::from_path(path).map_err(|e| Error::read(path, e))?;
        let names = reader.headers().map_err(|e| Error::read(path, e))?.clone();
        Ok(Self { path: path.to_path_buf(), names, reader, line: 1 })
    }

    fn column(&self, name: &str) -> Result<usize> {
        let place = self.names.iter().position(|column| column.trim_start_matches('\u{feff}') == name);
        place.ok_or_else(|| Error::read(&self.path, format!("it has no column {name}")))
    }

    fn next(&mut self) -> Result<Option<csv::StringRecord>> {
        let mut row = csv::StringRecord::new();
        let more = self.reader.read_record(&mut row).map_err(|e| Error::read(&self.path, e))?;
        self.line = row.position().map_or(self.line, csv::Position::line);
        Ok(more.then_some(row))
    }

    fn error(&self, reason: &str) -> Error {
        Error::read(&self.path, format!("line {}: {reason}", self.line))
    }
}
