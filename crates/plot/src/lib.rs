//! Pictures of attributions: ECG paper, bars, and the HTML report.
//!
//! Everything here is a pure function from plain values to text: SVG for [`ecg_svg`], [`player_bars_svg`] and
//! [`group_bars_svg`], a self-contained HTML page for [`report_html`]. Nothing is fetched, no script runs, and every
//! string that may have come from a file is escaped, so that a report can be mailed, archived and printed.

mod arcs;
mod axis;
mod bars;
mod beeswarm;
pub mod colour;
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
pub use force::force_svg;
pub use groups::{Group, group_bars_svg};
pub use heatmap::{group_heatmap_svg, heatmap_svg};
pub use interaction_report::{InteractionReport, interaction_html};
pub use layout::Layout;
pub use network::network_svg;
pub use number::value_text;
pub use paper::{Picture, ecg_svg};
pub use records_report::{RecordsReport, records_html};
pub use report::{Prediction, Report, report_html};
pub use si_graph::si_graph_svg;
pub use stacked::stacked_svg;
pub use upset::upset_svg;
pub use waterfall::waterfall_svg;
