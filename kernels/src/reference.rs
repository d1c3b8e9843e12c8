//! The same batch in plain tensor operations: slow, on any device, and what the kernels are tested against.

use burn::tensor::{Int, Tensor};

use crate::Columns;

/// Makes the masked batch `[coalitions * maps, leads, shown]` as [`expand`](crate::expand()) does, from owners and
/// signal `[records, leads, samples]` and maps `[records or 1, maps, leads, samples]`, or by interpolation where there
/// are none. It needs several numbers per cell of the batch.
///
/// # Panics
/// If shapes disagree.
pub fn expand(
    owner: Tensor<3, Int>,
    signal: Tensor<3>,
    maps: Option<Tensor<4>>,
    rows: Tensor<2, Int>,
    columns: Columns,
) -> Tensor<3> {
    let [coalitions, width] = rows.dims();
    let words = width - columns.extra();
    let column = |nth: usize| rows.clone().slice([0..coalitions, nth..nth + 1]).reshape([coalitions]);
    let record = if columns.extra() > 0 { column(words) } else { column(0).zeros_like() };
    let words = rows.clone().slice([0..coalitions, 0..words]);
    let kept = kept(owner.select(0, record.clone()), words);
    let signal = signal.select(0, record.clone());
    let batch = match maps {
        Some(maps) => through_maps(kept, signal, maps, record),
        None => interpolated(kept, signal),
    };
    let Columns::Crop(length) = columns else { return batch };
    let [n, leads, _] = batch.dims();
    let ahead = Tensor::<1, Int>::arange(0..length as i64, (&batch.device(), rows.dtype()));
    let start = column(width - 1).reshape([coalitions, 1]).repeat_dim(1, n / coalitions.max(1)).reshape([n, 1, 1]);
    let at = start.expand([n, leads, length]) + ahead.reshape([1, 1, length]).expand([n, leads, length]);
    batch.gather(2, at)
}

/// Which cells are kept, 1 or 0, `[coalitions, leads, samples]`: the word of each cell, shifted down to its bit.
fn kept(owner: Tensor<3, Int>, words: Tensor<2, Int>) -> Tensor<3, Int> {
    let [coalitions, leads, samples] = owner.dims();
    let owner = owner.reshape([coalitions, leads * samples]);
    let never = owner.clone().equal_elem(-1);
    let player = owner.mask_fill(never.clone(), 0);
    let shift = player.clone().bitwise_and_scalar(31);
    let word = words.gather(1, player.bitwise_right_shift_scalar(5));
    let member = word.bitwise_right_shift(shift).bitwise_and_scalar(1);
    member.mask_fill(never, 1).reshape([coalitions, leads, samples])
}

fn through_maps(kept: Tensor<3, Int>, signal: Tensor<3>, maps: Tensor<4>, record: Tensor<1, Int>) -> Tensor<3> {
    let ([coalitions, leads, samples], [records, n_maps, ..]) = (signal.dims(), maps.dims());
    let maps = maps.select(0, if records == 1 { record.zeros_like() } else { record });
    let kept = kept.equal_elem(1).unsqueeze_dim::<4>(1).repeat_dim(1, n_maps);
    let signal = signal.unsqueeze_dim::<4>(1).repeat_dim(1, n_maps);
    maps.mask_where(kept, signal).reshape([coalitions * n_maps, leads, samples])
}

fn interpolated(kept: Tensor<3, Int>, signal: Tensor<3>) -> Tensor<3> {
    let [_, _, samples] = signal.dims();
    let place = Tensor::<1, Int>::arange(0..samples as i64, (&signal.device(), kept.dtype()));
    let place = place.reshape([1, 1, samples]).expand(kept.dims());
    // The last kept cell up to each cell, or -1; and the first from it on, or `samples`, found from the other end.
    let left = (kept.clone() * (place.clone() + 1)).cummax(2) - 1;
    let right = (kept * (-place.clone() + samples as i64)).flip([2]).cummax(2).flip([2]);
    let right = -right + samples as i64;
    let (no_left, no_right) = (left.clone().equal_elem(-1), right.clone().equal_elem(samples as i64));
    let (at_left, at_right) = (left.clone().clamp_min(0), right.clone().clamp_max(samples as i64 - 1));
    let (x_left, x_right) = (signal.clone().gather(2, at_left), signal.gather(2, at_right));
    // A kept cell is its own neighbour on both sides.
    let along = (place - left.clone()).float() / (right - left).clamp_min(1).float();
    let line = x_left.clone() + (x_right.clone() - x_left.clone()) * along;
    let line = line.mask_where(no_right.clone(), x_left).mask_where(no_left.clone(), x_right);
    line.mask_fill(no_left.bool_and(no_right), 0.0)
}
