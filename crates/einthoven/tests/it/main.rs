//! Tests of the facade and of the program, in one binary.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod amortize;
mod amortize_labels;
mod control;
mod errors;
mod explain;
mod game;
mod gradient;
mod interact;
mod layers;
mod program;
mod real_records;
mod remove;
mod resume;
mod synth;
mod train;
mod trees;
mod value;
