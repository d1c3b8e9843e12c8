//! The CPU: runs of cells with one owner are copied whole, rows in parallel.

use burn::backend::Flex;
use burn::backend::TensorMetadata;
use burn::backend::flex::FlexTensor;
use burn::tensor::{DType, Element, Shape};
use bytemuck::Pod;
use rayon::prelude::*;

use crate::expand::{MaskOps, NEVER_MASKED};

/// Neighbouring cells with one owner.
struct Run {
    start: usize,
    end: usize,
    owner: u32,
}

impl MaskOps for Flex {
    fn expand(words: FlexTensor, owner: FlexTensor, signal: FlexTensor, baseline: FlexTensor) -> FlexTensor {
        let (words_shape, cells) = (words.shape(), signal.shape());
        let shape = Shape::new([words_shape[0], cells[0], cells[1]]);
        let mut batch = FlexTensor::empty(shape, DType::F32);
        let n_cells = cells.num_elements();
        if n_cells == 0 || words_shape[0] == 0 {
            return batch;
        }
        let (words, owner) = (words.to_contiguous(), owner.to_contiguous());
        let (signal, baseline) = (signal.to_contiguous(), baseline.to_contiguous());
        let (signal, baseline) = (cells_of::<f32>(&signal), cells_of::<f32>(&baseline));
        let runs = runs(cells_of::<i32>(&owner));
        batch
            .storage_mut::<f32>()
            .par_chunks_exact_mut(n_cells)
            .zip(cells_of::<i32>(&words).par_chunks_exact(words_shape[1]))
            .for_each(|(row, words)| fill(row, words, &runs, signal, baseline));
        batch
    }
}

/// Writes one row of the batch.
fn fill(row: &mut [f32], words: &[i32], runs: &[Run], signal: &[f32], baseline: &[f32]) {
    for run in runs {
        let source = if keeps(words, run.owner) { signal } else { baseline };
        row[run.start..run.end].copy_from_slice(&source[run.start..run.end]);
    }
}

fn cells_of<E: Element + Pod>(tensor: &FlexTensor) -> &[E] {
    tensor.as_slice().expect("invariant: made contiguous, number type checked")
}

fn keeps(words: &[i32], owner: u32) -> bool {
    owner == NEVER_MASKED || words[owner as usize / 32] >> (owner % 32) & 1 == 1
}

fn runs(owner: &[i32]) -> Vec<Run> {
    let mut start = 0;
    owner
        .chunk_by(|left, right| left == right)
        .map(|chunk| {
            let run = Run { start, end: start + chunk.len(), owner: chunk[0].cast_unsigned() };
            start = run.end;
            run
        })
        .collect()
}
