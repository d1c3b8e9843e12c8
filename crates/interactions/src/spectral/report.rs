//! What a result says about how it came about: the supports that were compared, which was kept, and why.

use serde_json::{Map, Value, json};

use super::choose::{Judged, ROUNDING};
use super::held_out::gain;
use super::significance::FALSE_DISCOVERIES;

/// The facts of one output: `won`, `why`, `r2`, `r2_std_err`, `held_out` (rows), `sets`, `claimed` (of them), `false_discoveries`
/// (the rate), `comparison` (a list of `name`, `sets`, `r2`, `r2_std_err`, or `name` and `missing`), and those of the screens.
pub(crate) fn json(
    judged: &[Judged],
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
    let comparison: Vec<Value> = judged.iter().map(of).chain(missing).collect();
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
    let rounding = ROUNDING * square(&0) / won.errors.len() as f64;
    let next = (0..judged.len()).filter(|&at| at != best).min_by(|a, b| square(a).total_cmp(&square(b)));
    let explains = format!(
        "{} sets explain {:.1} % of what varies over {} coalitions held out",
        won.sets.len(),
        100.0 * found.r2,
        found.rows
    );
    let Some(next) = next else { return explains };
    let (lead, error) = gain(&judged[next].errors, &won.errors);
    let other = &judged[next];
    let r2 = 100.0 * other.faithfulness.map_or(0.0, |found| found.r2);
    let clear = if lead.abs() > 2.0 * error { "clearly" } else { "not clearly" };
    let how = match lead {
        lead if lead.abs() <= rounding => "as good".to_owned(),
        lead if lead > 0.0 => format!("{clear} worse"),
        _ => format!("{clear} better, but not clearly better than the constant"),
    };
    format!("{explains}; next is {} ({r2:.1} %, {} sets), {how}", other.name, other.sets.len())
}
