//! Which estimator the labels come from, and whether they are fit to be learned from.
//!
//! A network that is fitted to labels learns their mean: noise costs records, but bias stays, however many records there are.
//! So a label must be right on average at its own small budget. What is right only in the limit of a large budget
//! (regressions) or never (ridge regression, truncated walks) is refused, unless it is asked for by force.

use std::fmt;

use einthoven_game::{Attribution, Design, Index, Kind, Tree, Values};
use einthoven_interactions::Method as Interactions;
use einthoven_shapley::Method;
use rayon::prelude::*;

use super::Label;
use crate::{Error, Result};

/// The largest sets that have labels.
const ORDER: usize = 2;

/// An estimator of labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelMethod {
    /// Values of single players.
    Values(Method),
    /// Values of players and pairs of players, by an index of order 2.
    Pairs(Interactions, Index),
}

/// What a label is asked for.
#[derive(Clone, Copy, Debug)]
pub struct LabelRequest<'a> {
    /// Number of players.
    pub n_players: usize,
    /// Distinct coalitions that may be evaluated, the empty and the full one included.
    pub budget: usize,
    /// Names the streams of random numbers.
    pub seed: u64,
    /// A tree over the players, for methods that keep groups together.
    pub tree: Option<&'a Tree>,
}

impl LabelMethod {
    /// The name of `--method`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Values(method) => method.name(),
            Self::Pairs(method, _) => method.name(),
        }
    }

    /// Which index the labels are of.
    pub fn index(self) -> Index {
        match self {
            Self::Values(method) => method.about().index,
            Self::Pairs(_, index) => index,
        }
    }

    /// The sets of players that have a value: single players, or single players and pairs.
    pub fn terms(self, n_players: usize) -> Vec<Vec<u32>> {
        let n = n_players as u32;
        let single = (0..n).map(|player| vec![player]);
        match self {
            Self::Values(_) => single.collect(),
            Self::Pairs(..) => single.chain((0..n).flat_map(|a| (a + 1..n).map(move |b| vec![a, b]))).collect(),
        }
    }

    /// The method that `auto` stands for; any other stands for itself.
    ///
    /// # Errors
    /// If no method does with the budget, or there is no such index.
    pub fn resolve(self, request: &LabelRequest<'_>) -> Result<Self> {
        Ok(match self {
            Self::Values(method) => Self::Values(method.resolve(request.n_players, request.budget)?.method),
            Self::Pairs(method, index) => Self::Pairs(method.resolve(&of_pairs(request, index))?.method, index),
        })
    }

    /// The coalitions to evaluate, the empty and the full one first.
    ///
    /// # Errors
    /// If the budget is too small, or the method does not estimate the index.
    pub fn design(self, request: &LabelRequest<'_>) -> Result<Design> {
        let &LabelRequest { n_players, budget, seed, tree } = request;
        match self {
            Self::Values(method) => Ok(method.design(&einthoven_shapley::Request { n_players, budget, seed, tree })?),
            Self::Pairs(method, index) => Ok(method.design(&of_pairs(request, index))?),
        }
    }

    /// The label of a design's values, and what is known of its bias. The method must be the one that made the design.
    ///
    /// # Errors
    /// If values are missing or not finite, or do not determine the answer.
    pub fn estimate(self, request: &LabelRequest<'_>, design: &Design, values: &Values) -> Result<(Label, Kind)> {
        let found = match self {
            Self::Values(method) => method.estimate(design, values)?,
            Self::Pairs(method, index) => method.estimate(&of_pairs(request, index), design, values)?,
        };
        let kind = found.iter().map(|attribution| attribution.kind).max().unwrap_or(Kind::Biased);
        Ok((self.label(&found, request.seed, values), kind))
    }

    /// One number for each output and term.
    fn label(self, found: &[Attribution], seed: u64, evaluated: &Values) -> Label {
        let n_players = found.first().map_or(0, |attribution| attribution.n_players);
        let terms = self.terms(n_players);
        let at =
            |players: &[u32]| terms.binary_search_by(|term| (term.len(), &term[..]).cmp(&(players.len(), players)));
        let mut values = vec![0.0; found.len() * terms.len()];
        let mut errors = vec![Some(0.0); values.len()];
        for (output, attribution) in found.iter().enumerate() {
            // What an index says of nobody, or of more than two, is not learned.
            for term in &attribution.terms {
                if let Ok(at) = at(&term.players) {
                    values[output * terms.len() + at] = term.value;
                    errors[output * terms.len() + at] = term.std_err.map(|error| error * error);
                }
            }
        }
        // The empty and the full coalition are those of the record.
        let coalitions =
            evaluated.as_slice().iter().skip(2 * evaluated.n_outputs()).map(|&value| value as f32).collect();
        let evaluations = evaluated.len();
        Label { values, variances: errors.into_iter().collect(), evaluations, seed, coalitions }
    }

    /// Whether an estimate is right on average depends on what the design happens to hold.
    fn kind_follows_draws(self) -> bool {
        use Interactions::{Permutation, SvarmIq};
        matches!(self, Self::Values(Method::Svarm) | Self::Pairs(Permutation | SvarmIq, _))
    }

    /// What is known of the bias of all labels that these seeds give: the weakest claim. It follows from the designs alone, so
    /// it is known before anything is evaluated.
    ///
    /// # Errors
    /// If the budget is too small, or the method does not estimate the index.
    pub fn kind(self, request: &LabelRequest<'_>, seeds: &[u64]) -> Result<Kind> {
        let n_seeds = if self.kind_follows_draws() { seeds.len() } else { 1 };
        let of_seed = |&seed: &u64| {
            let request = LabelRequest { seed, ..*request };
            let design = self.design(&request)?;
            let values = Values::new(1, vec![0.0; design.rows.len()], "")?;
            Ok(self.estimate(&request, &design, &values)?.1)
        };
        let kinds: Vec<Kind> = seeds.par_iter().take(n_seeds).map(of_seed).collect::<Result<_>>()?;
        Ok(kinds.into_iter().max().unwrap_or(Kind::Exact))
    }

    /// Refuses labels that are not right on average.
    ///
    /// # Errors
    /// [`Error::Biased`], unless they are unbiased, exact or forced.
    pub fn check_kind(self, kind: Kind, force: bool) -> Result<()> {
        if force || kind <= Kind::Unbiased {
            return Ok(());
        }
        let remedy = match self {
            Self::Values(Method::Svarm) | Self::Pairs(Interactions::SvarmIq | Interactions::Permutation, _) => {
                "use a larger budget, which leaves no stratum empty, "
            }
            Self::Values(_) => "use permutation, unbiased-kernel, svarm or, for Banzhaf values, msr, ",
            Self::Pairs(..) => "use shapiq, ",
        };
        Err(Error::Biased { method: self.name(), kind: of_kind(kind), remedy })
    }
}

impl fmt::Display for LabelMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn of_pairs(request: &LabelRequest<'_>, index: Index) -> einthoven_interactions::Request {
    einthoven_interactions::Request::new(index, ORDER, request.n_players, request.budget, request.seed)
}

/// What is known of bias, in words.
fn of_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Exact => "exact",
        Kind::Unbiased => "unbiased",
        Kind::Consistent => "right only in the limit of a large budget",
        Kind::Biased => "biased",
    }
}
