//! From numbers to attributions.

use einthoven_game::{Attribution, Design, Index, Kind, Term, Values};

/// What an estimator has found out.
pub(crate) struct Estimate {
    pub method: &'static str,
    pub index: Index,
    pub kind: Kind,
    /// `[outputs, players]`
    pub values: Vec<f64>,
    /// Squared standard errors, `[outputs, players]`, where there are any.
    pub variances: Option<Vec<f64>>,
    pub warnings: Vec<String>,
}

/// Dresses up an estimate, one attribution per output.
pub(crate) fn attribute(design: &Design, values: &Values, estimate: &Estimate) -> Vec<Attribution> {
    let n_players = design.rows.n_players();
    let attribution = |output: usize| {
        let term = |player: usize| {
            let at = output * n_players + player;
            let std_err = estimate.variances.as_ref().map(|variances| variances[at].sqrt());
            Term { players: vec![player as u32], value: estimate.values[at], std_err }
        };
        Attribution {
            index: estimate.index,
            kind: estimate.kind,
            method: estimate.method.to_owned(),
            terms: (0..n_players).map(term).collect(),
            warnings: estimate.warnings.clone(),
            ..Attribution::blank(design, values, output)
        }
    };
    (0..values.n_outputs()).map(attribution).collect()
}
