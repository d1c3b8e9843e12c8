//! Pictures are parsed back and measured.
#![allow(clippy::unwrap_used)]

mod bars;
mod colour;
mod common;
mod groups;
mod paper;
mod properties;
mod report;
mod xml;
