//! Pairs as a matrix of colours.

use std::collections::BTreeMap;

use einthoven_game::{Attribution, Term};

use crate::colour::Scale;
use crate::frame::{self, Notes, SMALL, letters, text, turned_text, width_of};
use crate::groups::{self, Group};
use crate::legend;
use crate::number::{counted, cut, value_text, value_with_error};
use crate::paper::Picture;
use crate::players;
use crate::terms::Terms;
use crate::xml::{Xml, number};

/// Most players that a name can still be written for.
const PLAYERS: usize = 48;
/// Side of the matrix in millimetres, and of its largest cell.
const SIDE: f64 = 132.0;
const LARGEST_CELL: f64 = 11.0;
/// Cells from here on have room for a number.
const NUMBERED: f64 = 7.5;
const HEADING: f64 = 10.0;
const LEGEND: f64 = 20.0;
const NAME: f64 = 2.7;
/// Most room for names.
const NAMES: f64 = 34.0;

/// A symmetric matrix of values.
struct Matrix {
    id: &'static str,
    title: String,
    unit: &'static str,
    names: Vec<String>,
    /// Value and words of the cells (row, column) with row <= column; what is missing is zero.
    cells: BTreeMap<(usize, usize), (f64, String)>,
    notes: Vec<String>,
}

/// The values of pairs as a symmetric matrix of colours, the players' own values on its diagonal. At most 48 players are
/// drawn, those of the strongest pairs; the picture says what it leaves out.
///
/// The colours are scaled to the pairs: a diagonal that is stronger is saturated, and the picture says how strong it is.
pub fn heatmap_svg(attribution: &Attribution) -> String {
    let terms = Terms::new(attribution);
    let shown = terms.players_of(terms.of_order(2).chain(terms.of_order(1)), PLAYERS);
    let place = |player: &u32| shown.binary_search(player).ok();
    let mut cells = BTreeMap::new();
    for term in terms.ranked.iter().filter(|term| term.players.len() <= 2) {
        let (Some(&first), Some(&last)) = (term.players.first(), term.players.last()) else { continue };
        let (Some(row), Some(column)) = (place(&first), place(&last)) else { continue };
        let words = format!("{}: {}", terms.name(&term.players), value_with_error(term.value, term.std_err));
        cells.insert((row, column), (term.value, words));
    }
    let count = shown.len();
    let what = players::index_words(attribution);
    let mut title = format!("{what} for {}: player × player", cut(&attribution.output, 24));
    if count < attribution.n_players {
        title.push_str(&format!(", {count} of {}", attribution.n_players));
    }
    let higher = terms.ranked.iter().filter(|term| term.players.len() > 2).count();
    let mut notes = vec!["diagonal: the players' own values (order 1); beside it: pairs (order 2)".to_owned()];
    if count < attribution.n_players {
        notes.push(format!("drawn: {count} of {} players, those of the strongest pairs", attribution.n_players));
    }
    if higher > 0 {
        notes.push(format!("not drawn: {} of more than two players", counted(higher, "term")));
    }
    notes.push(terms.not_finite_note());
    let names = shown.iter().map(|&player| terms.names[player as usize].clone()).collect();
    draw(&Matrix { id: "heatmap", title, unit: players::unit(attribution.link), names, cells, notes })
}

