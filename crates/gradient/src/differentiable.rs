//! A model that can be gone through backward.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use burn::{
    backend::DispatchDevice,
    tensor::{Device, Tensor, TensorData},
};
use einthoven_model::{BatchModel, CpuNetwork, GradientScratch, ModelSpec, Network, TensorNetwork};
use rayon::prelude::*;

use crate::{Error, Result};

/// A model on a device, with a way back from its logits to the signal.
pub struct Differentiable {
    spec: ModelSpec,
    device: Device,
    way: Way,
    /// The layers in tensors, for rules that are none of a derivative.
    tensors: OnceLock<TensorNetwork>,
}

/// The way back.
enum Way {
    /// The CPU's own layers.
    Cpu(CpuNetwork),
    /// Layers that are known, on any device.
    Layers(TensorNetwork),
    /// burn's, for a model that says that its logits can be differentiated.
    Tape(Mutex<Box<dyn BatchModel>>),
}

/// Logits of all outputs, and the gradients of the chosen ones with respect to the signal.
pub(crate) struct Answer {
    /// `[rows, all outputs]`
    pub logits: Vec<f32>,
    /// `[rows, chosen outputs, cells]`
    pub gradients: Vec<f32>,
}

impl Differentiable {
    /// Puts a model on a device: the CPU's own layers on the CPU, and in tensors elsewhere, where the model names its
    /// layers; burn's tape otherwise.
    ///
    /// # Errors
    /// If the model neither names its layers nor says that it can be differentiated.
    pub fn new(model: &dyn BatchModel, device: &Device) -> Result<Self> {
        let device = device.clone().without_autodiff();
        let way = match (model.layers(), device.as_dispatch()) {
            (Some(network), DispatchDevice::Flex(_)) => Way::Cpu(CpuNetwork::new(network)),
            (Some(network), _) => Way::Layers(TensorNetwork::new(network, &device)),
            (None, _) if model.is_differentiable() => {
                Way::Tape(Mutex::new(model.to_device(&device.clone().autodiff())))
            }
            (None, _) => {
                let reason =
                    "find gradients: the model neither names its layers nor says that it can be differentiated";
                return Err(Error::Request(reason.to_owned()));
            }
        };
        Ok(Self { spec: model.spec().clone(), device, way, tensors: OnceLock::new() })
    }

    /// What the model takes and gives.
    pub fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    /// The layers, where the model names them.
    pub fn network(&self) -> Option<&Network> {
        match &self.way {
            Way::Cpu(network) => Some(network.network()),
            Way::Layers(network) => Some(network.network()),
            Way::Tape(_) => None,
        }
    }

    /// Number of leads times samples.
    pub(crate) fn n_cells(&self) -> usize {
        self.spec.leads.len() * self.spec.n_samples
    }

    /// The layers in tensors, where the model names them, and their device.
    pub(crate) fn tensors(&self) -> Option<&TensorNetwork> {
        match &self.way {
            Way::Cpu(network) => Some(self.tensors.get_or_init(|| TensorNetwork::new(network.network(), &self.device))),
            Way::Layers(network) => Some(network),
            Way::Tape(_) => None,
        }
    }

    /// A batch `[rows, leads, samples]` on the device.
    pub(crate) fn batch(&self, signals: Vec<f32>) -> Tensor<3> {
        let shape = [signals.len() / self.n_cells(), self.spec.leads.len(), self.spec.n_samples];
        Tensor::from_data(TensorData::new(signals, shape), &self.device)
    }

    /// The rows that fit into so many bytes, at least one, and at most as many as make a large batch.
    pub(crate) fn rows_within(&self, bytes: usize, n_outputs: usize) -> usize {
        let row = 4 * self.n_cells() * (n_outputs + 2);
        let (row, fixed, most) = match &self.way {
            Way::Cpu(network) => {
                let threads = rayon::current_num_threads();
                (row, threads * network.gradient_bytes(n_outputs), 16 * threads)
            }
            Way::Layers(network) => (row + 3 * nodes_bytes(network.network()), 0, 256),
            // What a forward pass holds at once, and a tape holds to the end.
            Way::Tape(_) => (row + 8 * self.spec.row_bytes, 0, 64),
        };
        (bytes.saturating_sub(fixed) / row).clamp(1, most)
    }

