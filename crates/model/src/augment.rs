//! Small changes to training records, so that a network does not lean on what differs between recorders and bodies.

use einthoven_game::rng::ChaCha8Rng;
use rand::RngExt;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};

/// How strongly training records are changed. All zero changes nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Augmentation {
    /// Standard deviation of the logarithm of a gain common to all leads.
    pub gain: f64,
    /// Standard deviation of the logarithm of each lead's own gain.
    pub lead_gain: f64,
    /// Standard deviation of the logarithm of a factor of time.
    pub stretch: f64,
    /// Largest standard deviation of white noise in mV; each record draws its own between 0 and this.
    pub noise_mv: f64,
    /// Probability that one lead is zero.
    pub lost_lead: f64,
}

impl Default for Augmentation {
    fn default() -> Self {
        Self { gain: 0.3, lead_gain: 0.3, stretch: 0.1, noise_mv: 0.04, lost_lead: 0.25 }
    }
}

impl Augmentation {
    /// Copies a window of a record `[leads, n_samples]` that begins at a random time, changed.
    pub(crate) fn window(
        &self,
        record: &[f32],
        n_samples: usize,
        window: usize,
        rng: &mut ChaCha8Rng,
        into: &mut Vec<f32>,
    ) {
        // The window must not reach beyond the record.
        let most = (n_samples as f64 - 1.0) / (window as f64 - 1.0);
        let stretch = self.factor(self.stretch, rng).min(most);
        let start = rng.random::<f64>() * (n_samples as f64 - 1.0 - stretch * (window as f64 - 1.0)).max(0.0);
        let start = if self.stretch == 0.0 { start.round() } else { start };
        let gain = self.factor(self.gain, rng);
        let noise = (self.noise_mv * rng.random::<f64>()) as f32;
        let n_leads = record.len() / n_samples;
        let lost = (rng.random::<f64>() < self.lost_lead).then(|| rng.random_range(0..n_leads));
        for (lead, samples) in record.chunks_exact(n_samples).enumerate() {
            let own = gain * self.factor(self.lead_gain, rng);
            let gain = if lost == Some(lead) { 0.0 } else { own as f32 };
            for i in 0..window {
                let hiss = if noise == 0.0 { 0.0 } else { noise * rng.sample::<f32, _>(StandardNormal) };
                into.push(gain * between(samples, start + stretch * i as f64) + hiss);
            }
        }
    }

    fn factor(&self, sd: f64, rng: &mut ChaCha8Rng) -> f64 {
        (sd * rng.sample::<f64, _>(StandardNormal)).exp()
    }
}

/// The value between samples, on a cubic through the four nearest (Catmull and Rom).
fn between(samples: &[f32], at: f64) -> f32 {
    let last = samples.len() - 1;
    let left = (at.floor() as usize).min(last);
    let share = (at - left as f64) as f32;
    let sample = |offset: usize| samples[(left + offset).saturating_sub(1).min(last)];
    if share <= 0.0 {
        return samples[left];
    }
    let [a, b, c, d] = [0, 1, 2, 3].map(sample);
    b + 0.5 * share * (c - a + share * (2.0 * a - 5.0 * b + 4.0 * c - d + share * (3.0 * (b - c) + d - a)))
}
