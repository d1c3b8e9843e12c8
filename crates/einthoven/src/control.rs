//! The model's gradient as a control variate for estimators.
//!
//! A player's part in the surrogate is what its cells differ by from the baseline, times the gradient of the value at the
//! record: the values of the game, were the model linear. For a nonnegatively homogeneous network and the zero baseline
//! this is X-Gradient (Hesse, Schaub-Meyer & Roth 2021).

use einthoven_game::Link;
use einthoven_gradient::{Differentiable, GradientMethod, Gradients, Subject, breaking_layer, maps};
use einthoven_shapley::{Control, Method};

use crate::explainer::Scene;
use crate::{BaselineName, Error, Explainer, Explanation, Players, Result};

impl Explainer {
    /// Refuses a control variate that there is none of.
    pub(crate) fn check_control(&self) -> Result<()> {
        let reason = match (self.settings.control, &self.differentiable, &self.settings.players) {
            (false, ..) => return Ok(()),
            (_, None, _) => "the model neither names its layers nor says that it can be differentiated",
            (_, _, Players::IndependentLeads) => {
                "with players leads:8 some leads are computed from others; use players leads"
            }
            _ => return Ok(Control::check(self.settings.method.about().index)?),
        };
        Err(Error::Usage(format!("use --control gradient: {reason}")))
    }

    /// The name of the surrogate in `run.control`: in a homogeneous network and from zero it is X-Gradient.
    pub(crate) fn surrogate(&self) -> &'static str {
        let network = self.differentiable.as_ref().and_then(Differentiable::network);
        let homogeneous = network.is_some_and(|network| breaking_layer(network).is_none());
        let logits_from_zero = self.settings.baseline == BaselineName::Zero && self.settings.link == Link::Logit;
        let method =
            if homogeneous && logits_from_zero { GradientMethod::XGradient } else { GradientMethod::InputXGradient };
        method.name()
    }

    /// The surrogate of a scene, if one is asked for: a forward pass, and a backward pass for each output.
    pub(crate) fn control(&self, scene: &Scene) -> Result<Option<Control>> {
        self.check_control()?;
        if !self.settings.control {
            return Ok(None);
        }
        let (record, partition) = (&scene.prepared, &scene.partition);
        let reference = self.baseline()?.reference(record)?;
        let model = self.differentiable()?;
        let outputs: Vec<usize> = (0..model.spec().outputs.len()).collect();
        let gradients = Gradients::new(GradientMethod::InputXGradient);
        let request = self.gradient_request(&gradients, &outputs, &|| false);
        let subject = Subject { signal: record.signal(), baselines: &[reference], partition };
        let found = maps(model, &[subject], &request)?;
        let n_players = partition.n_players();
        let of_output =
            |output| found.iter().flat_map(move |map| map.player_sums(output, partition.owner(), n_players));
        let parts = outputs.iter().flat_map(|&output| of_output(output)).collect();
        Ok(Some(Control::of_players(partition.n_players(), parts)?))
    }
}

/// A control variate as a report shows it.
pub(crate) fn described(surrogate: Option<&str>) -> String {
    match surrogate {
        Some(name) => format!("{name}: a forward and a backward pass beside the budget"),
        None => "none".to_owned(),
    }
}

/// The explanation with a warning where a control variate was of no use.
pub(crate) fn warned(mut explanation: Explanation, surrogate: Option<&str>, method: Method) -> Explanation {
    if surrogate.is_some() && !method.changes_with_control() {
        explanation.warn(format!("the control variate changes nothing: {method} is exact on additive games anyway"));
    }
    explanation
}
