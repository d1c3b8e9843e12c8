//! The names of things in an attribution: its index, its link, what is known of its bias.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Which index an attribution holds. Names are case-insensitive when read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Index {
    /// Shapley value.
    Sv,
    /// Banzhaf value.
    Bv,
    /// Shapley interaction index.
    Sii,
    /// Banzhaf interaction index.
    Bii,
    /// Chaining interaction index.
    Chii,
    /// n-Shapley values: the Shapley interaction index, aggregated so that the terms add up.
    KSii,
    /// Shapley-Taylor interaction index.
    Stii,
    /// Faithful Shapley interaction index.
    Fsii,
    /// Faithful Banzhaf interaction index.
    Fbii,
    /// k-additive Shapley values.
    KaddShap,
    /// Moebius coefficients.
    Moebius,
    /// Co-Moebius coefficients.
    CoMoebius,
    /// Walsh-Hadamard coefficients.
    Fourier,
    /// Shapley generalized value: what a whole set adds, with the weights of the Shapley interaction index.
    Sgv,
    /// Banzhaf generalized value: what a whole set adds, with the weights of the Banzhaf interaction index.
    Bgv,
    /// Chaining generalized value: what a whole set adds, with the weights of the chaining interaction index.
    Chgv,
    /// Internal generalized value: what a whole set adds to nobody, `v(S) - v(empty)`.
    Igv,
    /// External generalized value: what a whole set adds to everybody else, `v(N) - v(N - S)`.
    Egv,
    /// Joint Shapley value: what a whole set adds where players come in groups of at most the top order.
    JointSv,
    /// Owen values of a partition tree (Winter's, where the tree has several levels).
    Owen,
    /// Coefficients of a local linear surrogate.
    Lime,
    /// What a gradient method gives to the cells of each player, added up; `method` says which one.
    Gradient,
}

impl Index {
    /// All indices.
    pub const ALL: [Self; 22] = [
        Self::Sv,
        Self::Bv,
        Self::Sii,
        Self::Bii,
        Self::Chii,
        Self::KSii,
        Self::Stii,
        Self::Fsii,
        Self::Fbii,
        Self::KaddShap,
        Self::Moebius,
        Self::CoMoebius,
        Self::Fourier,
        Self::Sgv,
        Self::Bgv,
        Self::Chgv,
        Self::Igv,
        Self::Egv,
        Self::JointSv,
        Self::Owen,
        Self::Lime,
        Self::Gradient,
    ];

    /// The name in files and of `--index`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sv => "SV",
            Self::Bv => "BV",
            Self::Sii => "SII",
            Self::Bii => "BII",
            Self::Chii => "CHII",
            Self::KSii => "k-SII",
            Self::Stii => "STII",
            Self::Fsii => "FSII",
            Self::Fbii => "FBII",
            Self::KaddShap => "kADD-SHAP",
            Self::Moebius => "Moebius",
            Self::CoMoebius => "Co-Moebius",
            Self::Fourier => "Fourier",
            Self::Sgv => "SGV",
            Self::Bgv => "BGV",
            Self::Chgv => "CHGV",
            Self::Igv => "IGV",
            Self::Egv => "EGV",
            Self::JointSv => "JointSV",
            Self::Owen => "Owen",
            Self::Lime => "LIME",
            Self::Gradient => "Gradient",
        }
    }
}

impl From<Index> for &'static str {
    fn from(index: Index) -> Self {
        index.name()
    }
}

impl std::fmt::Display for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Index {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|index| index.name().eq_ignore_ascii_case(name)).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Error::Request(format!("use index `{name}`: there is no such index; there are {names}"))
        })
    }
}

impl TryFrom<String> for Index {
    type Error = Error;

    fn try_from(name: String) -> Result<Self> {
        name.parse()
    }
}

/// What the value of a coalition is. Names are case-insensitive when read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", try_from = "String")]
pub enum Link {
    /// The model's logit.
    #[default]
    Logit,
    /// The model's probability.
    Probability,
}

/// What is known of an estimate's bias, the strongest claim first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Equal to the definition, up to rounding.
    Exact,
    /// Right on average at any budget.
    Unbiased,
    /// Right in the limit of a large budget.
    Consistent,
    /// Not right even in the limit.
    Biased,
}

impl std::fmt::Display for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Logit => "logit",
            Self::Probability => "probability",
        })
    }
}

impl FromStr for Link {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name.to_ascii_lowercase().as_str() {
            "logit" => Ok(Self::Logit),
            "probability" => Ok(Self::Probability),
            _ => Err(Error::Request(format!("use link `{name}`: expected logit or probability"))),
        }
    }
}

impl TryFrom<String> for Link {
    type Error = Error;

    fn try_from(name: String) -> Result<Self> {
        name.parse()
    }
}
