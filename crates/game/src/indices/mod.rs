//! Every index, defined in one place.
//!
//! An index gives a number to each set of players `S`. Those defined here see a game through its discrete derivatives
//! `Delta_S(T)`, the sum of `(-1)^(s-|L|) v(T + L)` over the subsets `L` of `S`, for coalitions `T` of the others; or,
//! which is the same, through its Moebius coefficients `m(R)`, of which `Delta_S(T)` is the sum over the sets `R` that
//! hold `S` and lie in `S + T`. Both views need one weight for each size only:
//!
//! * [`derivative_weight`] and [`size_share`] weigh `Delta_S(T)` by the sizes of `S` and `T`,
//! * [`moebius_weight`] weighs `m(R)` by the sizes of `S` and `R`; sets that do not hold `S` weigh nothing,
//! * [`derivative_nodes`] weighs the derivatives of the multilinear extension at a few points of its diagonal,
//! * [`from_table`] and [`from_moebius`] compute an index up to an order, exactly,
//! * [`GeneralizedValue`]: what a whole set adds to others.
//!
//! Throughout, `s`, `t`, `r` are sizes of `S`, `T`, `R`, `n` is the number of players and `order` the largest size that
//! the index is made for, its top order. The index of the empty set is the value of the empty coalition, except for
//! SII, BII, BV, FBII, kADD-SHAP, co-Moebius and Fourier, which have an empty value of their own.
//!
//! | index | source |
//! |---|---|
//! | SV, SII | Shapley (1953); Grabisch & Roubens (1999) |
//! | BV, BII | Banzhaf (1965); Grabisch & Roubens (1999) |
//! | CHII | Marichal & Roubens (1999) |
//! | k-SII | Bordt & von Luxburg (2023) |
//! | STII | Sundararajan, Dhamdhere & Agarwal (2020) |
//! | FSII, FBII | Tsai, Yeh & Ravikumar (2023) |
//! | kADD-SHAP | Pelegrina, Duarte & Grabisch (2023) |
//! | Moebius, co-Moebius, Fourier | Rota (1964); Grabisch, Marichal & Roubens (2000); Walsh (1923) |
//!
//! Weights are made of products whose factors cancel, never of factorials, so they hold for thousands of players.

mod compute;
mod generalized;

use std::f64::consts::PI;

pub use compute::{derivative_nodes, from_moebius, from_table};
pub use generalized::GeneralizedValue;

use crate::Index;

/// The weight of `Delta_S(T)` in the index of `S`, for each coalition `T` of `t` of the `n - s` others.
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

/// The weights of all `Delta_S(T)` with coalitions `T` of `t` others together: [`derivative_weight`] times `C(n-s, t)`,
/// which is the weight of the mean over those coalitions. It stays in range for any number of players. `None` as for
/// [`derivative_weight`].
pub fn size_share(index: Index, n: usize, order: usize, s: usize, t: usize) -> Option<f64> {
    if s + t > n || !has_sets(index, order, s) {
        return None;
    }
    let others = n - s;
    let only = |size: usize| f64::from(t == size);
    let share = match index {
        Index::Sv | Index::Chii | Index::Stii | Index::Fsii | Index::KSii if s == 0 => only(0),
        Index::Sv | Index::Sii => 1.0 / (others + 1) as f64,
        Index::Bv | Index::Bii => half_binomial(others, t),
        Index::Chii => {
            let ratio: f64 = (1..=s).map(|i| (t + i) as f64 / (others + i) as f64).product();
            ratio * s as f64 / (s + t) as f64
        }
        Index::KSii if s == order => 1.0 / (others + 1) as f64,
        Index::Stii if s < order => only(0),
        Index::Stii => {
            let ratio: f64 = (1..s).map(|i| (others - t + i) as f64 / (others + i) as f64).product();
            // The product has s - 1 factors from n - s - t + 1 up, over as many that end at n - 1.
            ratio * s as f64 / n as f64
        }
        Index::Fsii => fsii_share(others, order, s, t),
        Index::KaddShap if s == order && s > 0 => fsii_share(others, order, s, t),
        Index::Fbii if s == order => half_binomial(others, t),
        Index::Moebius => only(0),
        Index::CoMoebius => only(others),
        Index::Fourier => (-0.5f64).powi(s as i32) * half_binomial(others, t),
        Index::KSii | Index::KaddShap | Index::Fbii | Index::Owen | Index::Lime => return None,
    };
    Some(share)
}

/// The weight of the Moebius coefficient `m(R)` in the index of a subset `S` of `R`; zero if `r < s`. It does not
/// depend on the number of players.
///
/// `None` for Owen and LIME, which do not follow from `m` alone, and where there are no such sets: `s > order`, `s > 1`
/// for SV and BV.
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
        Index::Owen | Index::Lime => return None,
    };
    Some(weight)
}

