//! The pools' way back: who gets the gradient of what they made.
//!
//! The first of the largest numbers of a window gets all of it; of a mean, each number the same share. Gradients are added
//! to what is there. Each item of values has `outputs` items of gradients. Channels are taken in blocks of sixteen, so
//! that who won stays in registers.

use std::ops::Range;

use super::conv::View;
use super::lanes::LANES;
use super::pointwise::Pool;

/// Gradients of some items, `[items, samples, width]`.
pub(super) struct Gradients<'a> {
    pub made: &'a [f32],
    pub read: &'a mut [f32],
    /// Items of gradients for an item of values.
    pub outputs: usize,
    /// Numbers of a sample of what was made, and of what was read.
    pub widths: [usize; 2],
}

/// The way back of a pool.
pub(super) fn pool(x: View<'_>, pool: Pool, gradients: Gradients<'_>) {
    let Gradients { made, read, outputs, widths: [width, _] } = gradients;
    // The last window of means may be shorter.
    let last = if pool.mean { x.total - 1 } else { x.total + 2 * pool.padding - pool.kernel };
    let (item_made, item_read) = ((last / pool.stride + 1) * width, x.total * width);
    let items = made.chunks_exact(outputs * item_made).zip(read.chunks_exact_mut(outputs * item_read));
    let mut rows = Vec::new();
    for (item, (made, read)) in items.enumerate() {
        let x_rows = if pool.mean { &[][..] } else { x.rows(item, width, &mut rows) };
        for at in 0..=last / pool.stride {
            let start = (at * pool.stride).saturating_sub(pool.padding);
            let window = start..(at * pool.stride + pool.kernel - pool.padding).min(x.total);
            for block in (0..width).step_by(LANES) {
                let made = made[at * width + block..].chunks(item_made);
                let read = read[block..].chunks_mut(item_read);
                if pool.mean {
                    made.zip(read).for_each(|(made, read)| share(made, read, window.clone(), width));
                } else {
                    let winners = winners(&x_rows[block..], window.clone(), width);
                    made.zip(read).for_each(|(made, read)| give(made, read, &winners, window.clone(), width));
                }
            }
        }
    }
}

/// The way back of the largest number over time and the mean, of so many channels.
pub(super) fn pool_time(x: View<'_>, channels: usize, gradients: Gradients<'_>) {
    let Gradients { made, read, outputs, widths: [width_made, width] } = gradients;
    let items = made.chunks_exact(outputs * width_made).zip(read.chunks_exact_mut(outputs * x.total * width));
    let mut rows = Vec::new();
    for (item, (made, read)) in items.enumerate() {
        let x_rows = x.rows(item, width, &mut rows);
        for block in (0..width).step_by(LANES) {
            let winners = winners(&x_rows[block..], 0..x.total, width);
            let filled = LANES.min(channels - block);
            for (made, read) in made.chunks_exact(width_made).zip(read.chunks_exact_mut(x.total * width)) {
                let read = &mut read[block..];
                let mut means = [0.0; LANES];
                means[..filled].copy_from_slice(&made[channels + block..][..filled]);
                share(&means, read, 0..x.total, width);
                for (channel, winner) in winners.iter().take(filled).enumerate() {
                    read[*winner as usize * width + channel] += made[block + channel];
                }
            }
        }
    }
}

/// The first of the largest numbers of a window, as the forward pass has it, of sixteen channels.
fn winners(x: &[f32], window: Range<usize>, width: usize) -> [u32; LANES] {
    let (mut largest, mut winners) = ([f32::NEG_INFINITY; LANES], [window.start as u32; LANES]);
    for sample in window {
        let x = block(&x[sample * width..]);
        for channel in 0..LANES {
            // What is no number wins too, as in the forward pass.
            let wins = (x[channel] > largest[channel]) | x[channel].is_nan();
            largest[channel] = if wins { x[channel] } else { largest[channel] };
            winners[channel] = if wins { sample as u32 } else { winners[channel] };
        }
    }
    winners
}

fn give(made: &[f32], read: &mut [f32], winners: &[u32; LANES], window: Range<usize>, width: usize) {
    let made = block(made);
    for sample in window {
        let read = &mut read[sample * width..][..LANES];
        for channel in 0..LANES {
            read[channel] += if winners[channel] == sample as u32 { made[channel] } else { 0.0 };
        }
    }
}

fn share(made: &[f32], read: &mut [f32], window: Range<usize>, width: usize) {
    let n = window.len() as f32;
    let shares = block(made).map(|made| made / n);
    for sample in window {
        read[sample * width..][..LANES].iter_mut().zip(&shares).for_each(|(read, share)| *read += share);
    }
}

/// The first sixteen numbers.
fn block(x: &[f32]) -> &[f32; LANES] {
    x.first_chunk().expect("invariant: channels come in whole blocks")
}

impl View<'_> {
    /// An item as `[samples, width]`.
    fn rows<'a>(&'a self, item: usize, width: usize, gathered: &'a mut Vec<f32>) -> &'a [f32] {
        let x = &self.data[item * self.item..][..self.item];
        if self.steps == [width, 1] {
            return x;
        }
        gathered.resize(self.total * width, 0.0);
        for (sample, row) in gathered.chunks_exact_mut(width).enumerate() {
            let channels = (0..self.channels).map(|channel| x[sample * self.steps[0] + channel * self.steps[1]]);
            row.iter_mut().zip(channels).for_each(|(to, x)| *to = x);
        }
        gathered
    }
}
