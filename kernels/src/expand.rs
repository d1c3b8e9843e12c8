//! The operation: what goes in, what comes out, and how it reaches a backend.

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::{DType, Device, Int, Tensor, TensorData};

/// Owner of a cell that is never masked, as it lies in an owner map.
pub(crate) const NEVER_MASKED: u32 = u32::MAX;

/// What a backend must know to make masked batches.
#[backend_extension(Flex, Cube: cfg(any(feature = "wgpu", feature = "cuda")))]
pub trait MaskOps: Backend {
    /// The masked batch `[rows, leads, samples]`; arguments as in [`expand`].
    fn expand(
        words: IntTensor<Self>,
        owner: IntTensor<Self>,
        signal: FloatTensor<Self>,
        baseline: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
}

/// Makes the masked batch `[rows, leads, samples]` of packed coalitions on the device.
///
/// A cell keeps its signal if its owner is in the coalition of the row or is `u32::MAX`, and takes the baseline
/// otherwise.
///
/// * `words`: packed coalitions `[rows, words]`, player `i` is bit `i % 32` of word `i / 32`,
/// * `owner`: the player that owns each cell `[leads, samples]`,
/// * `signal`, `baseline`: `[leads, samples]`.
///
/// `words` and `owner` come from [`upload`].
///
/// # Panics
/// If shapes or number types disagree, the tensors live on a device that tracks gradients, or the batch has more than
/// 2^32 - 1 cells. An owner past the last bit of `words` is the caller's error and gives no defined cell.
pub fn expand(words: Tensor<2, Int>, owner: Tensor<2, Int>, signal: Tensor<2>, baseline: Tensor<2>) -> Tensor<3> {
    check(&words, &owner, &signal, &baseline);
    let batch = <Dispatch as MaskOps>::expand(
        words.into_dispatch(),
        owner.into_dispatch(),
        signal.into_dispatch(),
        baseline.into_dispatch(),
    );
    Tensor::from_dispatch(batch)
}

/// Puts 32-bit words on a device, row after row.
///
/// They lie there as `i32` of the same bits, whatever integer type the device prefers.
///
/// # Panics
/// If `words` does not have `shape[0] * shape[1]` elements.
pub fn upload(words: &[u32], shape: [usize; 2], device: &Device) -> Tensor<2, Int> {
    let words: Vec<i32> = words.iter().map(|word| word.cast_signed()).collect();
    Tensor::from_data(TensorData::new(words, shape), (device, DType::I32))
}

fn check(words: &Tensor<2, Int>, owner: &Tensor<2, Int>, signal: &Tensor<2>, baseline: &Tensor<2>) {
    assert_eq!(owner.dims(), signal.dims(), "an owner for each cell of the signal");
    assert_eq!(baseline.dims(), signal.dims(), "a baseline for each cell of the signal");
    assert!((words.dtype(), owner.dtype()) == (DType::I32, DType::I32), "words and owners as `upload` makes them");
    assert!((signal.dtype(), baseline.dtype()) == (DType::F32, DType::F32), "signal and baseline in f32");
    assert!(words.dims()[1] > 0, "at least one word per row");
    let [leads, samples] = signal.dims();
    let cells = words.dims()[0].checked_mul(leads * samples);
    assert!(cells.is_some_and(|cells| u32::try_from(cells).is_ok()), "a batch of fewer than 2^32 cells");
}
