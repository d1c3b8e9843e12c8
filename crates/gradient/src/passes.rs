//! Gradients at many points, in chunks that fit the memory, handed over in order.

use einthoven_game::Link;

use crate::differentiable::Answer;
use crate::{Differentiable, Error, Result};

/// What goes through the model and what is read off it.
#[derive(Clone, Copy)]
pub(crate) struct Passes<'a> {
    pub model: &'a Differentiable,
    pub link: Link,
    /// Which outputs are differentiated.
    pub outputs: &'a [usize],
    /// Bytes that a chunk may take.
    pub memory: usize,
    /// Whether to stop.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

/// What the model says at a point, and how fast that changes.
#[derive(Debug)]
pub(crate) struct Pass<'a> {
    /// Values of the chosen outputs.
    pub values: Vec<f64>,
    /// `[outputs, cells]`, of the logits.
    gradients: &'a [f32],
    /// What makes them gradients of the values, `[outputs]`.
    slopes: Vec<f64>,
}

impl Pass<'_> {
    /// The gradient of an output's value, cell by cell.
    pub fn gradient(&self, output: usize) -> impl Iterator<Item = f64> + '_ {
        let cells = self.gradients.len() / self.slopes.len();
        let slope = self.slopes[output];
        self.gradients[output * cells..][..cells].iter().map(move |&gradient| slope * f64::from(gradient))
    }
}

impl Passes<'_> {
    /// Goes to `n` points, which `load` makes, and hands each over to `each`, in order.
    ///
    /// # Errors
    /// If it is told to stop.
    pub fn visit(
        &self,
        n: usize,
        load: &(dyn Fn(usize, &mut [f32]) + Sync),
        each: &mut dyn FnMut(usize, &Pass),
    ) -> Result<()> {
        let chunk = self.model.rows_within(self.memory, self.outputs.len());
        let (n_logits, cells) = (self.model.spec().outputs.len(), self.model.n_cells());
        for from in (0..n).step_by(chunk) {
            if (self.stop)() {
                return Err(Error::Interrupted { done: from, total: n });
            }
            let rows = chunk.min(n - from);
            let Answer { logits, gradients } =
                self.model.answer(rows, &|row, signal| load(from + row, signal), self.outputs);
            let gradients = gradients.chunks_exact(self.outputs.len() * cells);
            for (row, (logits, gradients)) in logits.chunks_exact(n_logits).zip(gradients).enumerate() {
                let read = |&output: &usize| read(self.link, f64::from(logits[output]));
                let (values, slopes) = self.outputs.iter().map(read).unzip();
                each(from + row, &Pass { values, gradients, slopes });
            }
        }
        Ok(())
    }

    /// The values at a point and what is made of the gradients there.
    pub fn at<T>(&self, signal: &[f32], make: impl FnOnce(&Pass) -> T) -> Result<T> {
        let (mut make, mut made) = (Some(make), None);
        self.visit(1, &|_, row| row.copy_from_slice(signal), &mut |_, pass| made = make.take().map(|make| make(pass)))?;
        Ok(made.expect("invariant: one point was visited"))
    }

    /// The values at points `[points, outputs]`, without a way back.
    pub fn values(&self, n: usize, load: &(dyn Fn(usize, &mut [f32]) + Sync)) -> Vec<f64> {
        let chunk = self.model.rows_within(self.memory, 0);
        let n_logits = self.model.spec().outputs.len();
        let mut values = Vec::with_capacity(n * self.outputs.len());
        for from in (0..n).step_by(chunk) {
            let answer = self.model.answer(chunk.min(n - from), &|row, signal| load(from + row, signal), &[]);
            for logits in answer.logits.chunks_exact(n_logits) {
                values.extend(self.outputs.iter().map(|&output| read(self.link, f64::from(logits[output])).0));
            }
        }
        values
    }
}

/// A value and its slope along the logit.
pub(crate) fn read(link: Link, logit: f64) -> (f64, f64) {
    match link {
        Link::Logit => (logit, 1.0),
        Link::Probability => {
            let probability = 1.0 / (1.0 + (-logit).exp());
            (probability, probability * (1.0 - probability))
        }
    }
}
