//! A small model in closed form, records for it, and games that need no model.

use burn::tensor::{Device, Tensor, TensorData};
use einthoven_amortize::label::{LabelConfig, LabelMethod, Unlabelled};
use einthoven_ecg::Record;
use einthoven_game::{Coalition, Game, GameFile, Partition, exact, rng};
use einthoven_masking::PlacedModel;
use einthoven_model::{BatchModel, ModelSpec};
use einthoven_shapley::Method;
use rand::RngExt;

pub const LEADS: usize = 5;
pub const SAMPLES: usize = 8;
const CELLS: usize = LEADS * SAMPLES;

/// Two outputs of a signal x with weights a, b: `a x` times `b x` over 64, and `max(a x, b x)`. Samples and weights are small
/// integers, so that both are exact.
#[derive(Clone)]
pub struct Toy {
    spec: ModelSpec,
    weights: Vec<f32>,
    device: Device,
}

impl Toy {
    pub fn new() -> Self {
        let mut rng = rng::stream(1, "toy weights", 0);
        let weights = (0..2 * CELLS).map(|_| rng.random_range(-3..=3) as f32).collect();
        let spec = ModelSpec {
            outputs: vec!["product".into(), "max".into()],
            leads: names(),
            n_samples: SAMPLES,
            rate: 100.0,
            fingerprint: "toy".into(),
            row_buffer_bytes: 4 * CELLS,
            row_bytes: 4 * CELLS,
        };
        Self { spec, weights, device: Device::flex() }
    }

    pub fn placed(&self) -> PlacedModel {
        PlacedModel::new(self, &[Device::flex()])
    }

    /// The outputs of a record whose leads outside a coalition are zero, by a scalar loop.
    pub fn scalar(&self, record: &Record, coalition: Coalition<'_>) -> [f64; 2] {
        let dot = |weights: &[f32]| -> f64 {
            let cells = weights.iter().zip(record.signal()).enumerate();
            let kept = cells.filter(|(cell, _)| coalition.contains(cell / SAMPLES));
            kept.map(|(_, (weight, sample))| f64::from(weight * sample)).sum()
        };
        let (a, b) = (dot(&self.weights[..CELLS]), dot(&self.weights[CELLS..]));
        [a * b / 64.0, a.max(b)]
    }

    /// The exact Shapley values of a record, `[outputs, players]`.
    pub fn exact(&self, record: &Record) -> Vec<f64> {
        let all = exact::design(LEADS).unwrap();
        let mut tables = [vec![0.0; 1 << LEADS], vec![0.0; 1 << LEADS]];
        for row in all.rows.iter() {
            let values = self.scalar(record, row);
            tables.iter_mut().zip(values).for_each(|(table, value)| table[row.words()[0] as usize] = value);
        }
        tables.iter().flat_map(|table| exact::shapley(table).unwrap()).collect()
    }
}

impl BatchModel for Toy {
    fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    fn logits(&self, batch: Tensor<3>) -> Tensor<2> {
        let rows = batch.dims()[0];
        let weights = TensorData::new(self.weights.clone(), [1, 2, CELLS]);
        let weights = Tensor::<3>::from_data(weights, &self.device);
        let dots = (batch.reshape([rows, 1, CELLS]) * weights).sum_dim(2).reshape([rows, 2]);
        let (a, b) = (dots.clone().narrow(1, 0, 1), dots.narrow(1, 1, 1));
        Tensor::cat(vec![a.clone() * b.clone() / 64.0, a.max_pair(b)], 1)
    }

    fn to_device(&self, device: &Device) -> Box<dyn BatchModel> {
        Box::new(Self { device: device.clone(), ..self.clone() })
    }
}

pub fn names() -> Vec<String> {
    (0..LEADS).map(|lead| format!("lead {lead}")).collect()
}

pub fn record(index: usize) -> Record {
    let mut rng = rng::stream(7, "toy record", index as u64);
    let signal = (0..CELLS).map(|_| rng.random_range(-4..=4) as f32).collect();
    Record::new(format!("record {index}"), 100.0, names(), signal)
}

pub fn unlabelled(indices: std::ops::Range<usize>) -> Vec<Unlabelled> {
    let one = |index: usize| Unlabelled { index, name: format!("record {index}"), record: record(index) };
    indices.map(one).collect()
}

/// A player per lead.
pub fn leads() -> Partition {
    Partition::leads(&names(), SAMPLES).unwrap()
}

pub fn config(method: LabelMethod, budget: usize) -> LabelConfig {
    LabelConfig { method, budget, seed: 3, draws: [1, 2], force: false }
}

pub fn permutation() -> LabelMethod {
    LabelMethod::Values(Method::Permutation)
}

/// A game with effects of all orders, another for each seed.
pub fn game(n_players: usize, seed: u64) -> GameFile {
    let mut rng = rng::stream(seed, "games of a set", 0);
    let weights: Vec<f64> = (0..n_players).map(|_| rng.random_range(-1.0..1.0)).collect();
    let (a, b) = (rng.random_range(0..n_players), rng.random_range(0..n_players));
    let value = |mask: usize| {
        let sum: f64 = (0..n_players).filter(|player| mask >> player & 1 == 1).map(|player| weights[player]).sum();
        (1.5 * sum).tanh() + 0.5 * f64::from(mask >> a & mask >> b & 1 == 1)
    };
    GameFile::table(n_players, 1, (0..1 << n_players).map(value).collect()).unwrap()
}

/// The exact Shapley values of a game.
pub fn truth(game: &GameFile) -> Vec<f64> {
    let design = exact::design(game.n_players()).unwrap();
    exact::estimate(&design, &game.values(&design.rows).unwrap()).unwrap()[0].player_values()
}
