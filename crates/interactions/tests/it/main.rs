//! Tests of the crate, one binary.

#![allow(clippy::unwrap_used)]

mod common;
mod full_budget;
mod simulation;
mod trees;
