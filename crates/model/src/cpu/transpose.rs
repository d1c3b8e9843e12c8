//! The convolution's way back: from the gradient of what it made to that of what it read.
//!
//! Each number read went into all channels of the windows over it, so its gradient is the sum over them of weight times
//! gradient: a convolution over what was made, with taps in reverse order and channels in and out exchanged. With a
//! stride of `s`, samples read whose numbers leave the same rest modulo `s` meet the same taps, every `s`-th one: there
//! is one convolution of stride 1 for each rest, and their results are interleaved.

use super::conv::{Finish, PackedConv, Target, View};
use crate::network::Conv;

/// The convolutions of the way back, by the rest of a sample modulo the stride.
#[derive(Clone, Debug)]
pub(super) struct Transposed(Vec<Phase>);

#[derive(Clone, Debug)]
struct Phase {
    conv: PackedConv,
    /// Where its first window begins, had it no padding.
    first: usize,
}

impl Transposed {
    pub(super) fn new(conv: &Conv) -> Self {
        Self((0..conv.stride).map(|rest| Phase::new(conv, rest)).collect())
    }

    /// Gradients of all of `samples` samples of each item, from those of what was made.
    pub(super) fn run(&self, made: View<'_>, samples: usize, finish: Finish<'_>, data: &mut [f32]) {
        for (rest, phase) in self.0.iter().enumerate().take(samples) {
            let n = (samples - rest).div_ceil(self.0.len());
            let width = phase.conv.width();
            let target =
                Target { data: &mut *data, item: samples * width, start: rest * width, step: self.0.len() * width };
            phase.conv.run(made, phase.first..phase.first + n, finish, target);
        }
    }
}

impl Phase {
    /// Window `t` has tap `k` at sample `t * stride + k - padding`. So sample `j * stride + rest` meets the taps
    /// `k = first + m * stride` of the windows `t = j + late - m`, where `rest + padding = late * stride + first`.
    fn new(conv: &Conv, rest: usize) -> Self {
        let [c_in, c_out] = conv.channels;
        let (late, first) = ((rest + conv.padding) / conv.stride, (rest + conv.padding) % conv.stride);
        let taps: Vec<usize> = (first..conv.kernel).step_by(conv.stride).collect();
        let weight = (0..c_in * c_out).flat_map(|i| {
            let (channel, out) = (i / c_out, i % c_out);
            taps.iter().rev().map(move |tap| conv.weight[(out * c_in + channel) * conv.kernel + tap])
        });
        // A window of `m` taps that begins before window 0, or behind it.
        let before = taps.len().saturating_sub(1);
        let transposed = Conv {
            channels: [c_out, c_in],
            kernel: taps.len(),
            stride: 1,
            padding: before.saturating_sub(late),
            weight: weight.collect(),
            bias: vec![0.0; c_in],
        };
        Self { conv: PackedConv::new(&transposed), first: late.saturating_sub(before) }
    }
}
