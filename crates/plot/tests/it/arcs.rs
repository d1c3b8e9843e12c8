use einthoven_ecg::Record;
use einthoven_game::{Attribution, Partition};
use einthoven_plot::colour::ink;
use einthoven_plot::{Layout, Picture, arcs_svg};
use roxmltree::Document;

use crate::common::*;

fn svg(record: &Record, partition: &Partition, attribution: &Attribution, top: usize) -> Option<String> {
    let layout = Layout::ThreeByFour;
    arcs_svg(
        &Picture { record, partition, attribution: Some(attribution), dense: None, layout, title: "<why>", start: 0.0 },
        top,
    )
}

/// Start and end of each arc.
fn ends(document: &Document) -> Vec<[f64; 4]> {
    let read = |d: &str| {
        let numbers = numbers(d);
        let end = &numbers[numbers.len() - 2..];
        [numbers[0], numbers[1], end[0], end[1]]
    };
    class(document, "path", "link").iter().map(|link| read(link.attribute("d").unwrap())).collect()
}

fn rows(document: &Document) -> Vec<f64> {
    let pulses = class(document, "path", "calibration");
    pulses.iter().map(|pulse| numbers(pulse.attribute("d").unwrap())[1]).collect()
}

const TERMS: [(&[u32], f64); 4] = [(&[0], 1.0), (&[0, 6], 0.8), (&[2, 6], -0.4), (&[1, 2], 0.1)];

#[test]
fn leads_are_joined_beside_the_grid() {
    let svg = svg(&record(1000, |_, _| 0.0), &leads(1000), &interactions(12, &TERMS, None), 2).unwrap();
    let document = Document::parse(&svg).unwrap();
    let zeros = rows(&document);
    let grid = class(&document, "rect", "grid")[0];
    let edge = num(&grid, "x") + num(&grid, "width");
    assert_eq!(ends(&document), [[edge, zeros[0], edge, zeros[6]], [edge, zeros[2], edge, zeros[6]]]);
    let links = class(&document, "path", "link");
    assert_eq!(links.iter().map(|link| num(link, "stroke-width")).collect::<Vec<_>>(), [2.6, 1.3]);
    assert_eq!(links.iter().map(|link| link.attribute("stroke").unwrap()).collect::<Vec<_>>(), [ink(1.0), ink(-1.0)]);
    assert_eq!(
        links.iter().map(|link| link.attribute("stroke-dasharray").is_some()).collect::<Vec<_>>(),
        [false, true]
    );
    // Half ellipses that stay on the paper: as high as half the distance, and not wider than the room.
    for link in &links {
        let numbers = numbers(link.attribute("d").unwrap());
        assert!((numbers[3] - (numbers[8] - numbers[1]) / 2.0).abs() < 1e-3 && numbers[2] <= 42.0, "{numbers:?}");
        assert_eq!(numbers[4..7], [0.0, 0.0, 1.0]);
    }
    assert!(texts(&document).contains(&"drawn: 2 of 3 pairs, the strongest".to_owned()));
    assert_eq!(class(&document, "circle", "anchor").len(), 3);
}

#[test]
fn windows_are_joined_above_the_grid_at_their_middles() {
    let windows = partition(1000, 10, |_, sample| (sample / 100) as u32);
    let svg = svg(&record(1000, |_, _| 0.0), &windows, &interactions(10, &TERMS, None), 9).unwrap();
    let document = Document::parse(&svg).unwrap();
    let top = num(&class(&document, "rect", "grid")[0], "y");
    let at = |window: f64| 15.0 + 25.0 * (window + 0.5);
    let expected = [[at(0.0), top, at(6.0), top], [at(2.0), top, at(6.0), top], [at(1.0), top, at(2.0), top]];
    assert_eq!(ends(&document), expected);
    // Everything is moved down, so that the highest arc stays below the heading.
    let moved = document.descendants().find_map(|node| node.attribute("transform")).unwrap();
    let highest = numbers(class(&document, "path", "link")[0].attribute("d").unwrap())[3];
    assert!(numbers(moved)[1] + top - highest > 14.0, "{moved} {highest}");
}

#[test]
fn cells_are_joined_over_the_trace_at_the_middle_of_their_longest_stretch() {
    // Player 0: lead II from 1 s to 3 s, and a shorter stretch of lead V1; player 1: the last second of lead V6.
    let owner = |lead: usize, sample: usize| match (lead, sample) {
        (1, 100..300) | (6, 0..50) => 0,
        (11, 900..) => 1,
        _ => einthoven_game::NEVER_MASKED,
    };
    let terms: [(&[u32], f64); 1] = [(&[0, 1], -0.3)];
    let cells = partition(1000, 2, owner);
    let svg = svg(&record(1000, |_, _| 0.0), &cells, &interactions(2, &terms, None), 9).unwrap();
    let document = Document::parse(&svg).unwrap();
    let ends = ends(&document)[0];
    // Rows are 25 mm high, with the zero line 15 mm below their upper edge.
    let zeros = rows(&document);
    assert_eq!(ends, [15.0 + 50.0, zeros[1] - 2.5, 15.0 + 25.0 * 9.5, zeros[11] - 2.5]);
}

#[test]
fn without_pairs_there_are_no_arcs() {
    let (record, leads) = (record(1000, |_, _| 0.0), leads(1000));
    assert_eq!(svg(&record, &leads, &attribution(&[1.0; 12]), 9), None);
    let terms: [(&[u32], f64); 3] = [(&[0, 1], 0.0), (&[0, 1, 2], 1.0), (&[1, 2], f64::NAN)];
    assert_eq!(svg(&record, &leads, &interactions(12, &terms, None), 9), None);
    let bare = Picture {
        record: &record,
        partition: &leads,
        attribution: None,
        dense: None,
        layout: Layout::TwelveByOne,
        title: "",
        start: 0.0,
    };
    assert_eq!(arcs_svg(&bare, 9), None);
}
