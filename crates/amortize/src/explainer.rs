//! A trained explainer: what it answers, and when it refuses to.

use burn::tensor::Device;
use einthoven_ecg::Record;
use einthoven_game::{Coalitions, Partition};
use einthoven_masking::{MaskedModel, Options, PlacedModel, Progress};
use einthoven_model::{BatchModel, StateDict};
use serde::{Deserialize, Serialize};

use crate::calibrate::ErrorModel;
use crate::label::{BiasCheck, LabelSet, LabelSpec};
use crate::network::{Eye, Geometry, Net};
use crate::predict::{Frame, adds_up, pairs};
use crate::sights::references;
use crate::train::{Scales, Seen, TrainingConfig};
use crate::{Error, Result};

/// Most channels or samples of a feature map.
const MOST_MAP: usize = 1 << 20;

/// What the training found out about itself. Errors are relative mean squared errors: shares of the spread of the values from
/// record to record, all values together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// What a check of the labels has found, if there was one.
    pub bias: Option<BiasCheck>,
    /// Records that it was fitted on.
    pub training_records: usize,
    /// Records that the epoch was chosen and errors were calibrated on.
    pub validation_records: usize,
    /// Independent labels of each training record.
    pub labels_per_record: usize,
    /// Mean coalitions that a label costs.
    pub evaluations_per_label: f64,
    /// Coalitions that all labels cost together.
    pub label_evaluations: usize,
    /// Error of a single label: its noise.
    pub label_error: f64,
    /// Error of the explainer on the validation records: on each half of them, of the epoch that the other half would have chosen.
    pub error: f64,
    /// Standard error of that over records.
    pub error_std_err: f64,
    /// Error by number of training records; the last point is the explainer itself.
    pub curve: Vec<Point>,
    /// Mean square of the errors over that of the predicted standard errors, on validation records that the latter were not
    /// fitted on: 1 if they are right on average. Nothing where there are too few records.
    pub std_err_ratio: Option<f64>,
    /// The epoch that was kept; 0 is the untrained network.
    pub best_epoch: usize,
    /// Seconds that the training took, what the network sees of the records included.
    pub seconds: f64,
    /// Seconds that a record takes beside the two coalitions that are evaluated.
    pub apply_seconds: f64,
    /// Seconds of an evaluation as labels are made.
    pub evaluation_seconds: f64,
}

/// An explainer trained on some of the records.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// How many.
    pub records: usize,
    /// Its error on the validation records.
    pub error: f64,
}

/// All of an explainer but its weights: its `explainer.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExplainerCard {
    /// What its values are of; the model's fingerprint is in it.
    pub spec: LabelSpec,
    /// How it was trained.
    pub training: TrainingConfig,
    /// What numbers were divided by.
    pub(crate) scales: Scales,
    /// Channels and samples of the feature map it reads.
    pub(crate) map: [usize; 2],
    /// Its standard errors; nothing where the validation records showed no error.
    pub errors: Option<ErrorModel>,
    /// What the training found out.
    pub facts: Facts,
}

/// A trained explainer.
#[derive(Clone, Debug)]
pub struct Amortized {
    card: ExplainerCard,
    partition: Partition,
    state: StateDict,
}

/// An explainer with the model it explains, on a device.
pub struct Opened<'a> {
    explainer: &'a Amortized,
    eye: Eye,
    net: Net,
    frame: Frame,
    placed: PlacedModel,
    options: Options,
    device: Device,
}

/// The values of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// `[outputs, terms]`
    pub values: Vec<f64>,
    /// Predicted standard errors, `[outputs, terms]`, where the explainer has some.
    pub std_err: Option<Vec<f64>>,
    /// The empty coalition's values, `[outputs]`.
    pub empty: Vec<f64>,
    /// The full coalition's values, `[outputs]`.
    pub full: Vec<f64>,
}

impl Amortized {
    pub(crate) fn new(
        set: &LabelSet,
        training: TrainingConfig,
        scales: Scales,
        map: [usize; 2],
        state: StateDict,
        errors: Option<ErrorModel>,
        facts: Facts,
    ) -> Self {
        let card = ExplainerCard { spec: set.spec.clone(), training, scales, map, errors, facts };
        Self { card, partition: set.partition.clone(), state }
    }

    /// From its parts, as they were read.
    pub(crate) fn from_parts(card: ExplainerCard, partition: Partition, state: StateDict) -> Result<Self> {
        card.check(&partition)?;
        let device = Device::flex();
        let geometry = Geometry::new(&partition, card.spec.rate, card.map[1].max(1), &device);
        let n_pairs = card.spec.terms.iter().filter(|term| term.len() == 2).count();
        let n_outputs = card.spec.outputs.len();
        card.training.network.check()?;
        match Net::misfit(&card.training.network, &geometry, card.map[0], n_outputs, n_pairs, &state) {
            Some(reason) => Err(Error::Request(format!("build the explainer: {reason}"))),
            None => Ok(Self { card, partition, state }),
        }
    }

