//! Values less the mean of their size.
//!
//! What depends on sizes alone has an index in closed form, so it is taken out before anything is left to chance. Where the
//! mean of a size is that of the coalitions that were drawn, each of them is compared with the mean of the others: with its own
//! value in the mean it would pull less than it should, and the estimate would be biased. Of `d` pairs drawn out of `P` the mean
//! of the others counts `1 - 1/P`, its own value the rest, which is what makes the sum over all draws right.

use einthoven_game::design::pairs::{Pair, Pairs};
use einthoven_game::design::sizes;

/// The values of one output.
pub(crate) struct Centred {
    /// What stands for the coalitions of a size, `[sizes]`: the mean, or the straight line from the empty to the full value for
    /// sizes with fewer than two pairs.
    pub means: Vec<f64>,
    /// What is left of each row.
    pub deviations: Vec<f64>,
}

impl Centred {
    /// From the values of all rows, the empty and the full coalition first.
    pub(crate) fn new(n_players: usize, pairs: &Pairs, values: &[f64]) -> Self {
        let (n, empty, full) = (n_players, values[0], values[1]);
        let means = (0..=n).map(|t| empty + (full - empty) * t as f64 / n as f64).collect();
        let mut centred = Self { means, deviations: vec![0.0; values.len()] };
        let populations = sizes::pairs(n);
        for class in pairs.all.chunk_by(|a, b| a.size == b.size) {
            centred.class(class, populations[class[0].size - 1], n, values);
        }
        centred
    }

    fn class(&mut self, class: &[Pair], population: f64, n: usize, values: &[f64]) {
        let (size, count) = (class[0].size, class.len() as f64);
        let drawn = class[0].sampled;
        if !drawn || count > 1.0 {
            let mean = |row: fn(&Pair) -> usize| class.iter().map(|pair| values[row(pair)]).sum::<f64>() / count;
            let [member, complement] = [mean(|pair| pair.row), mean(|pair| pair.complement)];
            let middle = 2 * size == n;
            self.means[size] = if middle { (member + complement) / 2.0 } else { member };
            self.means[n - size] = if middle { (member + complement) / 2.0 } else { complement };
        }
        let others = if drawn && count > 1.0 { (1.0 - 1.0 / population) * count / (count - 1.0) } else { 1.0 };
        for pair in class {
            let [member, complement] =
                [(pair.row, size), (pair.complement, n - size)].map(|(row, t)| values[row] - self.means[t]);
            // In the middle both are of the same size: what they have in common is what the mean has seen.
            let common = if 2 * size == n { (member + complement) / 2.0 } else { 0.0 };
            let scale = if 2 * size == n { 1.0 } else { others };
            let deviation = |own: f64| scale * (own - common) + others * common;
            self.deviations[pair.row] = deviation(member);
            self.deviations[pair.complement] = deviation(complement);
        }
    }
}

#[cfg(test)]
mod tests {
    use einthoven_game::design::subset::for_each_subset;

    use super::*;

    /// The mean of weight times value over a class of four players, from each two of its pairs: their mean, and the truth.
    fn means_over_draws(size: usize, n_pairs: usize) -> (f64, f64) {
        let n_rows = 2 + 2 * n_pairs;
        let values: Vec<f64> = (0..n_rows).map(|row| (row as f64 * 1.7).sin()).collect();
        let weights: Vec<f64> = (0..n_rows).map(|row| (row as f64 * 0.9).cos()).collect();
        let product = |row: usize| weights[row] * values[row];
        let truth = (2..n_rows).map(product).sum::<f64>() / n_pairs as f64;
        let (mut sum, mut draws) = (0.0, 0.0);
        for_each_subset(n_pairs, 2, |drawn| {
            let pair = |&at: &usize| Pair { row: 2 + 2 * at, complement: 3 + 2 * at, share: 0.5, size, sampled: true };
            let all: Vec<Pair> = drawn.iter().map(pair).collect();
            let Centred { means, deviations } =
                Centred::new(4, &Pairs { all: all.clone(), strata: Vec::new() }, &values);
            let of_mean = |row: usize| weights[row] * means[if row.is_multiple_of(2) { size } else { 4 - size }];
            sum += (2..n_rows).map(of_mean).sum::<f64>() / n_pairs as f64;
            let of_pair = |pair: &Pair| {
                [pair.row, pair.complement].map(|row| weights[row] * deviations[row]).iter().sum::<f64>() / 2.0
            };
            sum += all.iter().map(of_pair).sum::<f64>();
            draws += 1.0;
        });
        (sum / draws, truth)
    }

    #[test]
    fn the_mean_of_the_others_leaves_no_bias() {
        for (size, n_pairs) in [(1, 4), (2, 3)] {
            let (found, truth) = means_over_draws(size, n_pairs);
            assert!((found - truth).abs() < 1e-12, "size {size}: {found} for {truth}");
        }
    }
}
