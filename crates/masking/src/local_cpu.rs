//! The stages of a plan on the CPU, in the network's own layers.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use einthoven_kernels::HostScene;
use einthoven_model::{CpuNetwork, Crop, Scratch};
use rayon::prelude::*;

use crate::derive::LimbLeads;
use crate::rows::Rows;
use crate::stages::Stage;

/// Multiply-adds of a task: long enough that handing it out costs nothing, short enough to share out evenly.
const TASK: u64 = 100_000_000;
/// The least time between two looks at whether to go on.
const LOOK: Duration = Duration::from_millis(20);

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

/// How far a run is, and whether it goes on. Threads report to it after each task.
struct Watch<'a> {
    total: u64,
    done: AtomicU64,
    tasks: AtomicU64,
    go_on: Mutex<(Instant, &'a mut GoOn<'a>)>,
}

/// Told the share of the rows that is done; says whether to go on.
pub(crate) type GoOn<'a> = dyn FnMut(f64) -> bool + Send + 'a;

/// Runs all stages; the logits `[rows, outputs]`, and the number of tasks. `go_on` is asked now and then; `None` if it says
/// no.
pub(crate) fn run<'a>(
    cpu: &CpuNetwork,
    source: &Source<'_>,
    stages: &[Stage],
    go_on: &'a mut GoOn<'a>,
) -> Option<(Vec<f32>, u64)> {
    let watch = Watch {
        total: stages.iter().map(Stage::multiply_adds).sum(),
        done: AtomicU64::new(0),
        tasks: AtomicU64::new(0),
        go_on: Mutex::new((Instant::now(), go_on)),
    };
    let mut before: Option<(&Stage, Store)> = None;
    for stage in stages {
        let store = run_stage(cpu, source, stage, before.as_ref(), &watch)?;
        before = Some((stage, store));
    }
    let (stage, store) = before?;
    let (outputs, width) = (cpu.network().shape(stage.to)[0], cpu.width(stage.to));
    let logits = stage.tiles[0].patterns.of_row.iter().flat_map(|&pattern| {
        let start = pattern as usize * width;
        store.data[start..start + outputs].iter().copied()
    });
    Some((logits.collect(), watch.tasks.into_inner()))
}

fn run_stage(
    cpu: &CpuNetwork,
    source: &Source<'_>,
    stage: &Stage,
    before: Option<&(&Stage, Store)>,
    watch: &Watch<'_>,
) -> Option<Store> {
    let crops: Vec<Crop> = stage.tiles.iter().map(|tile| cpu.crop(stage.from, stage.to, tile.span.clone())).collect();
    let sizes = stage.tiles.iter().zip(&crops).map(|(tile, crop)| tile.patterns.len() * crop.out_len());
    let mut starts = vec![0];
    sizes.for_each(|size| starts.push(starts[starts.len() - 1] + size));
    let mut data = vec![0.0; starts[starts.len() - 1]];
    tasks(stage, &crops, &mut data).into_par_iter().try_for_each_init(Scratch::default, |scratch, task| {
        let (tile, crop) = (&stage.tiles[task.tile], &crops[task.tile]);
        let load = |item: usize, input: &mut [f32]| {
            let row = tile.patterns.first[task.items.start + item] as usize;
            match before {
                None => source.load(row, crop.input(), input),
                Some((below, store)) => gather(below, store, cpu.width(stage.from), row, crop.input(), input),
            }
        };
        cpu.run(crop, &load, task.out, scratch);
        watch.look(task.items.len() as u64 * tile.multiply_adds)
    })?;
    Some(Store { data, starts })
}

impl Watch<'_> {
    /// Counts a task; now and then asks whether to go on.
    fn look(&self, work: u64) -> Option<()> {
        self.tasks.fetch_add(1, Ordering::Relaxed);
        let done = self.done.fetch_add(work, Ordering::Relaxed) + work;
        // Whoever finds another thread asking has no need to.
        let Ok(mut guard) = self.go_on.try_lock() else { return Some(()) };
        let (last, go_on) = &mut *guard;
        if last.elapsed() < LOOK {
            return Some(());
        }
        *last = Instant::now();
        go_on(done as f64 / self.total.max(1) as f64).then_some(())
    }
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
