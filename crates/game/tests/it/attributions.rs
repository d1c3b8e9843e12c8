use einthoven_game::npy::{Array, Data};
use einthoven_game::{Attribution, AttributionArrays, Index, Kind, Link, Partition, Signal, Term, npz};
use proptest::prelude::*;

pub fn attribution(output: &str, terms: Vec<Term>) -> Attribution {
    Attribution {
        index: Index::Sv,
        min_order: 1,
        max_order: 1,
        n_players: 3,
        output: output.to_owned(),
        link: Link::Logit,
        baseline: 0.1,
        full: 0.9,
        kind: Kind::Consistent,
        method: "kernel".to_owned(),
        seed: 1,
        evaluations: 4096,
        terms,
        player_names: ["I", "II", "III"].map(str::to_owned).to_vec(),
        warnings: vec!["flat lead".to_owned()],
        run: [("device".to_owned(), "cpu".into())].into_iter().collect(),
    }
}

pub fn term(players: &[u32], value: f64, std_err: Option<f64>) -> Term {
    Term { players: players.to_vec(), value, std_err }
}

#[test]
fn the_json_is_the_one_that_is_documented() {
    let terms = vec![term(&[0], 0.5, Some(0.25)), term(&[2], 0.375, None)];
    let found: serde_json::Value =
        serde_json::from_str(&Attribution::to_json(&[attribution("MI", terms)]).unwrap()).unwrap();
    let expected = serde_json::json!([{
        "index": "SV", "min_order": 1, "max_order": 1, "n_players": 3, "output": "MI", "link": "logit",
        "baseline": 0.1, "full": 0.9, "kind": "consistent", "method": "kernel", "seed": 1, "evaluations": 4096,
        "terms": [
            {"players": [0], "value": 0.5, "std_err": 0.25},
            {"players": [2], "value": 0.375, "std_err": null},
        ],
        "player_names": ["I", "II", "III"], "warnings": ["flat lead"], "run": {"device": "cpu"},
    }]);
    assert_eq!(found, expected);
    assert!(found[0].as_object().unwrap().keys().eq(expected[0].as_object().unwrap().keys()), "the order of the keys");
}

#[test]
fn terms_that_were_left_out_are_zero() {
    let found = attribution("MI", vec![term(&[2], 0.8, None)]);
    let found = &Attribution::from_json(&Attribution::to_json(&[found]).unwrap()).unwrap()[0];
    assert_eq!((found.value(&[2]), found.value(&[1])), (0.8, 0.0));
    assert_eq!(found.player_values(), [0.0, 0.0, 0.8]);
    assert!(found.efficiency_gap().abs() < 1e-15);
}

#[test]
fn names_are_read_in_any_case_and_refused_by_name() {
    assert_eq!("sv".parse::<Index>().unwrap(), Index::Sv);
    assert_eq!("Sv".parse::<Index>().unwrap(), Index::Sv);
    assert_eq!("LOGIT".parse::<Link>().unwrap(), Link::Logit);
    assert_eq!("Probability".parse::<Link>().unwrap(), Link::Probability);
    for index in Index::ALL {
        assert_eq!(index.name().to_ascii_uppercase().parse::<Index>().unwrap(), index);
    }
    let error = "shap".parse::<Index>().unwrap_err().to_string();
    assert!(error.contains("shap") && error.contains("no such index") && error.contains("k-SII"), "{error}");
    assert!("odds".parse::<Link>().is_err());
    let json =
        Attribution::to_json(&[attribution("MI", vec![])]).unwrap().replace("SV", "sv").replace("logit", "LOGIT");
    assert_eq!(Attribution::from_json(&json).unwrap()[0].index, Index::Sv);
}

#[test]
fn impossible_attributions_are_refused() {
    for players in [&[3][..], &[1, 0], &[1, 1]] {
        let json = Attribution::to_json(&[attribution("MI", vec![term(players, 0.0, None)])]).unwrap();
        let error = Attribution::from_json(&json).unwrap_err().to_string();
        assert!(error.contains("terms[0].players"), "{error}");
    }
    let twice = attribution("MI", vec![term(&[0], 1.0, None), term(&[1], 1.0, None), term(&[0], 1.0, None)]);
    let error = Attribution::from_json(&Attribution::to_json(&[twice]).unwrap()).unwrap_err().to_string();
    assert!(error.contains("terms[2].players: expected each set once"), "{error}");
    let infinite = attribution("MI", vec![term(&[0], f64::INFINITY, None)]);
    assert!(Attribution::to_json(&[infinite]).unwrap_err().to_string().contains("`MI`"));
}

