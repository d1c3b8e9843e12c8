//! Points, their scale and their principal components.

use einthoven_amortize::value::{DataSet, Points};

use crate::value_data::points;

#[test]
fn both_sets_are_scaled_by_the_training_points() {
    let train = Points::new(2, vec![1.0, 5.0, 3.0, 5.0], vec![0, 1]).unwrap();
    let validation = Points::new(2, vec![4.0, 6.0], vec![1]).unwrap();
    let data = DataSet::new(train, validation).unwrap();
    assert_eq!(data.train().embedding(0), [-1.0, 0.0]);
    assert_eq!(data.train().embedding(1), [1.0, 0.0]);
    assert_eq!(data.validation().embedding(0), [2.0, 1.0], "a feature that does not vary keeps its unit");
}

#[test]
fn principal_components_keep_what_varies() {
    let data = DataSet::new(points(50, 3, 2, 1), points(20, 3, 2, 2)).unwrap();
    let squares =
        |points: &Points| -> f64 { (0..points.len()).flat_map(|point| points.embedding(point)).map(|x| x * x).sum() };
    let all = squares(data.train());
    let (kept, share) = data.clone().principal(2).unwrap();
    assert_eq!((kept.train().n_features(), kept.validation().n_features()), (2, 2));
    assert!((squares(kept.train()) / all - share).abs() < 1e-12 && share > 2.0 / 3.0 && share < 1.0, "{share}");
    // The components are orthogonal, the first varies most, and validation points are turned alike.
    let sum = |a: usize, b: usize| -> f64 {
        (0..50).map(|point| kept.train().embedding(point)[a] * kept.train().embedding(point)[b]).sum()
    };
    assert!(sum(0, 1).abs() < 1e-10 && sum(0, 0) > sum(1, 1));
    let (same, share) = data.clone().principal(3).unwrap();
    assert!(same == data && share == 1.0);
    assert!(data.principal(0).is_err());
}

#[test]
fn sets_that_do_not_fit_are_refused() {
    let refuse = |train: Points, validation: Points, words: &str| {
        let error = DataSet::new(train, validation).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    refuse(points(9, 2, 2, 1), points(9, 3, 2, 1), "2 features and validation points 3");
    let line = |labels: Vec<usize>| Points::new(1, vec![1.0; labels.len()], labels).unwrap();
    refuse(line(vec![1, 1]), line(vec![1]), "two classes");
    refuse(line(vec![1]), line(vec![0]), "two training points");
    refuse(line(vec![0, 5000]), line(vec![0]), "class 5000");
}
