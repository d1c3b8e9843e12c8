//! Tests of the crate, one binary.

#![allow(clippy::unwrap_used)]

mod auto;
mod common;
mod full_budget;
mod partial_budget;
mod simulation;
