//! The tables of the report.

use einthoven_game::indices::adds_up;
use einthoven_game::{Attribution, Index};
use serde_json::{Map, Value};

use crate::colour::diverging;
use crate::number::value_text;
use crate::players::{self, Player};
use crate::report::Prediction;
use crate::terms::Terms;
use crate::xml::{Xml, number};

/// Every output with logit, probability and a bar; the explained one is marked.
pub(crate) fn predictions(html: &mut Xml, predictions: &[Prediction], explained: &str) {
    html.open("table").attr("class", "predictions");
    head(html, &["output", "logit", "probability", ""]);
    html.open("tbody");
    for prediction in predictions {
        let is_explained = prediction.output == explained;
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
    if attribution.index == Index::Gradient {
        return pairs(html, gradient_facts(attribution));
    }
    let unit = players::unit(attribution.link);
    let kind = serde_json::to_string(&attribution.kind).unwrap_or_default().trim_matches('"').to_owned();
    let orders = attribution.terms.iter().map(|term| term.players.len()).max().unwrap_or(1).max(1);
    let index = match orders {
        1 => players::index_name(attribution),
        _ => format!("{}, up to order {orders}", players::index_name(attribution)),
    };
    let mut facts = vec![
        ("with all players on", format!("{} {unit}", value_text(attribution.full))),
        ("with all players off (baseline)", format!("{} {unit}", value_text(attribution.baseline))),
        ("difference", value_text(attribution.full - attribution.baseline)),
        ("index", index),
        ("method", attribution.method.clone()),
        ("the estimate is", kind),
        ("evaluations (distinct coalitions)", attribution.evaluations.to_string()),
        ("players", attribution.n_players.to_string()),
        ("seed", attribution.seed.to_string()),
    ];
    if adds_up(attribution.index) {
        let gap = value_text(attribution.efficiency_gap());
        facts.insert(3, ("efficiency gap (difference less the sum of the values)", gap));
    }
    pairs(html, facts);
}

/// Those of a gradient method, which switches nothing off.
fn gradient_facts(attribution: &Attribution) -> Vec<(&'static str, String)> {
    let unit = players::unit(attribution.link);
    let mut facts = vec![
        ("of the record", format!("{} {unit}", value_text(attribution.full))),
        ("of the baseline", format!("{} {unit}", value_text(attribution.baseline))),
        ("difference", value_text(attribution.full - attribution.baseline)),
    ];
    if let Some(gap) = attribution.run.get("completeness_gap").and_then(Value::as_f64) {
        facts.push(("completeness gap (difference less the sum of all cells)", value_text(gap)));
    }
    facts.extend([
        ("method", attribution.method.clone()),
        ("players (sums of cells)", attribution.n_players.to_string()),
        ("seed", attribution.seed.to_string()),
    ]);
    facts
}

/// What the supports that a spectral method has compared explain of coalitions held out, why one was kept, and what the screens
/// did; nothing of other methods.
pub(crate) fn comparison(html: &mut Xml, attribution: &Attribution) {
    let Some(facts) = attribution.run.get("spectral") else { return };
    let lines = facts["comparison"].as_array().map_or(&[][..], Vec::as_slice);
    html.open("table").attr("class", "comparison");
    head(html, &["function", "sets", "variance explained", "std. error"]);
    html.open("tbody").text("");
    for line in lines {
        html.open("tr");
        let kept = line["name"] == facts["won"];
        html.open("th").attr("scope", "row").text(line["name"].as_str().unwrap_or_default());
        if kept {
            html.leaf("small", " kept");
        }
        html.close();
        match line["missing"].as_str() {
            Some(why) => {
                html.open("td").attr("colspan", "3").text(why).close();
            }
            None => {
                cell(html, &line["sets"].to_string());
                cell(html, &percent_text(&line["r2"]));
                cell(html, &percent_text(&line["r2_std_err"]));
            }
        }
        html.close();
    }
    html.close().close();
    html.leaf("p", &format!("Kept because {}.", facts["why"].as_str().unwrap_or_default()));
    let screens =
        ["spex", "proxyspex"].into_iter().filter_map(|name| Some((name, words(facts.get(name)?.as_object()?))));
    pairs(html, screens);
}

/// The players by magnitude, `top` at most.
pub(crate) fn players_by_magnitude(html: &mut Xml, attribution: &Attribution, top: usize) {
    html.open("table").attr("class", "players");
    head(html, &["", "player", players::term_unit(attribution), "std. error"]);
    html.open("tbody").text("");
    for (rank, player) in players::ranked(attribution).iter().take(top).enumerate() {
        player_row(html, rank + 1, player);
    }
    html.close().close();
}

/// The terms of any order by magnitude, `top` at most; `extra` names one more column and fills it.
pub(crate) fn terms_by_magnitude(html: &mut Xml, attribution: &Attribution, top: usize, extra: Option<Extra>) {
    terms_from(html, attribution, 1, top, extra);
}

/// Those of `least` players and more.
pub(crate) fn terms_from(html: &mut Xml, attribution: &Attribution, least: usize, top: usize, extra: Option<Extra>) {
    let terms = Terms::new(attribution);
    html.open("table").attr("class", "players");
    let mut names = vec!["", "term", players::unit(attribution.link), "std. error", "order"];
    names.extend(extra.as_ref().map(|extra| extra.name));
    head(html, &names);
    html.open("tbody").text("");
    let ranked = terms.ranked.iter().filter(|term| term.players.len() >= least);
    for (rank, term) in ranked.take(top).enumerate() {
        html.open("tr");
        let player = Player { name: terms.name(&term.players), value: term.value, std_err: term.std_err };
        player_cells(html, rank + 1, &player);
        cell(html, &term.players.len().to_string());
        if let Some(extra) = &extra {
            cell(html, &(extra.fill)(&term.players));
        }
        html.close();
    }
    html.close().close();
}

/// One more column of a table of terms: its heading, and its text for a set of players.
pub(crate) struct Extra<'a> {
    pub name: &'a str,
    pub fill: &'a dyn Fn(&[u32]) -> String,
}

