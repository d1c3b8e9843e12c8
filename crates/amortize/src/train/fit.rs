//! The training loop.

use std::ops::ControlFlow;

use burn::tensor::{Device, Tensor, TensorData};
use einthoven_game::Partition;
use einthoven_game::rng::stream;
use einthoven_model::{AdamW, StateDict, one_cycle};
use rand::seq::SliceRandom;

use super::data::{Seen, batch};
use super::fast_shap::Coalitions;
use super::score::Scores;
use super::{Objective, TrainingConfig};
use crate::label::{LabelSpec, LabelledRecord};
use crate::network::Net;
use crate::predict::Frame;
use crate::{Error, Result};

/// What is fitted: records as the network takes them, and what it is to say of them.
pub(crate) struct Fitting<'a> {
    pub config: &'a TrainingConfig,
    /// On a device that tracks gradients.
    pub device: &'a Device,
    pub frame: &'a Frame,
    pub seen: &'a [Seen<'a>],
    pub records: &'a [&'a LabelledRecord],
    /// The network before training.
    pub start: &'a StateDict,
    pub spec: &'a LabelSpec,
    pub partition: &'a Partition,
}

/// A network in training.
struct Training<'a> {
    fitting: &'a Fitting<'a>,
    /// Mean labels, scaled, `[terms, outputs]`.
    targets: Vec<Vec<f32>>,
    /// In their place, for FastSHAP's objective.
    coalitions: Option<Coalitions>,
    /// Weight of each value in the loss, `[terms, outputs]`.
    weights: Vec<f32>,
    optimizer: AdamW,
    step: usize,
}

/// The weights of the best epoch.
pub(crate) struct Fitted {
    pub state: StateDict,
    pub scores: Scores,
    /// 0 is the network before training.
    pub epoch: usize,
}

impl Fitting<'_> {
    /// Trains, and keeps the epoch whose predictions of the validation records have the least error. `told` hears of each epoch its
    /// loss and error, and whether it is the best; `None` comes back if it breaks off.
    pub(crate) fn run(
        &self,
        predict: &dyn Fn(&StateDict) -> Vec<Vec<f64>>,
        validation: &[&LabelledRecord],
        told: &mut dyn FnMut(usize, f64, f64, bool) -> ControlFlow<()>,
    ) -> Result<Option<Fitted>> {
        let (config, frame) = (self.config, self.frame);
        let target = |record: &&LabelledRecord| target(record, frame.n_outputs, frame.scales.value);
        let coalitions = match config.objective {
            Objective::Labels => None,
            Objective::FastShap => Some(Coalitions::of(self.spec, self.partition, self.records, frame.scales.value)?),
        };
        let mut run = Training {
            fitting: self,
            coalitions,
            targets: self.records.iter().map(target).collect(),
            weights: weights(config, self.records, frame.n_outputs, frame.scales.value),
            optimizer: AdamW::new(config.weight_decay),
            step: 0,
        };
        let mut best = Fitted { state: self.start.clone(), scores: Scores::default(), epoch: 0 };
        best.scores.add(&predict(self.start), validation);
        let mut net = Net::new(self.start, self.device, true);
        for epoch in 1..=config.epochs {
            let loss;
            (net, loss) = run.epoch(net, epoch)?;
            let state = net.state();
            let (error, is_best) = best.scores.add(&predict(&state), validation);
            if is_best {
                best = Fitted { state, epoch, ..best };
            }
            if told(epoch, loss, error, is_best).is_break() {
                return Ok(None);
            }
        }
        Ok(Some(best))
    }
}

/// The mean label of a record `[terms, outputs]`, scaled.
fn target(record: &LabelledRecord, n_outputs: usize, scale: f64) -> Vec<f32> {
    let mean = record.mean();
    let n_terms = mean.len() / n_outputs;
    let places = (0..n_terms).flat_map(|term| (0..n_outputs).map(move |output| output * n_terms + term));
    places.map(|at| (mean[at] / scale) as f32).collect()
}

