//! With all coalitions evaluated, estimates are exact.

use einthoven_game::{Attribution, Design, Game, Index, Kind, Values};
use einthoven_interactions::{Request, Result, regression, shapiq, svarm_iq};

use crate::common::{INDICES, TwoTables, exact_terms, largest_error, table};

type Estimate = fn(&Request, &Design, &Values) -> Result<Vec<Attribution>>;

fn check(name: &str, design: fn(&Request) -> Result<Design>, estimate: Estimate, indices: &[Index]) {
    for n in 2..=8 {
        let game = TwoTables::new(n, n as u64);
        for &index in indices {
            let orders = if matches!(index, Index::Sv | Index::Bv) { 1 } else { n.min(4) };
            for order in 1..=orders {
                let request = Request { index, order, n_players: n, budget: 1 << n, seed: 1 };
                let design = design(&request).unwrap();
                assert_eq!(design.rows.len(), 1 << n, "{name}");
                let values = game.values(&design.rows).unwrap();
                let found = estimate(&request, &design, &values).unwrap();
                for (output, found) in found.iter().enumerate() {
                    assert_eq!(found.kind, Kind::Exact, "{name}");
                    let error = largest_error(found, &exact_terms(index, order, &table(&game, output)));
                    assert!(error < 1e-9, "{name}, {index} of order {order}, {n} players: {error:e}");
                    assert!(found.terms.iter().all(|term| term.std_err == Some(0.0)), "{name}: {index}");
                }
            }
        }
    }
}

#[test]
fn shapiq_is_exact() {
    check("shapiq", shapiq::design, shapiq::estimate, &INDICES);
}

#[test]
fn svarm_iq_is_exact() {
    check("svarm-iq", svarm_iq::design, svarm_iq::estimate, &INDICES);
}

#[test]
fn regressions_are_exact() {
    let of = |method| {
        move |index: &[Index]| {
            for n in 2..=8 {
                let game = TwoTables::new(n, n as u64);
                for &index in index {
                    let orders = if matches!(index, Index::Sv | Index::Bv) { 1 } else { n.min(4) };
                    for order in 1..=orders {
                        let request = Request { index, order, n_players: n, budget: 1 << n, seed: 1 };
                        let design = regression::design(method, &request).unwrap();
                        let values = game.values(&design.rows).unwrap();
                        for (output, found) in
                            regression::estimate(method, &request, &design, &values).unwrap().iter().enumerate()
                        {
                            assert_eq!(found.kind, Kind::Exact, "{method}");
                            let error = largest_error(found, &exact_terms(index, order, &table(&game, output)));
                            assert!(error < 1e-9, "{method}, {index} of order {order}, {n} players: {error:e}");
                        }
                    }
                }
            }
        }
    };
    of("regression")(&[Index::Fsii, Index::Fbii, Index::Sv, Index::Bv]);
    of("kadd")(&[Index::KaddShap]);
}
