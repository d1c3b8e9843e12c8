//! Interactions as arcs between the parts of the trace that interact.

use einthoven_game::{NEVER_MASKED, Partition, Term};

use crate::frame::{self, Notes, text};
use crate::layout::{Layout, MARGIN, Sheet};
use crate::legend;
use crate::links::{LEGEND, Links};
use crate::network::left_out;
use crate::number::{counted, cut};
use crate::paper::{self, Picture};
use crate::players;
use crate::terms::Terms;
use crate::xml::{Xml, number};

/// Room for arcs beside or above the grid, in millimetres.
const ROOM: f64 = 42.0;
const NARROWEST: f64 = 200.0;
/// How far an arc within the grid is bent, in parts of its length.
const BEND: f64 = 0.22;
const ID: &str = "arcs";

/// Where arcs run.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Players are whole leads: to the right of the grid, from row to row.
    Leads,
    /// Players are stretches of time over all leads: above the grid.
    Windows,
    /// Anything else: over the traces, from cell to cell.
    Cells,
}

/// The ECG on paper, a row per lead and in true size, with an arc for each of the `top` strongest pairs: its width is in
/// proportion to the magnitude, its colour the sign, dashed where negative. Between leads the arcs run right of the
/// grid, between windows of time above it, else over the traces, from the middle of the longest stretch of one player
/// to that of the other. The colours behind the traces are the players' own values.
///
/// `None` without an attribution, or if no pair has a value other than zero. The picture's layout does not matter.
///
/// # Panics
/// If partition and record differ in shape.
pub fn arcs_svg(picture: &Picture, top: usize) -> Option<String> {
    let attribution = picture.attribution?;
    let terms = Terms::new(attribution);
    let sheet = paper::checked_sheet(picture, Layout::TwelveByOne);
    let kind = kind(picture.partition);
    let anchors = anchors(picture, &sheet, kind);
    let ends = |term: &Term| Some([anchor(&anchors, term.players[0])?, anchor(&anchors, term.players[1])?]);
    let pairs: Vec<&Term> = terms.of_order(2).collect();
    let drawn: Vec<(&Term, [[f64; 2]; 2])> =
        pairs.iter().filter_map(|&term| Some((term, ends(term)?))).take(top).collect();
    if drawn.is_empty() {
        return None;
    }
    let links = Links::new(drawn.iter().map(|pair| pair.0));
    let [above, beside] =
        [(Kind::Windows, ROOM), (Kind::Leads, ROOM)].map(|(own, room)| if kind == own { room } else { 0.0 });
    let width = (sheet.grid_width() + 2.0 * MARGIN + beside).max(NARROWEST);
    let higher = terms.ranked.iter().filter(|term| term.players.len() > 2).count();
    let higher = if higher > 0 {
        format!("not drawn: {} of more than two players", counted(higher, "term"))
    } else {
        String::new()
    };
    let notes =
        [left_out(drawn.len(), pairs.len(), "pairs, the strongest"), links.note(), higher, terms.not_finite_note()];
    let notes = Notes::new(notes, width);
    let legend_top = above + sheet.bottom() + paper::below(&sheet);
    let links_top = legend_top + legend::HEIGHT + 2.0;
    let mut svg = frame::sheet("arcs", picture.title, [width, links_top + LEGEND + notes.height()]);
    paper::heading(&mut svg, picture, width);
    svg.open("g").attr("transform", &format!("translate(0 {})", number(above)));
    paper::draw(&mut svg, picture, &sheet, ID);
    draw_arcs(&mut svg, &drawn, &links, kind, &terms);
    draw_anchors(&mut svg, picture, &anchors, &drawn, kind);
    svg.close();
    paper::draw_legend(&mut svg, picture, [MARGIN, legend_top], ID);
    links.legend(&mut svg, [MARGIN, links_top], "arcs: pairs", players::unit(attribution.link));
    notes.draw(&mut svg, links_top + LEGEND);
    Some(svg.finish())
}

fn kind(partition: &Partition) -> Kind {
    let leads: Vec<&[u32]> = partition.owner().chunks_exact(partition.n_samples().max(1)).collect();
    let whole = |lead: &&[u32]| lead.iter().all(|player| *player == lead[0]);
    if leads.iter().all(|lead| *lead == leads[0]) {
        return Kind::Windows;
    }
    let mut seen = std::collections::HashSet::new();
    let alone = |lead: &&[u32]| lead[0] == NEVER_MASKED || seen.insert(lead[0]);
    if leads.iter().all(whole) && leads.iter().all(alone) { Kind::Leads } else { Kind::Cells }
}

