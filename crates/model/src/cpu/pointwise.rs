//! What is no convolution: pools, scaling, and sums that no convolution makes in passing.

use std::ops::Range;

use super::conv::View;

/// A pool of windows along time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pool {
    pub kernel: usize,
    pub stride: usize,
    pub padding: usize,
    /// The mean of what lies inside the signal, or else the largest number.
    pub mean: bool,
}

/// Computes the samples `span` of each item: `out` is `[items, samples, width]`.
pub(super) fn pool(x: View<'_>, pool: Pool, span: Range<usize>, width: usize, out: &mut [f32]) {
    for (index, item) in out.chunks_exact_mut(span.len() * width).enumerate() {
        for (at, out) in span.clone().zip(item.chunks_exact_mut(width)) {
            let start = (at * pool.stride).saturating_sub(pool.padding);
            let end = (at * pool.stride + pool.kernel - pool.padding).min(x.total);
            x.each(index, start, out, |_, x| x);
            for sample in start + 1..end {
                if pool.mean {
                    x.each(index, sample, out, |sum, x| sum + x);
                } else {
                    x.each(index, sample, out, larger);
                }
            }
            if pool.mean {
                let n = (end - start) as f32;
                out.iter_mut().for_each(|sum| *sum /= n);
            }
        }
    }
}

/// The largest number of each channel over time, then the mean of each: `out` is `[items, width]`.
pub(super) fn pool_time(x: View<'_>, channels: usize, width: usize, out: &mut [f32]) {
    for (index, out) in out.chunks_exact_mut(width).enumerate() {
        let (largest, rest) = out.split_at_mut(channels);
        let means = &mut rest[..channels];
        x.each(index, 0, largest, |_, x| x);
        x.each(index, 0, means, |_, x| x);
        for sample in 1..x.total {
            x.each(index, sample, largest, larger);
            x.each(index, sample, means, |sum, x| sum + x);
        }
        means.iter_mut().for_each(|sum| *sum /= x.total as f32);
    }
}

/// `(x - mean) / std`, plus `add`, and its positive part: `out` is `[items, samples, width]`.
pub(super) fn pointwise(
    x: View<'_>,
    add: Option<View<'_>>,
    [mean, std]: [f32; 2],
    relu: bool,
    span: Range<usize>,
    width: usize,
    out: &mut [f32],
) {
    for (index, item) in out.chunks_exact_mut(span.len() * width).enumerate() {
        for (at, out) in span.clone().zip(item.chunks_exact_mut(width)) {
            x.each(index, at, out, |_, x| (x - mean) / std);
            if let Some(add) = add {
                add.each(index, at, out, |sum, x| sum + x);
            }
            if relu {
                out.iter_mut().for_each(|x| *x = larger(0.0, *x));
            }
        }
    }
}

/// The larger of two numbers, or what is none: a network that overflows must not look as if it had not.
fn larger(largest: f32, x: f32) -> f32 {
    if x > largest || x.is_nan() { x } else { largest }
}

impl View<'_> {
    /// Joins each channel of a sample to what is there.
    fn each(&self, item: usize, sample: usize, out: &mut [f32], join: impl Fn(f32, f32) -> f32) {
        let start = item * self.item + (sample - self.first) * self.steps[0];
        let channels = out.len().min(self.channels);
        if self.steps[1] == 1 {
            out.iter_mut().zip(&self.data[start..start + channels]).for_each(|(out, &x)| *out = join(*out, x));
        } else {
            let data = self.data[start..].iter().step_by(self.steps[1]);
            out.iter_mut().zip(data).take(channels).for_each(|(out, &x)| *out = join(*out, x));
        }
    }
}
