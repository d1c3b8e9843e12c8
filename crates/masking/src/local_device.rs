//! The stages of a plan on a device of burn: all tiles of a stage that have one shape in one batch.
//!
//! A crop begins at a multiple of the stage's stride, so that its windows fall where those of the whole signal do. Its
//! layers are run as they are: what their padding spoils at inner ends lies outside the samples that the tile is for,
//! and is cut off; at the true ends of the signal the padding is right.

use std::collections::BTreeMap;

use burn::tensor::{Device, Int, Tensor, TensorData};
use einthoven_kernels::{Columns, Scene, expand, upload};
use einthoven_model::TensorNetwork;

use crate::derive::LimbLeads;
use crate::local_cpu::GoOn;
use crate::rows::Rows;
use crate::stages::Stage;
use crate::stats::Stats;

/// The rows of a run, on a device.
pub(crate) struct DeviceSource<'a> {
    pub device: &'a Device,
    /// Each record through one map: record `record * maps + map`.
    pub scene: &'a Scene,
    pub limb: Option<&'a LimbLeads>,
    pub rows: &'a Rows,
    /// Bytes of live buffers, and of the largest one.
    pub memory: usize,
    pub max_buffer: usize,
}

/// What a stage made: `[samples of all patterns of all tiles, channels]`.
struct Store {
    data: Tensor<2>,
    /// The first sample of each tile in it.
    starts: Vec<usize>,
}

/// Tiles that are computed as one batch: length of the crop, where in it the tile's samples begin, how many there are, and
/// where the crop begins in the tiles that it reads.
type Shape = [usize; 4];

/// Runs all stages; the logits `[rows, outputs]` on the device. `go_on` is asked between batches, with the share that is
/// done; `None` if it says no.
pub(crate) fn run(
    network: &TensorNetwork,
    source: &DeviceSource<'_>,
    stages: &[Stage],
    stats: &mut Stats,
    go_on: &mut GoOn<'_>,
) -> Option<Tensor<2>> {
    let total: u64 = stages.iter().map(Stage::multiply_adds).sum();
    let mut done = 0;
    let mut before: Option<(&Stage, Store)> = None;
    for stage in stages {
        let store = run_stage(network, source, stage, before.as_ref(), stats, &mut |work| {
            done += work;
            go_on(done as f64 / total.max(1) as f64)
        })?;
        before = Some((stage, store));
    }
    let (stage, store) = before?;
    let patterns: Vec<i32> = stage.tiles[0].patterns.of_row.iter().map(|&pattern| pattern as i32).collect();
    stats.bytes_up += 4 * patterns.len() as u64;
    let rows = patterns.len();
    let patterns = Tensor::<1, Int>::from_data(TensorData::new(patterns, [rows]), source.device);
    Some(store.data.select(0, patterns))
}

fn run_stage(
    network: &TensorNetwork,
    source: &DeviceSource<'_>,
    stage: &Stage,
    before: Option<&(&Stage, Store)>,
    stats: &mut Stats,
    go_on: &mut dyn FnMut(u64) -> bool,
) -> Option<Store> {
    let layers = network.network();
    let stride = layers.stride(stage.from, stage.to);
    let phase = |start: usize| before.map_or(0, |(below, _)| start % below.tiles[0].span.len());
    let mut shapes: BTreeMap<Shape, Vec<usize>> = BTreeMap::new();
    for (index, tile) in stage.tiles.iter().enumerate() {
        let start = tile.reads.start / stride * stride;
        let shape = [tile.reads.end - start, tile.span.start - start / stride, tile.span.len(), phase(start)];
        shapes.entry(shape).or_default().push(index);
    }
    let mut starts = vec![0; stage.tiles.len()];
    let (mut parts, mut made) = (Vec::new(), 0);
    for ([length, offset, samples, _], tiles) in shapes {
        let mut items = Vec::new();
        // Tiles of one shape cost the same.
        let work = stage.tiles[tiles[0]].multiply_adds;
        for index in tiles {
            let tile = &stage.tiles[index];
            starts[index] = made;
            made += tile.patterns.len() * samples;
            let start = tile.reads.start / stride * stride;
            items.extend(tile.patterns.first.iter().map(|&row| (row as usize, start)));
        }
        for items in items.chunks(source.items_at_once(network, stage, length)) {
            let x = match before {
                None => source.expand(items, length, stats),
                Some((below, store)) => source.gather(below, store, items, length, stats),
            };
            let y = network.run(stage.from, stage.to, x).narrow(2, offset, samples);
            stats.dispatches += 1;
            let [n, channels, _] = y.dims();
            parts.push(y.swap_dims(1, 2).reshape([n * samples, channels]));
            if !go_on(items.len() as u64 * work) {
                return None;
            }
        }
    }
    let data = if parts.len() == 1 { parts.swap_remove(0) } else { Tensor::cat(parts, 0) };
    Some(Store { data, starts })
}

