//! The same batch in plain tensor operations: slow, on any device, and what the kernels are tested against.

use burn::tensor::{Int, Tensor};

/// Makes the masked batch `[rows, leads, samples]` as [`expand`](crate::expand()) does, by gathering the word of each
/// cell and shifting its bit down. It needs several integers per cell of the batch.
///
/// # Panics
/// If shapes disagree.
pub fn expand(words: Tensor<2, Int>, owner: Tensor<2, Int>, signal: Tensor<2>, baseline: Tensor<2>) -> Tensor<3> {
    let rows = words.dims()[0];
    let [leads, samples] = signal.dims();
    let cells = leads * samples;
    let spread = |map: Tensor<2>| map.reshape([1, cells]).expand([rows, cells]);
    let owner = owner.reshape([cells]);
    let never = owner.clone().equal_elem(-1);
    let player = owner.mask_fill(never.clone(), 0);
    let shift = player.clone().bitwise_and_scalar(31).reshape([1, cells]).expand([rows, cells]);
    let word = words.select(1, player.bitwise_right_shift_scalar(5));
    let member = word.bitwise_right_shift(shift).bitwise_and_scalar(1).equal_elem(1);
    let keep = member.bool_or(never.reshape([1, cells]).expand([rows, cells]));
    spread(baseline).mask_where(keep, spread(signal)).reshape([rows, leads, samples])
}
