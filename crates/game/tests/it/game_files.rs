use einthoven_game::{Coalitions, Game, GameFile, exact};

fn values(json: &str) -> Vec<f64> {
    let game = GameFile::from_json(json.as_bytes()).unwrap();
    // Rows 0, N, 1, 2, ...; sorted back to the order of their bits.
    let rows = Coalitions::from_words(game.n_players(), (0..1 << game.n_players()).collect()).unwrap();
    game.values(&rows).unwrap().as_slice().to_vec()
}

#[test]
fn the_three_forms_mean_what_they_say() {
    assert_eq!(values(r#"{"n_players": 2, "values": [1, 2.5, -3, 4e0]}"#), [1.0, 2.5, -3.0, 4.0]);
    assert_eq!(values(r#"{"n_players": 1, "values": [[1, 2], [3, 4]]}"#), [1.0, 2.0, 3.0, 4.0]);
    // v(S): the sets inside S.
    let moebius = r#"{"n_players": 3, "moebius": [[[], 1], [[0], 2], [[2, 1], 4]]}"#;
    assert_eq!(values(moebius), [1.0, 3.0, 1.0, 3.0, 1.0, 3.0, 5.0, 7.0]);
    // v(S): a sign for each player that S shares with the set.
    let fourier = r#"{"n_players": 3, "fourier": [[[], 1], [[0], 2], [[1, 2], 4]]}"#;
    assert_eq!(values(fourier), [7.0, 3.0, -1.0, -5.0, -1.0, -5.0, 7.0, 3.0]);
}

#[test]
fn sparse_games_may_have_thousands_of_players() {
    let game = GameFile::moebius(5000, vec![(vec![0, 4999], 2.0), (vec![31, 32], 1.0)]).unwrap();
    let mut rows = Coalitions::new(5000);
    rows.push_full();
    rows.push([0, 4999]);
    rows.push([0, 31, 32]);
    rows.push([4999]);
    assert_eq!(game.values(&rows).unwrap().as_slice(), [3.0, 2.0, 1.0, 0.0]);
}

#[test]
fn noise_belongs_to_the_coalition() {
    let quiet = GameFile::moebius(12, vec![]).unwrap();
    let game = quiet.with_noise(0.5, 3).unwrap();
    let rows = exact::design(12).unwrap().rows;
    let values = game.values(&rows).unwrap();
    let mut backwards = Coalitions::new(12);
    (0..rows.len()).rev().for_each(|row| backwards.push_words(rows.row(row).words()));
    let again = game.values(&backwards).unwrap();
    assert!((0..rows.len()).all(|row| values.get(row, 0) == again.get(rows.len() - 1 - row, 0)));
    assert_ne!(game.clone().with_seed(4).values(&rows).unwrap().as_slice(), values.as_slice());
    // 4096 normal numbers: mean within 4 standard errors, variance within 4 of its own (sqrt(2/n) relative).
    let n = values.len() as f64;
    let mean = values.as_slice().iter().sum::<f64>() / n;
    let variance = values.as_slice().iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
    assert!(mean.abs() < 4.0 * 0.5 / n.sqrt(), "{mean}");
    assert!((variance / 0.25 - 1.0).abs() < 4.0 * (2.0 / n).sqrt(), "{variance}");
}

#[test]
fn fingerprints_tell_games_apart() {
    let rows = Coalitions::from_words(2, vec![0, 3]).unwrap();
    let print = |game: &GameFile| game.values(&rows).unwrap().fingerprint;
    let moebius = GameFile::moebius(2, vec![(vec![0, 1], 1.0)]).unwrap();
    let fourier = GameFile::fourier(2, vec![(vec![0, 1], 1.0)]).unwrap();
    let noisy = moebius.clone().with_noise(1.0, 1).unwrap();
    assert_eq!(print(&moebius), print(&moebius.clone().with_seed(9)));
    let prints = [print(&moebius), print(&fourier), print(&noisy), print(&noisy.clone().with_seed(2))];
    assert!((0..4).all(|at| !prints[..at].contains(&prints[at])), "{prints:?}");
    let joined = moebius.values(&rows).unwrap().concat(&moebius.values(&rows).unwrap()).unwrap();
    assert_eq!(joined.as_slice(), [0.0, 1.0, 0.0, 1.0]);
    assert!(moebius.values(&rows).unwrap().concat(&fourier.values(&rows).unwrap()).is_err());
}

#[test]
fn mistakes_are_named() {
    for (json, told) in [
        (r#"{"values": [1, 2]}"#, "`n_players`"),
        (r#"{"n_players": "two", "values": [1, 2]}"#, "`n_players`"),
        (r#"{"n_players": 0, "values": [1]}"#, "`n_players`"),
        (r#"{"n_players": 25, "values": [1]}"#, "`n_players`"),
        (r#"{"n_players": 1}"#, "`values`, `moebius` and `fourier`"),
        (r#"{"n_players": 1, "values": [1, 2], "moebius": []}"#, "`values`, `moebius` and `fourier`"),
        (r#"{"n_players": 1, "values": [1, 2, 3]}"#, "`values`"),
        (r#"{"n_players": 1, "values": [1, "x"]}"#, "`values`"),
        (r#"{"n_players": 1, "values": [1, null]}"#, "`values`"),
        (r#"{"n_players": 1, "values": [[1, 2], [3]]}"#, "row 1"),
        (r#"{"n_players": 1, "values": [[], []]}"#, "`values`"),
        (r#"{"n_players": 2, "moebius": [[[0], 1], [[2], 1]]}"#, "`moebius[1]`"),
        (r#"{"n_players": 2, "fourier": [[[1, 1], 1]]}"#, "`fourier[0]`"),
        (r#"{"n_players": 2, "fourier": [[[1, -1], 1]]}"#, "`fourier`"),
        (r#"{"n_players": 1, "values": [1, 2], "noise_sd": -1}"#, "`noise_sd`"),
        (r#"{"n_players": 1, "value": [1, 2]}"#, "`value`"),
        ("[1, 2]", "an object"),
        ("", "not a game"),
    ] {
        let error = GameFile::from_json(json.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(told), "{json}: {error}");
    }
    let missing = GameFile::load(std::path::Path::new("no_such_game.json")).unwrap_err().to_string();
    assert!(missing.contains("no_such_game.json"), "{missing}");
}
