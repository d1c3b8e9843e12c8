use burn::tensor::{Device, Tensor, TensorData};
use einthoven_model::{
    BatchModel, Card, Classifier, CpuNetwork, Network, Normalisation, StateDict, TensorNetwork, XResNetConfig,
};

use crate::reference;

/// Small networks that between them have every part of the family.
pub fn small_networks() -> Vec<(XResNetConfig, usize)> {
    let basic = XResNetConfig {
        n_leads: 3,
        stem: vec![4, 3, 5],
        stem_stride: 2,
        widths: vec![5, 6, 6],
        depths: vec![2, 1, 1],
        strides: vec![1, 2, 2],
        expansion: 1,
        kernel_size: 5,
        hidden: 7,
        dropout: [0.25, 0.5],
        n_outputs: 4,
        homogeneous: false,
    };
    let bottleneck = XResNetConfig {
        stem: vec![4, 4],
        widths: vec![2, 2],
        depths: vec![2, 2],
        strides: vec![1, 2],
        expansion: 4,
        ..basic.clone()
    };
    let plain = XResNetConfig {
        stem: vec![33],
        stem_stride: 1,
        widths: vec![33],
        depths: vec![1],
        strides: vec![2],
        kernel_size: 3,
        ..basic.clone()
    };
    let homogeneous = XResNetConfig { homogeneous: true, ..basic.clone() };
    // Lengths that do not divide by the strides, down to the shortest.
    vec![(basic.clone(), 61), (basic, 2), (bottleneck, 45), (plain, 38), (homogeneous, 61)]
}

/// The network that reads normalised signals.
pub fn network(config: &XResNetConfig, state: &StateDict, n_samples: usize) -> Network {
    Network::xresnet(config, state, Normalisation { mean: 0.0, std: 1.0 }, n_samples).unwrap()
}

/// What the tensor operations of a device say.
pub fn tensor_logits(network: &Network, signals: &[f32], device: &Device) -> Vec<f32> {
    let [leads, samples] = network.shape(0);
    let data = TensorData::new(signals.to_vec(), [signals.len() / leads / samples, leads, samples]);
    let network = TensorNetwork::new(network, device);
    network.logits(Tensor::from_data(data, device)).into_data().try_to_vec().unwrap()
}

#[test]
fn logits_equal_plain_loops_in_f64() {
    for (seed, (config, n_samples)) in small_networks().into_iter().enumerate() {
        let state = reference::random_state(&config, seed as u64);
        let network = network(&config, &state, n_samples);
        let signals = reference::random_signal(3 * config.n_leads * n_samples, seed as u64);
        let tensors = tensor_logits(&network, &signals, &Device::flex());
        for found in [CpuNetwork::new(&network).logits(&signals), tensors] {
            for (row, found) in found.chunks(config.n_outputs).enumerate() {
                let size = config.n_leads * n_samples;
                let signal: Vec<f64> = signals[row * size..(row + 1) * size].iter().map(|&x| f64::from(x)).collect();
                for (found, expected) in found.iter().zip(reference::logits(&config, &state, &signal)) {
                    // f32 arithmetic over a few dozen layers of sums.
                    assert!(
                        (f64::from(*found) - expected).abs() < 2e-5 * expected.abs().max(1.0),
                        "{found} {expected}"
                    );
                }
            }
        }
    }
}

#[test]
fn each_row_is_answered_for_by_itself_and_twice_the_same() {
    let (config, n_samples) = small_networks().remove(0);
    let network = CpuNetwork::new(&network(&config, &reference::random_state(&config, 5), n_samples));
    let signals = reference::random_signal(70 * config.n_leads * n_samples, 9);
    let together = network.logits(&signals);
    assert_eq!(network.logits(&signals), together);
    for (row, signal) in signals.chunks(config.n_leads * n_samples).enumerate() {
        assert_eq!(network.logits(signal), together[row * config.n_outputs..(row + 1) * config.n_outputs]);
    }
}

#[test]
fn a_classifier_reads_millivolts() {
    let (config, n_samples) = small_networks().remove(0);
    let state = reference::random_state(&config, 2);
    let network = CpuNetwork::new(&network(&config, &state, n_samples));
    let model = Classifier::new(card(&config, n_samples), state, &Device::flex()).unwrap();
    let signal = reference::random_signal(config.n_leads * n_samples, 3);
    let normalised: Vec<f32> = signal.iter().map(|x| (x - 0.25) / 0.5).collect();
    let expected = network.logits(&normalised);
    let batch = Tensor::from_data(TensorData::new(signal, [1, config.n_leads, n_samples]), &Device::flex());
    assert_eq!(model.logits(batch.clone()).into_data().try_to_vec::<f32>().unwrap(), expected);
    let moved = model.to_device(&Device::flex());
    assert_eq!(moved.logits(batch).into_data().try_to_vec::<f32>().unwrap(), expected);
    assert_eq!(moved.spec(), model.spec());
}

