//! The atria's waves in fibrillation.

use std::f64::consts::TAU;

use einthoven_game::rng::ChaCha8Rng;

use super::field::Field;
use super::noise::Phasor;
use super::vector::{normal, plus, scaled, uniform, unit};
use super::wave::Canvas;

/// Adds waves of 4 to 9 Hz whose frequency and height wander, best seen in V1 and in the inferior leads.
pub(super) fn add(rng: &mut ChaCha8Rng, field: &Field, canvas: &mut Canvas) {
    let rate = canvas.rate;
    let hz = uniform(rng, 4.6, 8.2);
    let height = 0.03 + 0.1 * uniform(rng, 0.0, 1.0).powi(2);
    let main = unit(plus([-0.2, 0.5, -0.9], [normal(rng, 0.25), normal(rng, 0.35), normal(rng, 0.25)]));
    let second = unit([normal(rng, 1.0), normal(rng, 1.0), normal(rng, 1.0)]);
    let main = field.potentials(scaled(main, height));
    let second = field.potentials(scaled(second, 0.4 * height));
    let mut slow = Phasor::new(uniform(rng, 0.1, 0.35) / rate, uniform(rng, 0.0, TAU));
    let mut fast = Phasor::new(uniform(rng, 0.5, 1.1) / rate, uniform(rng, 0.0, TAU));
    let mut swell = Phasor::new(uniform(rng, 0.2, 0.8) / rate, uniform(rng, 0.0, TAU));
    let mut phase = uniform(rng, 0.0, TAU);
    for sample in &mut canvas.samples {
        phase += TAU * hz * (1.0 + 0.06 * slow.next() + 0.06 * fast.next()) / rate;
        let envelope = 1.0 + 0.4 * swell.next();
        // A sawtooth's first two parts.
        let (sin, cos) = phase.sin_cos();
        let (first, next) = (envelope * (sin + 0.35 * 2.0 * sin * cos), envelope * cos);
        for (value, (a, b)) in sample.iter_mut().zip(main.iter().zip(&second)) {
            *value += a * first + b * next;
        }
    }
}
