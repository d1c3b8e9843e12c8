//! The settings of an explanation, as a report shows them.

use einthoven_masking::Stats;

use crate::Explainer;
use crate::control;
use crate::explainer::Chosen;

impl Explainer {
    /// The settings as a report shows them.
    pub(crate) fn described(&self, chosen: &Chosen, stats: &Stats) -> Vec<(String, String)> {
        let filters = match (self.settings.filter, self.preparation.highpass_hz, self.preparation.mains_hz) {
            (false, ..) => "none (--no-filter)".to_owned(),
            (true, None, None) => "none".to_owned(),
            (true, highpass, mains) => {
                let part = |name: &str, hz: Option<f64>| hz.map(|hz| format!("{name} {hz} Hz"));
                let parts: Vec<String> =
                    [part("high-pass", highpass), part("mains", mains)].into_iter().flatten().collect();
                parts.join(", ")
            }
        };
        let method = match &chosen.reason {
            Some(reason) => format!("{} (auto: {reason})", chosen.method),
            None => chosen.method.to_owned(),
        };
        let spec = self.spec();
        let pairs = [
            ("model", self.name.clone()),
            ("input", format!("{} leads, {} samples at {} Hz", spec.leads.len(), spec.n_samples, spec.rate)),
            ("filters", filters),
            ("start", format!("{} s", self.settings.start)),
            ("players", self.settings.players.to_string()),
            ("baseline", self.settings.baseline.to_string()),
            ("method", method),
            ("budget", chosen.budget.clone()),
            ("control", control::described(chosen.control)),
            ("seed", self.settings.seed.to_string()),
            ("device", self.device_name.clone()),
            ("engine", stats.summary()),
            ("memory", self.settings.memory.to_string()),
        ];
        pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }
}
