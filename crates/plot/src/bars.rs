//! Horizontal bars with error bars.

use einthoven_game::Attribution;

use crate::axis::Axis;
use crate::colour::diverging;
use crate::frame::{self, Notes, text};
use crate::number::{cut_product, value_with_error};
use crate::players::{self, Player};
use crate::terms::{self, Terms};
use crate::xml::{Xml, number};

/// Length of the axis; names stand left of it, numbers right.
const AXIS: f64 = 61.0;
/// Room for numbers.
const NUMBERS: f64 = 35.0;
const TOP: f64 = 12.0;
const ROW: f64 = 6.0;
/// Room for names of players, and of terms of several players.
pub(crate) const NAMES: [f64; 2] = [40.0, 66.0];
const WHISKERS: &str = "bars end at the value; whiskers are one standard error to either side";

/// A chart of bars.
pub(crate) struct Bars<'a> {
    pub title: String,
    pub unit: &'a str,
    /// Room for the names, in millimetres.
    pub names: f64,
    /// Lines below the axis.
    pub notes: Vec<String>,
    pub bars: Vec<Player>,
}

/// The `top` players of the largest magnitude as bars, with one standard error to either side where there is one.
pub fn player_bars_svg(attribution: &Attribution, top: usize) -> String {
    let mut ranked = players::ranked(attribution);
    let count = ranked.len();
    ranked.truncate(top);
    let note = if ranked.iter().any(|player| player.std_err.is_some()) { WHISKERS } else { "" };
    draw(&Bars {
        title: terms::title(attribution, ranked.len(), count, "player"),
        unit: players::term_unit(attribution),
        names: NAMES[0],
        notes: vec![note.to_owned()],
        bars: ranked,
    })
}

/// The `top` terms of the largest magnitude as bars, whatever their order, such as `I × V2` for a pair; with one
/// standard error to either side where there is one. Players and terms that were left out of the attribution are left
/// out here.
pub fn term_bars_svg(attribution: &Attribution, top: usize) -> String {
    let terms = Terms::new(attribution);
    let bar = |term: &&einthoven_game::Term| Player {
        name: terms.name(&term.players),
        value: term.value,
        std_err: term.std_err,
    };
    let bars: Vec<Player> = terms.ranked.iter().take(top).map(bar).collect();
    let whiskers = if bars.iter().any(|bar| bar.std_err.is_some_and(|error| error > 0.0)) { WHISKERS } else { "" };
    draw(&Bars {
        title: terms::title(attribution, bars.len(), terms.ranked.len(), "term"),
        unit: players::term_unit(attribution),
        names: NAMES[1],
        notes: vec![whiskers.to_owned(), terms.not_finite_note()],
        bars,
    })
}

/// Draws a chart.
pub(crate) fn draw(chart: &Bars) -> String {
    let bottom = TOP + ROW * chart.bars.len() as f64;
    let width = chart.names + AXIS + NUMBERS;
    let notes = Notes::new(chart.notes.iter().cloned(), width);
    let height = bottom + 10.0 + notes.height();
    let mut svg = frame::titled("bars", &chart.title, [width, height]);
    let axis = axis_of(chart);
    axis.draw_across(&mut svg, [TOP - 1.0, bottom], chart.unit);
    for (index, bar) in chart.bars.iter().enumerate() {
        draw_bar(&mut svg, bar, &axis, chart.names, TOP + ROW * index as f64);
    }
    let zero = number(axis.at(0.0));
    svg.open("path").attr("class", "zero").attr("d", &format!("M{zero} {}V{}", number(TOP - 1.0), number(bottom)));
    svg.attr("stroke", "#000").num("stroke-width", 0.25).close();
    notes.draw(&mut svg, bottom + 10.0);
    svg.finish()
}

/// The axis covers all bars with their whiskers; zero is always in it.
fn axis_of(chart: &Bars) -> Axis {
    let ends = |bar: &Player| [bar.value - error_of(bar), bar.value + error_of(bar)];
    let bars = chart.bars.iter().filter(|bar| bar.value.is_finite());
    Axis::new(bars.flat_map(ends).chain([0.0]), [chart.names, chart.names + AXIS])
}

fn error_of(bar: &Player) -> f64 {
    bar.std_err.filter(|error| error.is_finite()).unwrap_or(0.0)
}

fn draw_bar(svg: &mut Xml, bar: &Player, axis: &Axis, left: f64, top: f64) {
    let middle = top + ROW / 2.0;
    svg.open("g").attr("class", "bar");
    svg.leaf("title", &format!("{}: {}", bar.name, value_with_error(bar.value, bar.std_err)));
    name(svg, [left - 2.0, middle + 1.1], left - 4.0, &bar.name);
    text(svg, [left + AXIS + 3.0, middle + 1.1], 3.0, "start", &value_with_error(bar.value, bar.std_err));
    if bar.value.is_finite() {
        let (from, to) = (axis.at(0.0), axis.at(bar.value));
        svg.open("rect").num("x", from.min(to)).num("y", top + 1.0).num("width", (to - from).abs());
        svg.num("height", ROW - 2.0).attr("fill", &diverging(if bar.value < 0.0 { -1.0 } else { 1.0 })).close();
        let error = error_of(bar);
        if error > 0.0 {
            let (left, right) = (number(axis.at(bar.value - error)), number(axis.at(bar.value + error)));
            let (above, cap) = (number(middle - 1.0), number(middle));
            let path = format!("M{left} {cap}H{right}M{left} {above}v2M{right} {above}v2");
            svg.open("path").attr("class", "error").attr("d", &path).attr("stroke", "#222");
            svg.num("stroke-width", 0.3).attr("fill", "none").close();
        }
    }
    svg.close();
}

/// Writes a name that ends at `at`, in smaller letters if it is long, cut if it is longer still.
pub(crate) fn name(svg: &mut Xml, at: [f64; 2], room: f64, name: &str) {
    let size = if frame::width_of(name, 3.2) > room { 2.5 } else { 3.2 };
    text(svg, at, size, "end", &cut_product(name, frame::letters(room, size)));
}
