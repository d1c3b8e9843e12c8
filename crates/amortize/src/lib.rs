//! Stochastic amortization: explainers and data values learned from noisy labels.

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
