//! From a record to its explanation.

use std::ops::ControlFlow;
use std::time::Instant;

use einthoven_ecg::{Preparation, Record};
use einthoven_game::{Attribution, Coalitions, Link, Partition};
use einthoven_gradient::Differentiable;
use einthoven_masking::{Derive, DeviceName, Engine, Evaluation, MaskedModel, Options, PlacedModel, Progress, device};
use einthoven_model::{BatchModel, Classifier, ModelSpec};
use einthoven_plot::Prediction;
use einthoven_shapley::{Method, Request};
use serde_json::{Value, json};

use crate::baseline::background;
use crate::control;
use crate::evaluate::{at_once, in_rounds};
use crate::{BaselineName, Error, Explanation, Keep, Memory, Players, Result};

/// How a record is explained. The defaults give a useful answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Who plays.
    pub players: Players,
    /// How Shapley values are estimated.
    pub method: Method,
    /// Distinct coalitions to evaluate; [`default_budget`] if `None`.
    pub budget: Option<usize>,
    /// Stop as soon as the largest standard error is below this share of the range of the values, or when the budget is
    /// spent; `None` spends the budget.
    pub until: Option<f64>,
    /// Whether the model's gradient serves as a control variate: a forward and a backward pass beside the budget.
    pub control: bool,
    /// What stands in for a masked cell.
    pub baseline: BaselineName,
    /// What the value of a coalition is.
    pub link: Link,
    /// Where the model runs; several devices share the work.
    pub devices: Vec<DeviceName>,
    /// Which way rows are evaluated.
    pub engine: Engine,
    /// Cap on the memory that masked batches may take.
    pub memory: Memory,
    /// Seed of the design.
    pub seed: u64,
    /// Where the model's input starts in a longer record, in seconds.
    pub start: f64,
    /// Whether wander and mains hum are filtered out first, as the model's card says.
    pub filter: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            players: Players::Leads,
            method: Method::Auto,
            budget: None,
            until: None,
            control: false,
            baseline: BaselineName::default(),
            link: Link::default(),
            devices: vec![DeviceName::default()],
            engine: Engine::Auto,
            memory: Memory(2 << 30),
            seed: 0,
            start: 0.0,
            filter: true,
        }
    }
}

/// A model on a device that explains what it says about records.
pub struct Explainer {
    pub(crate) model: PlacedModel,
    pub(crate) preparation: Preparation,
    pub(crate) name: String,
    notice: String,
    pub(crate) dataset_mean: Vec<f32>,
    /// Prepared background records, one behind the other.
    pub(crate) background: Vec<f32>,
    /// The model with a way back, if there is one.
    pub(crate) differentiable: Option<Differentiable>,
    pub(crate) device_name: String,
    pub(crate) settings: Settings,
}

/// A prepared record, who plays on it, and what the model says about it.
pub(crate) struct Scene {
    pub prepared: Record,
    pub partition: Partition,
    pub predictions: Vec<Prediction>,
}

/// How an explanation came about.
pub(crate) struct Chosen {
    pub method: &'static str,
    /// Why `auto` chose it.
    pub reason: Option<String>,
    pub budget: String,
    /// The surrogate that serves as a control variate.
    pub control: Option<&'static str>,
}

/// The number of coalitions evaluated if nobody says otherwise: 4096, or all there are if they are fewer.
pub fn default_budget(n_players: usize) -> usize {
    1 << n_players.min(12)
}

impl Explainer {
    /// Explains the built-in classifier.
    pub fn builtin(settings: Settings) -> Result<Self> {
        Self::classifier(&einthoven_model::builtin()?, settings)
    }

    /// Explains the homogeneous twin of the built-in classifier.
    pub fn builtin_homogeneous(settings: Settings) -> Result<Self> {
        Self::classifier(&einthoven_model::builtin_homogeneous()?, settings)
    }

    /// Explains a classifier: its card says how a record is prepared for it.
    pub fn classifier(classifier: &Classifier, settings: Settings) -> Result<Self> {
        let card = classifier.card();
        let explainer = Self::new(classifier, card.preparation.clone(), settings)?;
        Ok(Self {
            name: card.name.clone(),
            notice: card.notice.clone(),
            dataset_mean: card.dataset_mean.iter().map(|&mean| mean as f32).collect(),
            ..explainer
        })
    }

