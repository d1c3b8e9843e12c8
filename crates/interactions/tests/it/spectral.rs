//! SPEX, ProxySPEX and both together, on functions whose spectra are known.

use std::collections::{BTreeMap, BTreeSet};

use einthoven_game::{Attribution, Coalitions, Game, GameFile, Index, indices, rng};
use einthoven_interactions::spectral::{Spectrum, faithfulness};
use einthoven_interactions::{Method, Request};
use proptest::prelude::*;
use rand::RngExt;

use crate::common::{INDICES, TwoTables, exact_terms, largest_error, table};

const METHODS: [Method; 3] = [Method::Spex, Method::ProxySpex, Method::Spectral];

type Terms = Vec<(Vec<u32>, f64)>;

/// `k` sets of at most `most` players with coefficients of magnitude 0.5 to 1.5.
fn random_terms(n: usize, k: usize, most: usize, seed: u64) -> Terms {
    let mut rng = rng::stream(seed, "spectral tests", 0);
    let mut terms: BTreeMap<Vec<u32>, f64> = BTreeMap::new();
    while terms.len() < k {
        let size = rng.random_range(1..=most);
        let mut set: Vec<u32> =
            rand::seq::index::sample(&mut rng, n, size).iter().map(|player| player as u32).collect();
        set.sort_unstable();
        let magnitude: f64 = rng.random_range(0.5..1.5);
        terms.insert(set, if rng.random() { magnitude } else { -magnitude });
    }
    terms.into_iter().collect()
}

fn flat(n: usize, k: usize, most: usize, seed: u64) -> GameFile {
    GameFile::fourier(n, random_terms(n, k, most, seed)).unwrap()
}

/// The spectrum of the only output of a game.
fn recover(method: Method, game: &dyn Game, budget: usize, seed: u64) -> Attribution {
    let n = game.n_players();
    let request = Request::new(Index::Fourier, n.min(5), n, budget, seed);
    let design = method.design(&request).unwrap();
    assert!(design.rows.len() <= budget, "{method}: {} rows", design.rows.len());
    let values = game.values(&design.rows).unwrap();
    method.estimate(&request, &design, &values).unwrap().remove(0)
}

/// The sets with players.
fn sets(attribution: &Attribution) -> BTreeSet<Vec<u32>> {
    attribution.terms.iter().map(|term| term.players.clone()).filter(|set| !set.is_empty()).collect()
}

fn largest_difference(found: &Attribution, truth: &[(Vec<u32>, f64)]) -> f64 {
    let errors = truth.iter().map(|(set, coefficient)| (found.value(set) - coefficient).abs());
    errors.fold(0.0, f64::max)
}

#[test]
fn a_full_budget_is_exact() {
    for n in [2, 3, 6, 9] {
        let game = TwoTables::new(n, 5 + n as u64);
        for method in METHODS {
            for index in INDICES {
                let order = if matches!(index, Index::Sv | Index::Bv) { 1 } else { 2 };
                let request = Request::new(index, order, n, 1 << n, 1);
                let design = method.design(&request).unwrap();
                let found = method.estimate(&request, &design, &game.values(&design.rows).unwrap()).unwrap();
                for (output, found) in found.iter().enumerate() {
                    let error = largest_error(found, &exact_terms(index, order, &table(&game, output)));
                    assert!(error < 1e-9, "{method}, {index}, n {n}: {error:.1e}");
                    assert_eq!(found.method, method.name());
                }
            }
        }
    }
}

#[test]
fn a_code_finds_sets_without_parts_that_count() {
    // Sizes up to five; n = 1000 with 4000 coalitions is 48 groups of bins of 56 delays.
    for (n, k, budget) in [(100, 20, 4000), (1000, 20, 4000)] {
        for seed in 0..3 {
            let truth = random_terms(n, k, 5, seed);
            let game = GameFile::fourier(n, truth.clone()).unwrap();
            let found = recover(Method::Spex, &game, budget, seed);
            assert_eq!(sets(&found), truth.iter().map(|(set, _)| set.clone()).collect(), "n {n}, seed {seed}");
            assert!(largest_difference(&found, &truth) < 1e-9, "n {n}, seed {seed}");
        }
    }
}

