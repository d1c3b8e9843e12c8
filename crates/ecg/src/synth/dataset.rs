//! Data sets of synthetic records.

use std::collections::BTreeMap;

use einthoven_game::rng::{ChaCha8Rng, stream};
use serde::{Deserialize, Serialize};

use super::definition::{holds, is_normal};
use super::edit::{Plan, ectopic_beat};
use super::field::ELECTRODES;
use super::finding::{Finding, superclasses};
use super::heart::Heart;
use super::measure::measure;
use super::noise::{self, NoiseConfig};
use super::rhythm::Rhythm;
use super::vector::{chance, rotation};
use super::wave::Canvas;
use super::{fibrillation, wave::Wave};
use crate::leads::STANDARD;
use crate::{Error, Record, Result};

/// A cell belongs to the ground truth if the twins differ there by more than this share of their largest difference.
pub const MASK_SHARE: f64 = 0.2;
/// Hearts tried before the last one is taken; each departs a little less from the base, where all definitions hold.
const HEARTS: u64 = 60;
/// How often a finding's strength grows, each time by a tenth, before another heart is tried.
const GROWTHS: i32 = 11;

/// A data set of synthetic records, as JSON. Record `i` of a split is drawn from (seed, split, `i`) alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatasetConfig {
    /// Number of records.
    pub n: usize,
    /// Seed of all draws.
    pub seed: u64,
    /// The split that is drawn where the caller names none. Splits of one seed have no record in common.
    pub split: String,
    /// Sampling rate in Hz.
    pub rate: f64,
    /// Length of a record in seconds.
    pub seconds: f64,
    /// Probability of each finding; those not named do not occur. Findings are drawn independently, in the order of
    /// [`Finding::ALL`]; one that does not go with those drawn before it is left out.
    pub prevalence: BTreeMap<Finding, f64>,
    /// Noise of the recordings.
    pub noise: NoiseConfig,
}

impl Default for DatasetConfig {
    /// What the built-in model is trained on.
    fn default() -> Self {
        let prevalence = [
            (Finding::AnteriorMi, 0.08),
            (Finding::InferiorMi, 0.09),
            (Finding::LateralMi, 0.06),
            (Finding::StDepression, 0.09),
            (Finding::TInversion, 0.09),
            (Finding::Lbbb, 0.08),
            (Finding::Rbbb, 0.08),
            (Finding::LvhStrain, 0.1),
            (Finding::FirstDegreeAvBlock, 0.06),
            (Finding::AtrialFibrillation, 0.06),
            (Finding::PrematureVentricularBeats, 0.06),
            (Finding::LowVoltage, 0.05),
            (Finding::IncompleteRbbb, 0.07),
            (Finding::LeftAnteriorBlock, 0.07),
            (Finding::LeftAtrialEnlargement, 0.12),
            (Finding::FlatT, 0.1),
            (Finding::LvhVoltage, 0.09),
        ];
        Self {
            n: 20_000,
            seed: 1,
            split: "train".into(),
            rate: 500.0,
            seconds: 10.0,
            prevalence: prevalence.into(),
            noise: NoiseConfig::default(),
        }
    }
}

/// A synthetic record, its healthy twin and what distinguishes them.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// The record, with the findings.
    pub record: Record,
    /// The same heart and the same noise, with beats at the same times, without the findings.
    pub twin: Record,
    /// Where the twins differ, before noise, by more than [`MASK_SHARE`] of their largest difference: `[leads,
    /// samples]`. All false for a heart without findings.
    pub mask: Vec<bool>,
    /// What the heart has, in the order of [`Finding::ALL`].
    pub findings: Vec<Finding>,
    /// The superclasses in the order of [`crate::labels::NAMES`].
    pub superclasses: [bool; 5],
    /// Times of the beats' references (near the R peak) in seconds; a few lie before the start or after the end.
    pub beats: Vec<f64>,
}

