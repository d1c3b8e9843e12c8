//! `einthoven remove`: parts whose removal changes what the model says, beside all removals there are.

use std::fs;
use std::ops::ControlFlow;

use einthoven::game::Coalitions;
use einthoven::game::design::subset::for_each_subset;
use einthoven::{Explainer, RemovalSearch, Removals, Settings, example_record};
use serde_json::Value;
use tempfile::tempdir;

use crate::program::{einthoven, files, succeed};

const N: usize = 8;

fn explainer(budget: usize) -> Explainer {
    let settings = Settings {
        players: "leads:8".parse().unwrap(),
        budget: Some(budget),
        devices: vec!["cpu".parse().unwrap()],
        ..Settings::default()
    };
    Explainer::builtin(settings).unwrap()
}

/// The values of a record's target without each set of players, by the bits of the set.
fn without(explainer: &Explainer, target: usize) -> Vec<f64> {
    let prepared = explainer.prepare(&example_record()).unwrap();
    let masked = explainer.masked(&prepared, &explainer.partition().unwrap()).unwrap();
    let rows = Coalitions::from_words(N, (0..1u32 << N).map(|removed| 255 - removed).collect()).unwrap();
    masked.evaluate(&rows, &mut |_, _| ControlFlow::Continue(())).unwrap().output(target)
}

fn bits(players: &[u32]) -> usize {
    players.iter().map(|player| 1 << player).sum()
}

fn search(target: &str, most: usize) -> RemovalSearch {
    RemovalSearch { target: target.to_owned(), most, ..RemovalSearch::default() }
}

/// The changes by removal of all sets of a size.
fn changes(values: &[f64], size: usize) -> Vec<f64> {
    let mut changes = Vec::new();
    for_each_subset(N, size, |set| {
        changes.push(values[set.iter().map(|player| 1 << player).sum::<usize>()] - values[0]);
    });
    changes
}

fn check_truth(removals: &Removals, values: &[f64]) {
    assert!((removals.full - values[0]).abs() < 1e-4);
    for step in &removals.steps {
        for way in [&step.fall, &step.rise] {
            for removed in [&way.found, &way.shapley] {
                let change = values[bits(&removed.players)] - values[0];
                assert!((removed.actual - change).abs() < 1e-4, "{removed:?}: {change}");
            }
        }
    }
}

#[test]
fn with_every_coefficient_no_removal_is_better_and_predictions_are_true() {
    let explainer = explainer(256);
    for target in ["MI", "STTC"] {
        let removals = explainer.remove(&example_record(), &search(target, N)).unwrap();
        let values = without(&explainer, removals.target);
        check_truth(&removals, &values);
        assert_eq!((removals.steps.len(), removals.verified), (N, 1 + N * 24));
        assert!((removals.predicted_full - removals.full).abs() < 1e-4);
        for (step, size) in removals.steps.iter().zip(1..) {
            let all = changes(&values, size);
            let [low, high] =
                [all.iter().copied().fold(f64::MAX, f64::min), all.iter().copied().fold(f64::MIN, f64::max)];
            for (way, end) in [(&step.fall, low), (&step.rise, high)] {
                assert!(
                    (way.found.actual - end).abs() < 1e-4 && (way.found.predicted - end).abs() < 1e-4,
                    "{way:?}: {end}"
                );
                assert!(way.exact && !(way.found.misses() && end.abs() > 0.01));
            }
            assert!(step.largest().found.actual.abs() > low.abs().max(high.abs()) - 1e-4);
            assert!(step.random <= low.abs().max(high.abs()) + 1e-4 && step.random > 0.0);
        }
        // Shapley values add up to what all players do; without all of them nothing else is left.
        let last = &removals.steps[N - 1];
        assert!((last.fall.shapley.predicted - last.fall.shapley.actual).abs() < 1e-4);
        // The smallest set that turns the answer, by trying all.
        let turned =
            |size: usize| changes(&values, size).iter().any(|change| (values[0] + change > 0.0) != (values[0] > 0.0));
        let smallest = (1..=N).find(|&size| turned(size));
        let flip = removals.flip();
        assert_eq!(flip.as_ref().map(|flip| flip.removed.players.len()), smallest, "{target}");
        assert!(flip.is_none_or(|flip| flip.certain && !flip.by_shapley));
    }
}

#[test]
fn a_rough_spectrum_is_tried_on_the_model_and_found_out() {
    let explainer = explainer(40);
    // Pairs only.
    let search = RemovalSearch { method: einthoven::interactions::Method::Auto, ..search("mi", 4) };
    let removals = explainer.remove(&example_record(), &search).unwrap();
    let values = without(&explainer, removals.target);
    check_truth(&removals, &values);
    assert_eq!((removals.steps.len(), removals.attribution().max_order), (4, 2));
    let differs = |step: &einthoven::RemovalStep| {
        let found = &step.largest().found;
        (found.predicted - found.actual).abs() / found.predicted.abs().max(found.actual.abs())
    };
    assert!(removals.steps.iter().any(|step| differs(step) > 0.25));
    assert!(removals.steps.iter().all(|step| step.largest().found.misses() == (differs(step) > 0.25)));
    assert!(removals.flip().is_none_or(|flip| !flip.certain));
    // The same seed removes the same.
    let again = explainer.remove(&example_record(), &search).unwrap();
    assert_eq!(again.steps, removals.steps);
}