/// The inverse of the labels' variance over records, noise included, for each value `[terms, outputs]`; scaled so that the
/// loss of predicting the mean is one.
fn weights(config: &TrainingConfig, records: &[&LabelledRecord], n_outputs: usize, scale: f64) -> Vec<f32> {
    let means: Vec<Vec<f64>> = records.iter().map(|record| record.mean()).collect();
    let n = means.len() as f64;
    let (length, n_terms) = (means[0].len(), means[0].len() / n_outputs);
    let mean = |at: usize| means.iter().map(|values| values[at]).sum::<f64>() / n;
    let variance = |at: usize| {
        let mean = mean(at);
        means.iter().map(|values| (values[at] - mean).powi(2)).sum::<f64>() / n / (scale * scale)
    };
    let variances: Vec<f64> = (0..length).map(variance).collect();
    let overall = variances.iter().sum::<f64>() / length as f64;
    let weight = |term: usize, output: usize| {
        // Half of it that of all values, so that a value which hardly varies does not outweigh the others.
        let own = if config.weighted { (variances[output * n_terms + term] + overall) / 2.0 } else { overall };
        if own > 0.0 { (1.0 / own) as f32 } else { 1.0 }
    };
    (0..n_terms).flat_map(|term| (0..n_outputs).map(move |output| (term, output))).map(|(t, o)| weight(t, o)).collect()
}

impl Training<'_> {
    /// A pass through the records in an order of the epoch's own; the network, and its mean loss.
    fn epoch(&mut self, mut net: Net, epoch: usize) -> Result<(Net, f64)> {
        let mut order: Vec<usize> = (0..self.fitting.seen.len()).collect();
        order.shuffle(&mut stream(self.fitting.config.seed, "amortize/order", epoch as u64));
        let batches: Vec<&[usize]> = order.chunks(self.fitting.config.batch).collect();
        let n_steps = batches.len() * self.fitting.config.epochs;
        let mut sum = 0.0;
        for members in &batches {
            let loss;
            (net, loss) = self.step(net, members, n_steps)?;
            sum += loss * members.len() as f64;
        }
        Ok((net, sum / order.len() as f64))
    }

    fn step(&mut self, net: Net, members: &[usize], n_steps: usize) -> Result<(Net, f64)> {
        let seen: Vec<&Seen<'_>> = members.iter().map(|&at| &self.fitting.seen[at]).collect();
        let Fitting { frame, device, .. } = *self.fitting;
        let batch = batch(&seen, &frame.scales, &frame.geometry, frame.n_outputs, device);
        let values = frame.values(&net, &batch);
        let [n, terms, outputs] = values.dims();
        let weights = TensorData::new(self.weights.clone(), [1, terms, outputs]);
        let weights = Tensor::<3>::from_data(weights, device);
        let loss = match &self.coalitions {
            Some(coalitions) => coalitions.loss(values, members, weights.mean_dim(1), device),
            None => {
                let targets: Vec<f32> = members.iter().flat_map(|&at| &self.targets[at]).copied().collect();
                let targets = Tensor::<3>::from_data(TensorData::new(targets, [n, terms, outputs]), device);
                ((values - targets).square() * weights).mean()
            }
        };
        let shown = loss.clone().into_data().convert::<f64>().try_to_vec::<f64>();
        let shown = shown.expect("invariant: converted to f64 above")[0];
        let rate = one_cycle(self.step, n_steps, self.fitting.config.learning_rate);
        let net = self.optimizer.step(rate, net, loss.backward());
        self.step += 1;
        if !shown.is_finite() {
            let reason = format!(
                "train an explainer: the loss is {shown} at step {}; a lower learning_rate may help",
                self.step
            );
            return Err(Error::Request(reason));
        }
        Ok((net, shown))
    }
}
