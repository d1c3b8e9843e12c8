//! Tests of the plain values and of the games that need no network.
#![allow(clippy::unwrap_used)]

mod attributions;
mod coalitions;
mod exact;
mod files;
mod game_files;
mod numpy;
mod partitions;
mod streams;
