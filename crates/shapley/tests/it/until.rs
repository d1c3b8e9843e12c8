//! Rounds until the errors are small enough.

use std::collections::HashSet;

use einthoven_game::{Coalitions, Game, GameFile, Kind, Values};
use einthoven_shapley::{Control, Error, Known, Method, Outcome, Request, until};

use crate::games::{random_sparse, random_table, simulate_for, smooth, truth};

/// Runs rounds and holds that no coalition is evaluated twice and the budget is kept.
fn rounds(method: Method, game: &GameFile, budget: usize, rel: f64, seed: u64) -> Outcome {
    controlled(method, game, budget, rel, seed, None)
}

fn controlled(
    method: Method,
    game: &GameFile,
    budget: usize,
    rel: f64,
    seed: u64,
    control: Option<&Control>,
) -> Outcome {
    let mut seen: HashSet<Vec<u32>> = HashSet::new();
    let request = Request::new(game.n_players(), budget, seed);
    let outcome = until(method, &request, rel, control, None, &mut |known: Option<&Known>, rows: &Coalitions| {
        assert_eq!(known.map_or(0, |known| known.rows.len()), seen.len());
        for row in rows.iter() {
            assert!(seen.insert(row.words().to_vec()), "{method}: a coalition was evaluated before");
        }
        Ok::<_, Error>(game.values(rows)?)
    });
    assert!(seen.len() <= budget, "{method}: {} of {budget}", seen.len());
    let outcome = outcome.unwrap();
    assert!(outcome.attributions.iter().all(|attribution| attribution.evaluations == seen.len()));
    outcome
}

/// The rows of a permutation design, evaluated.
fn permutation_rows(game: &GameFile, budget: usize) -> Known {
    let rows = Method::Permutation.design(&Request::new(game.n_players(), budget, 1)).unwrap().rows;
    let values = game.values(&rows).unwrap();
    Known { rows, values }
}

fn range(values: &Values) -> f64 {
    let all = values.output(0);
    all.iter().copied().fold(f64::MIN, f64::max) - all.iter().copied().fold(f64::MAX, f64::min)
}

const METHODS: [Method; 11] = [
    Method::Kernel,
    Method::Leverage,
    Method::UnbiasedKernel,
    Method::Permutation,
    Method::OrthogonalPermutation,
    Method::SobolPermutation,
    Method::Stratified,
    Method::Svarm,
    Method::Owen,
    Method::OddShap,
    Method::RegressionMsr,
];

#[test]
fn rounds_end_when_errors_are_small() {
    let game = random_sparse(20, &[1, 2, 3, 4], 40, 2);
    for method in METHODS {
        let outcome = rounds(method, &game, 200_000, 0.01, 1);
        let found = &outcome.attributions[0];
        let largest = found.terms.iter().map(|term| term.std_err.unwrap()).fold(0.0, f64::max);
        assert!(largest <= 0.01 * range(&outcome.values), "{method}: {largest}");
        assert!(found.evaluations < 100_000, "{method}: {}", found.evaluations);
        assert!(!found.warnings.iter().any(|warning| warning.contains("budget ended")), "{method}");
        assert!(outcome.budgets.windows(2).all(|pair| pair[0] < pair[1]), "{method}: {:?}", outcome.budgets);
        // The estimate is that of the last design, made anew.
        let again = method.estimate(&outcome.design, &outcome.values).unwrap();
        assert_eq!(again[0].player_values(), found.player_values(), "{method}");
    }
}

#[test]
fn the_budget_is_a_cap_and_the_answer_says_so() {
    let game = random_sparse(30, &[1, 2, 3, 4], 60, 3);
    for method in METHODS {
        let found = &rounds(method, &game, 700, 1e-9, 1).attributions[0];
        assert!(
            found.warnings.iter().any(|warning| warning.contains("budget ended")),
            "{method}: {:?}",
            found.warnings
        );
    }
    // All coalitions are the end of all errors.
    let found = &rounds(Method::Kernel, &random_table(7, 1), 1000, 1e-9, 1).attributions[0];
    assert_eq!((found.kind, found.evaluations), (Kind::Exact, 128));
}

#[test]
fn what_is_known_is_not_evaluated_again() {
    let game = random_sparse(20, &[1, 2, 3], 40, 4);
    let request = Request::new(20, 5000, 1);
    let whole = rounds(Method::Kernel, &game, 5000, 0.01, 1);
    let rows = &whole.design.rows;
    let known = Known { rows: rows.clone(), values: whole.values.clone() };
    let had: HashSet<&[u32]> = rows.iter().map(|row| row.words()).collect();
    let (mut asked, mut first) = (0, None);
    let again =
        until(Method::Kernel, &request, 0.01, None, Some(known), &mut |known: Option<&Known>, more: &Coalitions| {
            first.get_or_insert(known.map_or(0, |known| known.rows.len()));
            assert!(more.iter().all(|row| !had.contains(row.words())));
            asked += more.len();
            Ok::<_, Error>(game.values(more)?)
        });
    // What the last design left out of those before it is asked for at most.
    assert!(asked < rows.len() / 10, "{asked} of {}", rows.len());
    assert!(first.is_none_or(|first| first == rows.len()));
    let found = &again.unwrap().attributions[0];
    let largest = found.terms.iter().map(|term| term.std_err.unwrap()).fold(0.0, f64::max);
    assert!(largest <= 0.01 * range(&whole.values) * 1.01, "{largest}");
    // What fills the budget and is of no use to the method is refused; the run itself, broken off, goes on.
    let other = permutation_rows(&game, 300);
    let refused = until(Method::Kernel, &Request::new(20, 300, 1), 0.01, None, Some(other.clone()), &mut |_, _| {
        Err::<Values, _>(Error::Request("evaluate".to_owned()))
    });
    assert!(refused.unwrap_err().to_string().contains("expected a larger budget"));
    let request = Request::new(20, other.rows.len(), 1);
    let same = until(Method::Permutation, &request, 1e-9, None, Some(other), &mut |_, rows: &Coalitions| {
        assert!(rows.is_empty(), "{} coalitions", rows.len());
        Ok::<_, Error>(game.values(rows)?)
    });
    assert_eq!(same.unwrap().budgets.len(), 1);
    for rel in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let refused = until(Method::Kernel, &request, rel, None, None, &mut |_, rows: &Coalitions| {
            Ok::<_, Error>(game.values(rows)?)
        });
        assert!(refused.unwrap_err().to_string().contains("above 0"));
    }
}

