//! Which method `auto` stands for.

use einthoven_game::Index;
use einthoven_interactions::{Method, Request};

fn chosen(index: Index, n_players: usize, budget: usize) -> (Method, String) {
    let choice = Method::Auto.resolve(&Request::new(index, 2, n_players, budget, 0)).unwrap();
    (choice.method, choice.reason.unwrap())
}

#[test]
fn a_regression_where_its_unknowns_are_determined() {
    // 67 unknowns, the even sets: 178 coalitions at least, and half as many more.
    for (index, method) in [
        (Index::KSii, Method::Regression),
        (Index::Stii, Method::Regression),
        (Index::Fbii, Method::Regression),
        (Index::KaddShap, Method::Kadd),
    ] {
        assert_eq!(chosen(index, 12, 205).0, method, "{index}");
    }
    let (method, reason) = chosen(Index::KSii, 12, 204);
    assert_eq!(method, Method::SvarmIq);
    assert_eq!(reason, "204 coalitions are too few for a regression, which needs 178 at least");
}

#[test]
fn otherwise_what_needs_no_regression() {
    assert_eq!(chosen(Index::KSii, 12, 4096).0, Method::Exact);
    assert_eq!(chosen(Index::JointSv, 12, 1000), (Method::ShapIq, "there is no regression for JointSV".to_owned()));
    // No regression yet.
    assert_eq!(chosen(Index::Stii, 12, 200).0, Method::SvarmIq);
    let (method, reason) = chosen(Index::KSii, 120, 100_000);
    assert_eq!((method, reason.as_str()), (Method::ShapIq, "a regression has 7141 unknowns, which takes long"));
}
