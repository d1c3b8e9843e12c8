//! Models trained by XGBoost, LightGBM and scikit-learn beside what these, shap and shapiq say (fixtures/trees/make.py).

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use einthoven_game::{Attribution, Index};
use einthoven_interactions::trees::{Ensemble, Explanations, Rows, TreeExplainer};
use serde::Deserialize;

/// Rows that are explained; the others are the background.
const N_EXPLAINED: usize = 4;

#[derive(Deserialize)]
struct Expected {
    raw: Vec<Vec<f64>>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    by: String,
    mode: String,
    index: String,
    order: usize,
    /// Width of the floats that the other program computes in.
    bits: u32,
    /// `[rows, outputs]`
    values: Vec<Vec<Terms>>,
}

/// Sets and their values.
type Terms = Vec<(Vec<u32>, f64)>;

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/trees").join(name)
}

fn model(name: &str) -> Ensemble {
    let extension = if name.contains("lightgbm") { "txt" } else { "json" };
    Ensemble::load(&fixture(&format!("{name}.model.{extension}"))).unwrap()
}

fn explain(case: &Case, model: &Ensemble, rows: &Rows) -> Explanations {
    let index: Index = case.index.parse().unwrap();
    let explainer = match case.mode.as_str() {
        "interventional" => {
            TreeExplainer::interventional(model, index, case.order, &rows.slice(N_EXPLAINED, usize::MAX))
        }
        _ => TreeExplainer::path_dependent(model, index, case.order),
    };
    explainer.unwrap().explain(&rows.slice(0, N_EXPLAINED), &mut |_| ControlFlow::Continue(())).unwrap().unwrap()
}

fn compare(name: &str) {
    let model = model(name);
    let rows = Rows::load_csv(&fixture(&format!("{name}.csv")), &model).unwrap();
    let text = std::fs::read_to_string(fixture(&format!("{name}.expected.json"))).unwrap();
    let expected: Expected = serde_json::from_str(&text).unwrap();
    let program_bits = if name.starts_with("xgboost") { 32 } else { 64 };
    let scale = expected.raw.iter().flatten().fold(1.0, |scale: f64, value| scale.max(value.abs()));
    let tolerance = |bits: u32| if bits == 32 { 1e-6 * scale } else { 1e-9 * scale };
    for (row, raw) in expected.raw.iter().enumerate() {
        let found = model.predict(rows.row(row));
        assert_eq!(found.len(), raw.len(), "{name}");
        for (found, raw) in found.iter().zip(raw) {
            assert!(
                (found - raw).abs() <= tolerance(program_bits),
                "{name}, prediction of row {row}: {found} and {raw}"
            );
        }
    }
    for case in &expected.cases {
        let found = explain(case, &model, &rows);
        for (row, outputs) in case.values.iter().enumerate() {
            assert_eq!(outputs.len(), model.outputs.len(), "{name}, {}", case.by);
            for (output, terms) in outputs.iter().enumerate() {
                let what = format!("{name}: {} {} by {}, {}, row {row}", case.index, case.order, case.by, case.mode);
                check(&found.attribution(row, output), terms, tolerance(case.bits), &what);
            }
        }
    }
}

/// Predictions from a file of category names.
fn compare_frame(name: &str, tolerance: f64) {
    let model = model(name);
    let rows = Rows::load_csv(&fixture("frames.csv"), &model).unwrap();
    let text = std::fs::read_to_string(fixture("frames.expected.json")).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&text).unwrap();
    let raw: Vec<f64> = serde_json::from_value(expected["raw"][name].clone()).unwrap();
    assert_eq!(rows.len(), raw.len());
    for (row, raw) in raw.iter().enumerate() {
        let found = model.predict(rows.row(row))[0];
        assert!((found - raw).abs() <= tolerance, "{name}, row {row}: {found} and {raw}");
    }
    let csv = std::fs::read_to_string(fixture("frames.csv")).unwrap();
    let found = Rows::from_csv(csv.replacen(",A,", ",Z,", 1).as_bytes(), &model).unwrap_err();
    assert!(found.contains("column `ward`: expected A, B, C, D, F and 2 more"), "{found}");
}

#[test]
fn frame_xgboost() {
    compare_frame("frame_xgboost", 1e-6);
}

#[test]
fn frame_lightgbm() {
    compare_frame("frame_lightgbm", 1e-12);
}

/// Sets that either leaves out are zero.
fn check(found: &Attribution, expected: &[(Vec<u32>, f64)], tolerance: f64, what: &str) {
    for (players, value) in expected {
        let found = found.value(players);
        assert!((found - value).abs() <= tolerance, "{what}, {players:?}: {found} and {value}");
    }
    for term in found.terms.iter().filter(|term| !term.players.is_empty()) {
        let is_listed = expected.iter().any(|(players, _)| *players == term.players);
        assert!(is_listed || term.value.abs() <= tolerance, "{what}, {:?}: {} and none", term.players, term.value);
    }
}

#[test]
fn xgboost_binary() {
    compare("xgboost_binary");
}

#[test]
fn xgboost_regression() {
    compare("xgboost_regression");
}

#[test]
fn xgboost_poisson_dart() {
    compare("xgboost_poisson_dart");
}

#[test]
fn xgboost2_dart() {
    compare("xgboost2_dart");
}

#[test]
fn xgboost_classes() {
    compare("xgboost_classes");
}

#[test]
fn lightgbm_binary() {
    compare("lightgbm_binary");
}

#[test]
fn lightgbm_regression() {
    compare("lightgbm_regression");
}

#[test]
fn lightgbm_zero_missing() {
    compare("lightgbm_zero_missing");
}

#[test]
fn lightgbm_classes() {
    compare("lightgbm_classes");
}

#[test]
fn lightgbm_forest() {
    compare("lightgbm_forest");
}

#[test]
fn sklearn_tree() {
    compare("sklearn_tree");
}

#[test]
fn sklearn_forest() {
    compare("sklearn_forest");
}

#[test]
fn sklearn_extra() {
    compare("sklearn_extra");
}

#[test]
fn sklearn_boosting() {
    compare("sklearn_boosting");
}

#[test]
fn sklearn_histogram() {
    compare("sklearn_histogram");
}
