//! What all pictures have in common: size, font, heading, and the lines below.

use crate::number::cut;
use crate::xml::{Xml, number};

pub(crate) const FONT: &str = "Helvetica, Arial, 'Liberation Sans', sans-serif";
/// Size of small print in millimetres.
pub(crate) const SMALL: f64 = 2.8;
/// From line to line of small print.
const LINE: f64 = 4.0;
/// Width of a letter, as part of the font's size; most letters are narrower.
const LETTER: f64 = 0.53;

/// A white sheet of `width` by `height` millimetres in true size, with a title that readers of screens hear.
pub(crate) fn sheet(class: &str, title: &str, [width, height]: [f64; 2]) -> Xml {
    let mut svg = Xml::new();
    svg.open("svg").attr("xmlns", "http://www.w3.org/2000/svg").attr("class", class).attr("role", "img");
    svg.attr("width", &format!("{}mm", number(width))).attr("height", &format!("{}mm", number(height)));
    svg.attr("viewBox", &format!("0 0 {} {}", number(width), number(height))).attr("font-family", FONT);
    svg.leaf("title", title);
    svg.open("rect").num("width", width).num("height", height).attr("fill", "#fff").close();
    svg
}

/// A sheet with its title written on it.
pub(crate) fn titled(class: &str, title: &str, size: [f64; 2]) -> Xml {
    let mut svg = sheet(class, title, size);
    // A long title is smaller; one that is longer still is cut.
    let font = if title.chars().count() <= letters(size[0] - 4.0, 4.3) { 4.0 } else { 3.2 };
    svg.open("text").num("x", 2.0).num("y", 6.0).num("font-size", font).attr("font-weight", "bold");
    svg.text(&cut(title, letters(size[0] - 4.0, 1.07 * font))).close();
    svg
}

/// How many letters of a size fit into a width.
pub(crate) fn letters(width: f64, size: f64) -> usize {
    (width / (LETTER * size)).max(0.0) as usize
}

/// The width that a text takes, at most.
pub(crate) fn width_of(text: &str, size: f64) -> f64 {
    LETTER * size * text.chars().count() as f64
}

/// Writes a text; `anchor` is start, middle or end.
pub(crate) fn text(svg: &mut Xml, [x, y]: [f64; 2], size: f64, anchor: &str, content: &str) {
    svg.open("text").num("x", x).num("y", y).num("font-size", size).attr("text-anchor", anchor).text(content).close();
}

/// Writes a text that is turned by `degrees` around its anchor.
pub(crate) fn turned_text(svg: &mut Xml, [x, y]: [f64; 2], degrees: f64, size: f64, anchor: &str, content: &str) {
    svg.open("text").attr("transform", &format!("translate({} {})rotate({})", number(x), number(y), number(degrees)));
    svg.num("font-size", size).attr("text-anchor", anchor).text(content).close();
}

/// Writes a name below a column: across, if all of it fits the width, else upwards.
pub(crate) fn name_below(svg: &mut Xml, [x, y]: [f64; 2], width: f64, name: &str) {
    if width_of(name, SMALL) <= width {
        return text(svg, [x, y + SMALL], SMALL, "middle", name);
    }
    let size = SMALL.min(0.95 * width);
    turned_text(svg, [x + 0.35 * size, y], -90.0, size, "end", name);
}

/// Draws a line along an SVG path.
pub(crate) fn line(svg: &mut Xml, class: &str, d: &str, colour: &str, width: f64) {
    svg.open("path").attr("class", class).attr("d", d).attr("stroke", colour).num("stroke-width", width);
    svg.attr("fill", "none").close();
}

/// Lines of small print below a picture, broken to fit its width.
pub(crate) struct Notes {
    lines: Vec<String>,
}

impl Notes {
    /// Breaks each note between words where it is wider than `width`.
    pub fn new(notes: impl IntoIterator<Item = String>, width: f64) -> Self {
        let most = letters(width - 4.0, SMALL).max(1);
        let mut lines = Vec::new();
        for note in notes.into_iter().filter(|note| !note.is_empty()) {
            let mut line = String::new();
            for word in note.split(' ') {
                if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > most {
                    lines.push(std::mem::take(&mut line));
                }
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(&cut(word, most));
            }
            lines.push(line);
        }
        Self { lines }
    }

    /// The height they take.
    pub fn height(&self) -> f64 {
        LINE * self.lines.len() as f64 + 2.0
    }

    /// Writes them, the first line's upper edge at `top`.
    pub fn draw(&self, svg: &mut Xml, top: f64) {
        for (index, line) in self.lines.iter().enumerate() {
            text(svg, [2.0, top + 3.0 + LINE * index as f64], SMALL, "start", line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_broken_between_words() {
        // 41 mm less the margins hold 24 letters of 2.8 mm times 0.53.
        let notes = Notes::new(["the first line and then some".to_owned(), String::new(), "b".to_owned()], 41.0);
        assert_eq!(notes.lines, ["the first line and then", "some", "b"]);
        assert_eq!(notes.height(), 14.0);
        let unbroken = Notes::new(["x".repeat(100)], 41.0);
        assert_eq!(unbroken.lines, ["x".repeat(23) + "…"]);
    }
}
