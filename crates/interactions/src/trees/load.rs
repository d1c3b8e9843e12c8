//! Model files, told apart by what is in them.

use std::path::Path;

use einthoven_game::Error as GameError;
use serde::Deserialize;

use super::ensemble::Ensemble;
use super::{exported, lightgbm, xgboost};
use crate::Result;

/// What tells JSON files apart.
#[derive(Deserialize)]
struct Probe {
    format: Option<String>,
    learner: Option<serde::de::IgnoredAny>,
}

impl Ensemble {
    /// Reads XGBoost's JSON, LightGBM's text or our exported JSON; which one it is, the content tells. Fails if the file
    /// is none of them, is broken, or holds what is not supported; the error names the field.
    pub fn load(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|error| GameError::file("read", path, error))?;
        Self::from_bytes(&bytes).map_err(|reason| GameError::file("read", path, reason).into())
    }

    /// Reads the content of such a file; the reason of a failure names the field.
    pub fn from_bytes(bytes: &[u8]) -> std::result::Result<Self, String> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Err(format!("expected text, found bytes: {}", remedy(bytes)));
        };
        let start = text.trim_start();
        if start.starts_with("tree\n") || start.starts_with("tree\r\n") {
            return lightgbm::read(text);
        }
        let other = "expected XGBoost's JSON, LightGBM's text or the JSON of export_sklearn.py";
        if !start.starts_with('{') || start.starts_with("{L") {
            return Err(format!("{other}: {}", remedy(bytes)));
        }
        let probe: Probe = serde_json::from_str(text).map_err(|error| format!("not whole JSON: {error}"))?;
        match (probe.format.as_deref(), probe.learner) {
            (Some("einthoven-trees"), _) => exported::read(text),
            (_, Some(_)) => xgboost::read(text),
            _ => Err(format!("{other}, found JSON without `format` and without `learner`")),
        }
    }
}

/// What to do about a file that is none of ours.
fn remedy(bytes: &[u8]) -> &'static str {
    match bytes {
        // An object that begins with the length of its first key.
        [b'{', b'L' | b'i' | b'U' | b'I' | b'l', ..] => {
            "this is XGBoost's UBJSON; save it with `model.save_model(\"model.json\")`"
        }
        [b'b', b'i', b'n', b'f', ..] => "this is XGBoost's old binary; save it with `model.save_model(\"model.json\")`",
        [0x80, ..] => "this is a Python pickle; export it with crates/interactions/scripts/export_sklearn.py",
        [0x1f, 0x8b, ..] => "this is gzip; unpack it first",
        _ => {
            "save the model with XGBoost's `save_model(\"model.json\")`, LightGBM's `save_model(\"model.txt\")` or \
              crates/interactions/scripts/export_sklearn.py"
        }
    }
}