/// Sums per lead x lead or window x window of `picture`: a cell holds the terms whose players lie in just these two
/// groups, the diagonal those within one group, single players included. That is what the values would be if each
/// group were one player, exactly so for Moebius coefficients.
///
/// `None` where that would say nothing new: without an attribution, where players reach over several leads (or
/// windows overlap), or where no lead (or window) has two players.
pub fn group_heatmap_svg(picture: &Picture, group: Group) -> Option<String> {
    let attribution = picture.attribution?;
    let groups = groups::groups(picture, group)?;
    let terms = Terms::new(attribution);
    let mut group_of = vec![None; attribution.n_players];
    for (index, (_, members)) in groups.iter().enumerate() {
        for &member in members {
            if let Some(group) = group_of.get_mut(member) {
                *group = Some(index);
            }
        }
    }
    let mut sums: BTreeMap<(usize, usize), Sum> = BTreeMap::new();
    let mut wider = 0;
    for term in &terms.ranked {
        match span(term, &group_of) {
            Some(cell) => sums.entry(cell).or_default().add(term),
            None => wider += 1,
        }
    }
    let (kind, id) = match group {
        Group::Leads => ("lead", "heatmap-leads"),
        Group::Windows => ("window", "heatmap-windows"),
    };
    let words = |(&(row, column), sum): (&(usize, usize), &Sum)| {
        let name =
            if row == column { groups[row].0.clone() } else { format!("{} × {}", groups[row].0, groups[column].0) };
        ((row, column), (sum.value(), format!("{name}: {}", sum.words(row == column))))
    };
    let mut notes =
        vec![format!("sums of the terms between two {kind}s; diagonal: single players and terms within one {kind}")];
    if wider > 0 {
        notes.push(format!("not drawn: {} of more than two {kind}s", counted(wider, "term")));
    }
    notes.push(terms.not_finite_note());
    Some(draw(&Matrix {
        id,
        title: format!("{} for {}: {kind} × {kind}", players::index_words(attribution), cut(&attribution.output, 24)),
        unit: players::unit(attribution.link),
        cells: sums.iter().map(words).collect(),
        names: groups.into_iter().map(|(name, _)| name).collect(),
        notes,
    }))
}

/// The one or two groups that a term lies in.
fn span(term: &Term, group_of: &[Option<usize>]) -> Option<(usize, usize)> {
    let groups: Option<Vec<usize>> = term.players.iter().map(|&player| group_of[player as usize]).collect();
    let groups = groups?;
    let (low, high) = (*groups.iter().min()?, *groups.iter().max()?);
    groups.iter().all(|&group| group == low || group == high).then_some((low, high))
}

/// The sum of a cell: of single players, and of terms of several.
#[derive(Default)]
struct Sum {
    single: f64,
    several: f64,
    count: usize,
}

impl Sum {
    fn add(&mut self, term: &Term) {
        if term.players.len() == 1 {
            self.single += term.value;
        } else {
            self.several += term.value;
            self.count += 1;
        }
    }

    fn value(&self) -> f64 {
        self.single + self.several
    }

    fn words(&self, is_diagonal: bool) -> String {
        let several = format!("{} from {}", value_text(self.several), counted(self.count, "interaction"));
        if is_diagonal { format!("{} from single players, {several}", value_text(self.single)) } else { several }
    }
}

fn draw(matrix: &Matrix) -> String {
    let count = matrix.names.len();
    let cell = (SIDE / count.max(1) as f64).min(LARGEST_CELL);
    let side = cell * count as f64;
    let longest = matrix.names.iter().map(|name| width_of(name, NAME)).fold(0.0, f64::max);
    let room = longest.min(NAMES) + 3.0;
    let corner = [room + 2.0, HEADING + room];
    let pairs = matrix.cells.iter().filter(|((row, column), _)| row != column);
    let pairs: Vec<f64> = pairs.map(|(_, cell)| cell.0).filter(|value| *value != 0.0).collect();
    let own = matrix.cells.values().map(|cell| cell.0);
    let scale = if pairs.is_empty() { Scale::new(own.clone()) } else { Scale::new(pairs) };
    let strongest = own.map(f64::abs).filter(|value| value.is_finite()).fold(0.0, f64::max);
    let power = power(scale.limit(), cell);
    let width = (corner[0] + side + 4.0).max(140.0);
    let notes =
        Notes::new(matrix.notes.iter().cloned().chain(scale_notes(&scale, strongest, power, matrix.unit)), width);
    let bottom = corner[1] + side;
    let mut svg = frame::titled("heatmap", &matrix.title, [width, bottom + LEGEND + notes.height()]);
    names(&mut svg, matrix, corner, cell);
    for row in 0..count {
        for column in 0..count {
            let at = [corner[0] + cell * column as f64, corner[1] + cell * row as f64];
            let Some((value, words)) = matrix.cells.get(&(row.min(column), row.max(column))) else { continue };
            draw_cell(&mut svg, at, cell, *value, words, &scale, power);
        }
    }
    frame_cells(&mut svg, corner, cell, count);
    text(&mut svg, [4.0, bottom + 6.0], SMALL, "start", matrix.unit);
    legend::bar(&mut svg, &scale, [20.0, bottom + 3.4], 100.0, &format!("{}-colours", matrix.id));
    notes.draw(&mut svg, bottom + LEGEND - 4.0);
    svg.finish()
}

