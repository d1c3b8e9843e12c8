//! The way from the baseline to the full value: waterfall and force.

use einthoven_plot::{force_svg, waterfall_svg};
use roxmltree::{Document, Node};

use crate::common::*;

/// From -0.5 by 2, -1 and 0.5 to 1, and 0.25 more that is left open if `full` is 1.25.
fn example(full: f64) -> einthoven_game::Attribution {
    let terms: [(&[u32], f64); 4] = [(&[], 5.0), (&[0], 2.0), (&[0, 1], -1.0), (&[1], 0.5)];
    let mut attribution = interactions(2, &terms, Some(0.25));
    (attribution.baseline, attribution.full) = (-0.5, full);
    attribution
}

/// Left and right edge of each step's bar.
fn bars(document: &Document) -> Vec<(String, f64, f64)> {
    let read = |step: &Node| {
        let rect = child(step, "rect");
        (tooltip(step), num(&rect, "x"), num(&rect, "x") + num(&rect, "width"))
    };
    class(document, "g", "step").iter().map(read).collect()
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() < 3e-3, "{a} is not {b}");
}

/// Checks edges against values on an axis from `low` to `high`.
fn check(bars: &[(String, f64, f64)], [low, high]: [f64; 2], expected: &[(&str, f64, f64)]) {
    let at = |value: f64| 66.0 + 70.0 * (value - low) / (high - low);
    assert_eq!(bars.len(), expected.len(), "{bars:?}");
    for ((name, left, right), (expected, from, to)) in bars.iter().zip(expected) {
        assert_eq!(name, expected);
        close(*left, at(from.min(*to)));
        close(*right, at(from.max(*to)));
    }
}

#[test]
fn each_step_begins_where_the_last_one_ends_and_the_last_ends_at_full() {
    let svg = waterfall_svg(&example(1.0), 10);
    let document = Document::parse(&svg).unwrap();
    let expected = [
        ("player 0: +2.0000 ± 0.2500", -0.5, 1.5),
        ("player 0 × player 1: -1.0000 ± 0.2500", 1.5, 0.5),
        ("player 1: +0.5000 ± 0.2500", 0.5, 1.0),
    ];
    // The axis runs from the baseline to the upper end of the first whisker.
    check(&bars(&document), [-0.5, 1.75], &expected);
    let ends: Vec<f64> =
        class(&document, "path", "end").iter().map(|end| numbers(end.attribute("d").unwrap())[0]).collect();
    close(ends[0], 66.0);
    close(ends[1], bars(&document)[2].2);
    let whisker = numbers(class(&document, "path", "error")[0].attribute("d").unwrap());
    close(whisker[0], 66.0 + 70.0 * 1.75 / 2.25);
    close(whisker[2], 136.0);
    for (value, x) in ticks(&document, "x", "middle") {
        close(x, 66.0 + 70.0 * (value + 0.5) / 2.25);
    }
}

#[test]
fn what_the_terms_leave_open_is_a_step_and_the_rest_is_joined() {
    let svg = waterfall_svg(&example(1.25), 10);
    let document = Document::parse(&svg).unwrap();
    assert_eq!(bars(&document)[3].0, "left open by the terms: +0.2500");
    close(bars(&document)[3].2, numbers(class(&document, "path", "end")[1].attribute("d").unwrap())[0]);
    assert!(texts(&document).contains(&"the terms leave +0.2500 of the difference open".to_owned()));

    let svg = waterfall_svg(&example(1.0), 1);
    let document = Document::parse(&svg).unwrap();
    let expected = [("player 0: +2.0000 ± 0.2500", -0.5, 1.5), ("rest of 2 terms: -0.5000", 1.5, 1.0)];
    check(&bars(&document), [-0.5, 1.75], &expected);
    assert_eq!(texts(&document)[0], "k-SII values for MI: the 1 largest of 3 terms");

    let svg = waterfall_svg(&example(1.25), 1);
    let document = Document::parse(&svg).unwrap();
    let expected = [("player 0: +2.0000 ± 0.2500", -0.5, 1.5), ("rest of 2 terms, and left open: -0.2500", 1.5, 1.25)];
    check(&bars(&document), [-0.5, 1.75], &expected);
    // A rest of one term is the term.
    assert_eq!(bars(&Document::parse(&waterfall_svg(&example(1.0), 2)).unwrap()).len(), 3);
}

