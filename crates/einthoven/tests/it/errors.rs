//! What is refused: the message, the exit code, and that nothing is half-written.

use std::fs;
use std::path::Path;

use tempfile::tempdir;

use crate::program::{einthoven, files, succeed};

/// A refusal: the arguments, the exit code, and words that the message must hold.
fn refused(folder: &Path, args: &[&str], code: i32, words: &[&str]) {
    let before = files(folder);
    let run = einthoven(folder, &[&["explain", "--device", "cpu"], args].concat());
    assert_eq!(run.code, code, "einthoven explain {}: {}", args.join(" "), run.err);
    for word in words {
        assert!(run.err.contains(word), "einthoven explain {}: no `{word}` in {}", args.join(" "), run.err);
    }
    assert!(!run.err.contains("panicked"), "{}", run.err);
    assert!(run.out.is_empty(), "{}", run.out);
    assert_eq!(files(folder), before, "einthoven explain {}", args.join(" "));
}

#[test]
fn usage() {
    let folder = tempdir().unwrap();
    refused(folder.path(), &["--budget", "0"], 2, &["budget"]);
    refused(folder.path(), &["--budget", "1"], 2, &["budget"]);
    refused(folder.path(), &["--target", "MIRACLE"], 2, &["MIRACLE", "NORM, MI, STTC, CD, HYP"]);
    refused(folder.path(), &["--method", "x-gradient"], 2, &["not homogeneous", "layer 1", "input-x-gradient or ig"]);
    refused(folder.path(), &["--method", "gradients"], 2, &["no such method", "expected-gradients"]);
    refused(folder.path(), &["--method", "spex"], 2, &["spex", "einthoven interact"]);
    refused(folder.path(), &["--method", "magic"], 2, &["magic"]);
    refused(folder.path(), &["--players", "waves"], 2, &["waves", "not built yet"]);
    refused(folder.path(), &["--players", "windows:0"], 2, &["windows"]);
    refused(folder.path(), &["--baseline", "median"], 2, &["median", "interpolate", "background:DIR"]);
    refused(folder.path(), &["--engine", "fast"], 2, &["fast", "auto, plain and local"]);
    refused(folder.path(), &["--device", "cpu:1"], 4, &["cpu:1", "1 of that kind"]);
    refused(folder.path(), &["--device", "cpu,gpu"], 2, &["gpu", "expected one of auto, cpu"]);
    refused(folder.path(), &["--baseline", "background:nowhere"], 3, &["nowhere"]);
    refused(folder.path(), &["--memory", "lots"], 2, &["lots", "512MiB"]);
    refused(folder.path(), &["--method", "exact", "--players", "windows:25"], 2, &["20"]);
    let run = einthoven(folder.path(), &["explain", "--device", "abacus"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("abacus") && run.err.contains("cpu"), "{}", run.err);
}

#[test]
fn records() {
    let folder = tempdir().unwrap();
    let path = folder.path();
    succeed(path, &["synth", "--n", "1", "--split", "ok", "--out", "."]);
    fs::write(path.join("empty.csv"), "").unwrap();
    fs::write(path.join("empty.hea"), "").unwrap();
    fs::write(path.join("alone.hea"), "alone 1 500 100\nabsent.dat 16 200/mV 16 0 0 0 0 I\n").unwrap();
    let header = fs::read_to_string(path.join("ok-00000.hea")).unwrap();
    fs::write(path.join("short.hea"), header.replace("ok-00000", "short")).unwrap();
    fs::write(path.join("short.dat"), &fs::read(path.join("ok-00000.dat")).unwrap()[..1000]).unwrap();
    refused(path, &["nowhere"], 3, &["nowhere"]);
    refused(path, &["empty.csv", "--rate", "500"], 3, &["empty.csv"]);
    refused(path, &["empty.hea"], 3, &["empty.hea"]);
    refused(path, &["alone"], 3, &["absent.dat"]);
    refused(path, &["short"], 3, &["short.dat"]);
    refused(path, &["ok-00000", "--start", "5"], 3, &["5"]);

    let leads = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5"];
    let row = leads.map(|_| "0.1").join(",");
    let csv = format!("{}\n{}", leads.join(","), format!("{row}\n").repeat(5000));
    fs::write(path.join("eleven.csv"), &csv).unwrap();
    refused(path, &["eleven.csv"], 3, &["--rate"]);
    refused(path, &["eleven.csv", "--rate", "500"], 3, &["V6"]);
    refused(path, &["eleven.csv", "--rate", "500", "--units", "furlong"], 3, &["furlong", "mV"]);
}

#[test]
fn models() {
    let folder = tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("text.safetensors"), "no model").unwrap();
    fs::write(path.join("text.pt"), "no model").unwrap();
    refused(path, &["--model", "nowhere.safetensors"], 4, &["nowhere.safetensors"]);
    refused(path, &["--model", "text.safetensors"], 4, &["text.safetensors"]);
    refused(path, &["--model", "text.pt"], 4, &["text.pt"]);
}

