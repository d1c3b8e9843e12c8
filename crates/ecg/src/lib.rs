//! Electrocardiogram records: file formats, leads, filters and the synthetic heart.

mod check;
mod csv;
mod error;
pub mod filter;
pub mod labels;
mod leads;
mod normalised;
mod npy;
mod prepare;
pub mod ptbxl;
mod read;
mod record;
mod record_file;
pub mod resample;
mod signals;
pub mod synth;
pub mod wfdb;

pub use check::{FLAT_SECONDS, GAP_SECONDS, RANGE_MV, TINY_MV, Warning};
pub use error::{Error, Result};
pub use leads::{STANDARD, standard_index};
pub use prepare::Preparation;
pub use read::{ReadOptions, list_records, read};
pub use record::Record;
pub use signals::{Channel, Signals};
