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

/// Where a window lies in its record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cut {
    start: f64,
    stretch: f64,
}

impl Cut {
    /// Copies the same window of a region `[leads, n_samples]`: the nearest samples.
    pub(crate) fn region(self, region: &[bool], n_samples: usize, window: usize, into: &mut Vec<bool>) {
        for samples in region.chunks_exact(n_samples) {
            let at = |i: usize| (self.start + self.stretch * i as f64).round() as usize;
            into.extend((0..window).map(|i| samples[at(i).min(n_samples - 1)]));
        }
    }
}

impl Augmentation {
    /// Copies a window of a record `[leads, n_samples]` that begins at a random time, changed; where it lies.
    pub(crate) fn window(
        &self,
        record: &[f32],
        n_samples: usize,
        window: usize,
        rng: &mut ChaCha8Rng,
        into: &mut Vec<f32>,
    ) -> Cut {
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
        Cut { start, stretch }
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

#[cfg(test)]
mod tests {
    use einthoven_game::rng::stream;

    use super::*;

    const NOTHING: Augmentation =
        Augmentation { gain: 0.0, lead_gain: 0.0, stretch: 0.0, noise_mv: 0.0, lost_lead: 0.0 };

    /// Three leads of 100 samples, straight lines of slope 1, 2 and 3.
    fn ramps() -> Vec<f32> {
        (0..3).flat_map(|lead| (0..100).map(move |t| (lead + 1) as f32 * t as f32)).collect()
    }

    fn window(augmentation: &Augmentation, index: u64) -> Vec<f32> {
        let mut into = Vec::new();
        augmentation.window(&ramps(), 100, 40, &mut stream(1, "test/augment", index), &mut into);
        assert_eq!(into.len(), 120);
        into
    }

    #[test]
    fn nothing_changes_nothing_but_the_start() {
        let starts: Vec<f32> = (0..50)
            .map(|index| {
                let found = window(&NOTHING, index);
                let start = found[0];
                let expected: Vec<f32> =
                    (0..3).flat_map(|lead| (0..40).map(move |t| (lead + 1) as f32 * (start + t as f32))).collect();
                assert_eq!(found, expected);
                start
            })
            .collect();
        assert!(starts.iter().all(|start| (0.0..=60.0).contains(start) && start.fract() == 0.0));
        assert!(starts.iter().any(|start| *start < 15.0) && starts.iter().any(|start| *start > 45.0));
    }

    #[test]
    fn stretching_keeps_straight_lines_and_stays_inside() {
        for index in 0..50 {
            let found = window(&Augmentation { stretch: 0.5, ..NOTHING }, index);
            let step = found[20] - found[19];
            assert!(found[0] >= 0.0 && found[39] <= 99.0 + 1e-3, "{} to {}", found[0], found[39]);
            // The first and last piece of the cubic lack a neighbour.
            for t in 2..37 {
                let slope = found[t + 1] - found[t];
                assert!((slope - step).abs() < 0.1 * step || found[t] < 1.0 || found[t + 1] > 98.0, "{slope} {step}");
            }
        }
    }

    #[test]
    fn gains_belong_to_leads_and_a_lost_lead_is_zero() {
        let found = window(&Augmentation { lead_gain: 0.3, lost_lead: 1.0, ..NOTHING }, 3);
        let leads: Vec<&[f32]> = found.chunks(40).collect();
        assert_eq!(leads.iter().filter(|lead| lead.iter().all(|&x| x == 0.0)).count(), 1);
        let slopes: Vec<f32> = leads.iter().enumerate().map(|(i, x)| (x[9] - x[8]) / (i + 1) as f32).collect();
        assert!(slopes.iter().all(|&slope| slope == 0.0 || slope != 1.0), "{slopes:?}");
    }

    #[test]
    fn a_region_is_cut_as_its_record() {
        // A line of slope 1 shows which sample each place of the window is made of.
        let record: Vec<f32> = (0..200).map(|i| (i % 100) as f32).collect();
        let region: Vec<bool> = (0..200).map(|i| !(60..170).contains(&i)).collect();
        for index in 0..20 {
            let (mut window, mut found) = (Vec::new(), Vec::new());
            let augmentation = Augmentation { stretch: 0.3, ..NOTHING };
            let cut = augmentation.window(&record, 100, 40, &mut stream(1, "test/cut", index), &mut window);
            cut.region(&region, 100, 40, &mut found);
            assert_eq!(found.len(), 80);
            for (i, (at, found)) in window.iter().zip(&found).enumerate() {
                let borders = if i < 40 { [-1.0, 59.5] } else { [69.5, 100.0] };
                // The cubic bends in the first and the last piece.
                let clear = (1.0..98.0).contains(at) && borders.iter().all(|border| (at - border).abs() > 1e-3);
                assert!(!clear || *found == (borders[0] < *at && *at < borders[1]), "{at} {found}");
            }
        }
    }

    #[test]
    fn noise_has_at_most_the_strength_asked_for() {
        let (mut sum, n) = (0.0, 400);
        for index in 0..n {
            let (noisy, clean) = (window(&Augmentation { noise_mv: 0.5, ..NOTHING }, index), window(&NOTHING, index));
            // The start is drawn first, so both windows begin at the same sample.
            sum += noisy.iter().zip(&clean).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>() / 120.0;
        }
        // The mean of the square of a uniform number up to 0.5.
        let expected = 0.25 / 3.0;
        assert!((sum / n as f64 - expected).abs() < 0.15 * expected, "{}", sum / n as f64);
    }
}