/// Where an index is another one summed over supersets up to its top order (k-SII, FBII, kADD-SHAP): that other index,
/// and the weight of a set with `j` players more. The empty set of k-SII is an exception: it has the value of the empty
/// coalition.
pub fn aggregation(index: Index, j: usize) -> Option<(Index, f64)> {
    match index {
        Index::KSii => Some((Index::Sii, bernoulli(j))),
        Index::Fbii => Some((Index::Bii, sign(j) * power_of_half(j))),
        Index::KaddShap => Some((Index::Fsii, 1.0 / (j + 1) as f64)),
        _ => None,
    }
}

/// Whether the index gives numbers to sets of `s` players.
fn has_sets(index: Index, order: usize, s: usize) -> bool {
    s <= order && (s <= 1 || !matches!(index, Index::Sv | Index::Bv))
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

/// The residue of FSII's Moebius weight at `r = -j`, for `0 < s <= k` and `j < k`, `k` the top order:
/// `(-1)^j s/(k+s) C(k,s) (k+s)!/k! (k+j)! / ((s+j)! j! (k-1-j)!)`.
fn fsii_residue(order: usize, s: usize, j: usize) -> f64 {
    // (k+s)!/(k+s)/k!, which is (k+s-1)!/k!; then (k+j)!/(s+j)!, of k - s factors; then k C(k-1, j) / k!.
    let first: f64 = (1..s).map(|i| (order + i) as f64).product();
    let second: f64 = (1..=order - s).map(|i| (s + j + i) as f64 / i as f64).product();
    let rest: f64 = (1..s).map(|i| 1.0 / i as f64).product();
    // C(k,s)/k! = 1/(s! (k-s)!), and s/s! = 1/(s-1)!.
    sign(j) * first * second * rest * order as f64 * binomial(order - 1, j)
}

/// The Moebius weight of FSII for `0 < s <= k` and `r > k`, `k` the top order:
/// `(-1)^(k-s) s/(k+s) C(k,s) C(r-1,k) / C(r+k-1,k+s)`, with the factorials cancelled.
fn fsii_moebius(order: usize, s: usize, r: usize) -> f64 {
    let above = (1..=s).map(|i| (order + i) as f64).chain((1..=order - s).map(|i| (r - 1 - order + i) as f64));
    let ratio: f64 = above.zip(0..order).map(|(above, i)| above / (r + i) as f64).product();
    sign(order - s) * binomial(order, s) * ratio * s as f64 / (order + s) as f64
}

/// The chance that exactly `t` of `n` fair coins show heads, `C(n,t) / 2^n`; halved as it goes, so that it overflows
/// for no `n`.
pub(crate) fn half_binomial(n: usize, t: usize) -> f64 {
    if t > n {
        return 0.0;
    }
    let smaller = t.min(n - t);
    let (mut chance, mut halvings) = (1.0, n);
    for i in 1..=smaller {
        chance *= (n - smaller + i) as f64 / i as f64;
        while chance > 1.0 && halvings > 0 {
            chance *= 0.5;
            halvings -= 1;
        }
    }
    chance * power_of_half(halvings)
}

/// `2^-n`, zero where that is too small for an `f64`.
pub(crate) fn power_of_half(n: usize) -> f64 {
    0.5f64.powi(n.min(2000) as i32)
}

/// `(-1)^n`
pub(crate) fn sign(n: usize) -> f64 {
    if n.is_multiple_of(2) { 1.0 } else { -1.0 }
}

/// `C(n, k)`
fn binomial(n: usize, k: usize) -> f64 {
    if k > n {
        return 0.0;
    }
    let smaller = k.min(n - k);
    (1..=smaller).fold(1.0, |product, i| product * (n - smaller + i) as f64 / i as f64)
}

/// The Bernoulli number `B_j`, with `B_1 = -1/2`.
fn bernoulli(j: usize) -> f64 {
    const EVEN: [f64; 11] = [
        1.0,
        1.0 / 6.0,
        -1.0 / 30.0,
        1.0 / 42.0,
        -1.0 / 30.0,
        5.0 / 66.0,
        -691.0 / 2730.0,
        7.0 / 6.0,
        -3617.0 / 510.0,
        43867.0 / 798.0,
        -174_611.0 / 330.0,
    ];
    match j {
        1 => -0.5,
        _ if j % 2 == 1 => 0.0,
        0..=20 => EVEN[j / 2],
        // 2 j! / (2 pi)^j times zeta(j), whose fourth term is below the last digit.
        _ => {
            let ratio: f64 = (1..=j).map(|i| i as f64 / (2.0 * PI)).product();
            let zeta = 1.0 + power_of_half(j) + 3f64.powi(-(j as i32));
            -2.0 * sign(j / 2) * ratio * zeta
        }
    }
}
