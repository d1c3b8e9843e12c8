//! Training: AdamW, one cycle of the learning rate, and the epoch that ranks the validation split best.

use std::{ops::ControlFlow, path::Path};

use burn::tensor::{Device, Tensor, TensorData, activation::relu};
use einthoven_ecg::STANDARD;
use einthoven_game::rng::{ChaCha8Rng, stream};
use rand::seq::SliceRandom;

use crate::{
    Card, Classifier, Dataset, Error, Metrics, NOTICE, Network, Normalisation, Penalised, Penalty, PenaltyStep,
    Provenance, Result, Source, Split, StateDict, TensorNetwork, TrainConfig, TrainingRecord,
    batch::BatchModel,
    checkpoint::{Checkpoint, TrainingProgress},
    layers::numbers,
    metrics::{best_thresholds, macro_auc},
    one_cycle,
    optimizer::AdamW,
    save,
    tensor_network::Weights,
    xresnet::XResNet,
};

/// Rows of one batch outside training.
const EVALUATION_BATCH: usize = 128;

/// What a training run tells while it goes on.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Progress {
    /// Records are being prepared.
    Preparing {
        /// Of which split.
        split: Split,
        /// So many are done.
        done: usize,
        /// Of so many.
        total: usize,
    },
    /// A step was taken.
    Step {
        /// In which epoch, from 1.
        epoch: usize,
        /// Of how many.
        epochs: usize,
        /// Which step of the epoch, from 1.
        step: usize,
        /// Of how many.
        steps: usize,
        /// Mean loss of the epoch so far.
        loss: f64,
    },
    /// An epoch was finished, and a checkpoint written.
    Epoch {
        /// Which, from 1.
        epoch: usize,
        /// Mean loss on the training split.
        loss: f64,
        /// Macro-AUC on the validation split.
        validation_macro_auc: f64,
        /// Whether it is the best so far.
        is_best: bool,
    },
}

/// A trained model. It lies in the output folder as `model.safetensors` and `model.json`.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The model, on the CPU.
    pub model: Classifier,
    /// Its metrics on the test split.
    pub test: Metrics,
}

/// Trains a network and writes it into a folder. A run that was interrupted goes on after its last whole epoch, and
/// ends as if it had never been interrupted.
///
/// A penalty acts in the frozen epochs, and with one the best epoch is one of these. `None` comes back if `report` breaks
/// off.
///
/// # Errors
/// If a setting cannot be met (a penalty needs a homogeneous network and frozen epochs), records cannot be read, a file cannot be written, or the loss is no longer finite.
pub fn train(
    config: &TrainConfig,
    source: &Source,
    penalty: Option<&dyn Penalty>,
    provenance: &Provenance,
    folder: &Path,
    device: &Device,
    report: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Option<Outcome>> {
    config.check()?;
    let outputs = source.outputs();
    if (config.architecture.n_leads, config.architecture.n_outputs) != (STANDARD.len(), outputs.len()) {
        let right = format!("expected n_leads {} and n_outputs {}", STANDARD.len(), outputs.len());
        return Err(Error::setting("architecture", right));
    }
    if penalty.is_some() {
        config.check_penalty()?;
    }
    std::fs::create_dir_all(folder).map_err(|e| Error::write(folder, e))?;
    let mut settings = serde_json::json!({ "config": config, "data": source.describe() });
    if let Some(penalty) = penalty {
        settings["penalty"] = penalty.describe();
    }
    let settings = settings.to_string();
    let checkpoint = Checkpoint::read(folder, &settings)?;
    let mut splits = Vec::new();
    for split in [Split::Train, Split::Validation, Split::Test] {
        let mut tell = |done, total| report(Progress::Preparing { split, done, total });
        let Some(data) = source.load(split, &config.preparation, &mut tell)? else { return Ok(None) };
        splits.push(data);
    }
    let [training, validation, test] = &splits[..] else { unreachable!("three splits were loaded") };
    if penalty.is_some_and(Penalty::reads_regions) && training.regions.is_empty() {
        return Err(Error::Data(
            "the penalty needs regions, which only synthetic records and records with regions of their own have".into(),
        ));
    }
    let mut run = Run::start(config, penalty, settings, checkpoint, training, device)?;
    while !run.is_done() {
        if run.epoch(training, validation, report)?.is_break() {
            return Ok(None);
        }
        run.checkpoint().write(folder)?;
    }
    let outcome = run.finish(source, provenance, [training.len(), validation.len(), test.len()], validation, test)?;
    save(&folder.join("model.safetensors"), outcome.model.card(), outcome.model.state())?;
    Checkpoint::remove(folder)?;
    Ok(Some(outcome))
}

/// Logits `[records, outputs]` of a whole data set.
pub fn evaluate(model: &dyn BatchModel, data: &Dataset, device: &Device) -> Vec<f32> {
    let [n_leads, n_samples, _] = data.shape;
    let mut logits = Vec::with_capacity(data.labels.len());
    for rows in data.signals.chunks(EVALUATION_BATCH * n_leads * n_samples) {
        let batch = rows.len() / (n_leads * n_samples);
        let batch = TensorData::new(rows.to_vec(), [batch, n_leads, n_samples]);
        logits.extend(numbers(model.logits(Tensor::from_data(batch, device))));
    }
    logits
}

/// What one step reads.
struct Batch {
    /// Normalised, `[batch, leads, samples]`.
    signals: Tensor<3>,
    /// `[batch, outputs]`.
    labels: Vec<bool>,
    /// `[batch, leads, samples]`; empty unless the penalty reads them.
    regions: Vec<bool>,
}

/// A training run between two epochs.
struct Run<'a> {
    config: &'a TrainConfig,
    penalty: Option<&'a dyn Penalty>,
    device: Device,
    network: Option<XResNet>,
    optimizer: AdamW,
    progress: TrainingProgress,
    best: StateDict,
}

