//! What is said to be unbiased is, and intervals cover, over many seeds.

use std::collections::BTreeMap;

use einthoven_game::{Attribution, Game, Index, Kind, games};
use einthoven_interactions::{Method, Request};

use crate::common::{exact_terms, table};

/// Seeds of a simulation; of methods that fit trees, which take long, fewer.
fn seeds(method: Method) -> u64 {
    if method == Method::ProxyShap { 150 } else { 400 }
}

/// Over seeds, per set: mean error over its standard error, share of the intervals that cover, number of seeds.
struct Simulation {
    worst: f64,
    coverage: f64,
    used: usize,
}

/// Runs a method over seeds, and keeps the sets that have a standard error in a run that is not marked as biased.
fn simulate(method: Method, game: &dyn Game, request: &Request) -> Simulation {
    let truth = exact_terms(request.index, request.order, &table(game, 0));
    let mut errors: BTreeMap<&[u32], Vec<f64>> = BTreeMap::new();
    let (mut covered, mut intervals, mut used) = (0.0, 0.0, 0);
    for seed in 0..seeds(method) {
        let request = Request { seed, ..*request };
        let found = run(method, game, &request);
        if found.kind == Kind::Biased {
            continue;
        }
        used += 1;
        for expected in &truth {
            let Some(term) = found.term(&expected.players) else { continue };
            let error = term.value - expected.value;
            errors.entry(&expected.players).or_default().push(error);
            if let Some(std_err) = term.std_err {
                intervals += 1.0;
                covered += f64::from(error.abs() <= 1.96 * std_err + 1e-9);
            }
        }
    }
    let z = |errors: &Vec<f64>| {
        let n = errors.len() as f64;
        let mean = errors.iter().sum::<f64>() / n;
        let spread = errors.iter().map(|error| (error - mean).powi(2)).sum::<f64>() / (n - 1.0);
        mean.abs() / (spread / n).sqrt().max(1e-12)
    };
    let worst = errors.values().map(z).fold(0.0, f64::max);
    Simulation { worst, coverage: if intervals > 0.0 { covered / intervals } else { f64::NAN }, used }
}

fn run(method: Method, game: &dyn Game, request: &Request) -> Attribution {
    let design = method.design(request).unwrap();
    assert!(design.rows.len() <= request.budget, "{method}");
    let values = game.values(&design.rows).unwrap();
    method.estimate(request, &design, &values).unwrap().remove(0)
}

/// Dense and sparse games with something at every order.
fn games() -> [Box<dyn Game>; 2] {
    [Box::new(games::random_table(8, 3).unwrap()), Box::new(games::random_moebius(9, 40, 5, 3).unwrap())]
}

/// The standard errors of a mean over the seeds that make half a standard deviation of one estimate.
const HALF_A_DEVIATION: f64 = 0.5 * 20.0;

/// Regressions are ratios of unbiased sums.
fn method_is_unbiased(method: Method) -> bool {
    matches!(method, Method::ShapIq | Method::SvarmIq | Method::Permutation | Method::ProxyShap)
}

fn check(method: Method, index: Index, order: usize, budgets: [usize; 2]) {
    for (game, budget) in games().into_iter().zip(budgets) {
        check_game(method, game.as_ref(), &Request::new(index, order, game.n_players(), budget, 0));
    }
}

fn check_game(method: Method, game: &dyn Game, request: &Request) {
    let found = simulate(method, game, request);
    let name = format!("{method}, {} of order {}, {} players", request.index, request.order, request.n_players);
    assert!(found.used > 100, "{name}: {} runs without empty strata", found.used);
    let most = if method_is_unbiased(method) { 4.5 } else { HALF_A_DEVIATION };
    assert!(found.worst <= most, "{name}: a mean error of {} standard errors", found.worst);
    assert!((0.90..=0.99).contains(&found.coverage), "{name}: coverage {}", found.coverage);
}

#[test]
fn shapiq_is_unbiased_and_covers() {
    for index in
        [Index::KSii, Index::Sii, Index::Stii, Index::Fsii, Index::Fbii, Index::Bii, Index::Chii, Index::JointSv]
    {
        check(Method::ShapIq, index, 2, [120, 200]);
    }
    check(Method::ShapIq, Index::KSii, 3, [120, 200]);
}

#[test]
fn svarm_iq_is_unbiased_and_covers() {
    for index in [Index::KSii, Index::Sii, Index::Stii, Index::Fsii, Index::Chii, Index::JointSv] {
        // Enough that no stratum is empty in most runs.
        check(Method::SvarmIq, index, 2, [180, 360]);
    }
}

#[test]
fn proxyshap_is_unbiased_and_covers() {
    // Pairs for each fold and size that is drawn; each run fits fifteen times.
    let [dense, sparse] = games();
    check_game(Method::ProxyShap, dense.as_ref(), &Request::new(Index::Fbii, 2, 8, 160, 0));
    check_game(Method::ProxyShap, sparse.as_ref(), &Request::new(Index::KSii, 2, 9, 300, 0));
}

#[test]
fn permutations_are_unbiased_and_cover() {
    check(Method::Permutation, Index::Stii, 2, [200, 400]);
    check(Method::Permutation, Index::Sii, 2, [200, 400]);
}

#[test]
fn regressions_cover() {
    for (method, index) in [
        (Method::KernelShapIq, Index::KSii),
        (Method::KernelShapIq, Index::Sii),
        (Method::Regression, Index::Fsii),
        (Method::Regression, Index::Fbii),
        (Method::Regression, Index::Stii),
        (Method::Regression, Index::KSii),
        (Method::Regression, Index::Bii),
        (Method::Kadd, Index::KaddShap),
    ] {
        check(method, index, 2, [160, 300]);
    }
}

#[test]
fn pairs_in_the_middle_are_seen_as_pairs() {
    // Odd sets alone: the two members of a pair say the opposite, and the middle size has most of what is left to chance.
    let odd = |size: usize| (0..8u32).map(move |first| (0..size as u32).map(|at| (first + at * 3) % 8).collect());
    let terms: Vec<(Vec<u32>, f64)> =
        odd(3).chain(odd(5)).enumerate().map(|(at, set)| (set, 1.0 + at as f64)).collect();
    let game = games::sparse_fourier(8, terms).unwrap();
    let found = simulate(Method::SvarmIq, &game, &Request::new(Index::Sii, 1, 8, 230, 0));
    assert!((0.92..=0.98).contains(&found.coverage), "coverage {}", found.coverage);
    assert!(found.worst <= 4.5 && found.used > 300, "{}, {}", found.worst, found.used);
}
