//! Tests of the networks, their files, their training and the built-in model.
#![allow(clippy::unwrap_used)]

mod architecture;
mod backward;
mod builtin_model;
mod files;
mod forward;
mod homogeneous;
mod layers;
mod metrics;
mod network;
mod pytorch;
mod reference;
mod schedule;
mod trace;
mod training;
