use std::collections::HashSet;
use std::ops::ControlFlow;

use einthoven_amortize::label::{LabelConfig, LabelMethod, Labeller, Role};
use einthoven_game::{Index, Kind};
use einthoven_interactions::Method as Interactions;
use einthoven_masking::{Baseline, Options};
use einthoven_shapley::Method;

use crate::toy::{LEADS, SAMPLES, Toy, config, leads, permutation, record, unlabelled};

const NAMES: [&str; 2] = ["leads", "zero"];

fn go_on(_: usize, _: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn labels_of_many_records_are_those_of_each_alone() {
    let (toy, partition, options) = (Toy::new(), leads(), Options::default());
    let placed = toy.placed();
    let roles = vec![Role::Train, Role::Validation, Role::Train, Role::Train, Role::Validation];
    let methods = [
        (permutation(), 6),
        (permutation(), 10),
        (LabelMethod::Values(Method::UnbiasedKernel), 8),
        (LabelMethod::Pairs(Interactions::ShapIq, Index::Sii), 16),
    ];
    for (method, budget) in methods {
        let config = LabelConfig { draws: [2, 3], ..config(method, budget) };
        let labeller = Labeller::new(&placed, &partition, &options, &config, NAMES, roles.clone()).unwrap();
        let records = unlabelled(0..5);
        let (together, stats) = labeller.label(&records, &mut go_on).unwrap();
        for (at, one) in together.iter().enumerate() {
            let (alone, _) = labeller.label(&records[at..=at], &mut go_on).unwrap();
            assert_eq!(alone[0], *one);
            assert_eq!((one.role, one.labels.len()), (roles[at], if one.role == Role::Train { 2 } else { 3 }));
            assert_eq!(one.signal, records[at].record.signal());
        }
        // The empty and the full coalition are evaluated once for each record.
        let evaluations: usize = together.iter().map(|one| one.evaluations()).sum();
        assert_eq!(stats.evaluations as usize, evaluations);
        assert!(together.iter().all(|one| one.labels.iter().all(|label| label.evaluations <= budget)));
    }
}

#[test]
fn ends_and_sums_are_those_of_the_model() {
    let (toy, partition, options) = (Toy::new(), leads(), Options::default());
    let placed = toy.placed();
    let labeller =
        Labeller::new(&placed, &partition, &options, &config(permutation(), 6), NAMES, vec![Role::Train; 3]).unwrap();
    let (labelled, _) = labeller.label(&unlabelled(0..3), &mut go_on).unwrap();
    let mut ends = einthoven_game::Coalitions::new(LEADS);
    ends.push_empty();
    ends.push_full();
    for (index, one) in labelled.iter().enumerate() {
        let expected = [0, 1].map(|row| toy.scalar(&record(index), ends.row(row)));
        assert_eq!((one.empty.as_slice(), one.full.as_slice()), (&expected[0][..], &expected[1][..]));
        for output in 0..2 {
            let sum: f64 = one.labels[0].values[output * LEADS..(output + 1) * LEADS].iter().sum();
            assert_eq!(sum, one.full[output] - one.empty[output]);
        }
    }
}

#[test]
fn labels_are_right_on_average_and_independent() {
    // 2000 labels of one record: their means within 4.5 standard errors of the exact values, and the products of the errors of
    // two that follow each other, which have mean zero if they are independent, too.
    let (toy, partition, options) = (Toy::new(), leads(), Options::default());
    let placed = toy.placed();
    let config = LabelConfig { draws: [2000, 2], ..config(permutation(), 6) };
    let labeller = Labeller::new(&placed, &partition, &options, &config, NAMES, vec![Role::Train]).unwrap();
    let (labelled, _) = labeller.label(&unlabelled(0..1), &mut go_on).unwrap();
    let truth = toy.exact(&record(0));
    let z = |numbers: &[f64]| {
        let n = numbers.len() as f64;
        let mean = numbers.iter().sum::<f64>() / n;
        let variance = numbers.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / n;
        if variance == 0.0 { assert!(mean.abs() < 1e-9) } else { assert!(mean.abs() < 4.5 * (variance / n).sqrt()) }
    };
    for (at, truth) in truth.iter().enumerate() {
        let errors: Vec<f64> = labelled[0].labels.iter().map(|label| label.values[at] - truth).collect();
        z(&errors);
        z(&errors.windows(2).step_by(2).map(|pair| pair[0] * pair[1]).collect::<Vec<_>>());
    }
}

#[test]
fn no_two_labels_share_a_design() {
    let (toy, options) = (Toy::new(), Options::default());
    let placed = toy.placed();
    // Forty players, whose walks never come twice by chance.
    let owner = (0..LEADS * SAMPLES).map(|cell| cell as u32).collect();
    let names = (0..LEADS * SAMPLES).map(|player| format!("cell {player}")).collect();
    let partition = einthoven_game::Partition::new(LEADS, SAMPLES, owner, names, None).unwrap();
    let config = LabelConfig { draws: [2, 3], ..config(permutation(), 41) };
    let roles = [Role::Train, Role::Validation];
    let mut seen = HashSet::new();
    for first in roles {
        let roles = vec![first; 4];
        let labeller = Labeller::new(&placed, &partition, &options, &config, NAMES, roles).unwrap();
        // Four times the same record, and in both roles: the labels are still others.
        let records =
            (0..4).map(|index| einthoven_amortize::label::Unlabelled { index, name: String::new(), record: record(0) });
        let (labelled, _) = labeller.label(&records.collect::<Vec<_>>(), &mut go_on).unwrap();
        for label in labelled.iter().flat_map(|one| &one.labels) {
            let bits: Vec<u64> = label.values.iter().map(|value| value.to_bits()).collect();
            assert!(seen.insert(bits));
        }
    }
    assert_eq!(seen.len(), 4 * 2 + 4 * 3);
}

#[test]
fn more_draws_begin_with_those_of_fewer_and_memory_changes_no_bit() {
    let (toy, partition) = (Toy::new(), leads());
    let placed = toy.placed();
    let labelled = |draws: usize, memory: usize| {
        let options = Options { memory, ..Options::default() };
        let config = LabelConfig { draws: [draws, 2], ..config(permutation(), 6) };
        let labeller = Labeller::new(&placed, &partition, &options, &config, NAMES, vec![Role::Train; 40]).unwrap();
        labeller.label(&unlabelled(0..40), &mut go_on).unwrap().0
    };
    let (one, two, little) = (labelled(1, 1 << 30), labelled(2, 1 << 30), labelled(2, 60_000));
    assert_eq!(two, little);
    assert!(one.iter().zip(&two).all(|(one, two)| one.labels[0] == two.labels[0] && two.labels.len() == 2));
}

#[test]
fn a_background_is_a_mean_over_records() {
    let (toy, partition) = (Toy::new(), leads());
    let placed = toy.placed();
    let background = [record(50), record(51)].map(|record| record.signal().to_vec()).concat();
    let options = Options { baseline: Baseline::Background(background), ..Options::default() };
    let exact = LabelMethod::Values(Method::Exact);
    let labeller =
        Labeller::new(&placed, &partition, &options, &config(exact, 32), NAMES, vec![Role::Train; 4]).unwrap();
    assert_eq!(labeller.spec().kind, Kind::Exact);
    let (labelled, stats) = labeller.label(&unlabelled(0..4), &mut go_on).unwrap();
    assert_eq!((stats.evaluations, stats.rows), (4 * 32, 2 * 4 * 32));
    // The values of an exact label add up.
    for one in &labelled {
        let sum: f64 = one.labels[0].values[..LEADS].iter().sum();
        assert!((sum - (one.full[0] - one.empty[0])).abs() < 1e-9);
    }
}

#[test]
fn what_cannot_be_labelled_is_said_before_anything_is_evaluated() {
    let (toy, partition, options) = (Toy::new(), leads(), Options::default());
    let placed = toy.placed();
    let refused = |config: &LabelConfig| {
        let made = Labeller::new(&placed, &partition, &options, config, NAMES, vec![Role::Train; 3]);
        made.err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert!(refused(&config(permutation(), 5)).contains("at least 6"));
    assert!(refused(&config(LabelMethod::Values(Method::Kernel), 20)).contains("--force"));
    assert!(refused(&LabelConfig { draws: [1, 1], ..config(permutation(), 6) }).contains("at least 1 and 2"));
    let pairs = LabelMethod::Pairs(Interactions::Permutation, Index::Fsii);
    assert!(refused(&config(pairs, 32)).contains("FSII"));
    let forced = LabelConfig { force: true, ..config(LabelMethod::Values(Method::Lime), 20) };
    let labeller = Labeller::new(&placed, &partition, &options, &forced, NAMES, vec![Role::Train; 3]).unwrap();
    assert_eq!((labeller.spec().kind, labeller.spec().index), (Kind::Biased, Index::Lime));
}

#[test]
fn it_can_be_stopped() {
    let (toy, partition, options) = (Toy::new(), leads(), Options::default());
    let placed = toy.placed();
    let config = config(permutation(), 6);
    let labeller = Labeller::new(&placed, &partition, &options, &config, NAMES, vec![Role::Train; 9]).unwrap();
    let mut heard = Vec::new();
    labeller
        .label(&unlabelled(0..9), &mut |done, total| {
            heard.push((done, total));
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(heard.last(), Some(&(9 * 6, 9 * 6)));
    assert!(labeller.label(&unlabelled(0..9), &mut |_, _| ControlFlow::Break(())).is_err());
}