#[test]
fn nested_sets_are_found_by_all() {
    // Products of up to four players: all of their subsets count.
    let n = 60;
    for seed in 0..3 {
        let terms = random_terms(n, 8, 4, 20 + seed);
        let game = GameFile::moebius(n, terms.clone()).unwrap();
        let truth: Terms = Spectrum::from_moebius(n, &terms).unwrap().terms().to_vec();
        for method in [Method::Spex, Method::Spectral] {
            let found = recover(method, &game, 3000, seed);
            assert_eq!(sets(&found), truth.iter().map(|(set, _)| set.clone()).filter(|set| !set.is_empty()).collect());
            assert!(largest_difference(&found, &truth) < 1e-9, "{method}, seed {seed}");
        }
        // Trees come close; the issue asks for no more than what the best of its peers gives on such functions, 0.95.
        let found = recover(Method::ProxySpex, &game, 3000, seed);
        let faithful = Spectrum::of(&found).unwrap().faithfulness(&game, 0, 10_000, seed).unwrap().unwrap();
        assert!(faithful.r2 > 0.95, "seed {seed}: {faithful:?}");
    }
}

#[test]
fn noise_alone_is_no_interaction() {
    // At a rate of one in ten the chance of five false alarms in twenty is 4 %, for each method; trees are held to three
    // standard errors, so that none is expected.
    let n = 100;
    for method in METHODS {
        let alarms = (0..20).filter(|&seed| {
            let game = GameFile::fourier(n, vec![(vec![], 3.0)]).unwrap().with_noise(1.0, seed).unwrap();
            !sets(&recover(method, &game, 1500, seed)).is_empty()
        });
        let alarms = alarms.count();
        assert!(alarms <= 2, "{method}: {alarms} of 20");
    }
}

#[test]
fn a_constant_is_a_constant() {
    let game = GameFile::fourier(300, vec![(vec![], 2.5)]).unwrap();
    for method in METHODS {
        let found = recover(method, &game, 2000, 0);
        assert!(sets(&found).is_empty() && found.value(&[]) == 2.5, "{method}: {:?}", found.terms);
    }
}

#[test]
fn an_offset_loses_nothing() {
    let n = 100;
    let truth = random_terms(n, 10, 4, 3);
    let plain = GameFile::fourier(n, truth.clone()).unwrap();
    let game = GameFile::fourier(n, [truth.clone(), vec![(vec![], 1e6)]].concat()).unwrap();
    for method in METHODS {
        let [plain, found] = [&plain, &game].map(|game| recover(method, game, 3000, 2));
        assert_eq!(sets(&plain), sets(&found), "{method}");
        // The values themselves are rounded at 1e-10.
        let error = plain.terms.iter().map(|term| (found.value(&term.players) - term.value).abs());
        assert!(error.skip(1).fold(0.0, f64::max) < 1e-8, "{method}");
        assert!((found.value(&[]) - 1e6 - plain.value(&[])).abs() < 1e-6, "{method}");
    }
}

#[test]
fn values_of_any_size_give_the_same() {
    let n = 60;
    let truth = random_terms(n, 10, 3, 4);
    // Powers of two, so that all values are the same but for their exponents.
    for (method, power) in [(Method::Spex, -900), (Method::ProxySpex, 1000), (Method::Spectral, 1000)] {
        let scale = 2f64.powi(power);
        let [plain, scaled] = [1.0, scale].map(|scale| {
            let terms = truth.iter().map(|(set, coefficient)| (set.clone(), scale * coefficient)).collect();
            let game = GameFile::fourier(n, terms).unwrap().with_noise(0.3 * scale, 1).unwrap();
            recover(method, &game, 1500, 2)
        });
        // Trees see a few of them; what matters here is that it is not nothing.
        assert!(sets(&plain).len() >= 3, "{method}: {} sets", sets(&plain).len());
        assert_eq!(sets(&plain), sets(&scaled), "{method}");
        for (plain, scaled) in plain.terms.iter().zip(&scaled.terms) {
            let std_err = plain.std_err.map(|error| error * scale);
            assert_eq!((plain.value * scale, std_err), (scaled.value, scaled.std_err), "{method}");
        }
        let [plain, scaled] = [&plain, &scaled].map(|found| &found.run["spectral"]);
        assert_eq!((&plain["won"], &plain["r2"]), (&scaled["won"], &scaled["r2"]), "{method}");
        if method == Method::Spex {
            let [plain, scaled] = [plain, scaled].map(|facts| facts["spex"]["noise"].as_f64().unwrap());
            assert_eq!(plain * scale, scaled);
        }
    }
}