#[test]
fn equal_fingerprints_mean_equal_weights_and_scaling() {
    let (config, n_samples) = small_networks().remove(0);
    let state = reference::random_state(&config, 2);
    let fingerprint = |card: Card, state: StateDict| {
        Classifier::new(card, state, &Device::flex()).unwrap().spec().fingerprint.clone()
    };
    let first = fingerprint(card(&config, n_samples), state.clone());
    assert_eq!(first.len(), 32);
    assert_eq!(fingerprint(card(&config, n_samples), state.clone()), first);
    assert_ne!(fingerprint(card(&config, n_samples), reference::random_state(&config, 3)), first);
    let scaled = Card { normalisation: Normalisation { mean: 0.25, std: 0.6 }, ..card(&config, n_samples) };
    assert_ne!(fingerprint(scaled, state), first);
}

#[test]
fn gradients_reach_the_input_of_a_network_for_inference() {
    let (config, n_samples) = small_networks().remove(0);
    let state = reference::random_state(&config, 2);
    let signal = reference::random_signal(config.n_leads * n_samples, 4);
    let model = Classifier::new(card(&config, n_samples), state.clone(), &Device::flex()).unwrap();
    let model = model.to_device(&Device::flex().autodiff());
    let shape = [1, config.n_leads, n_samples];
    let x = Tensor::<3>::from_data(TensorData::new(signal.clone(), shape), &Device::flex().autodiff()).require_grad();
    let y = model.logits(x.clone());
    let before: Vec<f32> = y.clone().into_data().try_to_vec().unwrap();
    let gradient: Vec<f32> = x.grad(&y.slice([0..1, 1..2]).sum().backward()).unwrap().into_data().try_to_vec().unwrap();
    // Autodiff changes no value.
    assert_eq!(tensor_logits(model.layers().unwrap(), &signal, &Device::flex()), before);
    // Central differences of the f64 reference.
    let at = |i: usize, step: f64| {
        let mut x: Vec<f64> = signal.iter().map(|&x| f64::from(x)).collect();
        x[i] += step;
        let x: Vec<f64> = x.iter().map(|x| (x - 0.25) / 0.5).collect();
        reference::logits(&config, &state, &x)[1]
    };
    for i in [0, 17, 60, 100, 150] {
        let expected = (at(i, 1e-6) - at(i, -1e-6)) / 2e-6;
        assert!((f64::from(gradient[i]) - expected).abs() < 1e-4, "{} {expected}", gradient[i]);
    }
}

#[test]
fn memory_of_a_row_is_counted_buffer_by_buffer() {
    let config = XResNetConfig {
        n_leads: 2,
        stem: vec![8],
        stem_stride: 2,
        widths: vec![8],
        depths: vec![1],
        strides: vec![1],
        expansion: 1,
        kernel_size: 3,
        hidden: 4,
        dropout: [0.0; 2],
        n_outputs: 4,
        homogeneous: false,
    };
    let model = Classifier::new(card(&config, 100), reference::random_state(&config, 1), &Device::flex()).unwrap();
    // The largest buffer is the stem's output, 8 x 50 samples of 4 bytes. Most is alive in the stem: signals as they
    // came, normalised, with channels last (2 x 100 each), output twice (8 x 50 each) = 1400 numbers; the pool needs
    // 200 + 400 + 200 + 200, a block 200 + 5 x 200.
    assert_eq!(model.spec().row_buffer_bytes, 4 * 400);
    assert_eq!(model.spec().row_bytes, 4 * 1400);
    // With a long way through blocks of four times the width, a block needs most: 200 + 5 x 32 x 25.
    let wide = XResNetConfig { widths: vec![8, 8], depths: vec![1, 1], strides: vec![1, 1], expansion: 4, ..config };
    let model = Classifier::new(card(&wide, 100), reference::random_state(&wide, 1), &Device::flex()).unwrap();
    assert_eq!(model.spec().row_bytes, 4 * (200 + 5 * 800));
}

pub fn card(config: &XResNetConfig, n_samples: usize) -> Card {
    let mut card = Card::assumed("small", config.clone());
    card.leads.truncate(config.n_leads);
    card.preparation.n_samples = n_samples;
    card.normalisation = Normalisation { mean: 0.25, std: 0.5 };
    card
}