#[test]
fn an_exact_game_leaves_nothing_open() {
    for order in 1..=5 {
        let (attribution, _) = exact_interactions(order);
        for svg in [waterfall_svg(&attribution, 4), force_svg(&attribution, 4)] {
            assert!(!svg.contains("open"), "order {order}");
        }
    }
}

/// Tip and back of each piece of the strip.
fn pieces(document: &Document) -> Vec<(String, f64, f64)> {
    let read = |piece: &Node| {
        let numbers = numbers(piece.attribute("d").unwrap());
        (tooltip(piece), numbers[4], numbers[0])
    };
    class(document, "path", "force").iter().map(read).collect()
}

#[test]
fn forces_meet_at_the_full_value() {
    let svg = force_svg(&example(1.0), 10);
    let document = Document::parse(&svg).unwrap();
    // What raises: from 1 - 2.5 to 1; what lowers: from 1 + 1 back to 1. The axis runs from -1.5 to 2 over 162 mm.
    let at = |value: f64| 14.0 + 162.0 * (value + 1.5) / 3.5;
    let expected = [
        ("player 0: +2.0000", 1.0, -1.0),
        ("player 1: +0.5000", -1.0, -1.5),
        ("player 0 × player 1: -1.0000", 1.0, 2.0),
    ];
    let pieces = pieces(&document);
    assert_eq!(pieces.len(), 3);
    for ((name, tip, back), (expected, to, from)) in pieces.iter().zip(expected) {
        assert_eq!(name, expected);
        close(*tip, at(to));
        close(*back, at(from));
    }
    for (name, value) in [("full", 1.0), ("baseline", -0.5)] {
        let mark = numbers(class(&document, "path", name)[0].attribute("d").unwrap());
        close(mark[0], at(value));
    }
    let texts = texts(&document);
    for expected in ["baseline -0.5000 logit", "full +1.0000 logit", "player 0 × player 1 -1.0000"] {
        assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
    }
}

#[test]
fn names_below_the_strip_stay_apart_and_on_the_paper() {
    let sets: Vec<[u32; 1]> = (0..30).map(|player| [player]).collect();
    for sign in [1.0, -1.0] {
        let terms: Vec<(&[u32], f64)> = sets.iter().map(|set| (&set[..], sign * (1.0 + f64::from(set[0])))).collect();
        let svg = force_svg(&interactions(30, &terms, None), 100);
        let document = Document::parse(&svg).unwrap();
        let mut places: Vec<f64> = named(&document, "text")
            .iter()
            .filter_map(|text| text.attribute("transform").map(|transform| numbers(transform)[0]))
            .collect();
        // 24 terms and the rest of the six and what they leave open.
        assert_eq!(places.len(), 25);
        places.sort_by(f64::total_cmp);
        assert!(places.windows(2).all(|pair| pair[1] - pair[0] > 4.99), "{places:?}");
        assert!(places[0] > 0.0 && places[24] < 180.0, "{places:?}");
    }
}

#[test]
fn ends_that_are_not_finite_are_said() {
    let mut attribution = example(f64::NAN);
    attribution.terms[1].value = f64::INFINITY;
    for svg in [waterfall_svg(&attribution, 5), force_svg(&attribution, 5)] {
        let texts = texts(&Document::parse(&svg).unwrap());
        assert!(texts.contains(&"the full value is not finite; zero stands in for it".to_owned()), "{texts:?}");
        assert!(texts.contains(&"left out: 1 term whose value is not finite".to_owned()), "{texts:?}");
    }
}
