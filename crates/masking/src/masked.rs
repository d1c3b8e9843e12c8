//! A model that looks at records through partitions.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use burn::tensor::Device;
use einthoven_ecg::Record;
use einthoven_game::{Coalitions, Game, Link, NEVER_MASKED, Partition, Values};
use einthoven_kernels::HostScene;
use einthoven_model::{BatchModel, CpuNetwork, ModelSpec, Network};

use crate::derive::LimbLeads;
use crate::fingerprint::fingerprint;
use crate::plan::{DEFAULT_MEMORY, Limits, Plan, RowCost};
use crate::rows::Reach;
use crate::run::{Evaluation, Run};
use crate::worker::{Scenes, Worker, lock};
use crate::{Baseline, Derive, Engine, Error, Result, device};

/// Coalitions that are planned at once, at most: the more there are, the more of them agree somewhere.
const MAX_CHUNK: usize = 32_768;
/// Multiply-adds that are planned at once, at most: what a stop may lose, some eight seconds of two cores.
const MAX_PLANNED: u64 = 1_000_000_000_000;
/// Coalitions that are planned at once of a model whose layers are not known.
const UNKNOWN_CHUNK: usize = 1024;
/// Parts into which the coalitions are cut for devices, and how many a part holds at least. The number of devices has no
/// say in it: what a device computes must not depend on how many others there are.
const PARTS: usize = 4;
const SMALLEST_PART: usize = 256;
/// Rows beyond which a larger batch is no faster on the CPU, whose caches it would only flush.
const MAX_BATCH_CPU: usize = 64;
/// Rows beyond which a larger batch is no faster on a GPU.
const MAX_BATCH_GPU: usize = 4096;
/// How much more than its live buffers a device of cubecl holds, whose pools keep pages of several sizes: 2.2 times were
/// measured with the built-in model.
const POOL_FACTOR: usize = 3;

/// Called with the coalitions done and the coalitions asked for; may stop the evaluation.
pub type Progress<'a> = dyn FnMut(usize, usize) -> ControlFlow<()> + Send + 'a;

/// How records are masked and what is read off the model.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// What a masked cell becomes.
    pub baseline: Baseline,
    /// Which leads are computed from others after masking.
    pub derive: Derive,
    /// What the value of a coalition is.
    pub link: Link,
    /// Bytes that the evaluation may take at once, beside the model's weights and the values themselves.
    pub memory: usize,
    /// Which way rows are evaluated.
    pub engine: Engine,
}

impl Default for Options {
    /// Zero baseline, logits, 2 GiB, the faster engine.
    fn default() -> Self {
        Self {
            baseline: Baseline::Zero,
            derive: Derive::Nothing,
            link: Link::Logit,
            memory: DEFAULT_MEMORY,
            engine: Engine::Auto,
        }
    }
}

/// A model with its weights on one or more devices, which share the work. A clone is the same model on the same devices.
#[derive(Clone)]
pub struct PlacedModel {
    spec: Arc<ModelSpec>,
    /// Multiply-adds of a row, where the layers are known.
    row_work: Option<u64>,
    workers: Arc<Vec<Mutex<Worker>>>,
}

impl PlacedModel {
    /// Puts the model on each device; a device that is named twice does two things at a time.
    ///
    /// # Panics
    /// If there is no device.
    pub fn new(model: &dyn BatchModel, devices: &[Device]) -> Self {
        assert!(!devices.is_empty(), "at least one device");
        let workers = devices.iter().map(|device| Mutex::new(Worker::new(model, device)));
        Self {
            spec: Arc::new(model.spec().clone()),
            row_work: model.layers().map(Network::row_multiply_adds),
            workers: Arc::new(workers.collect()),
        }
    }

    /// What the model takes and gives.
    pub fn spec(&self) -> &ModelSpec {
        &self.spec
    }
}

/// The games of a model, records, partitions and a baseline; with one record, a [`Game`].
pub struct MaskedModel {
    model: PlacedModel,
    scenes: Scenes,
    options: Options,
    limits: Sizes,
    fingerprints: Vec<String>,
}

