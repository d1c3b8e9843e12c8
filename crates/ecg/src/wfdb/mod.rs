//! PhysioNet's WFDB format: a text header, one or more signal files, and annotation files.
//!
//! The reader is our own. The `wfdb` crate (0.1.6) was weighed and left: it has no FLAC formats and no annotations,
//! does not align skewed signals nor verify checksums, and calls itself unstable. Here the raw samples, the missing
//! values and the physical values are those of PhysioNet's reference readers, bit for bit: physical =
//! (raw − baseline) / gain in f64.
//!
//! A header is text that anyone may have written, so nothing in it is trusted: memory is bounded by the size of the
//! files, and a signal file must lie beside its header.

mod annotation;
mod flac;
mod formats;
mod header;
mod reader;
mod write;

pub use annotation::{Annotation, Annotations, parse_annotations, read_annotations};
pub use reader::read;
pub use write::write;