impl<'a> Run<'a> {
    fn start(
        config: &'a TrainConfig,
        penalty: Option<&'a dyn Penalty>,
        settings: String,
        checkpoint: Option<Checkpoint>,
        training: &Dataset,
        device: &Device,
    ) -> Result<Self> {
        let device = device.clone().autodiff();
        let mut optimizer = AdamW::new(config.weight_decay);
        let Checkpoint { progress, current, best } = checkpoint.unwrap_or_else(|| Checkpoint {
            progress: TrainingProgress {
                settings,
                epochs_done: 0,
                steps: 0,
                best_epoch: 0,
                best_auc_bits: (-1f64).to_bits(),
                // Few digits, which every reader of JSON gets right.
                std_mv: (training.rms() * 1e6).round() / 1e6,
                lead_means_mv: training.lead_means().into_iter().map(|mean| (mean * 1e6).round() / 1e6).collect(),
            },
            current: StateDict::initial(&config.architecture, config.seed),
            best: StateDict::default(),
        });
        optimizer.restore(&current, progress.steps, &device.clone().without_autodiff());
        let network = Some(XResNet::new(&config.architecture, &current, false, &device)?);
        Ok(Self { config, penalty, device, network, optimizer, progress, best })
    }

    fn is_done(&self) -> bool {
        let TrainingProgress { epochs_done, best_epoch, .. } = self.progress;
        // A penalty waits for its epochs.
        let is_chosen = self.penalty.is_none() || self.is_frozen(best_epoch);
        epochs_done == self.config.epochs || is_chosen && epochs_done >= best_epoch + self.config.patience
    }

    fn is_frozen(&self, epoch: usize) -> bool {
        epoch + self.config.frozen_epochs > self.config.epochs
    }

