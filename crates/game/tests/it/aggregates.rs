use einthoven_game::{Aggregation, Attribution, Kind};

use crate::attributions::{attribution, term};

fn record(output: &str, values: &[f64]) -> Attribution {
    let terms = values.iter().enumerate().filter(|(_, value)| **value != 0.0);
    attribution(output, terms.map(|(player, &value)| term(&[player as u32], value, Some(9.0))).collect())
}

#[test]
fn means_over_records_have_the_errors_of_means() {
    let records: Vec<Vec<Attribution>> = [[1.0, 0.0, 4.0], [-3.0, 2.0, 4.0], [2.0, 4.0, 4.0]]
        .iter()
        .map(|values| vec![record("MI", values), record("CD", &values.map(|value| -value))])
        .collect();
    let found = Attribution::aggregate(&records, Aggregation::Mean).unwrap();
    assert_eq!(found.len(), 2);
    let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found} instead of {expected}");
    // The 97.5 % quantiles of Student's distribution with two degrees of freedom and of the normal distribution. Of the
    // second player, one record has no term, which is zero.
    let factor = 4.302_652_729_749_464 / 1.959_963_984_540_054;
    for (player, (mean, variance)) in [(0.0, 7.0), (2.0, 4.0), (4.0, 0.0)].into_iter().enumerate() {
        for (output, sign) in [(0, 1.0), (1, -1.0)] {
            let term = &found[output].terms[player];
            assert_eq!(term.players, [player as u32]);
            near(term.value, sign * mean);
            near(term.std_err.unwrap(), factor * (variance / 3f64).sqrt());
        }
    }
    let magnitudes = &Attribution::aggregate(&records, Aggregation::MeanAbs).unwrap()[1];
    assert_eq!(magnitudes.player_values(), [2.0, 2.0, 4.0]);
    near(magnitudes.terms[0].std_err.unwrap(), factor * (1f64 / 3.0).sqrt());
}

#[test]
fn an_aggregate_says_what_it_is() {
    let first = record("MI", &[1.0, 2.0, 3.0]);
    let second = Attribution {
        kind: Kind::Unbiased,
        method: "svarm".to_owned(),
        baseline: 0.3,
        full: 1.9,
        warnings: vec!["noise".to_owned(), "flat lead".to_owned()],
        ..first.clone()
    };
    let of = |records: &[&Attribution], how| {
        let records: Vec<Vec<Attribution>> = records.iter().map(|record| vec![(*record).clone()]).collect();
        Attribution::aggregate(&records, how).unwrap().remove(0)
    };
    let found = of(&[&second, &first], Aggregation::Mean);
    assert_eq!((found.kind, found.method.as_str(), found.evaluations), (Kind::Consistent, "svarm, kernel", 8192));
    assert_eq!((found.baseline, found.full), (0.2, 1.4));
    assert_eq!(
        found.warnings,
        [
            "mean of 2 records; standard errors are those of the mean over records",
            "in 1 of 2 records: noise",
            "in 2 of 2 records: flat lead",
        ]
    );
    assert_eq!((&found.run["aggregate"], &found.run["records"]), (&"mean".into(), &2.into()));
    assert!(!found.run.contains_key("device"));
    let alone = of(&[&second], Aggregation::MeanAbs);
    assert_eq!((alone.kind, alone.terms[0].std_err), (Kind::Consistent, None));
    assert_eq!(alone.warnings[0], "mean of magnitudes in 1 records; no standard errors");
    let exact = Attribution { kind: Kind::Exact, ..first };
    assert_eq!(of(&[&exact, &exact], Aggregation::MeanAbs).kind, Kind::Exact);
}

#[test]
fn records_that_do_not_fit_are_refused_by_number() {
    let good = vec![record("MI", &[1.0, 2.0, 3.0])];
    let refused = |other: Vec<Attribution>, told: &str| {
        let records = [good.clone(), good.clone(), other];
        let error = Attribution::aggregate(&records, Aggregation::Mean).unwrap_err().to_string();
        assert!(error.contains("record 2") && error.contains(told), "{error}");
    };
    refused(vec![], "has 0");
    refused(vec![record("CD", &[1.0])], "output, found MI and CD");
    refused(vec![Attribution { max_order: 2, ..good[0].clone() }], "top order");
    refused(vec![good[0].top(1)], "1 largest terms were left out");
    let names = ["I", "II", "V1"].map(str::to_owned).to_vec();
    refused(vec![Attribution { player_names: names, ..good[0].clone() }], "`III` and `V1`");
    assert!(Attribution::aggregate(&[], Aggregation::Mean).unwrap_err().to_string().contains("no record"));
    assert_eq!("MEAN-abs".parse::<Aggregation>().unwrap(), Aggregation::MeanAbs);
    assert!("median".parse::<Aggregation>().unwrap_err().to_string().contains("mean, mean-abs"));
}