/// What fits.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    cost: RowCost,
    limits: Limits,
    /// Coalitions that are planned at once.
    chunk: usize,
    pool_factor: usize,
    /// Whether all workers are the network's own layers on the CPU, which give the same bits however rows are cut.
    on_cpu: bool,
}

impl MaskedModel {
    /// One record on one device. The record must be prepared for the model: filtered, at its rate, its leads in its order,
    /// cut to its length.
    ///
    /// # Errors
    /// If record, partition, baseline and model do not fit each other, a sample is not finite, or not even one row
    /// fits into the memory.
    pub fn new(
        model: &dyn BatchModel,
        device: &Device,
        record: &Record,
        partition: &Partition,
        options: &Options,
    ) -> Result<Self> {
        Self::on(&PlacedModel::new(model, std::slice::from_ref(device)), &[(record, partition)], options)
    }

    /// Any number of prepared records, each with its players, on the devices that the model was put on.
    ///
    /// # Errors
    /// As [`new`](Self::new); or if the engine is told to be local and cannot be.
    pub fn on(model: &PlacedModel, records: &[(&Record, &Partition)], options: &Options) -> Result<Self> {
        let spec = &*model.spec;
        for (record, partition) in records {
            check_record(spec, record)?;
            check_partition(spec, partition)?;
        }
        let limbs: Result<Vec<LimbLeads>> = match options.derive {
            Derive::Nothing => Ok(Vec::new()),
            Derive::Limb => records.iter().map(|(_, partition)| LimbLeads::find(&spec.leads, partition)).collect(),
        };
        let fill = options.baseline.fill(&records.iter().map(|(record, _)| *record).collect::<Vec<_>>())?;
        let fingerprints = records
            .iter()
            .enumerate()
            .map(|(nth, (record, partition))| fingerprint(&spec.fingerprint, record, partition, &fill, nth, options));
        let fingerprints = fingerprints.collect();
        let owners: Vec<&[u32]> = records.iter().map(|(_, partition)| partition.owner()).collect();
        let n_players: Vec<usize> = records.iter().map(|(_, partition)| partition.n_players()).collect();
        let signal = records.iter().flat_map(|(record, _)| record.signal()).copied().collect();
        let shape = [records.len(), spec.leads.len(), spec.n_samples];
        let host = Arc::new(HostScene::new(&owners.concat(), signal, fill, shape));
        let reach = Reach::new(&host, &owners, &n_players);
        if options.engine == Engine::Local && model.row_work.is_none() {
            let expected = "a model whose layers are known".to_owned();
            return Err(Error::Mismatch {
                what: "with engine local",
                expected,
                found: "one that only answers".to_owned(),
            });
        }
        let on_device = model.workers.iter().map(|worker| lock(worker).place(&host)).collect();
        let limb = limbs?.into_iter().next();
        let scenes = Scenes { host, on_device, limb, reach, n_players, link: options.link };
        let limits = Sizes::new(model, &scenes, options)?;
        Ok(Self { model: model.clone(), scenes, options: options.clone(), limits, fingerprints })
    }

    /// The values of `rows`, `[rows, outputs]`, of the first record, with calls to `progress` while it goes on.
    ///
    /// # Errors
    /// As [`evaluate_all`](Self::evaluate_all).
    pub fn evaluate(&self, rows: &Coalitions, progress: &mut Progress<'_>) -> Result<Values> {
        let mut evaluation = self.evaluate_all(&[rows], progress)?;
        Ok(evaluation.values.swap_remove(0))
    }

