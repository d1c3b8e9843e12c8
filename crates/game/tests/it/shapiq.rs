//! The `shapiq_*.json` in `tests/data` were made with shapiq 1.8.0 by `make_shapiq.py`.

use std::path::PathBuf;

use einthoven_game::indices::from_moebius;
use einthoven_game::{Attribution, Index, Kind, Term};
use proptest::prelude::*;

use crate::attributions::{attribution, term};

fn load(name: &str) -> Attribution {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(format!("shapiq_{name}.json"));
    Attribution::load_shapiq_json(&path).unwrap()
}

#[test]
fn exact_values_of_shapiq_are_read_and_are_ours() {
    let game = [(vec![], 0.25), (vec![0], 1.0), (vec![1], -0.5), (vec![0, 1], 2.0), (vec![1, 2, 3], 0.75)];
    for (name, index) in
        [("k-sii", Index::KSii), ("bii", Index::Bii), ("co-moebius", Index::CoMoebius), ("jointsv", Index::JointSv)]
    {
        let found = load(name);
        assert_eq!((found.index, found.n_players, found.max_order), (index, 4, 2));
        assert_eq!((found.kind, found.baseline, found.method.as_str()), (Kind::Exact, 0.25, "shapiq 1.8.0"));
        assert_eq!(found.player_names, ["0", "1", "2", "3"]);
        let own_empty = index == Index::CoMoebius;
        assert_eq!(found.min_order, usize::from(own_empty), "{index}");
        let expected = from_moebius(index, 2, 4, &game).unwrap();
        for expected in expected.iter().filter(|term| !own_empty || !term.players.is_empty()) {
            let term = found.term(&expected.players).unwrap();
            assert!((term.value - expected.value).abs() < 1e-14, "{index}, {:?}", term.players);
            assert_eq!(term.std_err, Some(0.0));
        }
        assert!(found.terms.is_sorted_by_key(|term| (term.players.len(), term.players.clone())));
    }
    let found = load("k-sii");
    assert!((found.full - 3.5).abs() < 1e-14, "{}", found.full);
    assert!(found.efficiency_gap().abs() < 1e-15);
    assert!(found.warnings[0].contains("full value"));
}

#[test]
fn estimates_of_shapiq_claim_nothing() {
    let found = load("estimate");
    assert_eq!((found.index, found.n_players, found.min_order, found.max_order), (Index::Fsii, 5000, 1, 3));
    assert_eq!((found.kind, found.evaluations, found.baseline), (Kind::Biased, 4096, -1.0));
    let expected = [term(&[12], -1.5, None), term(&[3, 2500], 0.125, None), term(&[7, 12, 4999], 0.5, None)];
    assert_eq!(found.terms, expected);
    assert!(found.warnings[1].contains("biased"));
    assert_eq!(found.player_names[4999], "4999");
}

#[test]
fn the_layout_is_that_of_shapiq() {
    let terms = vec![term(&[2], 0.5, Some(0.25)), term(&[0, 1], 0.375, None)];
    let pairs = Attribution { index: Index::KaddShap, max_order: 2, min_order: 0, ..attribution("MI", terms) };
    let text = pairs.to_shapiq_json().unwrap();
    let found: serde_json::Value = serde_json::from_str(&text).unwrap();
    let keys: Vec<&String> = found.as_object().unwrap().keys().collect();
    let theirs: serde_json::Value = serde_json::from_str(include_str!("../data/shapiq_k-sii.json")).unwrap();
    assert_eq!(keys, theirs.as_object().unwrap().keys().collect::<Vec<_>>());
    assert_eq!(
        found["metadata"],
        serde_json::json!({
            "n_players": 3, "index": "kADD-SHAP", "max_order": 2, "min_order": 0, "estimated": true,
            "estimation_budget": 4096, "baseline_value": 0.1,
        })
    );
    assert_eq!(found["data"], serde_json::json!({"Empty": 0.0, "2": 0.5, "0,1": 0.375}));
    assert!(text.find("\"2\"").unwrap() < text.find("\"0,1\"").unwrap(), "by size");
    let mut back = Attribution::from_shapiq_json(&text).unwrap();
    assert_eq!(back.terms.remove(0), term(&[], 0.0, None));
    assert_eq!(back, pairs);
    // An order that was taken out keeps the top order of its index.
    let singles = pairs.order(1);
    let text = singles.to_shapiq_json().unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap()["metadata"]["max_order"], 2);
    assert_eq!(Attribution::from_shapiq_json(&text).unwrap(), singles);
}

