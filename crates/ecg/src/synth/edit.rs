//! What each finding does to a healthy heart's waves.

use einthoven_game::rng::ChaCha8Rng;

use super::definition::to_low_voltage;
use super::finding::Finding;
use super::heart::{Heart, J_POINT};
use super::measure::measure;
use super::vector::{Vec3, chance, dot, factor, norm, normal, plus, rotate, rotation, scaled, uniform, unit};
use super::wave::{Part, Shape, Wave};

/// How long ago an infarction was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// ST elevation.
    Acute,
    /// Q waves and inverted T waves.
    Evolved,
    /// Q waves alone.
    Old,
}

/// How a finding will look in one heart. Drawn once; the strength then grows until the definition holds.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub finding: Finding,
    pub phase: Phase,
    /// 0 is just over the definition, 1 gross.
    severity: f64,
    /// Towards the wall that is concerned.
    wall: Vec3,
    /// Further uniform draws between 0 and 1.
    extra: [f64; 4],
    /// What V1–V6 see beyond a dipole of a wave that the finding adds, as a share of that wave.
    local: [f64; 6],
}

impl Plan {
    /// Draws how a finding looks.
    pub fn draw(rng: &mut ChaCha8Rng, finding: Finding) -> Self {
        let phase = match uniform(rng, 0.0, 1.0) {
            x if x < 0.35 => Phase::Acute,
            x if x < 0.7 => Phase::Evolved,
            _ => Phase::Old,
        };
        let severity = uniform(rng, 0.0, 1.0).powf(1.5);
        let wall = unit(draw_wall(rng, finding));
        let extra = std::array::from_fn(|_| uniform(rng, 0.0, 1.0));
        Self { finding, phase, severity, wall, extra, local: std::array::from_fn(|_| normal(rng, 0.1)) }
    }

    /// Changes the heart. `strength` is 1 at first and grows while the definition does not hold.
    pub fn apply(&self, heart: &mut Heart, strength: f64) {
        match self.finding {
            Finding::AnteriorMi | Finding::InferiorMi | Finding::LateralMi => self.infarct(heart, strength),
            Finding::StDepression => self.depress(heart, strength),
            Finding::TInversion => {
                self.invert(heart, strength * (0.11 + 0.5 * self.severity));
            }
            Finding::Lbbb => self.left_block(heart, strength),
            Finding::Rbbb => self.right_block(heart, strength),
            Finding::LvhStrain => self.hypertrophy(heart, strength),
            Finding::LvhVoltage => self.enlarge_without_strain(heart, strength),
            Finding::FirstDegreeAvBlock => self.delay(heart, strength),
            Finding::LowVoltage => self.weaken(heart, strength),
            Finding::IncompleteRbbb => self.incomplete_right_block(heart, strength),
            Finding::LeftAnteriorBlock => self.left_anterior_block(heart, strength),
            Finding::LeftAtrialEnlargement => self.enlarge_left_atrium(heart, strength),
            Finding::FlatT => self.flatten(heart, strength),
            Finding::AtrialFibrillation => heart.waves.retain(|wave| wave.part != Part::P),
            Finding::PrematureVentricularBeats => {}
        }
        for wave in heart.waves.iter_mut().filter(|wave| wave.local == [0.0; 6]) {
            let size = norm(wave.dipole);
            wave.local = self.local.map(|share| share * size);
        }
    }

