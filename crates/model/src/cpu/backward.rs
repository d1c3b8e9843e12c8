//! The backward pass on the CPU: gradients of logits with respect to the signal.
//!
//! The forward pass keeps every node; a ReLU's gate is open where what it made is above 0. Then the steps are gone
//! through in reverse. Gradients of all chosen outputs of a row lie one behind the other as items, so that each weight is
//! read once for all of them. What a step reads gets its gradients from all its readers, the last one first; the first
//! one that a node gets is stored and the others are added. The gate of a ReLU is applied by the convolution that
//! completes the gradient of what the ReLU made, where it is one.
//!
//! The derivative of a ReLU at 0 is 0, and of equal numbers in a maximum the first one gets the gradient, as in PyTorch.

use std::ops::Range;

use super::{
    CpuNetwork, Crop, GROUP_BYTES, MAX_GROUP,
    compile::{StepOp, as_conv},
    conv::{Addend, Finish, Gate, View},
    crop::pack,
    spread::{self, Gradients},
    transpose::Transposed,
};
use crate::network::{Node, Op};

/// Memory that runs use again.
#[derive(Clone, Debug, Default)]
pub struct GradientScratch(Vec<f32>);

/// The way back through a network.
#[derive(Clone, Debug)]
pub(super) struct Backward {
    /// The forward pass.
    kept: Crop,
    /// One for each step.
    passes: Vec<Pass>,
    /// Where the gradient of each node lies in the memory of an item, `[samples, width]`.
    places: Vec<Range<usize>>,
    /// Numbers of one item.
    size: usize,
}

/// The way back of a step.
#[derive(Clone, Debug)]
struct Pass {
    /// Whether the logits depend on what the step makes.
    is_reached: bool,
    /// Whether the gradient of what it makes still has to pass its ReLU.
    gates: bool,
    /// The convolution of the way back.
    conv: Option<Transposed>,
    /// Whether what it adds, and what it reads, has no gradient yet.
    begins: [bool; 2],
    /// Whether its convolution applies the gate of the ReLU that made what it reads.
    closes: bool,
}

impl CpuNetwork {
    /// Logits `[rows, all outputs]` and gradients of the chosen `outputs` with respect to the signal in millivolts,
    /// `[rows, outputs, leads, samples]`, in one forward pass and one backward pass per chosen output. `load` fills in
    /// the signal of a row, `[leads, samples]`. Runs on the thread that calls it.
    ///
    /// # Panics
    /// If `logits` or `gradients` has another size, or the network has no such output.
    pub fn gradients(
        &self,
        rows: usize,
        load: &dyn Fn(usize, &mut [f32]),
        outputs: &[usize],
        logits: &mut [f32],
        gradients: &mut [f32],
        scratch: &mut GradientScratch,
    ) {
        let ([leads, samples], [n_logits, _]) = (self.network.shape(0), self.network.shape(self.network.output()));
        let signal = leads * samples;
        assert_eq!(logits.len(), rows * n_logits, "logits of all outputs");
        assert_eq!(gradients.len(), rows * outputs.len() * signal, "a gradient for each row and output");
        assert!(outputs.iter().all(|&output| output < n_logits), "outputs that the network has");
        let backward = self.backward();
        let per_row = backward.kept.size + outputs.len() * backward.size;
        let group = (GROUP_BYTES / 4 / per_row.max(1)).clamp(1, MAX_GROUP);
        for first in (0..rows).step_by(group) {
            let n = group.min(rows - first);
            scratch.0.resize(scratch.0.len().max(n * per_row), 0.0);
            let (values, memory) = scratch.0[..n * per_row].split_at_mut(n * backward.kept.size);
            self.forward(&backward.kept, n, &|item, signal| load(first + item, signal), values);
            let made = backward.kept.region(self.network.output());
            let made = values[made.start * n..made.end * n].chunks_exact(made.len());
            for (logits, made) in logits[first * n_logits..].chunks_exact_mut(n_logits).zip(made) {
                logits.copy_from_slice(&made[..n_logits]);
            }
            let gradients = &mut gradients[first * outputs.len() * signal..][..n * outputs.len() * signal];
            let mut sweep = Sweep { cpu: self, backward, outputs: outputs.len(), rows: n, values, memory };
            sweep.run(outputs, gradients);
        }
    }

