//! Small models with closed forms, records and partitions for them, and masking by a scalar loop.
//!
//! Samples, baselines and weights are small integers, so that every sum is exact in f32 and values can be compared
//! bit for bit, whatever the device and the chunk.

use std::sync::{Arc, Mutex};

use burn::tensor::{Device, Tensor, TensorData};
use einthoven_ecg::Record;
use einthoven_game::{Coalitions, NEVER_MASKED, Partition, rng};
use einthoven_model::{BatchModel, ModelSpec};
use rand::RngExt;

pub const LEADS: [&str; 12] = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"];
pub const SAMPLES: usize = 100;
pub const CELLS: usize = 12 * SAMPLES;

/// Three outputs of a signal x with weights a, b: `a x`, the square of `b x` over 1024, and `max(a x, b x)`.
#[derive(Clone)]
pub struct Toy {
    spec: ModelSpec,
    weights: Vec<f32>,
    device: Device,
    /// Rows of every batch that was asked for.
    pub batches: Arc<Mutex<Vec<usize>>>,
}

impl Toy {
    pub fn new() -> Self {
        let mut rng = rng::stream(1, "toy weights", 0);
        let weights = (0..2 * CELLS).map(|_| rng.random_range(-4..=4) as f32).collect();
        let spec = ModelSpec {
            outputs: vec!["linear".into(), "square".into(), "max".into()],
            leads: LEADS.map(String::from).to_vec(),
            n_samples: SAMPLES,
            rate: 100.0,
            fingerprint: "toy".into(),
            row_buffer_bytes: 4 * CELLS,
            row_bytes: 4 * CELLS,
        };
        Self { spec, weights, device: Device::flex(), batches: Arc::default() }
    }

    /// The outputs of one signal by a scalar loop.
    pub fn scalar(&self, signal: &[f32]) -> [f64; 3] {
        let dot = |weights: &[f32]| {
            weights.iter().zip(signal).map(|(&weight, &sample)| f64::from(weight) * f64::from(sample)).sum::<f64>()
        };
        let (a, b) = (dot(&self.weights[..CELLS]), dot(&self.weights[CELLS..]));
        [a, b * b / 1024.0, a.max(b)]
    }
}

impl BatchModel for Toy {
    fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    fn logits(&self, batch: Tensor<3>) -> Tensor<2> {
        let rows = batch.dims()[0];
        self.batches.lock().unwrap().push(rows);
        let weights = TensorData::new(self.weights.clone(), [1, 2, CELLS]);
        let weights = Tensor::<3>::from_data(weights, &self.device);
        let product = batch.reshape([rows, 1, CELLS]) * weights;
        let dots = product.sum_dim(2).reshape([rows, 2]);
        let (a, b) = (dots.clone().narrow(1, 0, 1), dots.narrow(1, 1, 1));
        let square = b.clone() * b.clone() / 1024.0;
        Tensor::cat(vec![a.clone(), square, a.max_pair(b)], 1)
    }

    fn to_device(&self, device: &Device) -> Box<dyn BatchModel> {
        Box::new(Self { device: device.clone(), ..self.clone() })
    }
}

/// A record of even integers, so that halves of leads are integers too.
pub fn record(seed: u64) -> Record {
    let mut rng = rng::stream(seed, "toy record", 0);
    let signal = (0..CELLS).map(|_| 2.0 * rng.random_range(-6..=6) as f32).collect();
    Record::new("toy", 100.0, LEADS.map(String::from).to_vec(), signal)
}

/// A partition by the owner of (lead, sample).
pub fn partition(n_players: usize, owner: impl Fn(usize, usize) -> u32) -> Partition {
    let owner = (0..CELLS).map(|cell| owner(cell / SAMPLES, cell % SAMPLES)).collect();
    let names = (0..n_players).map(|player| format!("player {player}")).collect();
    Partition::new(12, SAMPLES, owner, names, None).unwrap()
}

/// A player per lead.
pub fn leads() -> Partition {
    partition(12, |lead, _| lead as u32)
}

/// Windows whose boundaries do not divide the length.
pub fn windows(n: usize) -> Partition {
    partition(n, |_, sample| (sample * n / SAMPLES) as u32)
}

/// A player per lead and window.
pub fn leads_windows(n: usize) -> Partition {
    partition(12 * n, |lead, sample| (lead * n + sample * n / SAMPLES) as u32)
}

/// The leads of `leads:8`: I, II and V1 to V6 are players, the other four follow.
pub fn eight_leads() -> Partition {
    partition(8, |lead, _| [0, 1, NEVER_MASKED, NEVER_MASKED, NEVER_MASKED, NEVER_MASKED, 2, 3, 4, 5, 6, 7][lead])
}

/// Players over scattered cells, some of which nobody owns.
pub fn scattered(n_players: usize) -> Partition {
    partition(n_players, |lead, sample| {
        let cell = lead * SAMPLES + sample;
        match cell {
            cell if cell < n_players => cell as u32,
            cell if cell % 7 == 0 => NEVER_MASKED,
            cell => (cell * 7919 % n_players) as u32,
        }
    })
}

/// The empty and the full coalition, one of each single player up to eight, and random ones.
pub fn coalitions(n_players: usize, rows: usize, seed: u64) -> Coalitions {
    let mut rng = rng::stream(seed, "toy coalitions", 0);
    let mut coalitions = Coalitions::new(n_players);
    for row in 0..rows {
        match row {
            0 => coalitions.push_empty(),
            1 => coalitions.push_full(),
            row if row < 10 => coalitions.push([(n_players - 1) / (row - 1)]),
            _ => coalitions.push((0..n_players).filter(|_| rng.random::<bool>()).collect::<Vec<_>>()),
        }
    }
    coalitions
}

/// The values of `rows` by masking cell by cell, `[rows, outputs]` row after row.
pub fn scalar_values(
    toy: &Toy,
    record: &Record,
    partition: &Partition,
    baseline: &[f32],
    limb: bool,
    rows: &Coalitions,
) -> Vec<f64> {
    let masked = |row: einthoven_game::Coalition<'_>| {
        let mut signal: Vec<f32> = (0..CELLS)
            .map(|cell| match partition.owner()[cell] {
                NEVER_MASKED => record.signal()[cell],
                owner if row.players().any(|player| player == owner as usize) => record.signal()[cell],
                _ => baseline[cell],
            })
            .collect();
        if limb {
            for sample in 0..SAMPLES {
                let (one, two) = (signal[sample], signal[SAMPLES + sample]);
                signal[2 * SAMPLES + sample] = two - one;
                signal[3 * SAMPLES + sample] = -(one + two) / 2.0;
                signal[4 * SAMPLES + sample] = one - two / 2.0;
                signal[5 * SAMPLES + sample] = two - one / 2.0;
            }
        }
        signal
    };
    rows.iter().flat_map(|row| toy.scalar(&masked(row))).collect()
}
