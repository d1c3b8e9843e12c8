//! Gradients of the CPU's own layers against differences of plain loops in f64, and against burn's.

use burn::tensor::{Device, Tensor, TensorData};
use einthoven_game::rng::stream;
use einthoven_model::network::{Conv, Layer, Linear, Op};
use einthoven_model::{BatchModel, CpuNetwork, GradientScratch, Network, TensorNetwork, builtin};
use proptest::prelude::*;
use rand::RngExt;

use crate::layers;
use crate::network::{drawn, shapes};
use crate::reference::random_signal;

/// Gradients of the chosen outputs, `[rows, outputs, leads, samples]`, and the logits.
fn gradients(network: &Network, signals: &[f32], outputs: &[usize]) -> (Vec<f32>, Vec<f32>) {
    let [leads, samples] = network.shape(0);
    let size = leads * samples;
    let rows = signals.len() / size;
    let mut logits = vec![f32::NAN; rows * network.shape(network.output())[0]];
    let mut found = vec![f32::NAN; rows * outputs.len() * size];
    let load = |row: usize, out: &mut [f32]| out.copy_from_slice(&signals[row * size..(row + 1) * size]);
    let cpu = CpuNetwork::new(network);
    // Memory that holds anything.
    let mut scratch = GradientScratch::default();
    for _ in 0..2 {
        cpu.gradients(rows, &load, outputs, &mut logits, &mut found, &mut scratch);
    }
    assert_eq!(logits, cpu.logits(signals));
    (found, logits)
}

/// Gradients of an output by burn, `[rows, leads, samples]`.
fn by_burn(network: &Network, signals: &[f32], output: usize) -> Vec<f32> {
    let device = Device::flex().autodiff();
    let [leads, samples] = network.shape(0);
    let rows = signals.len() / leads / samples;
    let data = TensorData::new(signals.to_vec(), [rows, leads, samples]);
    let x = Tensor::<3>::from_data(data, &device).require_grad();
    let y = TensorNetwork::new(network, &device).logits(x.clone());
    let gradients = y.slice([0..rows, output..output + 1]).sum().backward();
    x.grad(&gradients).unwrap().into_data().try_to_vec().unwrap()
}

/// How near each row is to a kink, at the nearest.
fn margin(network: &Network, signals: &[f32]) -> f64 {
    let [leads, samples] = network.shape(0);
    let rows = signals.chunks(leads * samples);
    let margin = |row: &[f32]| layers::logits(network, &row.iter().map(|&x| f64::from(x)).collect::<Vec<_>>()).1;
    rows.map(margin).fold(f64::INFINITY, f64::min)
}

/// Central differences of the layers in f64 along a direction, for all outputs.
fn differences(network: &Network, signal: &[f32], direction: &[f64]) -> Vec<f64> {
    let at = |step: f64| {
        let x: Vec<f64> = signal.iter().zip(direction).map(|(&x, d)| f64::from(x) + step * d).collect();
        layers::logits(network, &x).0
    };
    at(1e-7).iter().zip(at(-1e-7)).map(|(above, below)| (above - below) / 2e-7).collect()
}

/// Checks all outputs of two rows along some axes and along a random direction.
fn check_differences(network: &Network, signals: &[f32]) {
    let [leads, samples] = network.shape(0);
    let (size, n_outputs) = (leads * samples, network.shape(network.output())[0]);
    let outputs: Vec<usize> = (0..n_outputs).rev().collect();
    let (found, _) = gradients(network, signals, &outputs);
    let mut rng = stream(1, "test/direction", 0);
    for (row, signal) in signals.chunks(size).enumerate() {
        let mut directions = vec![(0..size).map(|_| rng.random::<f64>() - 0.5).collect::<Vec<_>>()];
        for _ in 0..6 {
            let axis = rng.random_range(0..size);
            directions.push((0..size).map(|i| f64::from(i == axis)).collect());
        }
        for direction in directions {
            let expected = differences(network, signal, &direction);
            for (i, &output) in outputs.iter().enumerate() {
                let gradient = &found[(row * n_outputs + i) * size..][..size];
                let products = gradient.iter().zip(&direction).map(|(&g, d)| f64::from(g) * d);
                let scale = gradient.iter().zip(&direction).map(|(&g, d)| (f64::from(g) * d).abs()).sum::<f64>();
                let found = products.sum::<f64>();
                // f32 arithmetic over a dozen layers of sums.
                assert!((found - expected[output]).abs() <= 1e-5 * scale.max(1.0), "{found} {}", expected[output]);
            }
        }
    }
}