    /// Forward and back for rows that `load` makes, each `[leads, samples]`.
    pub(crate) fn answer(&self, n: usize, load: &(dyn Fn(usize, &mut [f32]) + Sync), outputs: &[usize]) -> Answer {
        let (cells, n_logits) = (self.n_cells(), self.spec.outputs.len());
        let mut answer = Answer { logits: vec![0.0; n * n_logits], gradients: vec![0.0; n * outputs.len() * cells] };
        if let Way::Cpu(network) = &self.way {
            if outputs.is_empty() {
                let mut signals = vec![0.0; n * cells];
                signals.chunks_exact_mut(cells).enumerate().for_each(|(row, signal)| load(row, signal));
                answer.logits = network.logits(&signals);
                return answer;
            }
            let rows = answer.logits.par_chunks_mut(n_logits);
            rows.zip(answer.gradients.par_chunks_mut(outputs.len() * cells)).enumerate().for_each_init(
                GradientScratch::default,
                |scratch, (row, (logits, gradients))| {
                    network.gradients(1, &|_, signal| load(row, signal), outputs, logits, gradients, scratch);
                },
            );
            return answer;
        }
        let mut signals = vec![0.0; n * cells];
        signals.par_chunks_mut(cells).enumerate().for_each(|(row, signal)| load(row, signal));
        let batch = self.batch(signals);
        match &self.way {
            Way::Tape(model) => tape(&**lock(model), &batch, outputs, &mut answer),
            _ => layers(self.tensors().expect("invariant: no other way is left"), batch, outputs, &mut answer),
        }
        answer
    }
}

/// Through layers: one trace, and one way back per output.
fn layers(network: &TensorNetwork, batch: Tensor<3>, outputs: &[usize], answer: &mut Answer) {
    let [rows, ..] = batch.dims();
    let trace = network.trace(batch);
    let logits = trace.logits();
    let [_, n_logits] = logits.dims();
    for (nth, &output) in outputs.iter().enumerate() {
        let gradient = network.backward(&trace, one_hot(&logits, output), einthoven_model::Rule::Gradient);
        put(&numbers(gradient), nth, outputs.len(), rows, &mut answer.gradients);
    }
    answer.logits.copy_from_slice(&numbers(logits)[..rows * n_logits]);
}

/// Through burn's tape, which is used up by each output.
fn tape(model: &dyn BatchModel, batch: &Tensor<3>, outputs: &[usize], answer: &mut Answer) {
    let [rows, ..] = batch.dims();
    for (nth, &output) in outputs.iter().enumerate() {
        let x = batch.clone().autodiff().require_grad();
        let logits = model.logits(x.clone());
        let gradients = logits.clone().narrow(1, output, 1).sum().backward();
        let gradient = x.grad(&gradients).map_or_else(|| vec![0.0; batch.shape().num_elements()], numbers);
        put(&gradient, nth, outputs.len(), rows, &mut answer.gradients);
        answer.logits.copy_from_slice(&numbers(logits));
    }
    if outputs.is_empty() {
        answer.logits.copy_from_slice(&numbers(model.logits(batch.clone().autodiff())));
    }
}

/// Puts the gradients of one output, `[rows, cells]`, among those of all.
fn put(gradient: &[f32], nth: usize, n_outputs: usize, rows: usize, all: &mut [f32]) {
    let cells = gradient.len() / rows.max(1);
    for (row, gradient) in gradient.chunks_exact(cells.max(1)).enumerate() {
        all[(row * n_outputs + nth) * cells..][..cells].copy_from_slice(gradient);
    }
}

/// Ones for an output, as many rows as there are logits.
pub(crate) fn one_hot(logits: &Tensor<2>, output: usize) -> Tensor<2> {
    let [rows, n_logits] = logits.dims();
    let ones = (0..rows * n_logits).map(|i| if i % n_logits == output { 1.0_f32 } else { 0.0 }).collect::<Vec<_>>();
    Tensor::from_data(TensorData::new(ones, [rows, n_logits]), &logits.device())
}

pub(crate) fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().convert::<f32>().try_to_vec().expect("invariant: converted to f32")
}

fn nodes_bytes(network: &Network) -> usize {
    (0..=network.output()).map(|node| 4 * network.shape(node).iter().product::<usize>()).sum()
}

/// A model is not changed while it answers: one that a panic left locked is still whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
