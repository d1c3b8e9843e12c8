//! With all coalitions evaluated, estimates are exact.

use einthoven_game::{Attribution, Design, Game, Index, Kind, Values};
use einthoven_interactions::{Request, Result, kernelshap_iq, proxyshap, regression, shapiq, svarm_iq};

use crate::common::{INDICES, TwoTables, exact_terms, largest_error, table};

type Estimate = fn(&Request, &Design, &Values) -> Result<Vec<Attribution>>;

fn check(name: &str, design: fn(&Request) -> Result<Design>, estimate: Estimate, indices: &[Index]) {
    for n in 2..=8 {
        let game = TwoTables::new(n, n as u64);
        for &index in indices {
            let orders = if matches!(index, Index::Sv | Index::Bv) { 1 } else { n.min(4) };
            for order in 1..=orders {
                let request = Request::new(index, order, n, 1 << n, 1);
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
fn proxyshap_is_exact() {
    for n in 2..=10 {
        let game = TwoTables::new(n, n as u64);
        for index in INDICES {
            let most = if matches!(index, Index::Sv | Index::Bv) { 1 } else { n.min(proxyshap::MAX_ORDER) };
            for order in 1..=most {
                let request = Request::new(index, order, n, 1 << n, 1);
                let design = proxyshap::design(&request).unwrap();
                let values = game.values(&design.rows).unwrap();
                for (output, found) in proxyshap::estimate(&request, &design, &values).unwrap().iter().enumerate() {
                    assert_eq!(found.kind, Kind::Exact);
                    let error = largest_error(found, &exact_terms(index, order, &table(&game, output)));
                    assert!(error < 1e-9, "{index} of order {order}, {n} players: {error:e}");
                    assert!(found.terms.iter().all(|term| term.std_err == Some(0.0)), "{index}");
                }
            }
        }
    }
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
                        let request = Request::new(index, order, n, 1 << n, 1);
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
    of("regression")(&[Index::Sii, Index::KSii, Index::Stii, Index::Bii, Index::Chii]);
    of("kadd")(&[Index::KaddShap]);
}

#[test]
fn kernelshap_iq_is_exact() {
    for (index, orders) in [(Index::Sv, 1), (Index::Sii, 4), (Index::KSii, 4)] {
        for order in 1..=orders {
            for n in (2 * order).max(2)..=10 {
                let game = TwoTables::new(n, n as u64);
                let request = Request::new(index, order, n, 1 << n, 1);
                let design = kernelshap_iq::design(&request).unwrap();
                let values = game.values(&design.rows).unwrap();
                let found = kernelshap_iq::estimate(&request, &design, &values).unwrap();
                for (output, found) in found.iter().enumerate() {
                    assert_eq!(found.kind, Kind::Exact);
                    let error = largest_error(found, &exact_terms(index, order, &table(&game, output)));
                    assert!(error < 1e-9, "{index} of order {order}, {n} players: {error:e}");
                }
            }
        }
    }
}
