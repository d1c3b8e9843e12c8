//! Drawn networks, records, partitions and coalitions, and what a network says of them by masking whole signals.

use burn::tensor::Device;
use einthoven_ecg::Record;
use einthoven_game::{Coalitions, Link, NEVER_MASKED, Partition, rng};
use einthoven_model::network::{Conv, Layer, Linear, Op};
use einthoven_model::{CpuNetwork, ModelSpec, Network, NetworkModel};
use rand::{Rng, RngExt};

use crate::setup::LEADS;

/// A network of the kinds of layers there are: convolutions of drawn kernels, strides and paddings, a pool, a residual
/// block with a projection and one without, the pool over time, two linear layers. Three outputs.
pub fn network(seed: u64) -> Network {
    let mut rng = rng::stream(seed, "test/network", 0);
    let samples = rng.random_range(150..400);
    let mut layers = Vec::new();
    let (mut channels, n_convs) = (12, rng.random_range(1..3));
    if rng.random() {
        layers.push(Layer::new(0, Op::Normalise { mean: 0.1, std: 0.7 }));
    }
    for _ in 0..n_convs {
        let (c_out, kernel, stride) = (rng.random_range(3..20), rng.random_range(1..8), rng.random_range(1..4));
        let padding = rng.random_range(0..kernel);
        layers.push(Layer::new(layers.len(), conv(&mut rng, [channels, c_out], kernel, stride, padding)));
        layers.push(Layer::new(layers.len(), Op::Relu));
        channels = c_out;
    }
    let pool = match rng.random() {
        true => Op::MaxPool { kernel: 3, stride: rng.random_range(1..3), padding: rng.random_range(0..3) },
        false => Op::AvgPool { window: rng.random_range(1..4) },
    };
    layers.push(Layer::new(layers.len(), pool));
    let (x, width) = (layers.len(), rng.random_range(4..24));
    layers.push(Layer::new(x, Op::AvgPool { window: 2 }));
    layers.push(Layer::new(x + 1, conv(&mut rng, [channels, width], 1, 1, 0)));
    layers.push(Layer::new(x, conv(&mut rng, [channels, width], 3, 2, 1)));
    layers.push(Layer::new(x + 3, Op::Relu));
    layers.push(Layer::new(x + 4, conv(&mut rng, [width, width], 3, 1, 1)));
    layers.push(Layer::new(x + 5, Op::Add(x + 2)));
    layers.push(Layer::new(x + 6, Op::Relu));
    layers.push(Layer::new(x + 7, conv(&mut rng, [width, width], 5, 1, 2)));
    layers.push(Layer::new(x + 8, Op::Add(x + 7)));
    layers.push(Layer::new(x + 9, Op::Relu));
    layers.push(Layer::new(x + 10, Op::PoolTime));
    layers.push(Layer::new(x + 11, linear(&mut rng, [2 * width, 6])));
    layers.push(Layer::new(x + 12, Op::Relu));
    layers.push(Layer::new(x + 13, linear(&mut rng, [6, 3])));
    Network::new([12, samples], layers).unwrap()
}

/// The network as a model on the CPU.
pub fn model(network: &Network) -> NetworkModel {
    let [leads, samples] = network.shape(0);
    let largest = (0..=network.output()).map(|node| network.shape(node).iter().product::<usize>()).max().unwrap();
    let spec = ModelSpec {
        outputs: ["a", "b", "c"].map(String::from).to_vec(),
        leads: LEADS[..leads].iter().map(ToString::to_string).collect(),
        n_samples: samples,
        rate: 100.0,
        fingerprint: "drawn".into(),
        row_buffer_bytes: 4 * largest,
        row_bytes: 4 * 4 * largest,
    };
    NetworkModel::new(spec, network.clone(), &Device::flex())
}

/// A record of noise, of which one lead is flat at zero.
pub fn record(samples: usize, seed: u64) -> Record {
    let mut rng = rng::stream(seed, "test/record", 0);
    let mut signal: Vec<f32> = (0..12 * samples).map(|_| 2.0 * rng.random::<f32>() - 1.0).collect();
    signal[9 * samples..10 * samples].fill(0.0);
    Record::new("noise", 100.0, LEADS.map(String::from).to_vec(), signal)
}

