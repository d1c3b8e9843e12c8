//! How far a value changes as more and more players are removed.

use einthoven_game::Link;

use crate::axis::Axis;
use crate::frame::{self, Notes, SMALL, line, text};
use crate::number::value_text;
use crate::players;
use crate::xml::{Xml, number};

const WIDTH: f64 = 150.0;
const LEFT: f64 = 20.0;
const RIGHT: f64 = 142.0;
/// Upper and lower end of the curves.
const CURVES: [f64; 2] = [27.0, 97.0];
/// Most numbers below the axis.
const NUMBERS: usize = 15;
/// Where the keys of the legend stand.
const KEYS: [f64; 4] = [6.0, 44.0, 76.0, 116.0];

/// Magnitudes of changes, `[numbers of players]`, the first with one player removed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// What was predicted for the players that a search found.
    pub predicted: Vec<f64>,
    /// What their removal does.
    pub found: Vec<f64>,
    /// The same for the players of the largest Shapley values.
    pub shapley: Vec<f64>,
    /// The same for players at random, on average.
    pub random: Vec<f64>,
}

/// A curve: its class and words, its points, its colour, width and dashes, and whether its points are marked.
struct Curve<'a> {
    class: &'static str,
    words: &'static str,
    values: &'a [f64],
    colour: &'static str,
    width: f64,
    dashes: &'static str,
    is_marked: bool,
}

/// How far the value of an output changes by the number of players removed: those that a search found, with what was predicted
/// for them, those of the largest Shapley values, and random ones. Where the first two part, the prediction is not to be
/// trusted. Magnitudes that are not finite are left out.
pub fn removal_svg(output: &str, link: Link, changes: &Changes) -> String {
    let curves = curves(changes);
    let most = curves.iter().map(|curve| curve.values.len()).max().unwrap_or(0);
    let notes = Notes::new(
        [
            "change of the value by removal of so many players from all of them, as a magnitude".to_owned(),
            "where the prediction is far from what the search's players do, do not trust it".to_owned(),
        ],
        WIDTH,
    );
    let bottom = CURVES[1] + 12.0;
    let title = format!("Removal of players, {output}");
    let mut svg = frame::titled("removal", &title, [WIDTH, bottom + notes.height()]);
    legend(&mut svg, &curves);
    let all = curves.iter().flat_map(|curve| curve.values.iter().copied());
    let up = Axis::new(all.chain([0.0]), [CURVES[1], CURVES[0]]);
    let across = Axis::new([0.0, most.max(1) as f64], [LEFT, RIGHT]);
    up.draw_up(&mut svg, [LEFT, RIGHT], players::unit(link));
    for count in (0..=most).step_by(most.div_ceil(NUMBERS).max(1)) {
        text(&mut svg, [across.at(count as f64), CURVES[1] + 4.6], SMALL, "middle", &count.to_string());
    }
    text(&mut svg, [(LEFT + RIGHT) / 2.0, CURVES[1] + 8.8], SMALL, "middle", "players removed");
    line(&mut svg, "zero", &format!("M{LEFT} {}H{RIGHT}", number(up.at(0.0))), "#000", 0.25);
    // The most important is drawn last.
    for curve in curves.iter().rev() {
        draw(&mut svg, curve, &across, &up);
    }
    notes.draw(&mut svg, bottom);
    svg.finish()
}

fn curves(changes: &Changes) -> [Curve<'_>; 4] {
    let curve = |class, words, values, colour, width, dashes| Curve {
        class,
        words,
        values,
        colour,
        width,
        dashes,
        is_marked: class != "predicted",
    };
    [
        curve("found", "found by search", &changes.found, "#a3440c", 0.7, ""),
        curve("predicted", "its prediction", &changes.predicted, "#a3440c", 0.4, "0.4 1.2"),
        curve("shapley", "by Shapley values", &changes.shapley, "#2065ab", 0.5, "3 1.2"),
        curve("random", "at random, mean", &changes.random, "#777", 0.4, "1.2 1.2"),
    ]
}

/// A line from nothing removed through all values, and a disc at each.
fn draw(svg: &mut Xml, curve: &Curve<'_>, across: &Axis, up: &Axis) {
    let finite = (1..).zip(curve.values).filter(|(_, value)| value.is_finite());
    let points: Vec<(usize, f64)> =
        std::iter::once((0, 0.0)).chain(finite.map(|(count, &value)| (count, value))).collect();
    let place = |&(count, value): &(usize, f64)| [across.at(count as f64), up.at(value)];
    let path: Vec<String> = points.iter().map(place).map(|[x, y]| format!("{} {}", number(x), number(y))).collect();
    svg.open("g").attr("class", curve.class);
    stroke(svg, curve, &format!("M{}", path.join("L")));
    for point in points[1..].iter().filter(|_| curve.is_marked) {
        let [x, y] = place(point);
        svg.open("circle").num("cx", x).num("cy", y).num("r", 0.6 + curve.width).attr("fill", curve.colour);
        svg.leaf("title", &format!("{}, {} removed: {}", curve.words, point.0, value_text(point.1))).close();
    }
    svg.close();
}

fn stroke(svg: &mut Xml, curve: &Curve<'_>, d: &str) {
    svg.open("path").attr("d", d).attr("fill", "none").attr("stroke", curve.colour).num("stroke-width", curve.width);
    if !curve.dashes.is_empty() {
        svg.attr("stroke-dasharray", curve.dashes);
    }
    svg.close();
}

fn legend(svg: &mut Xml, curves: &[Curve<'_>]) {
    for (curve, x) in curves.iter().zip(KEYS) {
        stroke(svg, curve, &format!("M{x} 13h7"));
        text(svg, [x + 8.4, 14.0], SMALL, "start", curve.words);
    }
}
