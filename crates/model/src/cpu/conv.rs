//! The convolution: what nearly all the time of a forward pass goes into.
//!
//! Direct, with sixteen output channels in a register and a few neighbouring output samples in as many registers: one
//! load of weights serves all of them, each input number is broadcast once per sixteen channels, and no number is
//! copied. On a machine with AVX-512 this runs at the speed of its multiply-adds.
//!
//! Each output is the bias, plus the products in the order of the taps and, within a tap, of the input channels.
//! The order depends on neither the place of the sample nor its neighbours, so a sample computed in a crop of the
//! signal equals the same sample of the whole bit for bit.

use std::ops::Range;

#[cfg(target_arch = "x86_64")]
use super::lanes::x86::{Avx2, Avx512};
use super::lanes::{LANES, Lanes, Plain};
use crate::network::Conv;

/// A convolution with its weights in the order they are read: `[blocks, kernel, channels in, 16]`, filled up with
/// zeros to whole blocks of output channels.
#[derive(Clone, Debug)]
pub(super) struct PackedConv {
    c_in: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
    weight: Vec<f32>,
    /// `[blocks * 16]`.
    bias: Vec<f32>,
}

/// Samples of a node, of some items one behind the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub data: &'a [f32],
    /// The first sample that is there.
    pub first: usize,
    /// Samples in the whole signal.
    pub total: usize,
    /// Numbers of one item.
    pub item: usize,
    /// Numbers from one sample to the next, and from one channel to the next.
    pub steps: [usize; 2],
    /// Channels that are there; behind the signal itself, whole blocks of them.
    pub channels: usize,
}

/// What becomes of the sum.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finish<'a> {
    /// Added to it: at least the samples of the output, as wide.
    pub add: Option<View<'a>>,
    pub relu: bool,
}

impl PackedConv {
    pub(super) fn new(conv: &Conv) -> Self {
        let [c_in, c_out] = conv.channels;
        let blocks = c_out.div_ceil(LANES);
        let mut weight = vec![0.0; blocks * conv.kernel * c_in * LANES];
        for (index, &w) in conv.weight.iter().enumerate() {
            let (out, rest) = (index / (c_in * conv.kernel), index % (c_in * conv.kernel));
            let (channel, tap) = (rest / conv.kernel, rest % conv.kernel);
            let row = (out / LANES * conv.kernel + tap) * c_in + channel;
            weight[row * LANES + out % LANES] = w;
        }
        let mut bias = conv.bias.clone();
        bias.resize(blocks * LANES, 0.0);
        Self { c_in, kernel: conv.kernel, stride: conv.stride, padding: conv.padding, weight, bias }
    }

    /// Computes the samples `span` of each item: `out` is `[items, samples, channels]`, channels in whole blocks.
    pub(super) fn run(&self, x: View<'_>, span: Range<usize>, finish: Finish<'_>, out: &mut [f32]) {
        let item = span.len() * self.bias.len();
        if item == 0 {
            return;
        }
        let items = out.len() / item;
        // What the pointers of the blocks below reach.
        let first = (span.start * self.stride).saturating_sub(self.padding);
        let last = ((span.end - 1) * self.stride + self.kernel - 1).saturating_sub(self.padding).min(x.total - 1);
        assert!(x.first <= first, "the input begins where the first window does");
        let reach = (last - x.first) * x.steps[0] + (self.c_in - 1) * x.steps[1];
        assert!(reach < x.item && items * x.item <= x.data.len(), "the input holds all windows");
        assert!(items * item == out.len(), "whole items");
        if let Some(add) = finish.add {
            let end = (span.end - add.first) * add.steps[0];
            assert!(add.first <= span.start && add.steps == [self.bias.len(), 1], "what is added lies as the output");
            assert!(end <= add.item && items * add.item <= add.data.len(), "what is added holds all samples");
        }
        let job = Job { conv: self, x, span, finish };
        // SAFETY: the instructions exist, and the ranges were checked above.
        unsafe {
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx512f") {
                return avx512(&job, out);
            } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                return avx2(&job, out);
            }
            all::<Plain, 4>(&job, out);
        }
    }
}