    /// The values of the coalitions of each record, in one stream, with what it took.
    ///
    /// # Errors
    /// If there is not one list per record, or a list is over another number of players than its record has, the model
    /// answers with a number that is not finite or with another shape than its spec says, the device fails, or
    /// `progress` stops it.
    pub fn evaluate_all(&self, lists: &[&Coalitions], progress: &mut Progress<'_>) -> Result<Evaluation> {
        let mismatch = |expected: String, found: String| Error::Mismatch { what: "a coalition", expected, found };
        if lists.len() != self.scenes.n_players.len() {
            let expected = format!("{} lists, one for each record", self.scenes.n_players.len());
            return Err(mismatch(expected, format!("{} lists", lists.len())));
        }
        for (list, n_players) in lists.iter().zip(&self.scenes.n_players) {
            if list.n_players() != *n_players {
                return Err(mismatch(format!("{n_players} players"), format!("{} players", list.n_players())));
            }
        }
        let total: usize = lists.iter().map(|list| list.len()).sum();
        let chunk = self.limits.part(total, self.model.workers.len());
        let run = Run {
            workers: &self.model.workers,
            scenes: &self.scenes,
            lists,
            outputs: &self.spec().outputs,
            engine: self.options.engine,
            chunk,
            batch: self.chunk(chunk)?,
            memory: self.limits.limits.memory / 2 / self.limits.pool_factor,
            max_buffer: self.limits.limits.max_buffer.unwrap_or(usize::MAX),
        };
        let (values, stats, warnings) = run.all(progress)?;
        let mut first = 0;
        let mut parts = Vec::with_capacity(lists.len());
        for (list, fingerprint) in lists.iter().zip(&self.fingerprints) {
            let end = first + list.len() * self.n_outputs();
            parts.push(Values::new(self.n_outputs(), values[first..end].to_vec(), fingerprint.clone())?);
            first = end;
        }
        Ok(Evaluation { values: parts, stats, warnings, chunk: run.chunk })
    }

    /// Coalitions that go to the device at once when so many are to be evaluated.
    ///
    /// # Errors
    /// If not even one fits.
    pub fn chunk(&self, coalitions: usize) -> Result<usize> {
        Ok(Plan::new(coalitions, self.limits.cost, self.limits.limits)?.chunk)
    }

    /// Coalitions that are planned at once, at most, by one worker: whole batches. An evaluation that is cut up shares the
    /// most if it is cut at multiples of this.
    pub fn planned(&self) -> usize {
        self.limits.chunk
    }

    /// Identifies model, record, partition, baseline, derived leads and link together: SHA-256 in hexadecimal. That of the
    /// first record.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprints[0]
    }

    /// What the model takes and gives.
    pub fn spec(&self) -> &ModelSpec {
        &self.model.spec
    }
}

impl Game for MaskedModel {
    fn n_players(&self) -> usize {
        self.scenes.n_players[0]
    }

    fn n_outputs(&self) -> usize {
        self.spec().outputs.len()
    }

    fn values(&self, rows: &Coalitions) -> einthoven_game::Result<Values> {
        self.evaluate(rows, &mut |_, _| ControlFlow::Continue(())).map_err(|error| match error {
            Error::Game(error) => error,
            error => einthoven_game::Error::Request(error.to_string()),
        })
    }
}

impl Sizes {
    fn new(model: &PlacedModel, scenes: &Scenes, options: &Options) -> Result<Self> {
        let spec = &*model.spec;
        let maps = scenes.host.maps();
        let n_players = scenes.n_players.iter().max().copied().unwrap_or(1);
        let mut cost = row_cost(spec, n_players, scenes.n_players.len(), maps);
        // Workers share the memory.
        let memory = options.memory / model.workers.len();
        let mut limits = Limits { memory, max_buffer: None, max_rows: (MAX_BATCH_CPU / maps).max(1) };
        let workers = || model.workers.iter().map(lock);
        let buffers = workers().filter_map(|worker| device::max_buffer(&worker.device));
        limits.max_buffer = buffers.min();
        let pool_factor = if limits.max_buffer.is_some() { POOL_FACTOR } else { 1 };
        if limits.max_buffer.is_some() {
            limits.max_rows = (MAX_BATCH_GPU / maps).max(1);
        }
        cost.total *= pool_factor;
        let scratch = workers().filter_map(|worker| worker.cpu().map(CpuNetwork::scratch_bytes)).max();
        cost.fixed += 2 * scratch.unwrap_or(0) * rayon::current_num_threads();
        // A pattern of four bytes in each tile of at least 16 samples, in up to four stages.
        let planned_row = spec.n_samples.max(1024);
        // Half is for rows, half for what stages hold.
        let planned = limits.memory.saturating_sub(cost.fixed) / 2 / (maps * planned_row);
        let work = model.row_work.map_or(UNKNOWN_CHUNK, |work| {
            usize::try_from(MAX_PLANNED / (maps as u64 * work).max(1)).unwrap_or(usize::MAX)
        });
        let most = planned.min(work).min(MAX_CHUNK);
        let on_cpu = workers().all(|worker| worker.cpu().is_some());
        if on_cpu {
            // In the CPU's own layers nothing but the rows' patterns grows with the batch.
            cost.total = maps * (4 * n_players.div_ceil(32) + planned_row + 16 * spec.outputs.len());
            limits.max_rows = most.max(1);
        }
        let batch = Plan::new(MAX_CHUNK, cost, limits)?.chunk;
        let chunk = (most / batch).max(1) * batch;
        Ok(Self { cost, limits, chunk, pool_factor, on_cpu })
    }

