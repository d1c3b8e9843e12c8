//! Where the multilinear extension of a game is looked at, for each index.

use super::{aggregation, follows_from_values, fsii_residue, is_generalized_value};
use crate::Index;
use crate::quadrature::gauss_legendre;

/// The points `x` at which the derivatives of the multilinear extension count, with their weights for sets of 0, 1,
/// ..., `order` players: the index of `S` is the sum of `weights[|S|]` times the derivative with respect to `S` at
/// `(x, ..., x)`, without error for a game of up to `n_players` players, or a part of a game that only so many have a
/// say in. Of an index that is another one's sum ([`aggregation`]) it is that other one.
///
/// Points are from 0 to 1 and differ. `None` for indices that do not follow from the game alone
/// ([`follows_from_values`]), and for generalized and joint values.
pub fn derivative_nodes(index: Index, n_players: usize, order: usize) -> Option<Vec<(f64, Vec<f64>)>> {
    if is_generalized_value(index) || !follows_from_values(index) {
        return None;
    }
    let base = aggregation(index, 0).map_or(index, |(base, _)| base);
    Some(nodes(base, n_players, order))
}

/// The same for an index that is not another one's sum.
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
    // Of a derivative times its density; a rule of N nodes is exact below degree 2N.
    let degree = match index {
        Index::Sii => n_players,
        Index::Fsii => (n_players + order).saturating_sub(2),
        _ => n_players.saturating_sub(1),
    };
    let inside = gauss_legendre(degree / 2 + 1).into_iter().map(|(x, weight)| {
        let weights = by_size(&|s| if at_zero[s] > 0.0 { 0.0 } else { weight * density(s, x) });
        (x, weights)
    });
    std::iter::once((0.0, at_zero.clone())).chain(inside).collect()
}
