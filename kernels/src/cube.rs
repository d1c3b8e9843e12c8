//! The kernels for every device that cubecl drives.
//!
//! They stand in a module of their own because cubecl's `Tensor` and burn's share a name. Only `f32` and `u32`, no
//! subgroup operations: they must run on any adapter that WGSL reaches. An invocation writes one vector of the batch:
//! neighbouring cells of one lead, as many as divide what is shown of it.

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, Dispatch, TensorMetadata, backend_extension};
use burn::tensor::{Int, Shape};
use burn_cubecl::CubeBackend;
use burn_cubecl::cubecl::{self, calculate_cube_count_elemwise, prelude::*};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;

use crate::Columns;
use crate::runs::NEVER_MASKED;
use crate::scene::Cells;

/// What a backend must know to make masked batches.
#[backend_extension(Cube)]
pub(crate) trait MaskOps: Backend {
    /// The batch of a scene with maps; arguments as in [`Cells::Maps`].
    fn through_maps(
        rows: IntTensor<Self>,
        owner: IntTensor<Self>,
        signal: FloatTensor<Self>,
        maps: FloatTensor<Self>,
        columns: Columns,
    ) -> FloatTensor<Self>;

    /// The batch of a scene with interpolation; arguments as in [`Cells::Runs`].
    fn interpolated(
        rows: IntTensor<Self>,
        run: IntTensor<Self>,
        runs: IntTensor<Self>,
        signal: FloatTensor<Self>,
        columns: Columns,
    ) -> FloatTensor<Self>;
}

/// The batch of checked rows over cells that are on a device of cubecl.
pub(crate) fn expand(cells: &Cells, rows: burn::Tensor<2, Int>, columns: Columns) -> burn::Tensor<3> {
    let rows = rows.into_dispatch();
    let batch = match cells.clone() {
        Cells::Host(_) => unreachable!("cells of the host stay there"),
        Cells::Maps { owner, signal, maps } => <Dispatch as MaskOps>::through_maps(
            rows,
            owner.into_dispatch(),
            signal.into_dispatch(),
            maps.into_dispatch(),
            columns,
        ),
        Cells::Runs { run, runs, signal } => <Dispatch as MaskOps>::interpolated(
            rows,
            run.into_dispatch(),
            runs.into_dispatch(),
            signal.into_dispatch(),
            columns,
        ),
    };
    burn::Tensor::from_dispatch(batch)
}

/// What one vector of the batch shows.
#[derive(CubeType)]
struct Place {
    /// The first word of the coalition among the words of `rows`.
    words: usize,
    record: usize,
    /// The first cell within the record.
    cell: usize,
    /// The index of the batch row among those of its coalition.
    map: usize,
}

/// Finds the cell `at` of the batch; `extra` columns follow the words of a row.
#[cube]
fn place(
    at: usize,
    rows: &Tensor<u32>,
    shown: usize,
    leads: usize,
    samples: usize,
    maps: usize,
    #[comptime] extra: usize,
) -> Place {
    let row = at / (leads * shown);
    let inside = at % (leads * shown);
    let words = row / maps * rows.stride(0);
    let extras = words + rows.shape(1) - extra;
    let mut record = 0;
    let mut cell = inside;
    if comptime!(extra > 0) {
        record = rows[extras] as usize;
    }
    if comptime!(extra > 1) {
        cell = inside / shown * samples + inside % shown + rows[extras + 1] as usize;
    }
    Place { words, record, cell, map: row % maps }
}

#[cube]
fn is_kept(player: u32, rows: &Tensor<u32>, words: usize) -> bool {
    let never = player == NEVER_MASKED;
    // A word that exists, whatever the owner.
    let player = select(never, 0, player);
    let word = rows[words + (player / 32) as usize];
    never || (word >> (player % 32)) & 1 == 1
}

/// Reads `N` neighbouring numbers in vectors of `M`, which divides `N` and `at`.
#[cube]
fn read<E: Scalar, N: Size, M: Size>(from: &Tensor<Vector<E, M>>, at: usize) -> Vector<E, N> {
    let (wide, narrow) = (N::value(), M::value());
    let mut found = Vector::<E, N>::empty();
    #[unroll]
    for block in 0..comptime!(wide / narrow) {
        let vector = from[at / narrow + block];
        #[unroll]
        for lane in 0..narrow {
            found.insert(comptime!(block * narrow + lane), vector.extract(lane));
        }
    }
    found
}

/// Vectors of `N` cells are written; vectors of `M` are read: `N` too, or 1 where a crop may start anywhere.
#[cube(launch)]
fn maps_kernel<N: Size, M: Size>(
    rows: &Tensor<u32>,
    owner: &Tensor<Vector<u32, M>>,
    signal: &Tensor<Vector<f32, M>>,
    maps: &Tensor<Vector<f32, M>>,
    batch: &mut Tensor<Vector<f32, N>>,
    #[comptime] extra: usize,
) {
    if ABSOLUTE_POS >= batch.len() {
        terminate!();
    }
    let (leads, samples, n_maps) = (owner.shape(1), owner.shape(2), maps.shape(1));
    let place = place(ABSOLUTE_POS * N::value(), rows, batch.shape(2), leads, samples, n_maps, extra);
    let cells = leads * samples;
    let at = place.record * cells + place.cell;
    // All records, or each its own maps.
    let map = (place.record % maps.shape(0) * n_maps + place.map) * cells + place.cell;
    let owner = read::<u32, N, M>(owner, at);
    let kept = read::<f32, N, M>(signal, at);
    let mut out = read::<f32, N, M>(maps, map);
    #[unroll]
    for lane in 0..N::value() {
        let keep = is_kept(owner.extract(lane), rows, place.words);
        out.insert(lane, select(keep, kept.extract(lane), out.extract(lane)));
    }
    batch[ABSOLUTE_POS] = out;
}

