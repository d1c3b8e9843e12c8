//! From numbers to attributions.

use einthoven_game::{Attribution, Design, Index, Kind, Term, Values};

use crate::sets::Sets;

/// What an estimator has found out of one size of sets.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// Players of a set.
    pub size: usize,
    /// `[outputs][sets]`
    pub values: Vec<Vec<f64>>,
    /// Squared standard errors, `[outputs][sets]`, where there are any; NaN where a set has none.
    pub variances: Option<Vec<Vec<f64>>>,
}

/// What an estimator has found out.
pub(crate) struct Estimate {
    pub method: &'static str,
    pub index: Index,
    pub order: usize,
    pub kind: Kind,
    pub found: Vec<Found>,
    pub warnings: Vec<String>,
}

/// Dresses up an estimate, one attribution per output.
pub(crate) fn attribute(design: &Design, values: &Values, estimate: &Estimate) -> Vec<Attribution> {
    let n_players = design.rows.n_players();
    let mut terms: Vec<Vec<Term>> = vec![Vec::new(); values.n_outputs()];
    for found in &estimate.found {
        Sets::new(n_players, found.size).for_each(|position, set| {
            for (output, terms) in terms.iter_mut().enumerate() {
                let variance = found.variances.as_ref().map(|variances| variances[output][position]);
                let std_err = variance.filter(|variance| !variance.is_nan()).map(|variance| variance.max(0.0).sqrt());
                terms.push(Term { players: set.to_vec(), value: found.values[output][position], std_err });
            }
        });
    }
    let attribution = |(output, terms): (usize, Vec<Term>)| Attribution {
        index: estimate.index,
        min_order: estimate.found.iter().map(|found| found.size).min().unwrap_or(1),
        max_order: estimate.order,
        kind: estimate.kind,
        method: estimate.method.to_owned(),
        warnings: estimate.warnings.iter().cloned().chain(faint(&terms)).collect(),
        terms,
        ..Attribution::blank(design, values, output)
    };
    terms.into_iter().enumerate().map(attribution).collect()
}

/// What is to be said where most interactions cannot be told from zero.
fn faint(terms: &[Term]) -> Option<String> {
    let interactions = terms.iter().filter(|term| term.players.len() > 1);
    let with_errors = interactions.filter_map(|term| Some((term.value, term.std_err.filter(|error| *error > 0.0)?)));
    let (all, faint) = with_errors
        .fold((0, 0), |(all, faint), (value, error)| (all + 1, faint + usize::from(value.abs() < 2.0 * error)));
    (2 * faint > all).then(|| format!("{faint} of {all} interactions lie within two standard errors of zero"))
}