    fn infarct(&self, heart: &mut Heart, strength: f64) {
        let has_q = self.phase != Phase::Acute || self.extra[0] < 0.5;
        if has_q {
            // The wall no longer pulls the early dipole towards itself.
            let early = heart.waves.iter().filter(|w| w.part == Part::Qrs && w.at < 0.005);
            let pull: f64 = early.map(|w| dot(w.dipole, self.wall).max(0.0)).sum();
            let lost = strength * (0.15 + 0.3 * self.severity) * pull + strength * (0.06 + 0.2 * self.severity);
            let width = 0.011 + 0.004 * self.extra[1];
            let at = -0.022 + 0.006 * self.extra[2];
            heart.waves.push(Wave::bump(Part::Qrs, at, width, scaled(self.wall, -lost)));
            for wave in heart.waves.iter_mut().filter(|w| w.part == Part::Qrs && w.at < -0.015) {
                let toward = dot(wave.dipole, self.wall);
                if toward > 0.0 {
                    wave.dipole = plus(wave.dipole, scaled(self.wall, -toward));
                }
            }
        }
        match self.phase {
            Phase::Acute => {
                let height = strength * (0.12 + 0.35 * self.severity);
                heart.waves.push(Wave::plateau(J_POINT - 0.005, t_peak(heart) - J_POINT, scaled(self.wall, height)));
                let growth = scaled(self.wall, height * self.extra[3]);
                heart.waves.push(Wave::bump(Part::T, t_peak(heart), 0.05, growth));
            }
            Phase::Evolved => {
                if self.extra[3] < 0.4 {
                    let height = 0.02 + 0.08 * self.severity;
                    let st = Wave::plateau(J_POINT - 0.005, t_peak(heart) - J_POINT - 0.05, scaled(self.wall, height));
                    heart.waves.push(st);
                }
                self.invert(heart, strength * (0.15 + 0.4 * self.severity));
            }
            Phase::Old => self.invert(heart, 0.1 * self.extra[3]),
        }
    }

    /// Turns T away from the wall: what pointed there is taken away and `depth` (mV) put against it.
    fn invert(&self, heart: &mut Heart, depth: f64) {
        let peak = t_peak(heart);
        let share = (depth / 0.15).min(1.0);
        for wave in heart.waves.iter_mut().filter(|wave| wave.part == Part::T) {
            let toward = dot(wave.dipole, self.wall).max(0.0);
            wave.dipole = plus(wave.dipole, scaled(self.wall, -toward * share));
        }
        let width = 0.035 + 0.02 * self.extra[1];
        heart.waves.push(Wave::bump(Part::T, peak, width, scaled(self.wall, -depth)));
    }

    fn depress(&self, heart: &mut Heart, strength: f64) {
        let height = -strength * (0.065 + 0.22 * self.severity);
        let length = (t_peak(heart) - J_POINT - 0.06 * self.extra[0]).max(0.09);
        heart.waves.push(Wave::plateau(J_POINT - 0.008, length, scaled(self.wall, height)));
        if self.extra[1] < 0.4 {
            // Sloping down into a flat or inverted T.
            let width = 0.04;
            let at = J_POINT + 0.7 * length;
            heart.waves.push(Wave::bump(Part::T, at, width, scaled(self.wall, height * self.extra[2])));
        }
        if self.extra[1] > 0.6 {
            self.invert(heart, -0.6 * height * self.extra[2]);
        }
    }

    /// Left bundle branch block: slow activation from right to left without the septum's first forces.
    fn left_block(&self, heart: &mut Heart, strength: f64) {
        let slow = (1.65 + 0.3 * self.severity) * strength.powf(0.3);
        heart.waves.retain(|wave| wave.part != Part::Qrs || !(wave.at < -0.014 && is_septal(wave.dipole)));
        for wave in heart.waves.iter_mut().filter(|wave| wave.part == Part::Qrs) {
            wave.at = -0.04 + (wave.at + 0.04) * slow;
            widen(wave, slow);
            wave.scale(0.55);
            // What is left of rightward and anterior forces disappears in the slow wave to the left and back.
            wave.dipole = [wave.dipole[0].max(-0.02), wave.dipole[1], wave.dipole[2].max(-0.05)];
        }
        let size = (0.75 + 0.4 * self.severity) * (0.85 + 0.3 * self.extra[0]);
        let late = 0.068 + 0.012 * slow;
        for (at, width, share) in [(0.02, 0.02, 0.45), (0.055, 0.019, 0.6), (late, 0.018, 0.6)] {
            let dipole = [0.9 * size * share, 0.3 * (self.extra[1] - 0.5) * share, 0.65 * size * share];
            heart.waves.push(Wave::bump(Part::Qrs, at, width, dipole));
        }
        let away = scaled(unit(heart.area(Part::Qrs)), -1.0);
        discordant(heart, away, (0.22 + 0.2 * self.severity) * strength.powf(0.3), 0.06);
        let mut st = Wave::plateau(late + 0.035, 0.12, scaled(away, 0.02 + 0.07 * self.severity));
        st.shape = Shape::Plateau { length: 0.12, up: 0.02, down: 0.03 };
        heart.waves.push(st);
    }

