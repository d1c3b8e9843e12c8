//! Stochastic amortization: explainers and data values learned from noisy labels (Covert, Kim, Lee, Zou & Hashimoto, NeurIPS 2024).
//!
//! An estimate of a record's values from a dozen coalitions is far too noisy to be read, but right on average. A network that is
//! fitted to one such label of each of many records learns their mean, as any regression does, and its values are far closer to
//! the truth than the labels were. A bias of the labels it learns as well, so they are checked ([`label`]).
//!
//! [`train()`] makes an [`Amortized`] explainer of a set of labels; it says how wrong it is without knowing any true value
//! ([`Noise`]), whether it was worth it ([`Worth`]), and it refuses to answer for a changed model. [`value`] does the same for the
//! points of a training set: what each adds to a classifier.

mod attributed;
mod calibrate;
mod error;
mod explainer;
mod files;
pub mod label;
mod network;
mod predict;
mod sights;
pub mod table;
mod train;
pub mod value;
mod worth;

pub use calibrate::ErrorModel;
pub use error::{Error, Result};
pub use explainer::{Amortized, Explained, ExplainerCard, Facts, Opened, Point};
pub use network::NetworkConfig;
pub use train::{Noise, Objective, Progress, TrainingConfig, train};
pub use worth::Worth;
