//! Horizontal bars with error bars.

use einthoven_game::Attribution;

use crate::colour::diverging;
use crate::number::{cut, tick_text, ticks, value_with_error};
use crate::players::{self, Player};
use crate::xml::{Xml, number};

const WIDTH: f64 = 136.0;
/// Where the axis starts and ends; names stand left of it, numbers right.
const AXIS: [f64; 2] = [40.0, 101.0];
const TOP: f64 = 12.0;
const ROW: f64 = 6.0;
/// Letters of a name that fit at full size, and at the smaller size that longer names get.
const NAME_LETTERS: [usize; 2] = [20, 26];

/// A chart of bars.
pub(crate) struct Bars<'a> {
    pub title: String,
    pub unit: &'a str,
    /// A line below the axis.
    pub note: String,
    pub bars: Vec<Player>,
}

/// The `top` players of the largest magnitude as bars, with one standard error to either side where there is one.
pub fn player_bars_svg(attribution: &Attribution, top: usize) -> String {
    let mut ranked = players::ranked(attribution);
    let count = ranked.len();
    ranked.truncate(top);
    let what = players::index_words(attribution);
    let title = if ranked.len() < count {
        format!("{what} for {}: the {} largest of {count} players", cut(&attribution.output, 24), ranked.len())
    } else {
        format!("{what} for {}: {count} players", cut(&attribution.output, 24))
    };
    let note = if ranked.iter().any(|player| player.std_err.is_some()) {
        "bars end at the value; whiskers are one standard error to either side".to_owned()
    } else {
        String::new()
    };
    draw(&Bars { title, unit: players::unit(attribution.link), note, bars: ranked })
}

/// Draws a chart.
pub(crate) fn draw(chart: &Bars) -> String {
    let bottom = TOP + ROW * chart.bars.len() as f64;
    let height = bottom + if chart.note.is_empty() { 11.0 } else { 15.5 };
    let mut svg = Xml::new();
    svg.open("svg").attr("xmlns", "http://www.w3.org/2000/svg").attr("class", "bars").attr("role", "img");
    svg.attr("width", &format!("{}mm", number(WIDTH))).attr("height", &format!("{}mm", number(height)));
    svg.attr("viewBox", &format!("0 0 {} {}", number(WIDTH), number(height)));
    svg.attr("font-family", "Helvetica, Arial, 'Liberation Sans', sans-serif");
    svg.leaf("title", &chart.title);
    svg.open("rect").num("width", WIDTH).num("height", height).attr("fill", "#fff").close();
    svg.open("text").num("x", 2.0).num("y", 6.0).num("font-size", 4.0).attr("font-weight", "bold");
    svg.text(&cut(&chart.title, 58)).close();
    let range = Range::of(&chart.bars);
    axis(&mut svg, &range, bottom, chart.unit);
    for (index, bar) in chart.bars.iter().enumerate() {
        draw_bar(&mut svg, bar, &range, TOP + ROW * index as f64);
    }
    let zero = number(range.x(0.0));
    svg.open("path").attr("class", "zero").attr("d", &format!("M{zero} {}V{}", number(TOP - 1.0), number(bottom)));
    svg.attr("stroke", "#000").num("stroke-width", 0.25).close();
    if !chart.note.is_empty() {
        text(&mut svg, [2.0, bottom + 13.2], 2.8, "start", &chart.note);
    }
    svg.finish()
}

/// The stretch of numbers that the axis covers; zero is always in it.
struct Range {
    low: f64,
    high: f64,
}

impl Range {
    fn of(bars: &[Player]) -> Self {
        let (mut low, mut high) = (0.0_f64, 0.0_f64);
        for bar in bars.iter().filter(|bar| bar.value.is_finite()) {
            let error = error_of(bar);
            low = low.min(bar.value - error);
            high = high.max(bar.value + error);
        }
        // An eighth of the largest number keeps the differences below finite.
        let most = f64::MAX / 8.0;
        let (low, high) = (low.max(-most), high.min(most));
        if high - low < 1e-290 { Self { low: 0.0, high: 1.0 } } else { Self { low, high } }
    }

    /// Position of a value on the axis, in millimetres.
    fn x(&self, value: f64) -> f64 {
        let part = (value.clamp(self.low, self.high) - self.low) / (self.high - self.low);
        AXIS[0] + (AXIS[1] - AXIS[0]) * part
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
        text(svg, [x, bottom + 4.6], 2.8, "middle", &tick_text(*tick, step));
    }
    text(svg, [(AXIS[0] + AXIS[1]) / 2.0, bottom + 8.8], 2.8, "middle", unit);
}

fn draw_bar(svg: &mut Xml, bar: &Player, range: &Range, top: f64) {
    let middle = top + ROW / 2.0;
    svg.open("g").attr("class", "bar");
    svg.leaf("title", &format!("{}: {}", bar.name, value_with_error(bar.value, bar.std_err)));
    let name_size = if bar.name.chars().count() > NAME_LETTERS[0] { 2.5 } else { 3.2 };
    text(svg, [AXIS[0] - 2.0, middle + 1.1], name_size, "end", &cut(&bar.name, NAME_LETTERS[1]));
    text(svg, [AXIS[1] + 3.0, middle + 1.1], 3.0, "start", &value_with_error(bar.value, bar.std_err));
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

fn text(svg: &mut Xml, [x, y]: [f64; 2], size: f64, anchor: &str, content: &str) {
    svg.open("text").num("x", x).num("y", y).num("font-size", size).attr("text-anchor", anchor).text(content).close();
}
