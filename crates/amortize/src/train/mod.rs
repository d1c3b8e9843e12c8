//! Training an explainer on labels, and what its errors are.

mod config;
mod data;
mod fast_shap;
mod fit;
mod noise;
mod run;
mod score;

pub use config::{Objective, TrainingConfig};
pub(crate) use data::{Scales, Seen, batch};
pub use noise::Noise;
pub(crate) use noise::squared_errors;
pub use run::{Progress, train};