/// Names to the left of the rows and above the columns.
fn names(svg: &mut Xml, matrix: &Matrix, corner: [f64; 2], cell: f64) {
    let size = NAME.min(cell * 0.95);
    for (index, name) in matrix.names.iter().enumerate() {
        let name = cut(name, letters(NAMES, NAME));
        let middle = cell * (index as f64 + 0.5);
        text(svg, [corner[0] - 1.5, corner[1] + middle + 0.35 * size], size, "end", &name);
        if width_of(&name, size) <= cell {
            text(svg, [corner[0] + middle, corner[1] - 1.5], size, "middle", &name);
        } else {
            turned_text(svg, [corner[0] + middle + 0.35 * size, corner[1] - 1.5], -90.0, size, "start", &name);
        }
    }
}

/// The power of ten that the numbers in cells are given in; none, if the cells have no room for numbers.
fn power(limit: f64, cell: f64) -> Option<i32> {
    // Numbers below are too close to the smallest there are.
    if cell < NUMBERED || limit < 1e-290 {
        return None;
    }
    let power = limit.log10().floor() as i32;
    Some(if (-1..=2).contains(&power) { 0 } else { power })
}

fn scale_notes(scale: &Scale, strongest: f64, power: Option<i32>, unit: &str) -> Vec<String> {
    let mut notes = Vec::new();
    if strongest > scale.limit() {
        let strongest = value_text(strongest).replace('+', "");
        notes.push(format!("saturated from the end of the colour bar on; the largest magnitude is {strongest}"));
    }
    match power {
        Some(0) => notes.push(format!("numbers in {unit}")),
        Some(power) => notes.push(format!("numbers in 1e{power} {unit}")),
        None => notes.push("a dash marks negative cells".to_owned()),
    }
    notes
}

/// A cell with its colour, and its number or a dash if it is negative: the two ends of the scale are the same grey.
fn draw_cell(svg: &mut Xml, [x, y]: [f64; 2], cell: f64, value: f64, words: &str, scale: &Scale, power: Option<i32>) {
    let colour = scale.colour(value).unwrap_or_else(|| "#bbbbbb".to_owned());
    svg.open("g").attr("class", "cell").leaf("title", words);
    svg.open("rect").num("x", x).num("y", y).num("width", cell).num("height", cell).attr("fill", &colour).close();
    let middle = [x + cell / 2.0, y + cell / 2.0];
    match power {
        Some(power) if value.is_finite() => {
            let scaled = value / 10f64.powi(power);
            let decimals = if scaled.abs() >= 99.5 {
                0
            } else if scaled.abs() >= 9.95 {
                1
            } else {
                2
            };
            let number =
                if scaled.abs() >= 99_999.0 { format!("{scaled:+.0e}") } else { format!("{scaled:+.decimals$}") };
            text(svg, [middle[0], middle[1] + 0.9], 2.6, "middle", &number);
        }
        None if value < -0.1 * scale.limit() => {
            let dash = format!("M{} {}h{}", number(middle[0] - 0.25 * cell), number(middle[1]), number(0.5 * cell));
            frame::line(svg, "dash", &dash, "#1b1b1b", 0.08 * cell);
        }
        _ => (),
    }
    svg.close();
}

/// Lines around the matrix and around the cells of its diagonal.
fn frame_cells(svg: &mut Xml, [x, y]: [f64; 2], cell: f64, count: usize) {
    let side = number(cell * count as f64);
    frame::line(svg, "outline", &format!("M{} {}h{side}v{side}h-{side}Z", number(x), number(y)), "#555", 0.2);
    let square = number(cell);
    let diagonal: String = (0..count)
        .map(|index| cell * index as f64)
        .map(|off| format!("M{} {}h{square}v{square}h-{square}Z", number(x + off), number(y + off)))
        .collect();
    frame::line(svg, "diagonal", &diagonal, "#333", 0.3);
}
