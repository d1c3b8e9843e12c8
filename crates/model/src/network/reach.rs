//! What a part of a network sees and costs.

use std::ops::Range;

use super::{Network, Node, Op};

impl Network {
    /// Nodes where the network can be cut, from the signal to the last feature map: everything behind such a node
    /// reads it and nothing before it. A node that only a ReLU or a sum reads is none, since those are done where it is
    /// made.
    pub fn cuts(&self) -> Vec<Node> {
        let local = self.layers().iter().take_while(|layer| layer.op.is_local()).count();
        let is_cut = |node: Node| {
            let reads_before = self.layers()[node..].iter().any(|layer| layer.nodes().any(|read| read < node));
            let pointwise = matches!(self.layers()[node].op, Op::Relu | Op::Add(_) | Op::Normalise { .. });
            !reads_before && (node == 0 || !pointwise)
        };
        (0..=local).filter(|&node| node < self.output() && is_cut(node)).collect()
    }

    /// Samples of each node from `from` to `to` that the samples `span` of `to` are made of, at index `node - from`.
    pub fn needs(&self, from: Node, to: Node, span: Range<usize>) -> Vec<Range<usize>> {
        let mut needs = vec![0..0; to - from + 1];
        needs[to - from] = span;
        for index in self.between(from, to).rev() {
            let layer = &self.layers()[index];
            let made = needs[index + 1 - from].clone();
            if made.start == made.end {
                continue;
            }
            for node in layer.nodes().filter(|&node| node >= from) {
                let [_, samples] = self.shape(node);
                let read = layer.op.reads(&made, samples);
                let need = &mut needs[node - from];
                *need = if need.start == need.end { read } else { need.start.min(read.start)..need.end.max(read.end) };
            }
        }
        needs
    }

    /// Samples of one node from one sample of another, later one to the next. Both are cuts.
    pub fn stride(&self, from: Node, to: Node) -> usize {
        let mut strides = vec![1; to - from + 1];
        for index in self.between(from, to) {
            let layer = &self.layers()[index];
            strides[index + 1 - from] = strides[layer.input - from] * layer.op.stride();
        }
        strides[to - from]
    }

    /// Multiply-adds of the layers from one node to another, when these samples of each are computed.
    pub fn multiply_adds(&self, from: Node, to: Node, needs: &[Range<usize>]) -> u64 {
        let cost = |index: usize| {
            let samples = needs[index + 1 - from].len() as u64;
            match &self.layers()[index].op {
                Op::Conv(conv) => samples * conv.weight.len() as u64,
                Op::Linear(linear) => samples * linear.weight.len() as u64,
                _ => 0,
            }
        };
        self.between(from, to).map(cost).sum()
    }

    /// Multiply-adds of one row from the signal to the logits.
    pub fn row_multiply_adds(&self) -> u64 {
        self.multiply_adds(0, self.output(), &self.needs(0, self.output(), 0..1))
    }
}

impl Op {
    /// Whether each sample that it makes sees only samples near its own.
    fn is_local(&self) -> bool {
        !matches!(self, Self::PoolTime | Self::Linear(_))
    }

    fn stride(&self) -> usize {
        match self {
            Self::Conv(conv) => conv.stride,
            Self::MaxPool { stride, .. } => *stride,
            Self::AvgPool { window } => *window,
            _ => 1,
        }
    }

    /// The samples, of so many, that the samples `made` are made of.
    fn reads(&self, made: &Range<usize>, samples: usize) -> Range<usize> {
        let windows = |kernel: usize, stride: usize, padding: usize| {
            let start = (made.start * stride).saturating_sub(padding).min(samples);
            let end = ((made.end - 1) * stride + kernel).saturating_sub(padding).min(samples);
            start..end.max(start)
        };
        match self {
            Self::Conv(conv) => windows(conv.kernel, conv.stride, conv.padding),
            Self::MaxPool { kernel, stride, padding } => windows(*kernel, *stride, *padding),
            Self::AvgPool { window } => windows(*window, *window, 0),
            Self::PoolTime | Self::Linear(_) => 0..samples,
            Self::Normalise { .. } | Self::Relu | Self::Add(_) => made.clone(),
        }
    }
}