#[test]
fn the_program_prints_what_its_files_hold() {
    let folder = tempdir().unwrap();
    let args = ["remove", "--players", "leads:8", "--target", "MI", "--most", "3", "--out", "out"];
    let out = succeed(folder.path(), &[&args[..], &["--flip"]].concat());
    assert!(out.contains("Removal from MI, logit") && out.contains("by Shapley") && out.contains("Flip: "), "{out}");
    assert!(!out.contains("warning: where"), "{out}");
    let expected = ["attribution.json", "design.npz", "ecg.svg", "removal.json", "removal.svg", "values.npz"]
        .map(|name| format!("out/{name}"));
    assert_eq!(files(folder.path()), expected);
    let path = folder.path().join("out/removal.json");
    let json: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let step = &json["steps"][2];
    let names: Vec<&str> =
        step["fall"]["names"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let change = step["fall"]["change"].as_f64().unwrap();
    assert!(change < -1.0 && (step["fall"]["predicted"].as_f64().unwrap() - change).abs() < 1e-4, "{step}");
    let line = out.lines().find(|line| line.trim_start().starts_with("3 ")).unwrap();
    assert!(line.contains(&names.join(" & ")) && line.contains(&format!("{change:+.4}")), "{line}: {step}");
    assert_eq!((json["verified"].as_u64(), json["spectrum"]["evaluations"].as_u64()), (Some(73), Some(256)));
    // What was evaluated is taken up, and printed as JSON it is the same.
    let printed = succeed(folder.path(), &[&args[..], &["--resume", "--json"]].concat());
    let printed: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(printed["steps"], json["steps"]);
    assert_eq!(printed["run"]["evaluated"].as_u64(), Some(0));
    // Another run in this folder leaves nothing of this one.
    succeed(folder.path(), &["explain", "--players", "leads:8", "--out", "out"]);
    assert!(!path.exists() && !folder.path().join("out/removal.svg").exists());
}

#[test]
fn the_answer_that_turns_is_said_with_its_value() {
    let folder = tempdir().unwrap();
    let args = ["remove", "--players", "leads:8", "--flip", "--most", "8", "--json", "--target"];
    let mut turned = 0;
    for target in ["MI", "STTC", "NORM"] {
        let json: Value = serde_json::from_str(&succeed(folder.path(), &[&args[..], &[target]].concat())).unwrap();
        let full = json["full"].as_f64().unwrap();
        if let Some(change) = json["flip"]["change"].as_f64() {
            turned += 1;
            assert!((full > 0.0) != (full + change > 0.0), "{target}");
            assert_eq!(json["flip"]["certain"], true);
            // Of a probability the answer turns at one half.
            let link = ["--link", "probability"];
            let json: Value =
                serde_json::from_str(&succeed(folder.path(), &[&args[..], &[target], &link].concat())).unwrap();
            assert_eq!((json["threshold"].as_f64(), json["link"].as_str()), (Some(0.5), Some("probability")));
            let [full, change] = [&json["full"], &json["flip"]["change"]].map(|number| number.as_f64().unwrap());
            assert!((full > 0.5) != (full + change > 0.5), "{target}");
        }
    }
    assert!(turned > 0);
}

#[test]
fn several_records_have_a_folder_each_and_a_table() {
    let folder = tempdir().unwrap();
    succeed(folder.path(), &["synth", "--finding", "anterior-mi", "--n", "2", "--out", "records"]);
    fs::write(folder.path().join("records/zzz.hea"), "zzz 12 broken").unwrap();
    let run = einthoven(
        folder.path(),
        &["remove", "records", "--budget", "128", "--target", "MI", "--most", "2", "--out", "out"],
    );
    assert!(run.code == 3 && run.err.contains("zzz") && run.err.contains("1 of 3 records"), "{}", run.err);
    assert!(run.out.contains("Mean magnitude of the true change"), "{}", run.out);
    let table = fs::read_to_string(folder.path().join("out/removal.csv")).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 1 + 2 * 2 + 1, "{table}");
    assert!(lines[0].starts_with("\"record\",\"target\"") && lines[5].contains("zzz"));
    let found: Vec<String> =
        files(&folder.path().join("out")).into_iter().filter(|name| name.ends_with("removal.json")).collect();
    assert_eq!(found.len(), 2);
    let json: Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("out").join(&found[0])).unwrap()).unwrap();
    let cells: Vec<&str> = lines[2].split("\",\"").collect();
    assert_eq!((cells[3], cells[1]), ("2", "MI"));
    let change: f64 = cells[6].parse().unwrap();
    let step = &json["steps"][1];
    assert!(
        [&step["fall"], &step["rise"]].iter().any(|way| way["change"].as_f64() == Some(change)),
        "{step}: {change}"
    );
}

#[test]
fn what_cannot_be_searched_is_refused_before_any_work() {
    let folder = tempdir().unwrap();
    for (args, code, words) in [
        (&["--most", "0"][..], 2, "expected 1 to 100"),
        (&["--players", "leads*windows:100", "--most", "2000"], 2, "expected 1 to 100"),
        (&["--target", "XYZ"], 2, "the model's outputs are"),
        (&["--method", "permutation"], 2, "it estimates SII"),
        (&["--players", "windows:100", "--method", "exact"], 2, "20"),
        (&["--format", "shapiq"], 2, "leave --format out"),
        (&["--resume", "--json"], 2, "--out"),
        (&["missing.hea"], 3, "missing.hea"),
    ] {
        let run = einthoven(folder.path(), &[&["remove"], args].concat());
        assert!(run.code == code && run.err.contains(words), "{args:?}: {}: {}", run.code, run.err);
        assert!(!folder.path().join("einthoven-out/removal.json").exists(), "{args:?}");
    }
}
