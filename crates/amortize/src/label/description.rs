//! `labels.json`: what a folder of labels holds, so that it is taken up again by the same request only.

use std::path::Path;

use einthoven_game::file::write_atomic;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{BiasCheck, LabelSpec};
use crate::{Error, Result};

/// The name of the file.
const NAME: &str = "labels.json";

/// What a folder of labels holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelFolder {
    /// What the labels are of.
    pub spec: LabelSpec,
    /// Records of the set.
    pub records: usize,
    /// How many of them are for validation.
    pub validation: usize,
    /// Records of each shard but the last.
    pub shard: usize,
    /// SHA-256 of which records they are, in which order, and what each is for.
    pub sources: String,
    /// What a check of the labels against estimates at a high budget has found.
    pub bias: Option<BiasCheck>,
}

impl LabelFolder {
    /// Reads the description of a folder.
    ///
    /// # Errors
    /// If there is none, or it is not one of labels.
    pub fn load(folder: &Path) -> Result<Self> {
        let path = folder.join(NAME);
        let text = std::fs::read_to_string(&path).map_err(|error| Error::read(&path, error))?;
        serde_json::from_str(&text).map_err(|error| Error::read(&path, error))
    }

    /// Whether a folder has one.
    pub(super) fn is_in(folder: &Path) -> bool {
        folder.join(NAME).exists()
    }

    /// Writes it into a folder.
    pub(super) fn save(&self, folder: &Path) -> Result<()> {
        let path = folder.join(NAME);
        let text = serde_json::to_string_pretty(self).map_err(|error| Error::write(&path, error))?;
        Ok(write_atomic(&path, |file| std::io::Write::write_all(file, text.as_bytes()))?)
    }

    /// Refuses to go on with labels of something else.
    pub(super) fn check(&self, asked: &Self, folder: &Path) -> Result<()> {
        // How it is cut into shards is its own business.
        let [found, expected] = [self, asked].map(|one| Self { bias: None, shard: self.shard, ..one.clone() });
        if found == expected {
            return Ok(());
        }
        let fields = differences(&found, &expected).join("; ");
        let reason = format!("its labels are of something else: {fields}; ask for the same, or name another folder");
        Err(Error::File { action: "go on in", path: folder.to_owned(), reason })
    }
}

/// The fields in which two descriptions differ, with their values.
fn differences(found: &LabelFolder, expected: &LabelFolder) -> Vec<String> {
    let [found, expected] = [found, expected].map(|one| serde_json::to_value(one).unwrap_or_default());
    let fields = |value: &Value| {
        let mut fields = value.as_object().cloned().unwrap_or_default();
        if let Some(Value::Object(spec)) = fields.remove("spec") {
            fields.extend(spec);
        }
        fields
    };
    let (found, expected) = (fields(&found), fields(&expected));
    let short = |value: &Value| match value {
        Value::Array(items) if items.len() > 4 => format!("{} entries", items.len()),
        value => value.to_string(),
    };
    let differs = found.iter().filter(|&(name, value)| expected.get(name) != Some(value));
    let asked = |name: &String| expected.get(name).map_or_else(|| "nothing".to_owned(), short);
    differs.map(|(name, value)| format!("{name} is {}, asked is {}", short(value), asked(name))).collect()
}
