//! Tests of the crate, one binary.
#![allow(clippy::unwrap_used)]

mod trees;
