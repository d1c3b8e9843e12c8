//! Every finding meets its clinical definition on the leads, and no healthy heart meets any.
//!
//! The measurements here are made on the averaged beat of a clean record and share nothing with the generator's own.

use einthoven_ecg::synth::{DatasetConfig, Drawn, Finding, NoiseConfig};

const RATE: f64 = 500.0;
const HEARTS: u64 = 40;
const I: usize = 0;
const II: usize = 1;
const III: usize = 2;
const AVL: usize = 4;
const AVF: usize = 5;
const V1: usize = 6;
const V2: usize = 7;
const V3: usize = 8;
const V5: usize = 10;
const V6: usize = 11;
const CONTIGUOUS: [(usize, usize); 9] =
    [(I, AVL), (II, AVF), (III, AVF), (6, 7), (7, 8), (8, 9), (9, 10), (10, 11), (I, V6)];

fn config() -> DatasetConfig {
    DatasetConfig { seed: 11, rate: RATE, noise: NoiseConfig::none(), ..DatasetConfig::default() }
}

fn draw(finding: Finding, index: u64) -> Drawn {
    config().draw_with(&[finding], "definitions", index)
}

/// The mean beat from 0.5 s before the reference to 0.5 s after it.
struct Beat {
    leads: Vec<Vec<f64>>,
    onset: usize,
    offset: usize,
    /// Where the next beat's P may begin.
    end: usize,
}

const REFERENCE: usize = 250;

impl Beat {
    fn of(drawn: &Drawn) -> Self {
        let record = &drawn.record;
        let starts: Vec<usize> = drawn
            .beats
            .iter()
            .map(|at| (at * RATE).round() as i64 - REFERENCE as i64)
            .filter(|start| *start >= 0 && start + 500 <= record.n_samples() as i64)
            .map(|start| start as usize)
            .collect();
        let mean = |lead: usize, i: usize| {
            starts.iter().map(|start| f64::from(record.lead(lead)[start + i])).sum::<f64>() / starts.len() as f64
        };
        let leads: Vec<Vec<f64>> = (0..12).map(|lead| (0..500).map(|i| mean(lead, i)).collect()).collect();
        // QRS is where the leads move fast: the sum of absolute slopes above a tenth of its peak, pauses of up to 20 ms.
        let speed = |i: usize| leads.iter().map(|lead| (lead[i + 1] - lead[i]).abs()).sum::<f64>();
        let peak = (200..320).max_by(|&a, &b| speed(a).total_cmp(&speed(b))).unwrap();
        let fast = |i: usize, share: f64| speed(i) > share * speed(peak);
        let onset = (100..peak).rev().find(|&i| (0..10).all(|k| !fast(i - k, 0.08))).unwrap() + 1;
        let offset = (peak..470).find(|&i| (0..10).all(|k| !fast(i + k, 0.12))).unwrap();
        let shortest = drawn.beats.windows(2).map(|w| w[1] - w[0]).fold(f64::INFINITY, f64::min);
        let end = (REFERENCE + ((shortest - 0.24) * RATE) as usize).min(490);
        Self { leads, onset, offset, end }
    }

    fn qrs_ms(&self) -> f64 {
        (self.offset - self.onset) as f64 / RATE * 1e3
    }

    fn value(&self, lead: usize, i: usize) -> f64 {
        self.leads[lead][i] - self.leads[lead][self.onset - 2]
    }

    fn qrs(&self, lead: usize) -> Vec<f64> {
        (self.onset - 2..=self.offset).map(|i| self.value(lead, i)).collect()
    }

    fn r(&self, lead: usize) -> f64 {
        self.qrs(lead).into_iter().fold(0.0, f64::max)
    }

    fn s(&self, lead: usize) -> f64 {
        -self.qrs(lead).into_iter().fold(0.0, f64::min)
    }