#[test]
fn odd_functions_are_exact() {
    let parity = vec![(vec![3, 14, 15, 65, 92], 1.0)];
    // All subsets of three players that cancel where all three are on or off.
    let nested = vec![
        (vec![1], 1.0),
        (vec![1, 2], -1.0),
        (vec![1, 2, 3], 1.0),
        (vec![2, 3], -1.0),
        (vec![3], 1.0),
        (vec![2], -1.0),
    ];
    for truth in [parity, nested] {
        let game = GameFile::fourier(100, truth.clone()).unwrap();
        for method in [Method::Spex, Method::Spectral] {
            // A third of it has room for a code that spells sets of five, which takes 1017.
            let found = recover(method, &game, 3060, 1);
            assert_eq!(sets(&found), truth.iter().map(|(set, _)| set.clone()).collect(), "{method}");
            assert!(largest_difference(&found, &truth) < 1e-12, "{method}");
        }
    }
}

#[test]
fn what_is_claimed_under_noise_is_there() {
    // As much noise as function. Of what is found at most one in ten is false on average; over 5 functions of 20 sets, with the
    // rate counted over all, one in ten and no more than chance adds: 10 of 100 and three standard deviations of 3.
    let (mut found, mut wrong) = (0, 0);
    for seed in 0..5 {
        let truth = random_terms(100, 20, 4, 40 + seed);
        let sd = truth.iter().map(|(_, coefficient)| coefficient * coefficient).sum::<f64>().sqrt();
        let game = GameFile::fourier(100, truth.clone()).unwrap().with_noise(sd, seed).unwrap();
        let truth: BTreeSet<Vec<u32>> = truth.into_iter().map(|(set, _)| set).collect();
        let sets = sets(&recover(Method::Spex, &game, 4000, seed));
        found += sets.len();
        wrong += sets.difference(&truth).count();
    }
    assert!(found >= 80, "{found} of 100");
    assert!(wrong as f64 <= 0.1 * found as f64 + 9.0, "{wrong} of {found}");
}

#[test]
fn standard_errors_are_those_of_repetitions() {
    // 95 % intervals of all coefficients over 60 draws of coalitions and noise; the function is found each time, so that nothing
    // else moves. 60 x 6 intervals: three standard deviations of the share are 0.034.
    let truth = random_terms(40, 6, 3, 8);
    let (mut inside, mut all) = (0, 0);
    for seed in 0..60 {
        let game = GameFile::fourier(40, truth.clone()).unwrap().with_noise(1.0, seed).unwrap();
        let found = recover(Method::Spex, &game, 1500, seed);
        for (set, coefficient) in &truth {
            let term = found.term(set).unwrap();
            all += 1;
            inside += usize::from((term.value - coefficient).abs() <= 1.96 * term.std_err.unwrap());
        }
    }
    let share = f64::from(inside as u32) / f64::from(all as u32);
    assert!((0.91..=0.985).contains(&share), "{inside} of {all}");
}

#[test]
fn errors_of_an_index_are_those_of_repetitions() {
    // Shapley values, each a sum of several coefficients.
    let truth = random_terms(30, 8, 3, 9);
    let exact = Spectrum::new(30, &truth).unwrap().index(Index::Sv, 1).unwrap();
    let (mut inside, mut all) = (0, 0);
    for seed in 0..60 {
        let game = GameFile::fourier(30, truth.clone()).unwrap().with_noise(0.5, seed).unwrap();
        let request = Request::new(Index::Sv, 1, 30, 1500, seed);
        let design = Method::Spex.design(&request).unwrap();
        let found = Method::Spex.estimate(&request, &design, &game.values(&design.rows).unwrap()).unwrap().remove(0);
        for term in exact.iter().filter(|term| !term.players.is_empty() && term.value != 0.0) {
            let found = found.term(&term.players).unwrap();
            all += 1;
            inside += usize::from((term.value - found.value).abs() <= 1.96 * found.std_err.unwrap());
        }
    }
    let share = f64::from(inside as u32) / f64::from(all as u32);
    assert!((0.91..=0.985).contains(&share), "{inside} of {all}");
}

