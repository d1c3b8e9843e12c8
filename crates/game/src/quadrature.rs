//! Gauss-Legendre quadrature.

use std::f64::consts::PI;

/// Nodes and weights of the rule with `n` nodes on `[0, 1]`, nodes ascending; exact for polynomials of degree below
/// `2n`, with weights that add up to one. Nodes are roots of the Legendre polynomial, found by Newton's method from a
/// cosine that is right to two digits or more (Davis & Rabinowitz, 1984).
pub fn gauss_legendre(n: usize) -> Vec<(f64, f64)> {
    let mut rule = vec![(0.0, 0.0); n];
    for at in 0..n.div_ceil(2) {
        let mut root = (PI * (at as f64 + 0.75) / (n as f64 + 0.5)).cos();
        // Each round doubles the digits; three would do.
        for _ in 0..6 {
            let (value, slope) = legendre(n, root);
            root -= value / slope;
        }
        // The middle root of an odd polynomial.
        if 2 * at + 1 == n {
            root = 0.0;
        }
        let slope = legendre(n, root).1;
        let weight = 1.0 / ((1.0 - root * root) * slope * slope);
        rule[at] = (0.5 * (1.0 - root), weight);
        rule[n - 1 - at] = (0.5 * (1.0 + root), weight);
    }
    rule
}

/// The Legendre polynomial of degree `n` and its slope at `x`, inside `(-1, 1)`, by the recurrence of three terms.
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for degree in 2..=n {
        let degree = degree as f64;
        (before, value) = (value, ((2.0 * degree - 1.0) * x * value - (degree - 1.0) * before) / degree);
    }
    (value, n as f64 * (x * value - before) / (x * x - 1.0))
}
