//! Runs that are broken off and taken up again.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use einthoven::game::{Design, Values};
use einthoven::{DeviceChoice, Error, Explainer, Keep, Memory, Players, Settings, example_record};
use serde_json::Value;
use tempfile::tempdir;

use crate::program::succeed;

/// Little memory, so that an evaluation has several chunks.
fn settings() -> Settings {
    Settings {
        players: Players::Windows(20),
        budget: Some(4000),
        devices: vec![DeviceChoice::Cpu.into()],
        memory: Memory(4 << 20),
        ..Settings::default()
    }
}

fn keep(folder: &Path, resume: bool) -> Keep {
    Keep { folder: folder.to_owned(), resume }
}

#[test]
fn what_was_evaluated_is_not_evaluated_again() {
    let folder = tempdir().unwrap();
    let record = example_record();
    let explainer = Explainer::builtin(settings()).unwrap();
    let whole = explainer.explain(&record).unwrap();
    let stop = |done: usize, _: usize| if done < 2500 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
    let broken = explainer.explain_keeping(&record, Some(&keep(folder.path(), false)), &mut { stop });
    assert!(matches!(broken, Err(Error::BrokenOff { done: 2500.., total: 4000, kept: Some(1..) })), "{broken:?}");
    let kept = Values::load(&folder.path().join("values.npz")).unwrap().len();
    assert!((1..2500).contains(&kept), "{kept} rows were kept");
    assert_eq!(Design::load(&folder.path().join("design.npz")).unwrap().rows.len(), 4000);

    let mut first = None;
    let resumed = explainer.explain_keeping(&record, Some(&keep(folder.path(), true)), &mut |done, _| {
        first.get_or_insert(done);
        ControlFlow::Continue(())
    });
    let resumed = resumed.unwrap();
    assert!(first.unwrap() >= kept, "went on from {first:?} of {kept}");
    assert_eq!(resumed.stats.evaluations, 4000 - kept as u64);
    for (resumed, whole) in resumed.attributions.iter().zip(&whole.attributions) {
        assert_eq!(resumed.terms, whole.terms);
    }
    // A third time there is nothing left to evaluate.
    let again =
        explainer.explain_keeping(&record, Some(&keep(folder.path(), true)), &mut |_, _| ControlFlow::Break(()));
    assert_eq!(again.unwrap().stats.evaluations, 0);
}

#[test]
fn stopped_at_any_moment_the_files_are_whole() {
    let record = example_record();
    let explainer = Explainer::builtin(settings()).unwrap();
    let whole = explainer.explain(&record).unwrap();
    let folder = tempdir().unwrap();
    let mut kept = 0;
    for round in 0..20usize {
        // Moments all over the run, in no order.
        let stop = round * 1327 % 4000;
        let broken = explainer.explain_keeping(&record, Some(&keep(folder.path(), round % 4 != 0)), &mut |done, _| {
            if done < stop { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        let names: Vec<String> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert!(names.iter().all(|name| name == "design.npz" || name == "values.npz"), "{names:?}");
        let design = Design::load(&folder.path().join("design.npz")).unwrap();
        assert_eq!(design.rows.len(), 4000);
        if names.iter().any(|name| name == "values.npz") {
            let values = Values::load(&folder.path().join("values.npz")).unwrap();
            kept = kept.max(values.len());
            assert!(values.len() <= 4000);
        }
        match broken {
            Err(Error::BrokenOff { total: 4000, .. }) => {}
            // All was there already.
            Ok(_) if kept == 4000 => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(kept > 0, "nothing was ever kept");
    let resumed =
        explainer.explain_keeping(&record, Some(&keep(folder.path(), true)), &mut |_, _| ControlFlow::Continue(()));
    for (resumed, whole) in resumed.unwrap().attributions.iter().zip(&whole.attributions) {
        assert_eq!(resumed.terms, whole.terms);
    }
}

#[test]
fn values_of_another_run_are_refused() {
    let folder = tempdir().unwrap();
    let record = example_record();
    let explain = |settings: Settings, resume: bool| {
        let explainer = Explainer::builtin(settings).unwrap();
        explainer.explain_keeping(&record, Some(&keep(folder.path(), resume)), &mut |_, _| ControlFlow::Continue(()))
    };
    explain(settings(), false).unwrap();
    let error = explain(Settings { seed: 5, ..settings() }, true).unwrap_err().to_string();
    assert!(error.contains("design.npz") && error.contains("leave --resume out"), "{error}");
    let error = explain(Settings { filter: false, ..settings() }, true).unwrap_err().to_string();
    assert!(error.contains("values.npz") && error.contains("another model, record or baseline"), "{error}");
    // Without --resume the folder is begun anew.
    assert_eq!(explain(Settings { seed: 5, ..settings() }, false).unwrap().stats.evaluations, 4000);
}

#[test]
fn the_program_resumes_and_says_what_it_took() {
    let folder = tempdir().unwrap();
    let args = ["explain", "--device", "cpu", "--players", "windows:20", "--budget", "500", "--out", "out", "--stats"];
    let first = succeed(folder.path(), &args);
    assert!(first.contains("Engine local: 500 coalitions in 500 rows"), "{first}");
    let read =
        || -> Value { serde_json::from_slice(&fs::read(folder.path().join("out/attribution.json")).unwrap()).unwrap() };
    let before = read();
    let again = succeed(folder.path(), &[&args[..], &["--resume"]].concat());
    assert!(again.contains("Nothing was left to evaluate"), "{again}");
    assert_eq!(read()[0]["terms"], before[0]["terms"]);
}
