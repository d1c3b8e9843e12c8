//! Tests of the plain values and of the games that need no network.
#![allow(clippy::unwrap_used)]

mod aggregates;
mod arithmetic;
mod attributions;
mod closed_forms;
mod coalitions;
mod definitions;
mod exact;
mod files;
mod game_files;
mod indices;
mod numpy;
mod partitions;
mod regressions;
mod selections;
mod shapiq;
mod streams;
mod tables;
mod transforms;
mod weights;