    /// Depth and milliseconds of a negative start.
    fn q(&self, lead: usize) -> (f64, f64) {
        let qrs = self.qrs(lead);
        let Some(first) = qrs.iter().position(|x| x.abs() > 0.025).filter(|&i| qrs[i] < 0.0) else { return (0.0, 0.0) };
        let wave: Vec<f64> = qrs[first..].iter().copied().take_while(|x| *x < -0.02).collect();
        (-wave.iter().copied().fold(0.0, f64::min), wave.len() as f64 / RATE * 1e3)
    }

    fn st(&self, lead: usize) -> f64 {
        self.value(lead, self.offset + 20)
    }

    /// Highest and lowest point of T.
    fn t(&self, lead: usize) -> (f64, f64) {
        let t = (self.offset + 30..self.end).map(|i| self.value(lead, i));
        t.fold((0.0, 0.0), |(high, low): (f64, f64), x| (high.max(x), low.min(x)))
    }

    /// First and last sample where P exceeds an eighth of its peak in the leads together.
    fn p(&self) -> Option<(usize, usize)> {
        // The end of T of the beat before may reach into the window.
        let size =
            |i: usize| (self.leads.iter().map(|x| (x[i] - x[self.onset - 6]).powi(2)).sum::<f64>() / 12.0).sqrt();
        let from = 60;
        let peak = (from..self.onset - 10).max_by(|&a, &b| size(a).total_cmp(&size(b))).filter(|&i| size(i) > 0.015)?;
        let start = (from..peak).rev().find(|&i| size(i) < size(peak) / 6.0)?;
        let end = (peak..self.onset).find(|&i| size(i) < size(peak) / 6.0).unwrap_or(self.onset);
        Some((start, end))
    }

    fn both(&self, pairs: &[(usize, usize)], test: impl Fn(usize) -> bool) -> bool {
        pairs.iter().any(|&(a, b)| test(a) && test(b))
    }

    /// ST elevation, or Q with or without inverted T, in two neighbouring leads.
    fn infarcted(&self, pairs: &[(usize, usize)], q_ms: f64) -> bool {
        let elevated = |lead: usize| self.st(lead) >= if lead == V2 || lead == V3 { 0.2 } else { 0.1 };
        let pathological = |lead: usize| {
            let (depth, ms) = self.q(lead);
            depth >= 0.1 && (ms >= q_ms || self.r(lead) < 0.03)
        };
        self.both(pairs, elevated) || self.both(pairs, pathological)
    }

    fn depressed(&self) -> bool {
        self.both(&CONTIGUOUS, |lead| self.st(lead) <= -0.05)
    }

    fn inverted(&self) -> bool {
        self.both(&CONTIGUOUS, |lead| self.t(lead).1 <= -0.1 && -self.t(lead).1 > self.t(lead).0)
    }

    fn sokolow(&self) -> f64 {
        self.s(V1) + self.r(V5).max(self.r(V6))
    }
}

/// Draws hearts with a finding and lets a test judge each mean beat.
fn every(finding: Finding, test: impl Fn(&Beat) -> bool) {
    for index in 0..HEARTS {
        let beat = Beat::of(&draw(finding, index));
        assert!(test(&beat), "{finding}, heart {index}: QRS {} ms", beat.qrs_ms());
    }
}

#[test]
fn infarctions_show_in_their_territory() {
    every(Finding::AnteriorMi, |beat| beat.infarcted(&[(6, 7), (7, 8), (8, 9)], 20.0));
    every(Finding::InferiorMi, |beat| beat.infarcted(&[(II, AVF), (III, AVF)], 30.0));
    every(Finding::LateralMi, |beat| beat.infarcted(&[(I, AVL), (V5, V6)], 30.0));
}

#[test]
fn all_phases_of_infarction_occur() {
    let beats: Vec<Beat> = (0..HEARTS).map(|index| Beat::of(&draw(Finding::InferiorMi, index))).collect();
    let elevated = beats.iter().filter(|beat| beat.st(AVF) >= 0.1).count();
    let inverted = beats.iter().filter(|beat| beat.t(AVF).1 <= -0.1).count();
    let reciprocal = beats.iter().filter(|beat| beat.st(AVF) >= 0.1 && beat.st(AVL) <= -0.03).count();
    assert!(elevated >= 6 && inverted >= 6, "{elevated} elevated, {inverted} inverted");
    assert!(2 * reciprocal > elevated, "{reciprocal} of {elevated} with reciprocal depression");
}

