//! Zero-phase filters.
//!
//! Every filter runs forward and then backward, so that no wave is moved: its phase is zero and its amplitude response
//! is the square of the one-way response. The signal is continued beyond both ends by its point reflection, and each
//! run starts from the state that the first value would have left had it lasted for ever; so a constant comes out as
//! exactly what the response at 0 Hz says, up to the very ends. The filters are linear: a relation between leads, such
//! as Einthoven's law, holds after them if it held before.

use std::f64::consts::PI;

use crate::{Error, Result};

/// Ratio of a notch's frequency to its one-way 3 dB bandwidth: narrow enough to leave the QRS complex alone.
const NOTCH_QUALITY: f64 = 30.0;

/// Removes what is slower than `hz`: a Butterworth filter of order two, forward and backward.
///
/// The amplitude is halved at `hz` (-6 dB) and falls by 24 dB per octave below; a constant vanishes.
///
/// # Errors
/// If `hz` does not lie between 0 and half the `rate`.
pub fn high_pass(signal: &[f64], rate: f64, hz: f64) -> Result<Vec<f64>> {
    check(rate, hz)?;
    let omega = 2.0 * PI * hz / rate;
    let (sin, cos) = omega.sin_cos();
    let alpha = sin / 2.0_f64.sqrt();
    let b = (1.0 + cos) / 2.0;
    let filter = Biquad::new([b, -2.0 * b, b], [1.0 + alpha, -2.0 * cos, 1.0 - alpha]);
    Ok(filter.zero_phase(signal, (rate / hz).ceil() as usize))
}

/// Removes the hum at `hz`: a notch with a quality of 30, forward and backward. Constants pass unchanged.
///
/// # Errors
/// If `hz` does not lie between 0 and half the `rate`.
pub fn notch(signal: &[f64], rate: f64, hz: f64) -> Result<Vec<f64>> {
    check(rate, hz)?;
    let omega = 2.0 * PI * hz / rate;
    let (sin, cos) = omega.sin_cos();
    let alpha = sin / (2.0 * NOTCH_QUALITY);
    let filter = Biquad::new([1.0, -2.0 * cos, 1.0], [1.0 + alpha, -2.0 * cos, 1.0 - alpha]);
    Ok(filter.zero_phase(signal, (NOTCH_QUALITY * rate / hz).ceil() as usize))
}

fn check(rate: f64, hz: f64) -> Result<()> {
    if hz > 0.0 && hz < rate / 2.0 {
        return Ok(());
    }
    Err(Error::Request(format!("filter at {hz} Hz: it must lie between 0 and half the sampling rate of {rate} Hz")))
}

/// A filter of order two, normalised so that the first feedback coefficient is 1.
struct Biquad {
    b: [f64; 3],
    a: [f64; 2],
}

impl Biquad {
    fn new(b: [f64; 3], a: [f64; 3]) -> Self {
        Self { b: b.map(|x| x / a[0]), a: [a[1] / a[0], a[2] / a[0]] }
    }

    /// Forward and backward over the signal and `pad` reflected values at each end (fewer if the signal is shorter).
    fn zero_phase(&self, signal: &[f64], pad: usize) -> Vec<f64> {
        if signal.is_empty() {
            return Vec::new();
        }
        let pad = pad.min(signal.len() - 1);
        let mut padded = reflect(signal, pad);
        self.run(&mut padded);
        padded.reverse();
        self.run(&mut padded);
        padded.reverse();
        padded[pad..pad + signal.len()].to_vec()
    }

    /// One pass in place (transposed direct form II), from the steady state of the first value.
    fn run(&self, signal: &mut [f64]) {
        let Self { b, a } = self;
        let x = signal[0];
        let y = x * b.iter().sum::<f64>() / (1.0 + a[0] + a[1]);
        let mut z2 = b[2] * x - a[1] * y;
        let mut z1 = b[1] * x - a[0] * y + z2;
        for value in signal {
            let x = *value;
            let y = b[0] * x + z1;
            z1 = b[1] * x - a[0] * y + z2;
            z2 = b[2] * x - a[1] * y;
            *value = y;
        }
    }
}

/// The signal with `pad` values at each end, mirrored through its first and last point. `pad` is below the length.
pub(crate) fn reflect(signal: &[f64], pad: usize) -> Vec<f64> {
    let n = signal.len();
    let (first, last) = (signal[0], signal[n - 1]);
    let before = (1..=pad).rev().map(|i| 2.0 * first - signal[i]);
    let after = (1..=pad).map(|i| 2.0 * last - signal[n - 1 - i]);
    before.chain(signal.iter().copied()).chain(after).collect()
}
