//! One dot per record and term.

use std::collections::{BTreeMap, HashMap};

use einthoven_game::Attribution;

use crate::axis::Axis;
use crate::bars;
use crate::colour::{diverging, sequential};
use crate::frame::{self, Notes, SMALL, line, text};
use crate::number::{counted, cut, value_text};
use crate::players;
use crate::terms::joined;
use crate::xml::{Xml, number};

const WIDTH: f64 = 172.0;
const AXIS: [f64; 2] = [66.0, 166.0];
const TOP: f64 = 11.0;
const ROW: f64 = 7.5;
const RADIUS: f64 = 0.85;
const HOLLOW: &str = "#fff";

/// A term over all records.
struct Swarm {
    players: Vec<u32>,
    /// Record and value, where it is finite; zero where the record has left the term out.
    dots: Vec<(usize, f64)>,
    mean_magnitude: f64,
}

/// The terms of the largest mean magnitude over `records`, `top` of them and of any order, one row each with a dot per
/// record, whose tooltip has the record's name. Dots that would cover each other stand one above the other, in the same places every time.
///
/// With `values`, a name and numbers `[records][players]`, the dots of single players are coloured by the rank of the
/// record's number among those of the same player, from dark (lowest) to light (highest), and those of interactions are
/// hollow; without, dots have the colour of their sign. Records whose players are not those of the first are left out, and
/// the picture says so.
///
/// After the beeswarm plot of SHAP (Lundberg et al. 2020).
pub fn beeswarm_svg(
    records: &[Attribution],
    record_names: &[String],
    top: usize,
    values: Option<(&str, &[Vec<f64>])>,
) -> String {
    let Some(first) = records.first() else { return frame::titled("beeswarm", "no records", [WIDTH, 20.0]).finish() };
    let same: Vec<usize> = (0..records.len()).filter(|&index| are_same(first, &records[index])).collect();
    let mut swarms = swarms(records, &same);
    let count = swarms.len();
    swarms.truncate(top);
    let names = players::names(first);
    let bottom = TOP + ROW * swarms.len() as f64;
    let notes = Notes::new(notes(records.len(), same.len(), values.map(|values| values.0)), WIDTH);
    let what = format!("{} for {}", players::index_words(first), cut(&first.output, 20));
    let title = if swarms.len() < count {
        format!("{what}, {}: the {} largest of {}", counted(same.len(), "record"), swarms.len(), counted(count, "term"))
    } else {
        format!("{what}, {}: {}", counted(same.len(), "record"), counted(count, "term"))
    };
    let key = if values.is_some() { 7.0 } else { 0.0 };
    let mut svg = frame::titled("beeswarm", &title, [WIDTH, bottom + 10.0 + key + notes.height()]);
    let numbers = swarms.iter().flat_map(|swarm| swarm.dots.iter().map(|dot| dot.1));
    let axis = Axis::new(numbers.chain([0.0]), AXIS);
    axis.draw_across(&mut svg, [TOP, bottom], players::unit(first.link));
    for index in 0..swarms.len() {
        let y = TOP + ROW * (index as f64 + 0.5);
        line(&mut svg, "row", &format!("M{} {}H{}", AXIS[0], number(y), AXIS[1]), "#e4e4e4", 0.2);
    }
    let zero = format!("M{} {TOP}V{}", number(axis.at(0.0)), number(bottom));
    line(&mut svg, "zero", &zero, "#000", 0.25);
    for (index, swarm) in swarms.iter().enumerate() {
        let name = joined(swarm.players.iter().map(|&player| names[player as usize].as_str()));
        let colours = colours(swarm, values.map(|values| values.1));
        draw(&mut svg, &axis, swarm, &name, TOP + ROW * (index as f64 + 0.5), record_names, &colours);
    }
    if let Some((name, _)) = values {
        draw_key(&mut svg, name, bottom + 10.0);
    }
    notes.draw(&mut svg, bottom + 10.0 + key);
    svg.finish()
}

fn are_same(first: &Attribution, other: &Attribution) -> bool {
    other.n_players == first.n_players && other.player_names == first.player_names && other.index == first.index
}

fn notes(records: usize, same: usize, values: Option<&str>) -> Vec<String> {
    let mut notes = vec!["a dot per record; rows by mean magnitude; dots close to each other are stacked".to_owned()];
    if values.is_none() {
        notes.push("orange: positive, blue: negative".to_owned());
    }
    if same < records {
        notes.push(format!("left out: {} with other players or another index", counted(records - same, "record")));
    }
    notes
}