#[test]
fn repolarisation_changes_reach_their_thresholds() {
    every(Finding::StDepression, Beat::depressed);
    every(Finding::TInversion, Beat::inverted);
    every(Finding::FlatT, |beat| {
        beat.both(&CONTIGUOUS, |lead| {
            beat.r(lead) > 0.3 && beat.t(lead).0 < beat.r(lead) / 10.0 && beat.t(lead).1 > -0.1
        })
    });
}

#[test]
fn left_bundle_branch_block_meets_its_definition() {
    every(Finding::Lbbb, |beat| {
        let no_q = [I, V5, V6].iter().all(|&lead| beat.q(lead).0 < 0.04);
        let right = beat.s(V1) > 2.0 * beat.r(V1);
        let broad = [I, V6].iter().all(|&lead| beat.r(lead) > 0.2 && beat.s(lead) < 0.3 * beat.r(lead));
        let discordant = beat.t(V6).1 < -0.05 && beat.t(V1).0 > 0.08;
        beat.qrs_ms() >= 120.0 && no_q && right && broad && discordant
    });
}

#[test]
fn right_bundle_branch_blocks_meet_their_definitions() {
    let prime = |beat: &Beat, height: f64| {
        let qrs = beat.qrs(V1);
        let lowest = (0..qrs.len()).min_by(|&a, &b| qrs[a].total_cmp(&qrs[b])).unwrap();
        qrs[lowest..].iter().copied().fold(0.0, f64::max) >= height
    };
    let late_s_ms = |beat: &Beat, lead: usize| {
        let qrs = beat.qrs(lead);
        let end = qrs.iter().rposition(|x| *x < -0.02).map_or(0, |i| i + 1);
        qrs[..end].iter().rev().take_while(|x| **x < 0.0).count() as f64 / RATE * 1e3
    };
    every(Finding::Rbbb, |beat| {
        beat.qrs_ms() >= 120.0 && prime(beat, 0.1) && late_s_ms(beat, I) >= 40.0 && late_s_ms(beat, V6) >= 40.0
    });
    every(Finding::IncompleteRbbb, |beat| beat.qrs_ms() < 120.0 && prime(beat, 0.1));
}

#[test]
fn left_anterior_block_turns_the_axis_left() {
    every(Finding::LeftAnteriorBlock, |beat| {
        beat.r(I) > beat.s(I)
            && beat.r(AVL) > beat.s(AVL)
            && [II, III, AVF].iter().all(|&lead| beat.s(lead) > beat.r(lead))
    });
}

#[test]
fn hypertrophy_has_voltage_and_strain() {
    every(Finding::LvhStrain, |beat| {
        let strain = beat.both(&[(I, AVL), (V5, V6)], |lead| beat.t(lead).1 <= -0.1 && beat.st(lead) < -0.02);
        beat.sokolow() >= 3.5 && strain
    });
    every(Finding::LvhVoltage, |beat| beat.sokolow() >= 3.5 || beat.r(AVL) + beat.s(V3) >= 2.8 || beat.r(AVL) >= 1.1);
    every(Finding::LeftAtrialEnlargement, |beat| {
        // Where the T before leaves room to see P.
        let Some((start, end)) = beat.p() else { return true };
        let late = (start..end).map(|i| beat.leads[V1][i] - beat.leads[V1][start]).fold(0.0, f64::min);
        (end - start) as f64 / RATE >= 0.11 && late <= -0.03
    });
}

