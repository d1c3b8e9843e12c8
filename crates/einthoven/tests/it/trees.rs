//! `einthoven trees`: models of other programs.

use std::fs;
use std::path::Path;

use einthoven::Attribution;
use serde_json::Value;
use tempfile::tempdir;

use crate::program::{einthoven, files, succeed};

fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../interactions/tests/fixtures/trees");
    folder.join(name).to_string_lossy().into_owned()
}

#[test]
fn a_model_is_explained_row_by_row() {
    let folder = tempdir().unwrap();
    let (model, data) = (fixture("lightgbm_classes.model.txt"), fixture("lightgbm_classes.csv"));
    let args = ["trees", &model, &data, "--index", "k-sii", "--rows", "2-4", "--json", "--out", "found"];
    let list: Value = serde_json::from_str(&succeed(folder.path(), &args)).unwrap();
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), 9, "three rows of three outputs");
    let names = files(folder.path());
    for name in ["trees.npz", "report.html", "beeswarm.svg", "network.svg"] {
        assert!(names.contains(&format!("found/{name}")), "{names:?}");
    }
    assert!(!names.contains(&"found/attribution.json".to_owned()), "one file for all rows: {names:?}");
    let expected: Value =
        serde_json::from_str(&fs::read_to_string(fixture("lightgbm_classes.expected.json")).unwrap()).unwrap();
    for (at, attribution) in list.iter().enumerate() {
        let (row, output) = (1 + at / 3, at % 3);
        assert_eq!(attribution["run"]["row"], row + 1);
        assert_eq!(attribution["output"], output.to_string());
        assert_eq!((&attribution["index"], &attribution["kind"]), (&"k-SII".into(), &"exact".into()));
        assert_eq!(attribution["method"], "path-dependent");
        let number = |value: &Value| value.as_f64().unwrap();
        assert!((number(&attribution["full"]) - number(&expected["raw"][row][output])).abs() < 1e-12);
        let terms: f64 = attribution["terms"].as_array().unwrap().iter().map(|term| number(&term["value"])).sum();
        let gap = number(&attribution["full"]) - number(&attribution["baseline"]) - terms;
        assert!(gap.abs() < 1e-12, "{gap}");
    }
}

#[test]
fn shapiq_reads_the_first_row() {
    let folder = tempdir().unwrap();
    let (model, data) = (fixture("xgboost_regression.model.json"), fixture("xgboost_regression.csv"));
    let args = ["trees", &model, &data, "--index", "sii", "--json", "--format", "shapiq"];
    let found = Attribution::from_shapiq_json(&succeed(folder.path(), &args)).unwrap();
    let text = fs::read_to_string(fixture("xgboost_regression.expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let cases = expected["cases"].as_array().unwrap();
    let case =
        cases.iter().find(|case| case["by"] == "shapiq" && case["index"] == "SII" && case["mode"] == "path-dependent");
    for term in case.unwrap()["values"][0][0].as_array().unwrap() {
        let players: Vec<u32> = serde_json::from_value(term[0].clone()).unwrap();
        if players.len() == 2 {
            assert!((found.value(&players) - term[1].as_f64().unwrap()).abs() < 1e-6, "{players:?}");
        }
    }
}

#[test]
fn tables_name_features_and_pairs() {
    let folder = tempdir().unwrap();
    let (model, data) = (fixture("xgboost_binary.model.json"), fixture("xgboost_binary.csv"));
    let all = succeed(folder.path(), &["trees", &model, &data, "--index", "k-sii", "--background", &data]);
    for words in [
        "XGBoost",
        "6 trees, 6 features",
        "interventional over 12 background rows",
        "rows 1 to 12",
        "age & ",
        "mean magnitude",
    ] {
        assert!(all.contains(words), "no {words} in\n{all}");
    }
    let one = succeed(folder.path(), &["trees", &model, &data, "--rows", "3", "--out", "one"]);
    assert!(one.contains("row 3\n") && one.contains("see one/trees.npz"), "{one}");
    assert_eq!(
        files(folder.path()),
        [
            "one/attribution.json",
            "one/bars.svg",
            "one/force.svg",
            "one/report.html",
            "one/trees.npz",
            "one/waterfall.svg"
        ]
    );
    let list: Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("one/attribution.json")).unwrap()).unwrap();
    assert_eq!((list.as_array().unwrap().len(), &list[0]["run"]["row"]), (1, &3.into()));
}

#[test]
fn what_is_wrong_is_named() {
    let folder = tempdir().unwrap();
    let (model, data) = (fixture("sklearn_forest.model.json"), fixture("sklearn_forest.csv"));
    fs::write(folder.path().join("short.csv"), "age,height\n1,2\n").unwrap();
    fs::write(folder.path().join("model.ubj"), b"{L\x00\x00").unwrap();
    for (code, args, words) in [
        (3, vec!["none.json", &data], "none.json"),
        (3, vec!["model.ubj", &data], "save_model(\"model.json\")"),
        (3, vec![&data, &data], "expected XGBoost's JSON"),
        (3, vec![&model, "short.csv"], "missing: f0, f1, f2, f3, f4 and 1 more"),
        (2, vec![&model, &data, "--target", "9"], "the model has 0, 1, 2"),
        (2, vec![&model, &data, "--rows", "13-"], "has 12"),
        (2, vec![&model, &data, "--rows", "3-2"], "counted from 1"),
        (2, vec![&model, &data, "--index", "sv", "--order", "2"], "from 1 to 1"),
        (2, vec![&model, &data, "--index", "lime"], "LIME"),
        (2, vec![&model, &data, "--mode", "interventional"], "--background"),
        (2, vec![&model, &data, "--mode", "path-dependent", "--background", &data], "--background"),
        (2, vec![&model, &data, "--mode", "x"], "interventional"),
    ] {
        let run = einthoven(folder.path(), &[&["trees"], args.as_slice()].concat());
        assert!(run.code == code && run.err.contains(words), "{args:?}: {} {}", run.code, run.err);
        assert!(run.out.is_empty(), "{args:?}: {}", run.out);
    }
}
