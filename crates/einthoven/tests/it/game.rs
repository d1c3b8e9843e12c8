//! `einthoven game`: our estimators on games whose answer is known.

use std::fs;

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::program::{einthoven, succeed};

/// The Shapley values of a game file, per output.
fn shapley_values(game: &Value, args: &[&str]) -> Vec<Vec<f64>> {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("game.json"), game.to_string()).unwrap();
    let out = succeed(folder.path(), &[&["game", "game.json", "--json"], args].concat());
    let list: Value = serde_json::from_str(&out).unwrap();
    let players = game["n_players"].as_u64().unwrap() as usize;
    let read = |attribution: &Value| {
        let mut values = vec![0.0; players];
        for term in attribution["terms"].as_array().unwrap() {
            values[term["players"][0].as_u64().unwrap() as usize] = term["value"].as_f64().unwrap();
        }
        values
    };
    list.as_array().unwrap().iter().map(read).collect()
}

fn close(found: &[f64], expected: &[f64], within: f64) {
    assert_eq!(found.len(), expected.len());
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() <= within, "{found:?} and {expected:?}");
    }
}

#[test]
fn glove_game_is_exact() {
    // One left glove (player 0) and two right ones: the textbook answer is 2/3, 1/6, 1/6.
    let game = json!({ "n_players": 3, "values": [0, 0, 0, 1, 0, 1, 0, 1] });
    for method in ["exact", "kernel", "auto"] {
        close(&shapley_values(&game, &["--method", method])[0], &[2.0 / 3.0, 1.0 / 6.0, 1.0 / 6.0], 1e-12);
    }
}

#[test]
fn owen_values_keep_groups_together() {
    // All three are needed: the two groups share equally, then the members of each.
    let game = json!({ "n_players": 4, "moebius": [[[0, 1, 2], 1.0], [[3], 2.0]] });
    let args = ["--method", "hierarchical-owen", "--budget", "16", "--groups", "0-1;2"];
    close(&shapley_values(&game, &args)[0], &[0.25, 0.25, 0.5, 2.0], 1e-12);
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("game.json"), game.to_string()).unwrap();
    for (args, words) in [
        (&["--method", "hierarchical-owen"][..], "--groups"),
        (&["--method", "hierarchical-owen", "--groups", "0-9"], "player 4"),
        (&["--method", "hierarchical-owen", "--groups", "0;x"], "`x`"),
        (&["--index", "bv", "--method", "kernel"], "msr"),
        (&["--index", "lime", "--method", "kernel"], "lime"),
        (&["--index", "fsii", "--method", "kadd"], "kADD-SHAP"),
        (&["--index", "sv", "--order", "2"], "order from 1 to 1"),
        (&["--order", "5"], "order from 1 to 4"),
        (&["--index", "jointsv", "--order", "2", "--method", "regression", "--budget", "9"], "it estimates FSII"),
        (&["--index", "fsii", "--order", "2", "--method", "regression", "--budget", "9"], "at least 16"),
        (&["--order", "2", "--until", "0.1"], "--until"),
        (&["--method", "nonsense"], "svarm-iq"),
        (&["--until", "-1"], "-1"),
    ] {
        let run = einthoven(folder.path(), &[&["game", "game.json"], args].concat());
        assert!(run.code == 2 && run.err.contains(words), "{args:?}: {}: {}", run.code, run.err);
    }
}

#[test]
fn indices_find_their_method() {
    // One in four coalitions of the others holds what a unanimity game of three needs.
    let game = json!({ "n_players": 3, "moebius": [[[0, 1, 2], 1.0], [[1], 1.0]] });
    close(&shapley_values(&game, &["--index", "bv"])[0], &[0.25, 1.25, 0.25], 1e-12);
    close(&shapley_values(&game, &["--index", "SV"])[0], &[1.0 / 3.0, 4.0 / 3.0, 1.0 / 3.0], 1e-12);
}

