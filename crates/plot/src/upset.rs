//! Which players form the strongest terms, and how strong those are.

use einthoven_game::{Attribution, Term};

use crate::axis::Axis;
use crate::bars;
use crate::colour::{diverging, ink};
use crate::frame::{self, Notes, line};
use crate::number::value_with_error;
use crate::players;
use crate::terms::{self, Terms};
use crate::xml::{Xml, number};

const NAMES: f64 = 42.0;
const COLUMN: f64 = 5.0;
const ROW: f64 = 4.6;
/// Upper and lower end of the bars.
const BARS: [f64; 2] = [15.0, 65.0];
const DOTS: f64 = 70.0;
/// Most rows that are easily followed.
const PLAYERS: usize = 40;
const LEAST_WIDTH: f64 = 136.0;

/// The `top` terms of the largest magnitude as columns: a bar with its value, one standard error to either side where
/// there is one, and below it a dot for each of its players. Rows are the players of these terms, in order; at most 40,
/// so that with large sets fewer terms are drawn, and the title says how many. Of more than 40 players only terms of several
/// are drawn, if there are any: the players' own values would take all columns.
///
/// After the UpSet plot of Lex et al. 2014, as shapiq draws it.
pub fn upset_svg(attribution: &Attribution, top: usize) -> String {
    let terms = Terms::new(attribution);
    let several: Vec<&Term> = terms.ranked.iter().copied().filter(|term| term.players.len() > 1).collect();
    let (ranked, thing) = match attribution.n_players > PLAYERS && !several.is_empty() {
        true => (&several, "interaction"),
        false => (&terms.ranked, "term"),
    };
    let rows = few_players(ranked, top);
    let within = |term: &&&Term| term.players.iter().all(|player| rows.binary_search(player).is_ok());
    let columns: Vec<&Term> = ranked.iter().take(top).take_while(within).copied().collect();
    let errors = columns.iter().any(|term| error_of(term) > 0.0);
    let whiskers = if errors { "bars end at the value; whiskers are one standard error to either side" } else { "" };
    let width = (NAMES + COLUMN * columns.len() as f64 + 6.0).max(LEAST_WIDTH);
    let notes = Notes::new(
        [
            "dots below a bar are the players that form the term".to_owned(),
            whiskers.to_owned(),
            terms.not_finite_note(),
        ],
        width,
    );
    let bottom = DOTS + ROW * rows.len() as f64;
    let title = terms::title(attribution, columns.len(), ranked.len(), thing);
    let mut svg = frame::titled("upset", &title, [width, bottom + 2.0 + notes.height()]);
    let ends = |term: &&Term| [term.value - error_of(term), term.value + error_of(term)];
    let axis = Axis::new(columns.iter().flat_map(ends).chain([0.0]), [BARS[1], BARS[0]]);
    let right = NAMES + COLUMN * columns.len() as f64;
    axis.draw_up(&mut svg, [NAMES, right], players::unit(attribution.link));
    for (index, &player) in rows.iter().enumerate() {
        draw_row(&mut svg, &terms.names[player as usize], index, right);
    }
    for (index, term) in columns.iter().enumerate() {
        draw_column(&mut svg, &axis, term, &terms.name(&term.players), NAMES + COLUMN * (index as f64 + 0.5), &rows);
    }
    line(&mut svg, "zero", &format!("M{NAMES} {}H{}", number(axis.at(0.0)), number(right)), "#000", 0.25);
    notes.draw(&mut svg, bottom + 2.0);
    svg.finish()
}

/// The players of the first `top` terms, ascending, up to the term that would make them too many.
fn few_players(ranked: &[&Term], top: usize) -> Vec<u32> {
    let mut rows = std::collections::BTreeSet::new();
    for term in ranked.iter().take(top) {
        let new = term.players.iter().filter(|player| !rows.contains(*player)).count();
        if rows.len() + new > PLAYERS {
            break;
        }
        rows.extend(term.players.iter().copied());
    }
    rows.into_iter().collect()
}

fn error_of(term: &Term) -> f64 {
    term.std_err.filter(|error| error.is_finite()).unwrap_or(0.0).abs()
}

/// The name and the background of a row.
fn draw_row(svg: &mut Xml, name: &str, index: usize, right: f64) {
    let top = DOTS + ROW * index as f64;
    if index.is_multiple_of(2) {
        svg.open("rect").num("x", 2.0).num("y", top).num("width", right - 2.0).num("height", ROW);
        svg.attr("fill", "#f1f1f1").close();
    }
    bars::name(svg, [NAMES - 2.0, top + ROW / 2.0 + 1.0], NAMES - 5.0, name);
}

fn draw_column(svg: &mut Xml, axis: &Axis, term: &Term, name: &str, x: f64, rows: &[u32]) {
    let place = |player: &u32| rows.binary_search(player).unwrap_or(0) as f64;
    let row_y = |player: &u32| DOTS + ROW * (place(player) + 0.5);
    svg.open("g")
        .attr("class", "term")
        .leaf("title", &format!("{name}: {}", value_with_error(term.value, term.std_err)));
    let (zero, end) = (axis.at(0.0), axis.at(term.value));
    svg.open("rect").num("x", x - 1.7).num("y", zero.min(end)).num("width", 3.4).num("height", (zero - end).abs());
    svg.attr("fill", &diverging(if term.value < 0.0 { -1.0 } else { 1.0 })).close();
    let error = error_of(term);
    if error > 0.0 {
        let (low, high) = (number(axis.at(term.value - error)), number(axis.at(term.value + error)));
        let (left, middle) = (number(x - 0.9), number(x));
        line(svg, "error", &format!("M{middle} {low}V{high}M{left} {low}h1.8M{left} {high}h1.8"), "#222", 0.3);
    }
    if let (Some(first), Some(last)) = (term.players.first(), term.players.last()) {
        let d = format!("M{} {}V{}", number(x), number(row_y(first)), number(row_y(last)));
        line(svg, "join", &d, ink(term.value), 0.6);
    }
    for player in &term.players {
        svg.open("circle").attr("class", "dot").num("cx", x).num("cy", row_y(player)).num("r", 1.4);
        svg.attr("fill", ink(term.value)).close();
    }
    svg.close();
}
