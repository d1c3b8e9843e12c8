//! Values that are kept while an evaluation goes on, so that it can be taken up again.

use std::path::{Path, PathBuf};

use einthoven_game::{Coalitions, Design, Values};
use einthoven_shapley::Known;

use crate::explanation::make_folder;
use crate::pictures::clear_results;
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
        self.make_folder()?;
        let [design_path, values_path] = ["design.npz", "values.npz"].map(|name| self.folder.join(name));
        if self.resume && values_path.exists() && design_path.exists() {
            let values = Values::load(&values_path)?;
            let other = |path: &Path, what: &str| Error::File {
                action: "resume from",
                path: path.to_owned(),
                reason: format!("{what}; leave --resume out to begin anew"),
            };
            if Design::load(&design_path)? != *design {
                return Err(other(&design_path, "it is of other players, another method, budget, seed or --until"));
            }
            if values.fingerprint != fingerprint {
                return Err(other(&values_path, "it is of another model, record or baseline"));
            }
            if values.len() > design.rows.len() {
                return Err(other(&values_path, "it has more rows than the design"));
            }
            return Ok(Some(values));
        }
        self.anew(design)?;
        Ok(None)
    }

    /// Whatever was evaluated by an earlier run on the same players, model, record and baseline, whatever its method.
    pub(crate) fn known(&self, n_players: usize, fingerprint: &str) -> Result<Option<Known>> {
        self.make_folder()?;
        let [design_path, values_path] = ["design.npz", "values.npz"].map(|name| self.folder.join(name));
        if !self.resume || !values_path.exists() || !design_path.exists() {
            return Ok(None);
        }
        let (rows, values) = (Design::load(&design_path)?.rows, Values::load(&values_path)?);
        let other = |path: &Path, what: &str| Error::File {
            action: "resume from",
            path: path.to_owned(),
            reason: format!("{what}; leave --resume out to begin anew"),
        };
        if rows.n_players() != n_players {
            return Err(other(&design_path, "it is of other players"));
        }
        if values.fingerprint != fingerprint {
            return Err(other(&values_path, "it is of another model, record or baseline"));
        }
        if values.len() > rows.len() {
            return Err(other(&values_path, "it has more rows than the design"));
        }
        Ok(Some(Known { rows: rows.slice(0..values.len()), values }))
    }

    /// Writes what is known and the rows that were evaluated after it. Rows are only ever added, so that a design and
    /// values of different rounds still belong together.
    pub(crate) fn add(&self, known: Option<&Known>, rows: &Coalitions, values: &Values) -> Result<()> {
        let Some(known) = known else {
            self.anew(&Design { rows: rows.clone(), draws: Vec::new() })?;
            return self.save(values);
        };
        let mut all = known.rows.clone();
        rows.iter().for_each(|row| all.push_words(row.words()));
        Design { rows: all, draws: Vec::new() }.save(&self.folder.join("design.npz"))?;
        self.save(&known.values.concat(values)?)
    }

    /// Writes a design and its values in place of whatever is there.
    pub(crate) fn finish(&self, design: &Design, values: &Values) -> Result<()> {
        self.anew(design)?;
        self.save(values)
    }

    /// Writes a design. Values and results that are there do not belong to it, and go first.
    fn anew(&self, design: &Design) -> Result<()> {
        self.clear()?;
        Ok(design.save(&self.folder.join("design.npz"))?)
    }

    /// Removes what an earlier run has left: values first, which belong to their design, then the design and the results.
    ///
    /// # Errors
    /// If a file cannot be removed.
    pub fn clear(&self) -> Result<()> {
        for name in ["values.npz", "design.npz"] {
            let path = self.folder.join(name);
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::File { action: "remove", path, reason: error.to_string() });
                }
                _ => {}
            }
        }
        clear_results(&self.folder)
    }

    fn make_folder(&self) -> Result<()> {
        make_folder(&self.folder)
    }

    /// Writes the values so far, at once or not at all.
    pub(crate) fn save(&self, values: &Values) -> Result<()> {
        Ok(values.save(&self.folder.join("values.npz"))?)
    }
}
