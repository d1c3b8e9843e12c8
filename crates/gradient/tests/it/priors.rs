//! The gradient of a whole prior with respect to weights, in f64.

use burn::tensor::{DType, Device, Tensor, TensorData};
use einthoven_game::rng::stream;
use einthoven_gradient::{AttributionPrior, Prior};
use einthoven_model::{
    Network, Normalisation, Penalised, Penalty, PenaltyStep, StateDict, TensorNetwork, XResNetConfig,
    network::{Layer, Op},
};
use rand::RngExt;

const BATCH: usize = 3;
const SHAPE: [usize; 3] = [BATCH, 2, 33];

/// Every kind of layer, without biases.
fn network() -> Network {
    let config = XResNetConfig {
        n_leads: 2,
        stem: vec![4, 3],
        stem_stride: 2,
        widths: vec![3, 4],
        depths: vec![1, 1],
        strides: vec![1, 2],
        expansion: 1,
        kernel_size: 3,
        hidden: 9,
        dropout: [0.0; 2],
        n_outputs: 3,
        homogeneous: true,
    };
    let mut state = StateDict::initial(&config, 4);
    let mut rng = stream(4, "test/gains", 0);
    let keys: Vec<String> = state.keys().filter(|key| key.ends_with(".1.weight")).map(String::from).collect();
    for key in keys {
        let shape = state.get(&key).unwrap().shape.clone();
        let gains = (0..shape[0]).map(|_| 0.5 + rng.random::<f32>()).collect();
        state.insert(key, shape, gains);
    }
    Network::xresnet(&config, &state, Normalisation { mean: 0.0, std: 1.0 }, SHAPE[2]).unwrap()
}

fn penalise(prior: &AttributionPrior, network: &Network) -> (Penalised, TensorNetwork) {
    let device = Device::flex().autodiff();
    let constant = TensorNetwork::new(network, (&device, DType::F64));
    let tracked = constant.with_gradients();
    let mut rng = stream(1, "test/signals", 0);
    let n = SHAPE.iter().product();
    let signals: Vec<f64> = (0..n).map(|_| 2.0 * rng.random::<f64>() - 1.0).collect();
    let regions: Vec<bool> = (0..n).map(|i| i % 11 < 4).collect();
    let step = PenaltyStep {
        tracked: &tracked,
        constant: &constant,
        signals: Tensor::from_data(TensorData::new(signals, SHAPE), (&device, DType::F64)),
        // The last record has two outputs.
        labels: &[true, false, false, false, true, false, true, false, true],
        regions: &regions,
    };
    (prior.penalise(&step, &mut stream(1, "test/references", 0)), tracked)
}

/// The network with one weight of one layer changed.
fn changed(network: &Network, layer: usize, place: usize, step: f32) -> (Network, f64) {
    let mut layers: Vec<Layer> = network.layers().to_vec();
    let weights = match &mut layers[layer].op {
        Op::Conv(conv) => &mut conv.weight,
        Op::Linear(linear) => &mut linear.weight,
        _ => panic!("a layer with weights"),
    };
    weights[place] += step;
    let now = f64::from(weights[place]);
    (Network::new(network.shape(0), layers).unwrap(), now)
}

fn check(prior: &AttributionPrior) {
    let network = network();
    let (penalised, tracked) = penalise(prior, &network);
    assert!(penalised.loss > 0.0);
    let gradients = tracked.weight_gradients(&penalised.scalar.backward());
    let mut layers = 0;
    for (layer, gradient) in gradients.iter().enumerate() {
        let Some(gradient) = gradient else { continue };
        layers += 1;
        let size = gradient.iter().fold(0.0, |most: f64, slope| most.max(slope.abs()));
        assert!(size > 1e-6, "layer {layer}");
        for place in [0, gradient.len() / 3, gradient.len() / 2, gradient.len() - 1] {
            // Weights are f32, so the step is what the sum was rounded to. The loss, below 1, has errors of 1e-15: 1e-8 at
            // most over a step of 4e-7. It has a kink wherever two cells change ranks, and ten times the step meets one.
            let [(up, high), (down, low)] = [2e-7, -2e-7].map(|step| changed(&network, layer, place, step));
            let expected = (penalise(prior, &up).0.loss - penalise(prior, &down).0.loss) / (high - low);
            let found = gradient[place];
            assert!((found - expected).abs() < 1e-6 * size.max(1e-2), "layer {layer}: {found} {expected} of {size}");
        }
    }
    // Two of the stem, two blocks of two with one projection each but where the width stays, two linear ones.
    assert_eq!(layers, 2 + 2 + 3 + 2);
}

#[test]
fn the_gradient_of_a_prior_on_x_gradient_is_a_central_difference() {
    for prior in Prior::ALL {
        check(&AttributionPrior::x_gradient(prior, 0.7).unwrap());
    }
}

#[test]
fn the_gradient_of_a_prior_on_expected_gradients_is_a_central_difference() {
    for references in [1, 3] {
        check(&AttributionPrior::expected_gradients(Prior::Gini, 0.7, references).unwrap());
    }
}

#[test]
fn a_strength_is_a_positive_number() {
    for strength in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let message = AttributionPrior::x_gradient(Prior::Gini, strength).unwrap_err().to_string();
        assert!(message.contains("expected a number above 0"), "{message}");
    }
    assert!(AttributionPrior::expected_gradients(Prior::Gini, 1.0, 0).is_err());
}
