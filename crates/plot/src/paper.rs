//! The electrocardiogram on its paper, with the attribution as a colour behind the trace.
//!
//! The picture has its true size: one small box is 1 mm, 40 ms and 0.1 mV, so that a printed sheet can be measured
//! with a ruler. A cell of the input has the colour of its player's whole value, not of the value per sample: the
//! colour is the number that stands in the table, and a small player that matters is not outshone by a long one. A map
//! of single cells, where there is one, takes the players' place.

use einthoven_ecg::Record;
use einthoven_game::{Attribution, NEVER_MASKED, Partition};

use crate::colour::Scale;
use crate::dense::{Dense, Overlay};
use crate::frame::{self, SMALL, text};
use crate::layout::{Layout, MARGIN, MM_PER_MV, Panel, Sheet};
use crate::legend::{self, Legend};
use crate::number::{cut, seconds_text, value_text};
use crate::players::{self, Player};
use crate::trace;
use crate::xml::{Xml, number};

const TIME_AXIS: f64 = 7.0;
const NOTE_LINE: f64 = 4.0;
const NARROWEST: f64 = 200.0;
/// The colours of small and large boxes: those of ECG paper, and greys, among which the pale colours of a map are not
/// taken for lines.
const RED: [&str; 2] = ["#f4c6cd", "#e59aa6"];
const GREY: [&str; 2] = ["#e6e6e6", "#c8c8c8"];

/// What is drawn by [`ecg_svg`].
#[derive(Clone, Copy, Debug)]
pub struct Picture<'a> {
    /// The signal as the model saw it.
    pub record: &'a Record,
    /// Which player owns which cell of `record`; of the same shape.
    pub partition: &'a Partition,
    /// The values to colour by; without them the bare ECG is drawn.
    pub attribution: Option<&'a Attribution>,
    /// Values of single cells to colour by instead of those of players; the attribution says of which output.
    pub dense: Option<Dense<'a>>,
    /// Arrangement of the leads.
    pub layout: Layout,
    /// Heading of the picture.
    pub title: &'a str,
    /// Where `record` starts in the longer record it was cut from, in seconds; shifts the time marks.
    pub start: f64,
}

/// The ECG as an SVG of true size.
///
/// # Panics
/// If partition or map and record differ in shape.
pub fn ecg_svg(picture: &Picture) -> String {
    let sheet = checked_sheet(picture, picture.layout);
    let id = match picture.layout {
        Layout::ThreeByFour => "ecg3x4",
        Layout::TwelveByOne => "ecg12x1",
    };
    let width = (sheet.grid_width() + 2.0 * MARGIN).max(NARROWEST);
    let legend_top = sheet.bottom() + below(&sheet);
    let height = legend_top + if picture.attribution.is_some() { legend::HEIGHT } else { 0.0 } + 2.0;
    let mut svg = frame::sheet("ecg", picture.title, [width, height]);
    heading(&mut svg, picture, width);
    draw(&mut svg, picture, &sheet, id);
    draw_legend(&mut svg, picture, [MARGIN, legend_top], id);
    svg.finish()
}

/// Lays a picture out.
///
/// # Panics
/// If partition or map and record differ in shape.
pub(crate) fn checked_sheet(picture: &Picture, layout: Layout) -> Sheet {
    let Picture { record, partition, .. } = *picture;
    let shapes = [(record.n_leads(), record.n_samples()), (partition.n_leads(), partition.n_samples())];
    assert_eq!(shapes[0], shapes[1], "[leads, samples] of the record and of the partition");
    if let Some(dense) = picture.dense {
        assert_eq!(dense.cells.len(), record.signal().len(), "cells of the map and of the record");
    }
    Sheet::new(record, layout)
}

/// Height of the time axis and the notes below the grid.
pub(crate) fn below(sheet: &Sheet) -> f64 {
    TIME_AXIS + NOTE_LINE * sheet.notes.len() as f64
}

