//! What the value of a coalition weighs.

use super::numbers::{binomial, half_binomial, sign};
use super::{aggregation, follows_from_values, fsii_residue, has_sets, interaction_index, is_generalized_value, joint};
use crate::Index;

/// The weight of the value `v(T)` in the index of a set `S` of `s` players, for all coalitions `T` of `t` players that
/// share the same `i` players with `S`, together: what one of them weighs, times their number `C(n-s, t-i)`. So it is
/// the weight of the mean of `v` over these coalitions, and stays in range for any number of players; the index of `S`
/// is the sum over the subsets `W` of `S` and the sizes `t` of this weight, `i = |W|`, times the mean of `v(T)` over
/// the `T` of size `t` with `T ∩ S = W`.
///
/// It is `(-1)^(s-i)` [`size_share`]`(t-i)` for an interaction index, and plus or minus the share where all or none of
/// `S` are in for a generalized value; zero where there is no such coalition. An index that sums another one over
/// supersets (k-SII, FBII, kADD-SHAP) has such weights at every order: with `q` players more, there are `C(n-s, q)`
/// supersets, and of the `q`, `j` are in `T`. `None` for Owen and LIME, and where there are no such sets: `s > order`,
/// `s > 1` for SV and BV.
pub fn coalition_weight(index: Index, n: usize, order: usize, s: usize, t: usize, i: usize) -> Option<f64> {
    if s > n || !has_sets(index, order, s) {
        return None;
    }
    if i > s || t < i || t - i > n - s {
        return Some(0.0);
    }
    if !has_weights(index, order, s) {
        let supersets = |q: usize| -> Option<f64> {
            let (base, weight) = aggregation(index, q)?;
            let shared = |j: usize| Some(binomial(q, j) * coalition_weight(base, n, order, s + q, t, i + j)?);
            Some(weight * binomial(n - s, q) * (0..=q).map(shared).sum::<Option<f64>>()?)
        };
        return (0..=order.min(n) - s).map(supersets).sum();
    }
    let sign = match i {
        _ if !is_generalized_value(index) => sign(s - i),
        _ if i == s => 1.0,
        0 => -1.0,
        _ => return Some(0.0),
    };
    Some(sign * size_share(index, n, order, s, t - i)?)
}

/// The weight of `Delta_S(T)` in the index of `S`, for each coalition `T` of `t` of the `n - s` others; that of
/// `v(T + S) - v(T)` for a generalized value.
///
/// `None` where the index of sets of this size is not defined by such weights (k-SII, FBII and kADD-SHAP below the top
/// order, Owen and LIME), or where there are no such sets: `s + t > n`, `s > order`, `s > 1` for SV and BV. With very
/// many players a weight may be too small for an `f64` and then is zero; see [`size_share`].
pub fn derivative_weight(index: Index, n: usize, order: usize, s: usize, t: usize) -> Option<f64> {
    let share = size_share(index, n, order, s, t)?;
    let smaller = t.min(n - s - t);
    // One over C(n-s, t).
    Some((1..=smaller).fold(share, |share, i| share * i as f64 / (n - s - smaller + i) as f64))
}

/// The weights of all coalitions `T` of `t` others together: [`derivative_weight`] times `C(n-s, t)`, which is the
/// weight of the mean over those coalitions. It stays in range for any number of players. `None` as for
/// [`derivative_weight`].
pub fn size_share(index: Index, n: usize, order: usize, s: usize, t: usize) -> Option<f64> {
    if s + t > n || !has_weights(index, order, s) {
        return None;
    }
    let others = n - s;
    let only = |size: usize| f64::from(t == size);
    let share = match interaction_index(index) {
        Index::Sv | Index::Chii | Index::Stii | Index::Fsii | Index::KSii if s == 0 => only(0),
        _ if s == 0 && is_generalized_value(index) => only(0),
        Index::Sv | Index::Sii | Index::KSii => 1.0 / (others + 1) as f64,
        Index::Bv | Index::Bii | Index::Fbii => half_binomial(others, t),
        Index::Chii => {
            let ratio: f64 = (1..=s).map(|i| (t + i) as f64 / (others + i) as f64).product();
            ratio * s as f64 / (s + t) as f64
        }
        Index::Stii if s < order => only(0),
        Index::Stii => {
            let ratio: f64 = (1..s).map(|i| (others - t + i) as f64 / (others + i) as f64).product();
            // The product has s - 1 factors from n - s - t + 1 up, over as many that end at n - 1.
            ratio * s as f64 / n as f64
        }
        Index::Fsii | Index::KaddShap => fsii_share(others, order, s, t),
        Index::Moebius => only(0),
        Index::CoMoebius => only(others),
        Index::Fourier => (-0.5f64).powi(s as i32) * half_binomial(others, t),
        Index::JointSv => joint::shares(n, order, s, t)[t],
        _ => return None,
    };
    Some(share)
}

/// Whether the index of sets of `s` players is a weighted sum over the coalitions of the others, weighted by their
/// sizes.
fn has_weights(index: Index, order: usize, s: usize) -> bool {
    let defined = match index {
        Index::KSii => s == order || s == 0,
        Index::KaddShap | Index::Fbii => s == order,
        _ => follows_from_values(index),
    };
    defined && has_sets(index, order, s)
}

/// The shares of FSII for `s > 0`. Its Moebius weight is a rational function of `r` with simple poles at 0, -1, ...,
/// -(k-1); the residue at `-j` belongs to the weight `x^(s+j-1)` of the derivatives of the multilinear extension.
fn fsii_share(others: usize, order: usize, s: usize, t: usize) -> f64 {
    let term = |j: usize| {
        let ratio: f64 = (1..s + j).map(|i| (t + i) as f64 / (others + i) as f64).product();
        fsii_residue(order, s, j) * ratio / (others + s + j) as f64
    };
    (0..order).map(term).sum()
}
