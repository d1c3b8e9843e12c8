//! Generalized and joint values: what a whole set adds (Marichal, Kojadinovic & Fujimoto, 2007; Harris, Pymar & Rowat,
//! 2022).

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::numbers::{binomial, sign};
use super::{check_count, joint, size_share};
use crate::design::subset::for_each_subset_of;
use crate::{Index, Result, Term};

/// The values of `sets` (bits) of at most `order` players from a table `[2^n]`; that of the empty set is the value of
/// the empty coalition. Sums per size first: a size has one share, whatever the number of its coalitions.
pub(super) fn from_table(index: Index, order: usize, table: &[f64], sets: &[usize]) -> Vec<f64> {
    let (n_players, all) = (table.len().trailing_zeros() as usize, table.len() - 1);
    let mut weights = shares(index, n_players, order);
    for (s, shares) in weights.iter_mut().enumerate() {
        shares.iter_mut().enumerate().for_each(|(t, share)| *share /= binomial(n_players - s, t));
    }
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

/// The values of all sets of at most `order` players that hold a player of a term, and of the empty set, from Moebius
/// coefficients: those of the sets that meet `S`, and whose other players are in.
pub(super) fn from_moebius(index: Index, order: usize, n: usize, terms: &[(Vec<u32>, f64)]) -> Result<Vec<Term>> {
    let empty = terms.iter().filter(|(players, _)| players.is_empty()).map(|(_, coefficient)| coefficient).sum();
    let shares = shares(index, n, order);
    from_terms(order, n, terms, empty, |s, r, i| {
        let (others, q) = (n - s, r - i);
        let all_in = |t: usize| -> f64 { (0..q).map(|j| t.saturating_sub(j) as f64 / (others - j) as f64).product() };
        shares[s].iter().enumerate().map(|(t, share)| share * all_in(t)).sum()
    })
}

/// The same from Walsh-Hadamard coefficients: a set that has `i` players in `S` changes its sign if `i` is odd.
pub(super) fn from_fourier(index: Index, order: usize, n: usize, terms: &[(Vec<u32>, f64)]) -> Result<Vec<Term>> {
    let empty = terms.iter().map(|(_, coefficient)| coefficient).sum();
    let shares = shares(index, n, order);
    from_terms(order, n, terms, empty, |s, r, i| {
        if i.is_multiple_of(2) {
            return 0.0;
        }
        let parities = mean_parities(n - s, r - i);
        -2.0 * shares[s].iter().zip(parities).map(|(share, parity)| share * parity).sum::<f64>()
    })
}

/// The shares of all sizes of coalitions of others, for sets of 0, 1, ..., `order` players.
fn shares(index: Index, n: usize, order: usize) -> Vec<Vec<f64>> {
    let shares = |s: usize| match index {
        Index::JointSv if s > 0 => joint::shares(n, order, s, n - s),
        _ => (0..=n - s).filter_map(|t| size_share(index, n, order, s, t)).collect(),
    };
    (0..=order).map(shares).collect()
}

/// The mean of `(-1)^|T ∩ Q|` over the sets `T` of 0, 1, ..., `n` of `n` players, for a set `Q` of `q`: Krawtchouk
/// polynomials, by their recurrence in `q` (Koekoek, Lesky & Swarttouw, 2010). Errors do not grow up to `n / 2`;
/// beyond, the players that `Q` leaves out say the same, but for the sign of `T`.
fn mean_parities(n: usize, q: usize) -> Vec<f64> {
    if q > n / 2 {
        return mean_parities(n, n - q).into_iter().enumerate().map(|(t, parity)| sign(t) * parity).collect();
    }
    let parity = |t: usize| {
        let (mut before, mut parity) = (0.0, 1.0);
        for at in 0..q {
            let next = ((n as f64 - 2.0 * t as f64) * parity - at as f64 * before) / (n - at) as f64;
            (before, parity) = (parity, next);
        }
        parity
    };
    (0..=n).map(parity).collect()
}

/// The values of sparse games, of which a term of `r` players gives `weight(s, r, i)` to a set of `s` that holds `i` of
/// them. As a sum over the subsets of the set instead, `i` of which are in the term: differences of the weight.
fn from_terms(
    order: usize,
    n: usize,
    terms: &[(Vec<u32>, f64)],
    empty: f64,
    weight: impl Fn(usize, usize, usize) -> f64,
) -> Result<Vec<Term>> {
    let n_sets: f64 = (0..=order).map(|size| binomial(n, size)).sum();
    let n_parts: f64 = terms.iter().flat_map(|(set, _)| (0..=order).map(|size| binomial(set.len(), size))).sum();
    check_count(n_sets.max(n_parts))?;
    let mut differences = BTreeMap::new();
    // For each subset of a term, what it gives to the sets of 0, 1, ..., `order` players that hold it.
    let mut parts: HashMap<Vec<u32>, Vec<f64>> = HashMap::new();
    for (players, coefficient) in terms {
        let mut players = players.clone();
        players.sort_unstable();
        for s in 1..=order {
            let at = (s, players.len());
            // No set meets the term in nobody, and none in so few that more are left than there are others; what is
            // said of those does not matter.
            let weight = |i: usize| if i == 0 || at.1 - i > n - s { 0.0 } else { weight(s, at.1, i) };
            let steps = differences.entry(at).or_insert_with(|| differences_of(s.min(at.1), weight));
            for (size, step) in steps.iter().enumerate().skip(1) {
                for_each_subset_of(&players, size, |part| {
                    let given = parts.entry(part.to_vec()).or_insert_with(|| vec![0.0; order + 1]);
                    given[s] += step * coefficient;
                });
            }
        }
    }
    let all: Vec<u32> = (0..n as u32).collect();
    let mut found = vec![Term { players: Vec::new(), value: empty, std_err: Some(0.0) }];
    for s in 1..=order {
        for_each_subset_of(&all, s, |set| {
            let (mut value, mut is_met) = (0.0, false);
            for size in 1..=s {
                for_each_subset_of(set, size, |part| {
                    if let Some(given) = parts.get(part) {
                        value += given[s];
                        is_met = true;
                    }
                });
            }
            if is_met {
                found.push(Term { players: set.to_vec(), value, std_err: Some(0.0) });
            }
        });
    }
    Ok(found)
}

/// The differences of `weight` at zero, from the zeroth up to that of order `most`.
fn differences_of(most: usize, weight: impl Fn(usize) -> f64) -> Vec<f64> {
    let weights: Vec<f64> = (0..=most).map(weight).collect();
    let difference = |order: usize| -> f64 {
        weights[..=order].iter().enumerate().map(|(i, weight)| sign(order - i) * binomial(order, i) * weight).sum()
    };
    (0..=most).map(difference).collect()
}
