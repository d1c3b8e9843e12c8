//! A network's values for records, on the host.

use burn::tensor::{Device, Int, Tensor, TensorData};
use einthoven_game::Index;

use crate::label::LabelSpec;
use crate::network::{Batch, Geometry, Net, Pairs};
use crate::train::{Scales, Seen, batch};

/// Records that pass through the explainer at once.
const BATCH: usize = 64;

/// What a network needs to know of its players and outputs to be run.
pub(crate) struct Frame {
    pub geometry: Geometry,
    pub pairs: Option<Pairs>,
    pub scales: Scales,
    pub n_outputs: usize,
    /// Whether values are moved, all alike, so that they add up.
    pub efficient: bool,
}

/// Whether an index's terms add up to the full coalition's value less that of the empty one.
pub(crate) fn adds_up(index: Index) -> bool {
    matches!(index, Index::Sv | Index::KSii | Index::Stii | Index::Fsii)
}

/// The pairs among an index's terms, as places on a device.
pub(crate) fn pairs(spec: &LabelSpec, device: &Device) -> Option<Pairs> {
    let ends: Vec<[i32; 2]> = spec
        .terms
        .iter()
        .filter_map(|term| match term[..] {
            [a, b] => Some([a as i32, b as i32]),
            _ => None,
        })
        .collect();
    if ends.is_empty() {
        return None;
    }
    let place = |end: usize| {
        let places: Vec<i32> = ends.iter().map(|pair| pair[end]).collect();
        let n = places.len();
        Tensor::<1, Int>::from_data(TensorData::new(places, [n]), device)
    };
    Some([place(0), place(1)])
}

impl Frame {
    /// Values `[batch, terms, outputs]`, scaled; moved so that they add up, if they do.
    pub(crate) fn values(&self, net: &Net, batch: &Batch) -> Tensor<3> {
        let values = net.forward(&self.geometry, self.pairs.as_ref(), batch);
        if !self.efficient {
            return values;
        }
        let [_, terms, _] = values.dims();
        let missing = batch.total.clone().unsqueeze_dim(1) - values.clone().sum_dim(1);
        values + missing.div_scalar(terms as f64)
    }

    /// Values of each record, `[outputs, terms]`, in the units of the model.
    pub(crate) fn predict(&self, net: &Net, records: &[Seen<'_>], device: &Device) -> Vec<Vec<f64>> {
        let mut all = Vec::with_capacity(records.len());
        for records in records.chunks(BATCH) {
            let records: Vec<&Seen<'_>> = records.iter().collect();
            let values = self.values(net, &batch(&records, &self.scales, &self.geometry, self.n_outputs, device));
            let [_, terms, outputs] = values.dims();
            let values = values.swap_dims(1, 2).into_data().convert::<f32>();
            let values: Vec<f32> = values.try_to_vec().expect("invariant: converted to f32 above");
            let scale = self.scales.value;
            all.extend(values.chunks_exact(terms * outputs).map(|v| v.iter().map(|&x| f64::from(x) * scale).collect()));
        }
        all
    }
}
