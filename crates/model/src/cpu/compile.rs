//! From layers to the steps that the CPU takes.

use super::conv::PackedConv;
use super::pointwise::Pool;
use crate::network::{Conv, Layer, Linear, Network, Node, Op};

/// One pass over the samples.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub op: StepOp,
    /// The layer whose operation it is; a sum and a ReLU come after it.
    pub layer: usize,
    pub input: Node,
    /// Added to what the operation makes.
    pub add: Option<Node>,
    pub relu: bool,
    pub output: Node,
}

#[derive(Clone, Debug)]
pub(super) enum StepOp {
    /// Or a linear layer.
    Conv(PackedConv),
    Pool(Pool),
    PoolTime,
    /// `(x - mean) / std` with these two, or nothing but the sum and the ReLU of the step.
    Pointwise {
        scale: [f32; 2],
    },
}

/// Each layer as a step; a sum and a ReLU that follow a convolution directly become part of it.
pub(super) fn steps(network: &Network) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (index, layer) in network.layers().iter().enumerate() {
        let output = index + 1;
        let joins = steps.last().is_some_and(|last| last.output == layer.input && is_read_once(network, layer.input));
        match (&layer.op, steps.last_mut()) {
            (Op::Relu, Some(last)) if joins && !last.relu && last.op.finishes() => {
                (last.relu, last.output) = (true, output);
            }
            // The signal lies in another order than the rest, and is not added in passing.
            (Op::Add(node), Some(last))
                if joins && !last.relu && last.add.is_none() && *node != 0 && last.op.finishes() =>
            {
                (last.add, last.output) = (Some(*node), output);
            }
            _ => steps.push(step(layer, output)),
        }
    }
    steps
}

fn step(layer: &Layer, output: Node) -> Step {
    let op = match &layer.op {
        Op::Normalise { mean, std } => StepOp::Pointwise { scale: [*mean, *std] },
        Op::Conv(conv) => StepOp::Conv(PackedConv::new(conv)),
        Op::Relu | Op::Add(_) => StepOp::Pointwise { scale: [0.0, 1.0] },
        &Op::MaxPool { kernel, stride, padding } => StepOp::Pool(Pool { kernel, stride, padding, mean: false }),
        &Op::AvgPool { window } => StepOp::Pool(Pool { kernel: window, stride: window, padding: 0, mean: true }),
        Op::PoolTime => StepOp::PoolTime,
        Op::Linear(linear) => StepOp::Conv(PackedConv::new(&as_conv(linear))),
    };
    Step { op, layer: output - 1, input: layer.input, add: layer.op.other(), relu: layer.op == Op::Relu, output }
}

/// A linear layer as a convolution over a signal of one sample.
pub(super) fn as_conv(linear: &Linear) -> Conv {
    Conv {
        channels: linear.features,
        kernel: 1,
        stride: 1,
        padding: 0,
        weight: linear.weight.clone(),
        bias: linear.bias.clone(),
    }
}

fn is_read_once(network: &Network, node: Node) -> bool {
    let reads = network.layers().iter().flat_map(Layer::nodes).filter(|&read| read == node);
    reads.count() == 1
}

impl StepOp {
    /// Whether a sum and a ReLU can be done where it stores its result.
    fn finishes(&self) -> bool {
        matches!(self, Self::Conv(_) | Self::Pointwise { .. })
    }
}