    /// One pass through the training split, and the macro-AUC on the validation split after it.
    fn epoch(
        &mut self,
        training: &Dataset,
        validation: &Dataset,
        report: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>> {
        let epoch = self.progress.epochs_done + 1;
        let is_frozen = self.is_frozen(epoch);
        self.network = Some(XResNet::new(&self.config.architecture, &self.state(), is_frozen, &self.device)?);
        let folded = match self.penalty {
            Some(_) if is_frozen => Some(self.unscaled_network()?),
            _ => None,
        };
        let mut order: Vec<usize> = (0..training.len()).collect();
        order.shuffle(&mut stream(self.config.seed, "train/order", epoch as u64));
        // A batch of one has no variance.
        let batches: Vec<&[usize]> = order.chunks(self.config.batch).filter(|batch| batch.len() > 1).collect();
        if batches.is_empty() {
            return Err(Error::Data(format!("the training split holds {} records, needed are 2", training.len())));
        }
        let mut sum = 0.0;
        for (i, batch) in batches.iter().enumerate() {
            sum += self.step(training, batch, batches.len() * self.config.epochs, folded.as_ref())?;
            let (step, steps) = (i + 1, batches.len());
            let loss = sum / step as f64;
            let progress = Progress::Step { epoch, epochs: self.config.epochs, step, steps, loss };
            if report(progress).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        let state = self.state();
        let model =
            Classifier::new(self.card(vec![0.5; self.config.architecture.n_outputs]), state.clone(), &self.inner())?;
        let logits = evaluate(&model, validation, &self.inner());
        let auc = macro_auc(&logits, &validation.labels, validation.shape[2])
            .ok_or_else(|| Error::Data("no class of the validation split has both positives and negatives".into()))?;
        // The epochs before a penalty's first are not chosen.
        let is_first = self.penalty.is_some() && is_frozen && !self.is_frozen(self.progress.best_epoch);
        let is_best = is_first || auc > self.progress.best_auc();
        self.progress.epochs_done = epoch;
        if is_best {
            self.best = state;
            (self.progress.best_epoch, self.progress.best_auc_bits) = (epoch, auc.to_bits());
        }
        let loss = sum / batches.len() as f64;
        // Whoever breaks off here finds the epoch in the checkpoint.
        let _ = report(Progress::Epoch { epoch, loss, validation_macro_auc: auc, is_best });
        Ok(ControlFlow::Continue(()))
    }

    /// The layers of the network that reads normalised windows, for penalties.
    fn unscaled_network(&self) -> Result<Network> {
        let normalisation = Normalisation { mean: 0.0, std: 1.0 };
        Network::xresnet(&self.config.architecture, &self.state(), normalisation, self.config.window)
    }

    /// One step on one batch; its loss. Where the layers for a penalty are given, it acts.
    fn step(&mut self, training: &Dataset, batch: &[usize], n_steps: usize, folded: Option<&Network>) -> Result<f64> {
        let config = self.config;
        let step = self.progress.steps;
        let mut rng = stream(config.seed, "train/step", step as u64);
        let drawn = self.draw(training, batch, &mut rng);
        let y: Vec<f32> = drawn.labels.iter().map(|&present| f32::from(present)).collect();
        let y = Tensor::from_data(TensorData::new(y, [batch.len(), training.shape[2]]), &self.device);
        let network = self.network.take().expect("invariant: put back after each step");
        let task = network.forward_training(drawn.signals.clone(), config.architecture.dropout, &mut rng);
        let task = cross_entropy(task, y);
        let mut loss = f64::from(numbers(task.clone())[0]);
        let gradients = match (self.penalty, folded) {
            (Some(penalty), Some(layers)) => {
                let penalised = self.penalise(penalty, layers, network.folded(), &drawn);
                loss += penalised.loss;
                (task + penalised.scalar).backward()
            }
            _ => task.backward(),
        };
        let rate = one_cycle(step, n_steps, config.learning_rate);
        self.network = Some(self.optimizer.step(rate, network, gradients));
        self.progress.steps += 1;
        if !loss.is_finite() {
            return Err(Error::Data(format!("the loss is {loss} at step {step}; a lower learning_rate may help")));
        }
        Ok(loss)
    }

    /// A changed window of each record of a batch, normalised.
    fn draw(&self, training: &Dataset, batch: &[usize], rng: &mut ChaCha8Rng) -> Batch {
        let (window, augmentation) = (self.config.window, &self.config.augmentation);
        let [n_leads, n_samples, n_outputs] = training.shape;
        let mut signals = Vec::with_capacity(batch.len() * n_leads * window);
        let mut labels = Vec::with_capacity(batch.len() * n_outputs);
        let mut regions = Vec::new();
        for &index in batch {
            let cut = augmentation.window(training.record(index), n_samples, window, rng, &mut signals);
            labels.extend_from_slice(training.label(index));
            if self.penalty.is_some_and(Penalty::reads_regions) {
                cut.region(training.region(index), n_samples, window, &mut regions);
            }
        }
        let scale = (1.0 / self.progress.std_mv) as f32;
        signals.iter_mut().for_each(|x| *x *= scale);
        let signals = TensorData::new(signals, [batch.len(), n_leads, window]);
        Batch { signals: Tensor::from_data(signals, &self.device), labels, regions }
    }

    fn penalise(&self, penalty: &dyn Penalty, layers: &Network, weights: Vec<Weights>, batch: &Batch) -> Penalised {
        let constants = weights.iter().map(Weights::detached).collect();
        let step = PenaltyStep {
            tracked: &TensorNetwork::with_weights(layers, weights),
            constant: &TensorNetwork::with_weights(layers, constants),
            signals: batch.signals.clone(),
            labels: &batch.labels,
            regions: &batch.regions,
        };
        penalty.penalise(&step, &mut stream(self.config.seed, "train/penalty", self.progress.steps as u64))
    }

    fn state(&self) -> StateDict {
        self.network.as_ref().expect("invariant: put back after each step").state(&self.config.architecture)
    }

    fn checkpoint(&self) -> Checkpoint {
        let mut current = self.state();
        self.optimizer.collect(&mut current);
        Checkpoint { progress: self.progress.clone(), current, best: self.best.clone() }
    }

    fn inner(&self) -> Device {
        self.device.clone().without_autodiff()
    }

    fn card(&self, thresholds: Vec<f64>) -> Card {
        let name = "12-lead ECG, five superclasses".to_owned();
        let leads = STANDARD.map(String::from).to_vec();
        Card {
            name,
            notice: NOTICE.to_owned(),
            description: String::new(),
            architecture: self.config.architecture.clone(),
            outputs: einthoven_ecg::labels::NAMES.map(String::from).to_vec(),
            leads,
            preparation: self.config.preparation.clone(),
            normalisation: Normalisation { mean: 0.0, std: self.progress.std_mv },
            dataset_mean: self.progress.lead_means_mv.clone(),
            thresholds,
            training: None,
        }
    }

    /// The best epoch's model: thresholds from the validation split, metrics on the test split.
    fn finish(
        self,
        source: &Source,
        provenance: &Provenance,
        n_records: [usize; 3],
        validation: &Dataset,
        test: &Dataset,
    ) -> Result<Outcome> {
        let device = self.inner();
        let n_outputs = self.config.architecture.n_outputs;
        let model = Classifier::new(self.card(vec![0.5; n_outputs]), self.best.clone(), &device)?;
        let logits = evaluate(&model, validation, &device);
        let thresholds = best_thresholds(&logits, &validation.labels, n_outputs);
        let mut card = self.card(thresholds);
        let metrics = Metrics::new(&card.outputs, &evaluate(&model, test, &device), &test.labels, &card.thresholds);
        card.description = source.card_text();
        card.training = Some(TrainingRecord {
            provenance: provenance.clone(),
            data: source.describe(),
            config: self.config.clone(),
            penalty: self.penalty.map(Penalty::describe),
            n_records,
            epochs: self.progress.epochs_done,
            best_epoch: self.progress.best_epoch,
            validation_macro_auc: self.progress.best_auc(),
            test: metrics.clone(),
        });
        Ok(Outcome { model: Classifier::new(card, self.best, &Device::flex())?, test: metrics })
    }
}

/// Mean binary cross-entropy of logits, in the form that does not overflow.
fn cross_entropy(logits: Tensor<2>, labels: Tensor<2>) -> Tensor<1> {
    let [batch, outputs] = logits.dims();
    let softplus = logits.clone().abs().neg().exp().add_scalar(1.0).log();
    let loss = relu(logits.clone()) - logits * labels + softplus;
    loss.sum_dim(1).sum_dim(0).div_scalar((batch * outputs) as f64).reshape([1])
}
