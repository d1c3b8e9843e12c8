//! The way from the baseline to the full value, from top to bottom.

use einthoven_game::Attribution;

use crate::axis::Axis;
use crate::bars;
use crate::colour::diverging;
use crate::frame::{self, Notes, line, text};
use crate::number::{value_text, value_with_error};
use crate::players;
use crate::steps::{Step, Steps};
use crate::terms;
use crate::xml::{Xml, number};

const WIDTH: f64 = 172.0;
const AXIS: [f64; 2] = [66.0, 136.0];
const TOP: f64 = 11.0;
const ROW: f64 = 6.0;

/// The way from the baseline (everything masked) to the full value, from top to bottom: the `top` terms of the largest
/// magnitude, of any order, each from where the one before it ends; then the rest as one step. What the terms leave
/// open of the difference is a step of its own, so that the last step always ends at the full value.
pub fn waterfall_svg(attribution: &Attribution, top: usize) -> String {
    let way = Steps::new(attribution, top);
    let notes = notes(&way);
    let rows = way.steps.len() + 2;
    let bottom = TOP + ROW * rows as f64;
    let title = terms::title(attribution, way.shown(), way.count, "term");
    let mut svg = frame::titled("waterfall", &title, [WIDTH, bottom + 10.0 + notes.height()]);
    let axis = Axis::new(extremes(&way), AXIS);
    axis.draw_across(&mut svg, [TOP, bottom], players::unit(attribution.link));
    end(&mut svg, &axis, TOP, "baseline (all masked)", way.baseline);
    let mut from = way.baseline;
    for (index, step) in way.steps.iter().enumerate() {
        let to = if index + 1 == way.steps.len() { way.full } else { from + step.value };
        draw_step(&mut svg, &axis, TOP + ROW * (index + 1) as f64, step, [from, to]);
        from = to;
    }
    end(&mut svg, &axis, bottom - ROW, "full value (nothing masked)", way.full);
    notes.draw(&mut svg, bottom + 10.0);
    svg.finish()
}

fn notes(way: &Steps) -> Notes {
    let whiskers = if way.has_errors() { "; whiskers: one standard error of the term to either side" } else { "" };
    let first = format!("each bar starts where the one above it ends{whiskers}");
    Notes::new([first].into_iter().chain(way.notes.iter().cloned()), WIDTH)
}

/// All numbers that must be on the axis.
fn extremes(way: &Steps) -> Vec<f64> {
    let mut numbers = vec![way.baseline, way.full];
    let mut at = way.baseline;
    for step in &way.steps {
        at += step.value;
        let error = step.std_err.unwrap_or(0.0);
        numbers.extend([at - error, at + error]);
    }
    numbers
}

fn draw_step(svg: &mut Xml, axis: &Axis, top: f64, step: &Step, [from, to]: [f64; 2]) {
    let words = value_with_error(step.value, step.std_err);
    svg.open("g").attr("class", "step").leaf("title", &format!("{}: {words}", step.name));
    bars::name(svg, [AXIS[0] - 2.0, top + 4.1], AXIS[0] - 4.0, &step.name);
    text(svg, [AXIS[1] + 2.0, top + 4.1], 3.0, "start", &words);
    let (start, end) = (axis.at(from), axis.at(to));
    svg.open("rect").num("x", start.min(end)).num("y", top + 1.0).num("width", (end - start).abs());
    svg.num("height", ROW - 2.0).attr("fill", &diverging(if step.value < 0.0 { -1.0 } else { 1.0 }));
    if !step.is_term {
        svg.num("fill-opacity", 0.45).attr("stroke", "#555").num("stroke-width", 0.2).attr("stroke-dasharray", "1 0.7");
    }
    svg.close();
    line(svg, "join", &format!("M{} {}v3", number(end), number(top + ROW - 1.5)), "#333", 0.2);
    if let Some(error) = step.std_err.filter(|&error| error > 0.0) {
        let (left, right) = (number(axis.at(to - error)), number(axis.at(to + error)));
        let (above, middle) = (number(top + 2.0), number(top + 3.0));
        line(svg, "error", &format!("M{left} {middle}H{right}M{left} {above}v2M{right} {above}v2"), "#222", 0.3);
    }
    svg.close();
}

/// The first or the last row: a mark where the way begins or ends.
fn end(svg: &mut Xml, axis: &Axis, top: f64, name: &str, value: f64) {
    let x = axis.at(value);
    bars::name(svg, [AXIS[0] - 2.0, top + 4.1], AXIS[0] - 4.0, name);
    text(svg, [AXIS[1] + 2.0, top + 4.1], 3.0, "start", &value_text(value));
    line(svg, "end", &format!("M{} {}v{ROW}", number(x), number(top)), "#000", 0.5);
}
