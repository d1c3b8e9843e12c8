//! What a result says about how it came about: the supports that were compared, which was kept, and why.

use serde_json::{Map, Value, json};

use super::choose::{Judged, ROUNDING};
use super::held_out::gain;
use super::significance::FALSE_DISCOVERIES;

/// The facts of one output: `won`, `why`, `r2`, `r2_std_err`, `held_out` (rows), `sets`, `claimed` (of them), `false_discoveries`
/// (the rate), `comparison` (of those judged, beside and missing: a list of `name`, `sets`, `r2`, `r2_std_err`, or `name` and
/// `missing`), and those of the screens.
pub(crate) fn json(
    judged: &[Judged],
    beside: &[Judged],
    missing: &[(String, String)],
    best: usize,
    claimed: usize,
    facts: Map<String, Value>,
) -> Value {
    let of = |judged: &Judged| {
        let r2 = judged.faithfulness.map(|found| found.r2);
        let std_err = judged.faithfulness.map(|found| found.std_err);
        json!({ "name": judged.name, "sets": judged.sets.len(), "r2": r2, "r2_std_err": std_err })
    };
    let missing = missing.iter().map(|(name, why)| json!({ "name": name, "missing": why }));
    let comparison: Vec<Value> = judged.iter().chain(beside).map(of).chain(missing).collect();
    let won = &judged[best];
    let mut json = Map::new();
    json.insert("won".to_owned(), won.name.clone().into());
    json.insert("why".to_owned(), why(judged, best).into());
    json.insert("r2".to_owned(), won.faithfulness.map(|found| found.r2).into());
    json.insert("r2_std_err".to_owned(), won.faithfulness.map(|found| found.std_err).into());
    json.insert("held_out".to_owned(), won.errors.len().into());
    json.insert("sets".to_owned(), won.sets.len().into());
    json.insert("claimed".to_owned(), claimed.into());
    json.insert("false_discoveries".to_owned(), FALSE_DISCOVERIES.into());
    json.insert("comparison".to_owned(), comparison.into());
    json.extend(facts);
    Value::Object(json)
}

/// Why a support was kept, beside the one that misses least of the others.
fn why(judged: &[Judged], best: usize) -> String {
    let won = &judged[best];
    let Some(found) = won.faithfulness else { return "the values do not vary".to_owned() };
    let square = |at: &usize| judged[*at].errors.iter().map(|error| error * error).sum::<f64>();
    let next = (0..judged.len()).filter(|&at| at != best).min_by(|a, b| square(a).total_cmp(&square(b)));
    let (sets, explained, rows) = (won.sets.len(), 100.0 * found.r2, found.rows);
    let explains = match sets {
        0 => format!("no sets are clear of it over {rows} coalitions held out"),
        1 => format!("1 set explains {explained:.1} % of what varies over {rows} coalitions held out"),
        _ => format!("{sets} sets explain {explained:.1} % of what varies over {rows} coalitions held out"),
    };
    let Some(next) = next.filter(|&next| judged[next].sets.len() + sets > 0) else { return explains };
    let (lead, error) = gain(&judged[next].errors, &won.errors);
    let other = &judged[next];
    let r2 = 100.0 * other.faithfulness.map_or(0.0, |found| found.r2);
    let what = if lead.abs() * rows as f64 <= ROUNDING * square(&0) {
        "as good"
    } else if lead < 0.0 {
        "better, but not clear of the constant"
    } else if lead > 2.0 * error {
        "clearly worse"
    } else {
        "not clearly worse"
    };
    format!("{explains}; next is {} ({r2:.1} %, {} sets), {what}", other.name, other.sets.len())
}

#[cfg(test)]
mod tests {
    use super::super::held_out::faithfulness;
    use super::super::refit::Shrink;
    use super::*;

    /// A support of so many sets that predicts these for the values 0, 1, …, 9.
    fn judged(name: &str, sets: u32, predicted: [f64; 10]) -> Judged {
        let values: Vec<f64> = (0..10).map(f64::from).collect();
        Judged {
            name: name.to_owned(),
            sets: (0..sets).map(|player| vec![player]).collect(),
            shrink: Shrink::No,
            sure: false,
            errors: values.iter().zip(&predicted).map(|(value, predicted)| value - predicted).collect(),
            faithfulness: faithfulness(&predicted, &values),
        }
    }

    #[test]
    fn reasons_are_those_of_the_choice() {
        let constant = judged("constant", 0, [4.5; 10]);
        let all = std::array::from_fn(|at| at as f64);
        let [one, two] = [1, 2].map(|sets| judged("some", sets, all));
        let part = judged("part", 3, std::array::from_fn(|at| 0.5 * at as f64));
        let of = |judged: &[&Judged], best| {
            let again = |judged: &&Judged| Judged {
                name: judged.name.clone(),
                sets: judged.sets.clone(),
                errors: judged.errors.clone(),
                ..**judged
            };
            why(&judged.iter().map(again).collect::<Vec<_>>(), best)
        };
        let why = of(&[&constant, &one, &two, &part], 1);
        assert_eq!(
            why,
            "1 set explains 100.0 % of what varies over 10 coalitions held out; next is some (100.0 %, 2 sets), as good"
        );
        assert!(of(&[&constant, &two], 1).ends_with("next is constant (0.0 %, 0 sets), clearly worse"));
        assert!(of(&[&constant, &one], 0).ends_with("(100.0 %, 1 sets), better, but not clear of the constant"));
        assert_eq!(of(&[&constant, &constant], 0), "no sets are clear of it over 10 coalitions held out");
        assert!(of(&[&constant, &part], 0).contains("no sets are clear of it"));
    }
}
