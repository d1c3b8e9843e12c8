use einthoven_game::{Design, Draw, Game, Values};
use einthoven_shapley::{Error, Method, Request};

use crate::games::random_table;

const BOTH: [Method; 2] = [Method::Kernel, Method::Permutation];

fn zeros(design: &Design) -> Values {
    Values::new(1, vec![0.0; design.rows.len()], "").unwrap()
}

#[test]
fn values_that_are_not_finite_are_named() {
    for method in [Method::Exact, Method::Kernel, Method::Permutation] {
        let design = method.design(&Request::new(5, 32, 1)).unwrap();
        for broken in [f64::NAN, f64::INFINITY] {
            let mut numbers = vec![0.0; 2 * design.rows.len()];
            numbers[13] = broken;
            let values = Values::new(2, numbers, "").unwrap();
            let error = method.estimate(&design, &values).unwrap_err();
            assert!(error.to_string().contains("row 6, output 1"), "{method}: {error}");
        }
    }
}

#[test]
fn a_wrong_number_of_values_is_refused() {
    for method in [Method::Exact, Method::Kernel, Method::Permutation] {
        let design = method.design(&Request::new(5, 32, 1)).unwrap();
        for n_rows in [0, design.rows.len() - 1, design.rows.len() + 1] {
            let values = Values::new(1, vec![0.0; n_rows], "").unwrap();
            let error = method.estimate(&design, &values).unwrap_err();
            assert!(matches!(error, Error::Game(einthoven_game::Error::Shape { .. })), "{method}: {error}");
        }
    }
}

#[test]
fn auto_is_resolved_before_it_estimates() {
    let design = Method::Auto.design(&Request::new(4, 16, 1)).unwrap();
    assert!(Method::Auto.estimate(&design, &zeros(&design)).is_err());
    assert!(Method::Exact.estimate(&design, &zeros(&design)).is_ok());
}

#[test]
fn designs_of_another_method_are_refused() {
    for (maker, reader) in [
        (Method::Permutation, Method::Kernel),
        (Method::Kernel, Method::Permutation),
        (Method::Exact, Method::Permutation),
        (Method::Kernel, Method::Exact),
    ] {
        let design = maker.design(&Request::new(6, 64, 1)).unwrap();
        // A permutation may have seen all coalitions, which is all that exact values need; the kernel has at 40.
        let design = if reader == Method::Exact { maker.design(&Request::new(6, 40, 1)).unwrap() } else { design };
        assert!(reader.estimate(&design, &zeros(&design)).is_err(), "{maker} read by {reader}");
    }
    let exact = Method::Exact.design(&Request::new(6, 64, 1)).unwrap();
    assert!(matches!(Method::Kernel.estimate(&exact, &zeros(&exact)), Err(Error::Rank { rank: 0, .. })));
}

#[test]
fn damaged_draws_never_panic() {
    let game = random_table(5, 1);
    for method in BOTH {
        let design = method.design(&Request::new(5, 24, 1)).unwrap();
        let values = game.values(&design.rows).unwrap();
        let damages: [fn(&mut Draw); 5] = [
            |draw| draw.row = 1000,
            |draw| draw.row = 0,
            |draw| draw.role = 77,
            |draw| draw.stratum = 77,
            |draw| draw.weight = f64::NAN,
        ];
        for (at, damage) in damages.iter().enumerate() {
            for draw in 0..design.draws.len() {
                let mut design = design.clone();
                damage(&mut design.draws[draw]);
                let found = method.estimate(&design, &values);
                let harmless = matches!((method, at), (Method::Permutation, 3 | 4));
                assert!(
                    harmless || found.is_err() || design.draws[draw].row == 0,
                    "{method}, damage {at}, draw {draw}"
                );
            }
        }
        let mut short = design.clone();
        short.draws.pop();
        assert!(method.estimate(&short, &values).is_err());
        let mut swapped = design.clone();
        swapped.rows = design.rows.slice(1..design.rows.len());
        assert!(method.estimate(&swapped, &zeros(&swapped)).is_err());
    }
}

#[test]
fn every_output_is_estimated_from_the_same_rows() {
    for method in BOTH {
        let (first, second) = (random_table(6, 1), random_table(6, 2));
        let design = method.design(&Request::new(6, 40, 1)).unwrap();
        let (one, two) = (first.values(&design.rows).unwrap(), second.values(&design.rows).unwrap());
        let both = (0..one.len()).flat_map(|row| [one.get(row, 0), two.get(row, 0)]).collect();
        let both = method.estimate(&design, &Values::new(2, both, "").unwrap()).unwrap();
        for (output, values) in [one, two].iter().enumerate() {
            let alone = method.estimate(&design, values).unwrap().remove(0);
            for (found, alone) in both[output].terms.iter().zip(&alone.terms) {
                assert!((found.value - alone.value).abs() < 1e-13);
                assert!((found.std_err.unwrap() - alone.std_err.unwrap()).abs() < 1e-13);
            }
            assert_eq!((both[output].baseline, both[output].full), (alone.baseline, alone.full));
        }
    }
}
