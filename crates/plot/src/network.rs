//! Players and their pairs as a network.

use einthoven_game::{Attribution, Term};

use crate::frame::{self, Notes};
use crate::links::{LEGEND, Links};
use crate::number::{counted, cut};
use crate::places::{Places, SIDE};
use crate::players;
use crate::terms::Terms;

/// Where the square of the graph begins.
pub(crate) const HEADING: f64 = 9.0;
/// Most players that can be told apart on the circle.
pub(crate) const PLAYERS: usize = 40;
/// Most lines that can be told apart.
const PAIRS: usize = 66;

/// The players on a circle, clockwise in order: a disc's area is a player's own value, a line's width that of a pair.
/// At most 40 players, those of the strongest pairs, and 66 pairs are drawn; the picture says what it leaves out.
///
/// Terms of more players are in [`crate::si_graph_svg`]. After the network plot of shapiq (Muschalik et al. 2024).
pub fn network_svg(attribution: &Attribution) -> String {
    let terms = Terms::new(attribution);
    let shown = terms.players_of(terms.of_order(2).chain(terms.of_order(1)), PLAYERS);
    let places = Places::circle(attribution, shown, HEADING);
    let between: Vec<&Term> = terms.of_order(2).filter(|term| places.of_all(&term.players).is_some()).collect();
    let drawn = &between[..between.len().min(PAIRS)];
    let links = Links::new(drawn.iter().copied());
    let higher = terms.ranked.iter().filter(|term| term.players.len() > 2).count();
    let notes = Notes::new(
        [
            left_out(places.shown.len(), attribution.n_players, "players, those of the strongest pairs"),
            left_out(drawn.len(), between.len(), "pairs between them"),
            if higher > 0 {
                format!("not drawn: {} of more than two players", counted(higher, "term"))
            } else {
                String::new()
            },
            links.note(),
            terms.not_finite_note(),
        ],
        SIDE,
    );
    let legend_top = HEADING + SIDE + 2.0;
    let what = players::index_words(attribution);
    let title = format!("{what} for {}: players and pairs", cut(&attribution.output, 24));
    let mut svg = frame::titled("network", &title, [SIDE, legend_top + LEGEND + notes.height()]);
    for term in drawn {
        let Some(ends) = places.of_all(&term.players) else { continue };
        links.draw(&mut svg, term, &places.path(ends[0], ends[1]), &terms.name(&term.players));
    }
    places.draw(&mut svg);
    links.legend(&mut svg, [3.0, legend_top], "pairs", players::unit(attribution.link));
    places.legend(&mut svg, [103.0, legend_top]);
    notes.draw(&mut svg, legend_top + LEGEND);
    svg.finish()
}

/// A line about what is not shown, or nothing.
pub(crate) fn left_out(shown: usize, count: usize, things: &str) -> String {
    if shown < count { format!("drawn: {shown} of {count} {things}") } else { String::new() }
}
