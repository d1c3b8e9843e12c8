//! The stages of a plan on the CPU, in the network's own layers.

use std::ops::Range;

use einthoven_kernels::HostScene;
use einthoven_model::{CpuNetwork, Crop, Scratch};
use rayon::prelude::*;

use crate::derive::LimbLeads;
use crate::rows::Rows;
use crate::stages::Stage;

/// Multiply-adds of a task: long enough that handing it out costs nothing, short enough to share out evenly.
const TASK: u64 = 30_000_000;
/// Tasks per thread between two looks at whether to go on.
const WAVE: usize = 8;

/// What the rows of a run are made of.
pub(crate) struct Source<'a> {
    pub scene: &'a HostScene,
    pub limb: Option<&'a LimbLeads>,
    pub rows: &'a Rows,
}

/// What a stage made: `[samples, width]` of each pattern of each tile, one behind the other.
struct Store {
    data: Vec<f32>,
    /// Where each tile begins.
    starts: Vec<usize>,
}

/// Some patterns of a tile, and where they go.
struct Task<'a> {
    tile: usize,
    items: Range<usize>,
    out: &'a mut [f32],
}

/// Runs all stages; the logits `[rows, outputs]`. `go_on` is asked now and then, with the share that is done; `None` if
/// it says no.
pub(crate) fn run(
    cpu: &CpuNetwork,
    source: &Source<'_>,
    stages: &[Stage],
    go_on: &mut dyn FnMut(f64) -> bool,
    dispatches: &mut u64,
) -> Option<Vec<f32>> {
    let total: u64 = stages.iter().map(Stage::multiply_adds).sum();
    let mut before: Option<(&Stage, Store)> = None;
    let mut done = 0;
    for stage in stages {
        let share = |work: u64| (done + work) as f64 / total.max(1) as f64;
        let store = run_stage(cpu, source, stage, before.as_ref(), &mut |work, tasks| {
            *dispatches += tasks;
            go_on(share(work))
        })?;
        done += stage.multiply_adds();
        before = Some((stage, store));
    }
    let (stage, store) = before?;
    let (outputs, width) = (cpu.network().shape(stage.to)[0], cpu.width(stage.to));
    let logits = stage.tiles[0].patterns.of_row.iter().flat_map(|&pattern| {
        let start = pattern as usize * width;
        store.data[start..start + outputs].iter().copied()
    });
    Some(logits.collect())
}

fn run_stage(
    cpu: &CpuNetwork,
    source: &Source<'_>,
    stage: &Stage,
    before: Option<&(&Stage, Store)>,
    go_on: &mut dyn FnMut(u64, u64) -> bool,
) -> Option<Store> {
    let crops: Vec<Crop> = stage.tiles.iter().map(|tile| cpu.crop(stage.from, stage.to, tile.span.clone())).collect();
    let sizes = stage.tiles.iter().zip(&crops).map(|(tile, crop)| tile.patterns.len() * crop.out_len());
    let mut starts = vec![0];
    sizes.for_each(|size| starts.push(starts[starts.len() - 1] + size));
    let mut data = vec![0.0; starts[starts.len() - 1]];
    let mut tasks = tasks(stage, &crops, &mut data);
    let mut done = 0;
    while !tasks.is_empty() {
        let rest = tasks.split_off(tasks.len().min(WAVE * rayon::current_num_threads()));
        done += tasks.iter().map(|task| task.items.len() as u64 * stage.tiles[task.tile].multiply_adds).sum::<u64>();
        let n_tasks = tasks.len() as u64;
        tasks.into_par_iter().for_each_init(Scratch::default, |scratch, task| {
            let (tile, crop) = (&stage.tiles[task.tile], &crops[task.tile]);
            let load = |item: usize, input: &mut [f32]| {
                let row = tile.patterns.first[task.items.start + item] as usize;
                match before {
                    None => source.load(row, crop.input(), input),
                    Some((below, store)) => gather(below, store, cpu.width(stage.from), row, crop.input(), input),
                }
            };
            cpu.run(crop, &load, task.out, scratch);
        });
        if !go_on(done, n_tasks) {
            return None;
        }
        tasks = rest;
    }
    Some(Store { data, starts })
}

/// The patterns of all tiles, cut into tasks of about equal work.
fn tasks<'a>(stage: &Stage, crops: &[Crop], mut data: &'a mut [f32]) -> Vec<Task<'a>> {
    let mut tasks = Vec::new();
    for (index, (tile, crop)) in stage.tiles.iter().zip(crops).enumerate() {
        let items = usize::try_from(TASK / crop.multiply_adds().max(1)).unwrap_or(usize::MAX).clamp(1, 4096);
        let mut first = 0;
        while first < tile.patterns.len() {
            let n = items.min(tile.patterns.len() - first);
            let (out, rest) = data.split_at_mut(n * crop.out_len());
            tasks.push(Task { tile: index, items: first..first + n, out });
            (data, first) = (rest, first + n);
        }
    }
    tasks
}

/// Copies some samples of a row out of the tiles of the stage before.
fn gather(below: &Stage, store: &Store, width: usize, row: usize, span: Range<usize>, out: &mut [f32]) {
    // All tiles but the last have one length.
    let length = below.tiles[0].span.len();
    let mut at = span.start;
    while at < span.end {
        let index = at / length;
        let tile = &below.tiles[index];
        let end = span.end.min(tile.span.end);
        let item = store.starts[index] + tile.patterns.of_row[row] as usize * tile.span.len() * width;
        let from = &store.data[item + (at - tile.span.start) * width..item + (end - tile.span.start) * width];
        out[(at - span.start) * width..(end - span.start) * width].copy_from_slice(from);
        at = end;
    }
}

impl Source<'_> {
    /// Masks a span of a row, `[leads, span]`.
    fn load(&self, row: usize, span: Range<usize>, out: &mut [f32]) {
        let samples = span.len();
        self.scene.fill(self.rows.words(row), self.rows.record(row), self.rows.map(row), span, out);
        if let Some(limb) = self.limb {
            limb.apply_to_row(out, samples);
        }
    }
}
