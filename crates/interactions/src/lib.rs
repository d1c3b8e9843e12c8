//! Interactions of any order.

mod error;

pub use error::{Error, Result};
