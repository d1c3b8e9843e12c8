//! Labels in memory, and what they are labels of.

use einthoven_game::{Design, Index, Kind, Link, Partition};
use einthoven_model::ModelSpec;
use serde::{Deserialize, Serialize};

use super::{BiasCheck, LabelMethod, LabelRequest};
use crate::{Error, Result};

/// What a record of the set is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The explainer is fitted on it.
    Train,
    /// The epoch is chosen on it, and errors are calibrated. It has at least two independent labels.
    Validation,
}

/// What all labels of a set are labels of: written beside them, and part of every explainer made from them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelSpec {
    /// Fingerprint of the explained model.
    pub model: String,
    /// The model's outputs.
    pub outputs: Vec<String>,
    /// Leads of the model's input.
    pub leads: Vec<String>,
    /// Samples of each lead.
    pub n_samples: usize,
    /// Sampling rate in Hz.
    pub rate: f64,
    /// Who plays, as `--players` has it.
    pub players: String,
    /// Name of each player.
    pub player_names: Vec<String>,
    /// The sets of players that have a value: single players, or single players and pairs.
    pub terms: Vec<Vec<u32>>,
    /// Which index the values are of.
    pub index: Index,
    /// The estimator of the labels, as `--method` has it.
    pub method: String,
    /// Coalitions that a label may cost, the empty and the full one included.
    pub budget: usize,
    /// What is known of the labels' bias. Only exact and unbiased labels are made unless they are forced.
    pub kind: Kind,
    /// What the value of a coalition is.
    pub link: Link,
    /// What stands in for a masked cell, as `--baseline` has it.
    pub baseline: String,
    /// Seed of the designs.
    pub seed: u64,
    /// Independent labels of each training and of each validation record.
    pub draws: [usize; 2],
}

/// One estimate of a record's values.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// `[outputs, terms]`
    pub values: Vec<f64>,
    /// Squared standard errors of the values, where the estimator knows them.
    pub variances: Option<Vec<f64>>,
    /// Distinct coalitions evaluated, the empty and the full one included.
    pub evaluations: usize,
    /// Seed of its design.
    pub seed: u64,
    /// The values of the design's coalitions, without the empty and the full one, `[coalitions, outputs]`.
    pub coalitions: Vec<f32>,
}

/// A prepared record with its labels.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledRecord {
    /// Where it comes from.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// The prepared signal in mV, `[leads, samples]`.
    pub signal: Vec<f32>,
    /// Values of the empty coalition, `[outputs]`.
    pub empty: Vec<f64>,
    /// Values of the full coalition, `[outputs]`.
    pub full: Vec<f64>,
    /// Independent labels: no two share a design.
    pub labels: Vec<Label>,
}

/// Records and their labels.
#[derive(Clone, Debug)]
pub struct LabelSet {
    /// What the labels are of.
    pub spec: LabelSpec,
    /// Who owns which cell of the input.
    pub partition: Partition,
    /// The records, in the order they were given.
    pub records: Vec<LabelledRecord>,
    /// What a check of the labels has found, if there was one.
    pub bias: Option<BiasCheck>,
}

impl Role {
    /// As files have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Train, Self::Validation].into_iter().find(|role| role.name() == name)
    }
}

impl LabelSpec {
    /// Numbers of a label: `outputs * terms`.
    pub fn n_values(&self) -> usize {
        self.outputs.len() * self.terms.len()
    }
}

impl LabelSpec {
    /// What each term is called: its players' names, of a pair with a cross between them.
    pub(crate) fn term_names(&self) -> Vec<String> {
        let name = |term: &Vec<u32>| {
            let names = term.iter().map(|&player| self.player_names[player as usize].as_str());
            names.collect::<Vec<_>>().join(" x ")
        };
        self.terms.iter().map(name).collect()
    }

    /// The estimator of the labels.
    ///
    /// # Errors
    /// If there is none of that name.
    pub fn label_method(&self) -> Result<LabelMethod> {
        Ok(match self.terms.iter().any(|term| term.len() > 1) {
            true => LabelMethod::Pairs(self.method.parse()?, self.index),
            false => LabelMethod::Values(self.method.parse()?),
        })
    }

    /// The design of a label with this seed.
    ///
    /// # Errors
    /// If the method is unknown or does not do with the budget.
    pub(crate) fn design(&self, seed: u64, partition: &Partition) -> Result<Design> {
        let n_players = partition.n_players();
        self.label_method()?.design(&LabelRequest { n_players, budget: self.budget, seed, tree: partition.tree() })
    }

    /// Refuses a model that is not the one these labels were made with.
    ///
    /// # Errors
    /// If its fingerprint, which stands for architecture and weights, is another.
    pub(crate) fn check_model(&self, model: &ModelSpec) -> Result<()> {
        if self.model == model.fingerprint {
            return Ok(());
        }
        let [made, asked] = [&self.model, &model.fingerprint].map(|text| text.chars().take(12).collect());
        Err(Error::Stale { made, asked })
    }
}

impl LabelSet {
    /// The records of a role.
    pub fn of(&self, role: Role) -> impl Iterator<Item = &LabelledRecord> {
        self.records.iter().filter(move |record| record.role == role)
    }
}

impl LabelledRecord {
    /// The mean of all labels, `[outputs, terms]`; of none, nothing.
    pub fn mean(&self) -> Vec<f64> {
        let mut mean = vec![0.0; self.labels.first().map_or(0, |label| label.values.len())];
        for label in &self.labels {
            mean.iter_mut().zip(&label.values).for_each(|(mean, value)| *mean += value / self.labels.len() as f64);
        }
        mean
    }
}
