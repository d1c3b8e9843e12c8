//! The CPU.

use burn::tensor::{Device, Tensor};
use einthoven_kernels::{expand, upload};
use proptest::prelude::*;

use crate::case::{Case, read};

#[test]
fn bits_sit_where_they_should() {
    for n_players in [1, 31, 32, 33, 64, 65, 1100] {
        Case::random(n_players, 9, [12, 100], n_players as u64).check(&Device::flex());
    }
}

#[test]
fn one_player_switches_only_its_own_cells() {
    let device = Device::flex();
    // Player 32 is the first bit of the second word.
    let words = upload(&[0, 1], [1, 2], &device);
    let owner = upload(&[0, 32, 31, u32::MAX], [2, 2], &device);
    let signal = Tensor::<2>::from_floats([[1.0, 2.0], [3.0, 4.0]], &device);
    let baseline = Tensor::<2>::from_floats([[-1.0, -2.0], [-3.0, -4.0]], &device);
    assert_eq!(read(expand(words, owner, signal, baseline)), [-1.0, 2.0, -3.0, 4.0]);
}

#[test]
fn views_are_read_as_they_are_seen() {
    let device = Device::flex();
    let case = Case::random(7, 5, [6, 4], 3);
    let (words, owner, signal, baseline) = case.tensors(&device);
    // The same maps as transposes of transposed storage, and the last rows of a longer list of coalitions.
    let owner = owner.transpose().mul_scalar(1).transpose();
    let signal = signal.transpose().mul_scalar(1.0).transpose();
    let words = words.slice([2..5, 0..1]);
    let found = read(expand(words, owner, signal, baseline));
    assert_eq!(found, case.scalar()[2 * 24..]);
}

#[test]
fn no_rows_give_no_batch() {
    let device = Device::flex();
    let (_, owner, signal, baseline) = Case::random(3, 1, [2, 5], 1).tensors(&device);
    assert_eq!(expand(upload(&[], [0, 1], &device), owner, signal, baseline).dims(), [0, 2, 5]);
}

proptest! {
    #[test]
    fn kernel_reference_and_loop_agree(
        n_players in 1_usize..100, rows in 1_usize..20, leads in 1_usize..13, samples in 1_usize..40, seed: u64,
    ) {
        Case::random(n_players, rows, [leads, samples], seed).check(&Device::flex());
    }
}
