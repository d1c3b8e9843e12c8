//! A model on one device, and the rows it answers for.

use std::sync::{Arc, Mutex, PoisonError};

use burn::backend::DispatchDevice;
use burn::tensor::{Device, Tensor, activation::sigmoid};
use einthoven_game::Link;
use einthoven_kernels::{Columns, HostScene, Scene, expand, mean_over_maps, upload};
use einthoven_model::{BatchModel, CpuNetwork, TensorNetwork};

use crate::derive::LimbLeads;
use crate::local_cpu::{self, GoOn, Source};
use crate::local_device::{self, DeviceSource};
use crate::plan::Plan;
use crate::rows::{Reach, Rows};
use crate::stages::{Planner, Prices, Stage};
use crate::stats::Stats;
use crate::{Engine, Error, Result};

/// Measured on the CPU: a multiply-add takes 1/57 ns, fetching four bytes from memory and writing them 1.6 ns, and setting up
/// the crop of a pattern half a microsecond.
const CPU_PRICES: Prices = Prices { cached: 8.0, fetched: 80.0, cache: 4e6, item: 25_000.0, stage: 1e6 };
/// On a GPU numbers are gathered by an index, and written in another order; and a stage is some more dispatches.
const GPU_PRICES: Prices = Prices { cached: 60.0, fetched: 60.0, cache: 0.0, item: 0.0, stage: 1e9 };

/// A model on one device.
pub(crate) struct Worker {
    pub device: Device,
    kind: Kind,
}

enum Kind {
    /// The network's own layers on the CPU.
    Cpu(CpuNetwork),
    /// Tensors: the model as it is, and its layers where they are known.
    Tensors(Box<dyn BatchModel>, Option<TensorNetwork>),
}

/// The records of a run, who owns what, and how to read the answer.
pub(crate) struct Scenes {
    pub host: Arc<HostScene>,
    /// The same on each worker's device; the CPU needs none.
    pub on_device: Vec<Option<Placed>>,
    pub limb: Option<LimbLeads>,
    pub reach: Reach,
    pub n_players: Vec<usize>,
    pub link: Link,
}

/// The records on a device.
pub(crate) struct Placed {
    /// Every coalition meets every map.
    whole: Scene,
    /// Each row names its map: record `record * maps + map`.
    single: Scene,
}

/// How a worker does its rows.
pub(crate) struct Orders<'a> {
    pub engine: Engine,
    /// Coalitions that go to a device at once.
    pub batch: usize,
    /// Bytes that buffers may take.
    pub memory: usize,
    pub max_buffer: usize,
    pub go_on: &'a mut GoOn<'a>,
}

impl Worker {
    /// Puts a model on a device.
    pub(crate) fn new(model: &dyn BatchModel, device: &Device) -> Self {
        let device = device.clone().without_autodiff();
        let kind = match (device.as_dispatch(), model.layers()) {
            (DispatchDevice::Flex(_), Some(network)) => Kind::Cpu(CpuNetwork::new(network)),
            (_, layers) => {
                let layers = layers.map(|network| TensorNetwork::new(network, &device));
                Kind::Tensors(model.to_device(&device), layers)
            }
        };
        Self { device, kind }
    }

    /// The network's own layers on the CPU, if it runs there.
    pub(crate) fn cpu(&self) -> Option<&CpuNetwork> {
        match &self.kind {
            Kind::Cpu(cpu) => Some(cpu),
            Kind::Tensors(..) => None,
        }
    }

    /// The scene as this worker wants it.
    pub(crate) fn place(&self, host: &Arc<HostScene>) -> Option<Placed> {
        let Kind::Tensors(_, layers) = &self.kind else { return None };
        let whole = Scene::new(host, &self.device);
        let single = match (layers, host.maps()) {
            (Some(_), 2..) => Scene::new(&Arc::new(host.flattened()), &self.device),
            _ => whole.clone(),
        };
        Some(Placed { whole, single })
    }

