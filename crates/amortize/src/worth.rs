//! Whether amortization pays, and from how many records on.

use serde::Serialize;

use crate::explainer::ExplainerCard;

/// What an explainer saves and what it has cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Worth {
    /// Evaluations that the labels' own estimator needs for a record to be as good as the explainer, its error falling with
    /// their number.
    pub equal_evaluations: f64,
    /// Seconds of an evaluation of the model, as labels are made.
    pub evaluation_seconds: f64,
    /// Seconds that the labels of training and validation records take.
    pub label_seconds: f64,
    /// Seconds of the training.
    pub training_seconds: f64,
    /// Seconds to apply the explainer to a record.
    pub apply_seconds: f64,
    /// Records from which on labels, training and application together cost less than the labels' own estimator for each of
    /// them; `None` where that is never so, or labels alone are as good as the explainer.
    pub break_even: Option<f64>,
}

impl ExplainerCard {
    /// Whether the explainer pays. An explainer that is no better than the labels it was made from does not, however many
    /// records there are.
    pub fn worth(&self) -> Worth {
        let facts = &self.facts;
        let error = facts.error.max(f64::MIN_POSITIVE);
        let equal_evaluations = self.spec.budget as f64 * facts.label_error / error;
        let labels = facts.training_records as f64 * facts.evaluations_per_record
            + facts.validation_records as f64 * self.spec.draws[1] as f64 * self.spec.budget as f64;
        let label_seconds = labels * facts.evaluation_seconds;
        let apply_seconds = facts.apply_seconds + 2.0 * facts.evaluation_seconds;
        let saved = equal_evaluations * facts.evaluation_seconds - apply_seconds;
        let pays = saved > 0.0 && facts.error < facts.label_error / facts.labels_per_record as f64;
        Worth {
            equal_evaluations,
            evaluation_seconds: facts.evaluation_seconds,
            label_seconds,
            training_seconds: facts.seconds,
            apply_seconds,
            break_even: pays.then(|| (label_seconds + facts.seconds) / saved),
        }
    }
}
