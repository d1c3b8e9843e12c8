//! Where players lie in time.

use burn::tensor::{Device, Tensor, TensorData};
use einthoven_game::Partition;

/// Seconds of a block, the grain in which leads are looked at.
const BLOCK_SECONDS: f64 = 0.1;

/// Shares of players in the samples of a feature map, and how leads are cut.
#[derive(Clone, Debug)]
pub(crate) struct Geometry {
    pub n_players: usize,
    pub n_leads: usize,
    /// Samples of each lead that are in a block.
    pub samples: usize,
    /// Samples of a block, and blocks of a lead; the last one is filled up with zeros.
    pub block: usize,
    pub blocks: usize,
    /// Samples of the feature map.
    pub map_samples: usize,
    /// `[players, map samples]`: a mean over what the player owns, over all leads together.
    pub in_map: Tensor<2>,
}

impl Geometry {
    /// Of a partition at a sampling rate in Hz, beside a feature map of so many samples.
    pub(crate) fn new(partition: &Partition, rate: f64, map_samples: usize, device: &Device) -> Self {
        let (n_leads, samples) = (partition.n_leads(), partition.n_samples());
        let n_players = partition.n_players();
        let block = ((BLOCK_SECONDS * rate).round() as usize).clamp(1, samples.max(1));
        let blocks = samples.div_ceil(block);
        let mut in_map = vec![0.0; n_players * map_samples];
        for (cell, &owner) in partition.owner().iter().enumerate() {
            let (player, sample) = (owner as usize, cell % samples);
            if player < n_players {
                in_map[player * map_samples + sample * map_samples / samples] += 1.0;
            }
        }
        for row in in_map.chunks_exact_mut(map_samples) {
            let all = row.iter().sum::<f32>().max(1.0);
            row.iter_mut().for_each(|share| *share /= all);
        }
        let in_map = Tensor::from_data(TensorData::new(in_map, [n_players, map_samples]), device);
        Self { n_players, n_leads, samples, block, blocks, map_samples, in_map }
    }
}
