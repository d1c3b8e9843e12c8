//! Tests of least squares.
#![allow(clippy::unwrap_used)]

mod penalised;
mod ridge;
mod sum_constrained;
mod trees;
