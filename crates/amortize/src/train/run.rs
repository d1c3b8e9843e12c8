//! From labels to an explainer.

use std::ops::ControlFlow;
use std::time::Instant;

use burn::tensor::Device;
use einthoven_ecg::Record;
use einthoven_masking::{Options, PlacedModel};
use einthoven_model::{BatchModel, StateDict};

use super::data::{Scales, Seen};
use super::fast_shap::check_fast_shap;
use super::fit::{Fitted, Fitting};
use super::{Noise, Objective, TrainingConfig};
use crate::calibrate::{ErrorModel, held_out_ratio};
use crate::explainer::{Amortized, Facts, Point};
use crate::label::{LabelConfig, LabelSet, LabelledRecord, Labeller, Role, Unlabelled};
use crate::network::{Geometry, Net, Sight};
use crate::predict::{Frame, adds_up, pairs};
use crate::sights::sights;
use crate::{Error, Result};

/// Fewest records of each role that anything can be said from.
const FEWEST: usize = 4;
/// Coalitions that are timed, about, and records at most.
const TIMED: usize = 1000;
const MOST_TIMED: usize = 16;
/// Parts of the training records that the curve is made of.
const PARTS: [usize; 3] = [8, 4, 2];

/// What a training run tells while it goes on.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Progress {
    /// The model was asked for what the network sees of so many records.
    Seeing {
        /// So many are done.
        done: usize,
        /// Of so many.
        total: usize,
    },
    /// A pass through the training records was made.
    Epoch {
        /// Of so many records.
        records: usize,
        /// Which, from 1.
        epoch: usize,
        /// Of how many.
        epochs: usize,
        /// Mean loss, in units of the labels' variance.
        loss: f64,
        /// Relative mean squared error on the validation records, without the labels' noise.
        error: f64,
        /// Whether it is the best so far.
        is_best: bool,
    },
}

