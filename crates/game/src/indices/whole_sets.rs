//! Generalized and joint values: what a whole set adds (Marichal, Kojadinovic & Fujimoto, 2007; Harris, Pymar & Rowat,
//! 2022).

use rayon::prelude::*;

use super::size_share;
use crate::Index;

/// The values of `sets` (bits) of at most `order` players from a table `[2^n]`; that of the empty set is the value of
/// the empty coalition. Sums per size first: a size has one share, whatever the number of its coalitions.
pub(super) fn from_table(index: Index, order: usize, table: &[f64], sets: &[usize]) -> Vec<f64> {
    let (n_players, all) = (table.len().trailing_zeros() as usize, table.len() - 1);
    // `[sizes of sets][sizes of coalitions of others]`: what one coalition weighs.
    let weights_of = |s: usize| -> Vec<f64> {
        let weight =
            |t| size_share(index, n_players, order, s, t).map(|share| share / super::binomial(n_players - s, t));
        (0..=n_players - s).filter_map(weight).collect()
    };
    let weights: Vec<Vec<f64>> = (0..=order).map(weights_of).collect();
    let value = |&set: &usize| {
        if set == 0 {
            return table[0];
        }
        let (weights, outside) = (&weights[set.count_ones() as usize], all & !set);
        let mut sums = vec![0.0; weights.len()];
        let mut others = outside;
        // All subsets of the others, from all of them down to none.
        loop {
            sums[others.count_ones() as usize] += table[others | set] - table[others];
            if others == 0 {
                break;
            }
            others = (others - 1) & outside;
        }
        sums.iter().zip(weights).map(|(sum, weight)| sum * weight).sum()
    };
    sets.par_iter().map(value).collect()
}