    /// Explains any model on the device that the settings name; records are prepared for it as `preparation` says.
    pub fn new(model: &dyn BatchModel, preparation: Preparation, settings: Settings) -> Result<Self> {
        let opened = settings.devices.iter().map(|&name| Ok(device::open(name)?)).collect::<Result<Vec<_>>>()?;
        let (devices, infos): (Vec<_>, Vec<_>) = opened.into_iter().unzip();
        if devices.is_empty() {
            return Err(Error::Usage("open a device: none was named".to_owned()));
        }
        let mut explainer = Self {
            model: PlacedModel::new(model, &devices),
            preparation,
            name: model.spec().fingerprint.clone(),
            notice: String::new(),
            dataset_mean: Vec::new(),
            background: Vec::new(),
            differentiable: Differentiable::new(model, &devices[0]).ok(),
            device_name: infos.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            settings,
        };
        if let BaselineName::Background(folder) = &explainer.settings.baseline {
            explainer.background = background(folder, |record| explainer.prepare(record))?;
        }
        Ok(explainer)
    }

    /// What the model takes and gives.
    pub fn spec(&self) -> &ModelSpec {
        self.model.spec()
    }

    /// The record as the model sees it: filtered, at the model's rate, cut to its length, with the model's leads in the
    /// model's order.
    pub fn prepare(&self, record: &Record) -> Result<Record> {
        prepare(&self.preparation, &self.settings, &self.spec().leads, record)
    }

    /// Who plays on a prepared record.
    pub fn partition(&self) -> Result<Partition> {
        let spec = self.spec();
        self.settings.players.partition(&spec.leads, spec.n_samples, spec.rate)
    }

    /// What the model says about a prepared record: the value of the full coalition, with nothing derived.
    pub fn predict(&self, prepared: &Record) -> Result<Vec<Prediction>> {
        let spec = self.spec();
        let partition = Partition::leads(&spec.leads, spec.n_samples)?;
        let options = Options { memory: self.memory(), ..Options::default() };
        let masked = MaskedModel::on(&self.model, &[(prepared, &partition)], &options)?;
        let mut full = Coalitions::new(partition.n_players());
        full.push_full();
        let logits = masked.evaluate(&full, &mut |_, _| ControlFlow::Continue(()))?;
        let predictions = spec.outputs.iter().zip(logits.row(0)).map(|(output, &logit)| Prediction {
            output: output.clone(),
            logit,
            probability: 1.0 / (1.0 + (-logit).exp()),
        });
        Ok(predictions.collect())
    }

    /// Refuses players, method and budget that no record can be explained with.
    pub fn check(&self) -> Result<()> {
        let partition = self.partition()?;
        let request = self.request(&partition);
        self.settings.method.resolve(request.n_players, request.budget)?.method.design(&request)?;
        self.check_control()?;
        match self.settings.until {
            Some(rel) if !(rel.is_finite() && rel > 0.0) => {
                Err(Error::Usage(format!("stop at a relative error of {rel}: expected a number above 0")))
            }
            _ => Ok(()),
        }
    }

