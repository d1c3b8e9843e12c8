//! Gradients at many points: passes forward and back, in parallel, handed over in order.

use einthoven_game::Link;
use einthoven_model::{CpuNetwork, GradientScratch};
use rayon::prelude::*;

/// Points that are computed before they are handed over.
const CHUNK: usize = 32;

/// What goes through the network and what is read off it.
pub(crate) struct Passes<'a> {
    pub network: &'a CpuNetwork,
    pub link: Link,
}

/// What the model says at a point, and how fast that changes.
pub(crate) struct Pass {
    /// `[outputs]`
    pub values: Vec<f64>,
    /// `[outputs, cells]`, of the logits.
    gradients: Vec<f32>,
    /// What makes them gradients of the values, `[outputs]`.
    slopes: Vec<f64>,
}

impl Pass {
    /// The gradient of an output's value, cell by cell.
    pub fn gradient(&self, output: usize) -> impl Iterator<Item = f64> + '_ {
        let cells = self.gradients.len() / self.slopes.len();
        let slope = self.slopes[output];
        self.gradients[output * cells..][..cells].iter().map(move |&gradient| slope * f64::from(gradient))
    }
}

impl Passes<'_> {
    pub fn n_outputs(&self) -> usize {
        let network = self.network.network();
        network.shape(network.output())[0]
    }

    /// Goes to `n` points, which `load` makes, and hands each over to `each`, in order.
    pub fn visit(&self, n: usize, load: &(dyn Fn(usize, &mut [f32]) + Sync), each: &mut dyn FnMut(usize, &Pass)) {
        for from in (0..n).step_by(CHUNK) {
            let points = from..n.min(from + CHUNK);
            let passes: Vec<Pass> = points
                .clone()
                .into_par_iter()
                .map_init(GradientScratch::default, |scratch, point| self.pass(&|row| load(point, row), scratch))
                .collect();
            points.zip(&passes).for_each(|(point, pass)| each(point, pass));
        }
    }

    /// One point.
    pub fn at(&self, signal: &[f32]) -> Pass {
        self.pass(&|row| row.copy_from_slice(signal), &mut GradientScratch::default())
    }

    fn pass(&self, load: &dyn Fn(&mut [f32]), scratch: &mut GradientScratch) -> Pass {
        let (outputs, [leads, samples]) = ((0..self.n_outputs()).collect::<Vec<_>>(), self.network.network().shape(0));
        let (mut logits, mut gradients) = (vec![0.0; outputs.len()], vec![0.0; outputs.len() * leads * samples]);
        self.network.gradients(1, &|_, row| load(row), &outputs, &mut logits, &mut gradients, scratch);
        let read = |&logit: &f32| match self.link {
            Link::Logit => (f64::from(logit), 1.0),
            Link::Probability => {
                let probability = 1.0 / (1.0 + (-f64::from(logit)).exp());
                (probability, probability * (1.0 - probability))
            }
        };
        let (values, slopes) = logits.iter().map(read).unzip();
        Pass { values, gradients, slopes }
    }
}
