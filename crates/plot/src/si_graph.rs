//! Terms of any order as a graph whose edges may join more than two players.

use einthoven_game::{Attribution, Term};

use crate::colour::ink;
use crate::frame::{self, Notes};
use crate::links::{LEGEND, Links};
use crate::network::{HEADING, PLAYERS, left_out};
use crate::places::{Places, SIDE};
use crate::players;
use crate::terms::{self, Terms};
use crate::xml::{Xml, number};

/// The `top` terms of two and more players: a pair is a line, a larger set a star that joins its players in a point,
/// over a faint area that they span. Discs are the players' own values by area. The players stand on a circle,
/// clockwise in order, or at `positions` `[players]` (x to the right, y down, any unit). At most 40 players are drawn,
/// those of the strongest terms; the picture says what it leaves out.
///
/// After the SI-graph of shapiq (Muschalik et al. 2024).
pub fn si_graph_svg(attribution: &Attribution, top: usize, positions: Option<&[[f64; 2]]>) -> String {
    let terms = Terms::new(attribution);
    let several = || terms.ranked.iter().copied().filter(|term| term.players.len() > 1 && term.value != 0.0);
    let shown = terms.players_of(several().take(top).chain(terms.of_order(1)), PLAYERS);
    let places = match positions {
        Some(positions) => Places::given(attribution, shown, positions, HEADING),
        None => Places::circle(attribution, shown, HEADING),
    };
    let drawn: Vec<&Term> = several().filter(|term| places.of_all(&term.players).is_some()).take(top).collect();
    let links = Links::new(drawn.iter().copied());
    let notes = Notes::new(
        [
            left_out(places.shown.len(), attribution.n_players, "players, those of the strongest terms"),
            links.note(),
            terms.not_finite_note(),
        ],
        SIDE,
    );
    let legend_top = HEADING + places.height + 2.0;
    let title = terms::title(attribution, drawn.len(), several().count(), "interaction");
    let mut svg = frame::titled("si-graph", &title, [SIDE, legend_top + LEGEND + notes.height()]);
    for term in drawn {
        let Some(ends) = places.of_all(&term.players) else { continue };
        let name = terms.name(&term.players);
        match ends[..] {
            [from, to] => links.draw(&mut svg, term, &places.path(from, to), &name),
            _ => star(&mut svg, &links, term, &ends, &name),
        }
    }
    places.draw(&mut svg);
    links.legend(&mut svg, [3.0, legend_top], "interactions", players::unit(attribution.link));
    places.legend(&mut svg, [103.0, legend_top]);
    notes.draw(&mut svg, legend_top + LEGEND);
    svg.finish()
}

fn star(svg: &mut Xml, links: &Links, term: &Term, ends: &[[f64; 2]], name: &str) {
    let point = |[x, y]: [f64; 2]| format!("{} {}", number(x), number(y));
    let joint = joint(ends);
    let outline: Vec<String> = around(ends).into_iter().map(point).collect();
    svg.open("path").attr("class", "area").attr("d", &format!("M{}Z", outline.join("L")));
    svg.attr("fill", ink(term.value)).num("fill-opacity", 0.07).close();
    let legs: String = ends.iter().map(|&end| format!("M{}L{}", point(end), point(joint))).collect();
    links.draw(svg, term, &legs, name);
    svg.open("circle").attr("class", "joint").num("cx", joint[0]).num("cy", joint[1]);
    svg.num("r", 0.5 + links.width(term.value) / 2.0).attr("fill", ink(term.value)).close();
}

/// Where the players of a set meet: their middle, drawn a little towards the first, so that sets around one middle do
/// not share the point.
fn joint(ends: &[[f64; 2]]) -> [f64; 2] {
    [0, 1].map(|axis| {
        let middle = ends.iter().map(|end| end[axis]).sum::<f64>() / ends.len() as f64;
        0.85 * middle + 0.15 * ends[0][axis]
    })
}

/// The points by their angle around their middle.
fn around(ends: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let middle = [0, 1].map(|axis| ends.iter().map(|end| end[axis]).sum::<f64>() / ends.len() as f64);
    let angle = |end: &[f64; 2]| (end[1] - middle[1]).atan2(end[0] - middle[0]);
    let mut sorted = ends.to_vec();
    sorted.sort_by(|a, b| angle(a).total_cmp(&angle(b)));
    sorted
}
