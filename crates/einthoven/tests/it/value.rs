//! `einthoven value`: points and records, worth least first.

use std::fs;
use std::path::Path;

use einthoven::amortize::table::Table;
use einthoven::game::npy::{Array, Data};
use einthoven::game::npz;
use serde_json::Value;
use tempfile::tempdir;

use crate::program::{einthoven, files, succeed};

const N: usize = 60;
/// The point whose label is wrong.
const WRONG: usize = 17;

/// Two heaps of points, one of which has a label of the other.
fn points(folder: &Path) {
    let place =
        |at: usize| [if at.is_multiple_of(2) { -2.0 } else { 2.0 } + (at as f64 * 1.7).sin(), (at as f64 * 0.9).cos()];
    let embeddings = |range: std::ops::Range<usize>| Array {
        shape: vec![range.len(), 2],
        data: Data::F64(range.flat_map(place).collect()),
    };
    let labels = |range: std::ops::Range<usize>, wrong: usize| {
        Array::flat(Data::I64(range.map(|at| (at as i64 + i64::from(at == wrong)) % 2).collect()))
    };
    let arrays = [
        ("embeddings", embeddings(0..N)),
        ("labels", labels(0..N, WRONG)),
        ("validation_embeddings", embeddings(N..2 * N)),
        ("validation_labels", labels(N..2 * N, usize::MAX)),
    ];
    npz::save(&folder.join("points.npz"), &arrays).unwrap();
}

fn facts(folder: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join("found/values.json")).unwrap()).unwrap()
}

#[test]
fn a_wrong_label_is_worth_least_by_every_method() {
    let folder = tempdir().unwrap();
    points(folder.path());
    let methods = ["data-shapley", "distributional", "banzhaf", "banzhaf-reuse", "beta", "loo", "knn"];
    for method in methods {
        // Half the pairs of halves say the same of all points on the same side: many are needed to tell them apart.
        let draws = if method == "banzhaf-reuse" { "2000" } else { "60" };
        let args = [
            "value",
            "points.npz",
            "--method",
            method,
            "--contributions",
            draws,
            "--utility",
            "log-likelihood",
            "--out",
            "found",
        ];
        let text = succeed(folder.path(), &args);
        let facts = facts(folder.path());
        assert_eq!(facts["lowest"][0]["name"], WRONG.to_string(), "{text}");
        assert_eq!((&facts["method"], &facts["points"], &facts["validation"]), (&method.into(), &N.into(), &N.into()));
        let is_exact = ["loo", "knn"].contains(&method);
        assert_eq!(facts["kind"], if is_exact { "exact" } else { "unbiased" });
        let mut table = Table::load(&folder.path().join("found/values.parquet")).unwrap();
        let (names, values) = (table.take_text("name").unwrap(), table.take_f64("value").unwrap());
        let (errors, own) = (table.take_f64("std_err").unwrap(), table.take_f64("own_probability").unwrap());
        assert_eq!((names.len(), names[WRONG].as_str()), (N, "17"));
        assert!(values.iter().all(|value| *value >= values[WRONG]));
        assert!(errors.iter().all(|error| if is_exact { *error == 0.0 } else { *error > 0.0 }));
        assert!(own[WRONG] < 0.5 && own.iter().filter(|share| **share < 0.5).count() < N / 10);
        assert!(text.lines().any(|line| line.starts_with("17 ")), "{text}");
        if method == "data-shapley" {
            let sum: f64 = values.iter().sum();
            let expected = facts["full"].as_f64().unwrap() - facts["empty"].as_f64().unwrap();
            assert!((sum - expected).abs() < 1e-6, "{sum} {expected}");
        }
    }
    assert_eq!(files(folder.path()), ["found/values.json", "found/values.parquet", "points.npz"]);
}

