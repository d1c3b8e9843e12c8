//! Horizontal bars with error bars.

use einthoven_game::Attribution;

use crate::colour::diverging;
use crate::frame::{self, Notes, SMALL, text};
use crate::number::{cut, tick_text, ticks, value_with_error};
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
    /// A line below the axis.
    pub note: String,
    pub bars: Vec<Player>,
}

/// The `top` players of the largest magnitude as bars, with one standard error to either side where there is one.
pub fn player_bars_svg(attribution: &Attribution, top: usize) -> String {
    let mut ranked = players::ranked(attribution);
    let count = ranked.len();
    ranked.truncate(top);
    let note = if ranked.iter().any(|player| player.std_err.is_some()) { WHISKERS } else { "" };
    draw(&Bars {
        title: terms::title(attribution, ranked.len(), count, "players"),
        unit: players::unit(attribution.link),
        names: NAMES[0],
        note: note.to_owned(),
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
    let notes = [whiskers.to_owned(), terms.not_finite_note()];
    draw(&Bars {
        title: terms::title(attribution, bars.len(), terms.ranked.len(), "terms"),
        unit: players::unit(attribution.link),
        names: NAMES[1],
        note: notes.join(if notes.iter().any(String::is_empty) { "" } else { "; " }),
        bars,
    })
}

/// Draws a chart.
pub(crate) fn draw(chart: &Bars) -> String {
    let bottom = TOP + ROW * chart.bars.len() as f64;
    let width = chart.names + AXIS + NUMBERS;
    let notes = Notes::new([chart.note.clone()], width);
    let height = bottom + 10.0 + notes.height();
    let mut svg = frame::titled("bars", &chart.title, [width, height]);
    let range = Range::of(chart);
    axis(&mut svg, &range, bottom, chart.unit);
    for (index, bar) in chart.bars.iter().enumerate() {
        draw_bar(&mut svg, bar, &range, TOP + ROW * index as f64);
    }
    let zero = number(range.x(0.0));
    svg.open("path").attr("class", "zero").attr("d", &format!("M{zero} {}V{}", number(TOP - 1.0), number(bottom)));
    svg.attr("stroke", "#000").num("stroke-width", 0.25).close();
    notes.draw(&mut svg, bottom + 10.0);
    svg.finish()
}

/// The stretch of numbers that the axis covers; zero is always in it.
struct Range {
    /// Where the axis starts, in millimetres.
    left: f64,
    low: f64,
    high: f64,
}

impl Range {
    fn of(chart: &Bars) -> Self {
        let (mut low, mut high) = (0.0_f64, 0.0_f64);
        for bar in chart.bars.iter().filter(|bar| bar.value.is_finite()) {
            let error = error_of(bar);
            low = low.min(bar.value - error);
            high = high.max(bar.value + error);
        }
        // An eighth of the largest number keeps the differences below finite.
        let most = f64::MAX / 8.0;
        let (low, high) = (low.max(-most), high.min(most));
        let (low, high) = if high - low < 1e-290 { (0.0, 1.0) } else { (low, high) };
        Self { left: chart.names, low, high }
    }

    /// Position of a value on the axis, in millimetres.
    fn x(&self, value: f64) -> f64 {
        let part = (value.clamp(self.low, self.high) - self.low) / (self.high - self.low);
        self.left + AXIS * part
    }
}

fn error_of(bar: &Player) -> f64 {
    bar.std_err.filter(|error| error.is_finite()).unwrap_or(0.0)
}

fn axis(svg: &mut Xml, range: &Range, bottom: f64, unit: &str) {
    let ticks = ticks(range.low, range.high, 6);
    let step = if ticks.len() > 1 { ticks[1] - ticks[0] } else { 1.0 };
    for tick in &ticks {
        let x = range.x(*tick);
        svg.open("path").attr("class", "tick").attr("d", &format!("M{} {}V{}", number(x), TOP - 1.0, bottom + 1.2));
        svg.attr("stroke", "#ccc").num("stroke-width", 0.2).close();
        text(svg, [x, bottom + 4.6], SMALL, "middle", &tick_text(*tick, step));
    }
    text(svg, [range.left + AXIS / 2.0, bottom + 8.8], SMALL, "middle", unit);
}

fn draw_bar(svg: &mut Xml, bar: &Player, range: &Range, top: f64) {
    let middle = top + ROW / 2.0;
    svg.open("g").attr("class", "bar");
    svg.leaf("title", &format!("{}: {}", bar.name, value_with_error(bar.value, bar.std_err)));
    name(svg, [range.left - 2.0, middle + 1.1], range.left - 4.0, &bar.name);
    text(svg, [range.left + AXIS + 3.0, middle + 1.1], 3.0, "start", &value_with_error(bar.value, bar.std_err));
    if bar.value.is_finite() {
        let (from, to) = (range.x(0.0), range.x(bar.value));
        svg.open("rect").num("x", from.min(to)).num("y", top + 1.0).num("width", (to - from).abs());
        svg.num("height", ROW - 2.0).attr("fill", &diverging(if bar.value < 0.0 { -1.0 } else { 1.0 })).close();
        let error = error_of(bar);
        if error > 0.0 {
            let (left, right) = (number(range.x(bar.value - error)), number(range.x(bar.value + error)));
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
    text(svg, at, size, "end", &cut(name, frame::letters(room, size)));
}
