//! `einthoven amortize labels`.

use std::fs;
use std::path::Path;

use einthoven::Index;
use einthoven::amortize::label::{LabelFolder, LabelSet, Role};
use einthoven::game::Kind;
use tempfile::TempDir;

use crate::program::{einthoven, files, succeed};

/// A folder with a dataset configuration of a dozen records.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("data.json"), r#"{"n": 12, "split": "train"}"#).unwrap();
    folder
}

fn labels<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["amortize", "labels", "--synth", "data.json", "--device", "cpu", "--out", "out"], more].concat()
}

fn load(folder: &Path) -> LabelSet {
    LabelSet::load(&folder.join("out")).unwrap()
}

#[test]
fn labels_are_made_once() {
    let folder = folder();
    let walk = labels(&["--budget", "13", "--validation", "0.25", "--draws", "2"]);
    let said = succeed(folder.path(), &walk);
    assert!(said.contains("12 records, 3 of them for validation; labels of SV by permutation"), "{said}");
    // Two labels each, which share the empty and the full coalition.
    assert!(said.contains(&format!("{} coalitions in", 12 * (2 * 13 - 2))), "{said}");
    let set = load(folder.path());
    assert_eq!((set.spec.kind, set.spec.index, set.spec.draws), (Kind::Unbiased, Index::Sv, [2, 2]));
    assert_eq!(set.of(Role::Validation).count(), 3);
    assert_eq!(set.records[7].name, "train-00007");
    for record in &set.records {
        for label in &record.labels {
            for (output, values) in label.values.chunks_exact(12).enumerate() {
                let total = record.full[output] - record.empty[output];
                assert!((values.iter().sum::<f64>() - total).abs() < 1e-9);
            }
        }
    }
    let before = files(folder.path());
    let again = succeed(folder.path(), &walk);
    assert!(!again.contains("coalitions in"), "{again}");
    assert_eq!((files(folder.path()), load(folder.path()).records), (before, set.records));
    let other = einthoven(folder.path(), &labels(&["--budget", "24"]));
    assert_eq!(other.code, 3);
    assert!(other.err.contains("budget is 13, asked is 24") && other.err.contains("another folder"), "{}", other.err);
}

#[test]
fn a_check_is_printed_and_kept() {
    let folder = folder();
    let probe = ["--budget", "24", "--players", "leads:8", "--probe", "12", "--probe-budget", "256"];
    let said = succeed(folder.path(), &labels(&probe));
    assert!(said.contains("beside exact with 256 coalitions: no bias was found"), "{said}");
    let found = LabelFolder::load(&folder.path().join("out")).unwrap().bias.unwrap();
    assert_eq!((found.records, found.biased), (12, false));
}

#[test]
fn biased_labels_want_force() {
    let folder = folder();
    let kernel = ["--method", "kernel", "--budget", "40", "--n", "2"];
    let run = einthoven(folder.path(), &labels(&kernel));
    assert_eq!(run.code, 2);
    assert!(run.err.contains("no number of records removes") && run.err.contains("--force"), "{}", run.err);
    assert!(!folder.path().join("out").exists());
    let said = succeed(folder.path(), &labels(&[&kernel[..], &["--force"]].concat()));
    assert!(said.contains("(consistent)"), "{said}");
    assert_eq!(load(folder.path()).spec.kind, Kind::Consistent);
}

#[test]
fn pairs_of_players_have_labels_too() {
    let folder = folder();
    succeed(
        folder.path(),
        &labels(&["--order", "2", "--method", "shapiq", "--index", "sii", "--budget", "40", "--n", "3"]),
    );
    let set = load(folder.path());
    assert_eq!((set.spec.index, set.spec.terms.len()), (Index::Sii, 12 + 66));
    assert_eq!(set.spec.terms[12], [0, 1]);
    let run = einthoven(folder.path(), &labels(&["--index", "sii", "--budget", "13"]));
    assert_eq!(run.code, 2);
    assert!(run.err.contains("--order 2"), "{}", run.err);
}

#[test]
fn records_of_a_folder_are_labelled_and_a_bad_one_is_named() {
    let folder = folder();
    succeed(folder.path(), &["synth", "--n", "4", "--out", "records"]);
    let run = |out: &str| {
        let args = ["amortize", "labels", "records", "--budget", "13", "--device", "cpu", "--out", out];
        einthoven(folder.path(), &args)
    };
    assert_eq!(run("out").code, 0);
    assert_eq!(load(folder.path()).records.len(), 4);
    let bad = folder.path().join("records").join("train-00002.hea");
    fs::write(&bad, "no header").unwrap();
    let refused = run("other");
    assert_eq!(refused.code, 3);
    assert!(refused.err.contains("train-00002"), "{}", refused.err);
    let nothing = einthoven(folder.path(), &["amortize", "labels", "--budget", "13", "--out", "other"]);
    assert_eq!(nothing.code, 2);
    assert!(nothing.err.contains("--synth"), "{}", nothing.err);
}
