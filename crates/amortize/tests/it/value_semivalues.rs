//! Semivalues: their distributions over sizes, and estimates against all subsets.

use std::ops::ControlFlow;
use std::sync::LazyLock;

use einthoven_amortize::value::{Contributions, DataGame, DataSet, Semivalue, Utility};
use proptest::prelude::*;

use crate::value_data::blobs;

const N: usize = 8;

/// Eight points, and what each subset of them is worth, by its bits.
static TINY: LazyLock<(DataSet, DataGame, Vec<f64>)> = LazyLock::new(|| {
    let data = blobs(N, 25, 3, 5);
    let game = DataGame::new(&data, Utility::LogLikelihood, 1.0).unwrap();
    let members = |set: usize| (0..N).filter(|point| set >> point & 1 == 1).collect::<Vec<_>>();
    let table = (0..1 << N).map(|set| game.value(&members(set)).unwrap()).collect();
    (data, game, table)
});

const ALL: [Semivalue; 5] = [
    Semivalue::Shapley,
    Semivalue::Range { smallest: 2, largest: 6 },
    Semivalue::Banzhaf,
    Semivalue::Beta { alpha: 16.0, beta: 1.0 },
    Semivalue::Beta { alpha: 1.0, beta: 4.0 },
];

fn factorial(n: usize) -> f64 {
    (1..=n).map(|i| i as f64).product()
}

fn binomial(n: usize, k: usize) -> f64 {
    factorial(n) / factorial(k) / factorial(n - k)
}

/// B(a, b) of whole numbers.
fn beta(a: usize, b: usize) -> f64 {
    factorial(a - 1) * factorial(b - 1) / factorial(a + b - 1)
}

/// What each marginal contribution to a set of this size weighs, as the papers define it.
fn weight(semivalue: Semivalue, size: usize) -> f64 {
    match semivalue {
        Semivalue::Shapley => factorial(size) * factorial(N - 1 - size) / factorial(N),
        Semivalue::Range { smallest, largest } if (smallest..=largest).contains(&size) => {
            1.0 / (largest - smallest + 1) as f64 / binomial(N - 1, size)
        }
        Semivalue::Range { .. } => 0.0,
        Semivalue::Banzhaf => 0.5f64.powi(N as i32 - 1),
        // Kwon & Zou: (1/n) w(j) over C(n-1, j-1) sets, w(j) = n B(j + beta - 1, n - j + alpha) / B(alpha, beta), j = size + 1,
        // where C(n-1, j-1) is part of w's mean marginal contribution.
        Semivalue::Beta { alpha, beta: b } => {
            beta(size + b as usize, N - 1 - size + alpha as usize) / beta(alpha as usize, b as usize)
        }
        Semivalue::LeaveOneOut => f64::from(u8::from(size == N - 1)),
    }
}

/// The value of each point from all subsets.
fn brute_force(semivalue: Semivalue, table: &[f64]) -> Vec<f64> {
    let of = |point: usize| {
        let without = (0..1usize << N).filter(|set| set >> point & 1 == 0);
        without.map(|set| weight(semivalue, set.count_ones() as usize) * (table[set | 1 << point] - table[set])).sum()
    };
    (0..N).map(of).collect()
}

