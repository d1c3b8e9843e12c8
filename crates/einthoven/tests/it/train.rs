//! `einthoven train`, and the models that come with the program.

use std::fs;

use einthoven::model::{TrainConfig, XResNetConfig};
use tempfile::TempDir;

use crate::program::{einthoven, succeed};

/// A folder with settings of a training that takes a second.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let mut config = TrainConfig::default();
    config.architecture =
        XResNetConfig { stem: vec![4], widths: vec![4], depths: vec![1], strides: vec![1], ..config.architecture };
    (config.preparation.rate, config.preparation.n_samples) = (50.0, 200);
    (config.window, config.epochs, config.batch) = (150, 3, 8);
    fs::write(folder.path().join("config.json"), serde_json::to_string(&config).unwrap()).unwrap();
    fs::write(folder.path().join("data.json"), r#"{"n": 24, "seconds": 4.0, "rate": 100.0}"#).unwrap();
    folder
}

const TRAIN: [&str; 9] =
    ["train", "--synth", "data.json", "--config", "config.json", "--device", "cpu", "--out", "out"];

#[test]
fn a_prior_is_trained_with_and_stands_in_the_card() {
    let folder = folder();
    let prior = ["--homogeneous", "--prior", "leads", "--prior-strength", "0.5"];
    succeed(folder.path(), &[&TRAIN[..], &prior].concat());
    let card = fs::read_to_string(folder.path().join("out").join("model.json")).unwrap();
    let card: serde_json::Value = serde_json::from_str(&card).unwrap();
    assert_eq!(card["architecture"]["homogeneous"], true);
    let training = &card["training"];
    assert_eq!((&training["config"]["frozen_epochs"], &training["best_epoch"]), (&1.into(), &3.into()));
    let penalty = serde_json::json!({
        "prior": "leads", "strength": 0.5, "attribution": "x-gradient", "references": 0
    });
    assert_eq!(training["penalty"], penalty);
    succeed(folder.path(), &["predict", "--model", "out/model.safetensors", "--device", "cpu"]);
}

#[test]
fn a_prior_on_an_ordinary_network_is_refused() {
    let folder = folder();
    let run = einthoven(folder.path(), &[&TRAIN[..], &["--prior", "gini"]].concat());
    assert_eq!(run.code, 2);
    assert!(run.err.contains("expected true for a penalty on attributions (--homogeneous)"), "{}", run.err);
    let run = einthoven(folder.path(), &[&TRAIN[..], &["--homogeneous", "--prior", "sparse"]].concat());
    assert_eq!(run.code, 2);
    assert!(run.err.contains("expected gini, smooth, leads or mask"), "{}", run.err);
}

#[test]
fn both_built_in_models_answer() {
    let folder = TempDir::new().unwrap();
    let answer = |model: &str| succeed(folder.path(), &["predict", "--model", model, "--device", "cpu"]);
    let (ordinary, homogeneous) = (answer("builtin"), answer("builtin:homogeneous"));
    assert_ne!(ordinary, homogeneous);
    assert!(homogeneous.contains("NORM"), "{homogeneous}");
}
