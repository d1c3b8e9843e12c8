//! Which estimator to run.

use std::fmt;
use std::str::FromStr;

use einthoven_game::{Attribution, Design, Tree, Values, exact};

use crate::about::{ABOUT, About};
use crate::auto::{self, Choice};
use crate::{
    Error, Result, hierarchical_owen, kernel, leverage, lime, msr, oddshap, owen, permutation, polyshap, proxyshap,
    regression_msr, stratified, svarm, unbiased_kernel,
};

/// An estimator, by the names of `--method`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Method {
    /// All coalitions, up to 20 players.
    Exact,
    /// Weighted least squares on paired coalitions: [`kernel`].
    Kernel,
    /// The same on coalitions drawn by leverage: [`leverage`].
    Leverage,
    /// A mean over coalitions: [`unbiased_kernel`].
    UnbiasedKernel,
    /// Random walks and their reverses: [`permutation`].
    Permutation,
    /// The same along orthogonal directions: [`permutation::orthogonal`].
    OrthogonalPermutation,
    /// The same from a Sobol sequence: [`permutation::sobol`].
    SobolPermutation,
    /// What players change, by player and size: [`stratified`].
    Stratified,
    /// Means by size, with and without each player: [`svarm`].
    Svarm,
    /// The multilinear extension: [`owen`].
    Owen,
    /// Owen values of a tree of groups: [`hierarchical_owen`].
    HierarchicalOwen,
    /// Banzhaf values: [`msr`].
    Msr,
    /// Least squares with interactions: [`polyshap`].
    PolyShap,
    /// Boosted trees, corrected by what they miss: [`regression_msr`].
    RegressionMsr,
    /// Boosted trees that fill in what was not evaluated: [`proxyshap`].
    ProxyShap,
    /// Least squares with those interactions that matter: [`oddshap`].
    OddShap,
    /// A local linear surrogate: [`lime`].
    Lime,
    /// The one of these that suits players and budget.
    #[default]
    Auto,
}

/// What a design is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Number of players.
    pub n_players: usize,
    /// Distinct coalitions that may be evaluated, the empty and the full one included.
    pub budget: usize,
    /// Names the streams of random numbers.
    pub seed: u64,
    /// A tree over the players, for methods that keep groups together.
    pub tree: Option<&'a Tree>,
}

impl Request<'_> {
    /// A request without a tree.
    pub fn new(n_players: usize, budget: usize, seed: u64) -> Self {
        Self { n_players, budget, seed, tree: None }
    }
}

/// Methods that estimate interactions.
const INTERACTIONS: [&str; 9] = [
    "shapiq",
    "svarm-iq",
    "kernelshap-iq",
    "kernelshap-iq-inconsistent",
    "regression",
    "kadd",
    "spex",
    "proxyspex",
    "spectral",
];

/// Methods that go back through a network instead of evaluating coalitions.
const GRADIENTS: [&str; 12] = [
    "saliency",
    "input-x-gradient",
    "x-gradient",
    "ig",
    "expected-gradients",
    "smoothgrad",
    "smoothgrad-squared",
    "vargrad",
    "deeplift",
    "guided-backprop",
    "grad-cam",
    "occlusion",
];

impl Method {
    /// All methods of this version.
    pub const ALL: [Self; 18] = [
        Self::Exact,
        Self::Kernel,
        Self::Leverage,
        Self::UnbiasedKernel,
        Self::Permutation,
        Self::OrthogonalPermutation,
        Self::SobolPermutation,
        Self::Stratified,
        Self::Svarm,
        Self::Owen,
        Self::HierarchicalOwen,
        Self::Msr,
        Self::PolyShap,
        Self::RegressionMsr,
        Self::ProxyShap,
        Self::OddShap,
        Self::Lime,
        Self::Auto,
    ];