fn go(_: usize, _: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn sizes_are_those_of_the_definitions() {
    for semivalue in ALL.into_iter().chain([Semivalue::LeaveOneOut]) {
        let sizes = semivalue.sizes(N).unwrap();
        assert_eq!(sizes.len(), N);
        for (size, share) in sizes.iter().enumerate() {
            let expected = weight(semivalue, size) * binomial(N - 1, size);
            assert!((share - expected).abs() < 1e-12, "{semivalue:?} {size}: {share} and {expected}");
        }
    }
}

proptest! {
    #[test]
    fn sizes_add_up_to_one(n in 2usize..4000, alpha in 0.1f64..50.0, b in 0.1f64..50.0) {
        for semivalue in [
            Semivalue::Shapley,
            Semivalue::Range { smallest: n / 3, largest: n / 2 },
            Semivalue::Banzhaf,
            Semivalue::Beta { alpha, beta: b },
            Semivalue::LeaveOneOut,
        ] {
            let sizes = semivalue.sizes(n).unwrap();
            prop_assert_eq!(sizes.len(), n);
            prop_assert!(sizes.iter().all(|share| *share >= 0.0 && share.is_finite()));
            prop_assert!((sizes.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        }
        // The mean of a beta-binomial distribution, and that of a fair binomial one.
        let mean = |semivalue: Semivalue| -> f64 {
            semivalue.sizes(n).unwrap().iter().enumerate().map(|(size, share)| size as f64 * share).sum()
        };
        let others = (n - 1) as f64;
        let (found, expected) = (mean(Semivalue::Beta { alpha, beta: b }), others * b / (alpha + b));
        prop_assert!((found - expected).abs() <= 1e-8 * others, "{} {}", found, expected);
        prop_assert!((mean(Semivalue::Banzhaf) - others / 2.0).abs() <= 1e-8 * others);
        let [one, shapley] = [Semivalue::Beta { alpha: 1.0, beta: 1.0 }, Semivalue::Shapley].map(|s| s.sizes(n).unwrap());
        prop_assert!(one.iter().zip(shapley).all(|(a, b)| (a - b).abs() < 1e-12));
    }
}

/// Every estimate lies within five of its own standard errors of the truth, which right ones leave once in thirty thousand runs
/// of these 48; and the errors are small enough to show a bias of a tenth of what the values differ by.
#[test]
fn contributions_are_unbiased() {
    let (_, game, table) = &*TINY;
    for semivalue in ALL {
        let truth = brute_force(semivalue, table);
        let found = Contributions::draw(game, semivalue, 2000, 3, &mut go).unwrap();
        check(&format!("{semivalue:?}"), &found, &truth);
        let apart = truth.iter().fold(0.0f64, |far, value| far.max((value - truth[0]).abs()));
        let error = found.std_errs().unwrap().iter().copied().fold(0.0, f64::max);
        assert!(error < 0.1 * apart, "{semivalue:?}: an error that could hide a bias, {error} of {apart}");
    }
    let truth = brute_force(Semivalue::Banzhaf, table);
    let found = Contributions::banzhaf_reuse(game, 4000, 3, &mut go).unwrap();
    check("reuse", &found, &truth);
}

fn check(name: &str, found: &Contributions, truth: &[f64]) {
    let errors = found.std_errs().unwrap();
    for (point, ((mean, truth), error)) in found.means().iter().zip(truth).zip(&errors).enumerate() {
        assert!((mean - truth).abs() < 5.0 * error, "{name}, point {point}: {mean} ± {error}, truth {truth}");
    }
}

#[test]
fn standard_errors_are_those_of_many_seeds() {
    let (_, game, table) = &*TINY;
    let semivalue = Semivalue::Shapley;
    let truth = brute_force(semivalue, table);
    let (mut squares, mut count) = (0.0, 0.0);
    for seed in 0..200 {
        let found = Contributions::draw(game, semivalue, 20, seed, &mut go).unwrap();
        let variances = found.variances().unwrap();
        for ((mean, truth), variance) in found.means().iter().zip(&truth).zip(variances) {
            squares += (mean - truth).powi(2) / variance;
            count += 1.0;
        }
    }
    // The mean of a squared t of 19 degrees of freedom is 19/17; heavier tails of few contributions only raise it a little.
    let ratio = squares / count / (19.0 / 17.0);
    assert!((0.85..1.2).contains(&ratio), "{ratio}");
}

#[test]
fn leave_one_out_is_exact() {
    let (_, game, table) = &*TINY;
    let found = Contributions::draw(game, Semivalue::LeaveOneOut, 7, 0, &mut go).unwrap();
    assert!(found.is_exact() && found.n_draws() == 1);
    assert_eq!(found.std_errs().unwrap(), vec![0.0; N]);
    for (found, truth) in found.means().iter().zip(brute_force(Semivalue::LeaveOneOut, table)) {
        assert!((found - truth).abs() < 1e-6, "{found} {truth}");
    }
}

#[test]
fn shapley_values_add_up_whatever_the_draws() {
    let (_, game, _) = &*TINY;
    for seed in 0..20 {
        let found = Contributions::draw(game, Semivalue::Shapley, 1, seed, &mut go).unwrap();
        let sum: f64 = found.means().iter().sum();
        assert!((sum - (game.full_value() - game.empty_value())).abs() < 1e-6);
        assert!(found.std_errs().is_none(), "one draw says nothing of its error");
        assert_eq!(found.fits, N + 1);
    }
}

#[test]
fn one_seed_gives_one_answer_on_any_number_of_threads() {
    let game = DataGame::new(&blobs(45, 20, 3, 1), Utility::Accuracy, 1.0).unwrap();
    let run = |threads: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            [
                Contributions::draw(&game, Semivalue::Shapley, 3, seed, &mut go).unwrap(),
                Contributions::draw(&game, Semivalue::Banzhaf, 3, seed, &mut go).unwrap(),
                Contributions::banzhaf_reuse(&game, 3, seed, &mut go).unwrap(),
            ]
        })
    };
    assert_eq!(run(1, 4), run(3, 4));
    assert_ne!(run(1, 4), run(1, 5));
}

#[test]
fn parts_are_independent_draws_and_progress_can_stop() {
    let (_, game, _) = &*TINY;
    let all = Contributions::draw(game, Semivalue::Banzhaf, 5, 1, &mut go).unwrap();
    let [first, rest] = [all.part(0..2), all.part(2..5)];
    assert_eq!([first.fits, rest.fits], [all.fits * 2 / 5, all.fits * 3 / 5]);
    // Two points share a set, but for sets of seven.
    assert!((5 * N * 3 / 2..=5 * N * 2).contains(&all.fits), "{}", all.fits);
    for point in 0..N {
        assert_eq!([first.of(point), rest.of(point)].concat(), all.of(point));
    }
    let stop = |done: usize, _| if done > 4 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let error = Contributions::draw(game, Semivalue::Banzhaf, 500, 1, &mut { stop }).unwrap_err();
    assert!(error.to_string().contains(" of 4000"), "{error}");
}

#[test]
fn nonsense_is_refused() {
    let (_, game, _) = &*TINY;
    let refuse = |semivalue: Semivalue, words: &str| {
        let error = semivalue.sizes(N).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        assert!(Contributions::draw(game, semivalue, 1, 0, &mut go).is_err());
    };
    refuse(Semivalue::Range { smallest: 3, largest: 8 }, "sizes from 0 to 7");
    refuse(Semivalue::Range { smallest: 3, largest: 2 }, "found 3 to 2");
    refuse(Semivalue::Beta { alpha: 0.0, beta: 1.0 }, "above zero");
    assert!(Contributions::draw(game, Semivalue::Shapley, 0, 0, &mut go).is_err());
    assert!(Contributions::new(2, vec![1.0, 2.0, 3.0]).is_err());
    assert!(Contributions::new(1, vec![f64::NAN]).is_err());
}
