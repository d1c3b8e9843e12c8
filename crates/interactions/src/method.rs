//! Which estimator to run.

use std::fmt;
use std::str::FromStr;

use einthoven_game::{Attribution, Design, Index, Values};
use einthoven_shapley::About;

use crate::about::ABOUT;
use crate::{
    Error, Request, Result, auto, exact, kernelshap_iq, permutation, proxyshap, regression, shapiq, spectral, svarm_iq,
};

/// An estimator of interactions, by the names of `--method`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Method {
    /// All coalitions, up to 20 players: [`exact`].
    Exact,
    /// A weighted mean over coalitions: [`shapiq`].
    ShapIq,
    /// Means by size and by what is shared: [`svarm_iq`].
    SvarmIq,
    /// Random permutations: [`permutation`].
    Permutation,
    /// One regression for each order: [`kernelshap_iq`].
    KernelShapIq,
    /// One regression for all orders: [`regression`].
    KernelShapIqInconsistent,
    /// The faithful indices, and others by what a polynomial leaves: [`regression`].
    Regression,
    /// k-additive SHAP: [`regression`].
    Kadd,
    /// Boosted trees, corrected by what they miss: [`proxyshap`].
    ProxyShap,
    /// A sparse spectrum by a code: [`spectral`].
    Spex,
    /// A sparse spectrum by boosted trees: [`spectral`].
    ProxySpex,
    /// A sparse spectrum by both, beside simpler explanations: [`spectral`].
    Spectral,
    /// The one of these that suits index, order, players and budget.
    #[default]
    Auto,
}

/// The method that `auto` stands for, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The method.
    pub method: Method,
    /// Why; nothing if it was asked for by name.
    pub reason: Option<String>,
}

impl Method {
    /// All methods of this version.
    pub const ALL: [Self; 13] = [
        Self::Exact,
        Self::ShapIq,
        Self::SvarmIq,
        Self::Permutation,
        Self::KernelShapIq,
        Self::KernelShapIqInconsistent,
        Self::Regression,
        Self::Kadd,
        Self::ProxyShap,
        Self::Spex,
        Self::ProxySpex,
        Self::Spectral,
        Self::Auto,
    ];

    /// The name of `--method`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => exact::METHOD,
            Self::ShapIq => shapiq::METHOD,
            Self::SvarmIq => svarm_iq::METHOD,
            Self::Permutation => permutation::METHOD,
            Self::KernelShapIq => kernelshap_iq::METHOD,
            Self::KernelShapIqInconsistent => regression::INCONSISTENT,
            Self::Regression => regression::REGRESSION,
            Self::Kadd => regression::KADD,
            Self::ProxyShap => proxyshap::METHOD,
            Self::Spex => spectral::SPEX,
            Self::ProxySpex => spectral::PROXYSPEX,
            Self::Spectral => spectral::SPECTRAL,
            Self::Auto => "auto",
        }
    }

    /// The indices that it estimates; all where there is no list.
    pub fn indices(self) -> Option<&'static [Index]> {
        match self {
            Self::Permutation => Some(&permutation::INDICES),
            Self::KernelShapIq => Some(&kernelshap_iq::INDICES),
            Self::KernelShapIqInconsistent | Self::Regression | Self::Kadd => Some(regression::indices(self.name())),
            _ => None,
        }
    }

    /// Whether it estimates an index.
    pub(crate) fn estimates(self, index: Index) -> bool {
        self.indices().is_none_or(|indices| indices.contains(&index))
    }

    /// What there is to know about it.
    pub fn about(self) -> About {
        let line = ABOUT.iter().find(|about| about.name == self.name());
        *line.expect("invariant: each method has a line")
    }

    /// The method that `auto` stands for, and why; any other method stands for itself.
    ///
    /// # Errors
    /// If there is no such index of that order.
    pub fn resolve(self, request: &Request) -> Result<Choice> {
        match self {
            Self::Auto => auto::choose(request),
            method => Ok(Choice { method, reason: None }),
        }
    }

    /// The coalitions to evaluate: at most `budget` distinct ones, the empty and the full one first.
    ///
    /// # Errors
    /// If the method does not estimate the index at that order, or the budget is below the smallest that will do.
    pub fn design(self, request: &Request) -> Result<Design> {
        let regression = matches!(self, Self::KernelShapIqInconsistent | Self::Regression | Self::Kadd | Self::Auto);
        if request.penalty.is_some() && !regression {
            return Err(Error::Request(format!(
                "penalise {self}: a penalty is for regression, kadd and kernelshap-iq-inconsistent"
            )));
        }
        match self {
            Self::Exact => exact::design(request),
            Self::ShapIq => shapiq::design(request),
            Self::SvarmIq => svarm_iq::design(request),
            Self::Permutation => permutation::design(request),
            Self::KernelShapIq => kernelshap_iq::design(request),
            Self::KernelShapIqInconsistent | Self::Regression | Self::Kadd => regression::design(self.name(), request),
            Self::ProxyShap => proxyshap::design(request),
            Self::Spex | Self::ProxySpex | Self::Spectral => spectral::design(self.name(), request),
            Self::Auto => self.resolve(request)?.method.design(request),
        }
    }

    /// The interactions of each output. The method must be the one that made the design: `auto` is first to be resolved.
    ///
    /// # Errors
    /// If values are missing or not finite, the design is of another method, or the values do not determine the answer.
    pub fn estimate(self, request: &Request, design: &Design, values: &Values) -> Result<Vec<Attribution>> {
        match self {
            Self::Exact => exact::estimate(request, design, values),
            Self::ShapIq => shapiq::estimate(request, design, values),
            Self::SvarmIq => svarm_iq::estimate(request, design, values),
            Self::Permutation => permutation::estimate(request, design, values),
            Self::KernelShapIq => kernelshap_iq::estimate(request, design, values),
            Self::KernelShapIqInconsistent | Self::Regression | Self::Kadd => {
                regression::estimate(self.name(), request, design, values)
            }
            Self::ProxyShap => proxyshap::estimate(request, design, values),
            Self::Spex | Self::ProxySpex | Self::Spectral => spectral::estimate(self.name(), request, design, values),
            Self::Auto => Err(Error::Request("estimate with method auto: resolve it first".to_owned())),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Method {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Error::Request(format!("use method `{name}` for interactions: there are {names}"))
        })
    }
}
