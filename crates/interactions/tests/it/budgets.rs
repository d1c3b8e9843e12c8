//! Budgets, seeds, threads, and designs and values that do not fit.

use einthoven_game::{Attribution, Design, Error as GameError, Game, Index, Kind, Values, games};
use einthoven_interactions::{Error, Method, Penalty, Request};

/// Every method with an index that it estimates.
const CASES: [(Method, Index); 13] = [
    (Method::ShapIq, Index::KSii),
    (Method::ShapIq, Index::Bii),
    (Method::SvarmIq, Index::KSii),
    (Method::SvarmIq, Index::Chii),
    (Method::Permutation, Index::Sii),
    (Method::Permutation, Index::Stii),
    (Method::KernelShapIq, Index::KSii),
    (Method::KernelShapIqInconsistent, Index::KSii),
    (Method::Regression, Index::Fsii),
    (Method::Regression, Index::Fbii),
    (Method::Kadd, Index::KaddShap),
    (Method::ProxyShap, Index::KSii),
    (Method::ProxyShap, Index::Fbii),
];

fn game(n_players: usize) -> games::ClosedForm {
    games::random_moebius(n_players, 40, 4, 7).unwrap()
}

fn run(method: Method, request: &Request) -> Vec<Attribution> {
    let design = method.design(request).unwrap();
    method.estimate(request, &design, &game(request.n_players).values(&design.rows).unwrap()).unwrap()
}

#[test]
fn budgets_are_never_exceeded_and_seeds_repeat() {
    for (method, index) in CASES {
        for (n, budget) in [(8, 100), (8, 255), (8, 256), (8, 1000), (13, 400), (13, 1001)] {
            for order in 1..=2 {
                let request = Request::new(index, order, n, budget, 3);
                let [one, same] = [0, 1].map(|_| method.design(&request).unwrap());
                assert!(one.rows.len() <= budget, "{method}, {n} players: {} of {budget}", one.rows.len());
                assert_eq!(one, same, "{method}");
                assert_eq!((one.rows.row(0).size(), one.rows.row(1).size()), (0, n), "{method}");
                let other = method.design(&Request { seed: 4, ..request }).unwrap();
                if one.rows.len() < 1 << n {
                    assert_ne!(one.rows, other.rows, "{method}, {n} players, {budget}");
                }
            }
        }
    }
}

#[test]
fn threads_change_no_bit() {
    for (method, index) in CASES {
        let request = Request::new(index, 2, 13, 500, 1);
        let in_pool = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| run(method, &request))
        };
        assert_eq!(in_pool(1), in_pool(4), "{method}");
    }
}

#[test]
fn a_design_of_another_method_or_without_all_values_is_refused() {
    let request = |index| Request::new(index, 2, 9, 200, 1);
    let walks = Method::Permutation.design(&request(Index::Sii)).unwrap();
    for (method, index) in CASES {
        let request = request(index);
        let design = method.design(&request).unwrap();
        let values = game(9).values(&design.rows).unwrap();
        let mut broken = values.as_slice().to_vec();
        broken[5] = f64::NAN;
        let broken = Values::new(1, broken, "broken").unwrap();
        assert!(method.estimate(&request, &design, &broken).is_err(), "{method}: NaN");
        let short = Values::new(1, values.as_slice()[1..].to_vec(), "short").unwrap();
        assert!(method.estimate(&request, &design, &short).is_err(), "{method}: too few");
        let turned = Design { rows: design.rows.slice(1..design.rows.len()), draws: design.draws.clone() };
        assert!(method.estimate(&request, &turned, &short).is_err(), "{method}: no empty coalition");
        if method != Method::Permutation {
            let values = game(9).values(&walks.rows).unwrap();
            assert!(method.estimate(&request, &walks, &values).is_err(), "{method}: walks");
        }
    }
}

#[test]
fn weights_stay_in_range_for_very_many_players() {
    // A game of 1500 players that depends on two of them; the others get nothing but noise of the estimate.
    let n = 1500;
    let game = games::random_moebius(n, 1, 2, 1).unwrap();
    for (method, index) in [(Method::ShapIq, Index::Sv), (Method::SvarmIq, Index::Chii), (Method::ShapIq, Index::Fsii)]
    {
        let request = Request::new(index, 1, n, 4000, 1);
        let design = method.design(&request).unwrap();
        let found = method.estimate(&request, &design, &game.values(&design.rows).unwrap()).unwrap().remove(0);
        let finite = |number: f64| number.is_finite() && number.abs() < 1e3;
        assert!(found.terms.iter().all(|term| finite(term.value) && finite(term.std_err.unwrap_or(0.0))), "{method}");
        assert!(found.terms.iter().any(|term| term.value != 0.0), "{method}");
    }
}

#[test]
fn proxyshap_says_what_it_cannot_do() {
    let error = Method::ProxyShap.design(&Request::new(Index::KSii, 4, 9, 200, 1)).unwrap_err().to_string();
    assert!(error.contains("expected an order from 1 to 3"), "{error}");
    // Fewer pairs of some sizes than folds.
    let found = run(Method::ProxyShap, &Request::new(Index::KSii, 2, 13, 60, 1)).remove(0);
    assert_eq!(found.kind, Kind::Consistent);
    assert!(found.warnings.iter().any(|warning| warning.contains("fewer than 5 pairs")), "{:?}", found.warnings);
    let found = run(Method::ProxyShap, &Request::new(Index::KSii, 2, 13, 400, 1)).remove(0);
    assert!(found.kind == Kind::Unbiased && found.efficiency_gap().abs() < 1e-9, "{}", found.efficiency_gap());
}

