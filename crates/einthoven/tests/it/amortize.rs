//! `einthoven amortize train`, `apply` and `report`.

use std::fs;

use einthoven::amortize::table::Table;
use tempfile::TempDir;

use crate::program::{einthoven, succeed};

/// A folder with an explainer of leads, trained for a moment on a few records, and with two records beside it.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let at = folder.path();
    fs::write(at.join("data.json"), r#"{"n": 24}"#).unwrap();
    fs::write(at.join("training.json"), r#"{"epochs": 2, "network": {"hidden": 8, "halves": 1}}"#).unwrap();
    let labels =
        ["--synth", "data.json", "--budget", "13", "--validation", "0.25", "--device", "cpu", "--out", "labels"];
    succeed(at, &[&["amortize", "labels"], &labels[..]].concat());
    let said = succeed(
        at,
        &["amortize", "train", "labels", "--config", "training.json", "--device", "cpu", "--out", "explainer"],
    );
    for part in ["one label", "explainer ", "the labels' own estimator needs", "explainer.json"] {
        assert!(said.contains(part), "{said}");
    }
    succeed(at, &["synth", "--n", "2", "--out", "records"]);
    folder
}

#[test]
fn a_folder_of_records_becomes_one_table() {
    let folder = folder();
    let at = folder.path();
    let said = succeed(at, &["amortize", "apply", "explainer", "records", "--device", "cpu", "--out", "all.parquet"]);
    assert!(said.contains("2 records; see all.parquet"), "{said}");
    let mut table = Table::load(&at.join("all.parquet")).unwrap();
    assert!(table.note("terms").unwrap().contains("aVR") && table.note("kind") == Some("biased"));
    assert_eq!(table.take_text("output").unwrap(), ["NORM", "MI", "STTC", "CD", "HYP"].repeat(2));
    assert_eq!(table.take_text("record").unwrap()[4..6], ["train-00000", "train-00001"]);
    let (empty, full) = (table.take_f64("empty").unwrap(), table.take_f64("full").unwrap());
    let values = table.take_f64_lists("values").unwrap();
    for ((values, empty), full) in values.iter().zip(&empty).zip(&full) {
        assert_eq!(values.len(), 12);
        assert!((values.iter().sum::<f64>() - (full - empty)).abs() < 1e-3, "{values:?} {empty} {full}");
    }
    // What the model says of the record is what `predict` says.
    let said: serde_json::Value =
        serde_json::from_str(&succeed(at, &["predict", "records/train-00000", "--device", "cpu", "--json"])).unwrap();
    for (output, full) in full[..5].iter().enumerate() {
        let logit = said[0]["predictions"][output]["logit"].as_f64().unwrap();
        assert!((logit - full).abs() < 1e-4 * (1.0 + logit.abs()));
    }
}

#[test]
fn a_report_says_what_it_is_worth() {
    let folder = folder();
    let said = succeed(folder.path(), &["amortize", "report", "explainer"]);
    assert!(said.contains("bias: not checked") && said.contains("6 validation records"), "{said}");
    let all: serde_json::Value =
        serde_json::from_str(&succeed(folder.path(), &["amortize", "report", "explainer", "--json"])).unwrap();
    assert_eq!(all["explainer"]["facts"]["training_records"], 18);
    assert!(all["worth"]["evaluation_seconds"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_changed_model_and_missing_files_are_refused() {
    let folder = folder();
    let at = folder.path();
    let stale = einthoven(
        at,
        &["amortize", "apply", "explainer", "records", "--model", "builtin:homogeneous", "--out", "x.parquet"],
    );
    assert_eq!(stale.code, 4);
    assert!(stale.err.contains("make labels and train again"), "{}", stale.err);
    let stale = einthoven(at, &["amortize", "train", "labels", "--model", "builtin:homogeneous", "--out", "other"]);
    assert_eq!(stale.code, 4);
    let nothing = einthoven(at, &["amortize", "apply", "nowhere", "records"]);
    assert_eq!(nothing.code, 3);
    assert!(nothing.err.contains("explainer.json"), "{}", nothing.err);
    fs::write(at.join("wrong.json"), r#"{"epochs": 2, "widht": 3}"#).unwrap();
    let wrong = einthoven(at, &["amortize", "train", "labels", "--config", "wrong.json", "--out", "other"]);
    assert_eq!(wrong.code, 3);
    assert!(wrong.err.contains("wrong.json") && wrong.err.contains("widht"), "{}", wrong.err);
    let zero = einthoven(at, &["amortize", "train", "labels", "--epochs", "0", "--out", "other"]);
    assert_eq!(zero.code, 2);
    assert!(!at.join("other").exists() && !at.join("x.parquet").exists());
    fs::remove_file(at.join("records/train-00001.dat")).unwrap();
    let some = einthoven(at, &["amortize", "apply", "explainer", "records", "--device", "cpu", "--out", "x.parquet"]);
    assert_eq!(some.code, 3);
    assert!(some.err.contains("1 of 2 records") && at.join("x.parquet").exists(), "{}", some.err);
}