    /// Bytes that a thread holds while [`gradients`](Self::gradients) of so many outputs are computed.
    pub fn gradient_bytes(&self, n_outputs: usize) -> usize {
        let backward = self.backward();
        GROUP_BYTES.max(4 * (backward.kept.size + n_outputs * backward.size))
    }

    fn backward(&self) -> &Backward {
        self.backward.get_or_init(|| Backward::new(self))
    }
}

impl Backward {
    fn new(cpu: &CpuNetwork) -> Self {
        let n_nodes = cpu.network.output() + 1;
        let mut has_gradient = vec![false; n_nodes];
        has_gradient[cpu.network.output()] = true;
        let mut passes: Vec<Pass> =
            cpu.steps.iter().rev().map(|step| Pass::new(cpu, step, &mut has_gradient)).collect();
        passes.reverse();
        // The last one to add to the gradient of a node is the first one that reads it.
        let mut is_complete = vec![false; n_nodes];
        for index in 0..passes.len() {
            let step = &cpu.steps[index];
            if passes[index].is_reached {
                let maker = cpu.steps[..index].iter().position(|maker| maker.output == step.input && maker.relu);
                if let (Some(maker), false, Some(_)) = (maker, is_complete[step.input], &passes[index].conv) {
                    passes[index].closes = true;
                    passes[maker].gates = false;
                }
                step.add.into_iter().chain([step.input]).for_each(|node| is_complete[node] = true);
            }
        }
        let (places, size) = places(cpu);
        Self { kept: cpu.everything(), passes, places, size }
    }
}

impl Pass {
    fn new(cpu: &CpuNetwork, step: &super::Step, has_gradient: &mut [bool]) -> Self {
        let is_reached = has_gradient[step.output];
        let mut begins = |node: Node| is_reached && !std::mem::replace(&mut has_gradient[node], true);
        let begins = [step.add.is_some_and(&mut begins), begins(step.input)];
        let conv = match &cpu.network.layers()[step.layer].op {
            Op::Conv(conv) => Some(Transposed::new(conv)),
            Op::Linear(linear) => Some(Transposed::new(&as_conv(linear))),
            _ => None,
        };
        Self { is_reached, gates: step.relu, conv, begins, closes: false }
    }
}

/// A place for the gradient of each node: alive from the last step that reads it back to the one that makes it.
fn places(cpu: &CpuNetwork) -> (Vec<Range<usize>>, usize) {
    let n = cpu.steps.len();
    let made = cpu.steps.iter().map(|step| step.output);
    let length = |node: Node| cpu.network.shape(node)[1] * cpu.width(node);
    // Steps counted from the end.
    let lives = std::iter::once(0).chain(made).enumerate().map(|(maker, node)| {
        let reader = cpu.steps.iter().rposition(|step| step.input == node || step.add == Some(node));
        (node, (length(node), reader.map_or(0, |reader| n - reader), n - maker + 1))
    });
    let mut lives: Vec<_> = lives.collect();
    lives.sort_by_key(|&(_, (_, first, _))| first);
    let (found, size) = pack(&lives.iter().map(|&(_, life)| life).collect::<Vec<_>>());
    let mut places = vec![0..0; cpu.network.output() + 1];
    lives.iter().zip(found).for_each(|(&(node, _), place)| places[node] = place);
    (places, size)
}

/// The way back for some rows at once.
struct Sweep<'a> {
    cpu: &'a CpuNetwork,
    backward: &'a Backward,
    rows: usize,
    /// Outputs per row.
    outputs: usize,
    /// All nodes of the forward pass.
    values: &'a [f32],
    /// Gradients of the nodes.
    memory: &'a mut [f32],
}