/// The nearest kept cells of a lead on both sides of a masked run.
#[derive(CubeType)]
struct Neighbours {
    has_left: bool,
    left: u32,
    has_right: bool,
    right: u32,
}

/// Walks the runs of a lead to the left and to the right of the masked `run`; a lead begins at 0 and ends at `samples`.
#[cube]
fn neighbours(run: usize, samples: u32, runs: &Tensor<u32>, rows: &Tensor<u32>, words: usize) -> Neighbours {
    let mut has_left = false;
    let mut left = 0u32;
    let mut at = run;
    let mut open = runs[3 * at] > 0;
    while open {
        at -= 1;
        has_left = is_kept(runs[3 * at + 2], rows, words);
        left = runs[3 * at + 1] - 1;
        open = !has_left && runs[3 * at] > 0;
    }
    let mut has_right = false;
    let mut right = 0u32;
    at = run;
    open = runs[3 * at + 1] < samples;
    while open {
        at += 1;
        has_right = is_kept(runs[3 * at + 2], rows, words);
        right = runs[3 * at];
        open = !has_right && runs[3 * at + 1] < samples;
    }
    Neighbours { has_left, left, has_right, right }
}

/// The content of the masked sample `t` of the lead that begins at `lead`.
#[cube]
fn bridge(t: u32, between: &Neighbours, signal: &Tensor<f32>, lead: usize) -> f32 {
    let mut value = 0.0f32;
    if between.has_left {
        value = signal[lead + between.left as usize];
        if between.has_right {
            let rise = signal[lead + between.right as usize] - value;
            value += rise * (f32::cast_from(t - between.left) / f32::cast_from(between.right - between.left));
        }
    } else if between.has_right {
        value = signal[lead + between.right as usize];
    }
    value
}

#[cube(launch)]
fn interpolate_kernel<N: Size>(
    rows: &Tensor<u32>,
    run: &Tensor<u32>,
    runs: &Tensor<u32>,
    signal: &Tensor<f32>,
    batch: &mut Tensor<Vector<f32, N>>,
    #[comptime] extra: usize,
) {
    if ABSOLUTE_POS >= batch.len() {
        terminate!();
    }
    let (leads, samples) = (run.shape(1), run.shape(2));
    let place = place(ABSOLUTE_POS * N::value(), rows, batch.shape(2), leads, samples, 1, extra);
    let first = place.record * leads * samples + place.cell;
    let t = place.cell % samples;
    let mut out = Vector::<f32, N>::empty();
    #[unroll]
    for lane in 0..N::value() {
        let index = run[first + lane] as usize;
        let mut value = signal[first + lane];
        if !is_kept(runs[3 * index + 2], rows, place.words) {
            let between = neighbours(index, samples as u32, runs, rows, place.words);
            value = bridge((t + lane) as u32, &between, signal, first - t);
        }
        out.insert(lane, value);
    }
    batch[ABSOLUTE_POS] = out;
}

impl MaskOps for CubeBackend {
    fn through_maps(
        rows: CubeTensor,
        owner: CubeTensor,
        signal: CubeTensor,
        maps: CubeTensor,
        columns: Columns,
    ) -> CubeTensor {
        let batch = empty_batch(&rows, &signal, maps.shape()[1], columns);
        if batch.shape().num_elements() == 0 {
            return batch;
        }
        let (size, count, dim) = invocations(&batch);
        let read_size = if let Columns::Crop(_) = columns { 1 } else { size };
        maps_kernel::launch(
            &batch.client,
            count,
            dim,
            size,
            read_size,
            into_contiguous(rows).into_tensor_arg(),
            into_contiguous(owner).into_tensor_arg(),
            into_contiguous(signal).into_tensor_arg(),
            into_contiguous(maps).into_tensor_arg(),
            batch.clone().into_tensor_arg(),
            columns.extra(),
        );
        batch
    }

    fn interpolated(
        rows: CubeTensor,
        run: CubeTensor,
        runs: CubeTensor,
        signal: CubeTensor,
        columns: Columns,
    ) -> CubeTensor {
        let batch = empty_batch(&rows, &signal, 1, columns);
        if batch.shape().num_elements() == 0 {
            return batch;
        }
        let (size, count, dim) = invocations(&batch);
        interpolate_kernel::launch(
            &batch.client,
            count,
            dim,
            size,
            into_contiguous(rows).into_tensor_arg(),
            into_contiguous(run).into_tensor_arg(),
            into_contiguous(runs).into_tensor_arg(),
            into_contiguous(signal).into_tensor_arg(),
            batch.clone().into_tensor_arg(),
            columns.extra(),
        );
        batch
    }
}

fn empty_batch(rows: &CubeTensor, signal: &CubeTensor, maps: usize, columns: Columns) -> CubeTensor {
    let (coalitions, record) = (rows.shape()[0], signal.shape());
    let shape = Shape::new([coalitions * maps, record[1], columns.shown(record[2])]);
    empty_device_contiguous_dtype(signal.client.clone(), signal.device.clone(), shape, signal.dtype())
}

/// Cells per invocation, and how many invocations in which groups.
fn invocations(batch: &CubeTensor) -> (usize, CubeCount, CubeDim) {
    let (client, shape) = (&batch.client, batch.shape());
    let size =
        client.io_optimized_vector_sizes(size_of::<f32>()).find(|size| shape[2].is_multiple_of(*size)).unwrap_or(1);
    let units = shape.num_elements() / size;
    let dim = CubeDim::new(client, units);
    // More than 65 535 groups do not fit one dimension; the count is spread over as many as it takes.
    (size, calculate_cube_count_elemwise(client, units, dim), dim)
}
