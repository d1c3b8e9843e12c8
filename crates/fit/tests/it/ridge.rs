use einthoven_fit::Error;
use einthoven_fit::ridge::{Ridge, solve};
use einthoven_game::rng::stream;
use rand::RngExt;

fn numbers(count: usize, seed: u64) -> Vec<f64> {
    let mut rng = stream(seed, "test ridge", count as u64);
    (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
}

#[test]
fn the_gradient_vanishes_at_the_solution() {
    for (n_rows, n, n_outputs, lambda) in [(5, 1, 1, 0.0), (40, 7, 2, 0.0), (600, 30, 3, 2.5), (10, 20, 1, 0.1)] {
        let columns = numbers(n_rows * n, 1);
        let targets = numbers(n_rows * n_outputs, 2);
        let weights: Vec<f64> = numbers(n_rows, 3).iter().map(|x| x.abs() + 0.1).collect();
        let row = |at: usize, out: &mut [f64]| out.copy_from_slice(&columns[at * n..][..n]);
        let ridge = Ridge { n_unknowns: n, weights: &weights, targets: &targets, n_outputs, lambda, row: &row };
        let found = solve(&ridge).unwrap();
        for output in 0..n_outputs {
            let x = &found.coefficients[output * n..][..n];
            let residual = |at: usize| {
                let fit: f64 = columns[at * n..][..n].iter().zip(x).map(|(a, x)| a * x).sum();
                weights[at] * (targets[at * n_outputs + output] - fit - found.intercepts[output])
            };
            assert!((0..n_rows).map(residual).sum::<f64>().abs() < 1e-9);
            for unknown in 0..n {
                let slope: f64 = (0..n_rows).map(|at| residual(at) * columns[at * n + unknown]).sum();
                assert!((slope - lambda * x[unknown]).abs() < 1e-8, "{n_rows} rows: {slope}");
            }
        }
    }
}

#[test]
fn variances_are_those_of_repeated_draws() {
    // y = 1 + 2 a - b + noise whose size depends on a: stated variances against those over 2000 repetitions; the mean of 2000
    // squares has a relative spread of 3 %, five of those, and the leverage correction overstates by some 5 / 200.
    let (n_rows, repeats) = (200, 2000);
    let (mut squares, mut stated) = ([0.0; 2], [0.0; 2]);
    for repeat in 0..repeats {
        let columns = numbers(2 * n_rows, 10 + repeat);
        let noise = numbers(n_rows, 100_000 + repeat);
        let target = |at: usize| {
            let (a, b) = (columns[2 * at], columns[2 * at + 1]);
            1.0 + 2.0 * a - b + noise[at] * (0.2 + a.abs())
        };
        let targets: Vec<f64> = (0..n_rows).map(target).collect();
        let row = |at: usize, out: &mut [f64]| out.copy_from_slice(&columns[2 * at..][..2]);
        let weights = vec![1.0; n_rows];
        let ridge = Ridge { n_unknowns: 2, weights: &weights, targets: &targets, n_outputs: 1, lambda: 0.0, row: &row };
        let found = solve(&ridge).unwrap();
        for (at, truth) in [2.0, -1.0].iter().enumerate() {
            squares[at] += (found.coefficients[at] - truth).powi(2) / repeats as f64;
            stated[at] += found.variances[at] / repeats as f64;
        }
    }
    for (stated, square) in stated.iter().zip(squares) {
        assert!((stated / square - 1.02).abs() < 0.16, "{stated} for {square}");
    }
}

#[test]
fn columns_that_say_the_same_are_refused() {
    let weights = [1.0; 10];
    let targets = numbers(10, 1);
    let row = |at: usize, out: &mut [f64]| out.copy_from_slice(&[at as f64, 2.0 * at as f64, 1.0]);
    let ridge = Ridge { n_unknowns: 3, weights: &weights, targets: &targets, n_outputs: 1, lambda: 0.0, row: &row };
    assert!(matches!(solve(&ridge), Err(Error::RankDeficient { rank: 1, needed: 3 })));
    assert!(solve(&Ridge { lambda: 0.5, ..ridge }).is_ok());
    let ridge =
        Ridge { n_unknowns: 3, weights: &weights, targets: &targets, n_outputs: 1, lambda: f64::NAN, row: &row };
    assert!(matches!(solve(&ridge), Err(Error::Problem { .. })));
}
