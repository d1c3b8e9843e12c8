use einthoven_game::{Attribution, Index, Kind, Link};
use proptest::prelude::*;

use crate::attributions::{attribution, term};

fn left() -> Attribution {
    attribution("MI", vec![term(&[0], 1.0, Some(3.0)), term(&[1], 2.0, None), term(&[2], 5.0, Some(1.0))])
}

fn right() -> Attribution {
    let terms = vec![term(&[0], 0.25, Some(4.0)), term(&[1], 1.0, Some(1.0)), term(&[0, 1], 8.0, Some(2.0))];
    Attribution {
        baseline: 2.0,
        full: 3.0,
        kind: Kind::Exact,
        method: "exact".to_owned(),
        evaluations: 8,
        warnings: vec!["flat lead".to_owned(), "noise".to_owned()],
        ..attribution("CD", terms)
    }
}

#[test]
fn sums_and_differences_unite_the_terms() {
    let sum = left().try_add(&right()).unwrap();
    // The second has no term of player 2 and is exact, so it is zero without error; the first has no pair, and its
    // error is not known.
    let expected =
        vec![term(&[0], 1.25, Some(5.0)), term(&[1], 3.0, None), term(&[2], 5.0, Some(1.0)), term(&[0, 1], 8.0, None)];
    assert_eq!(sum.terms, expected);
    assert_eq!((sum.baseline, sum.full, sum.evaluations), (2.1, 3.9, 4104));
    assert_eq!((sum.kind, sum.method.as_str(), sum.output.as_str()), (Kind::Consistent, "kernel, exact", "MI + CD"));
    assert_eq!(sum.warnings, ["flat lead", "noise"]);
    let difference = left().try_sub(&right()).unwrap();
    let values: Vec<f64> = difference.terms.iter().map(|term| term.value).collect();
    assert_eq!(values, [0.75, 1.0, 5.0, -8.0]);
    let errors: Vec<_> = difference.terms.iter().map(|term| term.std_err).collect();
    assert_eq!(errors, [Some(5.0), None, Some(1.0), None]);
    assert_eq!((difference.baseline, difference.full), (0.1 - 2.0, 0.9 - 3.0));
    assert_eq!(difference.output, "MI - CD");
    let twice = left().try_add(&left()).unwrap();
    assert_eq!((twice.output.as_str(), twice.method.as_str()), ("MI", "kernel"));
    assert_eq!(twice.terms[2].std_err, Some(2f64.sqrt()));
    assert_eq!(twice.warnings, ["flat lead", "standard errors are those of independent estimates"]);
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let refused = |change: fn(&mut Attribution), told: &str| {
        let mut other = left();
        change(&mut other);
        for error in [left().try_add(&other).unwrap_err(), left().try_sub(&other).unwrap_err()] {
            let error = error.to_string();
            assert!(error.contains(told) && error.contains("attributions: expected"), "{error}");
        }
    };
    refused(|other| other.index = Index::Bv, "index, found SV and BV");
    refused(|other| other.link = Link::Probability, "link, found logit and probability");
    refused(|other| other.player_names[1] = "V1".to_owned(), "players, found `II` and `V1`");
    refused(|other| other.n_players = 4, "players, found 3 and 4");
    refused(|other| other.max_order = 2, "top order, found 1 and 2");
    refused(|other| other.min_order = 0, "found 1 to 1 and 0 to 1");
    refused(|other| *other = other.top(1), "all but the 1 largest terms were left out");
}

#[test]
fn multiples_scale_everything() {
    let scaled = left() * -2.0;
    assert_eq!(scaled.terms, [term(&[0], -2.0, Some(6.0)), term(&[1], -4.0, None), term(&[2], -10.0, Some(2.0))]);
    assert_eq!((scaled.baseline, scaled.full, scaled.kind), (-0.2, -1.8, Kind::Consistent));
    assert_eq!(-left(), left() * -1.0);
    assert_eq!((-left()).abs().terms, left().terms);
    let magnitudes = |kind| Attribution { kind, ..left() }.abs().kind;
    assert_eq!(magnitudes(Kind::Unbiased), Kind::Consistent);
    assert_eq!(magnitudes(Kind::Biased), Kind::Biased);
    assert_eq!(magnitudes(Kind::Exact), Kind::Exact);
}

proptest! {
    #[test]
    fn a_difference_undoes_a_sum(values in prop::collection::vec((-1e6..1e6f64, -1e6..1e6f64), 3)) {
        let side = |of: fn(&(f64, f64)) -> f64| {
            let terms = values.iter().enumerate().filter(|(_, pair)| of(pair) > -5e5);
            attribution("MI", terms.map(|(at, pair)| term(&[at as u32], of(pair), None)).collect())
        };
        let (left, right) = (side(|pair| pair.0), side(|pair| pair.1));
        let back = left.try_add(&right).unwrap().try_sub(&right).unwrap();
        for (found, expected) in back.player_values().iter().zip(left.player_values()) {
            prop_assert!((found - expected).abs() < 1e-9);
        }
        prop_assert!((back.efficiency_gap() - left.efficiency_gap()).abs() < 1e-8);
    }
}