    /// Right bundle branch block: the right ventricle comes last, to the right and to the front.
    fn right_block(&self, heart: &mut Heart, strength: f64) {
        let size = strength * (0.5 + 0.5 * self.severity);
        // First to the front, then to the right: the two directions differ, as the wave moves on.
        let tilt = 0.1 * (self.extra[0] - 0.5);
        let directions = [[-0.35, tilt, -0.7], [-0.65, tilt, -0.4]];
        let (first, second) = (0.05 + 0.006 * self.extra[1], 0.076 + 0.014 * self.extra[2]);
        heart.waves.push(Wave::bump(Part::Qrs, first, 0.014, scaled(directions[0], 0.7 * size)));
        heart.waves.push(Wave::bump(Part::Qrs, second, 0.017, scaled(directions[1], 0.6 * size)));
        for wave in heart.waves.iter_mut().filter(|w| w.part == Part::Qrs && w.at > 0.005 && w.at < 0.04) {
            wave.dipole[2] *= 0.75;
        }
        let height = (0.1 + 0.25 * self.extra[3]) * size;
        let peak = t_peak(heart);
        heart.waves.push(Wave::bump(Part::T, peak - 0.02, 0.045, [0.2 * height, 0.0, height]));
    }

    /// The right ventricle comes a little later than it should.
    fn incomplete_right_block(&self, heart: &mut Heart, strength: f64) {
        let direction = [-0.45, 0.2 * (self.extra[0] - 0.5), -0.6];
        let height = strength * (0.45 + 0.3 * self.severity);
        let at = 0.042 + 0.005 * self.extra[1];
        heart.waves.push(Wave::bump(Part::Qrs, at, 0.009 + 0.0015 * self.extra[2], scaled(direction, height)));
    }

    /// The left ventricle is activated from below: first down and to the right, then up and to the left.
    fn left_anterior_block(&self, heart: &mut Heart, strength: f64) {
        let up = -(0.9 + 0.45 * self.severity) * strength.sqrt();
        let turn = rotation([0.0, 0.0, up]);
        for wave in heart.waves.iter_mut().filter(|wave| wave.part == Part::Qrs && wave.at > -0.03) {
            let [x, y, z] = rotate(&turn, wave.dipole);
            // The frontal leads see Y almost twice as large as X.
            wave.dipole = [x, 0.65 * y, z];
            wave.at += 0.004;
        }
        let first = scaled([-0.25, 0.8, 0.0], (0.2 + 0.15 * self.extra[0]) * strength);
        heart.waves.push(Wave::bump(Part::Qrs, -0.028, 0.009, first));
    }

    fn flatten(&self, heart: &mut Heart, strength: f64) {
        let share = (0.3 - 0.2 * self.severity) / strength.powi(2);
        for wave in heart.waves.iter_mut().filter(|wave| wave.part == Part::T) {
            wave.scale(share);
        }
        if self.extra[0] < 0.4 {
            let sag = Wave::plateau(J_POINT, 0.12, scaled([0.8, 0.4, -0.3], -0.03 * self.extra[1]));
            heart.waves.push(sag);
        }
    }

