//! What a recording adds to the heart's potentials, electrode by electrode.

use std::f64::consts::TAU;

use einthoven_game::rng::ChaCha8Rng;
use rand::RngExt;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};

use super::field::{ELECTRODES, leads};
use super::vector::{chance, factor, normal, uniform};

/// How much noise a record gets. Each range is drawn from uniformly, once per record.
///
/// All noise arises at the electrodes, so that Einthoven's law holds with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NoiseConfig {
    /// Ratio of the heart's power to that of the muscles' noise in dB (mean over the leads; of the two twins the weaker
    /// one counts). `None` for no muscle noise.
    pub snr_db: Option<[f64; 2]>,
    /// Amplitude of the baseline's wander per electrode in mV.
    pub wander_mv: [f64; 2],
    /// Amplitude of the mains hum per electrode in mV.
    pub mains_mv: [f64; 2],
    /// Frequencies of the mains in Hz; one of them is drawn.
    pub mains_hz: Vec<f64>,
    /// Probability that one electrode moves and its potential jumps.
    pub motion: f64,
}

impl Default for NoiseConfig {
    fn default() -> Self {
        Self {
            snr_db: Some([9.0, 46.0]),
            wander_mv: [0.0, 0.18],
            mains_mv: [0.0, 0.025],
            mains_hz: vec![50.0, 60.0],
            motion: 0.1,
        }
    }
}

impl NoiseConfig {
    /// No noise at all.
    pub fn none() -> Self {
        Self { snr_db: None, wander_mv: [0.0; 2], mains_mv: [0.0; 2], motion: 0.0, ..Self::default() }
    }
}

/// Draws the noise of `n` samples at every electrode. `power` is the heart's mean power per lead in mV².
pub(super) fn draw(
    rng: &mut ChaCha8Rng,
    config: &NoiseConfig,
    rate: f64,
    n: usize,
    power: f64,
) -> Vec<[f64; ELECTRODES]> {
    let mut noise = vec![[0.0; ELECTRODES]; n];
    if let Some([low, high]) = config.snr_db {
        let wanted = power / 10.0_f64.powf(uniform(rng, low, high) / 10.0);
        muscle(rng, rate, &mut noise);
        let scale = (wanted / mean_power(&noise).max(1e-12)).sqrt();
        noise.iter_mut().flatten().for_each(|x| *x *= scale);
    }
    let amplitude = uniform(rng, config.wander_mv[0], config.wander_mv[1]);
    wander(rng, amplitude, rate, &mut noise);
    mains(rng, config, rate, &mut noise);
    if chance(rng, config.motion) {
        motion(rng, rate, &mut noise);
    }
    noise
}

/// Mean over the twelve leads of their mean square, in mV².
pub(super) fn mean_power(samples: &[[f64; ELECTRODES]]) -> f64 {
    let sum: f64 = samples.iter().map(|sample| leads(sample).iter().map(|x| x * x).sum::<f64>()).sum();
    sum / (12 * samples.len()) as f64
}

/// Noise between about 15 and 100 Hz whose strength rises and falls; the electrodes differ in strength.
fn muscle(rng: &mut ChaCha8Rng, rate: f64, noise: &mut [[f64; ELECTRODES]]) {
    let (above, below) = (uniform(rng, 5.0, 25.0), uniform(rng, 60.0, 120.0).min(0.4 * rate));
    let keep = [(-TAU * above / rate).exp(), (-TAU * below / rate).exp()];
    let depth = uniform(rng, 0.0, 0.8);
    let mut swell = Phasor::new(uniform(rng, 0.05, 0.4) / rate, uniform(rng, 0.0, TAU));
    let strength: [f64; ELECTRODES] = std::array::from_fn(|_| factor(rng, 0.35));
    let (mut slow, mut smooth) = ([0.0; ELECTRODES], [0.0; ELECTRODES]);
    for sample in noise {
        let envelope = 1.0 + depth * swell.next();
        for electrode in 0..ELECTRODES {
            let white: f64 = rng.sample(StandardNormal);
            smooth[electrode] += (1.0 - keep[1]) * (white - smooth[electrode]);
            slow[electrode] += (1.0 - keep[0]) * (smooth[electrode] - slow[electrode]);
            sample[electrode] += envelope * strength[electrode] * (smooth[electrode] - slow[electrode]);
        }
    }
}

/// Slow sines below 0.5 Hz.
fn wander(rng: &mut ChaCha8Rng, amplitude: f64, rate: f64, noise: &mut [[f64; ELECTRODES]]) {
    let common = uniform(rng, 0.15, 0.45);
    for electrode in 0..ELECTRODES {
        let own = amplitude * factor(rng, 0.4);
        for (hz, share) in [(common, 0.5), (uniform(rng, 0.05, 0.2), 0.6), (uniform(rng, 0.2, 0.5), 0.25)] {
            let mut sine = Phasor::new(hz / rate, uniform(rng, 0.0, TAU));
            let height = own * share * factor(rng, 0.3);
            noise.iter_mut().for_each(|sample| sample[electrode] += height * sine.next());
        }
    }
}

fn mains(rng: &mut ChaCha8Rng, config: &NoiseConfig, rate: f64, noise: &mut [[f64; ELECTRODES]]) {
    let amplitude = uniform(rng, config.mains_mv[0], config.mains_mv[1]);
    let choice = uniform(rng, 0.0, config.mains_hz.len() as f64) as usize;
    let Some(hz) = config.mains_hz.get(choice).map(|hz| hz + normal(rng, 0.03)).filter(|hz| *hz < rate / 2.0) else {
        return;
    };
    let phase = uniform(rng, 0.0, TAU);
    for electrode in 0..ELECTRODES {
        let own = amplitude * factor(rng, 0.6);
        let mut sine = Phasor::new(hz / rate, phase + normal(rng, 0.5));
        noise.iter_mut().for_each(|sample| sample[electrode] += own * sine.next());
    }
}

/// One or two jumps of one electrode, each dying away.
fn motion(rng: &mut ChaCha8Rng, rate: f64, noise: &mut [[f64; ELECTRODES]]) {
    let electrode = (uniform(rng, 0.0, ELECTRODES as f64) as usize).min(ELECTRODES - 1);
    for _ in 0..1 + usize::from(chance(rng, 0.4)) {
        let start = (uniform(rng, 0.0, 1.0) * noise.len() as f64) as usize;
        let mut height = uniform(rng, 0.1, 0.8) * if chance(rng, 0.5) { 1.0 } else { -1.0 };
        let rise = (-1.0 / (uniform(rng, 0.01, 0.08) * rate)).exp();
        let fall = (-1.0 / (uniform(rng, 0.2, 1.0) * rate)).exp();
        let mut missing = 1.0;
        for sample in &mut noise[start..] {
            missing *= rise;
            height *= fall;
            sample[electrode] += height * (1.0 - missing);
        }
    }
}

/// A sine that goes on by rotating.
pub(super) struct Phasor {
    step: (f64, f64),
    state: (f64, f64),
}

impl Phasor {
    /// `cycles` per sample, starting at `phase` radians.
    pub fn new(cycles: f64, phase: f64) -> Self {
        Self { step: (TAU * cycles).sin_cos(), state: phase.sin_cos() }
    }

    pub fn next(&mut self) -> f64 {
        let ((sin, cos), (ds, dc)) = (self.state, self.step);
        self.state = (sin * dc + cos * ds, cos * dc - sin * ds);
        sin
    }
}