#[test]
fn first_degree_block_delays_qrs() {
    every(Finding::FirstDegreeAvBlock, |beat| {
        // Measured against the healthy twin elsewhere; here from the start of P, where the T before leaves room for it.
        beat.p().is_none_or(|(start, _)| (beat.onset - start) as f64 / RATE > 0.19)
    });
    for index in 0..HEARTS {
        let drawn = draw(Finding::FirstDegreeAvBlock, index);
        let twin = Drawn { record: drawn.twin.clone(), ..drawn.clone() };
        let (sick, healthy) = (Beat::of(&drawn), Beat::of(&twin));
        // P itself is the same wave, moved: its highest point in II comes earlier by what PR has grown.
        let peak = |beat: &Beat| {
            (60..beat.onset - 8).max_by(|&a, &b| beat.value(II, a).total_cmp(&beat.value(II, b))).unwrap()
        };
        if let (Some((start, _)), true) = (healthy.p(), drawn.beats[2] - drawn.beats[1] > 0.75) {
            let pr = (healthy.onset - start) as f64 / RATE;
            let moved = (peak(&healthy) as f64 - peak(&sick) as f64) / RATE;
            assert!(pr + moved > 0.2, "heart {index}: PR {pr} s and {moved} s more");
            assert!(pr < 0.2);
        }
    }
}

#[test]
fn fibrillation_is_irregular_and_has_no_p() {
    let mut left = Vec::new();
    for index in 0..HEARTS {
        let drawn = draw(Finding::AtrialFibrillation, index);
        let intervals: Vec<f64> = drawn.beats.windows(2).map(|w| w[1] - w[0]).collect();
        let mean = intervals.iter().sum::<f64>() / intervals.len() as f64;
        let sd = (intervals.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / intervals.len() as f64).sqrt();
        assert!(sd / mean >= 0.15, "heart {index}: variation {}", sd / mean);
        // The twin has P waves at the same beats: how much of them is left in the average beat?
        let twin = Drawn { record: drawn.twin.clone(), ..drawn.clone() };
        let (sick, healthy) = (Beat::of(&drawn), Beat::of(&twin));
        let (mut product, mut square) = (0.0, 0.0);
        for lead in 0..12 {
            for i in healthy.onset - 70..healthy.onset - 15 {
                let p = healthy.leads[lead][i] - healthy.leads[lead][healthy.onset - 4];
                product += p * (sick.leads[lead][i] - sick.leads[lead][healthy.onset - 4]);
                square += p * p;
            }
        }
        left.push(product / square);
    }
    let mean = left.iter().sum::<f64>() / left.len() as f64;
    assert!(mean < 0.3, "{left:?}");
}

#[test]
fn fibrillation_waves_lie_between_4_and_9_hz() {
    for index in 0..10 {
        let drawn = draw(Finding::AtrialFibrillation, index);
        // Between the beats only the fibrillation waves differ from the twin; V1 sees them best.
        let lead = V1;
        let x: Vec<f64> = (0..drawn.record.n_samples())
            .map(|i| f64::from(drawn.record.lead(lead)[i]) - f64::from(drawn.twin.lead(lead)[i]))
            .collect();
        let power = |hz: f64| {
            let (mut s, mut c) = (0.0, 0.0);
            for (i, x) in x.iter().enumerate() {
                let phase = std::f64::consts::TAU * hz * i as f64 / RATE;
                s += x * phase.sin();
                c += x * phase.cos();
            }
            s * s + c * c
        };
        let spectrum: Vec<(f64, f64)> = (20..300).map(|k| (f64::from(k) * 0.1, power(f64::from(k) * 0.1))).collect();
        let top = spectrum.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap().0;
        assert!((4.0..9.0).contains(&top), "heart {index}: {top} Hz");
    }
}

