//! The forward pass on the CPU, planning and evaluating: rows per second.

use std::hint::black_box;
use std::ops::ControlFlow;

use burn::tensor::Device;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use einthoven::game::{Coalitions, Partition, rng::stream};
use einthoven::masking::{Engine, MaskedModel, Options, PlacedModel};
use einthoven::model::{BatchModel, CpuNetwork, builtin};
use einthoven::shapley::Request;
use einthoven::{Method, example_record};
use rand::RngExt;

const ROWS: usize = 1024;

fn forward(criterion: &mut Criterion) {
    let model = builtin().expect("the built-in model");
    let network = CpuNetwork::new(model.layers().expect("its layers"));
    let row = model.spec().leads.len() * model.spec().n_samples;
    let mut rng = stream(1, "benches/forward", 0);
    let signals: Vec<f32> = (0..ROWS * row).map(|_| rng.random::<f32>() - 0.5).collect();
    let mut group = criterion.benchmark_group("forward");
    for batch in [1, 64, ROWS] {
        group.throughput(Throughput::Elements(batch as u64));
        let signals = &signals[..batch * row];
        group.bench_function(format!("{batch} rows"), |bencher| bencher.iter(|| black_box(network.logits(signals))));
    }
    group.finish();
}

fn engine(criterion: &mut Criterion) {
    let model = builtin().expect("the built-in model");
    let placed = PlacedModel::new(&model, &[Device::flex()]);
    let record = model.preparation().apply(&example_record(), 0.0).expect("a record that fits");
    let (leads, samples, rate) = (&model.spec().leads, model.spec().n_samples, model.spec().rate);
    let partitions = [
        ("leads", Partition::leads(leads, samples)),
        ("windows:20", Partition::windows(leads.len(), samples, 20, rate)),
        ("leads*windows:10", Partition::leads_windows(leads, samples, 10, rate)),
    ];
    let mut group = criterion.benchmark_group("engine");
    group.sample_size(20);
    for (name, partition) in partitions {
        let partition = partition.expect("a partition of the record");
        let rows = rows(partition.n_players());
        group.throughput(Throughput::Elements(rows.len() as u64));
        for engine in [Engine::Plain, Engine::Auto] {
            let options = Options { engine, ..Options::default() };
            let masked = MaskedModel::on(&placed, &[(&record, &partition)], &options).expect("a model that fits");
            let evaluate = || masked.evaluate(&rows, &mut |_, _| ControlFlow::Continue(())).expect("finite values");
            group.bench_function(format!("{name} {engine}"), |bencher| bencher.iter(|| black_box(evaluate())));
        }
    }
    group.finish();
}

fn rows(n_players: usize) -> Coalitions {
    Method::Permutation.design(&Request::new(n_players, ROWS, 1)).expect("a budget that is enough").rows
}

criterion_group!(benches, forward, engine);
criterion_main!(benches);
