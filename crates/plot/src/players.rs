//! The values of single players, picked out of an attribution.

use einthoven_game::{Attribution, Index, Link};

use crate::number::cut;

/// One player with its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Player {
    pub name: String,
    pub value: f64,
    pub std_err: Option<f64>,
}

/// The name of each player; a number stands in for one that is missing.
pub(crate) fn names(attribution: &Attribution) -> Vec<String> {
    let name = |index| attribution.player_names.get(index).cloned().unwrap_or_else(|| format!("player {index}"));
    (0..attribution.n_players).map(name).collect()
}

/// The players of `attribution` in order. Terms of several players are left out; a player without a term of its own
/// has the value zero, as such terms need not be written.
pub(crate) fn players(attribution: &Attribution) -> Vec<Player> {
    let names = names(attribution).into_iter();
    let mut players: Vec<Player> = names.map(|name| Player { name, value: 0.0, std_err: None }).collect();
    for term in &attribution.terms {
        let [player] = term.players[..] else { continue };
        if let Some(player) = players.get_mut(player as usize) {
            player.value = term.value;
            player.std_err = term.std_err;
        }
    }
    players
}

/// The players of `attribution`, largest magnitude first, equals in order; what is not a number comes last.
pub(crate) fn ranked(attribution: &Attribution) -> Vec<Player> {
    let mut players = players(attribution);
    let key = |player: &Player| if player.value.is_nan() { -1.0 } else { player.value.abs() };
    players.sort_by(|a, b| key(b).total_cmp(&key(a)));
    players
}

/// The unit of the values.
pub(crate) fn unit(link: Link) -> &'static str {
    match link {
        Link::Logit => "logit",
        Link::Probability => "probability",
    }
}

/// The unit of the terms: that of the values, unless the run says another, as that of a gradient in a sum over cells.
pub(crate) fn term_unit(attribution: &Attribution) -> &str {
    attribution.run.get("unit").and_then(|unit| unit.as_str()).unwrap_or(unit(attribution.link))
}

/// Name of an attribution's index as the JSON has it.
pub(crate) fn index_name(attribution: &Attribution) -> String {
    serde_json::to_string(&attribution.index).unwrap_or_default().trim_matches('"').to_owned()
}

/// What the values are, in words: `Shapley values`, the name of the index, or of the gradient method.
pub(crate) fn index_words(attribution: &Attribution) -> String {
    match attribution.index {
        Index::Sv => "Shapley values".to_owned(),
        Index::Gradient => format!("{} values", cut(&attribution.method, 24)),
        other => format!("{other} values"),
    }
}

/// What the colours of signed values say.
pub(crate) fn colour_words(attribution: &Attribution) -> String {
    let output = cut(&attribution.output, 24);
    match attribution.index {
        // The sign of a player is -1 where it is on.
        Index::Fourier => format!("blue: negative, {output} rises with the player on; orange: positive, it falls"),
        _ if term_unit(attribution) != unit(attribution.link) => {
            format!("orange: {output} rises with the sample; blue: it falls")
        }
        _ => format!("orange: speaks for {output}; blue: speaks against it"),
    }
}