#[test]
fn arrays_line_up_the_terms_of_all_outputs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("attribution.npz");
    let first = attribution("MI", vec![term(&[1, 2], 4.0, None), term(&[2], 3.0, Some(0.5))]);
    let second = attribution("CD", vec![term(&[0], 1.0, Some(0.25)), term(&[2], 2.0, None)]);
    let partition = Partition::leads(&first.player_names, 2).unwrap();
    let signal = Signal::new(&partition, vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0], 100.0, 2.5).unwrap();
    let arrays = AttributionArrays::new(&[first, second], Some(signal)).unwrap();
    assert_eq!(arrays.terms, [vec![0], vec![2], vec![1, 2]]);
    assert_eq!(arrays.values, [0.0, 3.0, 4.0, 1.0, 2.0, 0.0]);
    let known: Vec<bool> = arrays.std_err.iter().map(|std_err| !std_err.is_nan()).collect();
    assert_eq!(known, [false, true, false, true, false, false]);
    arrays.save(&path).unwrap();
    let mut found = AttributionArrays::load(&path).unwrap();
    assert!(found.std_err.iter().zip(&arrays.std_err).all(|(found, saved)| found.to_bits() == saved.to_bits()));
    found.std_err.clone_from(&arrays.std_err);
    let same = |left: &AttributionArrays, right: &AttributionArrays| {
        (left.terms == right.terms && left.values == right.values && left.signal == right.signal)
            && (&left.outputs, &left.player_names, &left.baseline, &left.full)
                == (&right.outputs, &right.player_names, &right.baseline, &right.full)
    };
    assert!(same(&found, &arrays));
    assert!(Signal::new(&partition, vec![0.0; 5], 100.0, 0.0).is_err());
}

#[test]
fn maps_of_cells_come_back_and_fit_the_signal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("attribution.npz");
    let outputs = [attribution("MI", vec![term(&[0], 1.0, None)]), attribution("CD", vec![])];
    let partition = Partition::leads(&outputs[0].player_names, 2).unwrap();
    let arrays = || {
        let signal = Signal::new(&partition, vec![0.5; 6], 100.0, 0.0).unwrap();
        AttributionArrays::new(&outputs, Some(signal)).unwrap()
    };
    let cells: Vec<f64> = (0..12).map(|cell| 1.0 / (1.0 + f64::from(cell)) - 0.3).collect();
    arrays().with_dense(cells.clone()).unwrap().save(&path).unwrap();
    // f64 all the way: sums over players are those of the terms.
    assert_eq!(AttributionArrays::load(&path).unwrap().dense, Some(cells.clone()));
    let mut file = npz::Npz::open(&path).unwrap();
    assert_eq!(file.array("dense").unwrap(), Array { shape: vec![2, 3, 2], data: Data::F64(cells.clone()) });
    arrays().save(&path).unwrap();
    assert_eq!(AttributionArrays::load(&path).unwrap().dense, None);
    let refused = arrays().with_dense(cells[1..].to_vec()).unwrap_err().to_string();
    assert!(refused.contains("2 outputs x 6 cells") && refused.contains("found 11"), "{refused}");
    let bare = AttributionArrays::new(&outputs, None).unwrap();
    assert!(bare.with_dense(vec![]).unwrap_err().to_string().contains("x 0 cells"));
}

#[test]
fn maps_of_other_shapes_are_refused_by_field() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("attribution.npz");
    let with = |shape: &[usize], data: Data, signal: bool| {
        let texts = |texts: &[&str]| Array::flat(Data::Text(texts.iter().map(|&text| text.to_owned()).collect()));
        let floats = |count: usize| Array::flat(Data::F64(vec![0.0; count]));
        let mut arrays = vec![
            ("values", floats(0)),
            ("std_err", floats(0)),
            ("term_players", Array::flat(Data::U32(vec![]))),
            ("term_offsets", Array::flat(Data::U32(vec![0]))),
            ("baseline", floats(2)),
            ("full", floats(2)),
            ("outputs", texts(&["MI", "CD"])),
            ("player_names", texts(&["I"])),
            ("dense", Array { shape: shape.to_vec(), data }),
        ];
        if signal {
            arrays.push(("partition", Array { shape: vec![1, 3], data: Data::U32(vec![0; 3]) }));
            arrays.push(("signal", Array { shape: vec![1, 3], data: Data::F32(vec![0.0; 3]) }));
            arrays.push(("rate", Array::float(100.0)));
            arrays.push(("start", Array::float(0.0)));
        }
        npz::save(&path, &arrays).unwrap();
        AttributionArrays::load(&path).map(|found| found.dense).map_err(|error| error.to_string())
    };
    assert_eq!(with(&[2, 1, 3], Data::F32(vec![0.5; 6]), true), Ok(Some(vec![0.5; 6])));
    for (found, told) in [
        (with(&[2, 3], Data::F64(vec![0.0; 6]), true), "[2, 1, 3], found [2, 3]"),
        (with(&[2, 3, 1], Data::F64(vec![0.0; 6]), true), "[2, 1, 3], found [2, 3, 1]"),
        (with(&[2, 1, 3], Data::Text(vec![String::new(); 6]), true), "found texts"),
        (with(&[2, 1, 3], Data::F64(vec![0.0; 6]), false), "expected a `signal`"),
    ] {
        let error = found.unwrap_err();
        assert!(error.contains("`dense`") && error.contains(told), "{error}");
    }
}

