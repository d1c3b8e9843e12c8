//! The pictures of interactions, and the files they become.

use std::io::Write;
use std::path::Path;

use einthoven_game::{Attribution, file};
use einthoven_plot::{
    Group, Picture, arcs_svg, force_svg, group_heatmap_svg, heatmap_svg, network_svg, si_graph_svg, stacked_svg,
    term_bars_svg, upset_svg, waterfall_svg,
};

use crate::Result;

/// Terms in pictures that show them one by one.
const TOP: usize = 20;

/// The files of [`interaction_pictures`].
pub(crate) const FILES: [&str; 11] = [
    "network.svg",
    "si-graph.svg",
    "heatmap.svg",
    "heatmap-leads.svg",
    "heatmap-windows.svg",
    "force.svg",
    "waterfall.svg",
    "bars.svg",
    "upset.svg",
    "stacked.svg",
    "arcs.svg",
];

/// Pictures of interactions as SVG, by the names of their files: network and SI-graph, heat maps of pairs, force, waterfall,
/// bars, upset, stacked bars of n-SII; with a record also arcs over it, and sums per lead and window where players are
/// smaller.
pub fn interaction_pictures(attribution: &Attribution, picture: Option<&Picture<'_>>) -> Vec<(&'static str, String)> {
    let of_groups = |group| picture.and_then(|picture| group_heatmap_svg(picture, group));
    let drawn = [
        Some(network_svg(attribution)),
        Some(si_graph_svg(attribution, TOP, None)),
        Some(heatmap_svg(attribution)),
        of_groups(Group::Leads),
        of_groups(Group::Windows),
        Some(force_svg(attribution, TOP)),
        Some(waterfall_svg(attribution, TOP)),
        Some(term_bars_svg(attribution, TOP)),
        Some(upset_svg(attribution, TOP)),
        Some(stacked_svg(attribution)),
        picture.and_then(|picture| arcs_svg(picture, TOP)),
    ];
    FILES.into_iter().zip(drawn).filter_map(|(name, svg)| Some((name, svg?))).collect()
}

/// Writes text files into a folder, each whole or not at all.
pub fn save_texts(folder: &Path, texts: &[(&str, String)]) -> Result<()> {
    for (name, text) in texts {
        file::write_atomic(&folder.join(name), |out| out.write_all(text.as_bytes()))?;
    }
    Ok(())
}
