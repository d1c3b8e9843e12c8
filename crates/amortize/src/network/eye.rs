//! What the explainer sees of a record beside its signal.

use std::sync::Mutex;

use burn::{
    backend::DispatchDevice,
    tensor::{Device, Tensor, TensorData},
};
use einthoven_game::rng::stream;
use einthoven_game::{Link, Partition};
use einthoven_gradient::{Differentiable, Levels, Quadrature, at_levels};
use einthoven_model::{BatchModel, CpuNetwork, Crop, Scratch, TensorNetwork};
use rand::seq::SliceRandom;
use rayon::prelude::*;

use super::NetworkConfig;
use crate::{Error, Result};

/// Records that pass through a model in tensors at once.
const BATCH: usize = 64;
/// What is seen of the gradient, times what cells differ by from their reference: at the record itself; on the straight way to
/// it; and with half of the players faint.
pub(crate) const GRADIENTS: usize = 3;
/// Points of Gauss and Legendre on the way.
const ON_THE_WAY: usize = 2;
/// Where players stand that are faint, and where the others do.
const FAINT: [f64; 2] = [0.1, 0.9];

/// The explained model as the explainer looks through it.
pub(crate) struct Eye {
    map: Option<MapReader>,
    gradient: Option<Differentiable>,
    /// Pairs of halves of the players that are faint in turn.
    halves: usize,
    cells: [usize; 2],
    n_outputs: usize,
    link: Link,
    device: Device,
}

/// What reads the last feature map, and its channels and samples.
struct MapReader {
    way: Way,
    shape: [usize; 2],
}

enum Way {
    Cpu(Box<CpuNetwork>, Box<Crop>),
    Tensors(Mutex<TensorNetwork>, usize),
}

/// What is seen of a record.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sight {
    /// The last feature map, `[samples, channels]`.
    pub map: Vec<f32>,
    /// Gradients, summed over what each player owns, `[players, kinds, outputs]`; empty if they are no input.
    pub gradient: Vec<f32>,
}

impl Eye {
    /// Looks through a model on a device.
    ///
    /// # Errors
    /// If gradients are asked of a model that has none.
    pub(crate) fn new(model: &dyn BatchModel, link: Link, config: &NetworkConfig, device: &Device) -> Result<Self> {
        let device = device.clone().without_autodiff();
        let map = model.layers().and_then(|network| {
            let node = network.last_map()?;
            let shape = network.shape(node);
            let way = match device.as_dispatch() {
                DispatchDevice::Flex(_) => {
                    let cpu = CpuNetwork::new(network);
                    let crop = cpu.crop(0, node, 0..shape[1]);
                    Way::Cpu(Box::new(cpu), Box::new(crop))
                }
                _ => Way::Tensors(Mutex::new(TensorNetwork::new(network, &device)), node),
            };
            Some(MapReader { way, shape })
        });
        let gradient = config.gradient.then(|| Differentiable::new(model, &device)).transpose()?;
        let spec = model.spec();
        let cells = [spec.leads.len(), spec.n_samples];
        let halves = config.halves;
        Ok(Self { map, gradient, halves, cells, n_outputs: spec.outputs.len(), link, device })
    }

    /// Channels and samples of the feature map; one channel of one zero where the layers are not known.
    pub(crate) fn map_shape(&self) -> [usize; 2] {
        self.map.as_ref().map_or([1, 1], |map| map.shape)
    }

