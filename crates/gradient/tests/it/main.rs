//! Tests of attribution priors against differences.
#![allow(clippy::unwrap_used)]

mod priors;
