//! Many records, shards, workers, chunks, lack of memory, and stops at any moment: none of them changes a value.

use std::ops::ControlFlow;

use burn::tensor::{Device, Tensor};
use einthoven_ecg::Record;
use einthoven_game::{Coalitions, Partition, Values, rng};
use einthoven_masking::{Baseline, Engine, Error, MaskedModel, Options, PlacedModel};
use einthoven_model::{BatchModel, ModelSpec};
use rand::RngExt;

use crate::networks::{coalitions, model, network, partition, record};
use crate::setup::{self, Toy};

fn go_on(_: usize, _: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn evaluate(
    placed: &PlacedModel,
    record: &Record,
    partition: &Partition,
    options: &Options,
    rows: &Coalitions,
) -> Values {
    MaskedModel::on(placed, &[(record, partition)], options).unwrap().evaluate(rows, &mut go_on).unwrap()
}

#[test]
fn many_records_in_one_stream_are_each_as_alone() {
    for seed in 0..6 {
        let network = network(seed);
        let samples = network.shape(0)[1];
        let placed = PlacedModel::new(&model(&network), &[Device::flex()]);
        // Partitions of different numbers of players; the third record has no coalition at all.
        let records: Vec<Record> = (0..4).map(|n| record(samples, n)).collect();
        let partitions: Vec<Partition> = (0..4).map(|n| partition(samples, seed * 4 + n)).collect();
        let rows = |n: usize| coalitions(partitions[n].n_players(), [50, 1, 0, 90][n], n as u64);
        let lists: Vec<Coalitions> = (0..4).map(rows).collect();
        let pairs: Vec<(&Record, &Partition)> = records.iter().zip(&partitions).collect();
        for baseline in
            [Baseline::Zero, Baseline::Noise { seed: 7 }, Baseline::Background(records[1].signal().to_vec())]
        {
            for engine in [Engine::Plain, Engine::Local] {
                let options = Options { baseline: baseline.clone(), engine, ..Options::default() };
                let masked = MaskedModel::on(&placed, &pairs, &options).unwrap();
                let together = masked.evaluate_all(&lists.iter().collect::<Vec<_>>(), &mut go_on).unwrap();
                for (n, found) in together.values.iter().enumerate() {
                    assert_eq!(*found, evaluate(&placed, &records[n], &partitions[n], &options, &lists[n]), "{n}");
                }
            }
        }
    }
}

#[test]
fn shards_and_workers_leave_no_trace() {
    for seed in 0..6 {
        let network = network(seed);
        let samples = network.shape(0)[1];
        let (record, partition) = (record(samples, seed), partition(samples, seed));
        let rows = coalitions(partition.n_players(), 150, seed);
        let placed = |n: usize| PlacedModel::new(&model(&network), &vec![Device::flex(); n]);
        let options = Options::default();
        let whole = evaluate(&placed(1), &record, &partition, &options, &rows);
        assert_eq!(evaluate(&placed(2), &record, &partition, &options, &rows), whole);
        assert_eq!(evaluate(&placed(5), &record, &partition, &options, &rows), whole);
        let shards = [0..1, 1..64, 64..150].map(|shard| rows.slice(shard));
        let parts = shards.map(|rows| evaluate(&placed(1), &record, &partition, &options, &rows));
        assert_eq!(parts[0].concat(&parts[1]).unwrap().concat(&parts[2]).unwrap(), whole);
    }
}

#[test]
fn a_model_without_layers_is_shared_out_too() {
    let toy = Toy::new();
    let (record, partition) = (setup::record(3), setup::leads_windows(3));
    let rows = setup::coalitions(36, 333, 1);
    let [one, two] = [1, 2].map(|n| PlacedModel::new(&toy, &vec![Device::flex(); n]));
    let options = Options::default();
    let whole = evaluate(&one, &record, &partition, &options, &rows);
    assert_eq!(evaluate(&two, &record, &partition, &options, &rows), whole);
}

#[test]
fn chunk_sizes_leave_no_trace() {
    // A cap on memory decides how many rows are planned at once; so do evaluations of 1, 7, 64 and 1000 rows.
    let network = network(3);
    let samples = network.shape(0)[1];
    let (record, partition) = (record(samples, 3), partition(samples, 3));
    let rows = coalitions(partition.n_players(), 1500, 3);
    let placed = PlacedModel::new(&model(&network), &[Device::flex()]);
    for engine in [Engine::Plain, Engine::Local, Engine::Auto] {
        let options = Options { engine, ..Options::default() };
        let whole = evaluate(&placed, &record, &partition, &options, &rows);
        for size in [1, 7, 64, 1000] {
            let first = rows.slice(0..rows.len().min(40 * size));
            let parts = (0..first.len()).step_by(size).map(|at| first.slice(at..first.len().min(at + size)));
            let values =
                parts.flat_map(|part| evaluate(&placed, &record, &partition, &options, &part).as_slice().to_vec());
            assert!(values.eq(whole.as_slice()[..3 * first.len()].iter().copied()), "{engine}, {size} rows at once");
        }
    }
}

#[test]
fn workers_share_the_rows_and_the_memory() {
    let (record, partition) = (setup::record(3), setup::leads_windows(3));
    let rows = setup::coalitions(36, 1000, 1);
    let run = |n: usize, memory: usize| {
        let placed = PlacedModel::new(&Toy::new(), &vec![Device::flex(); n]);
        let options = Options { memory, ..Options::default() };
        let masked = MaskedModel::on(&placed, &[(&record, &partition)], &options).unwrap();
        (masked.evaluate_all(&[&rows], &mut go_on).unwrap(), masked.chunk(1000).unwrap())
    };
    let (one, _) = run(1, 1 << 30);
    for n in [2, 3, 5] {
        let (several, _) = run(n, 1 << 30);
        assert_eq!(several.values, one.values);
        assert_eq!(several.stats, one.stats, "{n} workers send and compute what one does");
    }
    // Two workers have half of the memory each.
    let small = 1 << 17;
    assert_eq!(run(2, 2 * small).1, run(1, small).1);
    assert!(run(1, small).1 < run(1, 1 << 30).1);
}

#[test]
fn what_moves_is_counted() {
    let rows = setup::coalitions(36, 130, 1);
    let placed = PlacedModel::new(&Toy::new(), &[Device::flex()]);
    let (first, second, partition) = (setup::record(3), setup::record(4), setup::leads_windows(3));
    let masked = MaskedModel::on(&placed, &[(&first, &partition)], &Options::default()).unwrap();
    let stats = masked.evaluate_all(&[&rows], &mut go_on).unwrap().stats;
    // 130 coalitions fill three batches of 64: two words up, three outputs down, a mask and a pass each.
    assert_eq!((stats.evaluations, stats.rows, stats.dispatches), (130, 130, 6));
    assert_eq!((stats.bytes_up, stats.bytes_down), (192 * 2 * 4, 192 * 3 * 4));
    let masked = MaskedModel::on(&placed, &[(&first, &partition), (&second, &partition)], &Options::default()).unwrap();
    let stats = masked.evaluate_all(&[&rows, &rows], &mut go_on).unwrap().stats;
    // A record index besides.
    assert_eq!((stats.evaluations, stats.bytes_up), (260, 320 * 3 * 4));
    assert_eq!((stats.multiply_adds, stats.plain_multiply_adds), (0, 0));
}

/// The toy on a device that has room for so many rows.
struct Tight(Toy, usize, &'static str);

impl BatchModel for Tight {
    fn spec(&self) -> &ModelSpec {
        self.0.spec()
    }

    fn logits(&self, batch: Tensor<3>) -> Tensor<2> {
        assert!(batch.dims()[0] <= self.1, "{}", self.2);
        self.0.logits(batch)
    }

    fn to_device(&self, _: &Device) -> Box<dyn BatchModel> {
        Box::new(Self(self.0.clone(), self.1, self.2))
    }
}

#[test]
fn batches_are_halved_until_they_fit() {
    let (record, partition) = (setup::record(3), setup::leads());
    let rows = setup::coalitions(12, 200, 1);
    let evaluate = |model: &dyn BatchModel| {
        let placed = PlacedModel::new(model, &[Device::flex()]);
        let masked = MaskedModel::on(&placed, &[(&record, &partition)], &Options::default()).unwrap();
        masked.evaluate_all(&[&rows], &mut go_on)
    };
    let expected = evaluate(&Toy::new()).unwrap();
    assert!(expected.warnings.is_empty());
    let found = evaluate(&Tight(Toy::new(), 20, "buffer: Out of Memory")).unwrap();
    assert_eq!(found.values, expected.values);
    assert_eq!(found.warnings, ["the device ran out of memory: batches were cut down to 16 coalitions"]);
    // No batch is small enough; and a failure of another kind is no lack of memory.
    for (model, words) in
        [(Tight(Toy::new(), 0, "out of memory"), "out of memory"), (Tight(Toy::new(), 20, "boom"), "boom")]
    {
        match evaluate(&model) {
            Err(Error::Read(reason)) => assert!(reason.contains(words), "{reason}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn stopped_at_any_moment_the_next_run_is_fine() {
    let network = network(2);
    let samples = network.shape(0)[1];
    let (record, partition) = (record(samples, 2), partition(samples, 2));
    let rows = coalitions(partition.n_players(), 400, 2);
    let toy_rows = setup::coalitions(36, 400, 1);
    let placed = PlacedModel::new(&model(&network), &vec![Device::flex(); 2]);
    let toy = PlacedModel::new(&Toy::new(), &[Device::flex()]);
    let masked = MaskedModel::on(&placed, &[(&record, &partition)], &Options::default()).unwrap();
    let (toy_record, toy_partition) = (setup::record(3), setup::leads_windows(3));
    let toy = MaskedModel::on(&toy, &[(&toy_record, &toy_partition)], &Options::default()).unwrap();
    let mut rng = rng::stream(1, "test/stops", 0);
    for (masked, rows) in [(&masked, &rows), (&toy, &toy_rows)] {
        let expected = masked.evaluate(rows, &mut go_on).unwrap();
        for _ in 0..20 {
            let stop = rng.random_range(0..=rows.len());
            let found = masked.evaluate(rows, &mut |done, _| match done >= stop {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            });
            assert!(matches!(found, Err(Error::Interrupted { done, .. }) if done >= stop), "{found:?}");
            assert_eq!(masked.evaluate(rows, &mut go_on).unwrap(), expected);
        }
    }
}
