//! Penalties that training adds to the loss of the task, such as priors on attributions.

use burn::tensor::Tensor;
use einthoven_game::rng::ChaCha8Rng;

use crate::TensorNetwork;

/// A penalty on a homogeneous network in training. It acts in the frozen epochs, where the network in training is the
/// network in evaluation.
pub trait Penalty {
    /// Name and settings, for the model's card.
    fn describe(&self) -> serde_json::Value;

    /// Whether it needs to know the regions of the training records.
    fn reads_regions(&self) -> bool {
        false
    }

    /// The penalty of a batch.
    fn penalise(&self, step: &PenaltyStep<'_>, rng: &mut ChaCha8Rng) -> Penalised;
}

/// What a penalty sees of a step of training.
#[derive(Debug)]
pub struct PenaltyStep<'a> {
    /// The network, from normalised signals to logits. Its weights are made of the parameters, and gradients of what it
    /// answers reach them.
    pub tracked: &'a TensorNetwork,
    /// The same network with weights that are constants, on the same device.
    pub constant: &'a TensorNetwork,
    /// Normalised signals `[batch, leads, samples]`.
    pub signals: Tensor<3>,
    /// Which outputs are present, `[batch, outputs]`.
    pub labels: &'a [bool],
    /// What belongs to the findings, `[batch, leads, samples]`; empty unless the penalty reads regions.
    pub regions: &'a [bool],
}

/// A penalty's answer.
#[derive(Clone, Debug)]
pub struct Penalised {
    /// The penalty, strength included.
    pub loss: f64,
    /// A scalar `[1]` whose gradient with respect to the parameters is that of the penalty; its value need not be. One
    /// backward pass then serves task and penalty.
    pub scalar: Tensor<1>,
}
