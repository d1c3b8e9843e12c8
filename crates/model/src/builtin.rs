//! The models that come with the program.

use std::path::Path;

use burn::tensor::Device;

use crate::{Card, Classifier, Error, Result, StateDict};

/// The built-in model, on the CPU: the five superclasses of PTB-XL from 10 s of 12 leads. It was trained on the
/// synthetic heart alone; its card says how, and how well it does.
///
/// # Errors
/// If the program was built with files that are no model.
pub fn builtin() -> Result<Classifier> {
    embedded(
        "builtin.safetensors",
        include_bytes!("../assets/builtin.safetensors"),
        include_bytes!("../assets/builtin.json"),
    )
}

/// The homogeneous twin of [`builtin`], on the CPU: the same data, settings and layers without biases, so that
/// `f(ax) = a f(x)` and one gradient gives its Integrated Gradients from 0 mV on (X-DNN: Hesse, Schaub-Meyer and Roth,
/// NeurIPS 2021).
///
/// # Errors
/// If the program was built with files that are no model.
pub fn builtin_homogeneous() -> Result<Classifier> {
    embedded(
        "builtin-homogeneous.safetensors",
        include_bytes!("../assets/builtin-homogeneous.safetensors"),
        include_bytes!("../assets/builtin-homogeneous.json"),
    )
}

fn embedded(name: &str, weights: &[u8], card: &[u8]) -> Result<Classifier> {
    let path = Path::new(name);
    let card = Card::parse(card).map_err(|e| Error::read(path, e))?;
    let (state, _) = StateDict::from_safetensors(weights).map_err(|e| Error::read(path, e))?;
    Classifier::new(card, state, &Device::flex())
}
