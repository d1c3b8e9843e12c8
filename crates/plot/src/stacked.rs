//! Each player's value, taken apart by the order of the interactions it comes from.

use einthoven_game::{Attribution, Index};

use crate::axis::Axis;
use crate::colour::sequential;
use crate::frame::{self, Notes, SMALL, letters, line, text, width_of};
use crate::number::{cut, value_text};
use crate::players;
use crate::terms::{self, Terms};
use crate::xml::{Xml, number};

/// Orders that have a colour of their own; all higher ones share the last.
const ORDERS: usize = 6;
/// Most players side by side.
const PLAYERS: usize = 40;
const LEFT: f64 = 18.0;
/// Upper and lower end of the bars.
const BARS: [f64; 2] = [22.0, 102.0];
const WIDEST: f64 = 9.0;
const LENGTH: f64 = 150.0;
const NAME: f64 = 2.8;
const LONGEST_NAME: f64 = 30.0;

/// What one player gets from each order: positive and negative shares apart.
struct Stack {
    name: String,
    /// `[orders]`: sum of the positive shares, and of the negative ones.
    shares: Vec<[f64; 2]>,
}

impl Stack {
    fn total(&self) -> f64 {
        self.shares.iter().map(|share| share[0] + share[1]).sum()
    }
}

/// Bars of the players in which the interactions are seen: the order-1 value at the axis, then the player's shares of
/// the pairs, the triples and so on, where each interaction is divided equally among its players; what is positive is
/// stacked upwards, what is negative downwards, and a diamond marks the sum. For k-SII the sum is the Shapley value.
/// At most 40 players are drawn, those of the largest stacks; the title says how many.
///
/// After the bars of n-Shapley values in Bordt & von Luxburg, "From Shapley values to generalized additive models and
/// back" (AISTATS 2023).
pub fn stacked_svg(attribution: &Attribution) -> String {
    let terms = Terms::new(attribution);
    let orders = terms.ranked.iter().map(|term| term.players.len()).max().unwrap_or(1);
    let stacks = stacks(&terms, orders.min(ORDERS));
    let count = stacks.len();
    let column = (LENGTH / count.max(1) as f64).min(WIDEST);
    let right = LEFT + column * count as f64;
    let names = stacks.iter().map(|stack| width_of(&stack.name, NAME)).fold(0.0, f64::max).min(LONGEST_NAME);
    let width = (right + 6.0).max(136.0);
    let sum = if attribution.index == Index::KSii { "the Shapley value" } else { "the sum" };
    let notes = Notes::new(
        [
            format!("up: positive shares, down: negative ones; the diamond is {sum}"),
            "an interaction is divided equally among its players (Bordt & von Luxburg 2023)".to_owned(),
            terms.not_finite_note(),
        ],
        width,
    );
    let bottom = BARS[1] + names + 6.0;
    let title = terms::title(attribution, count, attribution.n_players, "player");
    let mut svg = frame::titled("stacked", &title, [width, bottom + notes.height()]);
    legend(&mut svg, orders);
    let axis = Axis::new(stacks.iter().flat_map(ends).chain([0.0]), [BARS[1], BARS[0]]);
    axis.draw_up(&mut svg, [LEFT, right], players::unit(attribution.link));
    for (index, stack) in stacks.iter().enumerate() {
        draw(&mut svg, &axis, stack, LEFT + column * (index as f64 + 0.5), column);
    }
    line(&mut svg, "zero", &format!("M{LEFT} {}H{}", number(axis.at(0.0)), number(right)), "#000", 0.25);
    notes.draw(&mut svg, bottom);
    svg.finish()
}

/// The stacks of the players with the largest ones, in the players' order.
fn stacks(terms: &Terms, orders: usize) -> Vec<Stack> {
    let mut shares = vec![vec![[0.0, 0.0]; orders]; terms.names.len()];
    for term in &terms.ranked {
        let share = term.value / term.players.len() as f64;
        for &player in &term.players {
            let order = term.players.len().min(orders) - 1;
            shares[player as usize][order][usize::from(share < 0.0)] += share;
        }
    }
    let size = |shares: &Vec<[f64; 2]>| shares.iter().map(|share| share[0] - share[1]).sum::<f64>();
    let mut ranked: Vec<usize> = (0..shares.len()).collect();
    ranked.sort_by(|&a, &b| size(&shares[b]).total_cmp(&size(&shares[a])));
    ranked.truncate(PLAYERS);
    ranked.sort_unstable();
    let stack = |player: usize| Stack { name: terms.names[player].clone(), shares: shares[player].clone() };
    ranked.into_iter().map(stack).collect()
}

/// How far a stack reaches up and down.
fn ends(stack: &Stack) -> [f64; 2] {
    [0, 1].map(|sign| stack.shares.iter().map(|share| share[sign]).sum())
}

fn draw(svg: &mut Xml, axis: &Axis, stack: &Stack, x: f64, column: f64) {
    svg.open("g").attr("class", "stack");
    let mut words = format!("{}: {}", stack.name, value_text(stack.total()));
    for (index, share) in stack.shares.iter().enumerate() {
        words.push_str(&format!(", order {} {}", index + 1, value_text(share[0] + share[1])));
    }
    svg.leaf("title", &words);
    let bar = 0.76 * column;
    for sign in [0, 1] {
        let mut from = 0.0;
        for (order, share) in stack.shares.iter().enumerate().filter(|(_, share)| share[sign] != 0.0) {
            let (start, end) = (axis.at(from), axis.at(from + share[sign]));
            svg.open("rect").attr("class", &format!("order{}", order + 1)).num("x", x - bar / 2.0);
            svg.num("y", start.min(end)).num("width", bar).num("height", (start - end).abs());
            svg.attr("fill", &colour(order, stack.shares.len()))
                .attr("stroke", "#fff")
                .num("stroke-width", 0.12)
                .close();
            from += share[sign];
        }
    }
    let (y, half) = (axis.at(stack.total()), (0.2 * column).min(1.3));
    let [cx, cy, h] = [x, y, half].map(number);
    svg.open("path").attr("class", "sum").attr("d", &format!("M{cx} {cy}m-{h} 0l{h} -{h}l{h} {h}l-{h} {h}Z"));
    svg.attr("fill", "#fff").attr("stroke", "#000").num("stroke-width", 0.35).close();
    frame::name_below(svg, [x, BARS[1] + 2.5], column, &cut(&stack.name, letters(LONGEST_NAME, NAME)));
    svg.close();
}

/// The colour of an order, the first being the darkest.
fn colour(order: usize, orders: usize) -> String {
    sequential(order as f64 / (orders.max(3) - 1) as f64)
}

fn legend(svg: &mut Xml, orders: usize) {
    let shown = orders.min(ORDERS);
    for order in 0..shown {
        let x = 24.0 + 18.0 * order as f64;
        svg.open("rect").attr("class", "key").num("x", x).num("y", 10.0).num("width", 3.4).num("height", 3.4);
        svg.attr("fill", &colour(order, shown)).attr("stroke", "#555").num("stroke-width", 0.15).close();
        let more = if order + 1 == shown && orders > shown { "–" } else { "" };
        let last = if more.is_empty() { String::new() } else { orders.to_string() };
        text(svg, [x + 4.4, 12.8], SMALL, "start", &format!("order {}{more}{last}", order + 1));
    }
}
