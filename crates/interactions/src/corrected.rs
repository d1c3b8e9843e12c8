//! Any index: what a polynomial says of it, and a weighted mean of what the polynomial leaves.
//!
//! The polynomial of the top order that is closest to the game (`polynomial.rs`) holds most of most games, and its index is
//! known. What it leaves is small, and SHAP-IQ ([`shapiq`](crate::shapiq)) estimates the index of that: errors shrink as the
//! values do. Shapley values by regression and correction are like this (Witter, Liu & Musco, 2025, with trees).

use einthoven_game::design::pairs::Pairs;
use einthoven_game::{Design, Values};

use crate::attribute::Found;
use crate::polynomial::{self, Fit, Rest};
use crate::request::Request;
use crate::{Result, shapiq};

/// Values and variances, and what a reader must know of them.
pub(crate) fn estimate(
    request: &Request,
    design: &Design,
    pairs: &Pairs,
    values: &Values,
    fit: Fit,
) -> Result<(Vec<Found>, Vec<String>)> {
    let rest = polynomial::take_out(request, design, pairs, values, fit)?;
    let left = in_rows(&rest.left, values)?;
    let mut warnings = shapiq::warnings(pairs);
    // As many unknowns as pairs leave nothing, whatever the game.
    let known = pairs.complete() || rest.leverages.iter().flatten().any(|leverage| *leverage < MOST_LEVERAGE);
    if !known {
        warnings.push(polynomial::UNKNOWN_ERRORS.to_owned());
    }
    let widened = in_rows(&widened(pairs, &rest), values)?;
    let mut found = Vec::with_capacity(rest.index.len());
    for mut of_polynomial in rest.index {
        let size = of_polynomial.size;
        let of_rest = shapiq::of_size(request, design, pairs, &left, size)?;
        for (values, more) in of_polynomial.values.iter_mut().zip(of_rest.values) {
            values.iter_mut().zip(more).for_each(|(value, more)| *value += more);
        }
        if known {
            of_polynomial.variances = shapiq::of_size(request, design, pairs, &widened, size)?.variances;
        }
        found.push(of_polynomial);
    }
    Ok((found, warnings))
}

/// A leverage of one leaves no residual to scale.
const MOST_LEVERAGE: f64 = 1.0 - 1e-6;

/// What is left, made larger by what the fit has taken because it had seen it (the HC3 rule of MacKinnon & White, 1985).
fn widened(pairs: &Pairs, rest: &Rest) -> Vec<Vec<f64>> {
    let mut widened = rest.left.clone();
    for left in &mut widened {
        for (at, pair) in pairs.all.iter().enumerate() {
            let [even, odd] = [0, 1].map(|parity| 1.0 / (1.0 - rest.leverages[parity][at]).max(1.0 - MOST_LEVERAGE));
            let (member, complement) = (left[pair.row], left[pair.complement]);
            let (sum, difference) = (even * (member + complement) / 2.0, odd * (member - complement) / 2.0);
            left[pair.row] = sum + difference;
            left[pair.complement] = sum - difference;
        }
    }
    widened
}

/// From `[outputs][rows]`.
fn in_rows(left: &[Vec<f64>], values: &Values) -> Result<Values> {
    let rows = (0..values.len()).flat_map(|row| left.iter().map(move |left| left[row])).collect();
    Ok(Values::new(left.len(), rows, "what a polynomial leaves")?)
}