impl DeviceSource<'_> {
    /// Masks crops of rows, `[items, leads, length]`; an item is a row and the first sample.
    fn expand(&self, items: &[(usize, usize)], length: usize, stats: &mut Stats) -> Tensor<3> {
        let width = self.rows.width() + 2;
        let mut table = Vec::with_capacity(items.len() * width);
        for &(row, start) in items {
            table.extend_from_slice(self.rows.words(row));
            let record = self.rows.record(row) * self.rows.maps() + self.rows.map(row);
            table.extend([record as u32, start as u32]);
        }
        stats.bytes_up += 4 * table.len() as u64;
        stats.dispatches += 1;
        let batch = expand(self.scene, upload(&table, [items.len(), width], self.device), Columns::Crop(length));
        match self.limb {
            Some(limb) => limb.apply(batch),
            None => batch,
        }
    }

    /// Fetches crops of what the stage before made, `[items, channels, length]`. All crops begin at the same place within a
    /// tile.
    fn gather(
        &self,
        below: &Stage,
        store: &Store,
        items: &[(usize, usize)],
        length: usize,
        stats: &mut Stats,
    ) -> Tensor<3> {
        let tile = below.tiles[0].span.len();
        let phase = items[0].1 % tile;
        let n_tiles = (phase + length).div_ceil(tile);
        // Where the pattern of each tile that an item reads begins, less where the tile lies in the crop.
        let mut places = Vec::with_capacity(items.len() * n_tiles);
        for &(row, start) in items {
            for nth in 0..n_tiles {
                let index = (start / tile + nth).min(below.tiles.len() - 1);
                let read = &below.tiles[index];
                let first = store.starts[index] + read.patterns.of_row[row] as usize * read.span.len();
                places.push(first as i32);
            }
        }
        stats.bytes_up += 4 * (places.len() + 2 * length) as u64;
        stats.dispatches += 1;
        let ints = |values: Vec<i32>| {
            let n = values.len();
            Tensor::<1, Int>::from_data(TensorData::new(values, [n]), self.device)
        };
        let tile_of = (0..length).map(|at| ((phase + at) / tile) as i32).collect();
        let within = (0..length).map(|at| ((phase + at) % tile) as i32).collect();
        let places = ints(places).reshape([items.len(), n_tiles]).select(1, ints(tile_of));
        let places = places + ints(within).reshape([1, length]);
        let [_, channels] = store.data.dims();
        let data = store.data.clone().select(0, places.reshape([items.len() * length]));
        data.reshape([items.len(), length, channels]).swap_dims(1, 2)
    }

    /// How many crops of this length fit the memory and the largest buffer: all nodes of the stage are taken to be alive
    /// at once, and each once more in another layout.
    fn items_at_once(&self, network: &TensorNetwork, stage: &Stage, length: usize) -> usize {
        let layers = network.network();
        let [_, input] = layers.shape(stage.from);
        let bytes = |node: usize| {
            let [channels, samples] = layers.shape(node);
            4 * channels * (samples * length).div_ceil(input.max(1))
        };
        let (all, largest) =
            (stage.from..=stage.to).fold((0, 4), |(all, largest), node| (all + bytes(node), largest.max(bytes(node))));
        (self.memory / (2 * all).max(1)).min(self.max_buffer / largest).clamp(1, 1 << 16)
    }
}
