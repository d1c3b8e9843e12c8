//! A network with its card: what a program needs to ask it about a record.

use std::{fmt, sync::Arc};

use burn::{
    backend::DispatchDevice,
    tensor::{Device, Tensor, TensorData},
};
use einthoven_ecg::Preparation;
use sha2::{Digest, Sha256};

use crate::{
    BatchModel, Card, CpuNetwork, ModelSpec, Network, Result, StateDict, TensorNetwork, footprint::Footprint,
    layers::numbers, plan::Plan,
};

/// A residual network that reads millivolts, with its card.
#[derive(Clone)]
pub struct Classifier {
    network: Arc<Network>,
    runner: Runner,
    card: Arc<Card>,
    state: Arc<StateDict>,
    spec: ModelSpec,
}

/// What runs the network on the device it was put on.
#[derive(Clone)]
enum Runner {
    Cpu(Arc<CpuNetwork>),
    Tensors(TensorNetwork),
}

impl Classifier {
    /// A network with these weights on a device.
    ///
    /// # Errors
    /// If the card contradicts itself or the weights do not fit its architecture.
    pub fn new(card: Card, state: StateDict, device: &Device) -> Result<Self> {
        card.check()?;
        let network = Network::xresnet(&card.architecture, &state, card.normalisation, card.preparation.n_samples)?;
        let spec = spec(&card, &state)?;
        let runner = Runner::new(&network, device);
        Ok(Self { network: Arc::new(network), runner, card: Arc::new(card), state: Arc::new(state), spec })
    }

    /// What has to be known of the model besides its weights.
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// What has to be done to a record before the model reads it.
    pub fn preparation(&self) -> &Preparation {
        &self.card.preparation
    }

    /// The weights.
    pub fn state(&self) -> &StateDict {
        &self.state
    }

    /// The same model on another device.
    pub fn on_device(&self, device: &Device) -> Self {
        Self { runner: Runner::new(&self.network, device), ..self.clone() }
    }
}

impl Runner {
    fn new(network: &Network, device: &Device) -> Self {
        match device.as_dispatch() {
            DispatchDevice::Flex(_) => Self::Cpu(Arc::new(CpuNetwork::new(network))),
            _ => Self::Tensors(TensorNetwork::new(network, device)),
        }
    }
}

impl fmt::Debug for Classifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Classifier").field("name", &self.card.name).field("spec", &self.spec).finish_non_exhaustive()
    }
}

impl BatchModel for Classifier {
    fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    fn logits(&self, batch: Tensor<3>) -> Tensor<2> {
        let cpu = match &self.runner {
            Runner::Cpu(cpu) => cpu,
            Runner::Tensors(tensors) => return tensors.logits(batch),
        };
        let ([rows, ..], device) = (batch.dims(), batch.device());
        let signals = numbers(batch);
        Tensor::from_data(TensorData::new(cpu.logits(&signals), [rows, self.spec.outputs.len()]), &device)
    }

    fn layers(&self) -> Option<&Network> {
        Some(&self.network)
    }

    fn to_device(&self, device: &Device) -> Box<dyn BatchModel> {
        Box::new(self.on_device(device))
    }
}

fn spec(card: &Card, state: &StateDict) -> Result<ModelSpec> {
    let n_samples = card.preparation.n_samples;
    let footprint = Footprint::new(&Plan::new(&card.architecture), card.architecture.n_leads, n_samples);
    let normalisation = card.normalisation;
    let mut hash = Sha256::new();
    hash.update(format!("{:?} {} {}", card.architecture, normalisation.mean, normalisation.std));
    hash.update(state.to_safetensors(&[])?);
    let fingerprint: String = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    Ok(ModelSpec {
        outputs: card.outputs.clone(),
        leads: card.leads.clone(),
        n_samples,
        rate: card.preparation.rate,
        fingerprint,
        row_buffer_bytes: footprint.buffer,
        row_bytes: footprint.total,
    })
}
