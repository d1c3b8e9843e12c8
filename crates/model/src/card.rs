//! The card beside the weights: what the model is, what it was trained on, and how well it does.

use std::path::Path;

use einthoven_ecg::{Preparation, STANDARD, labels};
use serde::{Deserialize, Serialize};

use crate::{Error, Metrics, Result, TrainConfig, XResNetConfig, state::read_bounded};

/// What every card says first.
pub const NOTICE: &str = "Not a medical device. This model is for research on explanations. It must not be used for \
                          diagnosis, treatment or any decision about a patient.";

/// Everything that has to be known of a model besides its weights, as JSON beside the weights file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// Name of the model.
    pub name: String,
    /// That the model is not a medical device.
    pub notice: String,
    /// What the model was made for, and what it cannot do.
    pub description: String,
    /// The architecture.
    pub architecture: XResNetConfig,
    /// Name of each output.
    pub outputs: Vec<String>,
    /// Name of each input lead, in the order of the rows.
    pub leads: Vec<String>,
    /// What is done to a record before the model reads it: rate, length, filters.
    pub preparation: Preparation,
    /// What is done to the millivolts inside the model.
    pub normalisation: Normalisation,
    /// Mean of each lead over the prepared training records in mV; empty where it is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dataset_mean: Vec<f64>,
    /// Probability of each output from which on it counts as present; chosen on the validation split.
    pub thresholds: Vec<f64>,
    /// How the model was made; absent for models from elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<TrainingRecord>,
}

/// The network reads `(millivolts - mean) / std`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalisation {
    /// Mean in mV.
    pub mean: f64,
    /// Standard deviation in mV.
    pub std: f64,
}

/// Who made a model, and from what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The command that makes the model again.
    pub command: String,
    /// The git revision of the program.
    pub git_revision: String,
}

/// How a model was trained, and how it did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingRecord {
    /// Who made the model.
    pub provenance: Provenance,
    /// What it was trained on: the data set's configuration, or the name of the data set.
    pub data: serde_json::Value,
    /// All settings, the seed among them.
    pub config: TrainConfig,
    /// The penalty of the frozen epochs, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub penalty: Option<serde_json::Value>,
    /// Number of records in training, validation and test.
    pub n_records: [usize; 3],
    /// Number of epochs that were run.
    pub epochs: usize,
    /// The epoch whose weights were kept, from 1.
    pub best_epoch: usize,
    /// Macro-AUC of that epoch on the validation split.
    pub validation_macro_auc: f64,
    /// Metrics on the test split, which nothing was chosen on.
    pub test: Metrics,
}

impl Card {
    /// A card for an architecture whose outputs are not known otherwise: the superclasses of PTB-XL where there are
    /// five, in the order that the published networks give them, else numbers; the preparation of the PTB-XL
    /// benchmark.
    pub fn assumed(name: &str, architecture: XResNetConfig) -> Self {
        let n = architecture.n_outputs;
        let mut superclasses = labels::NAMES.map(String::from);
        superclasses.sort();
        let outputs = if n == 5 { superclasses.to_vec() } else { (0..n).map(|i| format!("output_{i}")).collect() };
        Self {
            name: name.to_owned(),
            notice: NOTICE.to_owned(),
            description: "Weights from elsewhere without a card: outputs, rate, length and normalisation are those \
                          of the PTB-XL benchmark."
                .to_owned(),
            architecture,
            outputs,
            leads: STANDARD.map(String::from).to_vec(),
            preparation: Preparation { rate: 100.0, n_samples: 1000, highpass_hz: None, mains_hz: None },
            normalisation: Normalisation { mean: -0.000_777_17, std: 0.238_956_42 },
            dataset_mean: Vec::new(),
            thresholds: vec![0.5; n],
            training: None,
        }
    }

    /// Reads a card.
    ///
    /// # Errors
    /// If the file is missing, is no card, or contradicts itself.
    pub fn read(path: &Path) -> Result<Self> {
        Self::parse(&read_bounded(path)?).map_err(|e| Error::read(path, e))
    }

    /// A card from the bytes of its JSON file.
    pub(crate) fn parse(json: &[u8]) -> std::result::Result<Self, String> {
        let card: Self = serde_json::from_slice(json).map_err(|e| format!("not a model card ({e})"))?;
        card.check().map_err(|e| e.to_string())?;
        Ok(card)
    }

    /// Refuses a card that contradicts itself, naming the field.
    pub fn check(&self) -> Result<()> {
        self.architecture.check()?;
        let Preparation { rate, n_samples, .. } = self.preparation;
        let (n_leads, n_outputs) = (self.architecture.n_leads, self.architecture.n_outputs);
        let counts = [
            ("outputs", self.outputs.len(), n_outputs),
            ("leads", self.leads.len(), n_leads),
            ("thresholds", self.thresholds.len(), n_outputs),
        ];
        for (field, found, expected) in counts {
            if found != expected {
                return Err(Error::setting(
                    field,
                    format!("expected {expected} as in the architecture, found {found}"),
                ));
            }
        }
        if !(1..=1 << 20).contains(&n_samples) {
            return Err(Error::setting("preparation.n_samples", format!("expected 1 to 1048576, found {n_samples}")));
        }
        if !(1.0..=1e5).contains(&rate) {
            return Err(Error::setting("preparation.rate", format!("expected 1 to 100000 Hz, found {rate}")));
        }
        let means = &self.dataset_mean;
        if !(means.is_empty() || means.len() == self.leads.len()) || means.iter().any(|mean| !mean.is_finite()) {
            let reason = format!("expected a finite number for each of {} leads, or none", self.leads.len());
            return Err(Error::setting("dataset_mean", reason));
        }
        let Normalisation { mean, std } = self.normalisation;
        if !mean.is_finite() || !(1e-9..1e9).contains(&std) {
            let reason = format!("expected a mean and a positive std in mV, found {mean} and {std}");
            return Err(Error::setting("normalisation", reason));
        }
        if self.architecture.homogeneous && mean != 0.0 {
            let reason = format!("expected a mean of 0, since the network is homogeneous, found {mean}");
            return Err(Error::setting("normalisation", reason));
        }
        Ok(())
    }

    /// The card as JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("invariant: a card has only string keys") + "\n"
    }
}