    /// Coalitions of a part, when so many are to be evaluated by so many workers.
    fn part(&self, total: usize, n_workers: usize) -> usize {
        let part = if self.on_cpu { total.div_ceil(n_workers) } else { total.div_ceil(PARTS).max(SMALLEST_PART) };
        self.chunk.min(part).min(total).max(1)
    }
}

/// What a coalition takes: what the model says, the batch that is masked (once as made, once as the model may copy it),
/// three temporary leads of the derivation, for each background, and the words; beside it stand owners, signals and
/// baselines.
fn row_cost(spec: &ModelSpec, n_players: usize, n_records: usize, maps: usize) -> RowCost {
    let cells = spec.leads.len() * spec.n_samples;
    let words = n_players.div_ceil(32) + usize::from(n_records > 1);
    RowCost {
        cells: cells * maps,
        buffer: maps * spec.row_buffer_bytes.max(4 * cells),
        total: maps * (spec.row_bytes + 4 * (2 * cells + 3 * spec.n_samples)) + 4 * words,
        fixed: (2 * n_records + n_records.max(maps)) * 4 * cells,
    }
}

fn check_record(spec: &ModelSpec, record: &Record) -> Result<()> {
    let mismatch = |expected: String, found: String| Err(Error::Mismatch { what: "a record", expected, found });
    if record.leads != spec.leads {
        return mismatch(format!("leads {}", spec.leads.join(", ")), record.leads.join(", "));
    }
    if record.n_samples() != spec.n_samples {
        return mismatch(format!("{} samples per lead", spec.n_samples), record.n_samples().to_string());
    }
    if (record.rate - spec.rate).abs() > 1e-6 * spec.rate {
        return mismatch(format!("{} Hz", spec.rate), format!("{} Hz", record.rate));
    }
    if let Some(cell) = record.signal().iter().position(|sample| !sample.is_finite()) {
        let (lead, sample) = (cell / spec.n_samples, cell % spec.n_samples);
        return mismatch(
            "finite samples".to_owned(),
            format!("{} in lead {} at sample {sample}", record.signal()[cell], spec.leads[lead]),
        );
    }
    Ok(())
}

fn check_partition(spec: &ModelSpec, partition: &Partition) -> Result<()> {
    let mismatch = |expected: String, found: String| Err(Error::Mismatch { what: "with a partition", expected, found });
    let found = [partition.n_leads(), partition.n_samples()];
    if found != [spec.leads.len(), spec.n_samples] {
        return mismatch(
            format!("{} leads x {} samples", spec.leads.len(), spec.n_samples),
            format!("{} leads x {} samples", found[0], found[1]),
        );
    }
    let n_players = partition.n_players();
    if n_players == 0 {
        return mismatch("a player".to_owned(), "none".to_owned());
    }
    let stranger = |&&owner: &&u32| owner != NEVER_MASKED && owner as usize >= n_players;
    if let Some(owner) = partition.owner().iter().find(stranger) {
        return mismatch(format!("owners below {n_players}"), owner.to_string());
    }
    Ok(())
}
