//! Crops of networks against the whole, and the CPU's own layers against burn's.

use burn::tensor::Device;
use einthoven_game::rng::stream;
use einthoven_model::network::{Conv, Layer, Linear, Op};
use einthoven_model::{CpuNetwork, Error, Network, Scratch};
use proptest::prelude::*;
use rand::RngExt;

use crate::forward::tensor_logits;
use crate::reference::random_signal;

/// What a drawn network is made of.
#[derive(Clone, Debug)]
pub struct Shape {
    pub leads: usize,
    pub samples: usize,
    /// Channels, kernel, stride and padding of each convolution.
    pub convs: Vec<[usize; 4]>,
    /// Window of an average pool or kernel, stride and padding of a maximum pool behind the first convolution.
    pub pool: Option<[usize; 3]>,
    pub seed: u64,
}

pub fn shapes() -> impl Strategy<Value = Shape> {
    let conv = (1..40_usize, 1..8_usize, 1..4_usize, 0..7_usize).prop_map(|(c, k, s, p)| [c, k, s, p % k]);
    let pool = proptest::option::of((1..5_usize, 1..4_usize, 0..4_usize).prop_map(|(k, s, p)| [k, s, p % k]));
    (1..5_usize, 30..150_usize, proptest::collection::vec(conv, 1..4), pool, any::<u64>())
        .prop_map(|(leads, samples, convs, pool, seed)| Shape { leads, samples, convs, pool, seed })
}

/// Normalisation, convolutions each with a ReLU, a pool, a residual block with a projection, the pool over time, two
/// linear layers. `None` where the signal is too short for the kernels.
pub fn drawn(shape: &Shape) -> Option<Network> {
    let mut rng = stream(shape.seed, "test/network", 0);
    let mut numbers = |n: usize, size: usize| -> Vec<f32> {
        (0..n).map(|_| (rng.random::<f32>() - 0.4) / (size as f32).sqrt()).collect()
    };
    let mut layers = vec![Layer::new(0, Op::Normalise { mean: 0.1, std: 0.7 })];
    let mut channels = shape.leads;
    let mut conv = |c_in: usize, c_out: usize, kernel: usize, stride: usize, padding: usize| {
        let weight = numbers(c_in * c_out * kernel, c_in * kernel);
        Op::Conv(Conv { channels: [c_in, c_out], kernel, stride, padding, weight, bias: numbers(c_out, 1) })
    };
    for (i, &[c_out, kernel, stride, padding]) in shape.convs.iter().enumerate() {
        layers.push(Layer::new(layers.len(), conv(channels, c_out, kernel, stride, padding)));
        layers.push(Layer::new(layers.len(), Op::Relu));
        channels = c_out;
        if let (0, Some([kernel, stride, padding])) = (i, shape.pool) {
            let windows = Op::AvgPool { window: kernel };
            let pool = if shape.seed.is_multiple_of(2) { Op::MaxPool { kernel, stride, padding } } else { windows };
            layers.push(Layer::new(layers.len(), pool));
        }
    }
    let input = layers.len();
    let width = 5 + channels % 17;
    layers.push(Layer::new(input, Op::AvgPool { window: 2 }));
    layers.push(Layer::new(input + 1, conv(channels, width, 1, 1, 0)));
    layers.push(Layer::new(input, conv(channels, width, 3, 2, 1)));
    layers.push(Layer::new(input + 3, Op::Relu));
    layers.push(Layer::new(input + 4, conv(width, width, 3, 1, 1)));
    layers.push(Layer::new(input + 5, Op::Add(input + 2)));
    layers.push(Layer::new(input + 6, Op::Relu));
    // A block whose identity path is its input.
    layers.push(Layer::new(input + 7, conv(width, width, 5, 1, 2)));
    layers.push(Layer::new(input + 8, Op::Relu));
    layers.push(Layer::new(input + 9, conv(width, width, 3, 1, 1)));
    layers.push(Layer::new(input + 10, Op::Add(input + 7)));
    layers.push(Layer::new(input + 11, Op::Relu));
    layers.push(Layer::new(input + 12, Op::PoolTime));
    let mut linear = |n_in: usize, n_out: usize| {
        Op::Linear(Linear { features: [n_in, n_out], weight: numbers(n_in * n_out, n_in), bias: numbers(n_out, 1) })
    };
    layers.push(Layer::new(input + 13, linear(2 * width, 7)));
    layers.push(Layer::new(input + 14, Op::Relu));
    layers.push(Layer::new(input + 15, linear(7, 3)));
    Network::new([shape.leads, shape.samples], layers).ok()
}

/// A node of the whole signal, `[samples, width]`.
fn whole(cpu: &CpuNetwork, node: usize, signal: &[f32]) -> Vec<f32> {
    let [_, samples] = cpu.network().shape(node);
    part(cpu, 0, node, 0..samples, signal)
}

