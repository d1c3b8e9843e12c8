//! Inputs of a masked batch, and the batch by a scalar loop.

use burn::tensor::{Device, Int, Tensor, TensorData};
use einthoven_kernels::upload;

/// Everything that goes into one batch.
#[derive(Clone, Debug)]
pub struct Case {
    pub n_players: usize,
    pub rows: usize,
    pub shape: [usize; 2],
    pub words: Vec<u32>,
    pub owner: Vec<u32>,
    pub signal: Vec<f32>,
    pub baseline: Vec<f32>,
}

/// A congruential generator: tests want numbers that differ, not good ones.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) as u32
    }
}

impl Case {
    /// Random coalitions over a random owner map in which about one cell in eight is never masked and every player
    /// owns a cell if there are enough.
    pub fn random(n_players: usize, rows: usize, shape: [usize; 2], seed: u64) -> Self {
        let mut numbers = Numbers(seed);
        let cells = shape[0] * shape[1];
        let width = n_players.div_ceil(32);
        let mut words = Vec::with_capacity(rows * width);
        for row in 0..rows {
            for word in 0..width {
                let used = (n_players - 32 * word).min(32);
                let mask = u32::MAX >> (32 - used);
                // The first row is empty, the second full.
                words.push(mask & [0, u32::MAX, numbers.next()][row.min(2)]);
            }
        }
        let owner = (0..cells)
            .map(|cell| match numbers.next() {
                _ if cell < n_players => cell as u32,
                number if number % 8 == 0 => u32::MAX,
                number => number % n_players as u32,
            })
            .collect();
        let mut sample = || numbers.next() as f32 / u32::MAX as f32 - 0.5;
        let signal = (0..cells).map(|_| sample()).collect();
        let baseline = (0..cells).map(|_| sample()).collect();
        Self { n_players, rows, shape, words, owner, signal, baseline }
    }

    /// The batch as a scalar loop makes it.
    pub fn scalar(&self) -> Vec<f32> {
        let width = self.n_players.div_ceil(32);
        let mut batch = Vec::with_capacity(self.rows * self.signal.len());
        for words in self.words.chunks(width) {
            for cell in 0..self.signal.len() {
                let owner = self.owner[cell] as usize;
                let keep = self.owner[cell] == u32::MAX || (words[owner / 32] >> (owner % 32)) % 2 == 1;
                batch.push(if keep { self.signal[cell] } else { self.baseline[cell] });
            }
        }
        batch
    }

    pub fn tensors(&self, device: &Device) -> (Tensor<2, Int>, Tensor<2, Int>, Tensor<2>, Tensor<2>) {
        let map = |map: &[f32]| Tensor::from_data(TensorData::new(map.to_vec(), self.shape), device);
        (
            upload(&self.words, [self.rows, self.n_players.div_ceil(32)], device),
            upload(&self.owner, self.shape, device),
            map(&self.signal),
            map(&self.baseline),
        )
    }

    /// Kernel, reference and scalar loop agree bit for bit on `device`.
    pub fn check(&self, device: &Device) {
        let (words, owner, signal, baseline) = self.tensors(device);
        let reference =
            einthoven_kernels::reference::expand(words.clone(), owner.clone(), signal.clone(), baseline.clone());
        let kernel = einthoven_kernels::expand(words, owner, signal, baseline);
        assert_eq!(kernel.dims(), [self.rows, self.shape[0], self.shape[1]]);
        let expected = self.scalar();
        assert_same(&read(kernel), &expected, "kernel");
        assert_same(&read(reference), &expected, "reference");
    }
}

pub fn read(tensor: Tensor<3>) -> Vec<f32> {
    tensor.try_into_vec_as::<f32>().unwrap()
}

pub fn assert_same(found: &[f32], expected: &[f32], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let differs = found.iter().zip(expected).position(|(found, expected)| found.to_bits() != expected.to_bits());
    assert_eq!(differs, None, "{what}: first cell that differs");
}