    fn request<'a>(&self, partition: &'a Partition) -> Request<'a> {
        let n_players = partition.n_players();
        Request { n_players, budget: self.budget(n_players), seed: self.settings.seed, tree: partition.tree() }
    }

    pub(crate) fn budget(&self, n_players: usize) -> usize {
        self.settings.budget.unwrap_or_else(|| default_budget(n_players))
    }

    /// The game of a prepared record: what the model says when parts of it are switched off.
    pub fn masked(&self, prepared: &Record, partition: &Partition) -> Result<MaskedModel> {
        Ok(MaskedModel::on(&self.model, &[(prepared, partition)], &self.options()?)?)
    }

    /// How records are masked.
    pub(crate) fn options(&self) -> Result<Options> {
        let baseline = self.baseline()?;
        let derive = match self.settings.players {
            Players::IndependentLeads => Derive::Limb,
            _ => Derive::Nothing,
        };
        let (link, memory, engine) = (self.settings.link, self.memory(), self.settings.engine);
        Ok(Options { baseline, derive, link, memory, engine })
    }

    /// Bytes that an evaluation may take.
    pub(crate) fn memory(&self) -> usize {
        usize::try_from(self.settings.memory.0).unwrap_or(usize::MAX)
    }

    /// Explains a record.
    pub fn explain(&self, record: &Record) -> Result<Explanation> {
        self.explain_with(record, &mut |_, _| ControlFlow::Continue(()))
    }

    /// Explains a record; `progress` hears how many of how many coalitions are evaluated and may break off.
    pub fn explain_with(&self, record: &Record, progress: &mut Progress<'_>) -> Result<Explanation> {
        self.explain_keeping(record, None, progress)
    }

    /// As [`explain_with`](Self::explain_with), and keeps the values in a folder while it goes on: an explanation that is
    /// broken off can be taken up where it stopped.
    pub fn explain_keeping(
        &self,
        record: &Record,
        keep: Option<&Keep>,
        progress: &mut Progress<'_>,
    ) -> Result<Explanation> {
        let clock = Instant::now();
        let scene = self.scene(record)?;
        let request = self.request(&scene.partition);
        let choice = self.settings.method.resolve(request.n_players, request.budget)?;
        let masked = self.masked(&scene.prepared, &scene.partition)?;
        let control = self.control(&scene)?;
        let (attributions, evaluation) = match self.settings.until {
            None => {
                let design = choice.method.design(&request)?;
                let evaluation = at_once(&masked, &design, keep, progress)?;
                (choice.method.estimate_with(control.as_ref(), &design, &evaluation.values[0])?, evaluation)
            }
            Some(rel) => in_rounds(&masked, choice.method, &request, rel, control.as_ref(), keep, progress)?,
        };
        let budget = match self.settings.until {
            Some(rel) => {
                format!("{}, or until the standard errors are below {rel} of the range of the values", request.budget)
            }
            None => request.budget.to_string(),
        };
        let with = control.as_ref().map(|_| self.surrogate());
        let chosen = Chosen { method: choice.method.name(), reason: choice.reason, budget, control: with };
        let explanation = self.explained(scene, attributions, &evaluation, &chosen, clock);
        Ok(control::warned(explanation, with, choice.method))
    }

    /// What the model says about a record, before anything is switched off.
    pub(crate) fn scene(&self, record: &Record) -> Result<Scene> {
        let prepared = self.prepare(record)?;
        let partition = self.partition()?;
        let predictions = self.predict(&prepared)?;
        Ok(Scene { prepared, partition, predictions })
    }

    /// Puts an explanation together.
    pub(crate) fn explained(
        &self,
        scene: Scene,
        mut attributions: Vec<Attribution>,
        evaluation: &Evaluation,
        chosen: &Chosen,
        clock: Instant,
    ) -> Explanation {
        let Scene { prepared, partition, predictions } = scene;
        let run = self.run(&prepared, chosen, evaluation, clock.elapsed().as_secs_f64());
        for (attribution, prediction) in attributions.iter_mut().zip(&predictions) {
            self.name(attribution, prediction, &partition, &run);
        }
        let mut explanation = Explanation {
            record: prepared,
            start: self.settings.start,
            partition,
            predictions,
            attributions,
            dense: None,
            settings: self.described(chosen, &evaluation.stats),
            warnings: Vec::new(),
            notice: self.notice.clone(),
            stats: evaluation.stats.clone(),
        };
        for warning in &evaluation.warnings {
            explanation.warn(warning);
        }
        if !self.settings.filter && self.preparation != self.preparation.without_filters() {
            explanation.warn("the record was not filtered, though the model was trained on filtered records");
        }
        explanation
    }

    /// Puts the names in that an estimator does not know.
    fn name(&self, attribution: &mut Attribution, prediction: &Prediction, partition: &Partition, run: &Value) {
        attribution.output.clone_from(&prediction.output);
        attribution.player_names = partition.names().to_vec();
        attribution.link = self.settings.link;
        attribution.seed = self.settings.seed;
        // What the estimator has said of itself stays.
        attribution.run.extend(run.as_object().cloned().unwrap_or_default());
    }

    fn run(&self, record: &Record, chosen: &Chosen, evaluation: &Evaluation, seconds: f64) -> Value {
        json!({
            "record": record.source,
            "device": self.device_name,
            "versions": { "einthoven": env!("CARGO_PKG_VERSION"), "burn": "0.22.1" },
            "model": self.spec().fingerprint,
            "values": evaluation.values[0].fingerprint,
            "baseline": self.settings.baseline.to_string(),
            "players": self.settings.players.to_string(),
            "auto": chosen.reason,
            "control": chosen.control,
            "rows": evaluation.stats.rows,
            "chunk": evaluation.chunk,
            "evaluated": evaluation.stats.evaluations,
            "engine": evaluation.stats.engine(),
            "stats": evaluation.stats,
            "seconds": seconds,
        })
    }
}

/// The record as a model sees it: filtered, at the model's rate, cut to its length, with the model's leads in its order.
pub(crate) fn prepare(
    preparation: &Preparation,
    settings: &Settings,
    leads: &[String],
    record: &Record,
) -> Result<Record> {
    let prepared = match settings.filter {
        true => preparation.apply(record, settings.start),
        false => preparation.without_filters().apply(record, settings.start),
    };
    select(prepared?, leads)
}

/// The record with these leads in this order.
fn select(record: Record, leads: &[String]) -> Result<Record> {
    if record.leads == leads {
        return Ok(record);
    }
    let mut signal = Vec::with_capacity(leads.len() * record.n_samples());
    for lead in leads {
        let Some(index) = record.leads.iter().position(|name| name == lead) else {
            return Err(Error::Usage(format!(
                "use the model: it reads a lead named {lead}, but the record has {}",
                record.leads.join(", ")
            )));
        };
        signal.extend_from_slice(record.lead(index));
    }
    let mut selected = Record::new(record.name, record.rate, leads.to_vec(), signal);
    (selected.labels, selected.source) = (record.labels, record.source);
    Ok(selected)
}
