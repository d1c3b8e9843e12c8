//! The one-cycle learning rate.

use std::f64::consts::PI;

/// Share of the steps in which the rate rises.
const WARM_UP: f64 = 0.25;
/// The peak over the first rate, and the first rate over the last.
const START_DIVISOR: f64 = 25.0;
const END_DIVISOR: f64 = 1e4;

/// Learning rate of `step` (from 0) of `n_steps`: half a cosine up to the peak, then half a cosine down to almost
/// nothing (Smith and Topin 2019, with the shape and the constants of the usual implementations).
pub fn one_cycle(step: usize, n_steps: usize, peak: f64) -> f64 {
    let start = peak / START_DIVISOR;
    let turn = WARM_UP * n_steps as f64 - 1.0;
    let last = n_steps as f64 - 1.0;
    let step = step as f64;
    if step < turn {
        return between(start, peak, step / turn);
    }
    if last <= turn {
        return peak;
    }
    between(peak, start / END_DIVISOR, ((step - turn.max(0.0)) / (last - turn.max(0.0))).min(1.0))
}

/// Half a cosine from one value to another.
fn between(from: f64, to: f64, share: f64) -> f64 {
    to + (from - to) * (1.0 + (PI * share).cos()) / 2.0
}
