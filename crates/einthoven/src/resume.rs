//! Values that are kept while an evaluation goes on, so that it can be taken up again.

use std::path::{Path, PathBuf};

use einthoven_game::{Design, Values};

use crate::{Error, Result};

/// Where the values of a run are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keep {
    /// The folder of `design.npz` and `values.npz`.
    pub folder: PathBuf,
    /// Whether values that are there already are taken up.
    pub resume: bool,
}

impl Keep {
    /// The values that are there already, of the first rows of a design; the design is written down if there are none.
    ///
    /// # Errors
    /// If what is there belongs to another run, or a file cannot be read or written.
    pub(crate) fn begin(&self, design: &Design, fingerprint: &str) -> Result<Option<Values>> {
        std::fs::create_dir_all(&self.folder).map_err(|error| Error::File {
            action: "make the folder",
            path: self.folder.clone(),
            reason: error.to_string(),
        })?;
        let [design_path, values_path] = ["design.npz", "values.npz"].map(|name| self.folder.join(name));
        if self.resume && values_path.exists() && design_path.exists() {
            let values = Values::load(&values_path)?;
            let other = |path: &Path, what: &str| Error::File {
                action: "resume from",
                path: path.to_owned(),
                reason: format!("{what}; leave --resume out to begin anew"),
            };
            if Design::load(&design_path)? != *design {
                return Err(other(&design_path, "it is of other players, another method, budget or seed"));
            }
            if values.fingerprint != fingerprint {
                return Err(other(&values_path, "it is of another model, record or baseline"));
            }
            if values.len() > design.rows.len() {
                return Err(other(&values_path, "it has more rows than the design"));
            }
            return Ok(Some(values));
        }
        // Values of an earlier run do not belong to this design.
        if values_path.exists() {
            std::fs::remove_file(&values_path).map_err(|error| Error::File {
                action: "remove",
                path: values_path.clone(),
                reason: error.to_string(),
            })?;
        }
        design.save(&design_path)?;
        Ok(None)
    }

    /// Writes the values so far, at once or not at all.
    pub(crate) fn save(&self, values: &Values) -> Result<()> {
        Ok(values.save(&self.folder.join("values.npz"))?)
    }
}
