//! How much memory one row of a batch needs in the forward pass.

use crate::plan::{ConvPlan, Plan};

const FLOAT: usize = size_of::<f32>();

/// Bytes that one row of a batch needs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Footprint {
    /// The largest single buffer.
    pub buffer: usize,
    /// All buffers that are alive at once.
    pub total: usize,
}

impl Footprint {
    /// Walks through the layers of a network that reads so many samples of so many leads.
    ///
    /// A convolution holds its input, the same with the channels last (burn's CPU backend and its GPU kernels both
    /// make that copy), its output, and the output once more where a ReLU cannot work in place. Inside a block the
    /// block's input is held as well, and the caller may hold the signals to the end. What does not grow with the batch
    /// (weights, the tiles of the convolution, some MiB) is not counted.
    pub(crate) fn new(plan: &Plan, n_leads: usize, n_samples: usize) -> Self {
        let mut footprint = Self::default();
        let mut samples = n_samples;
        let signals = n_leads * n_samples;
        for conv in &plan.stem {
            footprint.add_conv(conv, samples, signals);
            samples = conv.length(samples);
        }
        let mut channels = plan.stem.last().map_or(n_leads, |conv| conv.c_out);
        let pooled = samples.div_ceil(2);
        footprint.add(signals, &[channels * samples, channels * pooled, channels * pooled]);
        samples = pooled;
        for block in &plan.blocks {
            let input = channels * samples;
            let mut inner = samples;
            for conv in &block.convs {
                footprint.add_conv(conv, inner, signals + input);
                inner = conv.length(inner);
            }
            channels = block.convs.last().map_or(channels, |conv| conv.c_out);
            let branch = channels * inner;
            // The identity path runs while the branch waits.
            footprint.add(signals + input, &[input, branch, branch, branch]);
            samples = block.length(samples);
        }
        footprint
    }

    fn add_conv(&mut self, conv: &ConvPlan, samples: usize, held: usize) {
        let (input, output) = (conv.c_in * samples, conv.c_out * conv.length(samples));
        self.add(held, &[input, input, output, output]);
    }

    /// Buffers that are alive at once, beside `held` numbers in others.
    fn add(&mut self, held: usize, alive: &[usize]) {
        let largest = alive.iter().max().copied().unwrap_or_default();
        self.buffer = self.buffer.max(FLOAT * largest);
        self.total = self.total.max(FLOAT * (held + alive.iter().sum::<usize>()));
    }
}