impl DatasetConfig {
    /// Refuses settings that make no sense.
    ///
    /// # Errors
    /// Names the field and what would be right.
    pub fn check(&self) -> Result<()> {
        let fail = |what: String| Err(Error::Request(format!("draw synthetic records: {what}")));
        if !(50.0..=10_000.0).contains(&self.rate) {
            return fail(format!("rate is {}, but must lie between 50 and 10000 Hz", self.rate));
        }
        if !(4.0..=3600.0).contains(&self.seconds) {
            return fail(format!("seconds is {}, but must lie between 4 and 3600", self.seconds));
        }
        if let Some((finding, p)) = self.prevalence.iter().find(|(_, p)| !(0.0..=1.0).contains(*p)) {
            return fail(format!("prevalence of {finding} is {p}, but must lie between 0 and 1"));
        }
        let NoiseConfig { snr_db, wander_mv, mains_mv, mains_hz, motion } = &self.noise;
        let ranges = [("snr_db", snr_db.unwrap_or_default(), -100.0)]
            .into_iter()
            .chain([("wander_mv", *wander_mv, 0.0), ("mains_mv", *mains_mv, 0.0)]);
        for (name, [low, high], least) in ranges {
            if !(least <= low && low <= high && high <= 1000.0) {
                return fail(format!("noise.{name} is [{low}, {high}], but must be a range between {least} and 1000"));
            }
        }
        if !(0.0..=1.0).contains(motion) {
            return fail("noise.motion must lie between 0 and 1".into());
        }
        if mains_hz.iter().any(|hz| !(1.0..=1000.0).contains(hz)) {
            return fail("every frequency of noise.mains_hz must lie between 1 and 1000 Hz".into());
        }
        Ok(())
    }

    /// Record `index` of `split`, with findings by their prevalence.
    ///
    /// # Panics
    /// If [`DatasetConfig::check`] refuses the configuration.
    pub fn draw(&self, split: &str, index: u64) -> Drawn {
        let mut rng = stream(self.seed, &format!("synth/{split}/findings"), index);
        let mut findings: Vec<Finding> = Vec::new();
        for finding in Finding::ALL {
            let probability = self.prevalence.get(&finding).copied().unwrap_or(0.0);
            if chance(&mut rng, probability) && findings.iter().all(|other| other.goes_with(finding)) {
                findings.push(finding);
            }
        }
        self.draw_with(&findings, split, index)
    }

    /// Record `index` of `split` with exactly these findings; none makes a healthy heart.
    ///
    /// # Panics
    /// If [`DatasetConfig::check`] refuses the configuration.
    pub fn draw_with(&self, findings: &[Finding], split: &str, index: u64) -> Drawn {
        self.check().expect("invariant: the caller has checked the configuration");
        let draws = Draws { seed: self.seed, split, index };
        let has = |finding| findings.contains(&finding);
        let fibrillation = has(Finding::AtrialFibrillation);
        let premature = has(Finding::PrematureVentricularBeats);
        let rhythm = Rhythm::draw(&mut draws.stream("rhythm"), self.seconds, fibrillation, premature);
        let (healthy, sick) = draws.hearts(findings, rhythm.rr);

        let ectopic = ectopic_beat(&mut draws.stream("ectopic"), &sick);
        let mut canvas = self.paint(&sick, &rhythm, premature.then_some(&ectopic));
        if fibrillation {
            fibrillation::add(&mut draws.stream("fibrillation"), &sick.field, &mut canvas);
        }
        let twin = if findings.is_empty() { None } else { Some(self.paint(&healthy, &rhythm, None)) };
        let mask = twin.as_ref().map_or_else(|| vec![false; 12 * canvas.samples.len()], |twin| mask(&canvas, twin));

        let power = |canvas: &Canvas| noise::mean_power(&canvas.samples);
        let power = twin.as_ref().map_or(f64::INFINITY, power).min(power(&canvas));
        let n = canvas.samples.len();
        let noise = noise::draw(&mut draws.stream("noise"), &self.noise, self.rate, n, power);
        let name = if findings.is_empty() { "normal".into() } else { names(findings).join("_") };
        let name = format!("{split}-{index}-{name}");
        let mut record = finish(canvas, &noise, &name);
        record.labels = names(findings);
        let twin = twin.map_or_else(|| record.clone(), |twin| finish(twin, &noise, &format!("{name}-twin")));
        let beats = rhythm.beats.iter().map(|beat| beat.at).collect();
        Drawn { record, twin, mask, findings: findings.to_vec(), superclasses: superclasses(findings), beats }
    }

