//! Curves of removal.

use einthoven_game::Link;
use einthoven_plot::{Changes, removal_svg};
use roxmltree::Document;

use crate::common::*;

fn changes() -> Changes {
    Changes {
        predicted: vec![1.0, 1.9, 3.0],
        found: vec![1.0, 2.0, 2.5],
        shapley: vec![0.5, 1.0, 2.0],
        random: vec![0.25, f64::NAN, 0.75],
    }
}

/// Points of a curve in units of its axes.
fn points(document: &Document, name: &str) -> Vec<[f64; 2]> {
    let ticks = ticks(document, "y", "end");
    let per_unit = (ticks[0].1 - ticks[1].1) / (ticks[1].0 - ticks[0].0);
    let zero = ticks[0].1 - 1.0 + ticks[0].0 * per_unit;
    let group = class(document, "g", name)[0];
    let path = group.children().find(|node| node.tag_name().name() == "path").unwrap();
    let across = |x: f64| (x - 20.0) / (142.0 - 20.0) * 3.0;
    let pairs = numbers(path.attribute("d").unwrap());
    pairs.chunks_exact(2).map(|pair| [across(pair[0]), (zero - pair[1]) / per_unit]).collect()
}

#[test]
fn curves_run_through_their_values() {
    let svg = removal_svg("MI", Link::Logit, &changes());
    let document = Document::parse(&svg).unwrap();
    let changes = changes();
    for (name, values) in [("predicted", &changes.predicted), ("found", &changes.found), ("shapley", &changes.shapley)]
    {
        let found = points(&document, name);
        assert_eq!(found.len(), 4, "{name}");
        for (at, (point, value)) in found.iter().zip([0.0].iter().chain(values)).enumerate() {
            assert!((point[0] - at as f64).abs() < 1e-3 && (point[1] - value).abs() < 2e-3, "{name}: {point:?}");
        }
    }
    // What is not finite is left out.
    let random: Vec<f64> = points(&document, "random").iter().map(|point| point[0]).collect();
    assert!(random.iter().zip([0.0, 1.0, 3.0]).all(|(x, count)| (x - count).abs() < 1e-3) && random.len() == 3);
    let words = texts(&document);
    for expected in ["Removal of players, MI", "logit", "players removed", "by Shapley values", "3"] {
        assert!(words.iter().any(|text| text == expected), "{expected}: {words:?}");
    }
}

#[test]
fn nothing_removed_is_an_empty_picture() {
    let svg = removal_svg("<MI>", Link::Probability, &Changes::default());
    let document = Document::parse(&svg).unwrap();
    assert_eq!(class(&document, "g", "found").len(), 1);
    assert!(texts(&document).iter().any(|text| text == "Removal of players, <MI>"));
    // Many players have fewer numbers than there are steps.
    let many = Changes { found: (0..100).map(f64::from).collect(), ..Changes::default() };
    let svg = removal_svg("MI", Link::Logit, &many);
    let document = Document::parse(&svg).unwrap();
    let counts: Vec<f64> = ticks(&document, "x", "middle").iter().map(|tick| tick.0).collect();
    assert_eq!(counts, (0..=14).map(|step| 7.0 * f64::from(step)).collect::<Vec<_>>());
}
