//! Tests of the crate, one binary.

mod common;
mod full_budget;