/// All terms, the largest mean magnitude first, equals by their players.
fn swarms(records: &[Attribution], same: &[usize]) -> Vec<Swarm> {
    let mut values: BTreeMap<(usize, &[u32]), HashMap<usize, f64>> = BTreeMap::new();
    for &record in same {
        let attribution = &records[record];
        let real = |players: &[u32]| players.iter().all(|&player| (player as usize) < attribution.n_players);
        for term in attribution.terms.iter().filter(|term| !term.players.is_empty() && real(&term.players)) {
            values.entry((term.players.len(), &term.players)).or_default().insert(record, term.value);
        }
    }
    let swarm = |((_, players), values): ((usize, &[u32]), HashMap<usize, f64>)| {
        let dots = same.iter().map(|&record| (record, values.get(&record).copied().unwrap_or(0.0)));
        let dots: Vec<(usize, f64)> = dots.filter(|dot| dot.1.is_finite()).collect();
        // Divided before they are added, so that the sum stays finite.
        let mean_magnitude = dots.iter().map(|dot| dot.1.abs() / dots.len() as f64).sum();
        Swarm { players: players.to_vec(), dots, mean_magnitude }
    };
    let mut swarms: Vec<Swarm> = values.into_iter().map(swarm).collect();
    swarms.sort_by(|a, b| b.mean_magnitude.total_cmp(&a.mean_magnitude));
    swarms
}

/// The colour of each dot.
fn colours(swarm: &Swarm, values: Option<&[Vec<f64>]>) -> Vec<String> {
    let Some(values) = values else {
        return swarm.dots.iter().map(|dot| diverging(if dot.1 < 0.0 { -1.0 } else { 1.0 })).collect();
    };
    let &[player] = swarm.players.as_slice() else { return vec![HOLLOW.to_owned(); swarm.dots.len()] };
    let number = |record: usize| {
        let number = values.get(record).and_then(|row| row.get(player as usize)).copied();
        number.filter(|number| number.is_finite())
    };
    let mut sorted: Vec<f64> = swarm.dots.iter().filter_map(|dot| number(dot.0)).collect();
    sorted.sort_by(f64::total_cmp);
    let rank = |number: f64| {
        let below = sorted.partition_point(|&other| other < number);
        let equal = sorted.partition_point(|&other| other <= number) - below;
        // Equals share the middle of their ranks.
        (below as f64 + (equal as f64 - 1.0) / 2.0) / (sorted.len() as f64 - 1.0).max(1.0)
    };
    swarm.dots.iter().map(|dot| number(dot.0).map_or(HOLLOW.to_owned(), |number| sequential(rank(number)))).collect()
}

fn draw(svg: &mut Xml, axis: &Axis, swarm: &Swarm, name: &str, y: f64, records: &[String], colours: &[String]) {
    svg.open("g").attr("class", "swarm");
    svg.leaf("title", &format!("{name}: mean magnitude {}", value_text(swarm.mean_magnitude).replace('+', "")));
    bars::name(svg, [AXIS[0] - 2.0, y + 1.1], AXIS[0] - 4.0, name);
    let xs: Vec<f64> = swarm.dots.iter().map(|dot| axis.at(dot.1)).collect();
    for ((off, (record, value)), (x, colour)) in stacked(&xs).iter().zip(&swarm.dots).zip(xs.iter().zip(colours)) {
        svg.open("circle").attr("class", "dot").num("cx", *x).num("cy", y + off).num("r", RADIUS).attr("fill", colour);
        svg.attr("stroke", "#333").num("stroke-width", 0.1);
        let record = records.get(*record).cloned().unwrap_or_else(|| format!("record {}", record + 1));
        svg.leaf("title", &format!("{record}: {}", value_text(*value))).close();
    }
    svg.close();
}

/// How far each dot is moved off the middle of its row: dots of one stretch of the axis alternate below and above it,
/// closer together where there are many, so that no row reaches into the next.
fn stacked(xs: &[f64]) -> Vec<f64> {
    let bin = |x: f64| (x / (2.0 * RADIUS)).floor() as i64;
    let mut sizes: BTreeMap<i64, usize> = BTreeMap::new();
    xs.iter().for_each(|&x| *sizes.entry(bin(x)).or_default() += 1);
    let most = sizes.values().copied().max().unwrap_or(1);
    let room = ROW / 2.0 - RADIUS;
    let step = (room / most.div_ceil(2) as f64).min(2.0 * RADIUS);
    let mut seen: BTreeMap<i64, usize> = BTreeMap::new();
    let off = |&x: &f64| {
        let index = seen.entry(bin(x)).or_default();
        *index += 1;
        let level = (*index / 2) as f64 * step;
        if index.is_multiple_of(2) { level } else { -level }
    };
    xs.iter().map(off).collect()
}

/// What the colours of dots mean.
fn draw_key(svg: &mut Xml, name: &str, top: f64) {
    text(svg, [AXIS[0] - 2.0, top + 3.6], SMALL, "end", &cut(name, 40));
    for step in 0..=20 {
        let part = f64::from(step) / 20.0;
        svg.open("rect").attr("class", "key").num("x", AXIS[0] + 8.0 + 2.0 * f64::from(step)).num("y", top + 1.0);
        svg.num("width", 2.05).num("height", 3.4).attr("fill", &sequential(part)).close();
    }
    text(svg, [AXIS[0] + 6.5, top + 3.6], SMALL, "end", "low");
    text(svg, [AXIS[0] + 51.5, top + 3.6], SMALL, "start", "high, by rank; hollow: interactions");
}
