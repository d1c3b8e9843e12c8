//! The passes backward and along a direction, in f64.

use burn::tensor::{DType, Device, Tensor, TensorData};
use einthoven_model::network::{Conv, Layer, Linear, Op};
use einthoven_model::{Network, Rule, TensorNetwork};
use proptest::prelude::*;

use crate::network::{drawn, shapes};
use crate::reference::random_signal;

/// A network on the CPU in double precision.
fn precise(network: &Network) -> TensorNetwork {
    TensorNetwork::new(network, (&Device::flex(), DType::F64))
}

fn tensor<const D: usize>(numbers: &[f64], shape: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(numbers.to_vec(), shape), (&Device::flex(), DType::F64))
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().try_to_vec().unwrap()
}

/// Signals of two rows for a network.
fn batch(network: &Network, seed: u64) -> Vec<f64> {
    let [leads, samples] = network.shape(0);
    random_signal(2 * leads * samples, seed).into_iter().map(f64::from).collect()
}

/// Each output's gradient, `[outputs, batch, leads, samples]`.
fn gradients(network: &TensorNetwork, x: &[f64], rule: Rule<'_>) -> Vec<Vec<f64>> {
    let [leads, samples] = network.network().shape(0);
    let [outputs, _] = network.network().shape(network.network().output());
    let trace = network.trace(tensor(x, [2, leads, samples]));
    let one = |output: usize| (0..2 * outputs).map(|i| f64::from(u8::from(i % outputs == output))).collect::<Vec<_>>();
    (0..outputs).map(|o| numbers(network.backward(&trace, tensor(&one(o), [2, outputs]), rule))).collect()
}

fn logits(network: &TensorNetwork, x: &[f64]) -> Vec<f64> {
    let [leads, samples] = network.network().shape(0);
    numbers(network.logits(tensor(x, [2, leads, samples])))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Piecewise linear functions have no third derivative: a central difference is exact but for rounding, unless a kink
    /// lies within a millionth.
    #[test]
    fn both_passes_give_the_slope(shape in shapes()) {
        let Some(network) = drawn(&shape) else { return Ok(()) };
        let network = precise(&network);
        let [leads, samples] = network.network().shape(0);
        let (x, direction) = (batch(network.network(), shape.seed), batch(network.network(), shape.seed ^ 1));
        let trace = network.trace(tensor(&x, [2, leads, samples]));
        prop_assert_eq!(numbers(trace.logits()), logits(&network, &x));
        let along = |step: f64| x.iter().zip(&direction).map(|(x, d)| x + step * d).collect::<Vec<_>>();
        let step = 1e-7;
        let (up, down) = (logits(&network, &along(step)), logits(&network, &along(-step)));
        let tangent = numbers(network.tangent(&trace, tensor(&direction, [2, leads, samples])));
        let gradients = gradients(&network, &x, Rule::Gradient);
        let row = leads * samples;
        for (i, &tangent) in tangent.iter().enumerate() {
            let (record, output) = (i / 3, i % 3);
            let cells = record * row..(record + 1) * row;
            let product: f64 = gradients[output][cells.clone()].iter().zip(&direction[cells]).map(|(g, d)| g * d).sum();
            let slope = (up[i] - down[i]) / (2.0 * step);
            prop_assert!((tangent - product).abs() < 1e-9 * (1.0 + tangent.abs()), "{tangent} {product}");
            prop_assert!((tangent - slope).abs() < 1e-6 * (1.0 + slope.abs()), "{tangent} {slope}");
        }
    }

    /// DeepLIFT's multipliers times what the input changes are what the output changes.
    #[test]
    fn rescaled_multipliers_are_complete(shape in shapes()) {
        let Some(network) = drawn(&shape) else { return Ok(()) };
        let network = precise(&network);
        let [leads, samples] = network.network().shape(0);
        let (x, mut reference) = (batch(network.network(), shape.seed), batch(network.network(), shape.seed ^ 1));
        // Where nothing changes nothing may be divided by.
        reference[..leads * samples / 2].copy_from_slice(&x[..leads * samples / 2]);
        let trace = network.trace(tensor(&reference, [2, leads, samples]));
        let multipliers = gradients(&network, &x, Rule::Rescale(&trace));
        let (full, empty) = (logits(&network, &x), logits(&network, &reference));
        let row = leads * samples;
        for i in 0..full.len() {
            let (record, output) = (i / 3, i % 3);
            let cells = record * row..(record + 1) * row;
            let sum: f64 = cells.map(|cell| multipliers[output][cell] * (x[cell] - reference[cell])).sum();
            prop_assert!((sum - (full[i] - empty[i])).abs() < 1e-9, "{sum} {}", full[i] - empty[i]);
        }
    }
}

/// A network by hand: one lead of four samples, overlapping windows of three, two units, a ReLU before each sum.
fn by_hand() -> Network {
    let conv = Conv { channels: [1, 1], kernel: 1, stride: 1, padding: 0, weight: vec![2.0], bias: vec![-1.0] };
    let hidden = Linear { features: [2, 2], weight: vec![1.0, 0.0, -1.0, 3.0], bias: vec![0.0, 0.0] };
    let output = Linear { features: [2, 1], weight: vec![-1.0, 2.0], bias: vec![0.5] };
    let layers = vec![
        Layer::new(0, Op::Conv(conv)),
        Layer::new(1, Op::Relu),
        Layer::new(2, Op::MaxPool { kernel: 3, stride: 1, padding: 1 }),
        Layer::new(3, Op::PoolTime),
        Layer::new(4, Op::Linear(hidden)),
        Layer::new(5, Op::Relu),
        Layer::new(6, Op::Linear(output)),
    ];
    Network::new([1, 4], layers).unwrap()
}

/// x = (2, 0, 1, 1): ReLUs (3, 0, 1, 1), windows (3, 3, 1, 1), whose largest is 3 and whose mean is 2; hidden
/// (3, 3), both on. The output is -(largest) + 2 (3 mean - largest), so -3 for the largest and 6 / 4 for each window: the
/// first two won by the first sample, the third by the third (the first of two ones), the last by the third.
#[test]
fn gradients_and_guided_gradients_by_hand() {
    let network = precise(&by_hand());
    let x = [2.0, 0.0, 1.0, 1.0];
    let trace = network.trace(tensor(&x, [1, 1, 4]));
    assert_eq!(numbers(trace.logits()), [-3.0 + 2.0 * 3.0 + 0.5]);
    let one = tensor(&[1.0], [1, 1]);
    let gradient = numbers(network.backward(&trace, one.clone(), Rule::Gradient));
    assert_eq!(gradient, [2.0 * (-3.0 + 2.0 * 1.5), 0.0, 2.0 * 2.0 * 1.5, 0.0]);
    // Guided: the first hidden unit's -1 is cut off, which leaves -2 for the largest.
    let guided = numbers(network.backward(&trace, one.clone(), Rule::Guided));
    assert_eq!(guided, [2.0 * (-2.0 + 2.0 * 1.5), 0.0, 2.0 * 2.0 * 1.5, 0.0]);
    // To the windows, which is where the network can be cut.
    let windows = numbers(network.backward_to(3, &trace, one, Rule::Gradient));
    assert_eq!(windows, [-3.0 + 1.5, 1.5, 1.5, 1.5]);
}
