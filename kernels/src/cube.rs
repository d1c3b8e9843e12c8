//! The kernel for every device that cubecl drives.
//!
//! It stands in a module of its own because cubecl's `Tensor` and burn's share a name. Only `f32` and `u32`, no
//! subgroup operations: it must run on any adapter that WGSL reaches.

use burn::backend::TensorMetadata;
use burn::tensor::Shape;
use burn_cubecl::CubeBackend;
use burn_cubecl::cubecl::{self, calculate_cube_count_elemwise, prelude::*};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;

use crate::expand::{MaskOps, NEVER_MASKED};

/// One invocation per cell of the batch.
#[cube(launch)]
fn expand_kernel(
    words: &Tensor<u32>,
    owner: &Tensor<u32>,
    signal: &Tensor<f32>,
    baseline: &Tensor<f32>,
    batch: &mut Tensor<f32>,
) {
    if ABSOLUTE_POS >= batch.len() {
        terminate!();
    }
    let cell = ABSOLUTE_POS % owner.len();
    let row = ABSOLUTE_POS / owner.len();
    let player = owner[cell];
    let mut keep = player == NEVER_MASKED;
    if !keep {
        let word = words[row * words.shape(1) + (player / 32) as usize];
        keep = (word >> (player % 32)) & 1 == 1;
    }
    if keep {
        batch[ABSOLUTE_POS] = signal[cell];
    } else {
        batch[ABSOLUTE_POS] = baseline[cell];
    }
}

impl MaskOps for CubeBackend {
    fn expand(words: CubeTensor, owner: CubeTensor, signal: CubeTensor, baseline: CubeTensor) -> CubeTensor {
        let (rows, cells) = (words.shape()[0], signal.shape());
        let shape = Shape::new([rows, cells[0], cells[1]]);
        let client = signal.client.clone();
        let batch = empty_device_contiguous_dtype(client.clone(), signal.device.clone(), shape.clone(), signal.dtype());
        let n_cells = shape.num_elements();
        if n_cells == 0 {
            return batch;
        }
        // More than 65 535 cubes do not fit one dimension; the count is spread over as many as it takes.
        let dim = CubeDim::new(&client, n_cells);
        let count = calculate_cube_count_elemwise(&client, n_cells, dim);
        expand_kernel::launch(
            &client,
            count,
            dim,
            into_contiguous(words).into_tensor_arg(),
            into_contiguous(owner).into_tensor_arg(),
            into_contiguous(signal).into_tensor_arg(),
            into_contiguous(baseline).into_tensor_arg(),
            batch.clone().into_tensor_arg(),
        );
        batch
    }
}
