//! Estimates that are means over pairs of coalitions, class by class.
//!
//! Such an estimate adds up, over classes of sizes, a weight times the mean over the class's pairs of
//! `(z_i - centre) (v(T) - v(T^c) - trend)`, where `z_i` says whether player `i` is in the smaller member `T`. The mean
//! over the pairs that were drawn is unbiased, and so is the sum.

use einthoven_game::design::pairs::{Pair, Pairs};
use einthoven_game::design::spread::Spread;
use einthoven_game::{Design, Values};

/// Fewer distinct pairs drawn at random than this give standard errors that are rough.
const FEW_PAIRS: usize = 10;

/// What is averaged.
pub(crate) struct Term<'a> {
    /// What is taken from the membership of a player, by size.
    pub centre: &'a dyn Fn(usize) -> f64,
    /// The weight of a class, by size.
    pub weight: &'a dyn Fn(usize) -> f64,
    /// What is taken from the difference, by size and output.
    pub trend: &'a dyn Fn(usize, usize) -> f64,
}

/// Sums and their variances, both `[outputs, players]`.
pub(crate) fn over_pairs(design: &Design, pairs: &Pairs, values: &Values, term: &Term<'_>) -> (Vec<f64>, Vec<f64>) {
    let n_players = design.rows.n_players();
    let n_outputs = values.n_outputs();
    let mut sums = vec![0.0; n_outputs * n_players];
    let mut spread = Spread::new(sums.len());
    let mut strata = pairs.strata.iter().peekable();
    let mut members = vec![0.0; n_players];
    for (at, pair) in pairs.all.iter().enumerate() {
        members.fill(-(term.centre)(pair.size));
        design.rows.row(pair.row).players().for_each(|player| members[player] += 1.0);
        let factors = differences(values, pair, term);
        for (sums, factor) in sums.chunks_exact_mut(n_players).zip(&factors) {
            sums.iter_mut().zip(&members).for_each(|(sum, member)| *sum += factor * member);
        }
        if pair.sampled {
            spread.add(&members, factors.iter().copied());
            if let Some(stratum) = strata.next_if(|stratum| stratum.range.end == at + 1) {
                spread.close(stratum);
            }
        }
    }
    (sums, spread.variances())
}

/// Weight and share of a pair times the difference of its values, `[outputs]`.
fn differences(values: &Values, pair: &Pair, term: &Term<'_>) -> Vec<f64> {
    let weight = (term.weight)(pair.size) * pair.share;
    let ends = values.row(pair.row).iter().zip(values.row(pair.complement)).enumerate();
    ends.map(|(output, (member, complement))| weight * (member - complement - (term.trend)(pair.size, output)))
        .collect()
}

/// What a reader must know of the standard errors.
pub(crate) fn warnings(pairs: &Pairs) -> Vec<String> {
    match pairs.n_sampled() {
        n_sampled if pairs.complete() || n_sampled >= FEW_PAIRS => Vec::new(),
        n_sampled => vec![format!("only {n_sampled} pairs of coalitions were drawn at random: the errors are rough")],
    }
}