#[test]
fn simpler_explanations_stand_beside() {
    let game = flat(40, 10, 2, 1);
    let found = recover(Method::Spectral, &game, 3000, 0);
    let facts = &found.run["spectral"];
    let lines = facts["comparison"].as_array().unwrap();
    let r2 = |name: &str| lines.iter().find(|line| line["name"] == name).unwrap()["r2"].as_f64().unwrap();
    // All sets are pairs or single players, so the best function of pairs is the function itself.
    assert!((r2("FBII of order 2") - 1.0).abs() < 1e-9);
    assert!((r2("spex") - 1.0).abs() < 1e-9 && r2("constant").abs() < 0.05);
    assert!(r2("LIME") < r2("linear (Banzhaf)") + 0.05 && r2("linear (Banzhaf)") < 0.9);
    assert_eq!(facts["claimed"], 10);
    // Others are exact too: they differ by rounding alone.
    assert!(facts["why"].as_str().unwrap().ends_with("sets), as good"), "{}", facts["why"]);
    // With more players pairs are too many, and the line says how many coalitions they would take.
    let found = recover(Method::Spectral, &flat(200, 10, 2, 1), 3000, 0);
    let lines = found.run["spectral"]["comparison"].as_array().unwrap();
    let line = lines.iter().find(|line| line["name"] == "FBII of order 2").unwrap();
    assert!(line["missing"].as_str().unwrap().contains("20101 unknowns"), "{line}");
}

#[test]
fn what_is_kept_is_what_was_judged() {
    // On a faint linear game LIME misses least at some of these seeds; but its fit weighs coalitions, and what is kept does not.
    let n = 60;
    let terms: Terms = (0..n as u32).map(|player| (vec![player], if player % 3 == 0 { -0.5 } else { 0.5 })).collect();
    for seed in 1..6 {
        let game = GameFile::moebius(n, terms.clone()).unwrap().with_noise(1.0, seed).unwrap();
        let facts = &recover(Method::Spectral, &game, 256, seed).run["spectral"];
        let lines = facts["comparison"].as_array().unwrap();
        assert!(facts["won"] != "LIME" && lines.iter().any(|line| line["name"] == "LIME"), "seed {seed}");
        let kept = lines.iter().find(|line| line["name"] == facts["won"]).unwrap();
        assert_eq!((&kept["r2"], &kept["sets"]), (&facts["r2"], &facts["sets"]));
    }
}

#[test]
fn answers_do_not_depend_on_threads() {
    let game = flat(80, 15, 4, 2).with_noise(0.3, 1).unwrap();
    for method in METHODS {
        let runs = [1, 3].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| recover(method, &game, 2000, 4))
        });
        assert_eq!(runs[0], runs[1], "{method}");
    }
}

#[test]
fn requests_that_cannot_be_met_are_refused() {
    let design = |method: Method, n, budget| method.design(&Request::new(Index::Fourier, 2, n, budget, 0));
    let error = design(Method::Spex, 1000, 500).unwrap_err().to_string();
    assert!(error.contains("needs at least 537"), "{error}");
    assert!(design(Method::Spex, 1000, 537).is_ok());
    assert!(design(Method::ProxySpex, 1000, 127).unwrap_err().to_string().contains("needs at least 128"));
    // A third of the coalitions is for a code, if it has room there.
    let coded = |n, budget| design(Method::Spectral, n, budget).unwrap().draws.iter().any(|draw| draw.role == 0);
    for (n, smallest) in [(100, 393), (1000, 537)] {
        assert!(coded(n, 3 * smallest) && !coded(n, 3 * smallest - 1), "{n}");
    }
    let line = &recover(Method::Spectral, &flat(100, 5, 2, 0), 1000, 0).run["spectral"]["comparison"];
    let missing = line.as_array().unwrap().iter().find(|line| line["name"] == "spex").unwrap()["missing"].clone();
    assert_eq!(missing, "its code needs 1179 coalitions");
    // Of few players all coalitions are enough.
    assert!(design(Method::Spex, 7, 100).unwrap_err().to_string().contains("needs at least 128"));
    assert!(design(Method::Spex, 7, 128).is_ok());
    // The design of another method has no groups to decode.
    let game = flat(50, 5, 3, 0);
    let request = Request::new(Index::Fourier, 5, 50, 1000, 0);
    let others = [
        Method::ShapIq.design(&Request::new(Index::KSii, 2, 50, 1000, 0)).unwrap(),
        Method::ShapIq.design(&Request::new(Index::Fourier, 2, 50, 1000, 0)).unwrap(),
        Method::Permutation.design(&Request::new(Index::Sii, 2, 50, 1000, 0)).unwrap(),
    ];
    for other in others {
        let values = game.values(&other.rows).unwrap();
        for method in METHODS {
            let error = method.estimate(&request, &other, &values).unwrap_err().to_string();
            assert!(error.starts_with("read a design of"), "{method}: {error}");
        }
    }
    // One without a code is none of SPEX.
    let other = Method::ProxySpex.design(&request).unwrap();
    let values = game.values(&other.rows).unwrap();
    let error = Method::Spex.estimate(&request, &other, &values).unwrap_err().to_string();
    assert!(error.contains("expected draws of groups"), "{error}");
}

