//! The pictures of interactions, and the files they become.

use std::io::Write;
use std::path::Path;

use einthoven_game::{Attribution, file};
use einthoven_plot::{
    Group, Picture, arcs_svg, force_svg, group_heatmap_svg, heatmap_svg, network_svg, si_graph_svg, stacked_svg,
    term_bars_svg, upset_svg, waterfall_svg,
};

use crate::explanation::RESULTS;
use crate::{Error, Result, removal};

/// Terms in pictures that show them one by one.
const TOP: usize = 20;

/// The files of [`interaction_pictures`].
const FILES: [&str; 11] = [
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
/// bars, upset, stacked bars of n-SII; of single players only those that need no pairs. With a record also arcs over it, and sums per lead and window where players are
/// smaller.
pub fn interaction_pictures(attribution: &Attribution, picture: Option<&Picture<'_>>) -> Vec<(&'static str, String)> {
    let pairs = attribution.max_order > 1;
    let of_groups = |group| picture.and_then(|picture| group_heatmap_svg(picture, group));
    let drawn = [
        pairs.then(|| network_svg(attribution)),
        pairs.then(|| si_graph_svg(attribution, TOP, None)),
        pairs.then(|| heatmap_svg(attribution)),
        of_groups(Group::Leads),
        of_groups(Group::Windows),
        Some(force_svg(attribution, TOP)),
        Some(waterfall_svg(attribution, TOP)),
        Some(term_bars_svg(attribution, TOP)),
        pairs.then(|| upset_svg(attribution, TOP)),
        pairs.then(|| stacked_svg(attribution)),
        picture.and_then(|picture| arcs_svg(picture, TOP)),
    ];
    FILES.into_iter().zip(drawn).filter_map(|(name, svg)| Some((name, svg?))).collect()
}

/// Removes what an earlier run has left in a folder: results, pictures, and files in shapiq's layout. Other files stay.
pub fn clear_results(folder: &Path) -> Result<()> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let ours =
            RESULTS.iter().chain(&FILES).chain(&removal::FILES).chain(&["beeswarm.svg"]).any(|ours| *ours == name);
        if ours || (name.starts_with("shapiq-") && name.ends_with(".json")) {
            let failed =
                |error: std::io::Error| Error::File { action: "remove", path: path.clone(), reason: error.to_string() };
            std::fs::remove_file(&path).map_err(failed)?;
        }
    }
    Ok(())
}

/// Writes text files into a folder, each whole or not at all.
pub fn save_texts(folder: &Path, texts: &[(&str, String)]) -> Result<()> {
    for (name, text) in texts {
        file::write_atomic(&folder.join(name), |out| out.write_all(text.as_bytes()))?;
    }
    Ok(())
}
