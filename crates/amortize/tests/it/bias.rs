//! The check of bias, on games whose values are known.

use einthoven_amortize::label::{LabelMethod, LabelRequest, Probe, bias};
use einthoven_game::{Game, GameFile, Index, Kind, rng};
use einthoven_interactions::Method as Interactions;
use einthoven_shapley::Method;
use rand_distr::{Distribution, StandardNormal};

use crate::toy::{game, truth};

const PLAYERS: usize = 8;
const RECORDS: u64 = 24;
const LABELS: u64 = 6;

fn label(method: LabelMethod, game: &GameFile, budget: usize, seed: u64) -> Vec<f64> {
    let request = LabelRequest { n_players: PLAYERS, budget, seed, tree: None };
    let design = method.design(&request).unwrap();
    let (label, kind) = method.estimate(&request, &design, &game.values(&design.rows).unwrap()).unwrap();
    assert!(kind <= Kind::Unbiased || method.index() == Index::Lime);
    label.values
}

/// The same with all coalitions, by a method that is exact then.
fn exact(method: LabelMethod, game: &GameFile) -> Vec<f64> {
    match method {
        LabelMethod::Values(Method::Msr) => label(method, game, 1 << PLAYERS, 0),
        LabelMethod::Values(_) => truth(game),
        LabelMethod::Pairs(_, index) => label(LabelMethod::Pairs(Interactions::Exact, index), game, 1 << PLAYERS, 0),
    }
}

fn probes(method: Method, budget: usize, set: u64, change: impl Fn(f64) -> f64) -> Vec<Probe> {
    probes_of(LabelMethod::Values(method), budget, set, change)
}

/// Labels of a set of games, changed by `change`, beside exact values.
fn probes_of(method: LabelMethod, budget: usize, set: u64, change: impl Fn(f64) -> f64) -> Vec<Probe> {
    let probe = |record: u64| {
        let game = game(PLAYERS, 1000 * set + record);
        let of_seed = |draw| label(method, &game, budget, (set * RECORDS + record) * LABELS + draw);
        let labels = (0..LABELS).map(|draw| of_seed(draw).into_iter().map(&change).collect());
        let truth = exact(method, &game);
        Probe { variances: vec![0.0; truth.len()], truth, labels: labels.collect() }
    };
    (0..RECORDS).map(probe).collect()
}

#[test]
fn unbiased_labels_pass() {
    // An alarm is to be had once in a hundred checks: of 280, eleven or more have a chance of 1e-4.
    let methods = [
        (LabelMethod::Values(Method::Permutation), 9),
        (LabelMethod::Values(Method::Permutation), 16),
        (LabelMethod::Values(Method::UnbiasedKernel), 10),
        (LabelMethod::Values(Method::Svarm), 160),
        (LabelMethod::Values(Method::Msr), 10),
        (LabelMethod::Pairs(Interactions::ShapIq, Index::KSii), 24),
        (LabelMethod::Pairs(Interactions::Permutation, Index::Stii), 100),
    ];
    let (mut alarms, mut checks) = (0, 0);
    for (method, budget) in methods {
        for set in 0..40 {
            let probes = probes_of(method, budget, set, |value| value);
            let found = bias::check(&probes, "exact", 256).unwrap();
            alarms += usize::from(found.biased);
            checks += 1;
            assert!(found.floor.abs() < found.label_error, "{method}: {found:?}");
        }
    }
    assert!(checks == 280 && alarms <= 10, "{alarms} of {checks}");
}

