//! Lines between players: how wide they are, what colour they have, and the legend that says so.

use einthoven_game::Term;

use crate::colour::{diverging, ink};
use crate::frame::{SMALL, text};
use crate::number::{value_text, value_with_error};
use crate::xml::{Xml, number};

/// Width of the strongest line in millimetres.
pub(crate) const WIDEST: f64 = 2.6;
/// Height of the legend.
pub(crate) const LEGEND: f64 = 16.0;
/// Opacity of a line whose sign is not certain.
const FAINT: f64 = 0.35;

/// One scale for the lines of a picture.
pub(crate) struct Links {
    /// The magnitude of the widest line.
    largest: f64,
    /// Whether a line is faint, because its value is closer to zero than two standard errors.
    faint: bool,
}

impl Links {
    /// The scale for these terms.
    pub fn new<'a>(terms: impl IntoIterator<Item = &'a Term>) -> Self {
        let mut links = Self { largest: 0.0, faint: false };
        for term in terms {
            links.largest = links.largest.max(term.value.abs());
            links.faint |= is_uncertain(term);
        }
        links
    }

    /// Width of the line of a value: proportional to its magnitude.
    pub fn width(&self, value: f64) -> f64 {
        if self.largest > 0.0 { WIDEST * (value.abs() / self.largest) } else { 0.0 }
    }

    /// Draws the line of `term` along a path. Negative lines are dashed, so that the sign survives a black and white
    /// printer.
    pub fn draw(&self, svg: &mut Xml, term: &Term, d: &str, name: &str) {
        let width = self.width(term.value);
        svg.open("path").attr("class", "link").attr("d", d).attr("stroke", ink(term.value)).num("stroke-width", width);
        svg.attr("fill", "none").num("opacity", if is_uncertain(term) { FAINT } else { 0.85 });
        if term.value < 0.0 {
            svg.attr("stroke-dasharray", dashes(width));
        }
        svg.leaf("title", &format!("{name}: {}", value_with_error(term.value, term.std_err))).close();
    }

    /// Draws the legend, its upper left corner at (`x`, `y`); `things` are what the lines stand for, such as pairs.
    pub fn legend(&self, svg: &mut Xml, [x, y]: [f64; 2], things: &str, unit: &str) {
        if self.largest == 0.0 {
            return text(svg, [x, y + 3.0], SMALL, "start", &format!("no {things} with a value other than zero"));
        }
        for (index, (sign, word)) in [(1.0, "positive"), (-1.0, "negative, dashed")].into_iter().enumerate() {
            let middle = y + 2.2 + 5.0 * index as f64;
            for (at, part) in [(0.0, 1.0), (34.0, 0.5)] {
                let left = x + at;
                let d = format!("M{} {}h10", number(left), number(middle));
                svg.open("path").attr("class", "key").attr("d", &d).attr("stroke", ink(sign));
                svg.num("stroke-width", WIDEST * part);
                if sign < 0.0 {
                    svg.attr("stroke-dasharray", dashes(WIDEST * part));
                }
                svg.close();
                text(svg, [left + 12.0, middle + 1.0], SMALL, "start", &value_text(sign * part * self.largest));
            }
            text(svg, [x + 68.0, middle + 1.0], SMALL, "start", word);
        }
        let words = format!("{things}: width in proportion to the value, in {unit}");
        text(svg, [x, y + 12.6], SMALL, "start", &words);
    }

    /// What faint lines are, or nothing.
    pub fn note(&self) -> String {
        if self.faint { "faint lines: values within two standard errors of zero".to_owned() } else { String::new() }
    }
}

/// Dashes of a line so wide.
fn dashes(width: f64) -> &'static str {
    if width > 1.2 { "2.6 1.4" } else { "1.6 1" }
}

/// Whether a value is closer to zero than two standard errors.
fn is_uncertain(term: &Term) -> bool {
    term.std_err.is_some_and(|error| error.is_finite() && term.value.abs() < 2.0 * error)
}

/// Draws a player's own value as a disc of proportional area around a point that is always there.
pub(crate) fn disc(svg: &mut Xml, [x, y]: [f64; 2], value: f64, radius: f64, title: &str) {
    svg.open("g").attr("class", "node").leaf("title", title);
    svg.open("circle").num("cx", x).num("cy", y).num("r", radius).attr("stroke", "#333").num("stroke-width", 0.25);
    svg.attr("fill", &diverging(if value < 0.0 { -1.0 } else { 1.0 }));
    if value < 0.0 {
        svg.attr("stroke-dasharray", "0.9 0.6");
    }
    svg.close();
    svg.open("circle").num("cx", x).num("cy", y).num("r", 0.45).attr("fill", "#000").close().close();
}
