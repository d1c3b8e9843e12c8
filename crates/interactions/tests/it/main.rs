//! Tests of the crate, one binary.

#![allow(clippy::unwrap_used)]

mod auto;
mod budgets;
mod common;
mod full_budget;
mod partial_budget;
mod penalised;
mod removal;
mod sets;
mod simulation;
mod spectral;
mod trees;