    /// The values `[coalitions, outputs]` of rows, as logits or as the link says; `None` if told to stop.
    pub(crate) fn values(
        &self,
        scenes: &Scenes,
        placed: Option<&Placed>,
        rows: &Rows,
        orders: &mut Orders<'_>,
        stats: &mut Stats,
    ) -> Result<Option<Vec<f64>>> {
        stats.evaluations += rows.n_coalitions() as u64;
        stats.rows += rows.len() as u64;
        match (&self.kind, placed) {
            (Kind::Cpu(cpu), _) => Ok(cpu_values(cpu, scenes, rows, orders, stats)),
            (Kind::Tensors(model, layers), Some(placed)) => {
                let run = DeviceRun { device: &self.device, scenes, placed, rows };
                let stages = layers.as_ref().map(|layers| {
                    let stages = scenes.stages(layers.network(), rows, orders, GPU_PRICES);
                    stats.add_stages(layers.network(), &stages, rows.len());
                    (layers, stages)
                });
                match stages {
                    Some((layers, stages)) if stages.len() > 1 || stages[0].n_items() < rows.len() => {
                        run.local(layers, &stages, orders, stats)
                    }
                    _ => run.plain(&**model, orders, stats),
                }
            }
            (Kind::Tensors(..), None) => unreachable!("invariant: a scene for each worker that wants one"),
        }
    }
}

impl Scenes {
    /// The stages that the engine asked for, or the cheapest.
    fn stages(
        &self,
        network: &einthoven_model::Network,
        rows: &Rows,
        orders: &Orders<'_>,
        prices: Prices,
    ) -> Vec<Stage> {
        if orders.engine == Engine::Plain {
            return vec![Stage::plain(network, rows.len())];
        }
        let forced = orders.engine == Engine::Local;
        let store = orders.memory.min(orders.max_buffer) / 4 / 4;
        Planner { network, rows, reach: &self.reach, n_players: &self.n_players, prices, store, forced }.stages()
    }
}

fn cpu_values(
    cpu: &CpuNetwork,
    scenes: &Scenes,
    rows: &Rows,
    orders: &mut Orders<'_>,
    stats: &mut Stats,
) -> Option<Vec<f64>> {
    let stages = scenes.stages(cpu.network(), rows, orders, CPU_PRICES);
    stats.add_stages(cpu.network(), &stages, rows.len());
    let source = Source { scene: &scenes.host, limb: scenes.limb.as_ref(), rows };
    let mut go_on = |share: f64| (orders.go_on)(share);
    let (logits, tasks) = local_cpu::run(cpu, &source, &stages, &mut go_on)?;
    stats.dispatches += tasks;
    let (outputs, maps) = (cpu.network().shape(cpu.network().output())[0], rows.maps());
    let mut values = vec![0.0; rows.n_coalitions() * outputs];
    for (row, logits) in logits.chunks_exact(outputs).enumerate() {
        let sums = &mut values[row / maps * outputs..][..outputs];
        sums.iter_mut().zip(logits).for_each(|(sum, &logit)| *sum += linked(scenes.link, logit));
    }
    values.iter_mut().for_each(|sum| *sum /= maps as f64);
    Some(values)
}

/// A logit as the link says.
fn linked(link: Link, logit: f32) -> f64 {
    let logit = f64::from(logit);
    match link {
        Link::Logit => logit,
        Link::Probability => 1.0 / (1.0 + (-logit).exp()),
    }
}

/// Rows on a device of burn.
struct DeviceRun<'a> {
    device: &'a Device,
    scenes: &'a Scenes,
    placed: &'a Placed,
    rows: &'a Rows,
}

