use einthoven_fit::{Error, Problem, Solution, solve};
use proptest::prelude::*;

/// Rows `[rows, unknowns]`, weights, targets `[rows, outputs]` and totals.
struct Case {
    n: usize,
    rows: Vec<f64>,
    weights: Vec<f64>,
    targets: Vec<f64>,
    totals: Vec<f64>,
}

impl Case {
    fn with_problem<T>(&self, use_it: impl Fn(&Problem<'_>) -> T) -> T {
        let row = |at: usize, out: &mut [f64]| out.copy_from_slice(&self.rows[at * self.n..(at + 1) * self.n]);
        use_it(&Problem {
            n_unknowns: self.n,
            weights: &self.weights,
            targets: &self.targets,
            totals: &self.totals,
            row: &row,
            outside: None,
        })
    }

    fn solve(&self) -> einthoven_fit::Result<Solution> {
        self.with_problem(solve)
    }

    /// A case with pseudo-random numbers in [-1, 1).
    fn random(n: usize, n_rows: usize, n_outputs: usize, seed: u64) -> Self {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        };
        let mut numbers = |length: usize| (0..length).map(|_| next()).collect::<Vec<_>>();
        let (rows, targets, totals) = (numbers(n * n_rows), numbers(n_rows * n_outputs), numbers(n_outputs));
        let weights = numbers(n_rows).iter().map(|number| 1.5 + number).collect();
        Self { n, rows, weights, targets, totals }
    }

    /// The conditions of Lagrange: the Gram matrix bordered by ones, solved by Gauss with pivots. Shares nothing with
    /// the code under test.
    fn lagrange(&self, output: usize) -> Vec<f64> {
        let (n, n_outputs) = (self.n, self.totals.len());
        let mut system = vec![vec![0.0; n + 2]; n + 1];
        for (at, weight) in self.weights.iter().enumerate() {
            let row = &self.rows[at * n..(at + 1) * n];
            for i in 0..n {
                (0..n).for_each(|j| system[i][j] += weight * row[i] * row[j]);
                system[i][n + 1] += weight * row[i] * self.targets[at * n_outputs + output];
            }
        }
        system[..n].iter_mut().for_each(|row| row[n] = 1.0);
        system[n][..n].fill(1.0);
        system[n][n + 1] = self.totals[output];
        gauss(system)[..n].to_vec()
    }
}

fn gauss(mut system: Vec<Vec<f64>>) -> Vec<f64> {
    let n = system.len();
    for column in 0..n {
        let pivot = (column..n).max_by(|&a, &b| system[a][column].abs().total_cmp(&system[b][column].abs())).unwrap();
        system.swap(column, pivot);
        let pivot = system[column].clone();
        for (_, row) in system.iter_mut().enumerate().filter(|(at, _)| *at != column) {
            let factor = row[column] / pivot[column];
            row.iter_mut().zip(&pivot).for_each(|(value, pivot)| *value -= factor * pivot);
        }
    }
    (0..n).map(|at| system[at][n] / system[at][at]).collect()
}

#[test]
fn a_case_worked_by_hand() {
    // Minimise (1 - x)^2 + 3 (2 - y)^2 with x + y = 7: x = 1 + 3 t, y = 2 + t, 4 t = 4.
    let case = Case {
        n: 2,
        rows: vec![1.0, 0.0, 0.0, 1.0],
        weights: vec![1.0, 3.0],
        targets: vec![1.0, 2.0],
        totals: vec![7.0],
    };
    let solution = case.solve().unwrap();
    assert!((solution.coefficients[0] - 4.0).abs() < 1e-14 && (solution.coefficients[1] - 3.0).abs() < 1e-14);
    assert!((solution.residuals[0] + 3.0).abs() < 1e-14 && (solution.residuals[1] + 1.0).abs() < 1e-14);
}

#[test]
fn it_agrees_with_lagrange() {
    for (n, n_rows, n_outputs) in [(2, 3, 1), (5, 9, 3), (12, 40, 2), (40, 600, 1)] {
        let case = Case::random(n, n_rows, n_outputs, n as u64);
        let solution = case.solve().unwrap();
        for output in 0..n_outputs {
            let found = &solution.coefficients[output * n..(output + 1) * n];
            for (found, expected) in found.iter().zip(case.lagrange(output)) {
                assert!((found - expected).abs() < 1e-11, "{found} instead of {expected}");
            }
            assert!((found.iter().sum::<f64>() - case.totals[output]).abs() < 1e-12);
        }
        for at in 0..n_rows {
            for output in 0..n_outputs {
                let fit: f64 = (0..n).map(|j| case.rows[at * n + j] * solution.coefficients[output * n + j]).sum();
                let expected = case.targets[at * n_outputs + output] - fit;
                assert!((solution.residuals[at * n_outputs + output] - expected).abs() < 1e-12);
            }
        }
    }
}