/// Where the arcs of each player end, `[players]`; `None` for players that are not on the sheet.
fn anchors(picture: &Picture, sheet: &Sheet, kind: Kind) -> Vec<Option<[f64; 2]>> {
    let rate = picture.record.rate;
    let mut longest: Vec<Option<(usize, usize, usize)>> = vec![None; picture.partition.n_players()];
    for panel in &sheet.panels {
        for (player, from, to) in paper::runs(picture.partition, panel) {
            let Some(place) = longest.get_mut(player as usize) else { continue };
            if place.is_none_or(|(_, first, last)| to - from > last - first) {
                *place = Some((panel.row, from, to));
            }
        }
    }
    let anchor = |(row, from, to): (usize, usize, usize)| {
        let row = sheet.rows[row];
        let x = (sheet.x(from as f64 / rate) + sheet.x(to as f64 / rate)) / 2.0;
        match kind {
            Kind::Leads => [MARGIN + sheet.grid_width(), row.zero],
            Kind::Windows => [x, sheet.top()],
            Kind::Cells => [x, (row.top + row.bottom) / 2.0],
        }
    };
    let is_finite = |at: &[f64; 2]| at.iter().all(|length| length.is_finite());
    longest.into_iter().map(|run| run.map(anchor).filter(is_finite)).collect()
}

fn anchor(anchors: &[Option<[f64; 2]>], player: u32) -> Option<[f64; 2]> {
    anchors.get(player as usize).copied().flatten()
}

fn draw_arcs(svg: &mut Xml, pairs: &[(&Term, [[f64; 2]; 2])], links: &Links, kind: Kind, terms: &Terms) {
    let span = |ends: &[[f64; 2]; 2]| (ends[1][0] - ends[0][0]).hypot(ends[1][1] - ends[0][1]);
    let widest = pairs.iter().map(|pair| span(&pair.1)).fold(0.0, f64::max);
    // Short arcs rise enough to be seen.
    let part = |ends| 0.15 + 0.85 * if widest > 0.0 { span(ends) / widest } else { 0.0 };
    let paths: Vec<String> = pairs.iter().map(|(_, ends)| path(*ends, kind, 0.92 * ROOM * part(ends))).collect();
    // A white rim under all arcs, so that they stand out from the colours and the trace but not from each other.
    for ((term, _), d) in pairs.iter().zip(&paths) {
        svg.open("path").attr("class", "halo").attr("d", d).attr("stroke", "#fff").attr("fill", "none");
        svg.num("stroke-width", links.width(term.value) + 0.8).num("opacity", 0.7).close();
    }
    for ((term, _), d) in pairs.iter().zip(&paths) {
        links.draw(svg, term, d, &terms.name(&term.players));
    }
}

/// The path of an arc that rises `height` beside or above the grid.
fn path([from, to]: [[f64; 2]; 2], kind: Kind, height: f64) -> String {
    let ([x1, y1], [x2, y2]) = if from[0] + from[1] <= to[0] + to[1] { (from, to) } else { (to, from) };
    let arc = |rx: f64, ry: f64| {
        let [x1, y1, rx, ry, x2, y2] = [x1, y1, rx, ry, x2, y2].map(number);
        format!("M{x1} {y1}A{rx} {ry} 0 0 1 {x2} {y2}")
    };
    match kind {
        Kind::Leads => arc(height, (y2 - y1) / 2.0),
        Kind::Windows => arc((x2 - x1) / 2.0, height),
        Kind::Cells => {
            let (dx, dy) = (x2 - x1, y2 - y1);
            // To the upper right, so that arcs of one row leave it.
            let side = if dy >= 0.0 { 1.0 } else { -1.0 };
            let control = [(x1 + x2) / 2.0 + side * BEND * dy, (y1 + y2) / 2.0 - side * BEND * dx];
            let [x1, y1, cx, cy, x2, y2] = [x1, y1, control[0], control[1], x2, y2].map(number);
            format!("M{x1} {y1}Q{cx} {cy} {x2} {y2}")
        }
    }
}

/// A point where arcs end, with the lead's name where they run beside the grid.
fn draw_anchors(
    svg: &mut Xml,
    picture: &Picture,
    anchors: &[Option<[f64; 2]>],
    pairs: &[(&Term, [[f64; 2]; 2])],
    kind: Kind,
) {
    let mut ended = vec![false; anchors.len()];
    pairs.iter().flat_map(|pair| &pair.0.players).for_each(|&player| ended[player as usize] = true);
    for (player, anchor) in anchors.iter().enumerate() {
        let Some([x, y]) = *anchor else { continue };
        if !ended[player] {
            continue;
        }
        svg.open("circle").attr("class", "anchor").num("cx", x).num("cy", y).num("r", 0.9).attr("fill", "#fff");
        svg.attr("stroke", "#000").num("stroke-width", 0.35).close();
        if kind == Kind::Leads {
            svg.open("g").attr("font-weight", "bold").attr("paint-order", "stroke").attr("stroke", "#fff");
            svg.num("stroke-width", 0.9);
            text(svg, [x - 2.0, y - 1.6], 3.2, "end", &cut(&picture.partition.names()[player], 14));
            svg.close();
        }
    }
}
