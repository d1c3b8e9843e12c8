//! A model that looks at one record through one partition.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use burn::tensor::Device;
use einthoven_ecg::Record;
use einthoven_game::{Coalitions, Game, Link, NEVER_MASKED, Partition, Values};
use einthoven_kernels::{Columns, Fill, HostScene, Scene, expand, upload};
use einthoven_model::{BatchModel, ModelSpec};

use crate::derive::LimbLeads;
use crate::fingerprint::fingerprint;
use crate::plan::{DEFAULT_MEMORY, Limits, Plan, RowCost};
use crate::{Baseline, Derive, Error, Result, device};

/// Rows beyond which a larger chunk is no faster on the CPU, whose caches it would only flush.
const MAX_ROWS_CPU: usize = 64;
/// Rows beyond which a larger chunk is no faster on a GPU.
const MAX_ROWS_GPU: usize = 4096;

/// How much more than its live buffers a device of cubecl holds, whose pools keep pages of several sizes: 2.2 times were
/// measured with the built-in model.
const POOL_FACTOR: usize = 3;

/// Called after each chunk with the coalitions done and the coalitions asked for; may stop the evaluation.
pub type Progress<'a> = dyn FnMut(usize, usize) -> ControlFlow<()> + 'a;

/// How a record is masked and what is read off the model.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// What a masked cell becomes.
    pub baseline: Baseline,
    /// Which leads are computed from others after masking.
    pub derive: Derive,
    /// What the value of a coalition is.
    pub link: Link,
    /// Bytes that the evaluation may take at once, beside the model's weights.
    pub memory: usize,
}

impl Default for Options {
    /// Zero baseline, logits, 2 GiB.
    fn default() -> Self {
        Self { baseline: Baseline::Zero, derive: Derive::Nothing, link: Link::Logit, memory: DEFAULT_MEMORY }
    }
}

/// The game of a model on a device, a record, a partition and a baseline.
pub struct MaskedModel {
    model: Box<dyn BatchModel>,
    device: Device,
    n_players: usize,
    scene: Scene,
    limb: Option<LimbLeads>,
    link: Link,
    cost: RowCost,
    limits: Limits,
    fingerprint: String,
}

