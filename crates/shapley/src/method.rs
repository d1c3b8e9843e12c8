//! Which estimator to run.

use std::fmt;
use std::str::FromStr;

use einthoven_game::{Attribution, Design, Values, exact};

use crate::{Error, Result, kernel, permutation};

/// An estimator of Shapley values, by the names of `--method`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Method {
    /// All coalitions, up to 20 players.
    Exact,
    /// Weighted least squares on paired coalitions: [`kernel`].
    Kernel,
    /// Random walks and their reverses: [`permutation`].
    Permutation,
    /// The first of these that the budget allows.
    #[default]
    Auto,
}

/// Methods that have a name but are not built yet.
const LATER: [&str; 31] = [
    "leverage",
    "unbiased-kernel",
    "stratified",
    "svarm",
    "owen",
    "hierarchical-owen",
    "msr",
    "lime",
    "polyshap",
    "regression-msr",
    "proxyshap",
    "oddshap",
    "shapiq",
    "svarm-iq",
    "kernelshap-iq",
    "kernelshap-iq-inconsistent",
    "regression",
    "kadd",
    "spex",
    "proxyspex",
    "spectral",
    "saliency",
    "input-x-gradient",
    "x-gradient",
    "ig",
    "expected-gradients",
    "smoothgrad",
    "deeplift",
    "guided-backprop",
    "grad-cam",
    "occlusion",
];

impl Method {
    /// All methods of this version.
    pub const ALL: [Self; 4] = [Self::Exact, Self::Kernel, Self::Permutation, Self::Auto];

    /// The name of `--method`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Kernel => "kernel",
            Self::Permutation => "permutation",
            Self::Auto => "auto",
        }
    }

    /// The method that `auto` stands for: exact values if the budget covers all coalitions of at most 20 players, else
    /// KernelSHAP if the budget gives it enough rows ([`kernel::safe_budget`]), else permutations. Any other
    /// method stands for itself. Fails with the smallest budget that would do.
    pub fn resolve(self, n_players: usize, budget: usize) -> Result<Self> {
        if self != Self::Auto {
            return Ok(self);
        }
        if n_players <= exact::MAX_PLAYERS && budget >= 1 << n_players {
            return Ok(Self::Exact);
        }
        if budget >= kernel::safe_budget(n_players) {
            return Ok(Self::Kernel);
        }
        let smallest = permutation::smallest_budget(n_players);
        if budget >= smallest {
            return Ok(Self::Permutation);
        }
        Err(Error::Budget { method: self.name(), n_players, budget, smallest })
    }

    /// The coalitions to evaluate: at most `budget` distinct ones, the empty and the full one first.
    pub fn design(self, n_players: usize, budget: usize, seed: u64) -> Result<Design> {
        match self.resolve(n_players, budget)? {
            Self::Kernel => kernel::design(n_players, budget, seed),
            Self::Permutation => permutation::design(n_players, budget, seed),
            Self::Exact | Self::Auto => {
                let all = 1usize.checked_shl(n_players as u32).unwrap_or(usize::MAX);
                if n_players <= exact::MAX_PLAYERS && budget < all {
                    return Err(Error::Budget { method: "exact", n_players, budget, smallest: all });
                }
                Ok(exact::design(n_players)?)
            }
        }
    }

    /// The Shapley values of each output. The method must be the one that made the design: `auto` is first to be
    /// resolved.
    pub fn estimate(self, design: &Design, values: &Values) -> Result<Vec<Attribution>> {
        match self {
            Self::Exact => Ok(exact::estimate(design, values)?),
            Self::Kernel => kernel::estimate(design, values),
            Self::Permutation => permutation::estimate(design, values),
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
        let names = Self::ALL.map(Self::name).join(", ");
        match Self::ALL.into_iter().find(|method| method.name() == name) {
            Some(method) => Ok(method),
            None if LATER.contains(&name) => {
                Err(Error::Request(format!("use method `{name}`: it is not built yet; this version has {names}")))
            }
            None => {
                Err(Error::Request(format!("use method `{name}`: there is no such method; this version has {names}")))
            }
        }
    }
}