/// Players by the owner of (lead, sample).
pub fn owned(samples: usize, n_players: usize, owner: impl Fn(usize, usize) -> u32) -> Partition {
    let owner = (0..12 * samples).map(|cell| owner(cell / samples, cell % samples)).collect();
    let names = (0..n_players).map(|player| player.to_string()).collect();
    Partition::new(12, samples, owner, names, None).unwrap()
}

/// Windows whose bounds meet no stride.
pub fn windows(samples: usize, n: usize) -> Partition {
    owned(samples, n, |_, sample| (sample * n / samples) as u32)
}

/// A partition of one of four kinds: leads, windows, leads x windows, or stretches here and there, some nobody's.
pub fn partition(samples: usize, seed: u64) -> Partition {
    let mut rng = rng::stream(seed, "test/partition", 0);
    let n = rng.random_range(2..24);
    match rng.random_range(0..4) {
        0 => owned(samples, 12, |lead, _| lead as u32),
        1 => windows(samples, n),
        2 => owned(samples, 12 * n, |lead, sample| (lead * n + sample * n / samples) as u32),
        _ => owned(samples, n, |lead, sample| match (lead * 5 + sample / 17) % (n + 2) {
            player if player < n => player as u32,
            _ => NEVER_MASKED,
        }),
    }
}

/// Coalitions of one of four kinds: uniform, in pairs, chains of permutations, or a few many times over.
pub fn coalitions(n_players: usize, n: usize, seed: u64) -> Coalitions {
    let mut rng = rng::stream(seed, "test/coalitions", 0);
    let mut rows = Coalitions::new(n_players);
    let kind = rng.random_range(0..4);
    while rows.len() < n {
        let half: Vec<usize> = (0..n_players).filter(|_| rng.random::<bool>()).collect();
        match kind {
            0 => rows.push(half),
            1 => {
                rows.push(half.iter().copied());
                rows.push((0..n_players).filter(|player| !half.contains(player)));
            }
            2 => {
                let shift = rng.random_range(0..n_players);
                (0..=n_players).for_each(|end| rows.push((0..end).map(|i| (7 * i + shift) % n_players)));
            }
            _ => rows.push([rng.random_range(0..n_players.min(3))]),
        }
    }
    rows.slice(0..n)
}

/// Values by masking whole signals cell by cell with each of `maps` and asking the network, `[rows, outputs]`.
pub fn by_hand(
    network: &Network,
    record: &Record,
    partition: &Partition,
    maps: &[Vec<f32>],
    link: Link,
    rows: &Coalitions,
) -> Vec<f64> {
    let cpu = CpuNetwork::new(network);
    let mut values = Vec::new();
    for row in rows.iter() {
        let mut sums = [0.0; 3];
        for map in maps {
            let kept = |owner: u32| owner == NEVER_MASKED || row.contains(owner as usize);
            let cells = record.signal().iter().zip(map).zip(partition.owner());
            let signal: Vec<f32> =
                cells.map(|((&sample, &fill), &owner)| if kept(owner) { sample } else { fill }).collect();
            for (sum, logit) in sums.iter_mut().zip(cpu.logits(&signal)) {
                *sum += match link {
                    Link::Logit => f64::from(logit),
                    Link::Probability => 1.0 / (1.0 + (-f64::from(logit)).exp()),
                };
            }
        }
        values.extend(sums.iter().map(|sum| sum / maps.len() as f64));
    }
    values
}

fn conv(rng: &mut impl Rng, channels: [usize; 2], kernel: usize, stride: usize, padding: usize) -> Op {
    let n_in = channels[0] * kernel;
    let weight = numbers(rng, channels[1] * n_in, n_in);
    Op::Conv(Conv { channels, kernel, stride, padding, weight, bias: numbers(rng, channels[1], 4) })
}

fn linear(rng: &mut impl Rng, features: [usize; 2]) -> Op {
    let weight = numbers(rng, features[0] * features[1], features[0]);
    Op::Linear(Linear { features, weight, bias: numbers(rng, features[1], 4) })
}

fn numbers(rng: &mut impl Rng, n: usize, fan_in: usize) -> Vec<f32> {
    (0..n).map(|_| 3.0 * (rng.random::<f32>() - 0.45) / (fan_in as f32).sqrt()).collect()
}
