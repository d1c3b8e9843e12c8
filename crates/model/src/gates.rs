//! Pools and their inverses in tensor operations, which give the same numbers on every device: no atomics, and of several
//! equal numbers the first one wins.

use burn::tensor::{Bool, Int, Tensor};

/// Which number of each window is the largest.
pub(crate) struct Winners {
    /// Of each place in the windows, `[batch, channels, windows]`: whether it is the winner.
    places: Vec<Tensor<3, Bool>>,
    stride: usize,
    padding: usize,
    samples: usize,
}

impl Winners {
    /// The winners of windows over `x`, whose largest numbers are `made`.
    pub(crate) fn of_windows(x: &Tensor<3>, made: &Tensor<3>, kernel: usize, stride: usize, padding: usize) -> Self {
        let [_, _, samples] = x.dims();
        let mut winners = Self { places: Vec::with_capacity(kernel), stride, padding, samples };
        let [_, _, windows] = made.dims();
        let mut taken: Option<Tensor<3, Bool>> = None;
        for place in 0..kernel {
            // Padding never wins: every window holds a sample, whose number is finite.
            let equal = winners.place(x.clone(), place, windows, f32::NEG_INFINITY).equal(made.clone());
            let (wins, all) = match taken {
                Some(taken) => (equal.clone().bool_and(taken.clone().bool_not()), taken.bool_or(equal)),
                None => (equal.clone(), equal),
            };
            winners.places.push(wins);
            taken = Some(all);
        }
        winners
    }

    /// The first winner of each channel over time, `[batch, channels, samples]`.
    pub(crate) fn of_time(x: &Tensor<3>) -> Tensor<3, Bool> {
        let [batch, channels, samples] = x.dims();
        let times = Tensor::<1, Int>::arange(0..samples as i64, &x.device()).reshape([1, 1, samples]);
        let times = times.expand([batch, channels, samples]);
        let largest = x.clone().max_dim(2).expand([batch, channels, samples]);
        let losers = x.clone().equal(largest).bool_not();
        let first = times.clone().mask_fill(losers, samples as i64).min_dim(2);
        times.equal(first.expand([batch, channels, samples]))
    }

    /// One number of each window: `[batch, channels, windows]`.
    pub(crate) fn push(&self, x: Tensor<3>) -> Tensor<3> {
        let mut sum: Option<Tensor<3>> = None;
        for (place, wins) in self.places.iter().enumerate() {
            let [_, _, windows] = wins.dims();
            let part = self.place(x.clone(), place, windows, 0.0).mask_fill(wins.clone().bool_not(), 0.0);
            sum = Some(match sum {
                Some(sum) => sum + part,
                None => part,
            });
        }
        sum.expect("invariant: a window has a place")
    }

    /// Gives a number for each window to its winner: `[batch, channels, samples]`.
    pub(crate) fn pull(&self, gradient: Tensor<3>) -> Tensor<3> {
        let [batch, channels, windows] = gradient.dims();
        let padded = (self.padding + self.samples).max(windows * self.stride + self.places.len());
        let mut sum: Option<Tensor<3>> = None;
        for (place, wins) in self.places.iter().enumerate() {
            let part = gradient.clone().mask_fill(wins.clone().bool_not(), 0.0);
            // One number, then as many zeros as lie up to the next window.
            let part = part.reshape([batch, channels, windows, 1]).pad([(0, self.stride - 1)], 0.0);
            let part = part.reshape([batch, channels, windows * self.stride]);
            let part = part.pad([(place, padded - windows * self.stride - place)], 0.0);
            sum = Some(match sum {
                Some(sum) => sum + part,
                None => part,
            });
        }
        sum.expect("invariant: a window has a place").narrow(2, self.padding, self.samples)
    }

    /// The number at a place of each window, `[batch, channels, windows]`.
    fn place(&self, x: Tensor<3>, place: usize, windows: usize, padding: f32) -> Tensor<3> {
        let [batch, channels, _] = x.dims();
        let needed = place + windows * self.stride;
        let behind = needed.saturating_sub(self.padding + self.samples);
        let x = x.pad([(self.padding, behind)], padding).narrow(2, place, windows * self.stride);
        x.reshape([batch, channels, windows, self.stride]).narrow(3, 0, 1).reshape([batch, channels, windows])
    }
}

/// Gives a number for each channel, `[batch, channels, 1]`, to its winner over time.
pub(crate) fn spread_pool_time(gradient: Tensor<3>, winners: Tensor<3, Bool>) -> Tensor<3> {
    let [_, _, samples] = winners.dims();
    gradient.repeat_dim(2, samples).mask_fill(winners.bool_not(), 0.0)
}

/// Gives a number for the mean of each window to its samples: windows lie side by side, the last one may be shorter.
pub(crate) fn spread_mean(gradient: Tensor<3>, window: usize, samples: usize) -> Tensor<3> {
    let [batch, channels, windows] = gradient.dims();
    let spread = |gradient: Tensor<3>, n: usize| {
        let [_, _, windows] = gradient.dims();
        let gradient = gradient.div_scalar(n as f64).reshape([batch, channels, windows, 1]).repeat_dim(3, n);
        gradient.reshape([batch, channels, windows * n])
    };
    let whole = samples / window;
    let mut parts = Vec::new();
    if whole > 0 {
        parts.push(spread(gradient.clone().narrow(2, 0, whole), window));
    }
    if windows > whole {
        parts.push(spread(gradient.narrow(2, whole, 1), samples - whole * window));
    }
    Tensor::cat(parts, 2)
}
