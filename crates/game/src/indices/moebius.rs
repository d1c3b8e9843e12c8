//! What a Moebius coefficient weighs.

use super::has_sets;
use super::numbers::{bernoulli, binomial, half_binomial, power_of_half, sign};
use crate::Index;

/// The weight of the Moebius coefficient `m(R)` in the index of a subset `S` of `R`; zero if `r < s`. It does not
/// depend on the number of players.
///
/// `None` for indices that do not follow from `m` alone (Owen, LIME, Gradient), for generalized values, to which all sets
/// count that share a player with `S`, and where there are no such sets: `s > order`, `s > 1` for SV and BV.
pub fn moebius_weight(index: Index, order: usize, s: usize, r: usize) -> Option<f64> {
    if !has_sets(index, order, s) {
        return None;
    }
    if r < s {
        return Some(0.0);
    }
    let more = r - s;
    let equal = f64::from(more == 0);
    let weight = match index {
        Index::Sv | Index::Chii | Index::KSii | Index::Stii | Index::Fsii if s == 0 => equal,
        Index::KSii | Index::Stii | Index::Fsii | Index::Fbii if r <= order => equal,
        Index::Sv | Index::Sii => 1.0 / (more + 1) as f64,
        Index::Bv | Index::Bii => power_of_half(more),
        Index::Chii => s as f64 / r as f64,
        Index::KSii => {
            let term = |j: usize| binomial(more, j) * bernoulli(j) / (more - j + 1) as f64;
            (0..=order - s).map(term).sum()
        }
        Index::Stii if s == order => (1..=s).map(|i| i as f64 / (more + i) as f64).product(),
        Index::Stii => 0.0,
        Index::Fsii => fsii_moebius(order, s, r),
        Index::Fbii => sign(order - s) * 0.5 * half_binomial(more - 1, order - s),
        Index::KaddShap if r <= order => 1.0 / (more + 1) as f64,
        Index::KaddShap => {
            let term = |t: usize| binomial(more, t - s) * fsii_moebius(order, t, r) / (t - s + 1) as f64;
            (s.max(1)..=order).map(term).sum()
        }
        Index::Moebius => equal,
        Index::CoMoebius => 1.0,
        Index::Fourier => sign(s) * power_of_half(r),
        _ => return None,
    };
    Some(weight)
}

/// The Moebius weight of FSII for `0 < s <= k` and `r > k`, `k` the top order:
/// `(-1)^(k-s) s/(k+s) C(k,s) C(r-1,k) / C(r+k-1,k+s)`, with the factorials cancelled.
fn fsii_moebius(order: usize, s: usize, r: usize) -> f64 {
    let above = (1..=s).map(|i| (order + i) as f64).chain((1..=order - s).map(|i| (r - 1 - order + i) as f64));
    let ratio: f64 = above.zip(0..order).map(|(above, i)| above / (r + i) as f64).product();
    sign(order - s) * binomial(order, s) * ratio * s as f64 / (order + s) as f64
}
