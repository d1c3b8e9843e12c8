//! Values learned from noisy contributions whose truth is known.

use std::ops::ControlFlow;

use einthoven_amortize::value::{Amortized, Contributions, DataSet, Logistic};
use einthoven_game::rng::stream;
use rand::RngExt;
use rand_distr::StandardNormal;

use crate::value_data::blobs;

const N: usize = 600;
const DRAWS: usize = 6;
const HELD_OUT: usize = 2;

fn go(_: usize, _: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// A value that is smooth in the embedding, and another function of it for each class.
fn smooth(data: &DataSet) -> Vec<f64> {
    let of = |point: usize| {
        let x = data.train().embedding(point);
        match data.train().labels()[point] {
            0 => 3.0 + x[0].sin() + 0.5 * x[1],
            1 => 3.0 - 0.5 * x[0] * x[1],
            _ => 2.0 + x[1].tanh() - x[0],
        }
    };
    (0..data.train().len()).map(of).collect()
}

/// The truth with noise of this standard deviation in each draw.
fn noisy(truth: &[f64], n_draws: usize, noise: f64, seed: u64) -> Contributions {
    let mut rng = stream(seed, "test/noise", 0);
    let draws = truth.iter().flat_map(|value| std::iter::repeat_n(*value, n_draws));
    Contributions::new(n_draws, draws.map(|value| value + noise * rng.sample::<f64, _>(StandardNormal)).collect())
        .unwrap()
}

fn mean_squared_error(values: &[f64], truth: &[f64]) -> f64 {
    values.iter().zip(truth).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / truth.len() as f64
}

fn learn(data: &DataSet, contributions: &Contributions, seed: u64) -> Amortized {
    let classifier = Logistic::fit(data.train(), data.n_classes(), 1.0).unwrap();
    Amortized::learn(data, &classifier, contributions, HELD_OUT, seed, &mut go).unwrap()
}

#[test]
fn learned_values_beat_their_labels_and_know_their_error() {
    let data = blobs(N, 10, 3, 7);
    let truth = smooth(&data);
    for seed in 0..3 {
        let contributions = noisy(&truth, DRAWS, 2.0, seed);
        let found = learn(&data, &contributions, seed);
        let error = mean_squared_error(&found.values, &truth);
        let plain = mean_squared_error(&contributions.means(), &truth);
        assert!(error < plain / 4.0, "{error} of {plain}");
        assert!(found.pays() && found.epoch > 0);
        // What it says of itself is from before it saw the held-out third of the labels: this error at least, and at most, if
        // all of it is noise, 6/4 of it; four standard errors on both sides.
        let slack = 4.0 * found.error_std_err;
        assert!(
            found.error > error - slack && found.error < 1.5 * error + slack,
            "{} ± {}, {error}",
            found.error,
            found.error_std_err
        );
        // 2^2 over six draws, known to sqrt(2 / 5 / N) = 2.6 %, and over two that were held out, known to sqrt(2 / N) = 5.8 %: four
        // times that.
        assert!((found.plain_error / (4.0 / 6.0) - 1.0).abs() < 0.1, "{}", found.plain_error);
        assert!((found.noise_floor / 2.0 - 1.0).abs() < 0.24, "{}", found.noise_floor);
        assert!((found.loss - found.noise_floor - found.error).abs() < 1e-12);
        let mean = truth.iter().sum::<f64>() / N as f64;
        let spread = truth.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / N as f64;
        assert!(
            (found.spread - spread).abs() < 4.0 * (spread + 2.0) * (2.0 / N as f64).sqrt(),
            "{} {spread}",
            found.spread
        );
    }
}

#[test]
fn precise_labels_do_not_pay() {
    let data = blobs(N, 10, 3, 7);
    let found = learn(&data, &noisy(&smooth(&data), DRAWS, 0.01, 1), 1);
    assert!(!found.pays(), "{} beside {}", found.error, found.plain_error);
    assert!(found.error > 10.0 * found.plain_error);
}

#[test]
fn values_that_embeddings_do_not_tell_are_not_claimed() {
    let data = blobs(N, 10, 3, 7);
    let mut rng = stream(5, "test/values", 0);
    let truth: Vec<f64> = (0..N).map(|_| rng.sample(StandardNormal)).collect();
    let found = learn(&data, &noisy(&truth, DRAWS, 0.5, 2), 2);
    assert!(found.error > 0.8 * found.spread, "{} of {}", found.error, found.spread);
    assert!(!found.pays());
}

#[test]
fn one_seed_gives_one_answer() {
    let data = blobs(60, 10, 3, 7);
    let contributions = noisy(&smooth(&data), DRAWS, 1.0, 0);
    assert_eq!(learn(&data, &contributions, 3), learn(&data, &contributions, 3));
    assert_ne!(learn(&data, &contributions, 3).values, learn(&data, &contributions, 4).values);
}

#[test]
fn nonsense_is_refused() {
    let data = blobs(60, 10, 3, 7);
    let classifier = Logistic::fit(data.train(), 3, 1.0).unwrap();
    let refuse = |contributions: &Contributions, held_out: usize, words: &str| {
        let error = Amortized::learn(&data, &classifier, contributions, held_out, 0, &mut go).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    let contributions = noisy(&smooth(&data), 3, 1.0, 0);
    refuse(&contributions, 3, "found 3 of 3");
    refuse(&contributions, 1, "found 1 of 3");
    refuse(&noisy(&[1.0; 59], 3, 1.0, 0), 2, "60 points");
    let stop = |epoch: usize, _| if epoch == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let error = Amortized::learn(&data, &classifier, &contributions, 2, 0, &mut { stop }).unwrap_err();
    assert!(error.to_string().contains("2 of 100"), "{error}");
}
