//! Labels: cheap estimates of a record's values, right on average, each with its error.
//!
//! [`LabelMethod`] is where they come from, [`Labeller`] makes them in one stream over records and coalitions, and a
//! [`LabelSet`] is what a network is fitted to.

pub mod bias;
mod description;
mod files;
mod method;
mod probe;
mod set;
mod stream;

pub use bias::{BiasCheck, Probe};
pub use description::LabelFolder;
pub use files::{Made, Records, Report, check_bias, make, roles};
pub use method::{LabelMethod, LabelRequest};
pub use probe::ProbeConfig;
pub use set::{Label, LabelSet, LabelSpec, LabelledRecord, Role};
pub use stream::{LabelConfig, Labeller, Unlabelled};
