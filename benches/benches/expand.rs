//! Time to make a masked batch on the CPU, beside a plain copy of as many bytes into the same buffer; and of each kernel on
//! the adapter that wgpu finds, if there is one.
//!
//! 1024 rows of 12 leads and 1000 samples. `copy` reads a source as large as the batch; `copy one row` reads the same
//! 48 kB again and again, which is what a masked batch does: it is bound by writing alone.

#![allow(missing_docs)]

use std::hint::black_box;
use std::sync::Arc;

use burn::tensor::{Device, Tensor};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use einthoven::masking::device::{self, DeviceChoice};
use einthoven_kernels::{Columns, Fill, HostScene, Scene, expand, mean_over_maps, upload};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use rayon::prelude::*;

const ROWS: usize = 1024;
/// Rows that an engine on the CPU asks for at once: a new tensor of 3 MB, not of 49 MB whose pages are all new.
const CHUNK: usize = 64;
const LEADS: usize = 12;
const SAMPLES: usize = 1000;
const CELLS: usize = LEADS * SAMPLES;

/// Names and owners of the partitions: leads, windows of 50 samples, leads x windows of 100 and of 10 samples.
fn partitions() -> [(&'static str, usize, Vec<u32>); 4] {
    let owners = |owner: fn(usize, usize) -> usize| {
        (0..CELLS).map(|cell| owner(cell / SAMPLES, cell % SAMPLES) as u32).collect()
    };
    [
        ("leads", 12, owners(|lead, _| lead)),
        ("windows:20", 20, owners(|_, sample| sample / 50)),
        ("leads*windows:10", 120, owners(|lead, sample| lead * 10 + sample / 100)),
        ("leads*windows:100", 1200, owners(|lead, sample| lead * 100 + sample / 10)),
    ]
}

/// Coalitions of all sizes alike, as Shapley designs have them.
fn coalitions(players: usize, random: &mut SmallRng) -> Vec<u32> {
    let width = players.div_ceil(32);
    let mut words = vec![0; ROWS * width];
    for row in words.chunks_exact_mut(width) {
        let share: f64 = random.random();
        for player in 0..players {
            row[player / 32] |= u32::from(random.random_bool(share)) << (player % 32);
        }
    }
    words
}

fn copies(group: &mut BenchmarkGroup<'_, WallTime>, batch: &mut [f32]) {
    let source: Vec<f32> = (0..ROWS * CELLS).map(|cell| cell as f32).collect();
    group.bench_function("copy", |bench| {
        bench.iter(|| {
            batch
                .par_chunks_exact_mut(CELLS)
                .zip(source.par_chunks_exact(CELLS))
                .for_each(|(row, source)| row.copy_from_slice(source));
        });
    });
    group.bench_function("copy one row", |bench| {
        bench.iter(|| batch.par_chunks_exact_mut(CELLS).for_each(|row| row.copy_from_slice(&source[..CELLS])));
    });
}

fn expansions(criterion: &mut Criterion) {
    let mut random = SmallRng::seed_from_u64(1);
    let mut batch = vec![0.0; ROWS * CELLS];
    let mut group = criterion.benchmark_group("expand");
    group.throughput(Throughput::Bytes(4 * (ROWS * CELLS) as u64)).sample_size(20);
    copies(&mut group, &mut batch);
    let signal: Vec<f32> = (0..CELLS).map(|_| random.random()).collect();
    for (name, players, owner) in partitions() {
        let words = coalitions(players, &mut random);
        let width = players.div_ceil(32);
        for (fill_name, fill) in
            [("map", Fill::Maps { maps: 1, values: vec![0.0; CELLS] }), ("line", Fill::Interpolate)]
        {
            let host = Arc::new(HostScene::new(&owner, signal.clone(), fill, [1, LEADS, SAMPLES]));
            group.bench_function(format!("host {name} {fill_name}"), |bench| {
                bench.iter(|| host.fill_rows(&words, width, Columns::Coalition, &mut batch));
            });
            let device = Device::flex();
            let scene = Scene::new(&host, &device);
            let rows = upload(&words, [ROWS, width], &device);
            group.bench_function(format!("tensor {name} {fill_name}"), |bench| {
                bench.iter(|| expand(&scene, rows.clone(), Columns::Coalition));
            });
            // As many bytes, in the chunks that the engine asks for.
            group.bench_function(format!("tensor by {CHUNK} {name} {fill_name}"), |bench| {
                bench.iter(|| {
                    for first in (0..ROWS).step_by(CHUNK) {
                        let rows = rows.clone().slice([first..first + CHUNK, 0..width]);
                        black_box(expand(&scene, rows, Columns::Coalition));
                    }
                });
            });
        }
    }
    group.finish();
}

/// Each kernel on wgpu's adapter, by columns: whole records, one record of several, crops of 100 samples.
fn kernels(criterion: &mut Criterion) {
    let Ok((device, info)) = device::open(DeviceChoice::Wgpu) else { return };
    let mut random = SmallRng::seed_from_u64(2);
    let signal: Vec<f32> = (0..CELLS).map(|_| random.random()).collect();
    let mut group = criterion.benchmark_group(format!("kernels on {}", info.name));
    group.sample_size(20);
    let (name, players, owner) = partitions().into_iter().nth(2).expect("four partitions");
    let (words, width) = (coalitions(players, &mut random), players.div_ceil(32));
    for (fill_name, fill) in [("map", Fill::Maps { maps: 1, values: vec![0.0; CELLS] }), ("line", Fill::Interpolate)] {
        let host = Arc::new(HostScene::new(&owner, signal.clone(), fill, [1, LEADS, SAMPLES]));
        let scene = Scene::new(&host, &device);
        for columns in [Columns::Coalition, Columns::Record, Columns::Crop(100)] {
            let row = |words: &[u32]| [words, &[0, 200][..columns.extra()]].concat();
            let table: Vec<u32> = words.chunks_exact(width).flat_map(row).collect();
            let rows = upload(&table, [ROWS, width + columns.extra()], &device);
            group.throughput(Throughput::Bytes(4 * (ROWS * LEADS * columns.shown(SAMPLES)) as u64));
            group.bench_function(format!("{name} {fill_name} {columns:?}"), |bench| {
                bench.iter(|| {
                    black_box(expand(&scene, rows.clone(), columns));
                    device.sync()
                });
            });
        }
    }
    let logits = Tensor::<2>::zeros([ROWS * 8, 5], &device);
    group.throughput(Throughput::Elements((ROWS * 8 * 5) as u64));
    group.bench_function("mean over 8 maps", |bench| {
        bench.iter(|| {
            black_box(mean_over_maps(logits.clone(), 8));
            device.sync()
        });
    });
    group.finish();
}

criterion_group!(benches, expansions, kernels);
criterion_main!(benches);
