//! Tests of least squares.
#![allow(clippy::unwrap_used)]

mod sum_constrained;
