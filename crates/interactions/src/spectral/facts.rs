//! What SPEX says of how it screened.

/// How the screen was made, and what it saw.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub(crate) struct Facts {
    /// Bits of `l`: a group has two to their number of bins.
    pub bits: usize,
    /// Errors that the code corrects.
    pub n_errors: usize,
    /// Groups of rows.
    pub groups: usize,
    /// Delays of a group.
    pub delays: usize,
    /// What the sets leave of a value, estimated from the quieter bins: its standard deviation.
    pub noise: f64,
    /// Rounds until nothing changed.
    pub rounds: usize,
}

impl Facts {
    /// As they stand in a result, with a sentence.
    pub(crate) fn json(&self) -> serde_json::Value {
        let &Self { bits, n_errors, groups, delays, .. } = self;
        let (bins, rows) = (1usize << bits, (groups * delays) << bits);
        let plan = format!(
            "{groups} groups of {bins} bins in {delays} delays each, {rows} coalitions: the code spells sets of up to {n_errors} players, and \
             smaller ones with as many signs wrong; as many bins as the budget allows keep sets apart, and what is left makes groups \
             and coalitions drawn alike"
        );
        let mut json = serde_json::to_value(self).unwrap_or_default();
        json["plan"] = plan.into();
        json
    }
}
