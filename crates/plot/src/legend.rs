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
    /// What the colours say.
    pub colours: String,
    /// Whether some cells belong to no player.
    pub has_unmasked: bool,
}

/// Draws the legend with its upper left corner at (`x`, `y`); `id` tells its gradient from those of other pictures.
pub(crate) fn draw(svg: &mut Xml, legend: &Legend, x: f64, y: f64, id: &str) {
    let Legend { scale, output, .. } = legend;
    let output = cut(output, 24);
    let caption = format!("{} for {output}, in {}", legend.what, legend.unit);
    text(svg, [x, y + 2.6], SMALL, "start", &caption);
    bar(svg, scale, [x, y + 4.2], BAR, id);
    let mut lines = vec![legend.colours.clone()];
    lines.push("each cell has the colour of its player's whole value, as in the table".to_owned());
    if scale.is_clipped() {
        let largest = value_text(scale.largest()).replace('+', "");
        lines.push(format!("saturated at the 99th percentile; the largest magnitude is {largest}"));
    }
    if scale.limit() == 0.0 {
        lines.push("all values are zero".to_owned());
    }
    if legend.has_unmasked {
        lines.push("uncoloured: belongs to no player".to_owned());
    }
    for (index, line) in lines.iter().enumerate() {
        text(svg, [x + BAR + 6.0, y + 2.6 + 3.6 * index as f64], SMALL, "start", line);
    }
}

/// Draws a bar of the colours of a scale, its upper left corner at (`x`, `y`), and numbers below it: ten millimetres
/// in all.
pub(crate) fn bar(svg: &mut Xml, scale: &Scale, [x, y]: [f64; 2], width: f64, id: &str) {
    gradient(svg, id);
    svg.open("rect").attr("class", "colour-bar").num("x", x).num("y", y).num("width", width).num("height", THICKNESS);
    svg.attr("fill", &format!("url(#{id})")).attr("stroke", "#555").num("stroke-width", 0.15).close();
    for (position, anchor) in [(-1.0, "start"), (-0.5, "middle"), (0.0, "middle"), (0.5, "middle"), (1.0, "end")] {
        let at = x + width * (position + 1.0) / 2.0;
        svg.open("path").attr("d", &format!("M{0:.2} {1:.2}v1", at, y + THICKNESS));
        svg.attr("stroke", "#555").num("stroke-width", 0.15).close();
        let mut words = value_text(position * scale.limit());
        if scale.is_clipped() && position.abs() == 1.0 {
            words.insert_str(0, if position < 0.0 { "≤ " } else { "≥ " });
        }
        text(svg, [at, y + THICKNESS + 4.0], SMALL, anchor, &words);
    }
}

fn gradient(svg: &mut Xml, id: &str) {
    svg.open("linearGradient").attr("id", id);
    for position in [-1.0, -0.5, 0.0, 0.5, 1.0] {
        svg.open("stop").num("offset", (position + 1.0) / 2.0).attr("stop-color", &diverging(position)).close();
    }
    svg.close();
}