#[test]
fn faithfulness_is_the_share_of_the_variance() {
    let actual = [1.0, 2.0, 3.0, 4.0];
    let found = faithfulness(&[1.0, 2.0, 3.0, 5.0], &actual).unwrap();
    // One unit of five is missed.
    assert!((found.r2 - 0.8).abs() < 1e-15 && found.rows == 4);
    assert!(faithfulness(&[0.0; 4], &[7.0; 4]).is_none() && faithfulness(&[1.0], &[1.0]).is_none());
    // The error over repetitions: R^2 of 200 rows whose values and errors are normal, 2000 times.
    let mut rng = rng::stream(1, "faithfulness test", 0);
    let mut draw = || {
        let normal = rand_distr_normal(&mut rng, 400);
        let actual: Vec<f64> = normal[..200].to_vec();
        let predicted: Vec<f64> = actual.iter().zip(&normal[200..]).map(|(value, error)| value + 0.5 * error).collect();
        faithfulness(&predicted, &actual).unwrap()
    };
    let found: Vec<_> = (0..2000).map(|_| draw()).collect();
    let mean = found.iter().map(|found| found.r2).sum::<f64>() / 2000.0;
    let spread = (found.iter().map(|found| (found.r2 - mean).powi(2)).sum::<f64>() / 2000.0).sqrt();
    let stated = found.iter().map(|found| found.std_err).sum::<f64>() / 2000.0;
    assert!((stated / spread - 1.0).abs() < 0.1, "{stated} for {spread}");
}

/// Normal numbers by the polar method.
fn rand_distr_normal(rng: &mut rng::ChaCha8Rng, count: usize) -> Vec<f64> {
    let mut pair = || {
        let (u, v): (f64, f64) = (rng.random(), rng.random());
        (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    };
    (0..count).map(|_| pair()).collect()
}

proptest! {
    #[test]
    fn conversions_are_those_of_the_table(n in 2usize..8, k in 1usize..12, seed in 0u64..1000) {
        let terms = random_terms(n, k.min((1 << n) - 1), n, seed);
        let spectrum = Spectrum::new(n, &[terms, vec![(vec![], 0.7)]].concat()).unwrap();
        let rows = Coalitions::from_words(n, (0..1u32 << n).collect()).unwrap();
        let values = spectrum.values(&rows);
        for index in INDICES {
            let order = if matches!(index, Index::Sv | Index::Bv) { 1 } else { 3.min(n) };
            for expected in indices::from_table(index, order, &values).unwrap() {
                let found = spectrum.index(index, order).unwrap();
                let value = found.iter().find(|term| term.players == expected.players).map_or(0.0, |term| term.value);
                prop_assert!((value - expected.value).abs() < 1e-9, "{} {:?}", index, expected.players);
            }
        }
        // There and back through Moebius coefficients.
        let moebius: Terms = spectrum.index(Index::Moebius, n).unwrap().into_iter().map(|t| (t.players, t.value)).collect();
        let back = Spectrum::from_moebius(n, &moebius).unwrap();
        for (value, back) in values.iter().zip(back.values(&rows)) {
            prop_assert!((value - back).abs() < 1e-9);
        }
    }
}
