//! Waves of a beat and how they are drawn onto samples.

use super::field::{ELECTRODES, Field};
use super::vector::Vec3;

/// Which part of the beat a wave belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    P,
    Qrs,
    St,
    T,
}

/// A wave's course in time, in seconds, with a height of one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// A Gaussian around the wave's time, with one standard deviation before the peak and one after it.
    Bump { rise: f64, fall: f64 },
    /// The difference of two logistic ramps: up at the wave's time, down `length` later.
    Plateau { length: f64, up: f64, down: f64 },
}

/// One wave of the heart's dipole, with what the chest electrodes see of it beyond a dipole.
#[derive(Clone, Debug)]
pub(super) struct Wave {
    pub part: Part,
    /// Seconds after the beat's reference, which is near the R peak.
    pub at: f64,
    pub shape: Shape,
    /// Frank's X (left), Y (down), Z (back) in mV.
    pub dipole: Vec3,
    /// Additional potential at V1–V6 in mV: sources near the chest wall are not a dipole.
    pub local: [f64; 6],
}

impl Wave {
    /// A Gaussian wave that is symmetric in time.
    pub fn bump(part: Part, at: f64, width: f64, dipole: Vec3) -> Self {
        Self { part, at, shape: Shape::Bump { rise: width, fall: width }, dipole, local: [0.0; 6] }
    }

    /// A plateau of the ST segment from `at` on.
    pub fn plateau(at: f64, length: f64, dipole: Vec3) -> Self {
        let shape = Shape::Plateau { length, up: 0.006, down: 0.02 };
        Self { part: Part::St, at, shape, dipole, local: [0.0; 6] }
    }

    /// Makes the whole wave larger or smaller.
    pub fn scale(&mut self, factor: f64) {
        self.dipole = self.dipole.map(|x| x * factor);
        self.local = self.local.map(|x| x * factor);
    }

    /// The wave's height at every electrode.
    pub fn potentials(&self, field: &Field) -> [f64; ELECTRODES] {
        let mut potentials = field.potentials(self.dipole);
        for (potential, local) in potentials[3..].iter_mut().zip(self.local) {
            *potential += local;
        }
        potentials
    }
}

/// Samples of the electrodes' potentials in mV.
pub(super) struct Canvas {
    pub rate: f64,
    pub samples: Vec<[f64; ELECTRODES]>,
}

impl Canvas {
    pub fn new(rate: f64, n_samples: usize) -> Self {
        Self { rate, samples: vec![[0.0; ELECTRODES]; n_samples] }
    }

    /// Adds one wave with its time zero at `origin` seconds; `stretch` lengthens ST and T.
    pub fn add(&mut self, wave: &Wave, potentials: &[f64; ELECTRODES], origin: f64, stretch: f64) {
        let stretch = if matches!(wave.part, Part::St | Part::T) { stretch } else { 1.0 };
        match wave.shape {
            Shape::Bump { rise, fall } => {
                let centre = origin + wave.at * stretch;
                self.half_bump(potentials, centre, rise * stretch, -1.0);
                self.half_bump(potentials, centre, fall * stretch, 1.0);
            }
            Shape::Plateau { length, up, down } => {
                let start = origin + wave.at;
                let (from, to) = self.span(start - 6.0 * up, start + length * stretch + 6.0 * down);
                let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
                for (i, sample) in self.samples[from..to].iter_mut().enumerate() {
                    let t = (from + i) as f64 / self.rate - start;
                    add(sample, potentials, logistic(t / up) - logistic((t - length * stretch) / down));
                }
            }
        }
    }

    /// Half a Gaussian, cut at four standard deviations. Values follow from one another by two multiplications.
    fn half_bump(&mut self, potentials: &[f64; ELECTRODES], centre: f64, width: f64, side: f64) {
        let (from, to) =
            if side < 0.0 { self.span(centre - 4.0 * width, centre) } else { self.span(centre, centre + 4.0 * width) };
        let sd = width * self.rate;
        let x = (from as f64 - centre * self.rate) / sd;
        let step = 1.0 / sd;
        let mut height = (-0.5 * x * x).exp();
        let mut ratio = (-(x + 0.5 * step) * step).exp();
        let ratio_of_ratios = (-step * step).exp();
        for sample in &mut self.samples[from..to] {
            add(sample, potentials, height);
            height *= ratio;
            ratio *= ratio_of_ratios;
        }
    }

    /// Sample numbers from `start` up to but without `end`, both in seconds, as far as they are on the canvas.
    fn span(&self, start: f64, end: f64) -> (usize, usize) {
        let n = self.samples.len();
        let index = |t: f64| ((t * self.rate).ceil().max(0.0) as usize).min(n);
        let from = index(start);
        (from, index(end).max(from))
    }

    /// The twelve leads row after row, `[leads, samples]`.
    pub fn leads(&self) -> Vec<f64> {
        let n = self.samples.len();
        let mut leads = vec![0.0; 12 * n];
        for (i, sample) in self.samples.iter().enumerate() {
            for (lead, value) in super::field::leads(sample).into_iter().enumerate() {
                leads[lead * n + i] = value;
            }
        }
        leads
    }
}

fn add(sample: &mut [f64; ELECTRODES], potentials: &[f64; ELECTRODES], height: f64) {
    for (value, potential) in sample.iter_mut().zip(potentials) {
        *value += potential * height;
    }
}
