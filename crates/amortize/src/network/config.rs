//! The explainer network in numbers.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The explainer network in numbers. The default suits a few thousand records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkConfig {
    /// Numbers that stand for a player inside.
    pub hidden: usize,
    /// Channels of the two layers that look at each lead by itself.
    pub lead_channels: [usize; 2],
    /// Whether gradients, summed over each player, are an input, and what is left of the values beside them is learned: three
    /// passes of the model forward and back for each record, and two for each of the halves.
    pub gradient: bool,
    /// Pairs of halves of the players that are faint in turn while a gradient is taken; 0 for none.
    pub halves: usize,
    /// Whether the values are moved, all alike, so that they add up to what the model says.
    pub efficient: bool,
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self { hidden: 64, lead_channels: [16, 32], gradient: true, halves: 4, efficient: true }
    }
}

impl NetworkConfig {
    /// Refuses sizes that cannot be built.
    pub(crate) fn check(&self) -> Result<()> {
        let sizes = [self.hidden, self.lead_channels[0], self.lead_channels[1]];
        if self.halves > 1024 {
            return Err(Error::Request(format!("build an explainer with {} halves: expected 0 to 1024", self.halves)));
        }
        if sizes.iter().all(|size| (1..=4096).contains(size)) {
            return Ok(());
        }
        Err(Error::Request(format!("build an explainer of sizes {sizes:?}: expected 1 to 4096 each")))
    }
}