#[test]
fn influences_are_derivatives() {
    // Raising a target by h moves the solution by weight * h * influence, exactly: the solution is linear in targets.
    let case = Case::random(6, 300, 1, 9);
    let before = case.solve().unwrap();
    let influences = case.with_problem(|problem| {
        let mut all = Vec::new();
        before.influences(problem, 0..problem.weights.len(), |at, influence| {
            assert_eq!(at, all.len());
            all.push(influence.to_vec());
        });
        all
    });
    for at in [0, 17, 255, 256, 299] {
        let mut targets = case.targets.clone();
        targets[at] += 0.5;
        let moved =
            Case { targets, rows: case.rows.clone(), weights: case.weights.clone(), totals: case.totals.clone(), n: 6 };
        let moved = moved.solve().unwrap();
        for (unknown, influence) in influences[at].iter().enumerate() {
            let expected = (moved.coefficients[unknown] - before.coefficients[unknown]) / 0.5 / case.weights[at];
            assert!((influence - expected).abs() < 1e-12);
        }
    }
}

#[test]
fn too_few_directions_are_counted() {
    // Three unknowns leave two free directions; all rows agree up to a factor and the ones.
    let rows = vec![1.0, 0.0, 0.0, 3.0, 1.0, 1.0, 0.5, -0.5, -0.5];
    let case = Case { n: 3, rows, weights: vec![1.0; 3], targets: vec![1.0; 3], totals: vec![1.0] };
    assert!(matches!(case.solve(), Err(Error::RankDeficient { rank: 1, needed: 2 })));
    let empty = Case { n: 3, rows: vec![], weights: vec![], targets: vec![], totals: vec![1.0] };
    assert!(matches!(empty.solve(), Err(Error::RankDeficient { rank: 0, needed: 2 })));
    let ones = Case { n: 3, rows: vec![1.0; 3], weights: vec![1.0], targets: vec![1.0], totals: vec![1.0] };
    assert!(matches!(ones.solve(), Err(Error::RankDeficient { rank: 0, needed: 2 })));
    let random = Case::random(30, 20, 1, 4);
    assert!(matches!(random.solve(), Err(Error::RankDeficient { rank: 20, needed: 29 })));
}

#[test]
fn one_unknown_is_the_total() {
    let case = Case { n: 1, rows: vec![2.0], weights: vec![1.0], targets: vec![5.0, 1.0], totals: vec![3.0, -1.0] };
    let solution = case.solve().unwrap();
    assert_eq!((solution.coefficients, solution.residuals), (vec![3.0, -1.0], vec![-1.0, 3.0]));
}

#[test]
fn unusable_numbers_are_refused() {
    let case = |weight: f64, target: f64, total: f64| Case {
        n: 2,
        rows: vec![1.0, 0.0],
        weights: vec![weight],
        targets: vec![target],
        totals: vec![total],
    };
    assert!(case(1.0, 1.0, 1.0).solve().is_ok());
    for broken in
        [case(-1.0, 1.0, 1.0), case(f64::NAN, 1.0, 1.0), case(1.0, f64::INFINITY, 1.0), case(1.0, 1.0, f64::NAN)]
    {
        assert!(matches!(broken.solve(), Err(Error::Problem { .. })));
    }
}

proptest! {
    #[test]
    fn solutions_meet_the_constraint_and_are_stationary(n in 2usize..15, extra in 0usize..30, seed in any::<u64>()) {
        let case = Case::random(n, n + extra, 1, seed);
        let solution = case.solve().unwrap();
        let scale = solution.coefficients.iter().fold(1.0, |scale: f64, value| scale.max(value.abs()));
        let sum: f64 = solution.coefficients.iter().sum();
        prop_assert!((sum - case.totals[0]).abs() < 1e-10 * scale);
        // The gradient is a multiple of the ones: no direction within the constraint descends.
        let gradient: Vec<f64> = (0..n)
            .map(|j| (0..n + extra).map(|at| case.weights[at] * solution.residuals[at] * case.rows[at * n + j]).sum())
            .collect();
        prop_assert!(gradient.iter().all(|slope| (slope - gradient[0]).abs() < 1e-9 * scale));
    }
}

#[test]
fn other_targets_need_no_new_inverse() {
    for n in [1, 5] {
        let (case, other) = (Case::random(n, 30, 2, 7), Case::random(n, 30, 2, 8));
        let other = Case { targets: other.targets, ..Case::random(n, 30, 2, 7) };
        let again = other.with_problem(|problem| case.solve().unwrap().again(problem));
        let fresh = other.solve().unwrap();
        let pairs = again.coefficients.iter().zip(&fresh.coefficients);
        for (again, fresh) in pairs.chain(again.residuals.iter().zip(&fresh.residuals)) {
            assert!((again - fresh).abs() < 1e-12, "{n} unknowns: {again} and {fresh}");
        }
    }
}

#[test]
fn leverages_say_how_the_fit_follows_a_target() {
    let case = Case::random(4, 20, 1, 9);
    let solution = case.solve().unwrap();
    let leverages = case.with_problem(|problem| solution.leverages(problem));
    for (at, leverage) in leverages.iter().enumerate() {
        let mut moved = Case::random(4, 20, 1, 9);
        moved.targets[at] += 1.0;
        let follows = 1.0 - (moved.solve().unwrap().residuals[at] - solution.residuals[at]);
        assert!((leverage - follows).abs() < 1e-12, "row {at}: {leverage} for {follows}");
    }
    // One of the four is not free.
    assert!((leverages.iter().sum::<f64>() - 3.0).abs() < 1e-12);
}
