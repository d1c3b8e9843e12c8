//! Whether amortization pays, and from how many records on.

use serde::Serialize;

use crate::explainer::ExplainerCard;

/// What an explainer saves and what it has cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Worth {
    /// Evaluations that the labels' own estimator needs for a record to be as good as the explainer, at least: its error falls with
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
    /// Whether its error is below that of a training record's labels.
    pub beats_labels: bool,
    /// Records from which on labels, training and application together cost less than the labels' own estimator for each of
    /// them; `None` where that is never so.
    pub break_even: Option<f64>,
}

impl ExplainerCard {
    /// Whether the explainer pays. An explainer that is no better than the labels it was made from does not, however many
    /// records there are. Of its error the standard error is not given away: it is taken to be that much larger.
    pub fn worth(&self) -> Worth {
        let facts = &self.facts;
        let error = facts.error.max(0.0) + facts.error_std_err;
        let equal_evaluations = facts.evaluations_per_label * facts.label_error / error;
        let label_seconds = facts.label_evaluations as f64 * facts.evaluation_seconds;
        let apply_seconds = facts.apply_seconds + 2.0 * facts.evaluation_seconds;
        let saved = equal_evaluations * facts.evaluation_seconds - apply_seconds;
        let beats_labels = error < facts.label_error / facts.labels_per_record as f64;
        Worth {
            equal_evaluations,
            evaluation_seconds: facts.evaluation_seconds,
            label_seconds,
            training_seconds: facts.seconds,
            apply_seconds,
            beats_labels,
            break_even: (beats_labels && saved > 0.0).then(|| (label_seconds + facts.seconds) / saved),
        }
    }
}