#[test]
fn the_floor_is_right_on_average() {
    // Of unbiased labels zero, of halved ones a quarter of the mean square of the truth over its variance. Over 60 sets the
    // mean is within four of its standard errors, and the stated ones are right within 30 %.
    for scale in [1.0, 0.5] {
        let found: Vec<[f64; 3]> = (0..60)
            .map(|set| {
                let probes = probes(Method::Permutation, 9, set, |value| scale * value);
                let expected = (1.0 - scale) * (1.0 - scale) * mean_square(&probes) / variance(&probes);
                let check = bias::check(&probes, "exact", 256).unwrap();
                [check.floor - expected, check.std_err, f64::from(u8::from(check.biased))]
            })
            .collect();
        let n = found.len() as f64;
        let mean = found.iter().map(|one| one[0]).sum::<f64>() / n;
        let spread = (found.iter().map(|one| (one[0] - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
        let stated = (found.iter().map(|one| one[1].powi(2)).sum::<f64>() / n).sqrt();
        assert!(mean.abs() < 4.0 * spread / n.sqrt(), "{scale}: {mean} +- {}", spread / n.sqrt());
        if scale == 1.0 {
            assert!((0.7..1.3).contains(&(stated / spread)), "{stated} for {spread}");
        } else {
            assert!(found.iter().all(|one| one[2] == 1.0), "halved labels are always caught");
        }
    }
}

fn mean_square(probes: &[Probe]) -> f64 {
    probes.iter().flat_map(|probe| &probe.truth).map(|value| value * value).sum()
}

fn variance(probes: &[Probe]) -> f64 {
    let n = probes.len() as f64;
    let of_term = |at: usize| {
        let mean = probes.iter().map(|probe| probe.truth[at]).sum::<f64>() / n;
        probes.iter().map(|probe| (probe.truth[at] - mean).powi(2)).sum::<f64>()
    };
    (0..PLAYERS).map(of_term).sum()
}

#[test]
fn halved_labels_have_a_floor_of_a_quarter() {
    // The weights of the games are symmetric about zero, so that the mean over records is small beside the spread, and the
    // floor is a quarter: 0.2598 +- 0.03 are to be expected, the pairs add a little to the mean.
    let probes = probes(Method::Permutation, 64, 3, |value| 0.5 * value);
    let found = bias::check(&probes, "exact", 256).unwrap();
    assert!(found.biased && (0.2..0.32).contains(&found.floor), "{found:?}");
    assert!(found.summary().contains("the labels are biased"));
}

#[test]
fn ridge_regression_is_caught() {
    for set in 0..5 {
        let found = bias::check(&probes(Method::Lime, 60, set, |value| value), "exact", 256).unwrap();
        assert!(found.biased && found.floor > 0.01, "{found:?}");
    }
}

#[test]
fn the_error_of_the_truth_is_no_bias() {
    // Truths with a known error: left out, it would be taken for a bias.
    let noisy = |set: u64, stated: f64| {
        let mut probes = probes(Method::Permutation, 9, set, |value| value);
        let mut rng = rng::stream(set, "errors of truths", 0);
        for probe in &mut probes {
            probe.variances.fill(stated);
            for value in &mut probe.truth {
                let error: f64 = StandardNormal.sample(&mut rng);
                *value += 0.2 * error;
            }
        }
        bias::check(&probes, "noisy", 99).unwrap()
    };
    let stated: Vec<_> = (0..40).map(|set| noisy(set, 0.04)).collect();
    assert!(stated.iter().filter(|found| found.biased).count() <= 3);
    let n = stated.len() as f64;
    let mean = stated.iter().map(|found| found.floor).sum::<f64>() / n;
    let std_err = (stated.iter().map(|found| found.std_err.powi(2)).sum::<f64>()).sqrt() / n;
    assert!(mean.abs() < 4.0 * std_err, "{mean} +- {std_err}");
    assert!((0..40).all(|set| noisy(set, 0.0).floor > noisy(set, 0.04).floor));
}

#[test]
fn exact_labels_pass_and_a_constant_is_caught() {
    let exact = |shift: f64| {
        let mut probes = probes(Method::Exact, 256, 1, |value| value);
        probes.iter_mut().flat_map(|probe| &mut probe.labels).for_each(|label| label[2] += shift);
        bias::check(&probes, "exact", 256).unwrap()
    };
    let none = exact(0.0);
    assert!(!none.biased && none.label_error < 1e-20, "{none:?}");
    assert!(exact(0.01).biased);
}

#[test]
fn what_cannot_be_judged_is_refused() {
    let all = probes(Method::Permutation, 9, 1, |value| value);
    let refused = |probes: &[Probe], words: &str| {
        let error = bias::check(probes, "exact", 256).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    refused(&all[..4], "at least 2 of 5");
    let single: Vec<Probe> =
        all.iter().map(|probe| Probe { labels: probe.labels[..1].to_vec(), ..probe.clone() }).collect();
    refused(&single, "at least 2 of 5");
    refused(&vec![all[0].clone(); 6], "vary no more");
    let mut ragged = all.clone();
    ragged[3].variances.pop();
    refused(&ragged, "8 numbers");
}
