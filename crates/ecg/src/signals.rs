//! What a reader returns: channels as the file has them.

use crate::Warning;

/// One channel of a file, in the file's own units.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    /// Name as written in the file.
    pub name: String,
    /// Unit of the samples as written in the file; empty if the file does not say.
    pub units: String,
    /// Raw units per unit of the samples, where the file stores integers.
    pub gain: Option<f64>,
    /// Sampling rate of this channel in Hz; a multiple of the record's frame rate.
    pub rate: f64,
    /// Samples in `units`; NaN where the file marks a sample as missing.
    pub samples: Vec<f64>,
}

/// Everything that a file holds, before any lead is chosen or converted: see [`crate::Record::from_signals`].
#[derive(Clone, Debug, PartialEq)]
pub struct Signals {
    /// Name of the record, without folder or extension.
    pub name: String,
    /// The file that was read.
    pub source: String,
    /// Frames per second; the rate of every channel that has one sample per frame.
    pub rate: f64,
    /// The channels in the order of the file.
    pub channels: Vec<Channel>,
    /// Comments of the file, without the comment sign.
    pub comments: Vec<String>,
    /// What was odd about the file.
    pub warnings: Vec<Warning>,
}
