//! A part of the network, for a span of time.

use std::ops::Range;

use super::{CpuNetwork, View};
use crate::network::Node;

/// Which samples of which nodes are computed, and where they lie in memory.
#[derive(Clone, Debug)]
pub struct Crop {
    pub(super) from: Node,
    pub(super) to: Node,
    pub(super) steps: Range<usize>,
    /// Samples of each node, from `from` on.
    needs: Vec<Range<usize>>,
    /// Where each node lies in the memory of an item.
    places: Vec<Range<usize>>,
    /// Numbers of one item.
    pub(super) size: usize,
    multiply_adds: u64,
}

impl Crop {
    /// Samples that are needed of the node it begins at.
    pub fn input(&self) -> Range<usize> {
        self.needs[0].clone()
    }

    /// Samples that are computed of the node it ends at.
    pub fn output(&self) -> Range<usize> {
        self.span(self.to)
    }

    /// Numbers that a row gives: samples times width.
    pub fn out_len(&self) -> usize {
        self.region(self.to).len()
    }

    /// Multiply-adds of one row.
    pub fn multiply_adds(&self) -> u64 {
        self.multiply_adds
    }

    pub(super) fn span(&self, node: Node) -> Range<usize> {
        self.needs[node - self.from].clone()
    }

    pub(super) fn region(&self, node: Node) -> Range<usize> {
        self.places[node - self.from].clone()
    }
}

impl CpuNetwork {
    /// The part from one node to another that makes the samples `span` of the latter. Both are [cuts](crate::Network::cuts)
    /// of the network, or its output.
    pub fn crop(&self, from: Node, to: Node, span: Range<usize>) -> Crop {
        let needs = self.network.needs(from, to, span);
        let first = self.steps.iter().position(|step| step.output > from).unwrap_or(self.steps.len());
        let last = self.steps.iter().position(|step| step.output > to).unwrap_or(self.steps.len());
        let multiply_adds = self.network.multiply_adds(from, to, &needs);
        let (places, size) = self.places(from, first..last, &needs);
        Crop { from, to, steps: first..last, needs, places, size, multiply_adds }
    }

    /// A place for each node that a step makes. Memory of nodes that no later step reads is used again.
    fn places(&self, from: Node, steps: Range<usize>, needs: &[Range<usize>]) -> (Vec<Range<usize>>, usize) {
        let mut places = vec![0..0; needs.len()];
        let last_use = |node: Node| {
            let reads = |step: &super::Step| step.input == node || step.add == Some(node);
            self.steps[steps.clone()].iter().rposition(reads).map_or(usize::MAX, |index| steps.start + index)
        };
        let length = |node: Node| needs[node - from].len() * self.pitch(node);
        let made = steps.clone().map(|index| (self.steps[index].output, index));
        let lives = std::iter::once((from, steps.start))
            .chain(made)
            .map(|(node, index)| (length(node), index, last_use(node)))
            .collect::<Vec<_>>();
        let (found, size) = pack(&lives);
        let made = steps.map(|index| self.steps[index].output);
        for (node, place) in std::iter::once(from).chain(made).zip(found) {
            places[node - from] = place;
        }
        (places, size)
    }

    /// The whole network for the whole signal, with all nodes kept.
    pub(super) fn everything(&self) -> Crop {
        let (from, to) = (0, self.network.output());
        let needs: Vec<_> = (from..=to).map(|node| 0..self.network.shape(node)[1]).collect();
        let mut places = vec![0..0; needs.len()];
        let mut size = 0;
        for node in std::iter::once(0).chain(self.steps.iter().map(|step| step.output)) {
            let end = size + needs[node].len() * self.pitch(node);
            places[node] = size..end;
            size = end;
        }
        let multiply_adds = self.network.multiply_adds(from, to, &needs);
        Crop { from, to, steps: 0..self.steps.len(), needs, places, size, multiply_adds }
    }

    /// Numbers of a sample of a node in memory.
    fn pitch(&self, node: Node) -> usize {
        if node == 0 { self.network.shape(0)[0] } else { self.width(node) }
    }

    pub(super) fn view<'a>(&self, crop: &Crop, node: Node, data: &'a [f32]) -> View<'a> {
        let span = crop.span(node);
        let steps = if node == 0 { [1, span.len()] } else { [self.width(node), 1] };
        let [channels, total] = self.network.shape(node);
        let channels = if node == 0 { channels } else { self.width(node) };
        View { data, first: span.start, total, item: crop.region(node).len(), steps, channels }
    }
}

/// Places in memory for values of these lengths, each alive from one step to another, in the order in which they come to
/// life; and the memory they take together. Memory of what is not alive any more is used again.
pub(super) fn pack(lives: &[(usize, usize, usize)]) -> (Vec<Range<usize>>, usize) {
    let mut alive: Vec<(Range<usize>, usize)> = Vec::new();
    let mut size = 0;
    let place = |&(length, first, last): &(usize, usize, usize)| {
        alive.retain(|(_, last)| *last >= first);
        let mut start = 0;
        alive.sort_by_key(|(place, _)| place.start);
        for (place, _) in &alive {
            if start + length <= place.start {
                break;
            }
            start = start.max(place.end);
        }
        alive.push((start..start + length, last));
        size = size.max(start + length);
        start..start + length
    };
    (lives.iter().map(place).collect(), size)
}
