//! The operations: what goes in and what comes out.

use burn::tensor::{DType, Int, Tensor, TensorData};

use crate::scene::Cells;
use crate::{Columns, Scene};

/// Makes the masked batch `[coalitions * maps, leads, shown]` of packed coalitions on the device, in one dispatch.
///
/// Batch row `r` shows coalition `r / maps` through map `r % maps`. A cell keeps its signal if its owner is in the
/// coalition or is `u32::MAX`, and becomes what the scene's [`Fill`](crate::Fill) says otherwise.
///
/// `rows`, as [`upload`](crate::upload) makes it, is `[coalitions, words + columns.extra()]`: the packed coalition,
/// player `i` being bit `i % 32` of word `i / 32`, then what `columns` says. `shown` is the length of the crop, or of
/// the record. Interpolation looks at the whole record in either case.
///
/// # Panics
/// If `rows` is on another device, of another number type or has no bit for some player, if [`Columns::Coalition`]
/// meets a scene of several records, or the batch has 2^32 cells or more. A record or a sample that the scene does not
/// have panics on the CPU; elsewhere it is the caller's error and gives no defined cell.
pub fn expand(scene: &Scene, rows: Tensor<2, Int>, columns: Columns) -> Tensor<3> {
    let shape = check(scene, &rows, columns);
    match &scene.cells {
        Cells::Host(host) => {
            let (device, width) = (rows.device(), rows.dims()[1]);
            let rows = rows.into_data();
            let rows = rows.as_slice::<i32>().expect("invariant: number type checked");
            let mut batch = vec![0.0; shape.iter().product()];
            host.fill_rows(bytemuck::cast_slice(rows), width, columns, &mut batch);
            Tensor::from_data(TensorData::new(batch, shape), &device)
        }
        #[cfg(any(feature = "wgpu", feature = "cuda"))]
        cells => crate::cube::expand(cells, rows, columns),
        #[cfg(not(any(feature = "wgpu", feature = "cuda")))]
        _ => panic!("kernels that were built for the CPU only"),
    }
}

/// The mean over the maps of each coalition: `[coalitions * maps, outputs]` to `[coalitions, outputs]`, on the device.
///
/// Sums run along one dimension and in one order, so they repeat bit for bit.
///
/// # Panics
/// If the rows are not a multiple of `maps`.
pub fn mean_over_maps(logits: Tensor<2>, maps: usize) -> Tensor<2> {
    let [rows, outputs] = logits.dims();
    assert!(rows.is_multiple_of(maps), "every coalition through every map");
    if maps == 1 {
        return logits;
    }
    let sums = logits.reshape([rows / maps, maps, outputs]).sum_dim(1);
    sums.div_scalar(maps as f32).reshape([rows / maps, outputs])
}

/// The shape of the batch.
fn check(scene: &Scene, rows: &Tensor<2, Int>, columns: Columns) -> [usize; 3] {
    let ([records, leads, samples], [coalitions, width]) = (scene.shape, rows.dims());
    assert_eq!(rows.dtype(), DType::I32, "rows as `upload` makes them");
    assert!(width > columns.extra(), "at least one word per row");
    assert!(scene.players <= 32 * (width - columns.extra()), "a bit for each player");
    assert!(records == 1 || columns != Columns::Coalition, "a record index where there are {records} records");
    let shape = [coalitions * scene.maps, leads, columns.shown(samples)];
    let cells = shape.iter().try_fold(1_usize, |cells, &side| cells.checked_mul(side));
    assert!(cells.is_some_and(|cells| u32::try_from(cells).is_ok()), "a batch of fewer than 2^32 cells");
    shape
}
