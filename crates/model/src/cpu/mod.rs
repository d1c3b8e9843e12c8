//! The forward pass on the CPU, and the backward pass to the signal ([`backward`]).
//!
//! burn's own convolution runs at a fifth of what the processor can do. This one keeps channels side by side in whole
//! blocks of sixteen ([`conv`]), does sums and ReLUs where the convolution stores its result, lets a few rows
//! pass through one layer before the next so that weights stay in the cache, and allocates nothing while it runs.
//!
//! It computes any part of the network for any span of time ([`CpuNetwork::crop`]): what lies outside of what the span
//! needs is not computed. A sample has the same bits whatever crop it is computed in.

mod backward;
mod compile;
#[expect(unsafe_code, reason = "vector instructions, and no bounds checks in the innermost loop")]
mod conv;
mod crop;
#[expect(unsafe_code, reason = "vector instructions")]
mod lanes;
mod pointwise;
mod spread;
mod transpose;

use std::sync::OnceLock;

use rayon::prelude::*;

pub use backward::GradientScratch;
pub use crop::Crop;

use self::{
    backward::Backward,
    compile::{Step, StepOp},
    conv::{Addend, Finish, Target, View},
    lanes::LANES,
};
use crate::network::{Network, Node};

/// Bytes that the rows which pass through a layer together may take: half of a usual second-level cache.
const GROUP_BYTES: usize = 512 << 10;
/// Rows beyond which no weight is read again less often.
const MAX_GROUP: usize = 32;

/// A network made ready for the CPU.
#[derive(Clone, Debug)]
pub struct CpuNetwork {
    network: Network,
    steps: Vec<Step>,
    /// What the backward pass needs, once it has been asked for.
    backward: OnceLock<Backward>,
}

/// Memory that runs use again.
#[derive(Clone, Debug, Default)]
pub struct Scratch(Vec<f32>);

impl CpuNetwork {
    /// Packs the weights and joins sums and ReLUs to the convolutions before them.
    pub fn new(network: &Network) -> Self {
        Self { steps: compile::steps(network), network: network.clone(), backward: OnceLock::new() }
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Numbers from one sample of a node to the next: the channels in whole blocks of sixteen. The signal itself is
    /// `[leads, samples]`; everything else is `[samples, channels]`.
    pub fn width(&self, node: Node) -> usize {
        self.network.shape(node)[0].next_multiple_of(LANES)
    }

    /// Bytes that a thread holds while rows pass through the whole network.
    pub fn scratch_bytes(&self) -> usize {
        GROUP_BYTES.max(4 * self.crop(0, self.network.output(), 0..1).size)
    }

    /// Runs a crop for `items` rows. `load` fills in the input of a row (the samples [`Crop::input`] of the node it
    /// begins at; the signal as `[leads, samples]`), and `out` takes `[items, samples, width]`.
    ///
    /// # Panics
    /// If `out` does not have the size of all items.
    pub fn run(&self, crop: &Crop, load: &dyn Fn(usize, &mut [f32]), out: &mut [f32], scratch: &mut Scratch) {
        let size = crop.out_len();
        assert!(out.len().is_multiple_of(size), "whole items");
        let group = (GROUP_BYTES / 4 / crop.size.max(1)).clamp(1, MAX_GROUP);
        if scratch.0.len() < group * crop.size {
            scratch.0.resize(group * crop.size, 0.0);
        }
        for (index, out) in out.chunks_mut(group * size).enumerate() {
            let items = out.len() / size;
            let memory = &mut scratch.0[..items * crop.size];
            self.forward(crop, items, &|item, input| load(index * group + item, input), memory);
            let made = crop.region(crop.to);
            out.copy_from_slice(&memory[made.start * items..made.end * items]);
        }
    }

    /// Logits `[batch, outputs]` of signals in millivolts `[batch, leads, samples]`, on all cores.
    pub fn logits(&self, signals: &[f32]) -> Vec<f32> {
        let output = self.network.output();
        let ([leads, samples], [outputs, _]) = (self.network.shape(0), self.network.shape(output));
        let (row, batch) = (leads * samples, signals.len() / (leads * samples).max(1));
        let crop = self.crop(0, output, 0..1);
        let span = crop.input();
        let mut logits = vec![0.0; batch * outputs];
        // A few tasks per core, so that none waits long for another.
        let rows = batch.div_ceil(4 * rayon::current_num_threads()).clamp(1, 64);
        logits.par_chunks_mut(rows * outputs).enumerate().for_each_init(Scratch::default, |scratch, (task, logits)| {
            let n = logits.len() / outputs;
            let mut made = vec![0.0; n * crop.out_len()];
            let load = |item: usize, input: &mut [f32]| {
                let first = (task * rows + item) * row;
                let leads = signals[first..first + row].chunks_exact(samples);
                // The last samples may be in no window.
                leads
                    .zip(input.chunks_exact_mut(span.len()))
                    .for_each(|(lead, out)| out.copy_from_slice(&lead[span.clone()]));
            };
            self.run(&crop, &load, &mut made, scratch);
            for (logits, made) in logits.chunks_exact_mut(outputs).zip(made.chunks_exact(crop.out_len())) {
                logits.copy_from_slice(&made[..outputs]);
            }
        });
        logits
    }

    /// Runs a crop for some rows at once.
    fn forward(&self, crop: &Crop, items: usize, load: &dyn Fn(usize, &mut [f32]), memory: &mut [f32]) {
        let input = crop.region(crop.from);
        let inputs = &mut memory[input.start * items..input.end * items];
        for (item, input) in inputs.chunks_exact_mut(input.len().max(1)).enumerate() {
            load(item, input);
        }
        for step in &self.steps[crop.steps.clone()] {
            self.step(step, crop, items, memory);
        }
    }

    fn step(&self, step: &Step, crop: &Crop, items: usize, memory: &mut [f32]) {
        let grow = |node: Node| {
            let region = crop.region(node);
            region.start * items..region.end * items
        };
        let span = crop.span(step.output);
        let (x, add, out) = match step.add {
            None => {
                let [x, out] = memory
                    .get_disjoint_mut([grow(step.input), grow(step.output)])
                    .expect("invariant: nodes alive at once lie apart");
                (&*x, None, out)
            }
            Some(add) if add == step.input => {
                let [x, out] = memory
                    .get_disjoint_mut([grow(step.input), grow(step.output)])
                    .expect("invariant: nodes alive at once lie apart");
                (&*x, Some(&*x), out)
            }
            Some(add) => {
                let [x, add, out] = memory
                    .get_disjoint_mut([grow(step.input), grow(add), grow(step.output)])
                    .expect("invariant: nodes alive at once lie apart");
                (&*x, Some(&*add), out)
            }
        };
        let view = self.view(crop, step.input, x);
        let add = add.map(|data| self.view(crop, step.add.unwrap_or_default(), data));
        // Nobody reads it.
        if span.is_empty() {
            return;
        }
        let width = self.width(step.output);
        match &step.op {
            StepOp::Conv(conv) => {
                let add = add.map_or(Addend::Nothing, Addend::Node);
                let target = Target { data: out, item: span.len() * width, start: 0, step: width };
                conv.run(view, span, Finish { add, relu: step.relu, gate: None }, target);
            }
            StepOp::Pool(pool) => pointwise::pool(view, *pool, span, width, out),
            StepOp::PoolTime => pointwise::pool_time(view, self.network.shape(step.input)[0], width, out),
            StepOp::Pointwise { scale } => pointwise::pointwise(view, add, *scale, step.relu, span, width, out),
        }
    }
}
