use einthoven_amortize::Error;
use einthoven_amortize::label::{LabelMethod, LabelRequest};
use einthoven_game::{Game, Index, Kind};
use einthoven_interactions::Method as Interactions;
use einthoven_shapley::{Method, Request};

use crate::toy::{game, truth};

fn request(n_players: usize, budget: usize, seed: u64) -> LabelRequest<'static> {
    LabelRequest { n_players, budget, seed, tree: None }
}

#[test]
fn labels_are_what_the_estimator_says() {
    let game = game(7, 1);
    for method in [Method::Permutation, Method::UnbiasedKernel, Method::Svarm, Method::Msr, Method::Stratified] {
        let label_method = LabelMethod::Values(method);
        let design = label_method.design(&request(7, 60, 5)).unwrap();
        assert_eq!(design, method.design(&Request::new(7, 60, 5)).unwrap());
        let values = game.values(&design.rows).unwrap();
        let (label, kind) = label_method.estimate(&request(7, 60, 5), &design, &values).unwrap();
        let found = method.estimate(&design, &values).unwrap().remove(0);
        assert_eq!((label.values, kind, label.evaluations), (found.player_values(), found.kind, design.rows.len()));
        let variances: Vec<f64> = found.terms.iter().map(|term| term.std_err.unwrap().powi(2)).collect();
        assert_eq!(label.variances.unwrap(), variances);
    }
}

#[test]
fn a_single_walk_has_no_variances() {
    let game = game(7, 1);
    let method = LabelMethod::Values(Method::Permutation);
    let design = method.design(&request(7, 8, 5)).unwrap();
    let (label, kind) = method.estimate(&request(7, 8, 5), &design, &game.values(&design.rows).unwrap()).unwrap();
    assert_eq!((label.variances, kind, label.evaluations), (None, Kind::Unbiased, 8));
}

#[test]
fn pairs_stand_behind_the_players() {
    let game = game(6, 2);
    for (method, index) in [
        (Interactions::Exact, Index::KSii),
        (Interactions::ShapIq, Index::Sii),
        (Interactions::ShapIq, Index::Fsii),
        (Interactions::SvarmIq, Index::Bii),
        (Interactions::Permutation, Index::Stii),
    ] {
        let label_method = LabelMethod::Pairs(method, index);
        let terms = label_method.terms(6);
        assert_eq!((terms.len(), &terms[5], &terms[6], &terms[20]), (21, &vec![5], &vec![0, 1], &vec![4, 5]));
        let request = request(6, 64, 3);
        let design = label_method.design(&request).unwrap();
        let values = game.values(&design.rows).unwrap();
        let (label, _) = label_method.estimate(&request, &design, &values).unwrap();
        let asked = einthoven_interactions::Request::new(index, 2, 6, 64, 3);
        let found = method.estimate(&asked, &design, &values).unwrap().remove(0);
        for (players, value) in terms.iter().zip(&label.values) {
            assert_eq!(*value, found.value(players), "{method} {index} {players:?}");
        }
        assert!(label.values[6..].iter().any(|value| value.abs() > 1e-3));
    }
}

#[test]
fn what_is_not_right_on_average_is_refused() {
    for (method, budget) in [(Method::Kernel, 60), (Method::Leverage, 60), (Method::Lime, 60), (Method::ProxyShap, 100)]
    {
        let method = LabelMethod::Values(method);
        let kind = method.kind(&request(10, budget, 0), &[1, 2]).unwrap();
        assert!(kind > Kind::Unbiased, "{method}");
        let error = method.check_kind(kind, false).unwrap_err();
        assert!(matches!(error, Error::Biased { .. }));
        let text = error.to_string();
        assert!(
            text.contains(method.name()) && text.contains("--force") && text.contains("no number of records"),
            "{text}"
        );
        method.check_kind(kind, true).unwrap();
    }
    for method in [Method::Permutation, Method::UnbiasedKernel, Method::Msr, Method::Svarm, Method::Owen] {
        let method = LabelMethod::Values(method);
        let kind = method.kind(&request(10, 200, 0), &[1, 2, 3]).unwrap();
        assert_eq!(kind, Kind::Unbiased, "{method}");
        method.check_kind(kind, false).unwrap();
    }
    for (method, index) in [(Interactions::Regression, Index::Fsii), (Interactions::KernelShapIq, Index::KSii)] {
        let method = LabelMethod::Pairs(method, index);
        let kind = method.kind(&request(10, 200, 0), &[1]).unwrap();
        assert!(method.check_kind(kind, false).unwrap_err().to_string().contains("shapiq"));
    }
}

#[test]
fn one_empty_stratum_among_many_labels_is_found_beforehand() {
    // With 10 players and 150 coalitions many designs of SVARM fill all strata, some do not.
    let method = LabelMethod::Values(Method::Svarm);
    let seeds: Vec<u64> = (0..200).collect();
    let kinds: Vec<Kind> = seeds.iter().map(|&seed| method.kind(&request(10, 150, 0), &[seed]).unwrap()).collect();
    let biased = kinds.iter().filter(|kind| **kind == Kind::Biased).count();
    assert!((1..200).contains(&biased), "{biased} of 200");
    assert_eq!(method.kind(&request(10, 150, 0), &seeds).unwrap(), Kind::Biased);
    let sound: Vec<u64> =
        seeds.iter().zip(&kinds).filter(|(_, kind)| **kind == Kind::Unbiased).map(|(s, _)| *s).collect();
    assert_eq!(method.kind(&request(10, 150, 0), &sound).unwrap(), Kind::Unbiased);
    assert!(method.check_kind(Kind::Biased, false).unwrap_err().to_string().contains("larger budget"));
}

#[test]
fn auto_is_resolved() {
    let resolved = |budget| LabelMethod::Values(Method::Auto).resolve(&request(8, budget, 0)).unwrap();
    assert_eq!(resolved(256), LabelMethod::Values(Method::Exact));
    assert_eq!(resolved(20), LabelMethod::Values(Method::Permutation));
    let exact = resolved(256);
    assert_eq!(exact.kind(&request(8, 256, 0), &[1]).unwrap(), Kind::Exact);
    let game = game(8, 3);
    let design = exact.design(&request(8, 256, 0)).unwrap();
    let (label, _) = exact.estimate(&request(8, 256, 0), &design, &game.values(&design.rows).unwrap()).unwrap();
    assert_eq!(label.values, truth(&game));
    assert_eq!(label.variances, Some(vec![0.0; 8]));
}
