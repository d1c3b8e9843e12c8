use std::{collections::HashMap, path::Path};

use burn::tensor::{Device, Tensor, TensorData};
use einthoven_model::{BatchModel, Card, StateDict, XResNetConfig, load};
use safetensors::{Dtype, tensor::TensorView};
use tempfile::TempDir;

use crate::{files::answer, reference};

/// Networks of the family with their published strides, small.
fn config(expansion: usize) -> XResNetConfig {
    XResNetConfig {
        n_leads: 12,
        stem: vec![4, 4, 8],
        stem_stride: 2,
        widths: vec![8, 8, 8, 8],
        depths: vec![2, 1, 1, 1],
        strides: vec![1, 2, 2, 2],
        expansion,
        kernel_size: 5,
        hidden: 6,
        dropout: [0.25, 0.5],
        n_outputs: 5,
        homogeneous: false,
    }
}

/// A safetensors file as PyTorch writes a state dict: each block's convolutions under two names, and counters.
fn write_pytorch_like(path: &Path, state: &StateDict, prefix: &str) {
    let mut tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();
    for key in state.keys() {
        let tensor = state.get(key).unwrap();
        let bytes: Vec<u8> = tensor.data.iter().flat_map(|x| x.to_le_bytes()).collect();
        for name in [key.to_owned(), key.replace(".convs.", ".convpath.0.")] {
            if name != *key || !tensors.iter().any(|t| t.0 == format!("{prefix}{name}")) {
                tensors.push((format!("{prefix}{name}"), Dtype::F32, tensor.shape.clone(), bytes.clone()));
            }
            if name == *key && !key.contains(".convs.") {
                break;
            }
        }
        if let Some(norm) = key.strip_suffix("running_mean") {
            let name = format!("{prefix}{norm}num_batches_tracked");
            tensors.push((name, Dtype::I64, vec![], 7i64.to_le_bytes().to_vec()));
        }
    }
    let views = tensors
        .iter()
        .map(|(name, kind, shape, bytes)| (name.as_str(), TensorView::new(*kind, shape.clone(), bytes).unwrap()));
    std::fs::write(path, safetensors::serialize(views, None::<HashMap<String, String>>).unwrap()).unwrap();
}

#[test]
fn a_state_dict_with_the_published_names_is_read_without_a_card() {
    let folder = TempDir::new().unwrap();
    for (expansion, prefix) in [(1, ""), (4, ""), (4, "model."), (1, "state_dict.module.")] {
        let config = config(expansion);
        let state = reference::random_state(&config, 3);
        let path = folder.path().join("published.safetensors");
        write_pytorch_like(&path, &state, prefix);
        let model = load(&path).unwrap();
        assert_eq!(model.card(), &Card::assumed("published", config.clone()));
        assert_eq!(model.spec().outputs, ["CD", "HYP", "MI", "NORM", "STTC"]);
        assert_eq!((model.spec().rate, model.spec().n_samples), (100.0, 1000));
        let signal = reference::random_signal(2 * 12 * 1000, 8);
        for (row, found) in answer(&model, 8).chunks(5).enumerate() {
            let normalised: Vec<f64> = signal[row * 12_000..(row + 1) * 12_000]
                .iter()
                .map(|&x| (f64::from(x) + 0.000_777_17) / 0.238_956_42)
                .collect();
            for (found, expected) in found.iter().zip(reference::logits(&config, &state, &normalised)) {
                assert!((f64::from(*found) - expected).abs() < 5e-5 * expected.abs().max(1.0), "{found} {expected}");
            }
        }
    }
}

#[test]
fn a_card_beside_a_state_dict_says_what_the_weights_cannot() {
    let folder = TempDir::new().unwrap();
    let config = config(1);
    let path = folder.path().join("published.safetensors");
    write_pytorch_like(&path, &reference::random_state(&config, 3), "");
    let mut card = Card::assumed("ours now", config);
    card.outputs = ["a", "b", "c", "d", "e"].map(String::from).to_vec();
    card.preparation.n_samples = 250;
    std::fs::write(folder.path().join("published.json"), card.to_json()).unwrap();
    let model = load(&path).unwrap();
    assert_eq!(model.card(), &card);
    assert_eq!(model.spec().n_samples, 250);
}

#[test]
fn other_networks_are_refused_by_the_tensor_that_is_missing() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("other.safetensors");
    let state = reference::random_state(&config(1), 3);
    let mut other = StateDict::default();
    other.insert("features.conv1.weight", vec![2, 2], vec![0.0; 4]);
    write_pytorch_like(&path, &other, "");
    let message = load(&path).unwrap_err().to_string();
    assert!(message.contains("other.safetensors") && message.contains("xresnet1d"), "{message}");
    for missing in ["8.8.weight", "5.0.convs.1.0.weight", "8.2.running_var"] {
        let mut cut = StateDict::default();
        for key in state.keys().filter(|key| *key != missing) {
            let tensor = state.get(key).unwrap();
            cut.insert(key, tensor.shape.clone(), tensor.data.clone());
        }
        write_pytorch_like(&path, &cut, "");
        let message = load(&path).unwrap_err().to_string();
        assert!(message.contains(&format!("tensor '{missing}' is missing")), "{message}");
    }
}

/// `bottleneck.pt` was written by PyTorch 2.15 with `torch.save({"model": network.state_dict(), "epoch": 3}, …)` for a
/// network with random weights of stem 4, 8, 16, inner widths 4, depths 1, 2, 1, 1 and 3 classes; the logits are those
/// of the same network in evaluation mode and f64.
#[test]
fn a_file_that_pytorch_wrote_gives_pytorchs_logits() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let model = load(&folder.join("bottleneck.pt")).unwrap();
    assert_eq!(model.card().architecture.n_parameters(), 2671);
    assert_eq!(model.spec().outputs, ["output_0", "output_1", "output_2"]);
    let text = std::fs::read_to_string(folder.join("bottleneck.logits.json")).unwrap();
    let expected: Vec<f64> = serde_json::from_str(&text).unwrap();
    // Lead after lead, in exact binary fractions.
    let signal: Vec<f32> = (0..12_000).map(|i| ((i * 37 + i / 1000 * 11) % 64) as f32 / 32.0 - 1.0).collect();
    let batch = Tensor::from_data(TensorData::new(signal, [1, 12, 1000]), &Device::flex());
    let found: Vec<f32> = model.logits(batch).into_data().try_to_vec().unwrap();
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((f64::from(*found) - expected).abs() < 5e-5 * expected.abs().max(1.0), "{found} {expected}");
    }
}