#[test]
fn rounds_end_when_errors_are_small() {
    let terms: Vec<Value> = (0..40).map(|at| json!([[at, (at + 7) % 40, (at + 19) % 40], 1.0])).collect();
    let game = json!({ "n_players": 40, "moebius": terms });
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("game.json"), game.to_string()).unwrap();
    let args = ["game", "game.json", "--json", "--budget", "50000", "--until", "0.01"];
    let list: Value = serde_json::from_str(&succeed(folder.path(), &args)).unwrap();
    let evaluations = list[0]["evaluations"].as_u64().unwrap();
    assert!((80..20_000).contains(&evaluations), "{evaluations}");
    let largest = list[0]["terms"].as_array().unwrap().iter().map(|term| term["std_err"].as_f64().unwrap());
    assert!(largest.fold(0.0, f64::max) <= 0.4);
    // By symmetry everybody has the same.
    let values = list[0]["terms"].as_array().unwrap().iter().map(|term| term["value"].as_f64().unwrap());
    values.for_each(|value| assert!((value - 1.0).abs() < 1.6, "{value}"));
}

#[test]
fn outputs_are_explained_side_by_side() {
    let game = json!({ "n_players": 2, "values": [[0, 1], [2, 1], [3, 0], [5, 4]] });
    let values = shapley_values(&game, &["--method", "exact"]);
    close(&values[0], &[2.0, 3.0], 1e-12);
    close(&values[1], &[2.0, 1.0], 1e-12);
}

#[test]
fn sparse_games_have_the_shares_of_their_coefficients() {
    // Shapley shares a Moebius coefficient equally among its players.
    let game = json!({ "n_players": 40, "moebius": [[[1], 2.0], [[1, 30], -1.0], [[0, 5, 39], 0.9]] });
    let mut expected = vec![0.0; 40];
    (expected[1], expected[30], expected[0], expected[5], expected[39]) = (1.5, -0.5, 0.3, 0.3, 0.3);
    close(&shapley_values(&game, &["--method", "kernel", "--budget", "4000"])[0], &expected, 0.03);
    close(&shapley_values(&game, &["--method", "permutation", "--budget", "40000"])[0], &expected, 0.03);
}

#[test]
fn one_seed_gives_one_answer_and_another_seed_another() {
    let game = json!({ "n_players": 20, "moebius": [[[0, 1, 2], 1.0], [[3, 4, 5, 6], 2.0]] });
    let run = |seed| shapley_values(&game, &["--method", "kernel", "--budget", "200", "--seed", seed]);
    assert_eq!(run("5"), run("5"));
    assert_ne!(run("5"), run("6"));
}

