//! Models on disk: weights in safetensors with a card beside them, and PyTorch state dicts.

use std::{io::Write, path::Path};

use burn::tensor::Device;
use einthoven_game::file::write_atomic;

use crate::{Card, Classifier, Error, Result, StateDict, infer::infer, state::read_bounded};

/// The metadata entry that marks our own weights files, which come with a card.
const MARK: &str = "einthoven-model";

/// Reads a model from a file, onto the CPU; [`Classifier::on_device`] moves it.
///
/// The file is one of
/// * our own: safetensors, with the card beside it under the same name and the extension `json`,
/// * a PyTorch state dict of the xresnet1d family, `.pt`, `.pth` or safetensors. A card beside it is used if there is
///   one; without, the model is taken to be of the PTB-XL benchmark ([`Card::assumed`]).
///
/// # Errors
/// If the file is not a model, its card is missing, or the two do not fit; the message names file and field.
pub fn load(path: &Path) -> Result<Classifier> {
    let card_path = path.with_extension("json");
    if card_path == path {
        return Err(Error::read(path, "it is the card; give the weights file beside it"));
    }
    let (state, is_ours) = read_state(path)?;
    if state.keys().next().is_none() {
        return Err(Error::read(path, "it holds no tensors of numbers"));
    }
    if is_ours || card_path.is_file() {
        if !card_path.is_file() {
            return Err(Error::read(&card_path, "no such file; the model's card must be beside its weights"));
        }
        let card = Card::read(&card_path)?;
        let state = if is_ours { state } else { infer(&state).map_err(|e| Error::read(path, e))?.1 };
        return Classifier::new(card, state, &Device::flex()).map_err(|e| Error::read(path, e));
    }
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let (config, state) = infer(&state).map_err(|e| Error::read(path, e))?;
    Classifier::new(Card::assumed(&name, config), state, &Device::flex()).map_err(|e| Error::read(path, e))
}

/// Writes weights, and the card beside them.
///
/// # Errors
/// If a file cannot be written, in which case the old one is left as it was, or if weights and card do not fit.
pub fn save(path: &Path, card: &Card, state: &StateDict) -> Result<()> {
    card.check()?;
    state.check(&card.architecture)?;
    let card_path = path.with_extension("json");
    if card_path == path {
        return Err(Error::write(path, "the extension must not be json, which the card has"));
    }
    write_bytes(path, &state.to_safetensors(&[(MARK, "1".to_owned())])?)?;
    write_bytes(&card_path, card.to_json().as_bytes())
}

/// The tensors of a file, and whether we wrote it.
fn read_state(path: &Path) -> Result<(StateDict, bool)> {
    if path.is_dir() {
        return Err(Error::read(path, "it is a folder; a model is a file"));
    }
    let bytes = read_bounded(path)?;
    if bytes.is_empty() {
        return Err(Error::read(path, "it is empty"));
    }
    // A zip archive, or a pickle.
    if bytes.starts_with(b"PK") || bytes.starts_with(&[0x80]) && bytes.get(8) != Some(&b'{') {
        return Ok((StateDict::from_pytorch(path)?, false));
    }
    let (state, metadata) =
        StateDict::from_safetensors(&bytes).map_err(|e| Error::read(path, format!("{e}, nor a PyTorch state dict")))?;
    Ok((state, metadata.contains_key(MARK)))
}

/// Writes a file so that nothing half-written is ever seen.
pub(crate) fn write_bytes(path: &Path, bytes: &[u8]) -> Result<()> {
    Ok(write_atomic(path, |writer| writer.write_all(bytes))?)
}
