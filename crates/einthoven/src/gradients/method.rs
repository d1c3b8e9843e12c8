//! Which gradient methods there are.

use std::fmt;
use std::str::FromStr;

use crate::{Error, Result};

/// A method that asks how fast the model's value changes with each cell of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GradientMethod {
    /// The magnitude of the gradient (Simonyan et al. 2014).
    Saliency,
    /// What a cell differs by from the baseline, times its gradient (Shrikumar et al. 2016).
    InputXGradient,
    /// The same for a nonnegatively homogeneous network and the zero baseline, where it is Integrated Gradients (Hesse,
    /// Schaub-Meyer & Roth 2021).
    XGradient,
    /// Integrated Gradients: gradients on the straight line from the baseline (Sundararajan, Taly & Yan 2017).
    Ig,
    /// Expected gradients: one random point on the line from each of many baselines (Erion et al. 2021).
    ExpectedGradients,
    /// The mean gradient at noisy copies (Smilkov et al. 2017).
    SmoothGrad,
    /// The mean square of the gradient at noisy copies (Hooker et al. 2019).
    SmoothGradSquared,
    /// The variance of the gradient at noisy copies (Adebayo et al. 2018).
    VarGrad,
    /// How far the value falls if a player alone is masked (Zeiler & Fergus 2014): no gradient, but its neighbour.
    Occlusion,
}

impl GradientMethod {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Saliency,
        Self::InputXGradient,
        Self::XGradient,
        Self::Ig,
        Self::ExpectedGradients,
        Self::SmoothGrad,
        Self::SmoothGradSquared,
        Self::VarGrad,
        Self::Occlusion,
    ];

    /// The name of `--method`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Saliency => "saliency",
            Self::InputXGradient => "input-x-gradient",
            Self::XGradient => "x-gradient",
            Self::Ig => "ig",
            Self::ExpectedGradients => "expected-gradients",
            Self::SmoothGrad => "smoothgrad",
            Self::SmoothGradSquared => "smoothgrad-squared",
            Self::VarGrad => "vargrad",
            Self::Occlusion => "occlusion",
        }
    }

    /// Unit of a cell, cost in passes forward and back, and source: what `einthoven methods` prints.
    pub fn about(self) -> [&'static str; 3] {
        match self {
            Self::Saliency => ["logit per mV", "1", "Simonyan et al. 2014"],
            Self::InputXGradient => ["logit", "1", "Shrikumar et al. 2016"],
            Self::XGradient => ["logit", "1; a homogeneous model, --baseline zero", "Hesse et al. 2021"],
            Self::Ig => ["logit", "--steps, or until --gap is met", "Sundararajan et al. 2017"],
            Self::ExpectedGradients => ["logit", "--samples", "Erion et al. 2021"],
            Self::SmoothGrad => ["logit per mV", "--samples", "Smilkov et al. 2017"],
            Self::SmoothGradSquared => ["(logit per mV)^2", "--samples", "Hooker et al. 2019"],
            Self::VarGrad => ["(logit per mV)^2", "--samples", "Adebayo et al. 2018"],
            Self::Occlusion => ["logit", "n + 2 coalitions", "Zeiler & Fergus 2014"],
        }
    }

    /// Whether it measures from a baseline; the others do not look at one.
    pub fn has_baseline(self) -> bool {
        matches!(self, Self::InputXGradient | Self::XGradient | Self::Ig | Self::ExpectedGradients | Self::Occlusion)
    }

    /// Whether it looks at random points.
    pub fn has_samples(self) -> bool {
        self == Self::ExpectedGradients || self.has_noise()
    }

    /// Whether it adds noise to the record.
    pub fn has_noise(self) -> bool {
        matches!(self, Self::SmoothGrad | Self::SmoothGradSquared | Self::VarGrad)
    }
}

impl fmt::Display for GradientMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for GradientMethod {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Error::Usage(format!("use gradient method `{name}`: this version has {names}"))
        })
    }
}

/// How a gradient method is run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gradients {
    /// Which one.
    pub method: GradientMethod,
    /// Points on the line of `ig`; `None` doubles them until the gap is met.
    pub steps: Option<usize>,
    /// The largest completeness gap of `ig`, as a share of the largest difference between record and baseline of an output.
    pub gap: f64,
    /// Random points of `expected-gradients` and `smoothgrad`.
    pub samples: usize,
    /// Standard deviation of the noise, as a share of the range of the record.
    pub noise: f64,
}

impl Gradients {
    /// The method with the usual numbers: a gap of 1 %, 100 samples, 15 % noise.
    pub fn new(method: GradientMethod) -> Self {
        Self { method, steps: None, gap: 0.01, samples: 100, noise: 0.15 }
    }

    /// Refuses numbers that there is no answer for.
    pub(crate) fn check(&self) -> Result<()> {
        let method = self.method;
        let least = if method == GradientMethod::VarGrad { 2 } else { 1 };
        let wrong = match self {
            Self { steps: Some(0), .. } => "--steps: expected 1 or more".to_owned(),
            Self { samples, .. } if *samples < least => format!("--samples: expected {least} or more"),
            Self { gap, .. } if !(gap.is_finite() && *gap > 0.0) => "--gap: expected a number above 0".to_owned(),
            Self { noise, .. } if !(noise.is_finite() && *noise > 0.0) => {
                "--noise: expected a number above 0".to_owned()
            }
            _ => return Ok(()),
        };
        Err(Error::Usage(format!("use {method} with {wrong}")))
    }
}
