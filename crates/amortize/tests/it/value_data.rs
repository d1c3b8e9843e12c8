//! Small sets of points for tests of data values.

use einthoven_amortize::value::{DataSet, Points};
use einthoven_game::rng::stream;
use rand::RngExt;
use rand_distr::StandardNormal;

/// Points around the corners of a simplex-like figure: class `c` is shifted along feature `c mod features`.
pub fn points(n: usize, n_features: usize, n_classes: usize, seed: u64) -> Points {
    let mut rng = stream(seed, "test/points", 0);
    let labels: Vec<usize> = (0..n).map(|point| point % n_classes).collect();
    let shift = |label: usize, feature: usize| match label % n_features == feature {
        true => 1.5 - 3.0 * (label / n_features) as f64,
        false => 0.0,
    };
    let one = |at: usize| shift(labels[at / n_features], at % n_features);
    let embeddings = (0..n * n_features).map(|at| one(at) + rng.sample::<f64, _>(StandardNormal)).collect();
    Points::new(n_features, embeddings, labels).unwrap()
}

/// Training and validation points with two features.
pub fn blobs(n: usize, n_validation: usize, n_classes: usize, seed: u64) -> DataSet {
    DataSet::new(points(n, 2, n_classes, 2 * seed), points(n_validation, 2, n_classes, 2 * seed + 1)).unwrap()
}
