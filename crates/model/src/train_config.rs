//! How a network is trained.

use einthoven_ecg::Preparation;
use serde::{Deserialize, Serialize};

use crate::{Augmentation, Error, Result, XResNetConfig};

/// How a network is trained. The default made the built-in model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainConfig {
    /// The network.
    pub architecture: XResNetConfig,
    /// What is done to each record first.
    pub preparation: Preparation,
    /// Length of the windows that training reads, in samples; each epoch takes one window of each record.
    pub window: usize,
    /// Number of passes through the training split.
    pub epochs: usize,
    /// Records per step.
    pub batch: usize,
    /// Highest learning rate of the cycle.
    pub learning_rate: f64,
    /// Decay of the weights per step, times the learning rate.
    pub weight_decay: f64,
    /// Epochs without a better macro-AUC on the validation split after which training ends.
    pub patience: usize,
    /// Changes to the training records.
    pub augmentation: Augmentation,
    /// Number of epochs at the end in which the norms' running statistics stand still and are used in place of the batch's:
    /// the network in training is then the network in evaluation.
    #[serde(skip_serializing_if = "is_zero")]
    pub frozen_epochs: usize,
    /// Seed of weights, order, windows and dropout.
    pub seed: u64,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            architecture: XResNetConfig {
                n_leads: 12,
                stem: vec![16, 16, 32],
                stem_stride: 2,
                widths: vec![32, 48, 64, 64],
                depths: vec![1, 1, 1, 1],
                strides: vec![1, 2, 2, 2],
                expansion: 1,
                kernel_size: 5,
                hidden: 64,
                dropout: [0.1, 0.2],
                n_outputs: 5,
                homogeneous: false,
            },
            preparation: Preparation { rate: 100.0, n_samples: 1000, highpass_hz: Some(0.5), mains_hz: Some(50.0) },
            window: 500,
            epochs: 12,
            batch: 64,
            learning_rate: 3e-3,
            weight_decay: 0.02,
            patience: 6,
            augmentation: Augmentation::default(),
            frozen_epochs: 0,
            seed: 1,
        }
    }
}

impl TrainConfig {
    /// Refuses settings that cannot be met, naming the field.
    pub fn check(&self) -> Result<()> {
        self.architecture.check()?;
        let n_samples = self.preparation.n_samples;
        let expect = |field, ok: bool, right: String| if ok { Ok(()) } else { Err(Error::setting(field, right)) };
        expect("window", (32..=n_samples).contains(&self.window), format!("expected 32 to {n_samples} samples"))?;
        expect("epochs", (1..=10_000).contains(&self.epochs), "expected 1 to 10000".into())?;
        expect("batch", (2..=4096).contains(&self.batch), "expected 2 to 4096 records".into())?;
        expect("patience", self.patience >= 1, "expected at least 1 epoch".into())?;
        let right = format!("expected at most the {} epochs of the training", self.epochs);
        expect("frozen_epochs", self.frozen_epochs <= self.epochs, right)?;
        let rate = self.learning_rate;
        expect("learning_rate", rate > 0.0 && rate <= 1.0, "expected a number above 0, up to 1".into())?;
        expect("weight_decay", (0.0..=1.0).contains(&self.weight_decay), "expected 0 to 1".into())?;
        let Augmentation { gain, lead_gain, stretch, noise_mv, lost_lead } = self.augmentation;
        let strengths = [gain, lead_gain, stretch, noise_mv, lost_lead];
        expect("augmentation", strengths.iter().all(|x| (0.0..=1.0).contains(x)), "expected numbers from 0 to 1".into())
    }

    /// Refuses settings under which a penalty could not act as it should.
    pub(crate) fn check_penalty(&self) -> Result<()> {
        if !self.architecture.homogeneous {
            let reason = "expected true for a penalty on attributions (--homogeneous): with biases x * gradient leaves out a \
                          part of the logits";
            return Err(Error::setting("architecture.homogeneous", reason));
        }
        if self.frozen_epochs == 0 {
            let reason = "expected at least 1 with a penalty, which acts where the norms' statistics stand still";
            return Err(Error::setting("frozen_epochs", reason));
        }
        Ok(())
    }
}

fn is_zero(n: &usize) -> bool {
    *n == 0
}
