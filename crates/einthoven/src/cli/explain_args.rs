//! The arguments of `einthoven explain`.

use std::str::FromStr;

use clap::{Args, ValueEnum};
use einthoven::{Error, GradientMethod, Gradients, Method, Result};

use super::args::{Run, positive};

/// Arguments of `explain`.
#[derive(Args, Debug)]
pub struct Explain {
    /// How the values are found: auto, an estimator of Shapley values, or a gradient method, all of which `einthoven methods`
    /// lists.
    ///
    /// A gradient method gives a value to each sample of each lead, drawn behind the trace; --players are sums of those.
    #[arg(long, value_name = "METHOD", default_value = "auto")]
    pub method: ExplainMethod,
    /// Stop as soon as the largest standard error is below this share of the range of the values; the budget is a cap.
    #[arg(long, value_name = "REL", value_parser = positive)]
    pub until: Option<f64>,
    /// Take an additive surrogate out of the values before the estimate and add it back after: gradient, which is what a
    /// player's cells differ by from the baseline, times the model's gradient.
    ///
    /// It costs a forward and a backward pass beside the budget. unbiased-kernel, svarm and msr have a smaller error where the
    /// surrogate resembles the game, and a larger one where it does not; kernel, leverage, permutation, stratified and owen
    /// are exact on additive games and find the same values with it and without.
    #[arg(long, value_enum, value_name = "SURROGATE")]
    pub control: Option<Surrogate>,
    /// How a gradient method is run.
    #[command(flatten)]
    pub gradients: GradientArgs,
    /// What is explained, and where the answer goes.
    #[command(flatten)]
    pub run: Run,
}

/// What serves as a control variate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Surrogate {
    /// Input times gradient, relative to the baseline.
    Gradient,
}

/// How a gradient method is run.
#[derive(Args, Clone, Copy, Debug)]
pub struct GradientArgs {
    /// Points on the line of ig; without it they are doubled until --gap is met, up to 512.
    #[arg(long, value_name = "N")]
    pub steps: Option<usize>,
    /// The completeness gap that ig may leave, as a share of the largest difference between record and baseline [default: 0.01].
    #[arg(long, value_name = "REL", value_parser = positive)]
    pub gap: Option<f64>,
    /// Random points of expected-gradients, smoothgrad, smoothgrad-squared and vargrad [default: 100].
    #[arg(long, value_name = "N")]
    pub samples: Option<usize>,
    /// Noise of smoothgrad, smoothgrad-squared and vargrad: its standard deviation as a share of the record's range
    /// [default: 0.15].
    #[arg(long, value_name = "SHARE", value_parser = positive)]
    pub noise: Option<f64>,
}

/// An estimator or a gradient method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExplainMethod {
    /// One that evaluates coalitions.
    Estimator(Method),
    /// One that goes back through the network.
    Gradient(GradientMethod),
}

impl FromStr for ExplainMethod {
    type Err = String;

    fn from_str(name: &str) -> std::result::Result<Self, String> {
        if let Ok(method) = name.parse() {
            return Ok(Self::Gradient(method));
        }
        name.parse().map(Self::Estimator).map_err(|error: einthoven::shapley::Error| {
            let names = GradientMethod::ALL.map(GradientMethod::name).join(", ");
            format!("{error}; gradient methods are {names}")
        })
    }
}

impl Explain {
    /// The gradient method that was asked for, if it is one.
    ///
    /// # Errors
    /// If an option is for methods of the other kind, or for another gradient method.
    pub fn gradients(&self) -> Result<Option<Gradients>> {
        let GradientArgs { steps, gap, samples, noise } = self.gradients;
        let method = match self.method {
            ExplainMethod::Gradient(method) => Some(method),
            ExplainMethod::Estimator(_) => None,
        };
        let is = |asked: fn(GradientMethod) -> bool| method.is_some_and(asked);
        let is_ig = is(|method| method == GradientMethod::Ig);
        let given = [
            ("--steps", steps.is_some(), is_ig, "ig"),
            ("--gap", gap.is_some(), is_ig && steps.is_none(), "ig without --steps"),
            (
                "--samples",
                samples.is_some(),
                is(GradientMethod::has_samples),
                "expected-gradients and the kinds of smoothgrad",
            ),
            ("--noise", noise.is_some(), is(GradientMethod::has_noise), "smoothgrad, smoothgrad-squared and vargrad"),
            ("--budget", self.run.budget.is_some(), method.is_none(), "methods that evaluate coalitions"),
            ("--until", self.until.is_some(), method.is_none(), "methods that evaluate coalitions"),
            ("--control", self.control.is_some(), method.is_none(), "methods that evaluate coalitions"),
            ("--resume", self.run.resume, method.is_none(), "methods that evaluate coalitions"),
        ];
        if let Some((option, .., whom)) = given.into_iter().find(|(_, given, serves, _)| *given && !serves) {
            return Err(Error::Usage(format!("use {option} with this method: it is for {whom}")));
        }
        Ok(method.map(|method| {
            let usual = Gradients::new(method);
            Gradients {
                steps,
                gap: gap.unwrap_or(usual.gap),
                samples: samples.unwrap_or(usual.samples),
                noise: noise.unwrap_or(usual.noise),
                ..usual
            }
        }))
    }
}
