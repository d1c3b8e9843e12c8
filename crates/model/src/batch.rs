//! The only door to a model: a batch of signals in, a batch of logits out.

use burn::tensor::{Device, Tensor};

use crate::Network;

/// What the engine must know of a model before it can call it.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSpec {
    /// Name of each output.
    pub outputs: Vec<String>,
    /// Name of each input lead, in the order of the rows.
    pub leads: Vec<String>,
    /// Number of samples per lead.
    pub n_samples: usize,
    /// Sampling rate of the input in Hz.
    pub rate: f64,
    /// Identifies architecture and weights: equal fingerprints mean equal answers.
    pub fingerprint: String,
    /// Bytes of the largest single buffer that one row of a batch needs in the forward pass.
    pub row_buffer_bytes: usize,
    /// Bytes of all buffers that are alive at once for one row of a batch, its signals included. A few MiB that do not
    /// grow with the batch come on top.
    pub row_bytes: usize,
}

/// A model that answers for a batch of signals.
///
/// Any network can be explained that implements this trait; the engine knows models in no other way.
pub trait BatchModel: Send {
    /// What goes in and what comes out.
    fn spec(&self) -> &ModelSpec;

    /// Logits `[batch, outputs]` of a batch of signals in millivolts `[batch, leads, samples]`.
    fn logits(&self, batch: Tensor<3>) -> Tensor<2>;

    /// The layers behind [`logits`](Self::logits), where they are known. With them the engine computes what coalitions
    /// have in common once, and on the CPU it runs them itself; without them every row goes through
    /// [`logits`](Self::logits).
    fn layers(&self) -> Option<&Network> {
        None
    }

    /// Whether [`logits`](Self::logits) can be differentiated by burn with respect to the batch, where the model was put on a
    /// device that tracks gradients. Models that name their layers need not say so: there the way back is known.
    fn is_differentiable(&self) -> bool {
        false
    }

    /// The same model on another device.
    fn to_device(&self, device: &Device) -> Box<dyn BatchModel>;
}
