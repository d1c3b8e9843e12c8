//! What masked cells become.

/// What a masked cell becomes.
#[derive(Clone, Debug, PartialEq)]
pub enum Fill {
    /// The same cell of a map. Every coalition meets every map: batch row `r` shows coalition `r / maps` through map
    /// `r % maps`. Zeros, the mean of each lead, any constant map and a fixed noise map are one map; a marginal over
    /// background records has one map per background.
    Maps {
        /// Maps of each record, at least one.
        maps: usize,
        /// `[records, maps, leads, samples]`, or `[maps, leads, samples]` if all records share the maps.
        values: Vec<f32>,
    },
    /// The straight line through the nearest kept cells of the same lead on either side; the nearest kept cell beyond
    /// the first and the last of them; 0 where the lead keeps none.
    Interpolate,
}

/// Which players the content of a cell depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dependence {
    /// The owner of the cell and no other: a crop of a masked record is known from the players that own its cells.
    Owner,
    /// The owner of the cell and, while the cell is masked, the owners of the cells of its lead on either side, out to
    /// and including the nearest that are kept. This has no fixed reach: where a whole lead is masked it is all of the
    /// lead's owners.
    Neighbours,
}

impl Fill {
    /// Which players the content of a cell depends on.
    pub fn dependence(&self) -> Dependence {
        match self {
            Self::Maps { .. } => Dependence::Owner,
            Self::Interpolate => Dependence::Neighbours,
        }
    }

    /// Batch rows per coalition.
    pub fn maps(&self) -> usize {
        match self {
            Self::Maps { maps, .. } => *maps,
            Self::Interpolate => 1,
        }
    }
}
