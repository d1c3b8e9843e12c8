//! An explainer on disk: a folder with its weights, its card, and who owns which cell.

use std::io::Write;
use std::path::Path;

use einthoven_game::Partition;
use einthoven_game::file::write_atomic;
use einthoven_model::StateDict;

use crate::explainer::{Amortized, ExplainerCard};
use crate::{Error, Result};

/// The weights.
const WEIGHTS: &str = "explainer.safetensors";
/// Everything else about it.
const CARD: &str = "explainer.json";
const PARTITION: &str = "partition.npz";
/// The metadata entry that marks the weights as ours.
const MARK: &str = "einthoven-explainer";
/// Largest file of weights that is read.
const MAX_BYTES: u64 = 1 << 30;

impl Amortized {
    /// Writes `explainer.safetensors`, `partition.npz` and, last, `explainer.json` into a folder.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn save(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder).map_err(|e| Error::write(folder, e))?;
        let bytes = self.state().to_safetensors(&[(MARK, "1".to_owned())])?;
        write(&folder.join(WEIGHTS), &bytes)?;
        self.partition().save(&folder.join(PARTITION))?;
        let card = serde_json::to_string_pretty(self.card()).map_err(|e| Error::write(&folder.join(CARD), e))?;
        write(&folder.join(CARD), card.as_bytes())
    }

    /// Reads what [`save`](Self::save) has written.
    ///
    /// # Errors
    /// If a file is missing, is not what it should be, or the files do not fit each other.
    pub fn load(folder: &Path) -> Result<Self> {
        let card_path = folder.join(CARD);
        let text = std::fs::read_to_string(&card_path).map_err(|e| {
            Error::read(&card_path, format!("{e}; give the folder that `einthoven amortize train --out` has written"))
        })?;
        let card: ExplainerCard = serde_json::from_str(&text).map_err(|e| Error::read(&card_path, e))?;
        let partition = Partition::load(&folder.join(PARTITION))?;
        if (partition.n_players(), partition.n_samples()) != (card.spec.player_names.len(), card.spec.n_samples) {
            let reason = "it has other players or samples than explainer.json says";
            return Err(Error::read(&folder.join(PARTITION), reason));
        }
        let path = folder.join(WEIGHTS);
        let size = std::fs::metadata(&path).map_err(|e| Error::read(&path, e))?.len();
        if size > MAX_BYTES {
            return Err(Error::read(&path, "it is larger than 1 GiB, which no explainer is"));
        }
        let bytes = std::fs::read(&path).map_err(|e| Error::read(&path, e))?;
        let (state, metadata) = StateDict::from_safetensors(&bytes).map_err(|e| Error::read(&path, e))?;
        if !metadata.contains_key(MARK) {
            return Err(Error::read(&path, "these are not the weights of an explainer"));
        }
        Self::from_parts(card, partition, state).map_err(|e| Error::read(folder, e))
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    Ok(write_atomic(path, |file| file.write_all(bytes))?)
}
