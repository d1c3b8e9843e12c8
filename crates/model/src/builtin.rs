//! The model that comes with the program.

use burn::tensor::Device;

use crate::{Card, Classifier, Error, Result, StateDict};

const WEIGHTS: &[u8] = include_bytes!("../assets/builtin.safetensors");
const CARD: &[u8] = include_bytes!("../assets/builtin.json");

/// The built-in model, on the CPU: the five superclasses of PTB-XL from 10 s of 12 leads. It was trained on the
/// synthetic heart alone; its card says how, and how well it does.
///
/// # Errors
/// If the program was built with files that are no model.
pub fn builtin() -> Result<Classifier> {
    let path = std::path::Path::new("builtin.safetensors");
    let card = Card::parse(CARD).map_err(|e| Error::read(path, e))?;
    let (state, _) = StateDict::from_safetensors(WEIGHTS).map_err(|e| Error::read(path, e))?;
    Classifier::new(card, state, &Device::flex())
}
