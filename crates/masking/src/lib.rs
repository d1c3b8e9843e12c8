//! Batched masked evaluation: thousands of coalitions a dispatch.
//!
//! A [`MaskedModel`] is a model that looks at one record through one partition: a game. It answers for packed
//! coalitions, in chunks that fit the device and the memory the user allows ([`plan`]), each chunk made on the device
//! from bits, every output at once. It never knows what its values are for.
//!
//! [`device`] opens what `--device` names. [`Baseline`] says what a masked cell becomes. [`Derive`] says which leads
//! are computed from others after masking, so that `leads:8` never shows the model an impossible heart.

mod derive;
pub mod device;
mod error;
mod fingerprint;
mod imputer;
mod masked;
pub mod plan;

pub use derive::Derive;
pub use device::DeviceChoice;
pub use error::{Error, Result};
pub use imputer::Baseline;
pub use masked::{MaskedModel, Options, Progress};