fn check_burn(network: &Network, signals: &[f32]) {
    let [leads, samples] = network.shape(0);
    let size = leads * samples;
    let outputs: Vec<usize> = (0..network.shape(network.output())[0]).collect();
    let (found, _) = gradients(network, signals, &outputs);
    for &output in &outputs {
        let expected = by_burn(network, signals, output);
        let largest = expected.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
        for (row, expected) in expected.chunks(size).enumerate() {
            let found = &found[(row * outputs.len() + output) * size..][..size];
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() <= 2e-5 * largest, "{found} {expected} of {largest}");
            }
        }
    }
}

proptest! {
    #[test]
    fn gradients_are_the_slopes_of_the_logits(shape in shapes()) {
        let Some(network) = drawn(&shape) else { return Ok(()) };
        let signals = random_signal(2 * shape.leads * shape.samples, shape.seed);
        // The gates of f32 and f64 agree, and differences cross no kink.
        prop_assume!(margin(&network, &signals) > 1e-5);
        check_differences(&network, &signals);
    }

    #[test]
    fn gradients_are_those_of_burn(shape in shapes()) {
        let Some(network) = drawn(&shape) else { return Ok(()) };
        let signals = random_signal(3 * shape.leads * shape.samples, shape.seed);
        prop_assume!(margin(&network, &signals) > 1e-5);
        check_burn(&network, &signals);
    }

    #[test]
    fn a_row_has_the_same_bits_in_whatever_company(shape in shapes(), rows in 1..40_usize) {
        let Some(network) = drawn(&shape) else { return Ok(()) };
        let size = shape.leads * shape.samples;
        let signals = random_signal(rows * size, shape.seed);
        let (together, _) = gradients(&network, &signals, &[2, 0]);
        let row = rows / 2;
        let (alone, _) = gradients(&network, &signals[row * size..(row + 1) * size], &[0]);
        prop_assert_eq!(&alone[..], &together[(2 * row + 1) * size..(2 * row + 2) * size]);
    }
}

fn numbers(n: usize, seed: u64) -> Vec<f32> {
    random_signal(n, seed).iter().map(|x| x / 2.0).collect()
}

fn conv(channels: [usize; 2], kernel: usize, stride: usize, padding: usize) -> Op {
    let [c_in, c_out] = channels;
    let seed = (100 * kernel + 10 * stride + padding) as u64;
    let weight = numbers(c_in * c_out * kernel, seed);
    Op::Conv(Conv { channels, kernel, stride, padding, weight, bias: numbers(c_out, seed + 1) })
}

fn linear(n_in: usize, n_out: usize) -> Op {
    Op::Linear(Linear { features: [n_in, n_out], weight: numbers(n_in * n_out, 7), bias: numbers(n_out, 8) })
}

fn network(leads: usize, samples: usize, layers: &[(usize, Op)]) -> Network {
    let layers = layers.iter().map(|(input, op)| Layer::new(*input, op.clone()));
    Network::new([leads, samples], layers.collect()).unwrap()
}

