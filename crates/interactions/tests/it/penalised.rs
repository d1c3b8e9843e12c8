//! More unknowns than evaluations: refused, or solved with a penalty on request.

use einthoven_game::{Attribution, Error as GameError, Game, Index, Kind, games};
use einthoven_interactions::{Error, Method, Penalty, Request};

use crate::common::{exact_terms, largest_error, table};

fn run(method: Method, game: &dyn Game, request: &Request) -> Attribution {
    let design = method.design(request).unwrap();
    let values = game.values(&design.rows).unwrap();
    method.estimate(request, &design, &values).unwrap().remove(0)
}

const CASES: [(Method, Index); 4] = [
    (Method::Regression, Index::Fsii),
    (Method::Regression, Index::Fbii),
    (Method::Kadd, Index::KaddShap),
    (Method::KernelShapIq, Index::KSii),
];

#[test]
fn a_budget_below_the_unknowns_is_refused_with_the_smallest_that_does() {
    let game = games::random_moebius(16, 30, 3, 1).unwrap();
    for (method, index) in CASES {
        for order in 1..=3 {
            let request = Request::new(index, order, 16, 20, 1);
            let smallest = match method.design(&request) {
                Err(Error::Game(GameError::Budget { smallest, .. })) => smallest,
                other => panic!("{method}: {other:?}"),
            };
            assert!(method.design(&Request { budget: smallest - 1, ..request }).is_err(), "{method}, order {order}");
            // The smallest may have a direction too few by bad luck; half as much again has not.
            let enough = Request { budget: smallest + smallest / 2, ..request };
            let found = run(method, &game, &enough);
            assert_eq!(found.kind, Kind::Consistent, "{method}");
            assert!(found.evaluations <= enough.budget);
        }
    }
}

#[test]
fn penalties_keep_the_ends_and_say_so() {
    let game = games::random_moebius(30, 40, 3, 2).unwrap();
    for penalty in [Penalty::Ridge, Penalty::Lasso] {
        let request = Request { penalty: Some(penalty), ..Request::new(Index::Fsii, 2, 30, 300, 1) };
        let found = run(Method::Regression, &game, &request);
        assert_eq!(found.kind, Kind::Biased);
        assert!(found.efficiency_gap().abs() < 1e-8, "{}", found.efficiency_gap());
        let name = if penalty == Penalty::Ridge { "ridge" } else { "lasso" };
        assert!(found.warnings.iter().any(|warning| warning.starts_with(name)), "{:?}", found.warnings);
        assert!(found.terms.iter().all(|term| term.std_err.is_none()));
    }
}

#[test]
fn penalties_recover_games_of_few_pairs() {
    // 30 players, 465 unknowns, 150 pairs of coalitions; 10 pairs of players matter.
    let game = games::random_moebius(30, 15, 2, 3).unwrap();
    let truth: Vec<_> = {
        let request = Request::new(Index::Fsii, 2, 30, 2000, 1);
        run(Method::Regression, &game, &request).terms
    };
    let total: f64 = truth.iter().map(|term| term.value.powi(2)).sum();
    let error = |found: &Attribution| {
        truth.iter().map(|term| (found.value(&term.players) - term.value).powi(2)).sum::<f64>() / total
    };
    // Zeros would miss all; ridge spreads what it finds over everything alike.
    for (penalty, most) in [(Penalty::Lasso, 0.01), (Penalty::Ridge, 0.5)] {
        let request = Request { penalty: Some(penalty), ..Request::new(Index::Fsii, 2, 30, 302, 1) };
        let error = error(&run(Method::Regression, &game, &request));
        assert!(error < most, "{penalty:?}: {error}");
    }
}

#[test]
fn a_weak_penalty_is_the_regression() {
    // Games of pair effects are fitted without error, which calls for the weakest penalty.
    let game = games::random_moebius(9, 20, 2, 4).unwrap();
    for (method, index) in
        [(Method::Regression, Index::Fsii), (Method::Regression, Index::Fbii), (Method::Kadd, Index::KaddShap)]
    {
        let request = Request { penalty: Some(Penalty::Ridge), ..Request::new(index, 2, 9, 300, 1) };
        let found = run(method, &game, &request);
        let error = largest_error(&found, &exact_terms(index, 2, &table(&game, 0)));
        assert!(error < 1e-4, "{index}: {error}");
    }
}

#[test]
fn third_order_penalties_free_the_single_players() {
    let game = games::random_moebius(12, 25, 3, 5).unwrap();
    let truth = exact_terms(Index::Fsii, 3, &table(&game, 0));
    for (penalty, most) in [(Penalty::Lasso, 0.05), (Penalty::Ridge, 0.5)] {
        let request = Request { penalty: Some(penalty), ..Request::new(Index::Fsii, 3, 12, 400, 1) };
        let found = run(Method::Regression, &game, &request);
        let error = largest_error(&found, &truth);
        assert!(error < most, "{penalty:?}: {error}");
        assert!(found.efficiency_gap().abs() < 1e-8);
    }
}
