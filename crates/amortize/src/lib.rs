//! Stochastic amortization: explainers and data values learned from noisy labels.

mod error;
pub mod label;
pub mod table;
pub mod value;

pub use error::{Error, Result};
