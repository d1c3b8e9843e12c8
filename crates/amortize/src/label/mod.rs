//! Labels: cheap estimates of a record's values, right on average, each with its error.

mod set;

pub use set::{Label, LabelSet, LabelSpec, LabelledRecord, Role};