#[test]
fn arrays_of_thousands_of_players_and_several_orders_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("attribution.npz");
    let n = 3000u32;
    let output = |output: u32| {
        // Sets of none to four players, other ones in each output.
        let set = |at: u32| (0..at % 5).map(|member| (at * 7 + output + member * 601) % n).collect::<Vec<u32>>();
        let mut sets: Vec<Vec<u32>> = (0..4000).map(set).collect();
        sets.iter_mut().for_each(|set| set.sort_unstable());
        sets.sort();
        sets.dedup();
        let value = |(at, set): (usize, Vec<u32>)| {
            let std_err = (at % 3 > 0).then_some(0.5 + at as f64);
            Term { value: f64::from(output) + 1.0 / (1 + at) as f64, players: set, std_err }
        };
        let terms = sets.into_iter().enumerate().map(value).collect();
        let player_names = (0..n).map(|player| format!("window {player}")).collect();
        let baseline = f64::from(output);
        Attribution {
            index: Index::KSii,
            min_order: 0,
            max_order: 4,
            n_players: 3000,
            player_names,
            baseline,
            ..attribution(&output.to_string(), terms)
        }
    };
    let attributions = [output(0), output(1), output(2)];
    AttributionArrays::new(&attributions, None).unwrap().save(&path).unwrap();
    let found = AttributionArrays::load(&path).unwrap();
    assert_eq!(
        (found.outputs.len(), &found.player_names, found.signal.is_none()),
        (3, &attributions[0].player_names, true)
    );
    assert!(found.terms.is_sorted_by(|left, right| (left.len(), left) < (right.len(), right)));
    for (output, saved) in attributions.iter().enumerate() {
        let row = output * found.terms.len()..(output + 1) * found.terms.len();
        let mut n_found = 0;
        for ((players, value), std_err) in found.terms.iter().zip(&found.values[row.clone()]).zip(&found.std_err[row]) {
            let term = saved.terms.iter().find(|term| term.players == *players);
            n_found += usize::from(term.is_some());
            assert_eq!(*value, term.map_or(0.0, |term| term.value));
            assert_eq!((!std_err.is_nan()).then_some(*std_err), term.and_then(|term| term.std_err));
        }
        assert_eq!(n_found, saved.terms.len());
        assert_eq!(found.baseline[output], saved.baseline);
    }
}

proptest! {
    #[test]
    fn json_comes_back(
        values in prop::collection::vec((prop::num::f64::NORMAL, prop::option::of(prop::num::f64::NORMAL)), 3),
        output in ".{0,9}", seed in any::<u64>(),
    ) {
        let terms = values.iter().enumerate().map(|(at, &(value, std_err))| term(&[at as u32], value, std_err)).collect();
        let saved = vec![Attribution { seed, ..attribution(&output, terms) }];
        let mut found = Attribution::from_json(&Attribution::to_json(&saved).unwrap()).unwrap();
        // serde_json reads numbers to within a few units in the last place; everything else comes back as it was.
        let near = |found: f64, saved: f64| found.to_bits().abs_diff(saved.to_bits()) <= 4;
        for (found, saved) in found[0].terms.iter_mut().zip(&saved[0].terms) {
            prop_assert!(near(found.value, saved.value));
            prop_assert_eq!(found.std_err.is_some(), saved.std_err.is_some());
            prop_assert!(near(found.std_err.unwrap_or(0.0), saved.std_err.unwrap_or(0.0)));
            found.clone_from(saved);
        }
        prop_assert_eq!(found, saved);
    }
}