/// A table with a row of names and rows of a name and numbers.
pub(crate) fn named_rows(html: &mut Xml, names: &[&str], rows: impl IntoIterator<Item = (String, Vec<String>)>) {
    html.open("table").attr("class", "predictions");
    head(html, names);
    html.open("tbody").text("");
    for (name, cells) in rows {
        html.open("tr").open("th").attr("scope", "row").text(&name).close();
        cells.iter().for_each(|words| cell(html, words));
        html.close();
    }
    html.close().close();
}

fn player_row(html: &mut Xml, rank: usize, player: &Player) {
    html.open("tr");
    player_cells(html, rank, player);
    html.close();
}

fn player_cells(html: &mut Xml, rank: usize, player: &Player) {
    cell(html, &rank.to_string());
    html.open("th").attr("scope", "row").open("span").attr("class", "sign");
    let sign = if player.value < 0.0 { -1.0 } else { f64::from(player.value > 0.0) };
    html.attr("style", &format!("background:{}", diverging(sign))).text("").close().text(&player.name).close();
    cell(html, &value_text(player.value));
    cell(html, &player.std_err.map_or("–".to_owned(), |error| value_text(error).replace('+', "")));
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

/// A share as text; what rounds to zero has no sign.
fn percent_text(share: &Value) -> String {
    share.as_f64().map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", 100.0 * share).replace("-0.0 ", "0.0 "))
}

/// Facts as words, such as `bits 3, groups 3, noise 0.8133`.
fn words(facts: &Map<String, Value>) -> String {
    let fact = |(key, value): (&String, &Value)| {
        let value = value.as_f64().filter(|_| !value.is_u64()).map_or_else(|| value.to_string(), number);
        format!("{} {value}", key.replace('_', " "))
    };
    facts.iter().map(fact).collect::<Vec<_>>().join(", ")
}

/// A probability as text.
fn probability_text(probability: f64) -> String {
    value_text(probability).replace('+', "")
}