impl Sweep<'_> {
    fn run(&mut self, outputs: &[usize], gradients: &mut [f32]) {
        if outputs.is_empty() {
            return;
        }
        let logits = self.cpu.network.output();
        let width = self.cpu.width(logits);
        let place = self.place(logits);
        let seeds = &mut self.memory[place];
        seeds.fill(0.0);
        for (seed, &output) in seeds.chunks_exact_mut(width).zip(outputs.iter().cycle()) {
            seed[output] = 1.0;
        }
        for index in (0..self.cpu.steps.len()).rev() {
            let pass = &self.backward.passes[index];
            if pass.is_reached {
                self.gate(index);
                self.sum(index);
                self.step(index);
            }
        }
        let [leads, samples] = self.cpu.network.shape(0);
        let width = self.cpu.width(0);
        let found = self.memory[self.place(0)].chunks_exact(samples * width);
        for (gradient, found) in gradients.chunks_exact_mut(leads * samples).zip(found) {
            leads_first(found, width, gradient, samples);
        }
    }

    /// The gradients of a node.
    fn place(&self, node: Node) -> Range<usize> {
        let (place, items) = (&self.backward.places[node], self.rows * self.outputs);
        place.start * items..place.end * items
    }

    /// Gradients of what a step made, to read, and those of a node before it, to write.
    fn both(&mut self, made: Node, read: Node) -> (&[f32], &mut [f32]) {
        let places = [self.place(made), self.place(read)];
        let [made, read] = self.memory.get_disjoint_mut(places).expect("invariant: nodes alive at once lie apart");
        (made, read)
    }

    /// The ReLU of a step.
    fn gate(&mut self, index: usize) {
        let step = &self.cpu.steps[index];
        if !self.backward.passes[index].gates {
            return;
        }
        let (place, region) = (self.place(step.output), self.backward.kept.region(step.output));
        let values = &self.values[region.start * self.rows..region.end * self.rows];
        let items = self.memory[place].chunks_exact_mut(region.len() * self.outputs);
        for (gradients, values) in items.zip(values.chunks_exact(region.len())) {
            for gradient in gradients.chunks_exact_mut(values.len()) {
                let pairs = gradient.iter_mut().zip(values);
                pairs.for_each(|(gradient, &value)| *gradient = if value > 0.0 { *gradient } else { 0.0 });
            }
        }
    }

    /// The sum of a step.
    fn sum(&mut self, index: usize) {
        let step = &self.cpu.steps[index];
        let Some(add) = step.add else { return };
        let begins = self.backward.passes[index].begins[0];
        let (made, read) = self.both(step.output, add);
        if begins {
            read.copy_from_slice(made);
        } else {
            read.iter_mut().zip(made).for_each(|(read, made)| *read += made);
        }
    }

    /// The operation of a step.
    fn step(&mut self, index: usize) {
        let Self { cpu, backward, outputs, rows, values, .. } = *self;
        let (step, pass) = (&cpu.steps[index], &backward.passes[index]);
        let samples = cpu.network.shape(step.input)[1];
        let region = backward.kept.region(step.input);
        let x = cpu.view(&backward.kept, step.input, &values[region.start * rows..region.end * rows]);
        let widths = [step.output, step.input].map(|node| cpu.width(node));
        let (made, read) = self.both(step.output, step.input);
        if pass.begins[1] && pass.conv.is_none() {
            read.fill(0.0);
        }
        match (&step.op, &pass.conv) {
            (StepOp::Conv(_), Some(conv)) => {
                let total = cpu.network.shape(step.output)[1];
                let steps = [widths[0], 1];
                let item = total * widths[0];
                let made = View { data: made, first: 0, total, item, steps, channels: widths[0] };
                let add = if pass.begins[1] { Addend::Nothing } else { Addend::Target };
                let gate = pass.closes.then_some(Gate { data: x.data, shared_by: outputs });
                conv.run(made, samples, Finish { add, relu: false, gate }, read);
            }
            (StepOp::Pool(pool), _) => spread::pool(x, *pool, Gradients { made, read, outputs, widths }),
            (StepOp::PoolTime, _) => {
                let channels = cpu.network.shape(step.input)[0];
                spread::pool_time(x, channels, Gradients { made, read, outputs, widths });
            }
            (StepOp::Pointwise { scale: [_, std] }, _) => {
                read.iter_mut().zip(made).for_each(|(read, made)| *read += made / std);
            }
            (StepOp::Conv(_), None) => unreachable!("invariant: a convolution has one for the way back"),
        }
    }
}

/// From `[samples, width]` to `[leads, samples]`, a few samples at a time so that they stay in the first cache.
fn leads_first(found: &[f32], width: usize, gradient: &mut [f32], samples: usize) {
    for (tile, found) in found.chunks(16 * width).enumerate() {
        for (lead, gradient) in gradient.chunks_exact_mut(samples).enumerate() {
            let gradient = &mut gradient[tile * 16..];
            for (gradient, found) in gradient.iter_mut().zip(found.chunks_exact(width)) {
                *gradient = found[lead];
            }
        }
    }
}