/// Trains an explainer on labels of a model; `options` are those that the labels were made with. `None` comes back if `report`
/// breaks off.
///
/// The epoch is the one with the least error on the validation records: products of what the prediction differs by from
/// independent labels, whose mean is the squared error without the labels' noise. The loss on single noisy labels cannot
/// tell, since it falls as they are learned by heart.
///
/// # Errors
/// If a setting cannot be met, the labels are of another model, there are too few records, validation records have fewer
/// than two labels, or the loss is no longer finite.
pub fn train(
    config: &TrainingConfig,
    set: &LabelSet,
    model: &dyn BatchModel,
    options: &Options,
    device: &Device,
    report: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Option<Amortized>> {
    config.check()?;
    let noise = check(set, model)?;
    if config.objective == Objective::FastShap {
        check_fast_shap(&config.network, &set.spec)?;
    }
    let clock = Instant::now();
    let Some((sights, channels, map_samples)) = sights(config, set, model, &options.baseline, device, report)? else {
        return Ok(None);
    };
    let looking = clock.elapsed().as_secs_f64();
    let plain = device.clone().without_autodiff();
    let tracking = plain.clone().autodiff();
    let (training_seen, training) = seen(set, &sights, Role::Train);
    let (validation_seen, validation) = seen(set, &sights, Role::Validation);
    let scales = Scales::of(&training_seen, set.partition.n_players());
    let frame = |device: &Device| frame(config, set, scales, map_samples, device);
    let (outer, inner) = (frame(&tracking), frame(&plain));
    let n_pairs = set.spec.terms.iter().filter(|term| term.len() == 2).count();
    let start = Net::initial(&config.network, &outer.geometry, channels, outer.n_outputs, n_pairs, config.seed);
    let predict = |state: &StateDict| inner.predict(&Net::new(state, &plain, false), &validation_seen, &plain);
    let spread = noise.spread.iter().sum::<f64>();
    let mut fit = |n: usize| -> Result<Option<Fitted>> {
        let fitting = Fitting {
            config,
            device: &tracking,
            frame: &outer,
            seen: &training_seen[..n],
            records: &training[..n],
            start: &start,
            spec: &set.spec,
            partition: &set.partition,
        };
        let epochs = config.epochs;
        fitting.run(&predict, &validation, &mut |epoch, loss, error, is_best| {
            report(Progress::Epoch { records: n, epoch, epochs, loss, error: error / spread, is_best })
        })
    };
    let mut curve = Vec::new();
    for part in PARTS.into_iter().filter(|part| config.curve && training.len() >= FEWEST * part) {
        let records = training.len() / part;
        let Some(fitted) = fit(records)? else { return Ok(None) };
        curve.push(Point { records, error: fitted.scores.error()[0] / spread });
    }
    let clock = Instant::now();
    let Some(best) = fit(training.len())? else { return Ok(None) };
    let seconds = looking + clock.elapsed().as_secs_f64();
    let [error, error_std_err] = best.scores.error().map(|error| error / spread);
    curve.push(Point { records: training.len(), error });
    let clock = Instant::now();
    let predictions = predict(&best.state);
    let apply_seconds = looking / set.records.len() as f64 + clock.elapsed().as_secs_f64() / validation.len() as f64;
    let measured = Measured { error: [error, error_std_err], curve, epoch: best.epoch, seconds, apply_seconds };
    let evaluation_seconds = evaluation_seconds(set, model, options, device)?;
    let facts = measured.facts(set, &noise, &predictions, &validation, evaluation_seconds);
    let errors = ErrorModel::fit(&set.spec, &predictions, &validation);
    Ok(Some(Amortized::new(set, config.clone(), scales, [channels, map_samples], best.state, errors, facts)))
}

/// What a run of the training has shown.
struct Measured {
    /// Of the validation records, and its standard error.
    error: [f64; 2],
    curve: Vec<Point>,
    epoch: usize,
    seconds: f64,
    apply_seconds: f64,
}

impl Measured {
    fn facts(
        self,
        set: &LabelSet,
        noise: &Noise,
        predictions: &[Vec<f64>],
        validation: &[&LabelledRecord],
        evaluation_seconds: f64,
    ) -> Facts {
        let labels = validation.iter().flat_map(|record| &record.labels).map(|label| label.evaluations as f64);
        Facts {
            bias: set.bias.clone(),
            training_records: set.records.len() - validation.len(),
            validation_records: validation.len(),
            labels_per_record: set.spec.draws[0],
            evaluations_per_label: labels.clone().sum::<f64>() / labels.count() as f64,
            label_evaluations: set.records.iter().map(LabelledRecord::evaluations).sum(),
            label_error: noise.relative(),
            error: self.error[0],
            error_std_err: self.error[1],
            curve: self.curve,
            std_err_ratio: held_out_ratio(&set.spec, predictions, validation),
            best_epoch: self.epoch,
            seconds: self.seconds,
            apply_seconds: self.apply_seconds,
            evaluation_seconds,
        }
    }
}

fn frame(config: &TrainingConfig, set: &LabelSet, scales: Scales, map_samples: usize, device: &Device) -> Frame {
    Frame {
        geometry: Geometry::new(&set.partition, set.spec.rate, map_samples, device),
        pairs: pairs(&set.spec, device),
        scales,
        n_outputs: set.spec.outputs.len(),
        efficient: config.network.efficient && adds_up(set.spec.index),
    }
}

/// Seconds of an evaluation: labels of a few records are made once more.
fn evaluation_seconds(set: &LabelSet, model: &dyn BatchModel, options: &Options, device: &Device) -> Result<f64> {
    let placed = PlacedModel::new(model, &[device.clone().without_autodiff()]);
    let spec = &set.spec;
    let one = |(index, labelled): (usize, &LabelledRecord)| Unlabelled {
        index,
        name: labelled.name.clone(),
        record: Record::new("", spec.rate, spec.leads.clone(), labelled.signal.clone()),
    };
    let records: Vec<Unlabelled> =
        set.of(Role::Validation).take((TIMED / spec.budget).clamp(1, MOST_TIMED)).enumerate().map(one).collect();
    let config =
        LabelConfig { method: spec.label_method()?, budget: spec.budget, seed: spec.seed, draws: [1, 2], force: true };
    let roles = vec![Role::Validation; records.len()];
    let names = [spec.players.as_str(), spec.baseline.as_str()];
    let labeller = Labeller::new(&placed, &set.partition, options, &config, names, roles)?;
    let clock = Instant::now();
    let (_, stats) = labeller.label(&records, &mut |_, _| ControlFlow::Continue(()))?;
    Ok(clock.elapsed().as_secs_f64() / stats.evaluations.max(1) as f64)
}

/// Refuses labels that nothing can be learned from, or that are of another model; their noise.
fn check(set: &LabelSet, model: &dyn BatchModel) -> Result<Noise> {
    set.spec.check_model(model.spec())?;
    let refuse = |reason: String| Err(Error::Request(format!("train an explainer: {reason}")));
    for (role, name) in [(Role::Train, "training"), (Role::Validation, "validation")] {
        let n = set.of(role).count();
        if n < FEWEST {
            return refuse(format!("there are {n} {name} records, expected at least {FEWEST}"));
        }
    }
    match Noise::of(set.of(Role::Validation)) {
        Some(noise) if noise.spread.iter().sum::<f64>() <= 0.0 => {
            let reason = "the validation records do not show how far values vary beside the labels' noise; use more of them, or labels \
                          of more coalitions";
            refuse(reason.to_owned())
        }
        Some(noise) if set.of(Role::Validation).all(|record| record.labels.len() >= 2) => Ok(noise),
        _ => refuse("each validation record needs two independent labels".to_owned()),
    }
}

/// The records of a role.
fn seen<'a>(set: &'a LabelSet, sights: &'a [Sight], role: Role) -> (Vec<Seen<'a>>, Vec<&'a LabelledRecord>) {
    let of_role = set.records.iter().zip(sights).filter(|(record, _)| record.role == role);
    let one = |(record, sight): (&'a LabelledRecord, &'a Sight)| {
        let total = record.full.iter().zip(&record.empty).map(|(full, empty)| full - empty).collect();
        (Seen { signal: &record.signal, sight, total }, record)
    };
    of_role.map(one).unzip()
}
