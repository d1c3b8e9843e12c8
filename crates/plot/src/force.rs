//! The way from the baseline to the full value as two forces that meet.

use einthoven_game::Attribution;

use crate::axis::Axis;
use crate::colour::{diverging, ink};
use crate::frame::{self, Notes, SMALL, line, text, turned_text, width_of};
use crate::number::{cut_product, value_text};
use crate::players;
use crate::steps::{Step, Steps};
use crate::terms;
use crate::xml::{Xml, number};

const WIDTH: f64 = 190.0;
const AXIS: [f64; 2] = [14.0, 176.0];
/// Upper and lower edge of the strip.
const STRIP: [f64; 2] = [22.0, 31.0];
/// Most terms that have a name.
const MOST: usize = 24;
/// Where the slanted names begin, how far apart they are, and how many letters they have at most.
const NAMES: f64 = 42.0;
const APART: f64 = 5.0;
const LETTERS: usize = 34;
const SLANT: f64 = 45.0;

/// The terms as forces along the axis of the output: what raises it pushes from the left to the full value, what
/// lowers it pushes back from the right, the largest next to where they meet. What raises begins where the baseline
/// less all that lowers is, so that from the baseline to the full value it is what remains of the two. The `top` terms
/// of the largest magnitude (24 at most), of any order, are drawn alone, the rest as one.
///
/// After the force plot of SHAP (Lundberg et al. 2018).
pub fn force_svg(attribution: &Attribution, top: usize) -> String {
    let way = Steps::new(attribution, top.min(MOST));
    let notes = Notes::new(
        [
            "orange pushes the output up, to the right; blue pushes it down, to the left; they meet at the full value"
                .to_owned(),
            "lengths are the values; standard errors are in the waterfall".to_owned(),
        ]
        .into_iter()
        .chain(way.notes.iter().cloned()),
        WIDTH,
    );
    let [mut up, mut down] = [Vec::new(), Vec::new()];
    for step in &way.steps {
        if step.value < 0.0 { down.push(step) } else { up.push(step) }
    }
    let total = |steps: &[&Step]| steps.iter().map(|step| step.value.abs()).sum::<f64>();
    let ends = [way.full - total(&up), way.full + total(&down)];
    let axis = Axis::new([way.baseline, way.full].into_iter().chain(ends), AXIS);
    let longest = way.steps.iter().map(|step| width_of(&label(step), SMALL)).fold(0.0, f64::max);
    let names_end = NAMES + longest * SLANT.to_radians().sin() + 5.0;
    let title = terms::title(attribution, way.shown(), way.count, "term");
    let mut svg = frame::titled("force", &title, [WIDTH, names_end + notes.height()]);
    axis.draw_across(&mut svg, STRIP, "");
    let mut labels = Vec::new();
    for (steps, towards) in [(up, -1.0), (down, 1.0)] {
        let mut at = way.full;
        for step in steps {
            let next = at + towards * step.value.abs();
            piece(&mut svg, step, [axis.at(at), axis.at(next)]);
            labels.push((step, (axis.at(at) + axis.at(next)) / 2.0));
            at = next;
        }
    }
    marks(&mut svg, &axis, &way, players::unit(attribution.link));
    names(&mut svg, labels);
    notes.draw(&mut svg, names_end);
    svg.finish()
}

/// A piece of the strip from where it points to, backwards; both ends have the form of an arrow.
fn piece(svg: &mut Xml, step: &Step, [tip, back]: [f64; 2]) {
    let point = if back < tip { -1.0 } else { 1.0 } * (tip - back).abs().min(1.6);
    let (top, bottom, middle) = (STRIP[0], STRIP[1], (STRIP[0] + STRIP[1]) / 2.0);
    let [tip_in, tip, back, top, bottom, middle] = [tip + point, tip, back, top, bottom, middle].map(number);
    let d = format!("M{back} {top}L{tip_in} {top}L{tip} {middle}L{tip_in} {bottom}L{back} {bottom}Z");
    svg.open("path").attr("class", "force").attr("d", &d).attr("stroke", "#fff").num("stroke-width", 0.25);
    svg.attr("fill", &diverging(if step.value < 0.0 { -1.0 } else { 1.0 }));
    if !step.is_term {
        svg.num("fill-opacity", 0.5);
    }
    svg.leaf("title", &format!("{}: {}", step.name, value_text(step.value))).close();
}

/// Baseline and full value above the strip.
fn marks(svg: &mut Xml, axis: &Axis, way: &Steps, unit: &str) {
    let (base, full) = (axis.at(way.baseline), axis.at(way.full));
    for (name, value, x, width, other) in
        [("baseline", way.baseline, base, 0.3, full), ("full", way.full, full, 0.6, base)]
    {
        let d = format!("M{} {}V{}", number(x), number(STRIP[0] - 4.0), number(STRIP[1]));
        line(svg, name, &d, "#000", width);
        let anchor = if x < other || (x == other && name == "full") { "end" } else { "start" };
        let words = format!("{name} {} {unit}", value_text(value));
        // At the edge of the paper the words turn inwards.
        let room = if anchor == "end" { x } else { WIDTH - x };
        let turned = if anchor == "end" { "start" } else { "end" };
        let fits = room > width_of(&words, 3.2) + 2.0;
        let y = if fits { STRIP[0] - 5.0 } else { STRIP[0] - 8.8 };
        text(svg, [x, y], 3.2, if fits { anchor } else { turned }, &words);
    }
}

/// Slanted names below, from left to right, pushed apart where they would overlap.
fn names(svg: &mut Xml, mut labels: Vec<(&Step, f64)>) {
    labels.sort_by(|a, b| a.1.total_cmp(&b.1));
    let count = labels.len();
    let mut places: Vec<f64> = labels.iter().map(|label| label.1).collect();
    for index in 1..count {
        places[index] = places[index].max(places[index - 1] + APART);
    }
    for index in (0..count).rev() {
        let length = width_of(&label(labels[index].0), SMALL) * SLANT.to_radians().cos();
        let next = if index + 1 < count { places[index + 1] - APART } else { WIDTH };
        places[index] = places[index].min(next).min(WIDTH - 2.0 - length);
    }
    for ((step, x), place) in labels.into_iter().zip(places) {
        let d = format!("M{} {}V{}L{} {}", number(x), STRIP[1] + 5.4, STRIP[1] + 6.6, number(place), NAMES - 1.0);
        line(svg, "leader", &d, ink(step.value), 0.2);
        turned_text(svg, [place, NAMES + 1.0], SLANT, SMALL, "start", &label(step));
    }
}

fn label(step: &Step) -> String {
    format!("{} {}", cut_product(&step.name, LETTERS), value_text(step.value))
}
