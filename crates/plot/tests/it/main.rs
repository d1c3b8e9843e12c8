//! Pictures are parsed back and measured.
#![allow(clippy::unwrap_used)]

mod arcs;
mod bars;
mod beeswarm;
mod colour;
mod common;
mod dense;
mod groups;
mod heatmap;
mod interaction_report;
mod network;
mod paper;
mod properties;
mod removal;
mod report;
mod stacked;
mod upset;
mod way;
mod xml;
