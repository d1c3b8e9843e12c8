//! The legend of a coloured ECG: a colour bar with numbers, its unit, and which way the colours point.

use crate::colour::{Scale, diverging};
use crate::frame::{SMALL, text};
use crate::number::{cut, value_text};
use crate::xml::Xml;

/// Height of the legend in millimetres.
pub(crate) const HEIGHT: f64 = 17.0;
const BAR: f64 = 100.0;
const THICKNESS: f64 = 4.0;

/// What the legend says.
pub(crate) struct Legend<'a> {
    pub scale: Scale,
    /// What the values are, such as `Shapley values`.
    pub what: String,
    pub unit: &'a str,
    pub output: &'a str,
    /// What else there is to say, at most three lines.
    pub lines: Vec<String>,
}

/// Draws the legend with its upper left corner at (`x`, `y`); `id` tells its gradient from those of other pictures.
pub(crate) fn draw(svg: &mut Xml, legend: &Legend, x: f64, y: f64, id: &str) {
    let Legend { scale, output, .. } = legend;
    let output = cut(output, 24);
    let caption = format!("{} for {output}, in {}", legend.what, legend.unit);
    text(svg, [x, y + 2.6], SMALL, "start", &caption);
    bar(svg, scale, [x, y + 4.2], BAR, id);
    let mut lines = legend.lines.clone();
    if scale.is_clipped() {
        let largest = value_text(scale.largest()).replace('+', "");
        lines.push(format!("saturated at the {}th percentile; the largest magnitude is {largest}", scale.percentile()));
    }
    if scale.limit() == 0.0 {
        lines.push("all values are zero".to_owned());
    }
    for (index, line) in lines.iter().enumerate() {
        text(svg, [x + BAR + 6.0, y + 2.6 + 3.6 * index as f64], SMALL, "start", line);
    }
}

/// Draws a bar of the colours of a scale, its upper left corner at (`x`, `y`), and numbers below it: ten millimetres
/// in all.
pub(crate) fn bar(svg: &mut Xml, scale: &Scale, [x, y]: [f64; 2], width: f64, id: &str) {
    let positions: &[f64] = if scale.is_signed() { &[-1.0, -0.5, 0.0, 0.5, 1.0] } else { &[0.0, 0.25, 0.5, 0.75, 1.0] };
    let part = |position: f64| if scale.is_signed() { (position + 1.0) / 2.0 } else { position };
    svg.open("linearGradient").attr("id", id);
    for &position in positions {
        svg.open("stop").num("offset", part(position)).attr("stop-color", &diverging(position)).close();
    }
    svg.close();
    svg.open("rect").attr("class", "colour-bar").num("x", x).num("y", y).num("width", width).num("height", THICKNESS);
    svg.attr("fill", &format!("url(#{id})")).attr("stroke", "#555").num("stroke-width", 0.15).close();
    for (&position, anchor) in positions.iter().zip(["start", "middle", "middle", "middle", "end"]) {
        let at = x + width * part(position);
        svg.open("path").attr("d", &format!("M{0:.2} {1:.2}v1", at, y + THICKNESS));
        svg.attr("stroke", "#555").num("stroke-width", 0.15).close();
        let mut words = value_text(position * scale.limit());
        if scale.is_clipped() && position.abs() == 1.0 {
            words.insert_str(0, if position < 0.0 { "≤ " } else { "≥ " });
        }
        text(svg, [at, y + THICKNESS + 4.0], SMALL, anchor, &words);
    }
}
