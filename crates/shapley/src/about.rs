//! What there is to know about each method: what `einthoven methods` prints.

use einthoven_game::Index;

use crate::Method;

/// What there is to know about a method.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The name of `--method`.
    pub name: &'static str,
    /// What its values are.
    pub index: Index,
    /// `exact`, `unbiased`, `consistent` or `biased`.
    pub kind: &'static str,
    /// The smallest budget and whatever else it needs.
    pub needs: &'static str,
    /// What it costs beside the evaluations, for `m` coalitions of `n` players.
    pub cost: &'static str,
    /// Where it comes from.
    pub source: &'static str,
}

impl About {
    /// In the order of the columns of the table.
    pub const fn new(
        name: &'static str,
        index: Index,
        kind: &'static str,
        needs: &'static str,
        cost: &'static str,
        source: &'static str,
    ) -> Self {
        Self { name, index, kind, needs, cost, source }
    }
}

/// A line for each method.
pub(crate) static ABOUT: [(Method, About); 18] = [
    (Method::Exact, About::new("exact", Index::Sv, "exact", "2^n, n <= 20", "n 2^n", "Shapley 1953")),
    (
        Method::Kernel,
        About::new(
            "kernel",
            Index::Sv,
            "consistent",
            "2n, better 8n",
            "m n^2 + n^3",
            "Lundberg & Lee 2017; Covert & Lee 2021",
        ),
    ),
    (
        Method::Leverage,
        About::new("leverage", Index::Sv, "consistent", "2n, better 8n", "m n^2 + n^3", "Musco & Witter 2025"),
    ),
    (Method::UnbiasedKernel, About::new("unbiased-kernel", Index::Sv, "unbiased", "6", "m n", "Covert & Lee 2021")),
    (
        Method::Permutation,
        About::new(
            "permutation",
            Index::Sv,
            "unbiased",
            "n + 1, better 2n",
            "m",
            "Castro et al. 2009; Mitchell et al. 2022",
        ),
    ),
    (
        Method::OrthogonalPermutation,
        About::new("orthogonal-permutation", Index::Sv, "unbiased", "2n", "m", "Mitchell et al. 2022"),
    ),
    (
        Method::SobolPermutation,
        About::new("sobol-permutation", Index::Sv, "unbiased", "2n", "m", "Mitchell et al. 2022"),
    ),
    (
        Method::Stratified,
        About::new("stratified", Index::Sv, "unbiased", "4n + 2", "m n", "Maleki et al. 2013; Castro et al. 2017"),
    ),
    (
        Method::Svarm,
        About::new("svarm", Index::Sv, "unbiased", "2n + 2; no stratum empty", "m n", "Kolpaczki et al. 2024"),
    ),
    (Method::Owen, About::new("owen", Index::Sv, "unbiased", "2n + 4", "m", "Owen 1972; Okhrati & Lipani 2020")),
    (
        Method::HierarchicalOwen,
        About::new(
            "hierarchical-owen",
            Index::Owen,
            "unbiased",
            "2n; a tree: --players leads*windows:N",
            "m",
            "Owen 1977; Winter 1989",
        ),
    ),
    (Method::Msr, About::new("msr", Index::Bv, "unbiased", "6", "m n", "Wang & Jia 2023")),
    (
        Method::PolyShap,
        About::new(
            "polyshap",
            Index::Sv,
            "consistent",
            "2n, better 4 C(n, 3)",
            "m p^2 + p^3, p = n + C(n, 3)",
            "Fumagalli et al. 2026",
        ),
    ),
    (
        Method::RegressionMsr,
        About::new(
            "regression-msr",
            Index::Sv,
            "unbiased",
            "12; five pairs of each size",
            "5 x trees",
            "Witter et al. 2025",
        ),
    ),
    (Method::ProxyShap, About::new("proxyshap", Index::Sv, "consistent", "12", "12 x trees", "arXiv 2605.22738")),
    (Method::Lime, About::new("lime", Index::Lime, "biased", "6", "m n^2 + n^3", "Ribeiro et al. 2016")),
    (
        Method::OddShap,
        About::new(
            "oddshap",
            Index::Sv,
            "consistent",
            "2n, better 20n",
            "trees + m p^2 + p^3, p = m / 10",
            "arXiv 2602.01399",
        ),
    ),
    (Method::Auto, About::new("auto", Index::Sv, "-", "2n", "that of its choice", "see `auto` below")),
];
