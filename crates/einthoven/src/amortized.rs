//! Amortized explainers: trained once, then a dataset in one pass.

use std::ops::ControlFlow;

use einthoven_amortize::label::{LabelSet, LabelSpec};
use einthoven_amortize::{Amortized, Explained, Opened, TrainingConfig};
use einthoven_ecg::Record;
use einthoven_game::{Attribution, Kind, Term};
use einthoven_masking::{Progress, device};
use einthoven_model::Classifier;

use crate::{Error, Explainer, Players, Result, Settings};

/// The name of the method in attributions.
const METHOD: &str = "amortized";
/// Evaluations that a record costs: the empty and the full coalition.
const EVALUATIONS: usize = 2;

/// Trains an explainer on labels of a classifier; of the settings, devices and memory are looked at, the rest is the labels'.
/// `None` comes back if `report` breaks off.
///
/// # Errors
/// As [`einthoven_amortize::train`]; or if the device cannot be opened.
pub fn train_amortized(
    classifier: &Classifier,
    set: &LabelSet,
    config: &TrainingConfig,
    settings: &Settings,
    report: &mut dyn FnMut(einthoven_amortize::Progress) -> ControlFlow<()>,
) -> Result<Option<Amortized>> {
    let explainer = Explainer::classifier(classifier, of_labels(&set.spec, settings)?)?;
    let (device, _) = device::open(settings.devices.first().copied().unwrap_or_default())?;
    Ok(einthoven_amortize::train(config, set, classifier, &explainer.options()?, &device, report)?)
}

/// An amortized explainer beside the classifier it explains: what takes records and gives attributions.
pub struct AmortizedExplainer<'a> {
    explainer: Explainer,
    amortized: &'a Amortized,
    opened: Opened<'a>,
}

impl<'a> AmortizedExplainer<'a> {
    /// Puts both on the device of the settings; players, baseline and link are those of the labels.
    ///
    /// # Errors
    /// If the explainer was trained for another model, or the device cannot be opened.
    pub fn new(classifier: &Classifier, amortized: &'a Amortized, settings: &Settings) -> Result<Self> {
        let settings = of_labels(&amortized.card().spec, settings)?;
        let (device, _) = device::open(settings.devices.first().copied().unwrap_or_default())?;
        let explainer = Explainer::classifier(classifier, settings)?;
        let opened = amortized.open(classifier, explainer.options()?, &device)?;
        Ok(Self { explainer, amortized, opened })
    }

    /// The record as the model sees it.
    ///
    /// # Errors
    /// As [`Explainer::prepare`].
    pub fn prepare(&self, record: &Record) -> Result<Record> {
        self.explainer.prepare(record)
    }

    /// The values of prepared records, all outputs: one pass of the network, and two of the model.
    ///
    /// # Errors
    /// If a record does not fit the model, the model fails, or `progress` stops it.
    pub fn explain(&self, prepared: &[&Record], progress: &mut Progress<'_>) -> Result<Vec<Explained>> {
        Ok(self.opened.explain(prepared, progress)?)
    }

    /// The values of a record as attributions, one per output.
    pub fn attributions(&self, explained: &Explained) -> Vec<Attribution> {
        let spec = &self.amortized.card().spec;
        let n_terms = spec.terms.len();
        let one = |(output, name): (usize, &String)| {
            let term = |(at, players): (usize, &Vec<u32>)| {
                let at = output * n_terms + at;
                let std_err = explained.std_err.as_ref().map(|errors| errors[at]);
                Term { players: players.clone(), value: explained.values[at], std_err }
            };
            let orders = spec.terms.iter().map(Vec::len);
            Attribution {
                index: spec.index,
                min_order: orders.clone().min().unwrap_or(1),
                max_order: orders.max().unwrap_or(1),
                n_players: spec.player_names.len(),
                output: name.clone(),
                link: spec.link,
                baseline: explained.empty[output],
                full: explained.full[output],
                // What a network has learned is not right on average.
                kind: Kind::Biased,
                method: METHOD.to_owned(),
                seed: self.amortized.card().training.seed,
                evaluations: EVALUATIONS,
                terms: spec.terms.iter().enumerate().map(term).collect(),
                player_names: spec.player_names.clone(),
                warnings: Vec::new(),
                run: serde_json::Map::new(),
            }
        };
        spec.outputs.iter().enumerate().map(one).collect()
    }
}

/// The settings with players, baseline, link and seed of the labels.
fn of_labels(spec: &LabelSpec, settings: &Settings) -> Result<Settings> {
    Ok(Settings {
        players: spec.players.parse::<Players>()?,
        baseline: spec.baseline.parse().map_err(Error::Usage)?,
        link: spec.link,
        seed: spec.seed,
        ..settings.clone()
    })
}
