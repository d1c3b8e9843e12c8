//! Exact values for nearest neighbours, against all subsets.

use einthoven_amortize::value::{DataSet, Points, knn_shapley, neighbours};
use proptest::prelude::*;

use crate::value_data::blobs;

/// What a set is worth: the share of the `k` nearest that is right, of which missing ones are wrong.
fn worth(data: &DataSet, k: usize, set: usize) -> f64 {
    let right = |point: usize| {
        let order = neighbours(data.train(), data.validation().embedding(point));
        let nearest = order.iter().filter(|member| set >> **member & 1 == 1).take(k);
        let label = data.validation().labels()[point];
        nearest.filter(|member| data.train().labels()[**member] == label).count() as f64 / k as f64
    };
    (0..data.validation().len()).map(right).sum::<f64>() / data.validation().len() as f64
}

/// Shapley values by their definition, as a mean over the sizes of the mean marginal contribution.
fn brute_force(data: &DataSet, k: usize) -> Vec<f64> {
    let n = data.train().len();
    let table: Vec<f64> = (0..1 << n).map(|set| worth(data, k, set)).collect();
    let of = |point: usize| {
        let (mut sums, mut counts) = (vec![0.0; n], vec![0.0; n]);
        for set in (0..1usize << n).filter(|set| set >> point & 1 == 0) {
            let size = set.count_ones() as usize;
            sums[size] += table[set | 1 << point] - table[set];
            counts[size] += 1.0;
        }
        sums.iter().zip(counts).map(|(sum, count)| sum / count).sum::<f64>() / n as f64
    };
    (0..n).map(of).collect()
}

fn agree(data: &DataSet, k: usize) {
    let (found, truth) = (knn_shapley(data, k).unwrap(), brute_force(data, k));
    for (found, truth) in found.iter().zip(&truth) {
        assert!((found - truth).abs() < 1e-12, "k = {k}: {found} and {truth}");
    }
    assert!(truth.iter().any(|value| *value != truth[0]), "values that differ");
}

#[test]
fn values_equal_those_of_all_subsets() {
    for k in [1, 2, 3, 5, 9, 10, 14] {
        agree(&blobs(9, 6, 3, 11), k);
        agree(&blobs(8, 5, 2, 12), k);
    }
}

#[test]
fn points_as_near_as_each_other_are_taken_as_they_are_named() {
    let train = Points::new(1, vec![0.0, 0.0, 1.0, -1.0, 1.0, -1.0, 2.0], vec![0, 1, 1, 0, 2, 1, 0]).unwrap();
    let validation = Points::new(1, vec![0.0, 0.0, 1.0, 2.0], vec![0, 1, 1, 2]).unwrap();
    let data = DataSet::new(train, validation).unwrap();
    (1..8).for_each(|k| agree(&data, k));
    let order = neighbours(data.train(), data.validation().embedding(0));
    assert_eq!(order[..2], [0, 1], "twins");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn values_add_up(seed in 0u64..1000, k in 1usize..40, n in 10usize..40) {
        let data = blobs(n, 15, 2, seed);
        let values = knn_shapley(&data, k).unwrap();
        let full = |data: &DataSet| -> f64 {
            let right = |point: usize| {
                let order = neighbours(data.train(), data.validation().embedding(point));
                let label = data.validation().labels()[point];
                order.iter().take(k).filter(|near| data.train().labels()[**near] == label).count() as f64 / k as f64
            };
            (0..15).map(right).sum::<f64>() / 15.0
        };
        prop_assert!((values.iter().sum::<f64>() - full(&data)).abs() < 1e-10);
    }
}

#[test]
fn no_neighbours_are_refused() {
    assert!(knn_shapley(&blobs(9, 6, 3, 1), 0).unwrap_err().to_string().contains("at least 1"));
}
