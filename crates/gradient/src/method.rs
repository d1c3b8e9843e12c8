//! Which gradient methods there are.

use std::fmt;
use std::str::FromStr;

use einthoven_game::quadrature::gauss_legendre;

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
    /// What each layer's output differs from that at the baseline, over what its input does: the rescale rule of DeepLIFT
    /// (Shrikumar, Greenside & Kundaje 2017).
    DeepLift,
    /// The gradient, of which each ReLU passes back only what is positive (Springenberg et al. 2015). It says little about the
    /// model (Adebayo et al. 2018), and is kept to show that.
    GuidedBackprop,
    /// The channels of the last feature map, weighted by their mean gradients, where positive (Selvaraju et al. 2017): the same
    /// for all leads.
    GradCam,
    /// How far the value falls if a part of the record alone is masked (Zeiler & Fergus 2014): no gradient, but its neighbour.
    Occlusion,
}

impl GradientMethod {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Saliency,
        Self::InputXGradient,
        Self::XGradient,
        Self::Ig,
        Self::ExpectedGradients,
        Self::SmoothGrad,
        Self::SmoothGradSquared,
        Self::VarGrad,
        Self::DeepLift,
        Self::GuidedBackprop,
        Self::GradCam,
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
            Self::DeepLift => "deeplift",
            Self::GuidedBackprop => "guided-backprop",
            Self::GradCam => "grad-cam",
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
            Self::DeepLift => ["logit", "1", "Shrikumar et al. 2017"],
            Self::GuidedBackprop => ["unfaithful; for audits", "1", "Springenberg et al. 2015"],
            Self::GradCam => ["relative; all leads alike", "1", "Selvaraju et al. 2017"],
            Self::Occlusion => ["logit", "n + 2 coalitions", "Zeiler & Fergus 2014"],
        }
    }

    /// Whether it measures from a baseline; the others do not look at one.
    pub fn has_baseline(self) -> bool {
        self.adds_up() || self == Self::Occlusion
    }

    /// Whether its values are parts of the difference between record and baseline, so that they should add up to it.
    pub fn adds_up(self) -> bool {
        matches!(self, Self::InputXGradient | Self::XGradient | Self::Ig | Self::ExpectedGradients | Self::DeepLift)
    }

    /// Whether it needs the model's layers, not only its gradients.
    pub fn needs_layers(self) -> bool {
        matches!(self, Self::DeepLift | Self::GuidedBackprop | Self::GradCam)
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
            Error::Request(format!("use gradient method `{name}`: this version has {names}"))
        })
    }
}

/// Points on the line from the baseline to the record, and their weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Quadrature {
    /// Gauss-Legendre.
    #[default]
    GaussLegendre,
    /// The middles of equal parts: a Riemann sum.
    Riemann,
}

impl Quadrature {
    /// So many points in `[0, 1]` and their weights, which add up to one.
    pub fn rule(self, n: usize) -> Vec<(f64, f64)> {
        match self {
            Self::GaussLegendre => gauss_legendre(n),
            Self::Riemann => (0..n).map(|i| ((i as f64 + 0.5) / n as f64, 1.0 / n as f64)).collect(),
        }
    }
}

/// Points beyond which an integral gains nothing, and nodes take longer to find than passes.
const MOST_STEPS: usize = 10_000;
/// Random points beyond which nobody waits.
const MOST_SAMPLES: usize = 1_000_000;

/// How a gradient method is run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gradients {
    /// Which one.
    pub method: GradientMethod,
    /// Points on the line of `ig`; `None` doubles them until the gap is met.
    pub steps: Option<usize>,
    /// Where the points of `ig` lie.
    pub quadrature: Quadrature,
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
        Self { method, steps: None, quadrature: Quadrature::GaussLegendre, gap: 0.01, samples: 100, noise: 0.15 }
    }

    /// Refuses numbers that there is no answer for.
    ///
    /// # Errors
    /// If a number of points is too small, or a share is not above 0.
    pub fn check(&self) -> Result<()> {
        let method = self.method;
        let least = if method == GradientMethod::VarGrad { 2 } else { 1 };
        let wrong = match self {
            Self { steps: Some(steps), .. } if !(1..=MOST_STEPS).contains(steps) => {
                format!("--steps {steps}: expected 1 or more, up to {MOST_STEPS}")
            }
            Self { samples, .. } if !(least..=MOST_SAMPLES).contains(samples) => {
                format!("--samples {samples}: expected {least} or more, up to {MOST_SAMPLES}")
            }
            Self { gap, .. } if !(gap.is_finite() && *gap > 0.0) => "--gap: expected a number above 0".to_owned(),
            Self { noise, .. } if !(noise.is_finite() && *noise > 0.0) => {
                "--noise: expected a number above 0".to_owned()
            }
            _ => return Ok(()),
        };
        Err(Error::Request(format!("use {method} with {wrong}")))
    }
}
