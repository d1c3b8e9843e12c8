//! From numbers to attributions.

use einthoven_game::{Attribution, Design, Index, Kind, Link, Term, Values};

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

/// Dresses up an estimate, one attribution per output. Names are numbers until somebody knows better.
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
            min_order: 1,
            max_order: 1,
            n_players,
            output: output.to_string(),
            link: Link::default(),
            baseline: values.get(0, output),
            full: values.get(1, output),
            kind: estimate.kind,
            method: estimate.method.to_owned(),
            seed: 0,
            evaluations: design.rows.len(),
            terms: (0..n_players).map(term).collect(),
            player_names: (0..n_players).map(|player| player.to_string()).collect(),
            warnings: estimate.warnings.clone(),
            run: Default::default(),
        }
    };
    (0..values.n_outputs()).map(attribution).collect()
}
