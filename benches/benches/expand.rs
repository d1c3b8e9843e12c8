//! Time to make a masked batch on the CPU, beside a plain copy of as many bytes into the same buffer.
//!
//! 1024 rows of 12 leads and 1000 samples. `copy` reads a source as large as the batch; `copy one row` reads the same
//! 48 kB again and again, which is what a masked batch does: it is bound by writing alone.

#![allow(missing_docs)]

use std::hint::black_box;
use std::sync::Arc;

use burn::tensor::Device;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use einthoven_kernels::{Columns, Fill, HostScene, Scene, expand, upload};
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

criterion_group!(benches, expansions);
criterion_main!(benches);
