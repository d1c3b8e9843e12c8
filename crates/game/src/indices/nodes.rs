//! Where the multilinear extension of a game is looked at, for each index.

use super::fsii_residue;
use crate::Index;
use crate::quadrature::gauss_legendre;

/// The points `x` at which the derivatives of the multilinear extension count, with their weights for sets of 0, 1,
/// ..., `order` players.
pub(super) fn nodes(index: Index, n_players: usize, order: usize) -> Vec<(f64, Vec<f64>)> {
    let by_size = |weight: &dyn Fn(usize) -> f64| (0..=order).map(weight).collect::<Vec<f64>>();
    match index {
        Index::Moebius => return vec![(0.0, by_size(&|_| 1.0))],
        Index::CoMoebius => return vec![(1.0, by_size(&|_| 1.0))],
        Index::Bv | Index::Bii => return vec![(0.5, by_size(&|_| 1.0))],
        Index::Fourier => return vec![(0.5, by_size(&|s| (-0.5f64).powi(s as i32)))],
        _ => {}
    }
    // At x = 0 the derivative is a Moebius coefficient: what these indices give to small sets.
    let at_zero = match index {
        Index::Sii => by_size(&|_| 0.0),
        Index::Stii => by_size(&|s| f64::from(s < order)),
        _ => by_size(&|s| f64::from(s == 0)),
    };
    let density = |s: usize, x: f64| -> f64 {
        match index {
            Index::Sv | Index::Sii => 1.0,
            Index::Chii => s as f64 * x.powi(s as i32 - 1),
            Index::Stii => s as f64 * (1.0 - x).powi(s as i32 - 1),
            _ => (0..order).map(|j| fsii_residue(order, s, j) * x.powi((s + j) as i32 - 1)).sum(),
        }
    };
    // Degrees are at most n + order - 2, or n for the empty set.
    let rule = gauss_legendre((n_players + order) / 2 + 1);
    let inside = rule.into_iter().map(|(x, weight)| {
        let weights = by_size(&|s| if at_zero[s] > 0.0 { 0.0 } else { weight * density(s, x) });
        (x, weights)
    });
    std::iter::once((0.0, at_zero.clone())).chain(inside).collect()
}
