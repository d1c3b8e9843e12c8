//! A small network: two hidden layers of rectified units, trained by Adam (Kingma & Ba, 2015).
//!
//! Its last layer starts at zero, so that it predicts nothing before it has learned something.

use einthoven_game::rng::{ChaCha8Rng, stream};
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par};
use rand::RngExt;
use rand_distr::StandardNormal;

/// Units of each hidden layer.
const HIDDEN: usize = 64;
/// Decay of Adam's means of gradients and of their squares.
const DECAYS: [f64; 2] = [0.9, 0.999];

/// A layer with Adam's memory of it.
#[derive(Clone, Debug)]
struct Layer {
    /// `[outputs, 1 + inputs]`, the biases first.
    weights: Mat<f64>,
    /// Means of gradients and of their squares.
    moments: [Mat<f64>; 2],
}

/// The network.
#[derive(Clone, Debug)]
pub(super) struct Mlp {
    layers: Vec<Layer>,
    steps: i32,
}

impl Layer {
    /// Weights of half the units' inputs in variance (He et al., 2015), or zeros.
    fn new(inputs: usize, outputs: usize, rng: Option<&mut ChaCha8Rng>) -> Self {
        let scale = (2.0 / inputs as f64).sqrt();
        let mut weights = Mat::zeros(outputs, 1 + inputs);
        if let Some(rng) = rng {
            for input in 1..=inputs {
                (0..outputs).for_each(|at| weights[(at, input)] = scale * rng.sample::<f64, _>(StandardNormal));
            }
        }
        let zeros = || Mat::zeros(outputs, 1 + inputs);
        Self { moments: [zeros(), zeros()], weights }
    }

    /// Adam's step.
    fn step(&mut self, gradient: &Mat<f64>, rate: f64, steps: i32) {
        let [first, second] = &mut self.moments;
        for column in 0..gradient.ncols() {
            let weights = self.weights.col_as_slice_mut(column).iter_mut();
            let moments = first.col_as_slice_mut(column).iter_mut().zip(second.col_as_slice_mut(column));
            for ((weight, (m, v)), g) in weights.zip(moments).zip(gradient.col_as_slice(column)) {
                *m = DECAYS[0] * *m + (1.0 - DECAYS[0]) * g;
                *v = DECAYS[1] * *v + (1.0 - DECAYS[1]) * g * g;
                let [m, v] = [*m / (1.0 - DECAYS[0].powi(steps)), *v / (1.0 - DECAYS[1].powi(steps))];
                *weight -= rate * m / (v.sqrt() + 1e-8);
            }
        }
    }
}

impl Mlp {
    /// A network that has not learned anything.
    pub fn new(inputs: usize, outputs: usize, seed: u64) -> Self {
        let mut rng = stream(seed, "value/network", 0);
        let layers = vec![
            Layer::new(inputs, HIDDEN, Some(&mut rng)),
            Layer::new(HIDDEN, HIDDEN, Some(&mut rng)),
            Layer::new(HIDDEN, outputs, None),
        ];
        Self { layers, steps: 0 }
    }

    /// Outputs `[outputs, rows]` for inputs `[inputs, rows]`.
    pub fn predict(&self, inputs: &Mat<f64>) -> Mat<f64> {
        self.forward(inputs).1
    }

    /// One step against the mean squared error of one output of each row.
    pub fn learn(&mut self, inputs: &Mat<f64>, outputs: &[usize], targets: &[f64], rate: f64) {
        let (seen, made) = self.forward(inputs);
        let n = targets.len() as f64;
        let mut back = Mat::<f64>::zeros(made.nrows(), made.ncols());
        for (row, (&output, target)) in outputs.iter().zip(targets).enumerate() {
            back[(output, row)] = 2.0 * (made[(output, row)] - target) / n;
        }
        self.steps += 1;
        for at in (0..self.layers.len()).rev() {
            let mut gradient = Mat::zeros(back.nrows(), seen[at].nrows());
            matmul(&mut gradient, Accum::Replace, &back, seen[at].transpose(), 1.0, Par::Seq);
            if at > 0 {
                let weights = self.layers[at].weights.as_ref().get(.., 1..);
                let mut below = Mat::<f64>::zeros(weights.ncols(), back.ncols());
                matmul(&mut below, Accum::Replace, weights.transpose(), &back, 1.0, Par::Seq);
                for row in 0..below.ncols() {
                    let was = &seen[at].col_as_slice(row)[1..];
                    let gates = was.iter().map(|x| f64::from(u8::from(*x > 0.0)));
                    below.col_as_slice_mut(row).iter_mut().zip(gates).for_each(|(g, gate)| *g *= gate);
                }
                back = below;
            }
            self.layers[at].step(&gradient, rate, self.steps);
        }
    }

    /// What each layer reads, with a one on top, and the outputs.
    fn forward(&self, inputs: &Mat<f64>) -> (Vec<Mat<f64>>, Mat<f64>) {
        let topped = |from: &Mat<f64>, is_hidden: bool| {
            Mat::from_fn(1 + from.nrows(), from.ncols(), |row, column| match row {
                0 => 1.0,
                _ if is_hidden => from[(row - 1, column)].max(0.0),
                _ => from[(row - 1, column)],
            })
        };
        let (mut seen, mut made) = (Vec::new(), inputs.to_owned());
        for layer in &self.layers {
            seen.push(topped(&made, !seen.is_empty()));
            let read = &seen[seen.len() - 1];
            made = Mat::zeros(layer.weights.nrows(), inputs.ncols());
            matmul(&mut made, Accum::Replace, &layer.weights, read, 1.0, Par::Seq);
        }
        (seen, made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_are_those_of_differences() {
        let inputs = Mat::from_fn(3, 5, |row, column| ((row * 5 + column) as f64 * 0.7).sin());
        let (outputs, targets) = ([0, 1, 1, 0, 1], [0.3, -0.2, 0.5, 0.1, 0.9]);
        let mut network = Mlp::new(3, 2, 1);
        let last = &mut network.layers[2].weights;
        *last = Mat::from_fn(last.nrows(), last.ncols(), |row, column| ((row + 2 * column) as f64).cos() * 0.1);
        let loss = |network: &Mlp| -> f64 {
            let made = network.predict(&inputs);
            let errors = outputs.iter().zip(targets).enumerate();
            errors.map(|(row, (&output, target))| (made[(output, row)] - target).powi(2)).sum::<f64>() / 5.0
        };
        let mut learned = network.clone();
        learned.learn(&inputs, &outputs, &targets, 0.0);
        for layer in 0..3 {
            for (row, column) in [(0, 0), (1, 2), (1, 3)] {
                let moved = |by: f64| {
                    let mut moved = network.clone();
                    moved.layers[layer].weights[(row, column)] += by;
                    loss(&moved)
                };
                let expected = (moved(1e-6) - moved(-1e-6)) / 2e-6;
                // Adam's first mean of gradients is a tenth of the first gradient.
                let found = learned.layers[layer].moments[0][(row, column)] / (1.0 - DECAYS[0]);
                assert!((found - expected).abs() < 1e-7 * (1.0 + expected.abs()), "{layer}: {found} and {expected}");
            }
        }
    }
}