    /// Hypertrophy of the left ventricle: larger forces to the left and back, ST and T against them.
    fn hypertrophy(&self, heart: &mut Heart, strength: f64) {
        self.enlarge_left_ventricle(heart, strength * (1.15 + 0.5 * self.severity));
        let wall = unit([1.0, 0.5 * (self.extra[1] - 0.4), 0.35 + 0.3 * self.extra[2]]);
        let depth = (0.06 + 0.12 * self.severity) * strength;
        let length = t_peak(heart) - J_POINT;
        heart.waves.push(Wave::plateau(J_POINT, length, scaled(wall, -depth)));
        let inverted = Self { wall, ..self.clone() };
        inverted.invert(heart, strength * (0.15 + 0.3 * self.severity));
        if self.extra[3] < 0.5 {
            self.enlarge_left_atrium(heart, 1.0);
        }
    }

    fn enlarge_left_ventricle(&self, heart: &mut Heart, growth: f64) {
        for wave in heart.waves.iter_mut().filter(|wave| wave.part == Part::Qrs) {
            widen(wave, 1.0 + 0.12 * self.extra[0]);
            wave.dipole[0] *= growth;
            if wave.dipole[2] > 0.0 {
                wave.dipole[2] *= growth;
            }
            wave.local = wave.local.map(|x| x * growth);
        }
    }

    /// The voltage of hypertrophy; T may become lower, but stays upright.
    fn enlarge_without_strain(&self, heart: &mut Heart, strength: f64) {
        self.enlarge_left_ventricle(heart, strength * (1.1 + 0.4 * self.severity));
        for wave in heart.waves.iter_mut().filter(|wave| wave.part == Part::T) {
            wave.scale(0.65 + 0.35 * self.extra[1]);
        }
        if self.extra[3] < 0.3 {
            self.enlarge_left_atrium(heart, 1.0);
        }
    }

    /// P becomes longer, with a late part to the left and back.
    fn enlarge_left_atrium(&self, heart: &mut Heart, strength: f64) {
        let lag = (0.024 + 0.012 * self.severity) * strength;
        let height = (0.07 + 0.06 * self.severity) * strength.sqrt();
        let p = heart.waves.iter_mut().filter(|wave| wave.part == Part::P);
        let last = p.fold(None, |last: Option<f64>, wave| {
            wave.at -= 0.6 * lag;
            Some(last.map_or(wave.at, |last| last.max(wave.at)))
        });
        if let Some(last) = last {
            let direction = [0.5, 0.2 + 0.2 * self.extra[0], 0.8];
            heart.waves.push(Wave::bump(Part::P, last + lag, 0.018, scaled(direction, height)));
        }
    }

    fn delay(&self, heart: &mut Heart, strength: f64) {
        let wanted = 0.2 + (0.016 + 0.12 * self.severity) * strength;
        let earlier = wanted - measure(heart).pr.unwrap_or(0.16);
        for wave in heart.waves.iter_mut().filter(|wave| wave.part == Part::P) {
            wave.at -= earlier;
        }
    }

    fn weaken(&self, heart: &mut Heart, strength: f64) {
        let share = to_low_voltage(&measure(heart)) * (0.9 - 0.45 * self.severity) / strength;
        for wave in &mut heart.waves {
            // P and T are hidden less than QRS.
            wave.scale(if wave.part == Part::Qrs { share } else { share.powf(0.7) });
        }
    }
}

