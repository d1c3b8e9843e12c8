//! The architecture of a published network, read off the shapes of its weights.

use std::collections::BTreeSet;

use crate::{Error, Result, StateDict, XResNetConfig};

/// Reads the architecture off a PyTorch state dict of the xresnet1d family, and gives the tensors the names that the
/// architecture expects: a prefix such as `model.` is taken off.
///
/// Strides leave no trace in the weights. They are taken to be those of the family: 2 for the stem, 1, 2, 2, 2 for
/// the stages.
pub(crate) fn infer(state: &StateDict) -> Result<(XResNetConfig, StateDict)> {
    let prefix = root_prefix(state).ok_or_else(|| {
        Error::weights("0.0.weight", "is missing: not a network of the xresnet1d family, whose stem begins with it")
    })?;
    let state = state.strip_prefix(&prefix);
    let mut stem = Vec::new();
    while let Some(shape) = shape(&state, &format!("{}.0.weight", stem.len())) {
        stem.push(axis(shape, 0)?);
    }
    let first = shape_of(&state, "0.0.weight")?;
    let (mut widths, mut depths, mut expansion) = (Vec::new(), Vec::new(), 1);
    loop {
        let stage = stem.len() + 1 + widths.len();
        let Some(inner) = shape(&state, &format!("{stage}.0.convs.0.0.weight")) else { break };
        let width = axis(inner, 0)?;
        widths.push(width);
        depths.push(count(&state, |block| format!("{stage}.{block}.convs.0.0.weight")));
        if let Some(last) = shape(&state, &format!("{stage}.0.convs.2.0.weight")) {
            expansion = axis(last, 0)? / width.max(1);
        }
    }
    let head = (stem.len() + 1 + widths.len()).to_string();
    let hidden = shape_of(&state, &format!("{head}.4.weight"))?;
    let output = shape_of(&state, &format!("{head}.8.weight"))?;
    let config = XResNetConfig {
        n_leads: axis(first, 1)?,
        stem,
        stem_stride: 2,
        strides: (0..widths.len()).map(|i| if i == 0 { 1 } else { 2 }).collect(),
        widths,
        depths,
        expansion,
        kernel_size: axis(first, 2)?,
        hidden: axis(hidden, 0)?,
        dropout: [0.25, 0.5],
        n_outputs: axis(output, 0)?,
        homogeneous: false,
    };
    config.check()?;
    Ok((config, state))
}

/// What stands before `0.0.weight` where a stem and a stage follow.
fn root_prefix(state: &StateDict) -> Option<String> {
    let prefixes: BTreeSet<&str> = state.keys().filter_map(|key| key.strip_suffix("0.0.weight")).collect();
    let is_root = |prefix: &&str| prefix.is_empty() || prefix.ends_with('.');
    let has_stem = |prefix: &&str| {
        state.get(&format!("{prefix}0.1.running_mean")).is_some()
            && (1..16).any(|stage| state.get(&format!("{prefix}{stage}.0.convs.0.0.weight")).is_some())
    };
    prefixes.into_iter().filter(is_root).find(has_stem).map(str::to_owned)
}

fn count(state: &StateDict, key: impl Fn(usize) -> String) -> usize {
    (0..).take_while(|&i| state.get(&key(i)).is_some()).count()
}

fn shape<'a>(state: &'a StateDict, key: &str) -> Option<&'a [usize]> {
    state.get(key).map(|tensor| tensor.shape.as_slice())
}

fn shape_of<'a>(state: &'a StateDict, key: &str) -> Result<&'a [usize]> {
    shape(state, key).ok_or_else(|| Error::weights(key, "is missing, which the xresnet1d family has"))
}

fn axis(shape: &[usize], axis: usize) -> Result<usize> {
    let size = shape.get(axis).copied();
    size.ok_or_else(|| Error::weights("weight", format!("has shape {shape:?}, expected at least {} axes", axis + 1)))
}