#[test]
fn files_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mi.json");
    let saved = attribution("MI", vec![term(&[0], 0.5, Some(0.25)), term(&[2], 0.375, None)]);
    saved.save_shapiq_json(&path).unwrap();
    assert_eq!(Attribution::load_shapiq_json(&path).unwrap(), saved);
    std::fs::write(&path, "{}").unwrap();
    let error = Attribution::load_shapiq_json(&path).unwrap_err().to_string();
    assert!(error.contains("read") && error.contains("mi.json") && error.contains("metadata"), "{error}");
}

#[test]
fn impossible_files_are_refused_by_field() {
    let good = include_str!("../data/shapiq_k-sii.json");
    let refused = |from: &str, to: &str, told: &str| {
        assert!(good.contains(from), "{from}");
        let error = Attribution::from_shapiq_json(&good.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    };
    refused("\"0,1\"", "\"0;1\"", "found `0;1`");
    refused("\"0,1\"", "\"0,-1\"", "found `0,-1`");
    refused("\"0,1\"", "\"0,4\"", "ascending players up to 3");
    refused("\"0,1\"", "\"0,0\"", "ascending players");
    refused("\"0,1\"", "\"2,1\"", "once");
    refused("\"k-SII\"", "\"ELC\"", "no such index");
    refused("\"n_players\": 4", "\"n_players\": 99999999999", "metadata.n_players");
    refused("\"n_players\": 4", "\"n_players\": \"four\"", "invalid type");
    refused("0.25", "NaN", "expected");
    let infinite = attribution("MI", vec![term(&[0], f64::INFINITY, None)]);
    assert!(infinite.to_shapiq_json().unwrap_err().to_string().contains("finite"));
}

proptest! {
    #[test]
    fn every_attribution_comes_back(
        sets in prop::collection::btree_map(prop::collection::btree_set(0u32..3000, 1..4), (-1e9..1e9f64, any::<bool>()), 0..20),
        index in 0..Index::ALL.len(),
    ) {
        let mut terms: Vec<Term> = sets
            .iter()
            .map(|(set, (value, known))| term(&set.iter().copied().collect::<Vec<_>>(), *value, known.then_some(0.5)))
            .collect();
        terms.sort_by_key(|term| (term.players.len(), term.players.clone()));
        let player_names = (0..3000).map(|player| format!("player {player}")).collect();
        let saved = Attribution {
            index: Index::ALL[index], n_players: 3000, player_names, max_order: 3, ..attribution("MI", terms)
        };
        let mut found = Attribution::from_shapiq_json(&saved.to_shapiq_json().unwrap()).unwrap();
        for (found, saved) in found.terms.iter_mut().zip(&saved.terms) {
            prop_assert!((found.value - saved.value).abs() <= 4.0 * f64::EPSILON * saved.value.abs());
            found.value = saved.value;
        }
        prop_assert_eq!(found, saved);
    }

    #[test]
    fn damage_never_panics(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = include_bytes!("../data/shapiq_k-sii.json").to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let text = String::from_utf8_lossy(&bytes);
        if let Ok(found) = Attribution::from_shapiq_json(&text) {
            prop_assert_eq!(found.player_names.len(), found.n_players);
        }
    }
}