    /// What is seen of records, `signals [records, leads, samples]` in mV with the reference that masked cells become, where
    /// gradients are asked for.
    ///
    /// # Errors
    /// If the model fails, or `stop` says so.
    pub(crate) fn see(
        &self,
        signals: &[&[f32]],
        references: &[Vec<f64>],
        partition: &Partition,
        memory: usize,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Vec<Sight>> {
        let maps = self.maps(signals);
        let gradients = self.gradients(signals, references, partition, memory, stop)?;
        let maps = maps.into_iter().zip(gradients);
        Ok(maps.map(|(map, gradient)| Sight { map, gradient }).collect())
    }

    fn maps(&self, signals: &[&[f32]]) -> Vec<Vec<f32>> {
        let Some(map) = &self.map else { return vec![vec![0.0]; signals.len()] };
        let [channels, samples] = map.shape;
        match &map.way {
            Way::Cpu(cpu, crop) => {
                let span = crop.input();
                let width = crop.out_len() / samples.max(1);
                let one = |scratch: &mut Scratch, signal: &&[f32]| {
                    let load = |_: usize, to: &mut [f32]| {
                        let leads = signal.chunks_exact(self.cells[1]).zip(to.chunks_exact_mut(span.len()));
                        leads.for_each(|(lead, to)| to.copy_from_slice(&lead[span.clone()]));
                    };
                    let mut made = vec![0.0; crop.out_len()];
                    cpu.run(crop, &load, &mut made, scratch);
                    // Channels come in whole blocks.
                    made.chunks_exact(width).flat_map(|sample| &sample[..channels]).copied().collect()
                };
                signals.par_iter().map_init(Scratch::default, one).collect()
            }
            Way::Tensors(network, node) => {
                let network = network.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                signals.chunks(BATCH).flat_map(|signals| self.batch_of_maps(&network, *node, signals)).collect()
            }
        }
    }

    fn batch_of_maps(&self, network: &TensorNetwork, node: usize, signals: &[&[f32]]) -> Vec<Vec<f32>> {
        let [leads, samples] = self.cells;
        let batch = TensorData::new(signals.concat(), [signals.len(), leads, samples]);
        let made = network.run(0, node, Tensor::from_data(batch, &self.device)).swap_dims(1, 2);
        let [_, samples, channels] = made.dims();
        let made = made.into_data().convert::<f32>();
        let made: Vec<f32> = made.try_to_vec().expect("invariant: converted to f32 above");
        made.chunks_exact(samples * channels).map(<[f32]>::to_vec).collect()
    }

    fn gradients(
        &self,
        signals: &[&[f32]],
        references: &[Vec<f64>],
        partition: &Partition,
        memory: usize,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Vec<Vec<f32>>> {
        let Some(model) = &self.gradient else { return Ok(vec![Vec::new(); signals.len()]) };
        let (n_players, n_outputs) = (partition.n_players(), self.n_outputs);
        let sets = points(n_players, self.halves);
        let all: Vec<Vec<f64>> = sets.iter().flatten().map(|(_, point)| point.clone()).collect();
        let levels = Levels { signals, references, partition, points: &all, link: self.link };
        let found = at_levels(model, &levels, memory, stop)?;
        let size = n_outputs * n_players;
        let of_record = |found: &[f64]| {
            let mut values = vec![0.0f32; n_players * GRADIENTS * n_outputs];
            let mut found = found.chunks_exact(size);
            for (kind, set) in sets.iter().enumerate() {
                let mut mean = vec![0.0; size];
                for ((weight, _), found) in set.iter().zip(&mut found) {
                    mean.iter_mut().zip(found).for_each(|(mean, value)| *mean += weight * value);
                }
                for (at, mean) in mean.into_iter().enumerate() {
                    let (output, player) = (at / n_players, at % n_players);
                    values[(player * GRADIENTS + kind) * n_outputs + output] = mean as f32;
                }
            }
            values
        };
        let values: Vec<Vec<f32>> = found.chunks_exact(all.len() * size).map(of_record).collect();
        if values.iter().flatten().any(|value| !value.is_finite()) {
            return Err(Error::Request("see the gradient of a record: it is not finite".to_owned()));
        }
        Ok(values)
    }
}

/// Where gradients are taken, each with its weight in the mean of its kind. The halves are the same for every record, so that
/// what their choice adds to the gradient of a player can be learned.
fn points(n_players: usize, halves: usize) -> [Vec<(f64, Vec<f64>)>; GRADIENTS] {
    let whole = |(level, weight): (f64, f64)| (weight, vec![level; n_players]);
    let way = Quadrature::GaussLegendre.rule(ON_THE_WAY).into_iter().map(whole).collect();
    let mut faint = Vec::with_capacity(2 * halves);
    for half in 0..halves {
        let mut order: Vec<usize> = (0..n_players).collect();
        order.shuffle(&mut stream(0, "amortize/halves", half as u64));
        let (mut point, mut complement) = (vec![FAINT[1]; n_players], vec![FAINT[0]; n_players]);
        for &player in &order[..n_players / 2] {
            (point[player], complement[player]) = (FAINT[0], FAINT[1]);
        }
        faint.extend([point, complement].map(|point| (0.5 / halves as f64, point)));
    }
    [vec![whole((1.0, 1.0))], way, faint]
}
