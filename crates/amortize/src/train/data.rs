//! Records as the network takes them.

use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::network::{Batch, GRADIENTS, Geometry, Sight};

/// What numbers are divided by before the network sees them, and values before it learns them. One number for all records:
/// a scale of each record's own would change what is learned.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scales {
    /// Root mean square of the signals in mV.
    pub signal: f64,
    /// Root mean square of the feature maps.
    pub map: f64,
    /// Root mean square of the full coalition's values less those of the empty one, per player.
    pub value: f64,
}

/// A record as the network takes it.
pub(crate) struct Seen<'a> {
    /// Millivolts `[leads, samples]`.
    pub signal: &'a [f32],
    pub sight: &'a Sight,
    /// The full coalition's values less those of the empty one.
    pub total: Vec<f64>,
}

impl Scales {
    /// Of some records. What would be zero is one.
    pub(crate) fn of(records: &[Seen<'_>], n_players: usize) -> Self {
        let floats = |numbers: &mut dyn Iterator<Item = &f32>| rms(&mut numbers.map(|&x| f64::from(x)));
        let totals = rms(&mut records.iter().flat_map(|record| record.total.iter().copied()));
        Self {
            signal: floats(&mut records.iter().flat_map(|record| record.signal)),
            map: floats(&mut records.iter().flat_map(|record| &record.sight.map)),
            value: totals / n_players as f64,
        }
    }
}

/// Puts records side by side on a device.
pub(crate) fn batch(
    records: &[&Seen<'_>],
    scales: &Scales,
    geometry: &Geometry,
    n_outputs: usize,
    device: &Device,
) -> Batch {
    let n = records.len();
    let map_scale = (1.0 / scales.map) as f32;
    let map: Vec<f32> = records.iter().flat_map(|record| record.sight.map.iter().map(|x| x * map_scale)).collect();
    let channels = map.len() / (n * geometry.map_samples).max(1);
    let (scale, padded) = ((1.0 / scales.signal) as f32, geometry.blocks * geometry.block);
    let mut signals = Vec::with_capacity(n * geometry.n_leads * padded);
    for record in records {
        for lead in record.signal.chunks_exact(geometry.samples) {
            signals.extend(lead.iter().map(|x| x * scale));
            signals.extend(std::iter::repeat_n(0.0, padded - geometry.samples));
        }
    }
    let values = (1.0 / scales.value) as f32;
    let width = GRADIENTS * n_outputs;
    let mut gradient = Vec::with_capacity(n * geometry.n_players * width);
    for record in records {
        match record.sight.gradient.is_empty() {
            true => gradient.extend(std::iter::repeat_n(0.0, geometry.n_players * width)),
            false => gradient.extend(record.sight.gradient.iter().map(|x| x * values)),
        }
    }
    let total = records.iter().flat_map(|record| record.total.iter().map(|total| (total / scales.value) as f32));
    let total: Vec<f32> = total.collect();
    let place = |data: Vec<f32>, shape: [usize; 3]| Tensor::from_data(TensorData::new(data, shape), device);
    Batch {
        map: place(map, [n, geometry.map_samples, channels]),
        signals: place(signals, [n, geometry.n_leads, padded]),
        gradient: place(gradient, [n, geometry.n_players, width]),
        total: Tensor::from_data(TensorData::new(total, [n, n_outputs]), device),
    }
}

fn rms(numbers: &mut dyn Iterator<Item = f64>) -> f64 {
    let (sum, n) = numbers.fold((0.0, 0usize), |(sum, n), x| (sum + x * x, n + 1));
    let rms = (sum / n.max(1) as f64).sqrt();
    if rms > 0.0 && rms.is_finite() { rms } else { 1.0 }
}
