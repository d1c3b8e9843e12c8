//! What the columns of the uploaded rows are.

/// What stands in a row after the words of its coalition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columns {
    /// Nothing: the scene has one record, which is shown whole.
    Coalition,
    /// The index of the record, which is shown whole.
    Record,
    /// The index of the record and the first sample of a crop, which is this many samples long.
    Crop(usize),
}

impl Columns {
    /// Columns after the words.
    pub fn extra(self) -> usize {
        match self {
            Self::Coalition => 0,
            Self::Record => 1,
            Self::Crop(_) => 2,
        }
    }

    /// Samples per lead of a batch row that shows a record of `samples`.
    pub fn shown(self, samples: usize) -> usize {
        match self {
            Self::Coalition | Self::Record => samples,
            Self::Crop(length) => length,
        }
    }
}