impl DeviceRun<'_> {
    /// Every row through the model: a masked batch, a forward pass, and one read-back per batch. While the device works
    /// on one batch, the next is packed and sent.
    fn plain(&self, model: &dyn BatchModel, orders: &mut Orders<'_>, stats: &mut Stats) -> Result<Option<Vec<f64>>> {
        let (rows, outputs) = (self.rows, model.spec().outputs.len());
        let plan = Plan { rows: rows.n_coalitions(), chunk: orders.batch };
        let several = self.placed.whole.shape()[0] > 1;
        let columns = if several { Columns::Record } else { Columns::Coalition };
        let width = rows.width() + columns.extra();
        let mut values = Vec::with_capacity(rows.n_coalitions() * outputs);
        let mut waiting: Option<(Tensor<2>, usize)> = None;
        for range in plan.chunks() {
            let done = range.start as f64 / plan.rows as f64;
            let mut table = rows.table(range.clone(), several);
            table.resize(plan.chunk * width, 0);
            stats.bytes_up += 4 * table.len() as u64;
            stats.dispatches += 2;
            let batch = expand(&self.placed.whole, upload(&table, [plan.chunk, width], self.device), columns);
            let batch = match &self.scenes.limb {
                Some(limb) => limb.apply(batch),
                None => batch,
            };
            let logits = model.logits(batch);
            let (found, expected) = (logits.dims(), [plan.chunk * rows.maps(), outputs]);
            if found != expected {
                return Err(Error::Mismatch {
                    what: "the model",
                    expected: format!("logits {expected:?}, as its spec says"),
                    found: format!("{found:?}"),
                });
            }
            if let Some((logits, n)) = waiting.replace((self.averaged(logits), range.len())) {
                self.read(logits, n, &mut values, stats)?;
            }
            if !(orders.go_on)(done) {
                return Ok(None);
            }
        }
        if let Some((logits, n)) = waiting {
            self.read(logits, n, &mut values, stats)?;
        }
        Ok(Some(values))
    }

    /// The stages of a plan.
    fn local(
        &self,
        layers: &TensorNetwork,
        stages: &[Stage],
        orders: &mut Orders<'_>,
        stats: &mut Stats,
    ) -> Result<Option<Vec<f64>>> {
        let source = DeviceSource {
            device: self.device,
            scene: &self.placed.single,
            limb: self.scenes.limb.as_ref(),
            rows: self.rows,
            memory: orders.memory,
            max_buffer: orders.max_buffer,
        };
        let mut values = Vec::new();
        let Some(logits) = local_device::run(layers, &source, stages, stats, orders.go_on) else {
            return Ok(None);
        };
        self.read(self.averaged(logits), self.rows.n_coalitions(), &mut values, stats)?;
        Ok(Some(values))
    }

    /// The mean over the maps of each coalition, of what the link says.
    fn averaged(&self, logits: Tensor<2>) -> Tensor<2> {
        match (self.rows.maps(), self.scenes.link) {
            (1, _) => logits,
            (maps, Link::Logit) => mean_over_maps(logits, maps),
            (maps, Link::Probability) => mean_over_maps(sigmoid(logits), maps),
        }
    }

    /// Reads the first `n` rows back.
    fn read(&self, logits: Tensor<2>, n: usize, values: &mut Vec<f64>, stats: &mut Stats) -> Result<()> {
        let [rows, outputs] = logits.dims();
        stats.bytes_down += 4 * (rows * outputs) as u64;
        let numbers = logits.try_into_vec_as::<f32>().map_err(|error| Error::Read(error.to_string()))?;
        let link = if self.rows.maps() == 1 { self.scenes.link } else { Link::Logit };
        values.extend(numbers[..n * outputs].iter().map(|&number| linked(link, number)));
        Ok(())
    }
}

/// Locks a worker; one that panicked before is as good as new, since runs leave nothing behind in it.
pub(crate) fn lock(worker: &Mutex<Worker>) -> std::sync::MutexGuard<'_, Worker> {
    worker.lock().unwrap_or_else(PoisonError::into_inner)
}
