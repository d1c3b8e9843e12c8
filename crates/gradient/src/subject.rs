//! What is explained, and how it is asked.

use einthoven_game::{Link, Partition};

use crate::Gradients;

/// A record as the model sees it, and what it is measured from.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Millivolts `[leads, samples]`.
    pub signal: &'a [f32],
    /// Millivolts `[baselines, cells]`, at least one; of several, expected gradients draws, and the others take the mean of
    /// the maps.
    pub baselines: &'a [Vec<f64>],
    /// Whose sums get standard errors.
    pub partition: &'a Partition,
}

/// What is asked of a record, and how.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The method and its numbers.
    pub gradients: &'a Gradients,
    /// Which outputs are explained.
    pub outputs: &'a [usize],
    /// What is explained of an output.
    pub link: Link,
    /// Names the streams of random numbers.
    pub seed: u64,
    /// Bytes that passes may take at once, beside the maps.
    pub memory: usize,
    /// Asked now and then whether to stop.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}
