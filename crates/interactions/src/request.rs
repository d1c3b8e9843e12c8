//! What is asked for.

use einthoven_game::design::pairs::Plan;
use einthoven_game::design::sizes::Law;
use einthoven_game::{Index, indices};

use crate::sets::{MAX_SIZE, count};
use crate::{Error, Result};

/// Most sets of an answer: some 100 bytes for each set and output, and as many again as JSON.
const MOST_SETS: f64 = 1e6;
/// Most unknowns of a regression: 2 GiB for its matrix, the factor and the inverse.
const MOST_UNKNOWNS: f64 = 8000.0;

/// With fewer players than this, coalitions drawn at random are too often alike.
const FEW_PLAYERS: usize = 8;

/// A regularised problem in place of one that the values do not determine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Penalty {
    /// The squares of the coefficients (Hoerl & Kennard, 1970).
    Ridge,
    /// Their magnitudes, which leaves most of them zero (Tibshirani, 1996).
    Lasso,
}

/// What a design, and the estimate from it, is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Which index.
    pub index: Index,
    /// The largest sets that get a number.
    pub order: usize,
    /// Number of players.
    pub n_players: usize,
    /// Distinct coalitions that may be evaluated, the empty and the full one included.
    pub budget: usize,
    /// Names the streams of random numbers.
    pub seed: u64,
    /// Which regularised problem the regressions solve, its strength by cross-validation; without one they refuse a budget that
    /// does not determine their unknowns.
    pub penalty: Option<Penalty>,
}

impl Request {
    /// A request without a penalty.
    pub fn new(index: Index, order: usize, n_players: usize, budget: usize, seed: u64) -> Self {
        Self { index, order, n_players, budget, seed, penalty: None }
    }

    /// Fails if there is no such index of that order, or it has more sets than can be estimated.
    pub fn check(&self) -> Result<()> {
        self.check_index(self.n_players.min(MAX_SIZE))?;
        let &Self { index, order, n_players, .. } = self;
        let sets: f64 = (0..=order).map(|size| count(n_players, size)).sum();
        if sets > MOST_SETS {
            return Err(Error::Request(format!(
                "estimate {index} of order {order} for {n_players} players: that is {sets:.0} sets, more than {MOST_SETS:.0}; \
                 use a lower order"
            )));
        }
        Ok(())
    }

    /// Fails if there is no such index of that order, which is at most `most`.
    pub(crate) fn check_index(&self, most: usize) -> Result<()> {
        let &Self { index, order, n_players, .. } = self;
        let asked = || format!("estimate {index} of order {order} for {n_players} players");
        if !indices::follows_from_values(index) {
            return Err(Error::Request(format!("{}: it has no interactions; use `einthoven explain`", asked())));
        }
        let most = match index {
            Index::Sv | Index::Bv => 1,
            _ => most,
        };
        if !(1..=most).contains(&order) {
            return Err(Error::Request(format!("{}: expected an order from 1 to {most}", asked())));
        }
        Ok(())
    }

    /// How pairs of coalitions are drawn for the index, and which sizes are in any case: those below the order, if they take
    /// no more than half of the budget, and those without which the index has no estimate.
    pub(crate) fn plan(&self, method: &'static str) -> Plan {
        let &Self { index, order, n_players, budget, .. } = self;
        // Sizes up to this, and as many from the top: where all the weight is.
        let needed = match index {
            Index::Moebius | Index::CoMoebius | Index::Igv | Index::Egv => order,
            Index::Stii => order - 1,
            _ => 0,
        };
        let binomial = matches!(index, Index::Bv | Index::Bii | Index::Fbii | Index::Fourier | Index::Bgv);
        let half = budget as f64 / 2.0;
        let wanted = (0..order).rev().find(|&most| small_sizes(n_players, most) <= half).unwrap_or(0);
        Plan {
            method,
            smallest: small_sizes(n_players, needed).max(6.0f64.min((n_players as f64).exp2())) as usize,
            law: if binomial { Law::Binomial } else { Law::Kernel },
            forced: if binomial { 0 } else { wanted.max(needed).min(n_players / 2) },
        }
    }

    /// The same for a regression. Under the Shapley kernel the rows of a size have about the same leverage together as those of
    /// any other, so sizes are drawn alike (Musco & Witter, 2025).
    pub(crate) fn plan_of_regression(&self, method: &'static str, smallest: usize) -> Plan {
        let plan = self.plan(method);
        let law = if plan.law == Law::Kernel { Law::Uniform } else { plan.law };
        Plan { smallest: smallest.max(plan.smallest), law, ..plan }
    }
}

/// A budget with which so many unknowns are determined: a pair of coalitions for each, and a quarter more, because some say almost
/// the same as others. All coalitions are always enough, and of few players they are asked for.
pub(crate) fn budget_for(n_players: usize, certain: f64, n_unknowns: f64) -> usize {
    let all = (n_players as f64).exp2();
    let pairs = n_unknowns + (n_unknowns / 4.0).ceil() + 5.0;
    let needed = if n_players < FEW_PLAYERS { all } else { (certain + 2.0 * pairs).min(all) };
    needed as usize
}

/// Fails if so many unknowns cannot be solved for at once.
pub(crate) fn check_unknowns(method: &str, n_unknowns: f64) -> Result<()> {
    if n_unknowns <= MOST_UNKNOWNS {
        return Ok(());
    }
    Err(Error::Request(format!(
        "solve for {n_unknowns:.0} interactions at once with method {method}: expected at most {MOST_UNKNOWNS:.0}; use method \
         svarm-iq or shapiq, or a lower order"
    )))
}

/// Number of coalitions of at most `most` players, or of all but at most so many.
pub(crate) fn small_sizes(n_players: usize, most: usize) -> f64 {
    (0..=n_players).filter(|&size| size.min(n_players - size) <= most).map(|size| count(n_players, size)).sum()
}
