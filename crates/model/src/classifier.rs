//! A network with its card: what a program needs to ask it about a record.

use std::{fmt, sync::Arc};

use burn::tensor::{Device, Tensor};
use einthoven_ecg::Preparation;
use sha2::{Digest, Sha256};

use crate::{BatchModel, Card, ModelSpec, Network, NetworkModel, Result, StateDict, footprint::Footprint, plan::Plan};

/// A residual network that reads millivolts, with its card.
#[derive(Clone)]
pub struct Classifier {
    model: NetworkModel,
    card: Arc<Card>,
    state: Arc<StateDict>,
}

impl Classifier {
    /// A network with these weights on a device.
    ///
    /// # Errors
    /// If the card contradicts itself or the weights do not fit its architecture.
    pub fn new(card: Card, state: StateDict, device: &Device) -> Result<Self> {
        card.check()?;
        let network = Network::xresnet(&card.architecture, &state, card.normalisation, card.preparation.n_samples)?;
        let model = NetworkModel::new(spec(&card, &state)?, network, device);
        Ok(Self { model, card: Arc::new(card), state: Arc::new(state) })
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
        Self { model: self.model.on_device(device), ..self.clone() }
    }
}

impl fmt::Debug for Classifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Classifier").field("name", &self.card.name).field("spec", self.spec()).finish_non_exhaustive()
    }
}

impl BatchModel for Classifier {
    fn spec(&self) -> &ModelSpec {
        self.model.spec()
    }

    fn logits(&self, batch: Tensor<3>) -> Tensor<2> {
        self.model.logits(batch)
    }

    fn layers(&self) -> Option<&Network> {
        self.model.layers()
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
