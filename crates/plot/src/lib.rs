//! Pictures of attributions: ECG paper, bars, graphs of interactions, and HTML reports.
//!
//! Everything here is a pure function from plain values to text: SVG for the pictures, a self-contained HTML page for
//! [`report_html`], [`interaction_html`] and [`records_html`]. Nothing is fetched, no script runs, and every string that
//! may have come from a file is escaped, so that a report can be mailed, archived and printed.
//!
//! | what | of a value per player | of interactions of any order |
//! |---|---|---|
//! | how large | [`player_bars_svg`], [`group_bars_svg`] | [`term_bars_svg`], [`upset_svg`], [`stacked_svg`] |
//! | who with whom | | [`network_svg`], [`si_graph_svg`], [`heatmap_svg`], [`group_heatmap_svg`] |
//! | how they add up | [`force_svg`], [`waterfall_svg`] | the same |
//! | where in the record | [`ecg_svg`] | [`arcs_svg`] |
//! | over several records | [`beeswarm_svg`] | the same |
//! | what goes without them | [`removal_svg`] | the same |
//!
//! Blue is negative and orange positive everywhere; where that could be lost in black and white, negative lines are
//! dashed and negative cells carry a mark. A picture shows the largest of what does not fit and says so.

mod arcs;
mod axis;
mod bars;
mod beeswarm;
pub mod colour;
mod dense;
mod force;
mod frame;
mod groups;
mod heatmap;
mod interaction_report;
mod layout;
mod legend;
mod links;
mod network;
mod number;
mod page;
mod paper;
mod places;
mod players;
mod records_report;
mod removal;
mod report;
mod si_graph;
mod stacked;
mod steps;
mod tables;
mod terms;
mod trace;
mod upset;
mod waterfall;
pub mod xml;

pub use arcs::arcs_svg;
pub use bars::{player_bars_svg, term_bars_svg};
pub use beeswarm::beeswarm_svg;
pub use dense::Dense;
pub use force::force_svg;
pub use groups::{Group, group_bars_svg};
pub use heatmap::{group_heatmap_svg, heatmap_svg};
pub use interaction_report::{InteractionReport, interaction_html};
pub use layout::Layout;
pub use network::network_svg;
pub use number::value_text;
pub use paper::{Picture, ecg_svg};
pub use records_report::{RecordsReport, records_html};
pub use removal::{Changes, removal_svg};
pub use report::{Prediction, Report, report_html};
pub use si_graph::si_graph_svg;
pub use stacked::stacked_svg;
pub use upset::upset_svg;
pub use waterfall::waterfall_svg;