/// Stopping when an error happens to be small favours small ones: intervals may be narrower than those of a fixed budget.
#[test]
fn intervals_still_cover_after_stopping() {
    for (game, rel) in [(smooth(10), 0.02), (random_sparse(12, &[1, 2, 3, 4, 5], 30, 5), 0.02)] {
        let expected = truth(&game);
        for method in [Method::UnbiasedKernel, Method::Permutation, Method::Stratified, Method::Kernel] {
            let found =
                simulate_for(&expected, 200, |seed| rounds(method, &game, 4000, rel, seed).attributions.remove(0));
            assert!(found.coverage >= 0.85, "{method}: {}", found.coverage);
        }
    }
}

/// Single effects as a control variate.
fn single_effects(n: usize, effects: &[(Vec<u32>, f64)]) -> Control {
    let game = GameFile::moebius(n, effects.to_vec()).unwrap();
    Control::new(&[crate::games::run(Method::Kernel, &game, 8 * n, 1)]).unwrap()
}

/// What the players of [`nearly_additive`] do alone.
fn effects() -> Vec<(Vec<u32>, f64)> {
    (0..16).map(|player| (vec![player], f64::from(player % 5) - 1.5)).collect()
}

fn nearly_additive() -> GameFile {
    let pairs = (0..15u32).map(|player| (vec![player, player + 1], if player % 2 == 0 { 0.15 } else { -0.1 }));
    GameFile::moebius(16, effects().into_iter().chain(pairs).collect()).unwrap()
}

#[test]
fn what_a_control_variate_knows_takes_one_round() {
    let (game, control) = (GameFile::moebius(16, effects()).unwrap(), single_effects(16, &effects()));
    let expected: Vec<f64> = effects().iter().map(|effect| effect.1).collect();
    for method in [Method::UnbiasedKernel, Method::Svarm, Method::Msr] {
        let with = controlled(method, &game, 20_000, 0.002, 1, Some(&control));
        assert_eq!(with.budgets.len(), 1, "{method}: {:?}", with.budgets);
        let found = &with.attributions[0];
        assert!(crate::games::errors(&found.player_values(), &expected) < 1e-9, "{method}");
        assert!((found.full - expected.iter().sum::<f64>()).abs() < 1e-9, "{method}: {}", found.full);
        // What is handed back, to be kept, are the game's own values.
        assert_eq!(with.values, game.values(&with.design.rows).unwrap(), "{method}");
        let without = rounds(method, &game, 20_000, 0.002, 1);
        assert!(without.budgets.len() > 1, "{method}: {:?}", without.budgets);
    }
}

#[test]
fn rounds_with_a_control_variate_are_unbiased_and_end_sooner() {
    let (game, control) = (nearly_additive(), single_effects(16, &effects()));
    let expected = truth(&game);
    for method in [Method::UnbiasedKernel, Method::Svarm] {
        let outcome = |seed, control| controlled(method, &game, 3000, 0.004, seed, control);
        let spent = |control| (0..20).map(|seed| outcome(seed, control).attributions[0].evaluations).sum::<usize>();
        let (with, without) = (spent(Some(&control)), spent(None));
        assert!(5 * with < 4 * without, "{method}: {with} with, {without} without");
        // To the end of the same budget, so that stopping favours nobody.
        let whole = |seed, control| controlled(method, &game, 300, 1e-9, seed, control).attributions.remove(0);
        let with = simulate_for(&expected, 200, |seed| whole(seed, Some(&control)));
        let without = simulate_for(&expected, 200, |seed| whole(seed, None));
        assert!(with.z.iter().all(|z| z.abs() <= 4.5), "{method}: {:?}", with.z);
        let (with, without) = (with.relative_squared_error, without.relative_squared_error);
        assert!(with < without / 10.0, "{method}: {with} with, {without} without");
    }
}

#[test]
fn control_variates_that_do_not_serve_are_refused_before_anything_is_evaluated() {
    let game = nearly_additive();
    let refused = |method, control: &Control| {
        let request = Request::new(16, 500, 1);
        let mut asked = 0;
        let outcome = until(method, &request, 0.01, Some(control), None, &mut |_, rows: &Coalitions| {
            asked += 1;
            Ok::<_, Error>(game.values(rows)?)
        });
        (outcome.unwrap_err().to_string(), asked)
    };
    let (error, asked) = refused(Method::Lime, &single_effects(16, &effects()));
    assert!(error.contains("LIME") && asked == 0, "{error}");
    let (error, _) = refused(Method::Kernel, &single_effects(17, &effects()));
    assert!(error.contains("17 players"), "{error}");
}
