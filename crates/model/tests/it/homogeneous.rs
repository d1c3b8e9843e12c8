//! Nonnegatively homogeneous networks: `f(ax) = a f(x)`.

use burn::tensor::Device;
use einthoven_model::{Card, Classifier, CpuNetwork, Normalisation, StateDict, XResNetConfig};

use crate::{
    forward::{card, network, small_networks, tensor_logits},
    reference,
};

/// Homogeneous networks that between them have every part of the family.
fn homogeneous_networks() -> Vec<(XResNetConfig, usize)> {
    let networks = small_networks().into_iter();
    networks.map(|(config, n_samples)| (XResNetConfig { homogeneous: true, ..config }, n_samples)).collect()
}

/// The largest of `|f(ax) - a f(x)|` over the largest `|a f(x)|`.
fn gap(answer: &dyn Fn(&[f32]) -> Vec<f32>, signal: &[f32], a: f32) -> f32 {
    let scaled: Vec<f32> = signal.iter().map(|x| a * x).collect();
    let expected: Vec<f32> = answer(signal).iter().map(|y| a * y).collect();
    let size = expected.iter().fold(0.0, |most: f32, y| most.max(y.abs()));
    answer(&scaled).iter().zip(&expected).fold(0.0, |most: f32, (y, e)| most.max((y - e).abs())) / size
}

#[test]
fn a_scaled_signal_gives_scaled_logits() {
    for (seed, (config, n_samples)) in homogeneous_networks().into_iter().enumerate() {
        let seed = seed as u64;
        let network = network(&config, &reference::random_state(&config, seed), n_samples);
        let cpu = CpuNetwork::new(&network);
        let signal = reference::random_signal(config.n_leads * n_samples, seed);
        for a in [0.1, 0.3, 3.0, 10.0] {
            let gaps = [
                gap(&|x| cpu.logits(x), &signal, a),
                gap(&|x| tensor_logits(&network, x, &Device::flex()), &signal, a),
            ];
            assert!(gaps.iter().all(|gap| *gap <= 1e-5), "{gaps:?} at {a}");
        }
        assert!(cpu.logits(&vec![0.0; signal.len()]).iter().all(|y| *y == 0.0));
    }
}

#[test]
fn an_ordinary_network_is_not_homogeneous() {
    let (config, n_samples) = small_networks().remove(0);
    let cpu = CpuNetwork::new(&network(&config, &reference::random_state(&config, 1), n_samples));
    let signal = reference::random_signal(config.n_leads * n_samples, 1);
    assert!(gap(&|x| cpu.logits(x), &signal, 0.3) > 0.01);
}

#[test]
fn a_homogeneous_network_has_no_shifts() {
    let (ordinary, _) = small_networks().remove(0);
    let config = XResNetConfig { homogeneous: true, ..ordinary.clone() };
    let state = StateDict::initial(&config, 1);
    assert!(state.keys().all(|key| !key.ends_with("bias") && !key.ends_with("running_mean")));
    let all = StateDict::initial(&ordinary, 1);
    let left_out = |key: &&str| state.get(key).is_none();
    assert!(all.keys().filter(left_out).all(|key| key.ends_with("bias") || key.ends_with("running_mean")));
    let n_biases: usize =
        all.keys().filter(|key| key.ends_with("bias")).map(|key| all.get(key).unwrap().data.len()).sum();
    assert_eq!(config.n_parameters() + n_biases, ordinary.n_parameters());
}

#[test]
fn a_homogeneous_network_reads_millivolts_from_zero_on() {
    let (config, n_samples) = homogeneous_networks().remove(0);
    let state = reference::random_state(&config, 1);
    let message = Classifier::new(card(&config, n_samples), state.clone(), &Device::flex()).unwrap_err().to_string();
    assert!(message.contains("'normalisation': expected a mean of 0, since the network is homogeneous"), "{message}");
    let card = Card { normalisation: Normalisation { mean: 0.0, std: 0.5 }, ..card(&config, n_samples) };
    Classifier::new(card, state, &Device::flex()).unwrap();
}

#[test]
fn only_homogeneous_architectures_say_so() {
    let (ordinary, _) = small_networks().remove(0);
    let config = XResNetConfig { homogeneous: true, ..ordinary.clone() };
    let json = serde_json::to_string(&config).unwrap();
    assert_eq!(serde_json::from_str::<XResNetConfig>(&json).unwrap(), config);
    assert!(json.contains("\"homogeneous\":true"));
    // Neither cards nor fingerprints of ordinary networks know the word.
    assert!(!serde_json::to_string(&ordinary).unwrap().contains("homogeneous"));
    assert!(!format!("{ordinary:?}").contains("homogeneous"));
    assert!(format!("{config:?}").ends_with("n_outputs: 4, homogeneous: true }"));
}
