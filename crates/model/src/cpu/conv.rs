//! The convolution: what nearly all the time of either pass goes into.
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
    pub add: Addend<'a>,
    pub relu: bool,
    /// Where this is not above 0, the result is 0.
    pub gate: Option<Gate<'a>>,
}

/// What is added to the sum.
#[derive(Clone, Copy, Debug)]
pub(super) enum Addend<'a> {
    Nothing,
    /// At least the samples of the output, as wide.
    Node(View<'a>),
    /// What stands where the result goes.
    Target,
}

/// Numbers that lie as the target does, and that some of its items after one another share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gate<'a> {
    pub data: &'a [f32],
    pub shared_by: usize,
}

/// Where the results of some items go.
#[derive(Debug)]
pub(super) struct Target<'a> {
    pub data: &'a mut [f32],
    /// Numbers of one item.
    pub item: usize,
    /// Where in an item the first sample goes.
    pub start: usize,
    /// Numbers from one sample to the next.
    pub step: usize,
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

    /// Numbers of a sample that it makes: the channels in whole blocks.
    pub(super) fn width(&self) -> usize {
        self.bias.len()
    }

    /// Computes the samples `span` of each item, channels in whole blocks.
    pub(super) fn run(&self, x: View<'_>, span: Range<usize>, finish: Finish<'_>, target: Target<'_>) {
        if span.is_empty() || target.data.is_empty() {
            return;
        }
        let items = target.data.len() / target.item;
        // What the pointers of the blocks below reach.
        let first = (span.start * self.stride).saturating_sub(self.padding);
        let last = ((span.end - 1) * self.stride + self.kernel).saturating_sub(self.padding + 1).min(x.total - 1);
        assert!(x.first <= first, "the input begins where the first window does");
        let reach = (last - x.first) * x.steps[0] + (self.c_in - 1) * x.steps[1];
        assert!(reach < x.item && items * x.item <= x.data.len(), "the input holds all windows");
        let end = target.start + (span.len() - 1) * target.step + self.width();
        assert!(end <= target.item && items * target.item == target.data.len(), "the target holds all samples");
        if let Addend::Node(add) = finish.add {
            let end = (span.end - add.first) * add.steps[0];
            assert!(add.first <= span.start && add.steps == [self.width(), 1], "what is added lies as the output");
            assert!(end <= add.item && items * add.item <= add.data.len(), "what is added holds all samples");
        }
        if let Some(gate) = finish.gate {
            assert!(items.div_ceil(gate.shared_by) * target.item <= gate.data.len(), "the gate holds all samples");
        }
        let job = Job { conv: self, x, span, finish };
        // SAFETY: the instructions exist, and the ranges were checked above.
        unsafe {
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx512f") {
                return avx512(&job, target);
            } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                return avx2(&job, target);
            }
            all::<Plain, 4>(&job, target);
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
    /// Null where there is none, as the gate.
    add: *const f32,
    gate: *const f32,
    out: *mut f32,
    taps: usize,
    samples: usize,
    /// Numbers from one sample to the next of what is added, and of the result and its gate.
    add_step: usize,
    out_step: usize,
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn avx512(job: &Job<'_>, target: Target<'_>) {
    // SAFETY: said by the caller.
    unsafe { all::<Avx512, 12>(job, target) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(job: &Job<'_>, target: Target<'_>) {
    // SAFETY: said by the caller.
    unsafe { all::<Avx2, 6>(job, target) }
}

/// All blocks of channels of all items. The weights of a block stay in the first cache while all items pass.
#[inline(always)]
unsafe fn all<V: Lanes, const P: usize>(job: &Job<'_>, target: Target<'_>) {
    let Job { conv, x, span, .. } = job;
    for block in 0..conv.width() / LANES {
        let weight = &conv.weight[block * conv.kernel * conv.c_in * LANES..];
        for (index, out) in target.data.chunks_exact_mut(target.item).enumerate() {
            let out = out.as_mut_ptr();
            let mut at = span.start;
            while at < span.end {
                let (taps, end) = conv.same_taps(at, span.end, x.total);
                // A window behind the signal has no taps, and its place is not read.
                let window = index * x.item + (at * conv.stride + taps.start - conv.padding - x.first) * x.steps[0];
                let place = target.start + (at - span.start) * target.step + block * LANES;
                // SAFETY: `run` checked that windows and outputs lie inside.
                unsafe {
                    let (add, add_step) = job.addend(index, at, block, (out.add(place), target.step));
                    let line = Line {
                        x: x.data.as_ptr().wrapping_add(window),
                        weight: weight.as_ptr().add(taps.start * conv.c_in * LANES),
                        bias: conv.bias.as_ptr().add(block * LANES),
                        add,
                        gate: job.finish.gate.map_or(std::ptr::null(), |gate| {
                            gate.data.as_ptr().add(index / gate.shared_by * target.item + place)
                        }),
                        out: out.add(place),
                        taps: taps.len(),
                        samples: end - at,
                        add_step,
                        out_step: target.step,
                    };
                    samples::<V, P>(job, line);
                }
                at = end;
            }
        }
    }
}

impl Job<'_> {
    /// Where what is added to a block of a sample lies, and how far it is to the next sample.
    #[inline(always)]
    unsafe fn addend(&self, item: usize, at: usize, block: usize, out: (*mut f32, usize)) -> (*const f32, usize) {
        match self.finish.add {
            Addend::Nothing => (std::ptr::null(), 0),
            Addend::Target => (out.0, out.1),
            Addend::Node(add) => {
                let place = item * add.item + (at - add.first) * add.steps[0] + block * LANES;
                // SAFETY: `run` checked that all samples are there.
                (unsafe { add.data.as_ptr().add(place) }, add.steps[0])
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
    let (x_step, add_step, out_step) = (conv.stride * x_sample, line.add_step, line.out_step);
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
            let sum = if line.add.is_null() { sum } else { sum.add(V::load(line.add.add(p * add_step))) };
            let sum = if job.finish.relu { V::splat(0.0).max(sum) } else { sum };
            let sum = if line.gate.is_null() { sum } else { sum.where_positive(V::load(line.gate.add(p * out_step))) };
            sum.store(line.out.add(p * out_step));
        }
        line.x = line.x.wrapping_add(P * x_step);
        line.out = line.out.wrapping_add(P * out_step);
        line.add = if line.add.is_null() { line.add } else { line.add.wrapping_add(P * add_step) };
        line.gate = if line.gate.is_null() { line.gate } else { line.gate.wrapping_add(P * out_step) };
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
            let node = View { data: &add, first: 0, total: made, item: made * 48, steps: [48, 1], channels: 48 };
            // Every second sample of a target, behind its first one.
            let (start, step, item) = (48, 96, (2 * made + 1) * 48);
            let gate: Vec<f32> = (0..item).map(|i| (i % 7) as f32 - 3.0).collect();
            let gate = Some(Gate { data: &gate, shared_by: 2 });
            for add in [Addend::Node(node), Addend::Target] {
                let job = Job { conv: &conv, x: view, span: 0..made, finish: Finish { add, relu: true, gate } };
                let found = |run: &dyn Fn(Target<'_>)| {
                    let mut data: Vec<f32> = (0..2 * item).map(|i| (i % 11) as f32).collect();
                    run(Target { data: &mut data, item, start, step });
                    data
                };
                let expected = found(&|target| conv.run(view, 0..made, job.finish, target));
                // SAFETY: plain Rust, and the same ranges that `run` has checked.
                let plain = found(&|target| unsafe { all::<Plain, 4>(&job, target) });
                for (plain, expected) in plain.iter().zip(&expected) {
                    // Up to 36 products of numbers up to 1, each rounded once more where nothing fuses them.
                    assert!((plain - expected).abs() < 1e-5, "{plain} {expected}");
                }
                #[cfg(target_arch = "x86_64")]
                if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                    // SAFETY: the instructions exist, and the ranges are those that `run` has checked.
                    assert_eq!(found(&|target| unsafe { avx2(&job, target) }), expected);
                }
            }
        }
    }
}