#[test]
fn amortization_says_whether_it_pays() {
    let folder = tempdir().unwrap();
    points(folder.path());
    let args = ["value", "points.npz", "--contributions", "5", "--amortize", "--method", "beta", "--out", "found"];
    let text = succeed(folder.path(), &args);
    let learned = facts(folder.path())["amortized"].clone();
    let number = |name: &str| learned[name].as_f64().unwrap();
    assert!((number("loss") - number("noise_floor") - number("error")).abs() < 1e-12);
    let pays = number("error") + number("error_std_err") < number("plain_error");
    assert_eq!(learned["pays"], pays);
    assert_eq!(text.contains("does not pay"), !pays, "{text}");
    let mut table = Table::load(&folder.path().join("found/values.parquet")).unwrap();
    assert_eq!(table.take_f64("value").unwrap() == table.take_f64("mean").unwrap(), !pays);
    let errors = table.take_f64("std_err").unwrap();
    let expected = number("error").max(number("error_std_err")).sqrt();
    assert_eq!(errors.iter().all(|error| (error - expected).abs() < 1e-12), pays);
}

#[test]
fn records_are_valued_by_the_features_of_the_model() {
    let folder = tempdir().unwrap();
    succeed(folder.path(), &["synth", "--n", "24", "--seed", "3", "--out", "records"]);
    let args = [
        "value",
        "--embed",
        "records",
        "--labels",
        "records/labels.csv",
        "--method",
        "knn",
        "--components",
        "4",
        "--out",
        "found",
    ];
    let run = einthoven(folder.path(), &args);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("4 features (principal components of 64"), "{}", run.out);
    let table = fs::read_to_string(folder.path().join("records/labels.csv")).unwrap();
    let with_class = table.lines().skip(1).filter(|line| !line.ends_with(',')).count();
    let facts = facts(folder.path());
    let [points, judges] = ["points", "validation"].map(|name| facts[name].as_u64().unwrap() as usize);
    assert_eq!(points + judges, with_class);
    assert_eq!(judges, (0.2 * with_class as f64).round() as usize);
    if with_class < 24 {
        assert!(run.err.contains(&format!("{} of 24 records have no class", 24 - with_class)), "{}", run.err);
    }
    let mut table_of_values = Table::load(&folder.path().join("found/values.parquet")).unwrap();
    let (names, labels) = (table_of_values.take_text("name").unwrap(), table_of_values.take_text("label").unwrap());
    for (name, label) in names.iter().zip(labels) {
        let line = table.lines().find(|line| line.starts_with(&format!("{name},"))).unwrap();
        assert_eq!(line.rsplit(',').next().unwrap().split('|').next(), Some(label.as_str()));
    }
}

#[test]
fn nonsense_is_refused_with_its_exit_code() {
    let folder = tempdir().unwrap();
    points(folder.path());
    let arrays = [("embeddings", Array { shape: vec![3, 1], data: Data::F64(vec![1.0, 2.0, 3.0]) })];
    npz::save(&folder.path().join("unlabelled.npz"), &arrays).unwrap();
    let short = [arrays[0].clone(), ("labels", Array::flat(Data::I64(vec![0, 1])))];
    npz::save(&folder.path().join("short.npz"), &short).unwrap();
    fs::write(folder.path().join("labels.csv"), "record,findings\na,b\n").unwrap();
    let refuse = |args: &[&str], code: i32, words: &str| {
        let run = einthoven(folder.path(), &[&["value"], args].concat());
        assert_eq!(run.code, code, "{}", run.err);
        assert!(run.err.contains(words), "{}", run.err);
    };
    refuse(&["absent.npz"], 3, "absent.npz");
    refuse(&["unlabelled.npz"], 3, "`labels`: there is no such array");
    refuse(&["short.npz"], 3, "`labels`: expected 3 as of the rows of `embeddings`, found 2");
    refuse(&["--embed", "here", "--labels", "labels.csv"], 3, "`superclasses` or `label`");
    refuse(&[], 2, "required");
    refuse(&["--embed", "here"], 2, "--labels");
    refuse(&["points.npz", "--method", "distributional", "--sizes", "5-400"], 2, "found 5 to 400");
    refuse(&["points.npz", "--method", "distributional", "--sizes", "9-5"], 2, "two sizes");
    refuse(&["points.npz", "--method", "beta", "--beta", "0,1"], 2, "above zero");
    refuse(&["points.npz", "--method", "knn", "--k", "0"], 2, "at least 1");
    refuse(&["points.npz", "--method", "loo", "--amortize"], 2, "nothing is left to learn");
    refuse(&["points.npz", "--method", "knn", "--amortize"], 2, "nothing is left to learn");
    refuse(&["points.npz", "--contributions", "0"], 2, "at least one contribution");
    refuse(&["points.npz", "--penalty", "0"], 2, "above zero");
}
