//! The tables of the report.

use einthoven_game::Attribution;

use crate::colour::diverging;
use crate::number::value_text;
use crate::players::{self, Player};
use crate::report::Report;
use crate::xml::{Xml, number};

/// Every output with logit, probability and a bar; the explained one is marked.
pub(crate) fn predictions(html: &mut Xml, report: &Report) {
    html.open("table").attr("class", "predictions");
    head(html, &["output", "logit", "probability", ""]);
    html.open("tbody");
    let explained = &report.attributions[report.target].output;
    for prediction in report.predictions {
        let is_explained = prediction.output == *explained;
        html.open("tr");
        if is_explained {
            html.attr("class", "explained");
        }
        html.open("th").attr("scope", "row").text(&prediction.output);
        if is_explained {
            html.leaf("small", " explained below");
        }
        html.close();
        cell(html, &value_text(prediction.logit));
        cell(html, &probability_text(prediction.probability));
        html.open("td").attr("class", "track").open("span").attr("class", "level");
        let width =
            if prediction.probability.is_finite() { prediction.probability.clamp(0.0, 1.0) * 100.0 } else { 0.0 };
        html.attr("style", &format!("width:{}%", number(width))).text("").close().close();
        html.close();
    }
    html.close().close();
}

/// Key and value, row by row.
pub(crate) fn pairs<'a>(html: &mut Xml, pairs: impl IntoIterator<Item = (&'a str, String)>) {
    html.open("table").attr("class", "pairs").open("tbody").text("");
    for (key, value) in pairs {
        html.open("tr").open("th").attr("scope", "row").text(key).close().leaf("td", &value).close();
    }
    html.close().close();
}

/// The facts of one attribution.
pub(crate) fn facts(html: &mut Xml, attribution: &Attribution) {
    let unit = players::unit(attribution.link);
    let kind = serde_json::to_string(&attribution.kind).unwrap_or_default().trim_matches('"').to_owned();
    let facts = [
        ("with the whole record", format!("{} {unit}", value_text(attribution.full))),
        ("with everything masked (baseline)", format!("{} {unit}", value_text(attribution.baseline))),
        ("difference to be shared out", value_text(attribution.full - attribution.baseline)),
        ("efficiency gap (difference less the sum of the values)", value_text(attribution.efficiency_gap())),
        ("index", players::index_name(attribution)),
        ("method", attribution.method.clone()),
        ("the estimate is", kind),
        ("evaluations (distinct coalitions)", attribution.evaluations.to_string()),
        ("players", attribution.n_players.to_string()),
        ("seed", attribution.seed.to_string()),
    ];
    pairs(html, facts);
}

/// The players by magnitude, `top` at most.
pub(crate) fn players_by_magnitude(html: &mut Xml, attribution: &Attribution, top: usize) {
    html.open("table").attr("class", "players");
    head(html, &["", "player", players::unit(attribution.link), "std. error"]);
    html.open("tbody").text("");
    for (rank, player) in players::ranked(attribution).iter().take(top).enumerate() {
        player_row(html, rank + 1, player);
    }
    html.close().close();
}

fn player_row(html: &mut Xml, rank: usize, player: &Player) {
    html.open("tr");
    cell(html, &rank.to_string());
    html.open("th").attr("scope", "row").open("span").attr("class", "sign");
    let sign = if player.value < 0.0 { -1.0 } else { f64::from(player.value > 0.0) };
    html.attr("style", &format!("background:{}", diverging(sign))).text("").close().text(&player.name).close();
    cell(html, &value_text(player.value));
    cell(html, &player.std_err.map_or("–".to_owned(), |error| value_text(error).replace('+', "")));
    html.close();
}

fn head(html: &mut Xml, names: &[&str]) {
    html.open("thead").open("tr");
    for name in names {
        html.open("th").attr("scope", "col").text(name).close();
    }
    html.close().close();
}

fn cell(html: &mut Xml, text: &str) {
    html.open("td").attr("class", "number").text(text).close();
}

/// A probability as text.
fn probability_text(probability: f64) -> String {
    value_text(probability).replace('+', "")
}
