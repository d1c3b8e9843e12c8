//! Inputs, and ways to look into pictures.

use einthoven_ecg::Record;
use einthoven_game::{Attribution, Index, Kind, Link, Partition, Term};
use roxmltree::{Document, Node};

pub const LEADS: [&str; 12] = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"];
pub const RATE: f64 = 100.0;

/// Twelve leads at 100 Hz; `signal` gives millivolts from lead and sample.
pub fn record(samples: usize, signal: impl Fn(usize, usize) -> f32) -> Record {
    let cells = (0..12).flat_map(|lead| (0..samples).map(move |sample| (lead, sample)));
    let signal = cells.map(|(lead, sample)| signal(lead, sample)).collect();
    Record::new("r1", RATE, LEADS.map(String::from).to_vec(), signal)
}

/// A partition in which `owner` gives the player of lead and sample.
pub fn partition(samples: usize, players: usize, owner: impl Fn(usize, usize) -> u32) -> Partition {
    let cells = (0..12).flat_map(|lead| (0..samples).map(move |sample| (lead, sample)));
    let owner = cells.map(|(lead, sample)| owner(lead, sample)).collect();
    let names = (0..players).map(|player| format!("player {player}")).collect();
    Partition::new(12, samples, owner, names, None).unwrap()
}

/// One player per lead.
pub fn leads(samples: usize) -> Partition {
    partition(samples, 12, |lead, _| lead as u32)
}

/// One player per lead and tenth of the time.
pub fn leads_windows(samples: usize) -> Partition {
    partition(samples, 120, |lead, sample| (lead * 10 + sample * 10 / samples) as u32)
}

/// Shapley values with the standard error 0.01 times (player + 1).
pub fn attribution(values: &[f64]) -> Attribution {
    let term = |(player, &value): (usize, &f64)| Term {
        players: vec![player as u32],
        value,
        std_err: Some(0.01 * (player + 1) as f64),
    };
    Attribution {
        index: Index::Sv,
        min_order: 1,
        max_order: 1,
        n_players: values.len(),
        output: "MI".to_owned(),
        link: Link::Logit,
        baseline: -0.5,
        full: 0.75,
        kind: Kind::Consistent,
        method: "kernel".to_owned(),
        seed: 31,
        evaluations: 4096,
        terms: values.iter().enumerate().map(term).collect(),
        player_names: (0..values.len()).map(|player| format!("player {player}")).collect(),
        warnings: Vec::new(),
        run: serde_json::Map::new(),
    }
}

/// k-SII terms, each with the standard error given.
pub fn interactions(players: usize, terms: &[(&[u32], f64)], std_err: Option<f64>) -> Attribution {
    let mut attribution = attribution(&vec![0.0; players]);
    attribution.index = Index::KSii;
    attribution.max_order = terms.iter().map(|term| term.0.len()).max().unwrap_or(1);
    attribution.terms =
        terms.iter().map(|&(players, value)| Term { players: players.to_vec(), value, std_err }).collect();
    attribution
}

/// Exact k-SII up to `order` of a game of five players, and the game's table.
pub fn exact_interactions(order: usize) -> (Attribution, Vec<f64>) {
    let value = |set: u32| {
        let x = |player: u32| f64::from(set >> player & 1);
        x(0) - 2.0 * x(1) + 3.0 * x(0) * x(2) - 1.5 * x(1) * x(3) * x(4) + 0.7 * x(0) * x(1) * x(2) * x(3) + 0.25 * x(4)
    };
    let table: Vec<f64> = (0..32).map(value).collect();
    let mut attribution = interactions(5, &[], None);
    attribution.terms = einthoven_game::indices::from_table(Index::KSii, order, &table).unwrap();
    attribution.max_order = order;
    (attribution.baseline, attribution.full) = (table[0], table[31]);
    (attribution, table)
}

/// The text of a tooltip inside `node`.
pub fn tooltip(node: &Node) -> String {
    node.children().find(|child| child.tag_name().name() == "title").map(|title| text_of(&title)).unwrap()
}

/// The first child of a name.
pub fn child<'a>(node: &Node<'a, 'a>, name: &str) -> Node<'a, 'a> {
    node.children().find(|child| child.tag_name().name() == name).unwrap()
}

/// The numbers in a path or a transformation, whatever their letters.
pub fn numbers(text: &str) -> Vec<f64> {
    let parts = text.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'));
    parts.filter(|part| !part.is_empty()).map(|part| part.parse().unwrap()).collect()
}

/// The tick whose text reads as a number, and where it stands along the axis `x` or `y`.
pub fn ticks(document: &Document, axis: &str, anchor: &str) -> Vec<(f64, f64)> {
    let texts = named(document, "text").into_iter().filter(|text| text.attribute("text-anchor") == Some(anchor));
    texts.filter_map(|text| Some((text_of(&text).parse().ok()?, text.attribute(axis)?.parse().ok()?))).collect()
}

/// Elements of a name and a class.
pub fn class<'a>(document: &'a Document, name: &str, class: &str) -> Vec<Node<'a, 'a>> {
    document.descendants().filter(|node| node.has_tag_name(name) && node.attribute("class") == Some(class)).collect()
}

/// Elements of a name, whatever their namespace.
pub fn named<'a>(document: &'a Document, name: &str) -> Vec<Node<'a, 'a>> {
    document.descendants().filter(|node| node.is_element() && node.tag_name().name() == name).collect()
}

/// A numeric attribute.
pub fn num(node: &Node, name: &str) -> f64 {
    node.attribute(name).unwrap_or_else(|| panic!("no {name} in {node:?}")).parse().unwrap()
}

/// All text inside `node`.
pub fn text_of(node: &Node) -> String {
    node.descendants().filter_map(|node| if node.is_text() { node.text() } else { None }).collect()
}

/// The texts of all `text` elements.
pub fn texts(document: &Document) -> Vec<String> {
    named(document, "text").iter().map(text_of).collect()
}

/// The points of a path of absolute moves and lines.
pub fn points(path: &Node) -> Vec<(f64, f64)> {
    let numbers = path.attribute("d").unwrap().split(['M', 'L']).filter(|pair| !pair.is_empty());
    numbers
        .map(|pair| {
            let (x, y) = pair.split_once(' ').unwrap();
            (x.parse().unwrap(), y.parse().unwrap())
        })
        .collect()
}
