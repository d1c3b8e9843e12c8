//! A healthy heart: the waves of one beat as a moving dipole.
//!
//! A sum of Gaussians per Frank axis, after Sameni et al. (EURASIP J. Adv. Signal Process. 2007, 43407). Their QRS
//! kernels were the start of a fit that gives the twelve leads the R and S waves of an average adult; P and T have the
//! heights and times of an average adult at 60 beats per minute. Every heart departs from this base in the heights,
//! times and widths of its waves, in the position of the heart in the chest, in its electrodes and in its build. Sizes,
//! durations and their spreads were set so that the leads' R, S, ST and T resemble those of the odd records of LUDB.

use einthoven_game::rng::ChaCha8Rng;

use super::field::Field;
use super::vector::{Vec3, chance, factor, norm, normal, plus, rotate, rotation, scaled, uniform};
use super::wave::{Part, Shape, Wave};

/// (seconds after the reference, dipole in mV, width in seconds) of the waves of P.
const P: [(f64, Vec3, f64); 2] = [(-0.168, [0.055, 0.07, -0.05], 0.017), (-0.138, [0.095, 0.055, 0.05], 0.018)];

/// (seconds after the reference, height in mV, width in seconds) of the waves of QRS, per axis.
const QRS: [&[(f64, f64, f64)]; 3] = [
    &[
        (-0.0346, 0.047, 0.0092),
        (-0.0146, 0.592, 0.0081),
        (-0.0008, 0.881, 0.0081),
        (0.0137, 0.363, 0.009),
        (0.0411, -0.184, 0.008),
    ],
    &[(-0.0385, -0.198, 0.0081), (-0.0199, 0.39, 0.0117), (-0.0029, 0.404, 0.009), (0.0121, 0.053, 0.0122)],
    &[(-0.0259, -0.333, 0.0088), (-0.0046, 0.191, 0.0098), (0.0207, 0.781, 0.008), (0.0366, 0.322, 0.0086)],
];

/// (seconds after the reference, dipole in mV, width before and after the peak in seconds) of the waves of T.
const T: [(f64, Vec3, f64, f64); 2] =
    [(0.2, [0.05, 0.03, -0.07], 0.058, 0.05), (0.275, [0.3, 0.155, -0.185], 0.05, 0.034)];

/// Where the QRS complex ends and ST begins in the base, in seconds after its reference.
pub(super) const J_POINT: f64 = 0.045;

/// One beat of a heart and the chest around it.
#[derive(Clone, Debug)]
pub(super) struct Heart {
    pub waves: Vec<Wave>,
    pub field: Field,
}

impl Heart {
    /// Draws a heart that beats every `rr` seconds. `spread` scales how far it departs from the base (1 is usual).
    pub fn draw(rng: &mut ChaCha8Rng, rr: f64, spread: f64) -> Self {
        let build = Build::draw(rng, rr, spread);
        let mut waves = Vec::with_capacity(32);
        for kernel in P {
            waves.push(build.p_wave(rng, kernel, spread));
        }
        for (axis, kernels) in QRS.iter().enumerate() {
            for &kernel in *kernels {
                waves.push(build.qrs_wave(rng, axis, kernel, spread));
            }
        }
        for kernel in T {
            waves.push(build.t_wave(rng, kernel, spread));
        }
        build.variants(rng, &mut waves, spread);
        let field = Field::draw(rng, spread);
        for wave in &mut waves {
            let size = 0.11 * spread * norm(wave.dipole);
            wave.local = std::array::from_fn(|_| normal(rng, size));
        }
        Self { waves, field }
    }

    /// The sum over the waves of one part, each by its area: the direction in which that part points.
    pub fn area(&self, part: Part) -> Vec3 {
        self.waves.iter().filter(|wave| wave.part == part).fold([0.0; 3], |sum, wave| {
            let Shape::Bump { rise, fall } = wave.shape else { return sum };
            plus(sum, scaled(wave.dipole, (rise + fall) / 2.0 * 2.5066))
        })
    }
}

/// What a heart's waves have in common.
struct Build {
    gain: f64,
    /// Factors of height for P, QRS and T.
    heights: [f64; 3],
    /// Factors of duration for P, QRS and T.
    widths: [f64; 3],
    /// Seconds that P comes earlier.
    earlier: f64,
    position: super::vector::Rotation,
    /// T turns on its own beyond the heart's position.
    t_turn: super::vector::Rotation,
    /// Seconds from the reference to the T peak, over those of the base.
    qt: f64,
}

impl Build {
    fn draw(rng: &mut ChaCha8Rng, rr: f64, spread: f64) -> Self {
        let turn =
            |rng: &mut ChaCha8Rng, degrees: Vec3| rotation(degrees.map(|sd| normal(rng, sd.to_radians() * spread)));
        Self {
            gain: (1.27_f64).powf(spread) * factor(rng, 0.22 * spread),
            heights: [0.9 * factor(rng, 0.32 * spread), factor(rng, 0.14 * spread), factor(rng, 0.36 * spread)],
            widths: [factor(rng, 0.1 * spread), 0.76 * factor(rng, 0.1 * spread), factor(rng, 0.14 * spread)],
            earlier: normal(rng, 0.014 * spread),
            position: turn(rng, [14.0, 17.0, 26.0]),
            t_turn: turn(rng, [13.0, 15.0, 14.0]),
            qt: 0.96 * rr.powf(0.42) * factor(rng, 0.065 * spread),
        }
    }

