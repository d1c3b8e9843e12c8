//! Standard errors of what is linear in the solutions of least-squares problems over pairs.
//!
//! A pair pulls at a solution with its influence times its residual, and at everything that is linear in it. Where several
//! problems share their pairs, a pair pulls through all of them at once. Residuals are smaller than the errors that they
//! stand for, because the fit has seen them; dividing by one minus the leverage corrects for that (the HC3 rule of
//! MacKinnon & White, 1985).

use einthoven_fit as fit;
use einthoven_game::design::pairs::Pairs;
use einthoven_game::design::spread::Spread;

use crate::polynomial::UNKNOWN_ERRORS;

/// Pairs whose pulls are held at once.
const BLOCK: usize = 256;

/// Adds what a pair pulls at the terms of one output, `[terms]`: takes the number of a part, the influence of the pair on its
/// unknowns, and what to multiply it by.
pub(crate) type Add<'a> = dyn Fn(usize, &[f64], f64, &mut [f64]) + 'a;

/// One of the problems; its rows are the pairs from `first` on.
pub(crate) struct Part<'a> {
    pub first: usize,
    pub problem: fit::Problem<'a>,
    pub solution: &'a fit::Solution,
    /// The leverage of each row in an earlier fit that has seen the same values, if there was one.
    pub seen: &'a [f64],
}

/// Squared standard errors, `[outputs, terms]`. `finish` does to the pulls of one output what was done to the answer.
pub(crate) fn variances(
    pairs: &Pairs,
    parts: &[Part<'_>],
    n_terms: usize,
    add: &Add<'_>,
    finish: &dyn Fn(&mut [f64]),
) -> Vec<f64> {
    let n_outputs = parts[0].problem.totals.len();
    let width = n_outputs * n_terms;
    let mut spread = Spread::new(width);
    let mut strata = pairs.strata.iter().peekable();
    for start in (0..pairs.all.len()).step_by(BLOCK) {
        let end = (start + BLOCK).min(pairs.all.len());
        let mut pulls = vec![0.0; (end - start) * width];
        for (number, part) in parts.iter().enumerate().filter(|(_, part)| part.first < end) {
            let (problem, first) = (&part.problem, part.first);
            let mut row = vec![0.0; problem.n_unknowns];
            part.solution.influences(problem, start.max(first) - first..end - first, |at, influence| {
                if !pairs.all[first + at].sampled {
                    return;
                }
                (problem.row)(at, &mut row);
                let weight = problem.weights[at];
                let own: f64 = row.iter().zip(influence).map(|(value, influence)| value * influence).sum();
                // The larger of the two leverages; one of one leaves no residual to scale.
                let leverage = part.seen.get(at).copied().unwrap_or(0.0).max(weight * own);
                let scale = weight / (1.0 - leverage).max(1e-6);
                let residuals = &part.solution.residuals[at * n_outputs..][..n_outputs];
                let pulls = pulls[(first + at - start) * width..][..width].chunks_exact_mut(n_terms);
                for (residual, pulls) in residuals.iter().zip(pulls) {
                    add(number, influence, scale * residual, pulls);
                }
            });
        }
        for at in (start..end).filter(|&at| pairs.all[at].sampled) {
            let pulls = &mut pulls[(at - start) * width..][..width];
            pulls.chunks_exact_mut(n_terms).for_each(finish);
            spread.add_pulls(pulls);
            if let Some(stratum) = strata.next_if(|stratum| stratum.range.end == at + 1) {
                spread.close(stratum);
            }
        }
    }
    spread.variances()
}

/// Why there are no standard errors, if there are none although something was left to chance.
pub(crate) fn unknown(pairs: &Pairs, parts: &[Part<'_>]) -> Option<String> {
    let tight = |part: &Part<'_>| part.problem.weights.len() < part.problem.n_unknowns;
    (pairs.n_sampled() < 2 || parts.iter().any(tight)).then(|| UNKNOWN_ERRORS.to_owned())
}
