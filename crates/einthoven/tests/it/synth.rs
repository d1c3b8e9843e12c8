//! `einthoven synth`: what it draws can be read again.

use std::fs;

use tempfile::tempdir;

use crate::program::{files, succeed};

#[test]
fn records_twins_and_masks_are_written_and_read() {
    let folder = tempdir().unwrap();
    let args = ["synth", "--finding", "inferior-mi", "--twin", "--n", "2", "--split", "try", "--out", "drawn"];
    succeed(folder.path(), &args);
    let drawn = folder.path().join("drawn");
    let mut expected = vec!["labels.csv".to_owned()];
    for n in ["try-00000", "try-00001"] {
        for part in [".dat", ".hea", "-mask.npy", "-twin.dat", "-twin.hea"] {
            expected.push(format!("{n}{part}"));
        }
    }
    expected.sort();
    assert_eq!(files(&drawn), expected);
    let labels = fs::read_to_string(drawn.join("labels.csv")).unwrap();
    assert_eq!(labels.lines().nth(1), Some("try-00000,inferior-mi,MI"));

    let read = |name: &str| {
        let signals = einthoven::ecg::read(&drawn.join(name), &Default::default()).unwrap();
        einthoven::Record::from_signals(&signals).unwrap().0
    };
    let (record, twin) = (read("try-00000"), read("try-00000-twin"));
    let mask = einthoven::game::npy::load(&drawn.join("try-00000-mask.npy")).unwrap();
    assert_eq!(mask.shape, vec![12, record.n_samples()]);
    let mask = mask.into_integers().unwrap();
    // Inside the mask the twins differ by more than anywhere outside of it; format 16 rounds to a few microvolts.
    let difference = |inside| {
        let cells = record.signal().iter().zip(twin.signal()).zip(&mask);
        cells.filter(|(_, is)| (**is == 1) == inside).map(|((a, b), _)| (a - b).abs()).fold(0.0f32, f32::max)
    };
    assert!(difference(true) > 0.1, "{}", difference(true));
    assert!(difference(false) <= 0.21 * difference(true), "{} {}", difference(false), difference(true));
}

#[test]
fn drawing_again_draws_the_same() {
    let folder = tempdir().unwrap();
    for out in ["a", "b"] {
        succeed(folder.path(), &["synth", "--n", "3", "--seed", "9", "--out", out]);
    }
    for name in files(&folder.path().join("a")) {
        let read = |side: &str| fs::read(folder.path().join(side).join(&name)).unwrap();
        assert!(read("a") == read("b"), "{name}");
    }
}
