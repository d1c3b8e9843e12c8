//! How an explainer is trained.

use serde::{Deserialize, Serialize};

use crate::network::NetworkConfig;
use crate::{Error, Result};

/// What an explainer is fitted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// The labels themselves, by least squares (Covert et al. 2024).
    #[default]
    Labels,
    /// The values of the labels' coalitions, as sums over their players, under the Shapley kernel (FastSHAP; Jethani et al. 2022).
    FastShap,
}

/// How an explainer is trained. The default suits a few thousand records with a label of a few walks each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainingConfig {
    /// The network.
    pub network: NetworkConfig,
    /// What it is fitted to.
    pub objective: Objective,
    /// Number of passes through the training records.
    pub epochs: usize,
    /// Records per step.
    pub batch: usize,
    /// Highest learning rate of the cycle.
    pub learning_rate: f64,
    /// Decay of the weights per step, times the learning rate.
    pub weight_decay: f64,
    /// Whether a value weighs in the loss by the inverse of its labels' variance over records, noise included.
    pub weighted: bool,
    /// Whether an eighth, a quarter and half of the records are trained on too, to see what more records are worth.
    pub curve: bool,
    /// Seed of weights and order.
    pub seed: u64,
}

impl Default for TrainingConfig {
    fn default() -> Self {
        Self {
            network: NetworkConfig::default(),
            objective: Objective::default(),
            epochs: 20,
            batch: 32,
            learning_rate: 1e-3,
            weight_decay: 0.05,
            weighted: true,
            curve: false,
            seed: 1,
        }
    }
}

impl TrainingConfig {
    /// Refuses settings that cannot be met, naming the field.
    ///
    /// # Errors
    /// If a number makes no sense.
    pub fn check(&self) -> Result<()> {
        self.network.check()?;
        let refuse =
            |field: &str, right: &str| Err(Error::Request(format!("train with this {field}: expected {right}")));
        if !(1..=10_000).contains(&self.epochs) {
            return refuse("number of epochs", "1 to 10000");
        }
        if !(1..=4096).contains(&self.batch) {
            return refuse("batch", "1 to 4096 records");
        }
        if !(self.learning_rate > 0.0 && self.learning_rate <= 1.0) {
            return refuse("learning_rate", "a number above 0, up to 1");
        }
        if !(0.0..=1.0).contains(&self.weight_decay) {
            return refuse("weight_decay", "0 to 1");
        }
        Ok(())
    }
}
