//! Change of the sampling rate.
//!
//! A polyphase filter: for each of the positions that an output sample can take between two input samples there is one
//! row of a sinc under a Kaiser window, with its stop band at the lower of the two Nyquist frequencies. Nothing is
//! delayed; each row sums to one, so that a constant stays what it was; beyond the ends the signal goes on as its point
//! reflection.

use std::f64::consts::PI;

use crate::filter::reflect;
use crate::{Error, Result};

/// Frequencies up to this share of the lower rate pass; from half the lower rate on they are suppressed.
const PASS: f64 = 0.4;
/// Suppression in the stop band, in dB, which is also the ripple in the pass band (0.1 %).
const STOP_DB: f64 = 60.0;
/// Rates are taken to this many steps per Hz, so that their ratio is rational.
const STEPS_PER_HZ: f64 = 1000.0;
/// A rate is raised by no more than this: a wrong header must not ask for all the memory there is.
const MAX_RAISE: f64 = 100.0;

/// A resampler from one rate to another, for signals of one length.
#[derive(Debug)]
pub struct Resampler {
    n_in: usize,
    n_out: usize,
    /// Input samples on either side of an output sample that its row covers.
    reach: usize,
    /// Row after row of weights; output sample `j` takes row `j` modulo their number.
    rows: Vec<f64>,
    up: u64,
    down: u64,
}

impl Resampler {
    /// Prepares the rows for signals of `n` samples at rate `from`, to be taken to rate `to` (both in Hz).
    ///
    /// # Errors
    /// If a rate is not between 0.001 Hz and 1 MHz or would be raised more than a hundredfold, or if the result would
    /// have no sample.
    pub fn new(n: usize, from: f64, to: f64) -> Result<Self> {
        for rate in [from, to] {
            if !(0.001..=1e6).contains(&rate) {
                return Err(Error::Request(format!("resample at {rate} Hz: a rate lies between 0.001 Hz and 1 MHz")));
            }
        }
        if to > MAX_RAISE * from {
            return Err(Error::Request(format!("resample from {from} to {to} Hz: at most {MAX_RAISE} times the rate")));
        }
        let (up, down) = ratio(from, to);
        let n_out = ((n as u128 * u128::from(up) * 2 + u128::from(down)) / (2 * u128::from(down))) as usize;
        if n_out == 0 {
            return Err(Error::Request(format!("resample {n} samples from {from} to {to} Hz: nothing would be left")));
        }
        let mut resampler = Self { n_in: n, n_out, reach: 0, rows: Vec::new(), up, down };
        if up != down {
            resampler.fill_rows();
        }
        Ok(resampler)
    }

    /// Number of samples of the result: the input's, times the ratio of the rates, rounded.
    pub fn n_out(&self) -> usize {
        self.n_out
    }

    /// The signal at the new rate.
    ///
    /// # Panics
    /// If the signal does not have the length that the resampler was made for.
    pub fn apply(&self, signal: &[f64]) -> Vec<f64> {
        assert_eq!(signal.len(), self.n_in, "a signal of the length that the resampler was made for");
        if self.up == self.down {
            return signal.to_vec();
        }
        let padded = self.pad(signal);
        let taps = 2 * self.reach;
        let period = self.rows.len() / taps;
        (0..self.n_out)
            .map(|j| {
                let first = (j as u128 * u128::from(self.down) / u128::from(self.up)) as usize + 1;
                let row = &self.rows[j % period * taps..][..taps];
                row.iter().zip(&padded[first..first + taps]).map(|(weight, x)| weight * x).sum()
            })
            .collect()
    }

    fn fill_rows(&mut self) {
        let ratio = self.up as f64 / self.down as f64;
        let lower = ratio.min(1.0);
        let cutoff = (PASS + 0.5) / 2.0 * lower;
        let width = (0.5 - PASS) * lower;
        self.reach = (((STOP_DB - 7.95) / (14.36 * width)) / 2.0).ceil() as usize;
        let beta = 0.1102 * (STOP_DB - 8.7);
        let half = self.reach as f64;
        // Only as many rows as there are distinct positions, or output samples if those are fewer.
        for j in 0..self.up.min(self.n_out as u64) {
            let fraction = (j as u128 * u128::from(self.down) % u128::from(self.up)) as f64 / self.up as f64;
            let start = self.rows.len();
            for tap in 0..2 * self.reach {
                let t = tap as f64 + 1.0 - half - fraction;
                let window = bessel_i0(beta * (1.0 - (t / half).powi(2)).max(0.0).sqrt());
                self.rows.push(sinc(2.0 * cutoff * t) * window);
            }
            let sum: f64 = self.rows[start..].iter().sum();
            self.rows[start..].iter_mut().for_each(|weight| *weight /= sum);
        }
    }

    /// The signal with `reach` samples more at each end; where the reflection itself ends, its last value is held.
    fn pad(&self, signal: &[f64]) -> Vec<f64> {
        let mirrored = self.reach.min(self.n_in - 1);
        let held = self.reach + 1 - mirrored;
        let body = reflect(signal, mirrored);
        let (first, last) = (body[0], body[body.len() - 1]);
        let before = std::iter::repeat_n(first, held - 1);
        // An output sample may lie up to half an output interval behind the last input sample.
        let after = std::iter::repeat_n(last, held + (self.down / self.up) as usize + 1);
        before.chain(body.iter().copied()).chain(after).collect()
    }
}

/// The ratio of the rates in lowest terms.
fn ratio(from: f64, to: f64) -> (u64, u64) {
    let steps = |rate: f64| (rate * STEPS_PER_HZ).round() as u64;
    let (up, down) = (steps(to), steps(from));
    let (mut a, mut b) = (up, down);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    (up / a, down / a)
}

fn sinc(x: f64) -> f64 {
    if x.abs() < 1e-12 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

/// The modified Bessel function of order zero, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..60 {
        term *= quarter / f64::from(k * k);
        sum += term;
        if term < sum * 1e-16 {
            break;
        }
    }
    sum
}
