//! Small changes to training records, so that a network does not lean on what differs between recorders.

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
    /// Largest standard deviation of white noise in mV; each record draws its own between 0 and this.
    pub noise_mv: f64,
    /// Probability that one lead is zero.
    pub lost_lead: f64,
}

impl Default for Augmentation {
    fn default() -> Self {
        Self { gain: 0.15, lead_gain: 0.1, noise_mv: 0.03, lost_lead: 0.1 }
    }
}

impl Augmentation {
    /// Copies a window of a record `[leads, n_samples]` that begins at a random sample, changed.
    pub(crate) fn window(
        &self,
        record: &[f32],
        n_samples: usize,
        window: usize,
        rng: &mut ChaCha8Rng,
        into: &mut Vec<f32>,
    ) {
        let start = rng.random_range(0..=n_samples - window);
        let gain = (self.gain * rng.sample::<f64, _>(StandardNormal)).exp();
        let noise = self.noise_mv * rng.random::<f64>();
        let n_leads = record.len() / n_samples;
        let lost = (rng.random::<f64>() < self.lost_lead).then(|| rng.random_range(0..n_leads));
        for (lead, samples) in record.chunks_exact(n_samples).enumerate() {
            let own = (self.lead_gain * rng.sample::<f64, _>(StandardNormal)).exp();
            let gain = if lost == Some(lead) { 0.0 } else { (gain * own) as f32 };
            let samples = &samples[start..start + window];
            if noise == 0.0 {
                into.extend(samples.iter().map(|x| gain * x));
            } else {
                into.extend(samples.iter().map(|x| gain * x + noise as f32 * rng.sample::<f32, _>(StandardNormal)));
            }
        }
    }
}