    /// The name of `--method`.
    pub fn name(self) -> &'static str {
        self.about().name
    }

    /// What there is to know about it.
    pub fn about(self) -> About {
        let line = ABOUT.iter().find(|(method, _)| *method == self);
        line.expect("invariant: each method has a line").1
    }

    /// The method that `auto` stands for, and why; any other method stands for itself. Fails with the smallest budget
    /// that would do.
    pub fn resolve(self, n_players: usize, budget: usize) -> Result<Choice> {
        match self {
            Self::Auto => auto::choose(n_players, budget),
            method => Ok(Choice { method, reason: None }),
        }
    }

    /// The coalitions to evaluate: at most `budget` distinct ones, the empty and the full one first. With a larger budget
    /// and the same seed, it holds most of those of a smaller one.
    pub fn design(self, request: &Request<'_>) -> Result<Design> {
        let &Request { n_players, budget, seed, .. } = request;
        match self {
            Self::Exact => {
                let all = 1usize.checked_shl(n_players as u32).unwrap_or(usize::MAX);
                if n_players <= exact::MAX_PLAYERS && budget < all {
                    return Err(
                        einthoven_game::Error::Budget { method: "exact", n_players, budget, smallest: all }.into()
                    );
                }
                Ok(exact::design(n_players)?)
            }
            Self::Kernel => kernel::design(n_players, budget, seed),
            Self::Leverage => leverage::design(n_players, budget, seed),
            Self::UnbiasedKernel => unbiased_kernel::design(n_players, budget, seed),
            Self::Permutation => permutation::design(n_players, budget, seed),
            Self::OrthogonalPermutation => permutation::orthogonal::design(n_players, budget, seed),
            Self::SobolPermutation => permutation::sobol::design(n_players, budget, seed),
            Self::Stratified => stratified::design(n_players, budget, seed),
            Self::Svarm => svarm::design(n_players, budget, seed),
            Self::Owen => owen::design(n_players, budget, seed),
            Self::HierarchicalOwen => match request.tree {
                Some(tree) => hierarchical_owen::design(tree, n_players, budget, seed),
                None => {
                    let reason = "use method hierarchical-owen: these players have no tree of groups; leads*windows:N have, a game has by --groups";
                    Err(Error::Request(reason.to_owned()))
                }
            },
            Self::Msr => msr::design(n_players, budget, seed),
            Self::PolyShap => polyshap::design(n_players, budget, seed),
            Self::RegressionMsr => regression_msr::design(n_players, budget, seed),
            Self::ProxyShap => proxyshap::design(n_players, budget, seed),
            Self::OddShap => oddshap::design(n_players, budget, seed),
            Self::Lime => lime::design(n_players, budget, seed),
            Self::Auto => self.resolve(n_players, budget)?.method.design(request),
        }
    }

    /// The values of each output. The method must be the one that made the design: `auto` is first to be resolved.
    pub fn estimate(self, design: &Design, values: &Values) -> Result<Vec<Attribution>> {
        match self {
            Self::Exact => Ok(exact::estimate(design, values)?),
            Self::Kernel => kernel::estimate(design, values),
            Self::Leverage => leverage::estimate(design, values),
            Self::UnbiasedKernel => unbiased_kernel::estimate(design, values),
            Self::Permutation => permutation::estimate(design, values),
            Self::OrthogonalPermutation => permutation::orthogonal::estimate(design, values),
            Self::SobolPermutation => permutation::sobol::estimate(design, values),
            Self::Stratified => stratified::estimate(design, values),
            Self::Svarm => svarm::estimate(design, values),
            Self::Owen => owen::estimate(design, values),
            Self::HierarchicalOwen => hierarchical_owen::estimate(design, values),
            Self::Msr => msr::estimate(design, values),
            Self::PolyShap => polyshap::estimate(design, values),
            Self::RegressionMsr => regression_msr::estimate(design, values),
            Self::ProxyShap => proxyshap::estimate(design, values),
            Self::OddShap => oddshap::estimate(design, values),
            Self::Lime => lime::estimate(design, values),
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
            None if INTERACTIONS.contains(&name) => Err(Error::Request(format!(
                "use method `{name}` for single players: it is one of `einthoven interact`"
            ))),
            None if GRADIENTS.contains(&name) => Err(Error::Request(format!(
                "use method `{name}` on coalitions: it needs a network and a record; it is one of `einthoven explain`"
            ))),
            None => {
                Err(Error::Request(format!("use method `{name}`: there is no such method; this version has {names}")))
            }
        }
    }
}
