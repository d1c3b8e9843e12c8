//! Values against a scalar loop, bit for bit.

use burn::tensor::Device;
use einthoven_game::{Coalitions, Game, Link, Partition, Values};
use einthoven_masking::{Baseline, Derive, MaskedModel, Options};
use proptest::prelude::*;

use crate::setup::{
    CELLS, SAMPLES, Toy, coalitions, eight_leads, leads, leads_windows, record, scalar_values, scattered, windows,
};

fn evaluate(toy: &Toy, partition: &Partition, options: &Options, rows: &Coalitions) -> Values {
    MaskedModel::new(toy, &Device::flex(), &record(3), partition, options).unwrap().values(rows).unwrap()
}

#[test]
fn every_kind_of_players() {
    let toy = Toy::new();
    for partition in [leads(), windows(7), leads_windows(3), scattered(40)] {
        let rows = coalitions(partition.n_players(), 50, 1);
        let expected = scalar_values(&toy, &record(3), &partition, &[0.0; CELLS], false, &rows);
        assert_eq!(evaluate(&toy, &partition, &Options::default(), &rows).as_slice(), expected);
    }
}

#[test]
fn any_number_of_players() {
    let toy = Toy::new();
    for n_players in [1, 31, 32, 33, 65, 1100] {
        let partition = scattered(n_players);
        let rows = coalitions(n_players, 30, 2);
        let expected = scalar_values(&toy, &record(3), &partition, &[0.0; CELLS], false, &rows);
        assert_eq!(evaluate(&toy, &partition, &Options::default(), &rows).as_slice(), expected, "{n_players}");
    }
}

#[test]
fn a_linear_model_adds_up_over_players() {
    // v(S) - v(empty) of a linear model is the sum of what each player brings alone.
    let toy = Toy::new();
    let rows = coalitions(12, 64, 4);
    let mut alone = Coalitions::new(12);
    alone.push_empty();
    (0..12).for_each(|player| alone.push([player]));
    let values = evaluate(&toy, &leads(), &Options::default(), &rows);
    let alone = evaluate(&toy, &leads(), &Options::default(), &alone);
    for (row, coalition) in rows.iter().enumerate() {
        let sum: f64 = coalition.players().map(|player| alone.get(player + 1, 0) - alone.get(0, 0)).sum();
        assert_eq!(values.get(row, 0), alone.get(0, 0) + sum);
    }
}

#[test]
fn the_full_coalition_is_the_record_itself() {
    let toy = Toy::new();
    let mut rows = Coalitions::new(36);
    rows.push_full();
    let values = evaluate(&toy, &leads_windows(3), &Options::default(), &rows);
    assert_eq!(values.as_slice(), toy.scalar(record(3).signal()));
}

#[test]
fn baselines_fill_masked_cells() {
    let toy = Toy::new();
    let rows = coalitions(12, 20, 5);
    let per_lead: Vec<f32> = (0..12).map(|lead| lead as f32 - 5.0).collect();
    let per_cell: Vec<f32> = (0..CELLS).map(|cell| (cell % 11) as f32).collect();
    let spread: Vec<f32> = (0..CELLS).map(|cell| per_lead[cell / SAMPLES]).collect();
    for (means, expected) in [(per_lead, spread), (per_cell.clone(), per_cell)] {
        let expected = scalar_values(&toy, &record(3), &leads(), &expected, false, &rows);
        let options = Options { baseline: Baseline::DatasetMean(means), ..Options::default() };
        assert_eq!(evaluate(&toy, &leads(), &options, &rows).as_slice(), expected);
    }
}

#[test]
fn the_mean_is_taken_lead_by_lead() {
    let rows = coalitions(12, 20, 5);
    let mean = |lead: usize| record(3).lead(lead).iter().map(|&x| f64::from(x)).sum::<f64>() / SAMPLES as f64;
    let map: Vec<f32> = (0..CELLS).map(|cell| mean(cell / SAMPLES) as f32).collect();
    let toy = Toy::new();
    let expected = scalar_values(&toy, &record(3), &leads(), &map, false, &rows);
    let options = Options { baseline: Baseline::Mean, ..Options::default() };
    let found = evaluate(&toy, &leads(), &options, &rows);
    for (found, expected) in found.as_slice().iter().zip(&expected) {
        // Means are no integers, so that sums in f32 round.
        assert!((found - expected).abs() <= 1e-4 * expected.abs().max(1.0), "{found} {expected}");
    }
    assert!(map.iter().any(|&mean| mean != 0.0));
}

#[test]
fn derived_leads_follow_from_the_masked_ones() {
    let toy = Toy::new();
    let rows = coalitions(8, 256, 6);
    let options = Options { derive: Derive::Limb, ..Options::default() };
    let expected = scalar_values(&toy, &record(3), &eight_leads(), &[0.0; CELLS], true, &rows);
    assert_eq!(evaluate(&toy, &eight_leads(), &options, &rows).as_slice(), expected);
    // They do change something: without the derivation the four leads stay as they are.
    assert_ne!(evaluate(&toy, &eight_leads(), &Options::default(), &rows).as_slice(), expected);
}

#[test]
fn probabilities_are_logistic_in_f64() {
    let toy = Toy::new();
    let rows = coalitions(12, 40, 7);
    let logits = evaluate(&toy, &leads(), &Options::default(), &rows);
    let options = Options { link: Link::Probability, ..Options::default() };
    let found = evaluate(&toy, &leads(), &options, &rows);
    for (&probability, &logit) in found.as_slice().iter().zip(logits.as_slice()) {
        // tanh is another way to the same curve.
        let expected = 0.5 + 0.5 * (logit / 2.0).tanh();
        assert!((probability - expected).abs() < 1e-15, "{probability} {expected}");
    }
}

#[test]
fn no_rows_give_no_values() {
    let values = evaluate(&Toy::new(), &leads(), &Options::default(), &Coalitions::new(12));
    assert_eq!((values.len(), values.n_outputs()), (0, 3));
}

#[test]
fn the_same_twice_bit_for_bit() {
    let rows = coalitions(1100, 300, 8);
    let once = evaluate(&Toy::new(), &scattered(1100), &Options::default(), &rows);
    let twice = evaluate(&Toy::new(), &scattered(1100), &Options::default(), &rows);
    assert_eq!(once, twice);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever the cap, every batch has the size of the chunk, padded rows leave no trace, and values do not change.
    #[test]
    fn chunks_and_padding_leave_no_trace(n_rows in 1_usize..150, cap_rows in 1_usize..80) {
        let toy = Toy::new();
        let rows = coalitions(12, n_rows, 9);
        let expected = scalar_values(&toy, &record(3), &leads(), &[0.0; CELLS], false, &rows);
        // What a row of the toy takes: its own batch, two copies, three leads and a word; and three maps beside it.
        let memory = cap_rows * 4 * (3 * CELLS + 3 * SAMPLES + 1) + 12 * CELLS;
        let options = Options { memory, ..Options::default() };
        let model = MaskedModel::new(&toy, &Device::flex(), &record(3), &leads(), &options).unwrap();
        let values = model.values(&rows).unwrap();
        prop_assert_eq!(values.as_slice(), expected);
        // The CPU takes 64 rows at most.
        let chunk = cap_rows.min(n_rows.next_power_of_two()).min(64);
        prop_assert_eq!(model.chunk(n_rows).unwrap(), chunk);
        prop_assert_eq!(&*toy.batches.lock().unwrap(), &vec![chunk; n_rows.div_ceil(chunk)]);
    }
}