struct Job<'a> {
    conv: &'a PackedConv,
    x: View<'a>,
    span: Range<usize>,
    finish: Finish<'a>,
}

/// A run of neighbouring output samples in one block of channels, whose windows all have the same taps.
struct Line {
    /// Where the first tap of the first window reads.
    x: *const f32,
    weight: *const f32,
    bias: *const f32,
    add: *const f32,
    out: *mut f32,
    taps: usize,
    samples: usize,
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn avx512(job: &Job<'_>, out: &mut [f32]) {
    // SAFETY: said by the caller.
    unsafe { all::<Avx512, 12>(job, out) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(job: &Job<'_>, out: &mut [f32]) {
    // SAFETY: said by the caller.
    unsafe { all::<Avx2, 6>(job, out) }
}

/// All blocks of channels of all items. The weights of a block stay in the first cache while all items pass.
#[inline(always)]
unsafe fn all<V: Lanes, const P: usize>(job: &Job<'_>, out: &mut [f32]) {
    let Job { conv, x, span, finish } = job;
    let channels = conv.bias.len();
    let item = span.len() * channels;
    for block in 0..channels / LANES {
        let weight = &conv.weight[block * conv.kernel * conv.c_in * LANES..];
        for (index, out) in out.chunks_exact_mut(item).enumerate() {
            let mut at = span.start;
            while at < span.end {
                let (taps, end) = conv.same_taps(at, span.end, x.total);
                let place = (at - span.start) * channels + block * LANES;
                let window = at * conv.stride + taps.start - conv.padding;
                // SAFETY: `run` checked that windows and outputs lie inside.
                unsafe {
                    let line = Line {
                        x: x.data.as_ptr().add(index * x.item + (window - x.first) * x.steps[0]),
                        weight: weight.as_ptr().add(taps.start * conv.c_in * LANES),
                        bias: conv.bias.as_ptr().add(block * LANES),
                        add: finish.add.map_or(std::ptr::null(), |add| {
                            let sample = (at - add.first) * channels + block * LANES;
                            add.data.as_ptr().add(index * add.item + sample)
                        }),
                        out: out.as_mut_ptr().add(place),
                        taps: taps.len(),
                        samples: end - at,
                    };
                    samples::<V, P>(job, line);
                }
                at = end;
            }
        }
    }
}

impl PackedConv {
    /// The taps of the window of a sample that lie inside a signal of `total` samples, and the end of the run of
    /// samples up to `end` that have the same ones.
    fn same_taps(&self, at: usize, end: usize, total: usize) -> (Range<usize>, usize) {
        let taps = |at: usize| {
            let start = self.padding.saturating_sub(at * self.stride).min(self.kernel);
            let stop = (total + self.padding).saturating_sub(at * self.stride).min(self.kernel);
            start..stop.max(start)
        };
        let here = taps(at);
        if here != (0..self.kernel) {
            return (here, at + 1);
        }
        // Whole windows: up to the last one that still fits.
        let fits = (total + self.padding - self.kernel) / self.stride + 1;
        (here, fits.clamp(at + 1, end))
    }
}

/// One run of samples: as many at a time as there are registers, and the rest in smaller steps.
#[inline(always)]
unsafe fn samples<V: Lanes, const P: usize>(job: &Job<'_>, mut line: Line) {
    // SAFETY: said by the caller; each step takes no more samples than are left.
    unsafe {
        while line.samples >= P {
            step::<V, P>(job, &mut line);
        }
        if P > 8 && line.samples >= 8 {
            step::<V, 8>(job, &mut line);
        }
        if line.samples >= 4 {
            step::<V, 4>(job, &mut line);
        }
        if line.samples >= 2 {
            step::<V, 2>(job, &mut line);
        }
        if line.samples >= 1 {
            step::<V, 1>(job, &mut line);
        }
    }
}

/// `P` samples of sixteen channels.
#[inline(always)]
unsafe fn step<V: Lanes, const P: usize>(job: &Job<'_>, line: &mut Line) {
    let (conv, [x_sample, x_channel]) = (job.conv, job.x.steps);
    let (x_step, out_step) = (conv.stride * x_sample, conv.bias.len());
    // SAFETY: said by the caller.
    unsafe {
        let mut sums = [V::load(line.bias); P];
        let mut weight = line.weight;
        for tap in 0..line.taps {
            let mut x = line.x.add(tap * x_sample);
            for _ in 0..conv.c_in {
                let w = V::load(weight);
                for (p, sum) in sums.iter_mut().enumerate() {
                    *sum = sum.add_product(V::splat(*x.add(p * x_step)), w);
                }
                weight = weight.add(LANES);
                x = x.wrapping_add(x_channel);
            }
        }
        for (p, &sum) in sums.iter().enumerate() {
            let sum = if line.add.is_null() { sum } else { sum.add(V::load(line.add.add(p * out_step))) };
            let sum = if job.finish.relu { V::splat(0.0).max(sum) } else { sum };
            sum.store(line.out.add(p * out_step));
        }
        line.x = line.x.wrapping_add(P * x_step);
        line.out = line.out.wrapping_add(P * out_step);
        line.add = if line.add.is_null() { line.add } else { line.add.wrapping_add(P * out_step) };
        line.samples -= P;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A convolution, an input of two items, and what is added, of numbers that differ.
    fn drawn(kernel: usize, stride: usize, samples: usize) -> (PackedConv, Vec<f32>, Vec<f32>) {
        let number = |i: usize| ((i * 7919 + 13) % 1000) as f32 / 500.0 - 1.0;
        let (c_in, c_out) = (5, 37);
        let weight = (0..c_in * c_out * kernel).map(number).collect();
        let bias = (0..c_out).map(number).collect();
        let conv = Conv { channels: [c_in, c_out], kernel, stride, padding: kernel / 2, weight, bias };
        let made = (samples + 2 * (kernel / 2) - kernel) / stride + 1;
        let x = (0..2 * samples * c_in).map(|i| number(3 * i)).collect();
        (PackedConv::new(&conv), x, (0..2 * made * 48).map(|i| number(5 * i)).collect())
    }

    #[test]
    fn all_instructions_do_the_same() {
        for (kernel, stride, samples) in [(1, 1, 3), (3, 2, 31), (5, 1, 100), (7, 3, 58), (4, 2, 5)] {
            let (conv, x, add) = drawn(kernel, stride, samples);
            let made = add.len() / 2 / 48;
            let view = View { data: &x, first: 0, total: samples, item: samples * 5, steps: [1, samples], channels: 5 };
            let add = View { data: &add, first: 0, total: made, item: made * 48, steps: [48, 1], channels: 48 };
            let job = Job { conv: &conv, x: view, span: 0..made, finish: Finish { add: Some(add), relu: true } };
            let mut expected = vec![0.0; 2 * made * 48];
            conv.run(view, 0..made, Finish { add: Some(add), relu: true }, &mut expected);
            let mut plain = expected.clone();
            plain.fill(-1.0);
            // SAFETY: plain Rust, and the same ranges that `run` has checked.
            unsafe { all::<Plain, 4>(&job, &mut plain) };
            for (plain, expected) in plain.iter().zip(&expected) {
                // Up to 36 products of numbers up to 1, each rounded once more where nothing fuses them.
                assert!((plain - expected).abs() < 1e-5, "{plain} {expected}");
            }
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                let mut found = vec![-1.0; expected.len()];
                // SAFETY: the instructions exist, and the ranges are those that `run` has checked.
                unsafe { avx2(&job, &mut found) };
                assert_eq!(found, expected);
            }
        }
    }
}