impl MaskedModel {
    /// Puts the model, the record and the partition on the device. The record must be prepared for the model:
    /// filtered, at its rate, its leads in its order, cut to its length.
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
        let spec = model.spec();
        check_record(spec, record)?;
        check_partition(spec, partition)?;
        let limb = match options.derive {
            Derive::Nothing => None,
            Derive::Limb => Some(LimbLeads::find(&spec.leads, partition)?),
        };
        let baseline = options.baseline.map(record)?;
        // Values need no gradients.
        let device = device.clone().without_autodiff();
        let max_buffer = device::max_buffer(&device);
        let (max_rows, pool_factor) =
            if max_buffer.is_some() { (MAX_ROWS_GPU, POOL_FACTOR) } else { (MAX_ROWS_CPU, 1) };
        let mut cost = row_cost(spec, partition.n_players());
        cost.total *= pool_factor;
        let limits = Limits { memory: options.memory, max_buffer, max_rows };
        Plan::new(1, cost, limits)?;
        let shape = [1, spec.leads.len(), spec.n_samples];
        let fill = Fill::Maps { maps: 1, values: baseline.to_vec() };
        let scene = HostScene::new(partition.owner(), record.signal().to_vec(), fill, shape);
        Ok(Self {
            n_players: partition.n_players(),
            scene: Scene::new(&Arc::new(scene), &device),
            limb,
            link: options.link,
            cost,
            limits,
            fingerprint: fingerprint(&spec.fingerprint, record, partition, &baseline, options),
            model: model.to_device(&device),
            device,
        })
    }

    /// The values of `rows`, `[rows, outputs]`, with a call to `progress` after each chunk.
    ///
    /// # Errors
    /// If the rows are over another number of players, the model answers with a number that is not finite or with
    /// another shape than its spec says, the device fails, or `progress` stops it.
    pub fn evaluate(&self, rows: &Coalitions, progress: &mut Progress<'_>) -> Result<Values> {
        if rows.n_players() != self.n_players {
            return Err(Error::Mismatch {
                what: "a coalition",
                expected: format!("{} players", self.n_players),
                found: format!("{} players", rows.n_players()),
            });
        }
        let plan = Plan::new(rows.len(), self.cost, self.limits)?;
        let mut values = Vec::with_capacity(rows.len() * self.n_outputs());
        for range in plan.chunks() {
            let done = range.end;
            self.evaluate_chunk(rows, range, plan.chunk, &mut values)?;
            if progress(done, rows.len()).is_break() {
                return Err(Error::Interrupted { done, total: rows.len() });
            }
        }
        Ok(Values::new(self.n_outputs(), values, self.fingerprint.clone())?)
    }

    /// Rows that go to the device at once when `rows` are to be evaluated.
    pub fn chunk(&self, rows: usize) -> Result<usize> {
        Ok(Plan::new(rows, self.cost, self.limits)?.chunk)
    }

    /// Identifies model, record, partition, baseline, derived leads and link together: SHA-256 in hexadecimal.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// What the model takes and gives.
    pub fn spec(&self) -> &ModelSpec {
        self.model.spec()
    }

    /// What the values are.
    pub fn link(&self) -> Link {
        self.link
    }

    /// Evaluates the rows `range`, filled up with empty coalitions to `chunk`, and appends their values.
    fn evaluate_chunk(
        &self,
        rows: &Coalitions,
        range: Range<usize>,
        chunk: usize,
        values: &mut Vec<f64>,
    ) -> Result<()> {
        let width = rows.words_per_row();
        let mut words = rows.words()[range.start * width..range.end * width].to_vec();
        words.resize(chunk * width, 0);
        let words = upload(&words, [chunk, width], &self.device);
        let mut batch = expand(&self.scene, words, Columns::Coalition);
        if let Some(limb) = &self.limb {
            batch = limb.apply(batch);
        }
        let logits = self.model.logits(batch);
        let (found, n_outputs) = (logits.dims(), self.n_outputs());
        if found != [chunk, n_outputs] {
            return Err(Error::Mismatch {
                what: "the model",
                expected: format!("logits [{chunk}, {n_outputs}], as its spec says"),
                found: format!("{found:?}"),
            });
        }
        let logits = logits.try_into_vec_as::<f32>().map_err(|error| Error::Read(error.to_string()))?;
        for (index, &logit) in logits[..range.len() * n_outputs].iter().enumerate() {
            if !logit.is_finite() {
                let output = self.spec().outputs[index % n_outputs].clone();
                return Err(Error::NonFinite { row: range.start + index / n_outputs, output, value: logit });
            }
            values.push(self.value(logit));
        }
        Ok(())
    }

    fn value(&self, logit: f32) -> f64 {
        let logit = f64::from(logit);
        match self.link {
            Link::Logit => logit,
            Link::Probability => 1.0 / (1.0 + (-logit).exp()),
        }
    }
}

impl Game for MaskedModel {
    fn n_players(&self) -> usize {
        self.n_players
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

/// What a row takes: what the model says, the batch that is masked (once as made, once as the model may copy it),
/// three temporary leads of the derivation, and the words; beside it stand owner, signal and baseline.
fn row_cost(spec: &ModelSpec, n_players: usize) -> RowCost {
    let cells = spec.leads.len() * spec.n_samples;
    let words = n_players.div_ceil(32);
    RowCost {
        cells,
        buffer: spec.row_buffer_bytes.max(4 * cells),
        total: spec.row_bytes + 4 * (2 * cells + 3 * spec.n_samples + words),
        fixed: 3 * 4 * cells,
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