#[test]
fn premature_beats_are_early_wide_and_followed_by_a_pause() {
    for index in 0..HEARTS {
        let drawn = draw(Finding::PrematureVentricularBeats, index);
        let beats = &drawn.beats;
        let mut found = 0;
        for k in 1..beats.len() - 1 {
            let (before, after) = (beats[k] - beats[k - 1], beats[k + 1] - beats[k]);
            if before / (before + after) > 0.42 {
                continue;
            }
            assert!(after > 1.2 * before, "heart {index}");
            let centre = (beats[k] * RATE) as i64;
            if centre < 100 || centre + 200 > drawn.record.n_samples() as i64 {
                continue;
            }
            found += 1;
            // Wider than 120 ms: the record moves fast for longer than the twin's sinus beat does.
            let speed = |i: i64| {
                let i = i as usize;
                (0..12).map(|lead| (drawn.record.lead(lead)[i + 1] - drawn.record.lead(lead)[i]).abs()).sum::<f32>()
            };
            let peak = (centre - 40..centre + 60).map(speed).fold(0.0, f32::max);
            let fast: Vec<i64> = (centre - 60..centre + 100).filter(|&i| speed(i) > 0.16 * peak).collect();
            let ms = (fast[fast.len() - 1] - fast[0]) as f64 / RATE * 1e3;
            assert!(ms >= 120.0, "heart {index}: {ms} ms");
        }
        assert!(found >= 1, "heart {index} has no premature beat");
    }
}

#[test]
fn low_voltage_is_low_everywhere() {
    every(Finding::LowVoltage, |beat| {
        (0..12).all(|lead| beat.r(lead) + beat.s(lead) < if lead < 6 { 0.5 } else { 1.0 })
    });
}

#[test]
fn healthy_hearts_meet_no_definition() {
    for index in 0..120 {
        let beat = Beat::of(&config().draw_with(&[], "healthy", index));
        assert!((60.0..120.0).contains(&beat.qrs_ms()), "heart {index}: QRS {} ms", beat.qrs_ms());
        assert!(!beat.infarcted(&[(7, 8), (8, 9)], 20.0), "heart {index} anterior");
        assert!(!beat.infarcted(&[(II, AVF), (III, AVF)], 30.0), "heart {index} inferior");
        assert!(!beat.infarcted(&[(I, AVL), (V5, V6)], 30.0), "heart {index} lateral");
        assert!(!beat.depressed() && !beat.inverted(), "heart {index} repolarisation");
        assert!(beat.sokolow() < 3.5 && beat.r(AVL) < 1.1, "heart {index} voltage");
        assert!((0..6).any(|lead| beat.r(lead) + beat.s(lead) >= 0.5), "heart {index} low voltage");
        assert!(beat.p().is_none_or(|(start, _)| (beat.onset - start) as f64 / RATE <= 0.2), "heart {index} PR");
    }
}

#[test]
fn combined_findings_all_hold() {
    let draw = |findings: &[Finding], index| Beat::of(&config().draw_with(findings, "both", index));
    for index in 0..HEARTS {
        let beat = draw(&[Finding::AnteriorMi, Finding::InferiorMi], index);
        let anterior = beat.infarcted(&[(6, 7), (7, 8), (8, 9)], 20.0);
        assert!(anterior && beat.infarcted(&[(II, AVF), (III, AVF)], 30.0), "heart {index}");
        let beat = draw(&[Finding::InferiorMi, Finding::LvhStrain], index);
        assert!(beat.infarcted(&[(II, AVF), (III, AVF)], 30.0) && beat.sokolow() >= 3.5, "heart {index}");
        let beat = draw(&[Finding::InferiorMi, Finding::TInversion], index);
        assert!(beat.infarcted(&[(II, AVF), (III, AVF)], 30.0) && beat.inverted(), "heart {index}");
        let beat = draw(&[Finding::AnteriorMi, Finding::StDepression], index);
        assert!(beat.infarcted(&[(6, 7), (7, 8), (8, 9)], 20.0) && beat.depressed(), "heart {index}");
        let beat = draw(&[Finding::LvhVoltage, Finding::TInversion], index);
        let large = beat.sokolow() >= 3.5 || beat.r(AVL) + beat.s(V3) >= 2.8 || beat.r(AVL) >= 1.1;
        assert!(large && beat.inverted(), "heart {index}");
        let beat = draw(&[Finding::TInversion, Finding::Rbbb], index);
        assert!(beat.inverted() && beat.qrs_ms() >= 120.0, "heart {index}");
    }
}
