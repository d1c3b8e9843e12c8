//! The way from the baseline to the full value, term by term.

use einthoven_game::Attribution;

use crate::number::{counted, value_text};
use crate::terms::Terms;

/// Numbers beyond are drawn as if they were this, so that sums stay finite.
const MOST: f64 = 1e290;
/// What is open of the way, in parts of its largest number, before there is anything to draw.
const VISIBLE: f64 = 1e-6;

/// One step on the way.
pub(crate) struct Step {
    pub name: String,
    pub value: f64,
    pub std_err: Option<f64>,
    /// Whether it is a single term, not several or what is open.
    pub is_term: bool,
}

/// All steps: they lead from the baseline to the full value.
pub(crate) struct Steps {
    pub baseline: f64,
    pub full: f64,
    pub steps: Vec<Step>,
    /// How many terms there are.
    pub count: usize,
    /// What the reader must know.
    pub notes: Vec<String>,
}

impl Steps {
    /// The `top` largest terms one by one, the rest as one step, and what the terms leave open, if there is
    /// anything of it to draw.
    pub fn new(attribution: &Attribution, top: usize) -> Self {
        let terms = Terms::new(attribution);
        let mut notes = vec![terms.not_finite_note()];
        let mut end = |value: f64, name: &str| {
            if !value.is_finite() {
                notes.push(format!("the {name} value is not finite; zero stands in for it"));
            }
            held(if value.is_finite() { value } else { 0.0 })
        };
        let (baseline, full) = (end(attribution.baseline, "baseline"), end(attribution.full, "full"));
        // A rest of one would say less than its name.
        let count = terms.ranked.len();
        let shown = if count == top.saturating_add(1) { count } else { count.min(top) };
        let (first, rest) = terms.ranked.split_at(shown);
        let step = |term: &&einthoven_game::Term| Step {
            name: terms.name(&term.players),
            value: held(term.value),
            std_err: term.std_err.filter(|error| error.is_finite()).map(|error| held(error.abs())),
            is_term: true,
        };
        let mut steps: Vec<Step> = first.iter().map(step).collect();
        let rest_sum: f64 = rest.iter().map(|term| held(term.value)).sum();
        let open = full - baseline - steps.iter().map(|step| step.value).sum::<f64>() - rest_sum;
        let size = terms.ranked.iter().map(|term| term.value.abs()).fold(full.abs().max(baseline.abs()), f64::max);
        let is_open = open.abs() > VISIBLE * held(size);
        if is_open {
            notes.push(format!("the terms leave {} of the difference open", value_text(open)));
        }
        // What is open is often the rest's counterpart and much larger than the terms, so the two are one step.
        let (name, value) = match (rest.len(), is_open) {
            (0, _) => ("left open by the terms".to_owned(), open),
            (count, false) => (format!("rest of {}", counted(count, "term")), rest_sum),
            (count, true) => {
                notes.push(format!("the rest of {} adds up to {}", counted(count, "term"), value_text(rest_sum)));
                (format!("rest of {}, and left open", counted(count, "term")), rest_sum + open)
            }
        };
        if is_open || !rest.is_empty() {
            steps.push(Step { name, value, std_err: None, is_term: false });
        }
        Self { baseline, full, steps, count, notes }
    }

    /// Whether a step has a standard error.
    pub fn has_errors(&self) -> bool {
        self.steps.iter().any(|step| step.std_err.is_some_and(|error| error > 0.0))
    }

    /// How many terms stand alone.
    pub fn shown(&self) -> usize {
        self.steps.iter().filter(|step| step.is_term).count()
    }
}

fn held(value: f64) -> f64 {
    value.clamp(-MOST, MOST)
}
