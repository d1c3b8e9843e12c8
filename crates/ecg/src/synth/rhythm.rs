//! When the beats come, and how breathing changes them.

use std::f64::consts::TAU;

use einthoven_game::rng::ChaCha8Rng;

use super::vector::{Vec3, chance, factor, normal, uniform};

/// One beat.
#[derive(Clone, Debug)]
pub(super) struct Beat {
    /// Seconds from the record's start to the beat's reference.
    pub at: f64,
    /// How much longer ST and T last than in the heart's usual beat.
    pub stretch: f64,
    /// How far breathing has turned the heart, in radians around X, Y and Z.
    pub turn: Vec3,
    /// What breathing makes of all heights.
    pub gain: f64,
    /// Whether the beat comes early and from the ventricles, if the heart has such beats.
    pub premature: bool,
}

/// The beats of a record, with some before its start and after its end.
#[derive(Clone, Debug)]
pub(super) struct Rhythm {
    pub beats: Vec<Beat>,
    /// Usual time between beats in seconds.
    pub rr: f64,
}

impl Rhythm {
    /// Draws the beats of a record. Fibrillation makes them irregular; `premature` moves some of them forward.
    pub fn draw(rng: &mut ChaCha8Rng, seconds: f64, fibrillation: bool, premature: bool) -> Self {
        let breath = Breath::draw(rng);
        let rate = if fibrillation {
            (85.0 * factor(rng, 0.25)).clamp(55.0, 140.0)
        } else {
            (69.0 * factor(rng, 0.2)).clamp(45.0, if premature { 100.0 } else { 120.0 })
        };
        let rr = 60.0 / rate;
        let mut intervals = if fibrillation { irregular(rng, rr, seconds) } else { breath.sinus(rng, rr, seconds) };
        let early = if premature { choose_premature(rng, &mut intervals, seconds) } else { Vec::new() };
        let mut beats = Vec::with_capacity(intervals.len());
        let mut at = -intervals[0] * uniform(rng, 1.0, 2.0);
        for (index, interval) in intervals.iter().enumerate() {
            at += interval;
            let phase = breath.phase(at).sin();
            beats.push(Beat {
                at,
                stretch: (interval / rr).clamp(0.5, 1.5).powf(0.3),
                turn: breath.turn.map(|angle| angle * phase),
                gain: 1.0 + breath.depth * phase,
                premature: early.contains(&index),
            });
        }
        Self { beats, rr }
    }
}

/// Breathing and the nerves' slower wave.
struct Breath {
    hz: f64,
    start: f64,
    slow_start: f64,
    turn: Vec3,
    depth: f64,
}

impl Breath {
    fn draw(rng: &mut ChaCha8Rng) -> Self {
        Self {
            hz: uniform(rng, 0.18, 0.35),
            start: uniform(rng, 0.0, TAU),
            slow_start: uniform(rng, 0.0, TAU),
            turn: [0.02, 0.04, 0.06].map(|sd| normal(rng, sd)),
            depth: uniform(rng, 0.0, 0.08),
        }
    }

    fn phase(&self, at: f64) -> f64 {
        TAU * self.hz * at + self.start
    }

    /// Intervals of sinus rhythm: respiratory arrhythmia, a slow wave at 0.1 Hz and some noise.
    fn sinus(&self, rng: &mut ChaCha8Rng, rr: f64, seconds: f64) -> Vec<f64> {
        let (fast, slow, rough) = (uniform(rng, 0.0, 0.06), uniform(rng, 0.0, 0.03), uniform(rng, 0.003, 0.012));
        let (mut at, mut intervals) = (0.0, Vec::new());
        while at < seconds + 4.0 * rr {
            let wave = fast * self.phase(at).sin() + slow * (TAU * 0.1 * at + self.slow_start).sin();
            let interval = rr * (1.0 + wave + normal(rng, rough));
            intervals.push(interval);
            at += interval;
        }
        intervals
    }
}

/// Intervals without order whose coefficient of variation lies between 0.17 and 0.3.
fn irregular(rng: &mut ChaCha8Rng, rr: f64, seconds: f64) -> Vec<f64> {
    let wanted = uniform(rng, 0.18, 0.3);
    let n = (seconds / rr).ceil() as usize + 5;
    let draws: Vec<f64> = (0..n).map(|_| factor(rng, 0.25)).collect();
    let mean = draws.iter().sum::<f64>() / n as f64;
    let sd = (draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64).sqrt();
    draws.iter().map(|x| (rr * (1.0 + (x - mean) / sd * wanted)).max(0.3)).collect()
}

/// Lets one to four beats that are not neighbours come early; the next beat keeps its time, which makes the pause.
/// Returns their numbers.
fn choose_premature(rng: &mut ChaCha8Rng, intervals: &mut [f64], seconds: f64) -> Vec<usize> {
    let last = (0..intervals.len())
        .find(|&i| intervals[..=i].iter().sum::<f64>() > seconds - 0.8)
        .unwrap_or(intervals.len())
        .clamp(5, intervals.len() - 2);
    let candidates: Vec<usize> = (3..last).collect();
    let share = if chance(rng, 0.15) { 0.5 } else { uniform(rng, 0.05, 0.3) };
    let mut early: Vec<usize> = Vec::new();
    for &index in &candidates {
        if chance(rng, share) && early.last().is_none_or(|&before| before + 1 < index) {
            early.push(index);
        }
    }
    if early.is_empty() {
        early.push(candidates[(uniform(rng, 0.0, candidates.len() as f64) as usize).min(candidates.len() - 1)]);
    }
    let coupling = uniform(rng, 0.55, 0.72);
    for &index in &early {
        let earlier = intervals[index] - (intervals[index] * coupling).max(0.33).min(intervals[index] * 0.78);
        intervals[index] -= earlier;
        intervals[index + 1] += earlier;
    }
    early
}