    fn p_wave(&self, rng: &mut ChaCha8Rng, (at, dipole, width): (f64, Vec3, f64), spread: f64) -> Wave {
        let height = self.gain * self.heights[0];
        let dipole = dipole.map(|x| x * height * factor(rng, 0.2 * spread) + normal(rng, 0.008 * spread));
        let width = width * self.widths[0] * factor(rng, 0.06 * spread);
        Wave::bump(Part::P, at - self.earlier + normal(rng, 0.004 * spread), width, rotate(&self.position, dipole))
    }

    fn qrs_wave(&self, rng: &mut ChaCha8Rng, axis: usize, kernel: (f64, f64, f64), spread: f64) -> Wave {
        let (at, height, width) = kernel;
        let mut dipole = [0.0; 3];
        let change = normal(rng, 0.045 * spread);
        // Now and then a wave is all but missing.
        let share = if height.abs() < 0.4 && chance(rng, 0.08 * spread) { 0.25 } else { 1.0 };
        dipole[axis] = (height * share * factor(rng, 0.21 * spread) + change) * self.gain * self.heights[1];
        let width = width * self.widths[1] * factor(rng, 0.12 * spread);
        let at = at * self.widths[1] + normal(rng, 0.0017 * spread);
        // The wave's direction is only nearly that of its axis.
        let size = 0.09 * dipole[axis].abs() * spread;
        let dipole = dipole.map(|x| x + normal(rng, size));
        Wave::bump(Part::Qrs, at, width, rotate(&self.position, dipole))
    }

    fn t_wave(&self, rng: &mut ChaCha8Rng, kernel: (f64, Vec3, f64, f64), spread: f64) -> Wave {
        let (at, dipole, rise, fall) = kernel;
        let height = self.gain * self.heights[2];
        let dipole = dipole.map(|x| x * height * factor(rng, 0.15 * spread) + normal(rng, 0.01 * spread));
        // T follows the heart's position only in part.
        let (turned, unturned) = (rotate(&self.position, dipole), scaled(dipole, 0.4));
        let dipole = rotate(&self.t_turn, plus(scaled(turned, 0.6), unturned));
        let width = self.widths[2] * self.qt;
        let at = at * self.qt + normal(rng, 0.006 * spread);
        let mut wave = Wave::bump(Part::T, at, rise * width, dipole);
        wave.shape = Shape::Bump {
            rise: rise * width * factor(rng, 0.1 * spread),
            fall: fall * width * factor(rng, 0.1 * spread),
        };
        wave
    }

    /// What healthy hearts have now and then.
    fn variants(&self, rng: &mut ChaCha8Rng, waves: &mut Vec<Wave>, spread: f64) {
        let size = self.gain * spread;
        if chance(rng, 0.8) {
            // Early repolarisation: ST starts above the baseline, mostly in V2–V3, and rises into T.
            let dipole = scaled([uniform(rng, 0.1, 0.5), 0.15, -0.9], uniform(rng, 0.01, 0.13) * size);
            waves.push(Wave::plateau(J_POINT - 0.01, uniform(rng, 0.1, 0.16), dipole));
        }
        if chance(rng, 0.2) {
            // A narrow terminal r' in V1.
            let dipole = scaled([-0.4, -0.2, -0.8], uniform(rng, 0.05, 0.2) * size);
            waves.push(Wave::bump(Part::Qrs, uniform(rng, 0.036, 0.042), 0.007, dipole));
        }
        if chance(rng, 0.3) {
            // Small q in the inferior leads.
            let dipole = [0.0, -uniform(rng, 0.03, 0.12) * size, 0.0];
            waves.push(Wave::bump(Part::Qrs, -0.034, 0.0075, dipole));
        }
        for _ in 0..3 {
            if chance(rng, 0.35) {
                // A notch or slur.
                let dipole = [0.06, 0.06, 0.06].map(|sd| normal(rng, sd * size));
                waves.push(Wave::bump(Part::Qrs, uniform(rng, -0.03, 0.036), uniform(rng, 0.0035, 0.007), dipole));
            }
        }
        if chance(rng, 0.4) {
            // T that is not quite one wave.
            let dipole = [0.04, 0.03, 0.05].map(|sd| normal(rng, sd * size));
            waves.push(Wave::bump(Part::T, uniform(rng, 0.19, 0.33) * self.qt, uniform(rng, 0.025, 0.05), dipole));
        }
        if chance(rng, 0.3) {
            // A U wave.
            let dipole = scaled([0.3, 0.2, -0.9], uniform(rng, 0.01, 0.06) * size);
            let at = 0.43 * self.qt;
            waves.push(Wave::bump(Part::T, at, 0.03, dipole));
        }
    }
}
