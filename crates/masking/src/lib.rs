//! Batched masked evaluation: thousands of coalitions a dispatch.
//!
//! A [`MaskedModel`] is a model that looks at records, each through its partition: a game per record. It answers for packed
//! coalitions, in chunks that fit the devices and the memory the user allows ([`plan`]), each batch made on the device
//! from bits, every output at once. It never knows what its values are for.
//!
//! [`device`] opens what `--device` names. [`Baseline`] says what a masked cell becomes. [`Derive`] says which leads
//! are computed from others after masking, so that `leads:8` never shows the model an impossible heart.

mod derive;
pub mod device;
mod engine;
mod error;
mod fingerprint;
mod imputer;
mod local_cpu;
mod local_device;
mod masked;
mod patterns;
pub mod plan;
mod rows;
mod run;
mod stages;
mod stats;
mod worker;

pub use derive::Derive;
pub use device::{DeviceChoice, DeviceName};
pub use engine::Engine;
pub use error::{Error, Result};
pub use imputer::Baseline;
pub use masked::{MaskedModel, Options, PlacedModel, Progress};
pub use run::Evaluation;
pub use stats::{Level, Stats};
