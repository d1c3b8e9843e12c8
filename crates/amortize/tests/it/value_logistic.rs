//! The classifier that sets of points are judged by.

use einthoven_amortize::value::{DataGame, Logistic, Points, TOLERANCE, Utility};
use einthoven_game::rng::stream;
use proptest::prelude::*;
use rand::seq::SliceRandom;

use crate::value_data::{blobs, points};

/// The gradient of the penalised log loss, by its definition.
fn gradient(points: &Points, weights: &[f64], n_classes: usize, penalty: f64) -> Vec<f64> {
    let width = 1 + points.n_features();
    let mut gradient: Vec<f64> = weights.iter().map(|weight| penalty * weight).collect();
    for point in 0..points.len() {
        let x: Vec<f64> = [1.0].iter().chain(points.embedding(point)).copied().collect();
        let dot = |class: usize| -> f64 { weights[class * width..][..width].iter().zip(&x).map(|(w, x)| w * x).sum() };
        let total: f64 = (0..n_classes).map(|class| dot(class).exp()).sum();
        for class in 0..n_classes {
            let miss = dot(class).exp() / total - f64::from(u8::from(points.labels()[point] == class));
            gradient[class * width..][..width].iter_mut().zip(&x).for_each(|(sum, x)| *sum += miss * x);
        }
    }
    gradient
}

fn norm(numbers: &[f64]) -> f64 {
    numbers.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[test]
fn the_optimum_has_no_gradient() {
    for (n, n_classes, penalty) in [(200, 3, 1.0), (60, 2, 0.01), (40, 5, 10.0)] {
        let points = points(n, 4, n_classes, 1);
        let fit = Logistic::fit(&points, n_classes, penalty).unwrap();
        let found = gradient(&points, &fit.weights(), n_classes, penalty);
        assert!(norm(&found) < 1.01e-8, "{n}: {}", norm(&found));
        assert!(norm(&fit.weights()) > 0.1, "not the start");
        assert!((fit.gradient_norm(&points) - norm(&found)).abs() < 1e-11);
    }
}

#[test]
fn separable_points_and_points_of_one_class_have_an_optimum() {
    let apart = Points::new(1, vec![-2.0, -1.0, 1.0, 2.0], vec![0, 0, 1, 1]).unwrap();
    let fit = Logistic::fit(&apart, 2, 1e-3).unwrap();
    assert!(norm(&gradient(&apart, &fit.weights(), 2, 1e-3)) < 2.0 * TOLERANCE);
    let one = Points::new(1, vec![-2.0, 1.0], vec![1, 1]).unwrap();
    let fit = Logistic::fit(&one, 3, 1.0).unwrap();
    assert!(norm(&gradient(&one, &fit.weights(), 3, 1.0)) < 2.0 * TOLERANCE);
    let logits = fit.logits(&one);
    assert!(logits[1] > logits[0] && (logits[0] - logits[2]).abs() < 1e-7, "absent classes are alike: {logits:?}");
}

#[test]
fn no_points_are_worth_chance() {
    for utility in [Utility::Accuracy, Utility::LogLikelihood] {
        let game = DataGame::new(&blobs(12, 30, 3, 2), utility, 1.0).unwrap();
        assert!((game.value(&[]).unwrap() - game.empty_value()).abs() < 1e-12);
        let all: Vec<usize> = (0..12).collect();
        assert!((game.value(&all).unwrap() - game.full_value()).abs() < 1e-7);
    }
}

#[test]
fn accuracy_is_the_share_of_right_classes() {
    let data = blobs(40, 30, 3, 4);
    let game = DataGame::new(&data, Utility::Accuracy, 1.0).unwrap();
    let logits = game.full().logits(data.validation());
    let best = |logits: &[f64]| (0..3).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap();
    let right =
        logits.chunks_exact(3).zip(data.validation().labels()).filter(|(logits, label)| best(logits) == **label);
    let share = right.count() as f64 / 30.0;
    assert!((game.full_value() - share).abs() < 1e-12 && share > 0.5 && share < 1.0, "{share}");
}

#[test]
fn points_of_one_class_find_that_class() {
    let data = blobs(12, 30, 3, 2);
    let game = DataGame::new(&data, Utility::Accuracy, 1.0).unwrap();
    let of_class: Vec<usize> = (0..12).filter(|point| data.train().labels()[*point] == 1).collect();
    // Near the far side of the hyperplane the two absent classes tie.
    let value = game.value(&of_class).unwrap();
    let share = |class: usize| {
        let count = data.validation().labels().iter().filter(|label| **label == class).count();
        count as f64 / data.validation().len() as f64
    };
    assert!(value >= share(1) / 2.0 && value <= share(1) + (share(0) + share(2)) / 2.0, "{value}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    /// Weights lie within the tolerance over the penalty of the optimum, and so do two fits within twice that; the log of a
    /// probability moves by at most sqrt(2) |x| for each unit of the weights.
    #[test]
    fn a_value_does_not_depend_on_the_order(seed in 0u64..1000, penalty in 0.1f64..10.0, size in 0usize..25) {
        let data = blobs(25, 20, 3, seed);
        let game = DataGame::new(&data, Utility::LogLikelihood, penalty).unwrap();
        let mut set: Vec<usize> = (0..25).collect();
        set.shuffle(&mut stream(seed, "test/set", 0));
        set.truncate(size);
        let first = game.value(&set).unwrap();
        set.shuffle(&mut stream(seed, "test/set", 1));
        let second = game.value(&set).unwrap();
        let longest = (0..20).map(|at| 1.0 + norm(data.validation().embedding(at))).fold(0.0, f64::max);
        prop_assert!((first - second).abs() <= 2.0 * TOLERANCE / penalty * 2f64.sqrt() * longest);
        // Nor on what was fitted before: from nothing, point by point.
        let members: Vec<f64> = set.iter().flat_map(|&at| data.train().embedding(at).to_vec()).collect();
        let labels: Vec<usize> = set.iter().map(|&at| data.train().labels()[at]).collect();
        if size > 0 {
            let alone = Logistic::fit(&Points::new(2, members, labels).unwrap(), 3, penalty).unwrap();
            let logits = alone.logits(data.validation());
            let of_point = |at: usize| {
                let logits = &logits[3 * at..][..3];
                logits[data.validation().labels()[at]] - logits.iter().map(|logit| logit.exp()).sum::<f64>().ln()
            };
            let expected = (0..20).map(of_point).sum::<f64>() / 20.0;
            prop_assert!((first - expected).abs() <= 2.0 * TOLERANCE / penalty * 2f64.sqrt() * longest + 1e-12);
        }
    }
}

#[test]
fn nonsense_is_refused() {
    let points = points(10, 2, 2, 0);
    assert!(Logistic::fit(&points, 2, 0.0).unwrap_err().to_string().contains("above zero"));
    assert!(Logistic::fit(&points, 1, 1.0).unwrap_err().to_string().contains("found class 1"));
    assert!(Points::new(2, vec![0.0; 3], vec![0, 1]).unwrap_err().to_string().contains("2 labels x 2 features"));
    let broken = Points::new(1, vec![0.0, f64::NAN], vec![0, 1]).unwrap_err().to_string();
    assert!(broken.contains("feature 0 of point 1 is NaN"), "{broken}");
    let game = DataGame::new(&blobs(12, 30, 3, 2), Utility::Accuracy, 1.0).unwrap();
    assert!(game.value(&[12]).unwrap_err().to_string().contains("there are 12"));
}