/// Draws the grid and what is on it, the time axis and the notes.
pub(crate) fn draw(svg: &mut Xml, picture: &Picture, sheet: &Sheet, id: &str) {
    if let Some(attribution) = picture.attribution {
        match overlay(picture) {
            Some((overlay, unit)) => overlay.draw(svg, picture, sheet, unit),
            None => bands(svg, picture, sheet, &players::players(attribution), scale(attribution)),
        }
    }
    grid(svg, sheet, id, if picture.dense.is_some() { GREY } else { RED });
    traces(svg, picture.record, sheet);
    time_axis(svg, sheet, picture.start);
    for (index, note) in sheet.notes.iter().enumerate() {
        let y = sheet.bottom() + TIME_AXIS + NOTE_LINE * index as f64 + 2.0;
        text(svg, [MARGIN, y], SMALL, "start", &cut(note, 120));
    }
}

/// Draws the legend of the colours behind the traces, if there are any.
pub(crate) fn draw_legend(svg: &mut Xml, picture: &Picture, [x, y]: [f64; 2], id: &str) {
    let Some(attribution) = picture.attribution else { return };
    let legend = match overlay(picture) {
        Some((overlay, unit)) => overlay.legend(attribution, unit),
        None => player_legend(picture, attribution),
    };
    legend::draw(svg, &legend, x, y, &format!("{id}-colours"));
}

fn player_legend<'a>(picture: &Picture, attribution: &'a Attribution) -> Legend<'a> {
    let mut lines = vec![
        players::colour_words(attribution),
        "each cell has the colour of its player's whole value, as in the table".to_owned(),
    ];
    if picture.partition.owner().contains(&NEVER_MASKED) {
        lines.push("uncoloured: belongs to no player".to_owned());
    }
    Legend {
        scale: scale(attribution),
        what: players::index_words(attribution),
        unit: players::unit(attribution.link),
        output: &attribution.output,
        lines,
    }
}

/// The map of cells in columns, and its unit, if there is one.
fn overlay<'a>(picture: &Picture<'a>) -> Option<(Overlay, &'a str)> {
    picture.dense.map(|dense| (Overlay::new(&dense, picture.record), dense.unit))
}

fn scale(attribution: &Attribution) -> Scale {
    Scale::new(players::players(attribution).iter().map(|player| player.value))
}

pub(crate) fn heading(svg: &mut Xml, picture: &Picture, width: f64) {
    let fitting = |size: f64| ((width - 2.0 * MARGIN) / (0.55 * size)) as usize;
    svg.open("text").num("x", MARGIN).num("y", 6.2).num("font-size", 4.4).attr("font-weight", "bold");
    svg.text(&cut(picture.title, fitting(4.6))).close();
    let record = picture.record;
    let mut line = format!(
        "25 mm/s, 10 mm/mV · {} leads, {} s at {} Hz",
        record.n_leads(),
        seconds_text(record.seconds()),
        number(record.rate)
    );
    if let Some(attribution) = picture.attribution {
        line.push_str(&format!(" · explained: {} ({})", attribution.output, players::unit(attribution.link)));
    }
    text(svg, [MARGIN, 11.4], 3.0, "start", &cut(&line, fitting(3.0)));
}

/// A coloured band per run of cells of one player, row by row.
fn bands(svg: &mut Xml, picture: &Picture, sheet: &Sheet, players: &[Player], scale: Scale) {
    let rate = picture.record.rate;
    svg.open("g").attr("class", "bands").attr("shape-rendering", "crispEdges");
    for panel in &sheet.panels {
        let row = sheet.rows[panel.row];
        for (player, from, to) in runs(picture.partition, panel) {
            let Some(player) = players.get(player as usize) else { continue };
            let Some(colour) = scale.colour(player.value) else { continue };
            let (left, right) = (sheet.x(from as f64 / rate), sheet.x(to as f64 / rate));
            svg.open("rect").num("x", left).num("y", row.top).num("width", right - left);
            svg.num("height", row.bottom - row.top).attr("fill", &colour);
            svg.leaf("title", &format!("{}: {}", player.name, value_text(player.value))).close();
        }
    }
    svg.close();
}

/// The runs of cells of one player in a panel: owner, first sample, sample after the last.
pub(crate) fn runs(partition: &Partition, panel: &Panel) -> Vec<(u32, usize, usize)> {
    let start = panel.lead * partition.n_samples();
    let owners = &partition.owner()[start..start + partition.n_samples()][panel.samples.clone()];
    let mut from = panel.samples.start;
    let mut runs = Vec::new();
    for run in owners.chunk_by(|a, b| a == b) {
        runs.push((run[0], from, from + run.len()));
        from += run.len();
    }
    runs
}