    /// All beats of a heart; premature ones have the ectopic shape if there is one.
    fn paint(&self, heart: &Heart, rhythm: &Rhythm, ectopic: Option<&Vec<Wave>>) -> Canvas {
        let mut canvas = Canvas::new(self.rate, (self.seconds * self.rate).round() as usize);
        for beat in &rhythm.beats {
            let mut field = heart.field.turned(&rotation(beat.turn));
            field.scale(beat.gain);
            let waves = ectopic.filter(|_| beat.premature).unwrap_or(&heart.waves);
            for wave in waves {
                canvas.add(wave, &wave.potentials(&field), beat.at, beat.stretch);
            }
        }
        canvas
    }
}

/// The streams of one record.
struct Draws<'a> {
    seed: u64,
    split: &'a str,
    index: u64,
}

impl Draws<'_> {
    fn stream(&self, purpose: &str) -> ChaCha8Rng {
        stream(self.seed, &format!("synth/{}/{purpose}", self.split), self.index)
    }

    /// A normal heart, and the same heart with the findings, each of which meets its definition.
    fn hearts(&self, findings: &[Finding], rr: f64) -> (Heart, Heart) {
        let mut attempt = 0;
        loop {
            let spread = 1.0 - (attempt as f64 / HEARTS as f64).powi(2);
            let healthy = Heart::draw(&mut self.stream(&format!("heart-{attempt}")), rr, spread);
            let last = attempt == HEARTS;
            attempt += 1;
            if !last && !is_normal(&measure(&healthy)) {
                continue;
            }
            let mut rng = self.stream(&format!("plan-{attempt}"));
            let plans: Vec<Plan> = findings.iter().map(|&finding| Plan::draw(&mut rng, finding)).collect();
            let (sick, met) = fulfil(&healthy, &plans);
            if met || last {
                return (healthy, sick);
            }
        }
    }
}

/// Applies the plans, each as strongly as its definition needs; says whether all definitions hold.
fn fulfil(healthy: &Heart, plans: &[Plan]) -> (Heart, bool) {
    let mut strengths = vec![1.0; plans.len()];
    let mut order: Vec<usize> = (0..plans.len()).collect();
    order.sort_by_key(|&index| plans[index].finding.rank());
    for growth in 0.. {
        let mut sick = healthy.clone();
        for &index in &order {
            plans[index].apply(&mut sick, strengths[index]);
        }
        let measures = measure(&sick);
        let missing: Vec<usize> = (0..plans.len()).filter(|&index| !holds(&plans[index], &measures)).collect();
        if missing.is_empty() || growth == GROWTHS {
            return (sick, missing.is_empty());
        }
        missing.into_iter().for_each(|index| strengths[index] *= 1.1);
    }
    unreachable!("the loop returns after its last growth")
}

fn names(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(Finding::to_string).collect()
}

/// Where the leads of two canvases differ by more than the share of their largest difference.
fn mask(sick: &Canvas, healthy: &Canvas) -> Vec<bool> {
    let mut difference = sick.leads();
    for (a, b) in difference.iter_mut().zip(healthy.leads()) {
        *a = (*a - b).abs();
    }
    let highest = difference.iter().copied().fold(0.0, f64::max);
    difference.iter().map(|&x| x > MASK_SHARE * highest).collect()
}

fn finish(mut canvas: Canvas, noise: &[[f64; ELECTRODES]], name: &str) -> Record {
    for (sample, noise) in canvas.samples.iter_mut().zip(noise) {
        for (value, noise) in sample.iter_mut().zip(noise) {
            *value += noise;
        }
    }
    let signal = canvas.leads().iter().map(|&x| x as f32).collect();
    let mut record = Record::new(name, canvas.rate, STANDARD.map(String::from).to_vec(), signal);
    record.source = "the synthetic heart".into();
    record
}
