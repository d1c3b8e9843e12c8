//! The pools' way back: who gets the gradient of what they made.
//!
//! The first of the largest numbers of a window gets all of it; of a mean, each number the same share. Gradients are added
//! to what is there. Each item of values has `outputs` items of gradients.

use super::conv::View;
use super::pointwise::Pool;

/// The largest numbers and where they were found, by channel. Memory that runs use again.
#[derive(Clone, Debug, Default)]
pub(super) struct Winners {
    largest: Vec<f32>,
    sample: Vec<u32>,
    /// A sample whose channels do not lie side by side.
    gathered: Vec<f32>,
}

/// Gradients of some items, `[items, samples, width]`, of which an item of values has `outputs`.
pub(super) struct Gradients<'a> {
    pub made: &'a [f32],
    pub read: &'a mut [f32],
    pub outputs: usize,
    /// Numbers of a sample of what was made, and of what was read.
    pub widths: [usize; 2],
}

impl Winners {
    /// Finds the first of the largest numbers of some samples of an item, as the forward pass has it.
    fn find(&mut self, x: &View<'_>, item: usize, samples: std::ops::Range<usize>, width: usize) {
        self.largest.clear();
        self.largest.resize(width, f32::NEG_INFINITY);
        self.sample.clear();
        self.sample.resize(width, samples.start as u32);
        for sample in samples {
            let x = x.sample(item, sample, &mut self.gathered);
            for ((largest, winner), &x) in self.largest.iter_mut().zip(&mut self.sample).zip(x) {
                let wins = x > *largest || x.is_nan();
                *largest = if wins { x } else { *largest };
                *winner = if wins { sample as u32 } else { *winner };
            }
        }
    }
}

/// The way back of a pool.
pub(super) fn pool(x: View<'_>, pool: Pool, gradients: Gradients<'_>, winners: &mut Winners) {
    let Gradients { made, read, outputs, widths: [width, _] } = gradients;
    let (item_made, item_read) = (outputs * made_samples(x, pool) * width, outputs * x.total * width);
    for (item, (made, read)) in made.chunks_exact(item_made).zip(read.chunks_exact_mut(item_read)).enumerate() {
        for at in 0..made_samples(x, pool) {
            let start = (at * pool.stride).saturating_sub(pool.padding);
            let end = (at * pool.stride + pool.kernel - pool.padding).min(x.total);
            if !pool.mean {
                winners.find(&x, item, start..end, width);
            }
            let made = made.chunks_exact(item_made / outputs).map(|made| &made[at * width..(at + 1) * width]);
            for (made, read) in made.zip(read.chunks_exact_mut(item_read / outputs)) {
                for (sample, read) in (start..end).zip(read[start * width..].chunks_exact_mut(width)) {
                    if pool.mean {
                        let n = (end - start) as f32;
                        read.iter_mut().zip(made).for_each(|(read, made)| *read += made / n);
                    } else {
                        for ((read, made), &winner) in read.iter_mut().zip(made).zip(&winners.sample) {
                            *read += if winner == sample as u32 { *made } else { 0.0 };
                        }
                    }
                }
            }
        }
    }
}

fn made_samples(x: View<'_>, pool: Pool) -> usize {
    // The last window of means may be shorter.
    if pool.mean { x.total.div_ceil(pool.stride) } else { (x.total + 2 * pool.padding - pool.kernel) / pool.stride + 1 }
}

/// The way back of the largest number over time and the mean, of so many channels.
pub(super) fn pool_time(x: View<'_>, channels: usize, gradients: Gradients<'_>, winners: &mut Winners) {
    let Gradients { made, read, outputs, widths: [width_made, width] } = gradients;
    let item = outputs * x.total * width;
    for (index, (made, read)) in made.chunks_exact(outputs * width_made).zip(read.chunks_exact_mut(item)).enumerate() {
        winners.find(&x, index, 0..x.total, width);
        for (made, read) in made.chunks_exact(width_made).zip(read.chunks_exact_mut(x.total * width)) {
            let (largest, means) = made[..2 * channels].split_at(channels);
            for read in read.chunks_exact_mut(width) {
                read.iter_mut().zip(means).for_each(|(read, mean)| *read += mean / x.total as f32);
            }
            for (channel, (made, &winner)) in largest.iter().zip(&winners.sample).enumerate() {
                read[winner as usize * width + channel] += made;
            }
        }
    }
}

impl View<'_> {
    /// The channels of a sample, side by side.
    fn sample<'a>(&'a self, item: usize, sample: usize, gathered: &'a mut Vec<f32>) -> &'a [f32] {
        let start = item * self.item + (sample - self.first) * self.steps[0];
        if self.steps[1] == 1 {
            return &self.data[start..start + self.channels];
        }
        gathered.clear();
        gathered.extend(self.data[start..].iter().step_by(self.steps[1]).take(self.channels));
        gathered
    }
}
