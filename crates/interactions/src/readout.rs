//! From the coefficients of a polynomial to an index of it.

use einthoven_game::design::subset::for_each_subset;
use einthoven_game::indices;

use crate::attribute::Found;
use crate::parity::Parity;
use crate::request::Request;
use crate::sets::{Sets, count};
use crate::weights;

/// What each coefficient adds to each set of an index.
pub(crate) struct Readout {
    /// For each parity and coefficient the terms it adds to, and with which factor.
    shares: [Vec<Vec<(u32, f64)>>; 2],
    /// The first term of each size of sets, from the smallest that has numbers on; at last the number of terms.
    starts: Vec<usize>,
    smallest: usize,
}

impl Readout {
    pub(crate) fn new(request: &Request, parities: &[Parity; 2]) -> Self {
        let &Request { index, order, n_players, .. } = request;
        let smallest = *weights::sizes(index, order).start();
        let of_size: Vec<Sets> = (0..=order).map(|size| Sets::new(n_players, size)).collect();
        let mut starts = vec![0];
        for sets in &of_size[smallest..] {
            starts.push(starts[starts.len() - 1] + sets.len());
        }
        let weight = |s: usize, q: usize| indices::moebius_weight(index, order, s, q).unwrap_or(0.0);
        // A sign is a sum of Moebius coefficients (-2)^|Q| over the subsets Q of its set.
        let moebius = |s: usize, r: usize, q: usize| count(r - s, q - s) * (-2.0f64).powi(q as i32) * weight(s, q);
        let factor = |s: usize, r: usize| (s..=r).map(|q| moebius(s, r, q)).sum::<f64>();
        let shares_of = |set: &[u32]| {
            let mut shares = Vec::new();
            for s in smallest..=set.len() {
                let factor = factor(s, set.len());
                for_each_subset(set.len(), s, |places| {
                    let subset: Vec<u32> = places.iter().map(|&place| set[place]).collect();
                    shares.push(((starts[s - smallest] + of_size[s].position(&subset)) as u32, factor));
                });
            }
            shares.retain(|&(_, factor)| factor != 0.0);
            shares
        };
        let shares = parities.each_ref().map(|parity| {
            let mut all = Vec::with_capacity(parity.n_sets);
            parity.sets.iter().for_each(|sets| sets.for_each(|_, set| all.push(shares_of(set))));
            all
        });
        Self { shares, starts, smallest }
    }

    /// Number of sets that get a number.
    pub(crate) fn n_terms(&self) -> usize {
        self.starts[self.starts.len() - 1]
    }

    /// Adds `scale` times the index of the coefficients of a parity to the terms.
    pub(crate) fn add(&self, odd: bool, coefficients: &[f64], scale: f64, terms: &mut [f64]) {
        for (shares, coefficient) in self.shares[usize::from(odd)].iter().zip(coefficients) {
            shares.iter().for_each(|&(term, factor)| terms[term as usize] += scale * coefficient * factor);
        }
    }

    /// Adds the index of the coefficients of a parity, `[outputs, coefficients]`, to the terms, `[outputs, terms]`.
    pub(crate) fn add_all(&self, odd: bool, coefficients: &[f64], terms: &mut [f64]) {
        let outputs = terms.chunks_exact_mut(self.n_terms());
        let n_coefficients = coefficients.len() / outputs.len();
        for (coefficients, terms) in coefficients.chunks_exact(n_coefficients).zip(outputs) {
            self.add(odd, coefficients, 1.0, terms);
        }
    }

    /// Values and variances, `[outputs, terms]`, by the size of their sets.
    pub(crate) fn found(&self, values: &[f64], variances: Option<&[f64]>) -> Vec<Found> {
        let part = |numbers: &[f64], range: &[usize]| -> Vec<Vec<f64>> {
            numbers.chunks_exact(self.n_terms()).map(|terms| terms[range[0]..range[1]].to_vec()).collect()
        };
        let found = |(at, range): (usize, &[usize])| Found {
            size: self.smallest + at,
            values: part(values, range),
            variances: variances.map(|variances| part(variances, range)),
        };
        self.starts.windows(2).enumerate().map(found).collect()
    }
}
