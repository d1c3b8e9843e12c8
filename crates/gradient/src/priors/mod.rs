//! Attribution priors: what attributions ought to be like, as a penalty in training.
//!
//! The gradient of such a penalty with respect to the weights is a second derivative. In a network of linear and piecewise
//! linear layers it is that of the change of the logits along a direction, `u = (dL/dA) * x` with frozen gates
//! ([`TensorNetwork::tangent`](einthoven_model::TensorNetwork::tangent)), for which one derivative is enough.

mod shape;

use burn::tensor::{Tensor, TensorData};
use einthoven_game::rng::ChaCha8Rng;
use einthoven_model::{Penalised, Penalty, PenaltyStep, Rule, Trace};
use rand::RngExt;
use rayon::prelude::*;

use crate::{Error, Result};
pub use shape::Prior;

/// A prior on the attributions of the outputs that are present in a record: of the sum of their logits.
#[derive(Clone, Debug, PartialEq)]
pub struct AttributionPrior {
    prior: Prior,
    strength: f64,
    references: usize,
}

/// Where gradients are taken, and what they are multiplied by: the way from the reference to the record.
struct Point {
    trace: Trace,
    way: Tensor<3>,
}

impl AttributionPrior {
    /// A prior on X-Gradient, which is complete in a homogeneous network (Hesse, Schaub-Meyer and Roth, NeurIPS 2021). The
    /// strength is that of the prior's mean over the batch beside the mean cross-entropy.
    ///
    /// # Errors
    /// If the strength is not a positive finite number.
    pub fn x_gradient(prior: Prior, strength: f64) -> Result<Self> {
        if !(strength > 0.0 && strength.is_finite()) {
            return Err(Error::Request(format!("use a prior strength of {strength}: expected a number above 0")));
        }
        Ok(Self { prior, strength, references: 0 })
    }

    /// A prior on expected gradients with so many references per record and step, each another record of the batch and a
    /// random point on the way from it (Erion et al., Nature Machine Intelligence 2021).
    ///
    /// # Errors
    /// If the strength is not a positive finite number, or there are no references.
    pub fn expected_gradients(prior: Prior, strength: f64, references: usize) -> Result<Self> {
        if references == 0 {
            return Err(Error::Request("use expected gradients with 0 references: expected 1 or more".into()));
        }
        Ok(Self { references, ..Self::x_gradient(prior, strength)? })
    }

    fn points(&self, step: &PenaltyStep<'_>, rng: &mut ChaCha8Rng) -> Vec<Point> {
        let x = &step.signals;
        if self.references == 0 {
            return vec![Point { trace: step.constant.trace(x.clone()), way: x.clone() }];
        }
        let [batch, ..] = x.dims();
        let draw = |_| {
            let other = |i: usize, rng: &mut ChaCha8Rng| (i + rng.random_range(1..batch.max(2))) % batch;
            let others: Vec<i64> = (0..batch).map(|i| other(i, rng) as i64).collect();
            let shares: Vec<f64> = (0..batch).map(|_| rng.random()).collect();
            let others = Tensor::from_data(TensorData::new(others, [batch]), &x.device());
            let reference = x.clone().select(0, others);
            let way = x.clone() - reference.clone();
            let at = reference + way.clone() * like(x, shares, [batch, 1, 1]);
            Point { trace: step.constant.trace(at), way }
        };
        (0..self.references).map(draw).collect()
    }
}

impl Penalty for AttributionPrior {
    fn describe(&self) -> serde_json::Value {
        let attribution = if self.references == 0 { "x-gradient" } else { "expected-gradients" };
        serde_json::json!({
            "prior": self.prior.name(),
            "strength": self.strength,
            "attribution": attribution,
            "references": self.references,
        })
    }

    fn reads_regions(&self) -> bool {
        self.prior == Prior::Mask
    }

    fn penalise(&self, step: &PenaltyStep<'_>, rng: &mut ChaCha8Rng) -> Penalised {
        let x = &step.signals;
        let [batch, leads, samples] = x.dims();
        let present = step.labels.iter().map(|&label| f64::from(u8::from(label))).collect();
        let present: Tensor<2> = like(x, present, [batch, step.labels.len() / batch]);
        let points = self.points(step, rng);
        let one =
            |point: &Point| point.way.clone() * step.constant.backward(&point.trace, present.clone(), Rule::Gradient);
        let sum = points.iter().map(one).reduce(|sum, more| sum + more).expect("invariant: at least one point");
        let attributions = doubles(sum.div_scalar(points.len() as f64));
        let size = leads * samples;
        let record = |(index, attribution): (usize, &[f64])| {
            let region = if step.regions.is_empty() { &[] } else { &step.regions[index * size..(index + 1) * size] };
            self.prior.loss(attribution, samples, region)
        };
        let records: Vec<(f64, Vec<f64>)> = attributions.par_chunks(size).enumerate().map(record).collect();
        let loss = self.strength * records.iter().map(|(loss, _)| loss).sum::<f64>() / batch as f64;
        let share = self.strength / (batch * points.len()) as f64;
        let slopes = records.into_iter().flat_map(|(_, slope)| slope).map(|slope| share * slope).collect();
        let slopes: Tensor<3> = like(x, slopes, [batch, leads, samples]);
        let change = |point: Point| step.tracked.tangent(&point.trace, slopes.clone() * point.way) * present.clone();
        let scalar = points.into_iter().map(change).reduce(|sum, more| sum + more);
        let scalar = scalar.expect("invariant: at least one point");
        Penalised { loss, scalar: scalar.sum_dim(1).sum_dim(0).reshape([1]) }
    }
}

/// Numbers on the device and in the precision of a tensor.
fn like<const D: usize>(x: &Tensor<3>, numbers: Vec<f64>, shape: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(numbers, shape), (&x.device(), x.dtype()))
}

fn doubles(x: Tensor<3>) -> Vec<f64> {
    x.into_data().convert::<f64>().try_to_vec().expect("invariant: converted to f64 above")
}
