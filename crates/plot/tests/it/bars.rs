use einthoven_plot::{player_bars_svg, term_bars_svg};
use roxmltree::{Document, Node};

use crate::common::*;

/// First and last x of a path such as `M1 2H3…`.
fn whisker(bar: &Node) -> (f64, f64) {
    let path = bar.children().find(|node| node.attribute("class") == Some("error")).unwrap();
    let d = path.attribute("d").unwrap();
    let (left, rest) = d[1..].split_once(' ').unwrap();
    let right = rest.split_once('H').unwrap().1.split_once('M').unwrap().0;
    (left.parse().unwrap(), right.parse().unwrap())
}

fn rect<'a>(bar: &Node<'a, 'a>) -> Node<'a, 'a> {
    bar.children().find(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "rect"))).unwrap()
}

fn zero(document: &Document) -> f64 {
    let path = class(document, "path", "zero")[0].attribute("d").unwrap()[1..].to_owned();
    path.split_once(' ').unwrap().0.parse().unwrap()
}

#[test]
fn lengths_and_whiskers_are_to_one_scale() {
    // Errors 0.01, 0.02, 0.03; the axis runs from -0.22 to 0.43 over 61 mm.
    let svg = player_bars_svg(&attribution(&[0.1, -0.2, 0.4]), 20);
    let document = Document::parse(&svg).unwrap();
    let bars = class(&document, "g", "bar");
    let per_unit = 61.0 / 0.65;
    let zero = zero(&document);
    assert!((zero - (40.0 + 0.22 * per_unit)).abs() < 1e-3);
    let expected = [(0.4, 0.03), (-0.2, 0.02), (0.1, 0.01)];
    assert_eq!(bars.len(), 3);
    for (bar, (value, error)) in bars.iter().zip(expected) {
        let rect = rect(bar);
        assert!((num(&rect, "width") - f64::abs(value) * per_unit).abs() < 2e-3);
        assert!((num(&rect, "x") - (zero + f64::min(value, 0.0) * per_unit)).abs() < 2e-3);
        let (left, right) = whisker(bar);
        assert!((left - (zero + (value - error) * per_unit)).abs() < 2e-3, "{value}");
        assert!((right - (zero + (value + error) * per_unit)).abs() < 2e-3, "{value}");
    }
    let fills: Vec<&str> = bars.iter().map(|bar| rect(bar).attribute("fill").unwrap()).collect();
    assert_eq!(fills, ["#dd601e", "#468acd", "#dd601e"]);
}

#[test]
fn values_stand_beside_their_bars() {
    let svg = player_bars_svg(&attribution(&[0.1, -0.2, 0.4]), 20);
    let document = Document::parse(&svg).unwrap();
    let texts = texts(&document);
    for expected in ["player 1", "+0.1000 ± 0.0100", "-0.2000 ± 0.0200", "+0.4000 ± 0.0300", "logit"] {
        assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
    }
}

#[test]
fn ticks_stand_where_their_numbers_say() {
    let svg = player_bars_svg(&attribution(&[0.1, -0.2, 0.4]), 20);
    let document = Document::parse(&svg).unwrap();
    let ticks: Vec<(f64, f64)> = named(&document, "text")
        .iter()
        .filter(|text| text.attribute("text-anchor") == Some("middle"))
        .filter_map(|text| Some((num(text, "x"), text_of(text).parse().ok()?)))
        .collect();
    assert_eq!(ticks.iter().map(|tick| tick.1).collect::<Vec<f64>>(), [-0.2, 0.0, 0.2, 0.4]);
    for (x, value) in ticks {
        assert!((x - (40.0 + (value + 0.22) * 61.0 / 0.65)).abs() < 1e-3, "{value}");
    }
}

#[test]
fn only_the_largest_are_drawn_and_the_title_says_so() {
    let values: Vec<f64> = (0..40).map(|i| f64::from(i) * if i % 2 == 0 { 0.1 } else { -0.1 }).collect();
    let svg = player_bars_svg(&attribution(&values), 3);
    let document = Document::parse(&svg).unwrap();
    assert_eq!(texts(&document)[0], "Shapley values for MI: the 3 largest of 40 players");
    let names: Vec<String> =
        class(&document, "g", "bar").iter().map(|bar| text_of(&bar.children().nth(1).unwrap())).collect();
    assert_eq!(names, ["player 39", "player 38", "player 37"]);
}

#[test]
fn without_errors_there_are_no_whiskers() {
    let mut attribution = attribution(&[0.5, 0.2]);
    attribution.terms.iter_mut().for_each(|term| term.std_err = None);
    let svg = player_bars_svg(&attribution, 20);
    let document = Document::parse(&svg).unwrap();
    assert!(class(&document, "path", "error").is_empty());
    assert!(texts(&document).contains(&"+0.5000".to_owned()));
    assert!(!svg.contains("whiskers"));
}

#[test]
fn players_without_a_term_are_zero_and_groups_of_players_are_no_bars() {
    let mut attribution = attribution(&[0.5, 0.2, 0.3]);
    attribution.terms.remove(1);
    attribution.terms[0].players = vec![0, 2];
    let svg = player_bars_svg(&attribution, 20);
    let texts = texts(&Document::parse(&svg).unwrap());
    let values: Vec<&String> = texts.iter().filter(|text| *text == "0" || text.contains("±")).collect();
    // Player 2 with its value, players 0 and 1 with zero, and the zero of the axis.
    assert_eq!(values.iter().filter(|text| **text == "0").count(), 3);
    assert!(values.contains(&&"+0.3000 ± 0.0300".to_owned()));
}

#[test]
fn terms_of_any_order_are_bars_under_joined_names() {
    let terms: [(&[u32], f64); 5] = [(&[], 9.0), (&[0], 0.1), (&[0, 2], -0.4), (&[0, 1, 2], 0.2), (&[1], f64::NAN)];
    let svg = term_bars_svg(&interactions(3, &terms, Some(0.05)), 2);
    let document = Document::parse(&svg).unwrap();
    let bars = class(&document, "g", "bar");
    let read: Vec<String> = bars.iter().map(tooltip).collect();
    assert_eq!(read, ["player 0 × player 2: -0.4000 ± 0.0500", "player 0 × player 1 × player 2: +0.2000 ± 0.0500"]);
    assert_eq!(texts(&document)[0], "k-SII values for MI: the 2 largest of 3 terms");
    // From -0.45 to 0.25 over 61 mm.
    assert!((num(&rect(&bars[0]), "width") - 0.4 * 61.0 / 0.7).abs() < 2e-3);
    assert!((num(&rect(&bars[1]), "width") - 0.2 * 61.0 / 0.7).abs() < 2e-3);
    assert!(texts(&document).contains(&"left out: 1 term whose value is not finite".to_owned()));
}
