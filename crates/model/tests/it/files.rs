use std::{fs, path::Path};

use burn::tensor::{Device, Tensor, TensorData};
use einthoven_model::{BatchModel, Card, Classifier, StateDict, XResNetConfig, load, save};
use tempfile::TempDir;

use crate::{
    forward::{card, small_networks},
    reference,
};

pub fn answer(model: &dyn BatchModel, seed: u64) -> Vec<f32> {
    let (n_leads, n_samples) = (model.spec().leads.len(), model.spec().n_samples);
    let signal = reference::random_signal(2 * n_leads * n_samples, seed);
    let batch = Tensor::from_data(TensorData::new(signal, [2, n_leads, n_samples]), &Device::flex());
    model.logits(batch).into_data().try_to_vec().unwrap()
}

fn saved(folder: &TempDir) -> (std::path::PathBuf, Card, StateDict) {
    let (config, n_samples) = small_networks().remove(0);
    let (card, state) = (card(&config, n_samples), reference::random_state(&config, 11));
    let path = folder.path().join("model.safetensors");
    save(&path, &card, &state).unwrap();
    (path, card, state)
}

/// The message of a file that is no model.
fn refusal(path: &Path) -> String {
    load(path).unwrap_err().to_string()
}

#[test]
fn a_saved_model_answers_bit_for_bit_as_before() {
    let folder = TempDir::new().unwrap();
    let (path, card, state) = saved(&folder);
    let loaded = load(&path).unwrap();
    assert_eq!((loaded.card(), loaded.state()), (&card, &state));
    let model = Classifier::new(card, state, &Device::flex()).unwrap();
    assert_eq!(loaded.spec(), model.spec());
    assert_eq!(answer(&loaded, 1), answer(&model, 1));
    // Saving again gives the same bytes, and nothing else lies in the folder.
    let bytes = fs::read(&path).unwrap();
    save(&path, loaded.card(), loaded.state()).unwrap();
    assert_eq!(fs::read(&path).unwrap(), bytes);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn what_is_no_model_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let cases = [
        (folder.path().join("absent.safetensors"), "No such file"),
        (folder.path().to_owned(), "it is a folder"),
        (write("empty.safetensors", b""), "it is empty"),
        (write("text.safetensors", b"not a model, but long enough"), "not a safetensors file"),
        (write("text.pt", b"not a model"), "nor a PyTorch state dict"),
        (write("zip.pt", b"PK\x03\x04 and then nothing of the kind"), "not a PyTorch file"),
        (write("pickle.pt", b"\x80\x02}q\x00."), "no tensors"),
        (write("card.json", b"{}"), "it is the card"),
        (write("huge.safetensors", &[0xff; 64]), "not a safetensors file"),
    ];
    for (path, reason) in cases {
        let message = refusal(&path);
        assert!(message.starts_with(&format!("read {}", path.display())), "{message}");
        assert!(message.contains(reason), "{message} should say {reason}");
    }
}

#[test]
fn a_card_must_be_there_and_fit() {
    let folder = TempDir::new().unwrap();
    let (path, card, _) = saved(&folder);
    let card_path = folder.path().join("model.json");
    let json = fs::read_to_string(&card_path).unwrap();
    let with = |change: &dyn Fn(&mut Card)| {
        let mut card = card.clone();
        change(&mut card);
        fs::write(&card_path, card.to_json()).unwrap();
        refusal(&path)
    };
    let message = with(&|card| card.architecture.widths[1] = 8);
    assert!(
        message.contains("tensor '5.0.convs.0.0.weight' has shape [6, 5, 5], the architecture needs [8, 5, 5]"),
        "{message}"
    );
    assert!(message.contains("model.safetensors"), "{message}");
    let message = with(&|card| card.outputs.truncate(1));
    assert!(message.contains("'outputs': expected 4 as in the architecture, found 1"), "{message}");
    let message = with(&|card| card.normalisation.std = 0.0);
    assert!(message.contains("'normalisation': expected"), "{message}");
    let message = with(&|card| card.preparation.n_samples = usize::MAX);
    assert!(message.contains("'preparation.n_samples': expected"), "{message}");
    fs::write(&card_path, json.replace("\"notice\"", "\"note\"")).unwrap();
    let message = refusal(&path);
    assert!(message.contains("model.json: not a model card (unknown field `note`"), "{message}");
    fs::remove_file(&card_path).unwrap();
    assert!(refusal(&path).contains("model.json: no such file; the model's card must be beside its weights"));
}

#[test]
fn weights_that_do_not_fit_are_refused_by_tensor() {
    let (config, n_samples) = small_networks().remove(0);
    let state = reference::random_state(&config, 1);
    let refused = |config: &XResNetConfig, state: StateDict| {
        Classifier::new(card(config, n_samples), state, &Device::flex()).unwrap_err().to_string()
    };
    // Seven places before the head: three convolutions, a pool, three stages.
    let mut absent = StateDict::default();
    state.keys().filter(|key| *key != "7.8.bias").for_each(|key| {
        let tensor = state.get(key).unwrap();
        absent.insert(key, tensor.shape.clone(), tensor.data.clone());
    });
    assert_eq!(refused(&config, absent.clone()), "use the weights: tensor '7.8.bias' is missing");
    absent.insert("7.8.bias", vec![4], vec![0.0, f32::NAN, 0.0, 0.0]);
    assert_eq!(refused(&config, absent), "use the weights: tensor '7.8.bias' holds a number that is not finite");
}

#[test]
fn nothing_half_written_is_left_where_a_model_cannot_be_saved() {
    let folder = TempDir::new().unwrap();
    let (config, n_samples) = small_networks().remove(0);
    let state = reference::random_state(&config, 1);
    let absent = folder.path().join("absent").join("model.safetensors");
    assert!(save(&absent, &card(&config, n_samples), &state).unwrap_err().to_string().contains("absent"));
    let same_name = folder.path().join("model.json");
    assert!(save(&same_name, &card(&config, n_samples), &state).unwrap_err().to_string().contains("json"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn damaged_files_are_errors_and_never_panics() {
    let folder = TempDir::new().unwrap();
    let (path, ..) = saved(&folder);
    let bytes = fs::read(&path).unwrap();
    let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    for cut in [1, 7, 8, 9, header - 1, header, header + 3, bytes.len() - 1] {
        fs::write(&path, &bytes[..cut]).unwrap();
        refusal(&path);
    }
    // A byte of the header changed: another name, shape, offset or type, or no JSON.
    for place in (0..header).step_by(7) {
        let mut damaged = bytes.clone();
        damaged[place] ^= 0x15;
        fs::write(&path, &damaged).unwrap();
        if let Ok(model) = load(&path) {
            // A change that leaves all tensors as they were, in the metadata or in white space.
            assert_eq!(answer(&model, 1).len(), 8);
        }
    }
}