#[test]
fn unseen_sets_and_empty_strata_are_counted() {
    let found = run(Method::Permutation, &Request::new(Index::Sii, 2, 13, 60, 1)).remove(0);
    assert_eq!(found.kind, Kind::Biased);
    let unseen =
        found.terms.iter().filter(|term| term.players.len() == 2 && term.value == 0.0 && term.std_err.is_none());
    let warned = found.warnings.iter().any(|warning| warning.contains("never seen"));
    assert!(unseen.count() > 0 && warned, "{:?}", found.warnings);
    let found = run(Method::SvarmIq, &Request::new(Index::KSii, 2, 13, 60, 1)).remove(0);
    assert_eq!(found.kind, Kind::Biased);
    assert!(
        found.warnings.iter().any(|warning| warning.contains("are empty and take the mean")),
        "{:?}",
        found.warnings
    );
}

#[test]
fn a_penalty_is_for_regressions() {
    for penalty in [Penalty::Ridge, Penalty::Lasso] {
        let request = Request { penalty: Some(penalty), ..Request::new(Index::KSii, 2, 9, 100, 1) };
        for method in [Method::ShapIq, Method::SvarmIq, Method::Permutation, Method::KernelShapIq, Method::Exact] {
            let error = method.design(&request).unwrap_err().to_string();
            assert!(error.contains("penal"), "{method}: {error}");
        }
        assert_eq!(Method::Auto.resolve(&request).unwrap().method, Method::KernelShapIqInconsistent);
        let faithful = Request { index: Index::Fsii, ..request };
        assert_eq!(Method::Auto.resolve(&faithful).unwrap().method, Method::Regression);
        assert!(Method::Auto.resolve(&Request { index: Index::Chii, ..request }).is_err());
    }
}

#[test]
fn estimates_of_efficient_indices_add_up() {
    for index in [Index::KSii, Index::Stii, Index::Fsii, Index::JointSv] {
        for (method, order) in [(Method::SvarmIq, 2), (Method::SvarmIq, 3)] {
            let found = run(method, &Request::new(index, order, 13, 300, 2)).remove(0);
            assert!(found.efficiency_gap().abs() < 1e-9, "{method}, {index}: {}", found.efficiency_gap());
            // What was missing is told: more than a tenth of the sum in words too.
            let missed = found.run["gap_before_projection"].as_f64().unwrap();
            let told = found.warnings.iter().any(|warning| warning.contains("missed their sum"));
            assert_eq!(told, missed.abs() > 0.1 * (found.full - found.baseline).abs(), "{index}: {missed}");
        }
    }
    for (method, index) in [
        (Method::ShapIq, Index::KSii),
        (Method::KernelShapIq, Index::KSii),
        (Method::Regression, Index::Fsii),
        (Method::Permutation, Index::Stii),
    ] {
        let found = run(method, &Request::new(index, 2, 13, 600, 2)).remove(0);
        assert!(found.efficiency_gap().abs() < 1e-9, "{method}, {index}: {}", found.efficiency_gap());
    }
}

#[test]
fn the_smallest_budget_that_is_named_does() {
    for (method, index) in CASES.into_iter().chain([
        (Method::Regression, Index::Stii),
        (Method::Regression, Index::Bii),
        (Method::ShapIq, Index::Moebius),
        (Method::SvarmIq, Index::Stii),
    ]) {
        for n in 2..=13 {
            for order in 1..=n.min(4) {
                for penalty in [None, Some(Penalty::Ridge), Some(Penalty::Lasso)] {
                    for seed in 0..3 {
                        let request = Request { penalty, ..Request::new(index, order, n, 2, seed) };
                        let smallest = match method.design(&request) {
                            Err(Error::Game(GameError::Budget { smallest, .. })) => smallest,
                            Ok(design) => design.rows.len(),
                            Err(_) => continue,
                        };
                        let request = Request { budget: smallest, ..request };
                        let design = method.design(&request).unwrap();
                        let values = games::random_table(n, 7).unwrap().values(&design.rows).unwrap();
                        let found = method.estimate(&request, &design, &values);
                        assert!(
                            found.is_ok(),
                            "{method}, {index} of order {order}, {n} players, {penalty:?}, {smallest}: {found:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn exact_values_have_the_limits_of_what_they_are_made_of() {
    let request = Request::new(Index::Moebius, 18, 18, 1 << 18, 1);
    let design = Method::Exact.design(&request).unwrap();
    let found = Method::Exact.estimate(&request, &design, &game(18).values(&design.rows).unwrap()).unwrap();
    assert_eq!(found[0].terms.len(), (1 << 18) - 1);
    // 166 million sets of three, of which one matters.
    let game = einthoven_game::GameFile::moebius(1000, vec![(vec![1, 500, 999], 2.0)]).unwrap();
    let request = Request::new(Index::Fsii, 3, 1000, 2, 1);
    let terms = game.closed_form(Index::Fsii, 3).unwrap().unwrap();
    let found = einthoven_interactions::exact::from_terms(&request, &game, terms).unwrap();
    assert_eq!((found.value(&[1, 500, 999]), found.value(&[1, 2, 3])), (2.0, 0.0));
}
