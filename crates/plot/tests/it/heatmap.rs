use std::collections::HashMap;

use einthoven_game::Partition;
use einthoven_plot::colour::diverging;
use einthoven_plot::{Group, Layout, Picture, group_heatmap_svg, heatmap_svg};
use roxmltree::{Document, Node};

use crate::common::*;

/// Colour and tooltip of each cell by row and column.
fn cells(document: &Document) -> HashMap<(usize, usize), (String, String)> {
    let nodes = class(document, "g", "cell");
    let rects: Vec<Node> = nodes.iter().map(|node| child(node, "rect")).collect();
    let least = |name: &str| rects.iter().map(|rect| num(rect, name)).fold(f64::INFINITY, f64::min);
    let (left, top) = (least("x"), least("y"));
    let place = |rect: &Node, name: &str, from: f64| ((num(rect, name) - from) / num(rect, "width")).round() as usize;
    let read = |(node, rect): (&Node, &Node)| {
        let at = (place(rect, "y", top), place(rect, "x", left));
        (at, (rect.attribute("fill").unwrap().to_owned(), tooltip(node)))
    };
    nodes.iter().zip(&rects).map(read).collect()
}

#[test]
fn cells_have_the_colour_of_their_values_on_both_sides() {
    let terms: [(&[u32], f64); 6] =
        [(&[0], 3.0), (&[1], -0.2), (&[2], 0.1), (&[0, 1], 0.4), (&[1, 2], -0.2), (&[0, 1, 2], 9.0)];
    let svg = heatmap_svg(&interactions(3, &terms, Some(0.01)));
    let document = Document::parse(&svg).unwrap();
    let cells = cells(&document);
    // The scale ends at the strongest pair.
    let expected =
        [((0, 0), 1.0), ((1, 1), -0.5), ((2, 2), 0.25), ((0, 1), 1.0), ((1, 0), 1.0), ((1, 2), -0.5), ((2, 1), -0.5)];
    assert_eq!(cells.len(), expected.len());
    for (at, position) in expected {
        assert_eq!(cells[&at].0, diverging(position), "{at:?}");
    }
    assert_eq!(cells[&(2, 1)].1, "player 1 × player 2: -0.2000 ± 0.0100");
    let texts = texts(&document);
    for expected in ["+3.00", "-0.20", "+0.40", "not drawn: 1 term of more than two players"] {
        assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
    }
    assert!(texts.iter().any(|text| text.ends_with("the largest magnitude is 3.0000")), "{texts:?}");
}

#[test]
fn small_numbers_have_a_common_power_and_nothing_no_sign() {
    let terms: [(&[u32], f64); 3] = [(&[0, 1], 2.5e-5), (&[0], -1.25e-6), (&[1], 1e-9)];
    let texts = texts(&Document::parse(&heatmap_svg(&interactions(2, &terms, None))).unwrap());
    for expected in ["+2.50", "-0.12", "0", "numbers in 1e-5 logit"] {
        assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
    }
}

#[test]
fn negative_cells_without_numbers_have_a_dash() {
    let pairs: Vec<[u32; 2]> = (0..29).map(|player| [player, player + 1]).collect();
    let terms: Vec<(&[u32], f64)> =
        pairs.iter().map(|pair| (&pair[..], if pair[0] % 2 == 0 { 1.0 } else { -1.0 })).collect();
    let svg = heatmap_svg(&interactions(30, &terms, None));
    let document = Document::parse(&svg).unwrap();
    for cell in class(&document, "g", "cell") {
        let is_dashed = cell.children().any(|child| child.attribute("class") == Some("dash"));
        assert_eq!(is_dashed, tooltip(&cell).contains(": -"));
    }
    // 14 negative pairs, each twice.
    assert_eq!(class(&document, "path", "dash").len(), 28);
}

#[test]
fn of_many_players_the_strongest_are_drawn() {
    let pairs: Vec<[u32; 2]> = (0..3000).map(|index| [index, index + 3000]).collect();
    let terms: Vec<(&[u32], f64)> = pairs.iter().map(|pair| (&pair[..], f64::from(pair[0]))).collect();
    let svg = heatmap_svg(&interactions(6000, &terms, None));
    let document = Document::parse(&svg).unwrap();
    assert_eq!(texts(&document)[0], "k-SII values for MI: player × player, 48 of 6000");
    // 24 pairs, each twice; the strongest joins the last player of either half.
    assert_eq!(class(&document, "g", "cell").len(), 48);
    assert!(cells(&document)[&(23, 47)].1.starts_with("player 2999 × player 5999"));
}

