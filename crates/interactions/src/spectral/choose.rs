//! Which of several supports to keep: by what they miss on coalitions that were held out.

use einthoven_game::Coalitions;

use super::held_out::{Faithfulness, faithfulness, gain};
use super::pursuit::Sets;
use super::refit::{Refit, Shrink, refit};
use super::signs::{Signs, add_signs};
use crate::Result;

/// A support that is not sure must beat the constant by so many standard errors.
const OVER_CONSTANT: f64 = 2.0;

/// What is gained below this share of what the constant misses is rounding.
pub(super) const ROUNDING: f64 = 1e-12;

/// The rows of a design with their values of one output: those to fit to, and those to judge by.
pub(crate) struct Sample {
    /// The rows of the design that are seen, and those that are held out.
    pub rows: [Coalitions; 2],
    /// Places among the rows that are seen, of those that were drawn alike and independently.
    pub drawn: Vec<u32>,
    pub seen: Signs,
    pub targets: Vec<f64>,
    pub held_out: Signs,
    pub unseen: Vec<f64>,
    all: Signs,
    all_targets: Vec<f64>,
}

/// A support to be judged.
pub(crate) struct Candidate {
    pub name: String,
    pub sets: Sets,
    pub shrink: Shrink,
    /// Whether each set is too clear for noise, whoever searched for it.
    pub sure: bool,
}

/// What a support missed of the coalitions held out.
pub(crate) struct Judged {
    pub name: String,
    pub sets: Sets,
    pub shrink: Shrink,
    pub sure: bool,
    pub errors: Vec<f64>,
    /// `None` where the values held out do not vary.
    pub faithfulness: Option<Faithfulness>,
}

impl Sample {
    /// From the values of all rows.
    pub(crate) fn new(rows: &Coalitions, seen: &[u32], held_out: &[u32], drawn: Vec<u32>, values: &[f64]) -> Self {
        let of = |which: &[u32]| -> Vec<f64> { which.iter().map(|&row| values[row as usize]).collect() };
        let all = [seen, held_out].concat();
        Self {
            rows: [seen, held_out].map(|which| {
                let mut part = Coalitions::new(rows.n_players());
                which.iter().for_each(|&row| part.push_words(rows.row(row as usize).words()));
                part
            }),
            drawn,
            seen: Signs::new(rows, seen),
            targets: of(seen),
            held_out: Signs::new(rows, held_out),
            unseen: of(held_out),
            all: Signs::new(rows, &all),
            all_targets: of(&all),
        }
    }

    /// Fits a support to the rows that are seen, and judges it by the others.
    pub(crate) fn judge(&self, candidate: Candidate) -> Result<Judged> {
        let fit = refit(&self.seen, &candidate.sets, &self.targets, candidate.shrink)?;
        let predicted = predict(&self.held_out, &candidate.sets, &fit);
        let errors = self.unseen.iter().zip(&predicted).map(|(value, predicted)| value - predicted).collect();
        let faithfulness = faithfulness(&predicted, &self.unseen);
        let Candidate { name, sets, shrink, sure } = candidate;
        Ok(Judged { name, sets, shrink, sure, errors, faithfulness })
    }

    /// Fits a support to all rows.
    pub(crate) fn fit(&self, judged: &Judged) -> Result<Refit> {
        refit(&self.all, &judged.sets, &self.all_targets, judged.shrink)
    }
}

/// The place of the support to keep: the one that misses least, the smaller of equals. One that is not sure must beat the
/// constant, the first of them, by two standard errors of that.
pub(crate) fn choose(judged: &[Judged]) -> usize {
    let mut order: Vec<usize> = (1..judged.len()).collect();
    order.sort_by_key(|&at| judged[at].sets.len());
    let constant = square(&judged[0].errors);
    let (mut best, mut least) = (0, constant);
    for at in order {
        let (gain, error) = gain(&judged[0].errors, &judged[at].errors);
        let beaten = gain > if judged[at].sure { 0.0 } else { OVER_CONSTANT * error };
        let missed = square(&judged[at].errors);
        if beaten && least - missed > ROUNDING * constant {
            (best, least) = (at, missed);
        }
    }
    best
}

fn square(errors: &[f64]) -> f64 {
    errors.iter().map(|error| error * error).sum::<f64>() / errors.len() as f64
}

/// The values of a fitted function, one for each row.
pub(crate) fn predict(signs: &Signs, sets: &[Vec<u32>], fit: &Refit) -> Vec<f64> {
    let mut values = vec![fit.constant; signs.n_rows()];
    for (set, &coefficient) in sets.iter().zip(&fit.coefficients) {
        add_signs(&signs.column(set), coefficient, &mut values);
    }
    values
}
