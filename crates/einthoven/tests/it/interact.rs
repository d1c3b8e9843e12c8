//! `einthoven interact`: from a record to the interactions of its parts.

use std::fs;
use std::path::Path;

use einthoven::game::{Attribution, AttributionArrays, Index, Kind};
use serde_json::Value;
use tempfile::tempdir;

use crate::program::{einthoven, files, succeed};

fn load(path: &Path) -> Vec<Attribution> {
    Attribution::load_json(path).unwrap()
}

#[test]
fn exact_interactions_add_up_and_agree_with_single_players() {
    let folder = tempdir().unwrap();
    let out = succeed(folder.path(), &["interact", "--players", "leads:8", "--target", "MI", "--out", "two"]);
    assert!(out.contains("k-SII of single players") && out.contains("k-SII of sets of 2"), "{out}");
    succeed(folder.path(), &["interact", "--players", "leads:8", "--index", "sii", "--out", "sii"]);
    succeed(folder.path(), &["explain", "--players", "leads:8", "--method", "exact", "--out", "one"]);
    let read = |name: &str| load(&folder.path().join(name).join("attribution.json"));
    for ((two, sii), one) in read("two").iter().zip(read("sii")).zip(read("one")) {
        assert_eq!((two.index, two.kind, two.max_order, two.terms.len()), (Index::KSii, Kind::Exact, 2, 8 + 28));
        assert!(two.efficiency_gap().abs() < 1e-9, "{}", two.efficiency_gap());
        for player in 0..8 {
            // SII of one player is its Shapley value; k-SII leaves half of each pair to the pair.
            let pairs: f64 = (0..8).filter(|other| *other != player).map(|other| sii.value(&[player, other])).sum();
            assert!((sii.value(&[player]) - one.value(&[player])).abs() < 1e-9);
            assert!((two.value(&[player]) - (one.value(&[player]) - pairs / 2.0)).abs() < 1e-9);
        }
    }
    let arrays = AttributionArrays::load(&folder.path().join("two/attribution.npz")).unwrap();
    assert_eq!(arrays.terms.len(), 36);
}

#[test]
fn shapiq_files_stand_beside_ours() {
    let folder = tempdir().unwrap();
    let args = ["interact", "--players", "windows:5", "--index", "stii", "--format", "shapiq", "--out", "out"];
    succeed(folder.path(), &args);
    let ours = load(&folder.path().join("out/attribution.json"));
    for ours in &ours {
        let path = folder.path().join(format!("out/shapiq-{}.json", ours.output));
        let theirs = Attribution::load_shapiq_json(&path).unwrap();
        for term in &ours.terms {
            assert_eq!(theirs.value(&term.players), term.value, "{:?}", term.players);
        }
    }
    let printed = succeed(folder.path(), &["interact", "--players", "windows:5", "--json", "--format", "shapiq"]);
    let printed: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((&printed["data_type"], &printed["version"]), (&"interaction_values".into(), &"1.8.0".into()));
}

#[test]
fn several_records_have_a_mean_with_its_error() {
    let folder = tempdir().unwrap();
    succeed(folder.path(), &["synth", "--finding", "anterior-mi", "--n", "3", "--out", "records"]);
    let args = ["interact", "records", "--players", "leads", "--budget", "400", "--target", "MI", "--out", "out"];
    let out = succeed(folder.path(), &args);
    assert!(out.contains("Mean over 3 records explained for MI"), "{out}");
    let mean = load(&folder.path().join("out/aggregate/MI/attribution.json")).remove(0);
    let names: Vec<String> =
        files(&folder.path().join("out")).into_iter().filter(|name| name.ends_with("attribution.json")).collect();
    let records: Vec<Attribution> = names
        .iter()
        .filter(|name| !name.starts_with("aggregate"))
        .map(|name| load(&folder.path().join("out").join(name)).into_iter().find(|of| of.output == "MI").unwrap())
        .collect();
    assert_eq!((records.len(), mean.output.as_str()), (3, "MI"));
    for term in &mean.terms {
        let values: Vec<f64> = records.iter().map(|record| record.value(&term.players)).collect();
        assert!((term.value - values.iter().sum::<f64>() / 3.0).abs() < 1e-12);
        assert!(term.std_err.is_some());
    }
    // Again, with fewer pictures, in JSON: nothing of the first run is left, and the mean is there.
    let path = |name: &str| folder.path().join("out/aggregate/MI").join(name);
    assert!(path("network.svg").exists() && path("beeswarm.svg").exists());
    let args = ["explain", "records", "--budget", "100", "--target", "MI", "--json", "--out", "out"];
    succeed(folder.path(), &args);
    assert!(!path("network.svg").exists() && path("attribution.json").exists());
}

#[test]
fn what_another_run_has_left_goes() {
    let folder = tempdir().unwrap();
    let here = |name: &str| folder.path().join("out").join(name);
    let args = ["interact", "--players", "windows:4", "--format", "shapiq", "--out", "out"];
    succeed(folder.path(), &args);
    fs::write(here("notes.txt"), "mine").unwrap();
    assert!(here("shapiq-MI.json").exists() && here("network.svg").exists());
    succeed(folder.path(), &["explain", "--players", "windows:4", "--out", "out"]);
    assert!(!here("shapiq-MI.json").exists() && !here("network.svg").exists());
    assert!(here("notes.txt").exists() && here("report.html").exists());
}

#[test]
fn a_run_is_taken_up_from_its_values() {
    let folder = tempdir().unwrap();
    let args = ["interact", "--players", "leads", "--budget", "300", "--out", "out"];
    succeed(folder.path(), &args);
    let read = || load(&folder.path().join("out/attribution.json"));
    let first = read();
    fs::remove_file(folder.path().join("out/attribution.json")).unwrap();
    let out = succeed(folder.path(), &[&args[..], &["--resume", "--stats"]].concat());
    assert!(out.contains("Nothing was left to evaluate"), "{out}");
    assert!(first.iter().zip(read()).all(|(first, again)| first.terms == again.terms));
    let other = einthoven(folder.path(), &[&args[..], &["--resume", "--order", "3"]].concat());
    assert!(other.code == 3 && other.err.contains("--resume"), "{}: {}", other.code, other.err);
}

#[test]
fn what_cannot_be_estimated_is_refused_before_any_work() {
    let folder = tempdir().unwrap();
    for (args, code, words) in [
        (&["--order", "13"][..], 2, "order from 1 to 12"),
        (&["--index", "owen"], 2, "Owen"),
        (&["--index", "fsii", "--method", "svarm"], 2, "svarm-iq"),
        (&["--players", "leads*windows:10", "--index", "fsii", "--method", "regression"], 2, "at least 17864"),
        (&["--players", "leads*windows:40", "--order", "4"], 2, "use a lower order"),
        (&["--order", "7", "--method", "kernelshap-iq"], 2, "at least 14 players"),
        (&["--method", "permutation", "--index", "bii"], 2, "it estimates SII"),
        (&["--until", "0.1"], 2, "--until"),
        (&["missing.hea"], 3, "missing.hea"),
    ] {
        let run = einthoven(folder.path(), &[&["interact"], args].concat());
        assert!(run.code == code && run.err.contains(words), "{args:?}: {}: {}", run.code, run.err);
        assert!(!folder.path().join("einthoven-out/attribution.json").exists(), "{args:?}");
    }
    let _ = fs::remove_dir_all(folder.path().join("einthoven-out"));
}
