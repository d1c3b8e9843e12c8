//! Shapley values of training points for nearest neighbours, exactly (Jia et al., VLDB 2019).
//!
//! What a set is worth is the mean over the validation points of the share of the `k` nearest points of the set that have the
//! right class; where the set has fewer than `k`, the missing ones count as wrong. Seen from one validation point, with the
//! training points sorted from near to far, the values of neighbours in this order differ by
//!
//! ```text
//! s_i - s_(i+1) = (right_i - right_(i+1)) / k * min(k, i) / i,      s_n = right_n / max(k, n)
//! ```
//!
//! so that one sort gives all values.

use rayon::prelude::*;

use super::{DataSet, Points};
use crate::{Error, Result};

/// The Shapley value of each training point for the `k` nearest neighbours, by distances of scaled features. Of training points
/// as near as each other the one that is named first is the nearer. The values add up to what all points are worth.
///
/// # Errors
/// If `k` is zero.
pub fn knn_shapley(data: &DataSet, k: usize) -> Result<Vec<f64>> {
    if k == 0 {
        return Err(Error::Request("value points: k must be at least 1".to_owned()));
    }
    let (train, validation) = (data.train(), data.validation());
    let of_point: Vec<Vec<f64>> = (0..validation.len())
        .into_par_iter()
        .map(|point| of_query(train, validation.embedding(point), validation.labels()[point], k))
        .collect();
    let mut values = vec![0.0; train.len()];
    for found in &of_point {
        values.iter_mut().zip(found).for_each(|(sum, value)| *sum += value / validation.len() as f64);
    }
    Ok(values)
}

/// The training points from near to far.
pub fn neighbours(train: &Points, query: &[f64]) -> Vec<usize> {
    let distance =
        |point: usize| -> f64 { train.embedding(point).iter().zip(query).map(|(a, b)| (a - b).powi(2)).sum() };
    let distances: Vec<f64> = (0..train.len()).map(distance).collect();
    let mut order: Vec<usize> = (0..train.len()).collect();
    order.sort_by(|&a, &b| distances[a].total_cmp(&distances[b]).then(a.cmp(&b)));
    order
}

fn of_query(train: &Points, query: &[f64], label: usize, k: usize) -> Vec<f64> {
    let order = neighbours(train, query);
    let n = order.len();
    let right = |place: usize| f64::from(u8::from(train.labels()[order[place]] == label));
    let mut values = vec![0.0; n];
    let mut value = right(n - 1) / k.max(n) as f64;
    values[order[n - 1]] = value;
    for place in (0..n - 1).rev() {
        let nearer = place + 1;
        value += (right(place) - right(place + 1)) / k as f64 * k.min(nearer) as f64 / nearer as f64;
        values[order[place]] = value;
    }
    values
}
