use einthoven_amortize::Noise;
use einthoven_amortize::label::{Label, LabelledRecord, Role};
use einthoven_game::rng;
use rand::RngExt;
use rand_distr::StandardNormal;

const VALUES: usize = 3;
/// Standard deviations of the values from record to record, and of a label about them.
const SPREAD: [f64; VALUES] = [1.0, 0.5, 0.0];
const NOISE: [f64; VALUES] = [2.0, 0.5, 1.0];

fn records(seed: u64, n: usize, labels: impl Fn(usize) -> usize) -> Vec<LabelledRecord> {
    let record = |index: usize| {
        let mut rng = rng::stream(seed, "noise test", index as u64);
        let mut normal = || rng.sample::<f64, _>(StandardNormal);
        let values: Vec<f64> = SPREAD.iter().map(|spread| 3.0 + spread * normal()).collect();
        let mut label = || {
            let values = values.iter().zip(NOISE).map(|(value, noise)| value + noise * normal()).collect();
            Label { values, variances: None, evaluations: 4, seed: 0, coalitions: Vec::new() }
        };
        LabelledRecord {
            name: String::new(),
            role: Role::Validation,
            signal: Vec::new(),
            empty: Vec::new(),
            full: Vec::new(),
            labels: (0..labels(index)).map(|_| label()).collect(),
        }
    };
    (0..n).map(record).collect()
}

#[test]
fn noise_and_spread_are_right_on_average() {
    const SEEDS: u64 = 4000;
    for labels in [|_: usize| 2, |index: usize| 2 + index % 3] {
        let found: Vec<Noise> = (0..SEEDS).map(|seed| Noise::of(records(seed, 6, labels).iter()).unwrap()).collect();
        for at in 0..VALUES {
            for (of, expected) in [
                (found.iter().map(|noise| noise.noise[at]).collect::<Vec<_>>(), NOISE[at].powi(2)),
                (found.iter().map(|noise| noise.spread[at]).collect(), SPREAD[at].powi(2)),
            ] {
                let n = of.len() as f64;
                let mean = of.iter().sum::<f64>() / n;
                let error = (of.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n * (n - 1.0))).sqrt();
                // Four standard errors: one in 16 000 by chance, of twelve such sums.
                assert!((mean - expected).abs() < 4.0 * error, "{at}: {mean} +- {error}, {expected}");
            }
        }
    }
}

#[test]
fn the_error_of_a_label_is_its_noise_over_the_spread() {
    let noise = Noise { noise: vec![2.0, 1.0], spread: vec![0.5, 1.0] };
    assert_eq!(noise.relative(), 2.0);
    // Records with one label say nothing of noise, and one record nothing of the spread.
    assert_eq!(Noise::of(records(1, 8, |_| 1).iter()), None);
    assert_eq!(Noise::of(records(1, 1, |_| 2).iter()), None);
}