#[test]
fn a_broken_game_names_the_field() {
    let folder = tempdir().unwrap();
    for (text, field) in [
        (r#"{"n_players": 2, "values": [1, 2, 3]}"#, "values"),
        (r#"{"values": [1, 2]}"#, "n_players"),
        (r#"{"n_players": 2, "moebius": [[[7], 1.0]]}"#, "moebius"),
        ("not json", "game.json"),
    ] {
        fs::write(folder.path().join("game.json"), text).unwrap();
        let run = einthoven(folder.path(), &["game", "game.json"]);
        assert_eq!(run.code, 3, "{text}");
        assert!(run.err.contains(field) && run.err.contains("game.json"), "{text}: {}", run.err);
        assert!(run.out.is_empty());
    }
}

/// The terms of a run on a game, `[outputs]`.
fn terms(game: &Value, args: &[&str]) -> Vec<Vec<(Vec<u64>, f64)>> {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("game.json"), game.to_string()).unwrap();
    let out = succeed(folder.path(), &[&["game", "game.json", "--json"], args].concat());
    let list: Vec<Value> = serde_json::from_str(&out).unwrap();
    let term = |term: &Value| {
        let players = term["players"].as_array().unwrap().iter().map(|player| player.as_u64().unwrap()).collect();
        (players, term["value"].as_f64().unwrap())
    };
    list.iter().map(|output| output["terms"].as_array().unwrap().iter().map(term).collect()).collect()
}

#[test]
fn interactions_of_a_small_game_are_those_of_the_textbook() {
    // v = x0 + 2 x0 x1 - 3/2 x1 x2 x3. Of the triple each pair has a SII of -3/4, and STII gives the top order all of it.
    let game = json!({ "n_players": 4, "moebius": [[[0], 1.0], [[0, 1], 2.0], [[1, 2, 3], -1.5]] });
    let pairs = |args: &[&str]| -> Vec<f64> {
        let found = terms(&game, args);
        found[0].iter().filter(|(players, _)| players.len() == 2).map(|(_, value)| *value).collect()
    };
    for method in ["auto", "exact", "shapiq", "svarm-iq", "kernelshap-iq"] {
        close(&pairs(&["--method", method, "--order", "2"]), &[2.0, 0.0, 0.0, -0.75, -0.75, -0.75], 1e-9);
    }
    close(&pairs(&["--index", "stii", "--order", "3"]), &[2.0, 0.0, 0.0, 0.0, 0.0, 0.0], 1e-9);
    close(&pairs(&["--index", "moebius", "--order", "2"]), &[2.0, 0.0, 0.0, 0.0, 0.0, 0.0], 1e-9);
    close(&pairs(&["--index", "bii"]), &[2.0, 0.0, 0.0, -0.75, -0.75, -0.75], 1e-9);
    // An index of interactions without an order is of order two; shapiq's layout holds the same.
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("game.json"), game.to_string()).unwrap();
    let args = ["game", "game.json", "--index", "fsii", "--json", "--format", "shapiq"];
    let out: Value = serde_json::from_str(&succeed(folder.path(), &args)).unwrap();
    assert_eq!(out["object_name"], "InteractionValues");
}

#[test]
fn a_penalty_is_solved_on_request_and_said() {
    let terms: Vec<Value> = (0..12).map(|player| json!([[player, player + 13], 1.0])).collect();
    let game = json!({ "n_players": 26, "moebius": terms });
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("game.json"), game.to_string()).unwrap();
    let args = ["game", "game.json", "--index", "fsii", "--order", "2", "--method", "regression", "--budget", "240"];
    let refused = einthoven(folder.path(), &args);
    assert!(refused.code == 2 && refused.err.contains("at least 826"), "{}", refused.err);
    for (flag, words) in [("--ridge", "leave-one-out"), ("--lasso", "cross-validation")] {
        let out = succeed(folder.path(), &[&args[..], &[flag]].concat());
        assert!(out.contains(words) && out.contains("(biased)"), "{out}");
    }
    assert_eq!(einthoven(folder.path(), &[&args[..], &["--ridge", "--lasso"]].concat()).code, 2);
}

#[test]
fn sparse_games_of_any_size_have_a_closed_form() {
    // A triple of 2000 players: as in a game of three. Of a spectrum, a sign of two players has the index (-2)^2.
    let game = json!({ "n_players": 2000, "moebius": [[[3, 700, 1999], 6.0]] });
    let found = terms(&game, &["--method", "exact", "--order", "2", "--index", "sii"]);
    let value = |players: &[u64]| found[0].iter().find(|(set, _)| set == players).map(|(_, value)| *value);
    assert_eq!((value(&[3]), value(&[700, 1999])), (Some(2.0), Some(3.0)));
    let game = json!({ "n_players": 500, "fourier": [[[7, 401], 0.5]] });
    let found = terms(&game, &["--method", "exact", "--order", "2"]);
    let pair = found[0].iter().find(|(set, _)| set == &[7, 401]).unwrap();
    assert!((pair.1 - 2.0).abs() < 1e-12, "{pair:?}");
}
