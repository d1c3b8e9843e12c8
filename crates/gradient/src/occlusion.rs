//! Occlusion: how far the values fall when a window of one lead is masked (Zeiler & Fergus 2014).

use einthoven_ecg::Record;
use einthoven_game::{Coalitions, NEVER_MASKED, Partition};
use einthoven_masking::{MaskedModel, Options, PlacedModel, Progress};

use crate::{Error, Result};

/// What windows give to the cells they cover.
#[derive(Clone, Debug)]
pub struct Occlusion {
    /// The mean fall of the value over the windows that cover a cell, `[outputs, leads, samples]`.
    pub cells: Vec<f64>,
    /// Coalitions that were evaluated, the full one included.
    pub evaluations: usize,
}

/// Masks one window after the other: `window` samples of a lead, `stride` samples apart, of which `window` is a multiple. At
/// the ends of the record windows are shorter.
///
/// # Errors
/// If the window is no multiple of the stride, or the masked evaluation fails.
pub fn occlusion(
    model: &PlacedModel,
    record: &Record,
    options: &Options,
    [window, stride]: [usize; 2],
    progress: &mut Progress<'_>,
) -> Result<Occlusion> {
    let (leads, samples) = (record.n_leads(), record.n_samples());
    if stride == 0 || window == 0 || !window.is_multiple_of(stride) {
        return Err(Error::Request(format!(
            "occlude windows of {window} samples, {stride} apart: the window is a multiple of the stride"
        )));
    }
    let (blocks, wide) = (samples.div_ceil(stride), window / stride);
    let partition = blocks_of(record, stride)?;
    let masked = MaskedModel::on(model, &[(record, &partition)], options)?;
    let mut rows = Coalitions::new(leads * blocks);
    rows.push_full();
    // The first window covers the first block alone, so that as many windows cover each block.
    let windows = blocks + wide - 1;
    let covers = |at: usize, block: usize| block <= at && at < block + wide;
    for lead in 0..leads {
        for at in 0..windows {
            rows.push((0..leads * blocks).filter(|&player| player / blocks != lead || !covers(at, player % blocks)));
        }
    }
    let values = masked.evaluate(&rows, progress)?;
    let mut cells = Vec::with_capacity(values.n_outputs() * leads * samples);
    for output in 0..values.n_outputs() {
        let fall = |lead: usize, at: usize| values.get(0, output) - values.get(1 + lead * windows + at, output);
        for lead in 0..leads {
            let block = |block: usize| (block..block + wide).map(|at| fall(lead, at)).sum::<f64>() / wide as f64;
            let blocks: Vec<f64> = (0..blocks).map(block).collect();
            cells.extend((0..samples).map(|sample| blocks[sample / stride]));
        }
    }
    Ok(Occlusion { cells, evaluations: rows.len() })
}

/// A player for each stretch of so many samples of each lead.
fn blocks_of(record: &Record, stride: usize) -> Result<Partition> {
    let (leads, samples) = (record.n_leads(), record.n_samples());
    let blocks = samples.div_ceil(stride);
    let owner: Vec<u32> = (0..leads * samples)
        .map(|cell| u32::try_from(cell / samples * blocks + cell % samples / stride).unwrap_or(NEVER_MASKED))
        .collect();
    let names = record.leads.iter().flat_map(|lead| (0..blocks).map(move |block| format!("{lead}#{block}"))).collect();
    Ok(Partition::new(leads, samples, owner, names, None)?)
}
