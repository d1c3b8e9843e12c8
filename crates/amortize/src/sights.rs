//! What the network sees of all records of a set.

use std::ops::ControlFlow;

use burn::tensor::Device;
use einthoven_ecg::Record;
use einthoven_masking::Baseline;
use einthoven_model::BatchModel;

use crate::Result;
use crate::label::LabelSet;
use crate::network::{Eye, Sight};
use crate::train::{Progress, TrainingConfig};

/// Records that are looked at between two reports of progress.
const BLOCK: usize = 64;
/// Bytes that gradients of some records may take at once.
const MEMORY: usize = 512 << 20;

/// Looks at all records of a set through the model; with the channels and samples of its map. `None` if `report` breaks off.
pub(crate) fn sights(
    config: &TrainingConfig,
    set: &LabelSet,
    model: &dyn BatchModel,
    baseline: &Baseline,
    device: &Device,
    report: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Option<(Vec<Sight>, usize, usize)>> {
    let eye = Eye::new(model, set.spec.link, &config.network, device)?;
    let [channels, samples] = eye.map_shape();
    let total = set.records.len();
    let mut all = Vec::with_capacity(total);
    for records in set.records.chunks(BLOCK) {
        if report(Progress::Seeing { done: all.len(), total }).is_break() {
            return Ok(None);
        }
        let signals: Vec<&[f32]> = records.iter().map(|record| record.signal.as_slice()).collect();
        let references = references(&set.spec.leads, set.spec.rate, &signals, baseline)?;
        all.extend(eye.see(&signals, &references, &set.partition, MEMORY, &|| false)?);
    }
    Ok(Some((all, channels, samples)))
}

/// What masked cells become in each record, in mV.
pub(crate) fn references(
    leads: &[String],
    rate: f64,
    signals: &[&[f32]],
    baseline: &Baseline,
) -> Result<Vec<Vec<f64>>> {
    let one = |signal: &&[f32]| {
        let record = Record::new("", rate, leads.to_vec(), signal.to_vec());
        Ok(baseline.reference(&record)?)
    };
    signals.iter().map(one).collect()
}
