//! Interactions of any order.

mod error;
pub mod trees;

pub use error::{Error, Result};
