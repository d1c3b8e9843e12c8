//! Numbers that weights are made of.

use std::f64::consts::PI;

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
pub(super) fn binomial(n: usize, k: usize) -> f64 {
    if k > n {
        return 0.0;
    }
    let smaller = k.min(n - k);
    (1..=smaller).fold(1.0, |product, i| product * (n - smaller + i) as f64 / i as f64)
}

/// The Bernoulli number `B_j`, with `B_1 = -1/2`.
pub(super) fn bernoulli(j: usize) -> f64 {
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