/// Some samples of a node; `x` is the whole node `from`.
fn part(cpu: &CpuNetwork, from: usize, to: usize, span: std::ops::Range<usize>, x: &[f32]) -> Vec<f32> {
    let crop = cpu.crop(from, to, span);
    let (input, [channels, samples]) = (crop.input(), cpu.network().shape(from));
    let load = |_: usize, out: &mut [f32]| match from {
        0 => (0..channels).for_each(|lead| {
            let row = &x[lead * samples..(lead + 1) * samples];
            out[lead * input.len()..(lead + 1) * input.len()].copy_from_slice(&row[input.clone()]);
        }),
        _ => out.copy_from_slice(&x[input.start * cpu.width(from)..input.end * cpu.width(from)]),
    };
    // Two items, so that one may spoil the other.
    let mut out = vec![0.0; 2 * crop.out_len()];
    cpu.run(&crop, &load, &mut out, &mut Scratch::default());
    assert_eq!(out[..crop.out_len()], out[crop.out_len()..]);
    out.truncate(crop.out_len());
    out
}

proptest! {
    #[test]
    fn a_crop_has_the_bits_of_the_whole(shape in shapes(), at in 0.0..1.0_f64, length in 0.0..1.0_f64, cut in 0.0..1.0_f64) {
        let Some(network) = drawn(&shape) else { return Ok(()) };
        let cpu = CpuNetwork::new(&network);
        let signal = random_signal(shape.leads * shape.samples, shape.seed);
        let cuts = network.cuts();
        prop_assert!(cuts.len() >= 2 + shape.convs.len(), "{cuts:?}");
        let from = cuts[((cuts.len() - 1) as f64 * cut) as usize];
        let x = if from == 0 { signal.clone() } else { whole(&cpu, from, &signal) };
        for &to in cuts.iter().filter(|&&to| to > from) {
            let all = whole(&cpu, to, &signal);
            let [channels, samples] = network.shape(to);
            let start = ((samples as f64) * at) as usize;
            let end = (start + 1 + (samples as f64 * length) as usize).min(samples);
            let found = part(&cpu, from, to, start..end, &x);
            let expected = &all[start * cpu.width(to)..end * cpu.width(to)];
            for (found, expected) in found.chunks(cpu.width(to)).zip(expected.chunks(cpu.width(to))) {
                prop_assert_eq!(&found[..channels], &expected[..channels]);
            }
        }
    }

    #[test]
    fn the_cpu_says_what_burn_says(shape in shapes()) {
        let Some(network) = drawn(&shape) else { return Ok(()) };
        let signals = random_signal(3 * shape.leads * shape.samples, shape.seed);
        let found = CpuNetwork::new(&network).logits(&signals);
        let expected = tensor_logits(&network, &signals, &Device::flex());
        for (found, expected) in found.iter().zip(&expected) {
            prop_assert!((found - expected).abs() <= 2e-5 * expected.abs().max(1.0), "{} {}", found, expected);
        }
    }
}

#[test]
fn multiply_adds_are_counted() {
    // 6 samples of 2 channels with a kernel of 3: 5 windows of stride 1 without padding have 4 places.
    let conv = Conv { channels: [2, 3], kernel: 3, stride: 1, padding: 0, weight: vec![1.0; 18], bias: vec![0.0; 3] };
    let linear = Linear { features: [6, 4], weight: vec![1.0; 24], bias: vec![0.0; 4] };
    let layers = vec![Layer::new(0, Op::Conv(conv)), Layer::new(1, Op::PoolTime), Layer::new(2, Op::Linear(linear))];
    let network = Network::new([2, 6], layers).unwrap();
    assert_eq!(network.shape(1), [3, 4]);
    assert_eq!(network.row_multiply_adds(), 4 * 18 + 24);
    assert_eq!(network.needs(0, 1, 1..3), [1..5, 1..3]);
    assert_eq!(network.cuts(), [0, 1]);
}

#[test]
fn layers_that_do_not_fit_are_refused() {
    let linear = Linear { features: [4, 1], weight: vec![1.0; 4], bias: vec![0.0] };
    let refusal = |layers: Vec<Layer>| match Network::new([2, 6], layers) {
        Err(Error::Layer { index, reason }) => (index, reason),
        other => panic!("{other:?}"),
    };
    assert_eq!(refusal(vec![]).0, 0);
    assert_eq!(refusal(vec![Layer::new(0, Op::Relu)]).1, "is the last one and must give a vector of logits");
    assert_eq!(refusal(vec![Layer::new(1, Op::Relu)]).1, "reads a node past 0, which is not there yet");
    let layers = vec![Layer::new(0, Op::PoolTime), Layer::new(1, Op::Add(0))];
    assert_eq!(refusal(layers), (1, "adds Some([2, 6]) to [4, 1]; both must have one shape".to_owned()));
    let long = Linear { features: [5, 1], weight: vec![1.0; 5], bias: vec![0.0] };
    let layers = vec![Layer::new(0, Op::PoolTime), Layer::new(1, Op::Linear(long))];
    assert_eq!(refusal(layers), (1, "reads a vector of 5, but gets 4 x 1".to_owned()));
    let layers = vec![
        Layer::new(0, Op::PoolTime),
        Layer::new(1, Op::Linear(linear)),
        Layer::new(2, Op::MaxPool { kernel: 3, stride: 1, padding: 0 }),
    ];
    assert_eq!(refusal(layers).0, 2);
}