/// Small boxes of 1 mm and large ones of 5 mm, as two patterns of these colours.
fn grid(svg: &mut Xml, sheet: &Sheet, id: &str, [small, large]: [&str; 2]) {
    let (x, y, width, height) = (MARGIN, sheet.top(), sheet.grid_width(), sheet.bottom() - sheet.top());
    svg.open("defs");
    for (size, name, colour, line) in [(1.0, "small", small, 0.08), (5.0, "large", large, 0.16)] {
        svg.open("pattern").attr("id", &format!("{id}-{name}")).attr("patternUnits", "userSpaceOnUse");
        svg.num("x", x).num("y", y).num("width", size).num("height", size);
        svg.open("path").attr("d", &format!("M0 0H{size}M0 0V{size}")).attr("stroke", colour);
        svg.num("stroke-width", 2.0 * line).close().close();
    }
    svg.close();
    for name in ["small", "large"] {
        svg.open("rect").attr("class", "grid").num("x", x).num("y", y).num("width", width).num("height", height);
        svg.attr("fill", &format!("url(#{id}-{name})")).attr("style", "mix-blend-mode:multiply").close();
    }
    svg.open("rect").num("x", x).num("y", y).num("width", width).num("height", height).attr("fill", "none");
    svg.attr("stroke", large).num("stroke-width", 0.2).close();
}

/// One path per lead and row, its name, and a calibration pulse per row.
fn traces(svg: &mut Xml, record: &Record, sheet: &Sheet) {
    svg.open("g").attr("fill", "none").attr("stroke", "#000").num("stroke-width", 0.25);
    svg.attr("stroke-linejoin", "round");
    for row in &sheet.rows {
        let pulse = format!("M{} {}h2.5v-{MM_PER_MV}h5v{MM_PER_MV}h2.5", number(MARGIN), number(row.zero));
        svg.open("path").attr("class", "calibration").attr("d", &pulse).close();
    }
    for panel in &sheet.panels {
        let samples = &record.lead(panel.lead)[panel.samples.clone()];
        let points = samples.iter().zip(panel.samples.clone()).map(|(&mv, sample)| {
            let seconds = sample as f64 / record.rate;
            let y = if mv.is_finite() { sheet.y(panel.row, panel.lead, f64::from(mv)) } else { f64::NAN };
            (sheet.x(seconds), y)
        });
        svg.open("path").attr("class", "trace").attr("data-lead", &record.leads[panel.lead]);
        svg.attr("d", &trace::path(points)).close();
        if panel.samples.start > 0 {
            let row = sheet.rows[panel.row];
            let border = sheet.x(panel.samples.start as f64 / record.rate);
            let mark = format!("M{} {}v2.5M{0} {}v-2.5", number(border), number(row.top), number(row.bottom));
            svg.open("path").attr("class", "border").attr("d", &mark).close();
        }
    }
    svg.close();
    for panel in &sheet.panels {
        let x = sheet.x(panel.samples.start as f64 / record.rate) + 1.2;
        let y = sheet.rows[panel.row].top + 4.2;
        svg.open("text").attr("class", "lead").num("x", x).num("y", y).num("font-size", 3.8);
        svg.attr("font-weight", "bold").attr("paint-order", "stroke").attr("stroke", "#fff").num("stroke-width", 0.9);
        svg.attr("stroke-linejoin", "round").text(&cut(&record.leads[panel.lead], 14)).close();
    }
}

/// A mark per second below the grid.
fn time_axis(svg: &mut Xml, sheet: &Sheet, start: f64) {
    let y = sheet.bottom();
    let last = (sheet.seconds + 1e-9).floor() as usize;
    for second in 0..=last {
        let x = sheet.x(second as f64);
        svg.open("path").attr("class", "time").attr("d", &format!("M{} {}v1.5", number(x), number(y)));
        svg.attr("stroke", "#333").num("stroke-width", 0.2).close();
        let unit = if second == last { " s" } else { "" };
        text(svg, [x, y + 4.4], SMALL, "middle", &format!("{}{unit}", seconds_text(start + second as f64)));
    }
}
