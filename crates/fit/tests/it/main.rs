//! Tests of least squares.
#![allow(clippy::unwrap_used)]

mod ridge;
mod sum_constrained;
mod trees;