#[test]
fn an_out_folder_that_cannot_be_made() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("file"), "in the way").unwrap();
    let run = einthoven(folder.path(), &["explain", "--device", "cpu", "--budget", "32", "--out", "file/results"]);
    assert_eq!(run.code, 3);
    assert!(run.err.contains("file/results"), "{}", run.err);
    assert_eq!(files(folder.path()), ["file"]);
}

#[test]
fn the_unfiltered_record_is_warned_about() {
    let folder = tempdir().unwrap();
    let out = succeed(folder.path(), &["explain", "--device", "cpu", "--budget", "32", "--no-filter", "--out", "o"]);
    assert!(out.contains("warning: the record was not filtered"), "{out}");
    let html = fs::read_to_string(folder.path().join("o/report.html")).unwrap();
    assert!(html.contains("the record was not filtered"));
}

#[test]
fn flat_leads_and_gaps_are_warned_about_or_refused() {
    let folder = tempdir().unwrap();
    let path = folder.path();
    let leads = einthoven::ecg::STANDARD;
    let table = |cell: &dyn Fn(usize, usize) -> String| {
        let mut text = leads.join(",") + "\n";
        for t in 0..5000 {
            let row: Vec<String> = (0..12).map(|lead| cell(lead, t)).collect();
            text.push_str(&(row.join(",") + "\n"));
        }
        text
    };
    let beat = |lead: usize, t: usize| 0.1 * (lead + 1) as f64 * (-(((t % 400) as f64 - 200.0) / 10.0).powi(2)).exp();
    let write = |name: &str, cell: &dyn Fn(usize, usize) -> String| fs::write(path.join(name), table(cell)).unwrap();
    write("flat.csv", &|lead, t| if lead == 8 { "0".into() } else { format!("{:.4}", beat(lead, t)) });
    write("huge.csv", &|lead, t| format!("{:.4}", if lead == 2 && t == 77 { 55.0 } else { beat(lead, t) }));
    write("gap.csv", &|lead, t| {
        if lead == 4 && (300..330).contains(&t) { "nan".into() } else { format!("{:.4}", beat(lead, t)) }
    });
    write("hole.csv", &|lead, t| {
        if lead == 4 && (300..400).contains(&t) { "nan".into() } else { format!("{:.4}", beat(lead, t)) }
    });
    for (name, words) in
        [("flat.csv", "flat lead: V3"), ("huge.csv", "lead III reaches 55.0 mV"), ("gap.csv", "interpolated: lead aVL")]
    {
        let args = ["explain", name, "--rate", "500", "--device", "cpu", "--budget", "32", "--out", "o"];
        let out = succeed(path, &args);
        assert!(out.lines().any(|line| line.contains("warning") && line.contains(words)), "{name}: {out}");
    }
    fs::remove_dir_all(path.join("o")).unwrap();
    refused(path, &["hole.csv", "--rate", "500"], 3, &["aVL"]);
}