/// What no network of the family has.
fn odd_networks() -> Vec<Network> {
    let max = |kernel, stride, padding| Op::MaxPool { kernel, stride, padding };
    vec![
        // The signal pooled, added to itself and to others, with no convolution at all.
        network(3, 17, &[(0, max(3, 1, 1)), (1, Op::Add(0)), (2, Op::Add(2)), (3, Op::Relu), (4, Op::PoolTime)]),
        network(2, 9, &[(0, Op::Add(0)), (1, Op::AvgPool { window: 4 }), (2, Op::Relu), (3, Op::PoolTime)]),
        network(20, 1, &[(0, linear(20, 18)), (1, Op::Relu), (2, linear(18, 3))]),
        // A stride that leaves samples out, a sum of a node with itself, and windows that overlap.
        network(
            2,
            40,
            &[
                (0, conv([2, 18], 2, 5, 1)),
                (1, Op::Add(1)),
                (2, Op::Relu),
                (3, max(5, 2, 4)),
                (4, conv([18, 2], 5, 1, 0)),
                (5, Op::PoolTime),
            ],
        ),
        // Padding and stride as large as they can be, and a convolution down to one sample that a linear layer reads.
        network(
            1,
            23,
            &[
                (0, conv([1, 4], 3, 2, 2)),
                (1, Op::Relu),
                (2, conv([4, 17], 13, 9, 0)),
                (3, linear(17, 4)),
                (3, Op::PoolTime),
                (5, linear(34, 4)),
                (6, Op::Add(4)),
            ],
        ),
        // A node read by five layers, one of them after its ReLU; layers that nothing reads; a last layer with a ReLU.
        network(
            3,
            31,
            &[
                (0, conv([3, 7], 3, 1, 1)),
                (1, Op::Relu),
                (2, conv([7, 7], 5, 1, 2)),
                (3, Op::Add(2)),
                (2, max(2, 2, 0)),
                (2, Op::Normalise { mean: -0.3, std: 2.5 }),
                (6, Op::Add(4)),
                (7, Op::Add(1)),
                (8, Op::Relu),
                (9, conv([7, 3], 1, 1, 0)),
                (10, Op::Add(0)),
                (11, Op::PoolTime),
                (12, linear(6, 5)),
                (13, Op::Relu),
            ],
        ),
    ]
}

#[test]
fn odd_networks_have_slopes_too() {
    for (seed, network) in odd_networks().iter().enumerate() {
        let [leads, samples] = network.shape(0);
        let signals = random_signal(2 * leads * samples, 50 + seed as u64);
        assert!(margin(network, &signals) > 1e-5);
        check_differences(network, &signals);
        check_burn(network, &signals);
    }
}

#[test]
fn the_built_in_model_has_the_gradients_of_burn() {
    let model = builtin().unwrap();
    check_burn(model.layers().unwrap(), &random_signal(2 * 12 * 1000, 3));
}

#[test]
fn the_first_of_equal_numbers_gets_the_gradient() {
    // Windows 1 2 2 | 2 2 0 | 0 0 3 of three samples, one shared.
    let pool = Op::MaxPool { kernel: 3, stride: 2, padding: 0 };
    let weigh = Op::Conv(Conv {
        channels: [1, 1],
        kernel: 3,
        stride: 1,
        padding: 0,
        weight: vec![1.0, 10.0, 100.0],
        bias: vec![0.0],
    });
    let pooled = network(1, 7, &[(0, pool), (1, weigh)]);
    let (found, logits) = gradients(&pooled, &[1.0, 2.0, 2.0, 2.0, 0.0, 0.0, 3.0], &[0]);
    assert_eq!(logits, [2.0 + 20.0 + 300.0]);
    assert_eq!(found, [0.0, 1.0, 10.0, 0.0, 0.0, 0.0, 100.0]);
    // Over time: the maximum to the first 5, the mean to all.
    let (found, _) = gradients(&network(1, 4, &[(0, Op::PoolTime)]), &[3.0, 5.0, 1.0, 5.0], &[1, 0]);
    assert_eq!(found, [0.25, 0.25, 0.25, 0.25, 0.0, 1.0, 0.0, 0.0]);
}

#[test]
fn a_relu_is_flat_at_zero() {
    let relu = network(1, 1, &[(0, Op::Relu), (1, linear(1, 1))]);
    let slope = |x: f32| gradients(&relu, &[x], &[0]).0[0];
    let expected = numbers(1, 7)[0];
    assert_eq!([slope(-1.0), slope(-0.0), slope(0.0), slope(1e-30)], [0.0, 0.0, 0.0, expected]);
}

#[test]
fn without_outputs_there_are_logits() {
    let relu = network(1, 1, &[(0, Op::Relu), (1, linear(1, 1))]);
    let (found, logits) = gradients(&relu, &[2.0, 3.0], &[]);
    assert!(found.is_empty() && logits[0] != logits[1]);
}