#[test]
fn terms_over_more_than_two_groups_are_counted_and_not_drawn() {
    // Two windows of each lead; the players 0, 2 and 4 are the early ones of the first three leads.
    let players = leads_windows_of(2);
    let terms: [(&[u32], f64); 3] = [(&[0, 2, 4], 5.0), (&[0, 2], 0.5), (&[0, 1, 2, 3], 0.25)];
    let (record, attribution) = (record(1000, |_, _| 0.0), interactions(24, &terms, None));
    let picture = Picture {
        record: &record,
        partition: &players,
        attribution: Some(&attribution),
        dense: None,
        layout: Layout::TwelveByOne,
        title: "",
        start: 0.0,
    };
    let svg = group_heatmap_svg(&picture, Group::Leads).unwrap();
    let document = Document::parse(&svg).unwrap();
    let words: Vec<String> = class(&document, "g", "cell").iter().map(tooltip).collect();
    assert_eq!(words, vec!["I × II: +0.7500 from 2 interactions"; 2]);
    assert!(texts(&document).contains(&"not drawn: 1 term of more than two leads".to_owned()));
}

/// One player per lead and window.
fn leads_windows_of(windows: usize) -> Partition {
    partition(1000, 12 * windows, |lead, sample| (lead * windows + sample * windows / 1000) as u32)
}

/// The cells of a game of two leads by two windows, players in the order (I, early), (I, late), (II, early), (II, late).
fn group_cells(terms: &[(&[u32], f64)], group: Group) -> Option<HashMap<(usize, usize), String>> {
    let record = einthoven_ecg::Record::new("r", 100.0, vec!["I".into(), "II".into()], vec![0.0; 400]);
    let owner: Vec<u32> = (0..400).map(|cell| cell / 100).collect();
    let names = (0..4).map(|player| format!("player {player}")).collect();
    let partition = Partition::new(2, 200, owner, names, None).unwrap();
    let attribution = interactions(4, terms, None);
    let picture = Picture {
        record: &record,
        partition: &partition,
        attribution: Some(&attribution),
        dense: None,
        layout: Layout::TwelveByOne,
        title: "",
        start: 0.0,
    };
    let svg = group_heatmap_svg(&picture, group)?;
    let document = Document::parse(&svg).unwrap();
    Some(cells(&document).into_iter().map(|(at, cell)| (at, cell.1)).collect())
}

#[test]
fn groups_hold_the_sums_of_what_lies_in_them() {
    let terms: [(&[u32], f64); 7] = [
        (&[0], 1.0),
        (&[3], -0.5),
        (&[0, 1], 0.25),
        (&[1, 2], 0.5),
        (&[0, 2], 0.125),
        (&[0, 2, 3], 2.0),
        (&[0, 1, 2, 3], -4.0),
    ];
    let leads = group_cells(&terms, Group::Leads).unwrap();
    assert_eq!(leads[&(0, 0)], "I: +1.0000 from single players, +0.2500 from 1 interaction");
    assert_eq!(leads[&(1, 1)], "II: -0.5000 from single players, 0 from 0 interactions");
    // 0.5 + 0.125 + 2 - 4: a larger set counts where its leads are.
    assert_eq!(leads[&(0, 1)], "I × II: -1.3750 from 4 interactions");
    let windows = group_cells(&terms, Group::Windows).unwrap();
    assert_eq!(windows[&(0, 0)], "0–1 s: +1.0000 from single players, +0.1250 from 1 interaction");
    // 0.25 + 0.5 + 2 - 4.
    assert_eq!(windows[&(1, 0)], "0–1 s × 1–2 s: -1.2500 from 4 interactions");
}

#[test]
fn merged_moebius_coefficients_are_those_of_the_merged_game() {
    // v(S) = sum of the coefficients inside S. Lead I is the players 0 and 1, lead II the players 2 and 3.
    let terms: [(&[u32], f64); 6] =
        [(&[0], 1.0), (&[1], 0.5), (&[0, 1], -0.25), (&[2, 3], 0.75), (&[1, 3], 0.3), (&[0, 1, 3], 0.2)];
    let value = |set: &[u32]| -> f64 {
        terms.iter().filter(|term| term.0.iter().all(|player| set.contains(player))).map(|term| term.1).sum()
    };
    let (first, second, both) = (value(&[0, 1]), value(&[2, 3]), value(&[0, 1, 2, 3]));
    let cells = group_cells(&terms, Group::Leads).unwrap();
    assert!(cells[&(0, 0)].contains("+1.5000 from single players, -0.2500") && (first - 1.25).abs() < 1e-12);
    assert!(cells[&(1, 1)].contains("0 from single players, +0.7500") && (second - 0.75).abs() < 1e-12);
    assert!(cells[&(0, 1)].contains(&format!("{:+.4}", both - first - second)), "{cells:?}");
}