    /// All but its weights.
    pub fn card(&self) -> &ExplainerCard {
        &self.card
    }

    /// Who owns which cell of the input.
    pub fn partition(&self) -> &Partition {
        &self.partition
    }

    /// Its weights by name.
    pub(crate) fn state(&self) -> &StateDict {
        &self.state
    }

    /// Puts it on a device together with the model it explains. `options` must have the baseline and the link of the labels.
    ///
    /// # Errors
    /// If the model is not the one that the labels were made with: an explainer does not notice that its model was changed.
    pub fn open(&self, model: &dyn BatchModel, options: Options, device: &Device) -> Result<Opened<'_>> {
        let spec = &self.card.spec;
        spec.check_model(model.spec())?;
        let device = device.clone().without_autodiff();
        let eye = Eye::new(model, spec.link, &self.card.training.network, &device)?;
        if eye.map_shape() != self.card.map {
            let [found, expected] = [eye.map_shape(), self.card.map];
            let reason =
                format!("use the card, field map: the model's feature map is {found:?}, the card says {expected:?}");
            return Err(Error::Request(reason));
        }
        let frame = Frame {
            geometry: Geometry::new(&self.partition, spec.rate, self.card.map[1], &device),
            pairs: pairs(spec, &device),
            scales: self.card.scales,
            n_outputs: spec.outputs.len(),
            efficient: self.card.training.network.efficient && adds_up(spec.index),
        };
        let net = Net::new(&self.state, &device, false);
        let placed = PlacedModel::new(model, std::slice::from_ref(&device));
        Ok(Opened { explainer: self, eye, net, frame, placed, options, device })
    }
}

impl ExplainerCard {
    /// Refuses a card whose parts do not fit each other.
    fn check(&self, partition: &Partition) -> Result<()> {
        let (spec, scales) = (&self.spec, &self.scales);
        let n_players = partition.n_players();
        let fits = |term: &Vec<u32>| !term.is_empty() && term.iter().all(|&player| (player as usize) < n_players);
        let singles = spec.terms.iter().take_while(|term| term.len() == 1).count();
        let wrong = match () {
            () if spec.leads.len() != partition.n_leads() => "leads: another number than the partition has",
            () if singles != n_players || !spec.terms.iter().all(fits) => "terms: they are not those of the players",
            () if ![scales.signal, scales.map, scales.value].iter().all(|scale| scale.is_finite() && *scale > 0.0) => {
                "scales: expected numbers above 0"
            }
            () if self.map.iter().any(|size| !(1..=MOST_MAP).contains(size)) => "map: no feature map has that shape",
            () if self.errors.as_ref().is_some_and(|errors| !errors.fits(spec.outputs.len())) => {
                "errors: expected a finite size of each output"
            }
            () => return Ok(()),
        };
        Err(Error::Request(format!("use the card, field {wrong}")))
    }
}

impl Opened<'_> {
    /// The values of prepared records.
    ///
    /// # Errors
    /// If a record does not fit the model, the model fails, or `progress` stops it.
    pub fn explain(&self, records: &[&Record], progress: &mut Progress<'_>) -> Result<Vec<Explained>> {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let (spec, partition) = (&self.explainer.card.spec, &self.explainer.partition);
        let scene: Vec<(&Record, &Partition)> = records.iter().map(|record| (*record, partition)).collect();
        let mut ends = Coalitions::new(partition.n_players());
        ends.push_empty();
        ends.push_full();
        let lists = vec![&ends; records.len()];
        let evaluated = MaskedModel::on(&self.placed, &scene, &self.options)?.evaluate_all(&lists, progress)?;
        let signals: Vec<&[f32]> = records.iter().map(|record| record.signal()).collect();
        let references = references(&spec.leads, spec.rate, &signals, &self.options.baseline)?;
        let sights = self.eye.see(&signals, &references, partition, self.options.memory, &|| false)?;
        let seen: Vec<Seen<'_>> = signals
            .iter()
            .zip(&sights)
            .zip(&evaluated.values)
            .map(|((signal, sight), ends)| {
                let total = ends.row(1).iter().zip(ends.row(0)).map(|(full, empty)| full - empty).collect();
                Seen { signal, sight, total }
            })
            .collect();
        let predictions = self.frame.predict(&self.net, &seen, &self.device);
        let errors = self.explainer.card.errors.as_ref();
        let explained = predictions.into_iter().zip(&evaluated.values).map(|(values, ends)| Explained {
            std_err: errors.map(|errors| errors.std_errs(&values)),
            values,
            empty: ends.row(0).to_vec(),
            full: ends.row(1).to_vec(),
        });
        Ok(explained.collect())
    }
}