/// The beat of a focus in a ventricle in this heart: wide, large, against its own T, without P.
pub(super) fn ectopic_beat(rng: &mut ChaCha8Rng, heart: &Heart) -> Vec<Wave> {
    let size = norm(heart.area(Part::Qrs)) / 0.02;
    let left = if chance(rng, 0.6) { 1.0 } else { -1.0 };
    let main = unit([left, uniform(rng, -0.9, 0.9), left * uniform(rng, 0.2, 0.9)]);
    let turn = unit(plus(main, [normal(rng, 0.5), normal(rng, 0.5), normal(rng, 0.5)]));
    let height = (0.7 + 0.6 * uniform(rng, 0.0, 1.0)) * size.clamp(0.7, 1.6);
    let width = uniform(rng, 0.021, 0.03);
    let mut waves = vec![
        Wave::bump(Part::Qrs, -0.01, width, scaled(main, height)),
        Wave::bump(Part::Qrs, -0.01 + 1.9 * width, width, scaled(turn, 0.8 * height)),
    ];
    let away = scaled(unit(plus(main, turn)), -height * uniform(rng, 0.25, 0.45));
    let peak = t_peak(heart) + 0.04;
    let mut t = Wave::bump(Part::T, peak, 0.05, away);
    t.shape = Shape::Bump { rise: 0.065, fall: 0.045 };
    waves.push(Wave::plateau(0.09, (peak - 0.13).max(0.05), scaled(away, 0.25)));
    waves.push(t);
    for wave in &mut waves {
        let local = 0.08 * norm(wave.dipole);
        wave.local = std::array::from_fn(|_| normal(rng, local));
    }
    waves
}

/// Towards the wall that a finding concerns (X left, Y down, Z back).
fn draw_wall(rng: &mut ChaCha8Rng, finding: Finding) -> Vec3 {
    match finding {
        Finding::AnteriorMi => [uniform(rng, -0.15, 0.75), uniform(rng, -0.1, 0.25), -1.0],
        Finding::InferiorMi => [normal(rng, 0.15), 1.0, uniform(rng, -0.1, 0.5)],
        Finding::LateralMi => [1.0, uniform(rng, -0.6, 0.2), uniform(rng, -0.1, 0.5)],
        Finding::StDepression => match uniform(rng, 0.0, 1.0) {
            x if x < 0.6 => [0.9, uniform(rng, 0.1, 0.8), uniform(rng, -0.6, 0.1)],
            x if x < 0.8 => [0.2, 1.0, uniform(rng, -0.3, 0.3)],
            _ => [0.3, 0.2, -1.0],
        },
        Finding::TInversion => match uniform(rng, 0.0, 1.0) {
            x if x < 0.4 => [1.0, uniform(rng, -0.3, 0.6), uniform(rng, -0.6, 0.2)],
            x if x < 0.65 => [0.1, 1.0, uniform(rng, -0.2, 0.3)],
            _ => [uniform(rng, 0.0, 0.7), 0.1, -1.0],
        },
        _ => [factor(rng, 0.1), 0.0, 0.0],
    }
}

/// The time of the highest T wave, in seconds after the reference.
fn t_peak(heart: &Heart) -> f64 {
    let t = heart.waves.iter().filter(|wave| wave.part == Part::T);
    t.max_by(|a, b| norm(a.dipole).total_cmp(&norm(b.dipole))).map_or(0.26, |wave| wave.at)
}

/// Points to the right or to the front, as the septum's first forces do.
fn is_septal(dipole: Vec3) -> bool {
    dipole[0] < 0.0 || dipole[2] < -0.5 * dipole[0].abs()
}

fn widen(wave: &mut Wave, by: f64) {
    if let Shape::Bump { rise, fall } = wave.shape {
        wave.shape = Shape::Bump { rise: rise * by, fall: fall * by };
    }
}

/// Replaces T by one in this direction, later by `later` seconds.
fn discordant(heart: &mut Heart, direction: Vec3, height: f64, later: f64) {
    let peak = t_peak(heart) + later;
    heart.waves.retain(|wave| wave.part != Part::T && wave.part != Part::St);
    let mut t = Wave::bump(Part::T, peak, 0.055, scaled(direction, height));
    t.shape = Shape::Bump { rise: 0.06, fall: 0.045 };
    heart.waves.push(t);
}
