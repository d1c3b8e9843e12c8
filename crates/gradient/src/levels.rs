//! Gradients where players stand somewhere between absent and present.

use einthoven_game::{Link, Partition};

use crate::passes::Passes;
use crate::{Differentiable, Error, Result};

/// Records, and where on the way from absent to present their players stand while gradients are taken.
#[derive(Clone, Copy)]
pub struct Levels<'a> {
    /// Millivolts `[leads, samples]` of each record.
    pub signals: &'a [&'a [f32]],
    /// What masked cells of each record become, alike.
    pub references: &'a [Vec<f64>],
    /// Who owns which cell; cells of nobody are present.
    pub partition: &'a Partition,
    /// Points, each a level for each player: 0 is absent, 1 is present.
    pub points: &'a [Vec<f64>],
    /// What is differentiated.
    pub link: Link,
}

/// The slope of the multilinear extension where the model is nearly linear: at each point the gradient of all outputs, times what
/// a cell differs by from its reference, summed over each player, `[records, points, outputs, players]`. A point costs a pass
/// forward and a pass back for each output.
///
/// # Errors
/// If signals, references and partition do not fit the model or each other, or `stop` says so.
pub fn at_levels(
    model: &Differentiable,
    levels: &Levels<'_>,
    memory: usize,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<f64>> {
    let &Levels { signals, references, partition, points, link } = levels;
    let (n_cells, n_players) = (model.n_cells(), partition.n_players());
    let fits = signals.iter().all(|signal| signal.len() == n_cells)
        && references.len() == signals.len()
        && references.iter().all(|reference| reference.len() == n_cells)
        && partition.owner().len() == n_cells
        && points.iter().all(|point| point.len() == n_players);
    if !fits {
        let reason = format!("find gradients: records, references and partition need {n_cells} cells in this model");
        return Err(Error::Request(reason));
    }
    let outputs: Vec<usize> = (0..model.spec().outputs.len()).collect();
    let passes = Passes { model, link, outputs: &outputs, memory, stop };
    let n_points = points.len().max(1);
    let difference = |record: usize, cell: usize| f64::from(signals[record][cell]) - references[record][cell];
    let load = |row: usize, to: &mut [f32]| {
        let (record, point) = (row / n_points, &points[row % n_points]);
        for (cell, (value, &owner)) in to.iter_mut().zip(partition.owner()).enumerate() {
            let level = point.get(owner as usize).copied().unwrap_or(1.0);
            *value = (references[record][cell] + level * difference(record, cell)) as f32;
        }
    };
    let mut all = Vec::with_capacity(signals.len() * points.len() * outputs.len() * n_players);
    passes.visit(signals.len() * points.len(), &load, &mut |row, pass| {
        for &output in &outputs {
            let mut sums = vec![0.0; n_players];
            for (cell, (gradient, &owner)) in pass.gradient(output).zip(partition.owner()).enumerate() {
                if let Some(sum) = sums.get_mut(owner as usize) {
                    *sum += gradient * difference(row / n_points, cell);
                }
            }
            all.extend(sums);
        }
    })?;
    Ok(all)
}
