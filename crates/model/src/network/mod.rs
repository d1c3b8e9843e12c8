//! A network written down as its layers, in order: what can be read off it, and what can be run.
//!
//! burn has no hooks, so what the engine wants to know of the inside of a network (which samples an activation sees,
//! where two residual paths meet, how many multiply-adds a layer costs) it reads off this description. The description
//! holds the weights as well, so that it can be run: on the CPU by [`CpuNetwork`](crate::CpuNetwork), on any burn device
//! by [`TensorNetwork`](crate::TensorNetwork).
//!
//! Values are numbered: node 0 is the signal `[leads, samples]`, node `i + 1` is what layer `i` makes. A layer reads
//! nodes that come before its own.

mod op;
mod reach;
mod xresnet;

use std::ops::Range;

pub use op::{Conv, Linear, Op};

use crate::{Error, Result};

/// Number of a value: 0 is the signal, `i + 1` what layer `i` makes.
pub type Node = usize;

/// One layer: an operation and the node it reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// The node it reads.
    pub input: Node,
    /// What it does.
    pub op: Op,
}

/// A network as its layers in order; the last one gives the logits.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    layers: Vec<Layer>,
    /// Channels and samples of each node; a vector has one sample.
    shapes: Vec<[usize; 2]>,
}

impl Network {
    /// A network that reads signals `[leads, samples]`.
    ///
    /// # Errors
    /// If a layer reads a node that does not come before it, its weights do not fit what it reads, or the last layer
    /// does not give a vector.
    pub fn new([leads, samples]: [usize; 2], layers: Vec<Layer>) -> Result<Self> {
        let mut shapes = vec![[leads, samples]];
        for (index, layer) in layers.iter().enumerate() {
            let refuse = |reason: String| Error::Layer { index, reason };
            if layer.nodes().any(|node| node > index) {
                return Err(refuse(format!("reads a node past {index}, which is not there yet")));
            }
            let other = layer.op.other().map(|node| shapes[node]);
            shapes.push(layer.op.shape(shapes[layer.input], other).map_err(refuse)?);
        }
        let [_, length] = shapes[layers.len()];
        if length != 1 || layers.is_empty() {
            let index = layers.len().saturating_sub(1);
            return Err(Error::Layer { index, reason: "is the last one and must give a vector of logits".to_owned() });
        }
        Ok(Self { layers, shapes })
    }

    /// The layers in order.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Channels and samples of a node.
    pub fn shape(&self, node: Node) -> [usize; 2] {
        self.shapes[node]
    }

    /// The node of the logits.
    pub fn output(&self) -> Node {
        self.layers.len()
    }

    /// The last feature map, `[channels, samples]`: what the pooling over time reads. `None` where there is no such pooling.
    pub fn last_map(&self) -> Option<Node> {
        self.layers.iter().rev().find(|layer| layer.op == Op::PoolTime).map(|layer| layer.input)
    }

    /// Layers that lead from one node to another.
    pub fn between(&self, from: Node, to: Node) -> Range<usize> {
        from..to
    }
}

impl Layer {
    /// A layer that does `op` to a node.
    pub fn new(input: Node, op: Op) -> Self {
        Self { input, op }
    }

    /// All nodes that it reads.
    pub fn nodes(&self) -> impl Iterator<Item = Node> + use<> {
        [Some(self.input), self.op.other()].into_iter().flatten()
    }
}
