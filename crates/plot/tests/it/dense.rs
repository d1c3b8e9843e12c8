//! Maps of single cells on paper.

use einthoven_ecg::Record;
use einthoven_game::{Attribution, Index, Partition};
use einthoven_plot::colour::{Scale, diverging};
use einthoven_plot::{Dense, Layout, Picture, ecg_svg};
use roxmltree::{Document, Node};

use crate::common::*;

/// An attribution as gradient methods make them.
fn gradient() -> Attribution {
    Attribution { index: Index::Gradient, method: "ig".to_owned(), ..attribution(&[0.0; 12]) }
}

fn svg(record: &Record, partition: &Partition, cells: &[f64], layout: Layout) -> String {
    let dense = Some(Dense { cells, unit: "logit per cell" });
    let attribution = gradient();
    ecg_svg(&Picture { record, partition, attribution: Some(&attribution), dense, layout, title: "t", start: 0.0 })
}

/// Cells of twelve leads of so many samples.
fn cells(samples: usize, value: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    (0..12 * samples).map(|cell| value(cell / samples, cell % samples)).collect()
}

/// The map of a lead: colour, left edge and width of each of its lines.
fn lines(document: &Document, lead: &str) -> Vec<(String, f64, f64)> {
    let maps = class(document, "g", "map");
    let map = maps.iter().find(|map| map.attribute("data-lead") == Some(lead)).unwrap();
    let paths = map.children().filter(|node| node.tag_name().name() == "path");
    let line = |path: Node| {
        let [x, _, width] = numbers(path.attribute("d").unwrap())[..] else { panic!("{path:?}") };
        (path.attribute("stroke").unwrap().to_owned(), x, width)
    };
    paths.map(line).collect()
}

#[test]
fn cells_have_their_colour_place_and_height() {
    let (record, partition) = (record(1000, |_, _| 0.0), leads(1000));
    // A third of a lead, so that the percentile is no outlier: 1 from 2 s to 5 s, -0.6 from 5 s to 6 s, 0.2 at 8 s.
    let value = |lead: usize, sample: usize| match (lead, sample) {
        (7, 200..500) => 1.0,
        (7, 500..600) => -0.6,
        (7, 800) => 0.2,
        _ => 0.0,
    };
    let text = svg(&record, &partition, &cells(1000, value), Layout::TwelveByOne);
    let document = Document::parse(&text).unwrap();
    // A quarter of a millimetre a sample. The first line reaches a column into its neighbour, which is drawn over it.
    let expected = [(1.0, 65.0, 75.25), (-0.6, 140.0, 25.0), (0.2, 215.0, 0.25)];
    let expected = expected.map(|(position, x, width)| (diverging(position), x, width));
    assert_eq!(lines(&document, "V2"), expected);
    assert!(lines(&document, "V1").is_empty(), "zero is the paper");
    // The lines fill the row: from the calibration pulse's zero 15 mm up and 10 mm down.
    let map = class(&document, "g", "map")[7];
    let zero = numbers(class(&document, "path", "calibration")[7].attribute("d").unwrap())[1];
    let d = map.children().find(|node| node.tag_name().name() == "path").unwrap().attribute("d").unwrap();
    assert_eq!((num(&map, "stroke-width"), numbers(d)[1]), (25.0, zero - 2.5));
    assert_eq!(tooltip(&map), "V2: -0.6000 to +1.0000 logit per cell");
    assert!(class(&document, "g", "bands").is_empty(), "players give way to the map");
    // The trace lies on top.
    assert!(text.rfind("class=\"map\"").unwrap() < text.find("class=\"trace\"").unwrap());
}

#[test]
fn columns_of_several_samples_have_their_mean_and_keep_to_panels() {
    // 500 Hz: five samples a column of a quarter of a millimetre. Samples 998..1250 are 1, the rest of two leads -1.
    let mut record = record(5000, |_, _| 0.0);
    record.rate = 500.0;
    let partition = leads(5000);
    let value = |lead: usize, sample: usize| match (lead, sample) {
        (1, 998..1250) => 1.0,
        (0 | 1, _) => -1.0,
        _ => 0.0,
    };
    let cells = cells(5000, value);
    let text = svg(&record, &partition, &cells, Layout::ThreeByFour);
    let document = Document::parse(&text).unwrap();
    // Lead II in the first column of the sheet: 2.5 s, the last half second of which is 1; the column from 995 to 1000
    // has three samples of -1 and two of 1.
    let expected = [(-1.0, 15.0, 50.0), (-0.2, 64.75, 0.5), (1.0, 65.0, 12.5)];
    let expected = expected.map(|(position, x, width)| (diverging(position), x, width));
    assert_eq!(lines(&document, "II"), expected);
    assert!(texts(&document).contains(&"a column of 5 samples has the colour of their mean".to_owned()));
    // The rhythm strip shows the whole lead.
    let strip = class(&document, "g", "map").pop().unwrap();
    let widths: f64 = numbers_of(&strip).iter().map(|line| line[2]).sum();
    assert!((widths - 250.0 - 3.0 * 0.25).abs() < 1e-9, "{widths}");
}

fn numbers_of(map: &Node) -> Vec<Vec<f64>> {
    map.children().filter_map(|path| path.attribute("d").map(numbers)).collect()
}

#[test]
fn steps_are_fifteen_to_either_side_and_equal_ones_merge() {
    let (record, partition) = (record(1000, |_, _| 0.0), leads(1000));
    // A ramp from -1 to 1: 31 steps, the middle one white.
    let ramp = cells(1000, |_, sample| (sample as f64 - 499.5) / 499.5);
    let text = svg(&record, &partition, &ramp, Layout::TwelveByOne);
    let lines = lines(&Document::parse(&text).unwrap(), "I");
    let colours: Vec<&str> = lines.iter().map(|line| line.0.as_str()).collect();
    let expected: Vec<String> =
        (-15..=15).filter(|step| *step != 0).map(|step| diverging(f64::from(step) / 15.0)).collect();
    assert_eq!(colours, expected);
    assert!(lines.windows(2).all(|pair| pair[0].1 < pair[1].1));
}

#[test]
fn the_legend_names_method_unit_and_percentile() {
    let (record, partition) = (record(1000, |_, _| 0.0), leads(1000));
    // 0.5 % of 12 000 cells are 60 outliers; nearest rank leaves them out.
    let value = |lead: usize, sample: usize| if lead == 0 && sample < 60 { -8.0 } else { 0.25 };
    let text = svg(&record, &partition, &cells(1000, value), Layout::ThreeByFour);
    let found = texts(&Document::parse(&text).unwrap());
    for expected in [
        "ig values for MI, in logit per cell",
        "≤ -0.2500",
        "0",
        "≥ +0.2500",
        "orange: speaks for MI; blue: speaks against it",
        "each sample has the colour of its own value",
        "saturated at the 99.5th percentile; the largest magnitude is 8.0000",
    ] {
        assert!(found.iter().any(|text| text == expected), "{expected} in {found:?}");
    }
}

#[test]
fn lines_of_the_paper_are_grey_below_a_map() {
    let (record, partition) = (record(1000, |_, _| 0.0), leads(1000));
    let grid = |svg: &str| -> Vec<String> {
        let document = Document::parse(svg).unwrap();
        let lines = named(&document, "pattern").into_iter().map(|pattern| child(&pattern, "path"));
        lines.map(|line| line.attribute("stroke").unwrap().to_owned()).collect()
    };
    assert_eq!(grid(&svg(&record, &partition, &[0.0; 12_000], Layout::TwelveByOne)), ["#e6e6e6", "#c8c8c8"]);
    let bare = Picture {
        record: &record,
        partition: &partition,
        attribution: None,
        dense: None,
        layout: Layout::TwelveByOne,
        title: "t",
        start: 0.0,
    };
    assert_eq!(grid(&ecg_svg(&bare)), ["#f4c6cd", "#e59aa6"]);
}

#[test]
fn values_without_sign_have_one_sided_colours() {
    let (record, partition) = (record(1000, |_, _| 0.0), leads(1000));
    let value = |_: usize, sample: usize| if sample < 500 { 3.0 } else { 1.0 };
    let text = svg(&record, &partition, &cells(1000, value), Layout::TwelveByOne);
    let document = Document::parse(&text).unwrap();
    assert_eq!(
        lines(&document, "I").iter().map(|line| &line.0).collect::<Vec<_>>(),
        [&diverging(1.0), &diverging(1.0 / 3.0)]
    );
    let stops: Vec<(f64, String)> = named(&document, "stop")
        .iter()
        .map(|stop| (num(stop, "offset"), stop.attribute("stop-color").unwrap().to_owned()))
        .collect();
    assert_eq!(stops, [0.0, 0.25, 0.5, 0.75, 1.0].map(|offset| (offset, diverging(offset))));
    let found = texts(&document);
    assert!(found.contains(&"the deeper the colour, the larger; no value is below zero".to_owned()), "{found:?}");
    assert!(found.contains(&"+1.5000".to_owned()) && !found.iter().any(|text| text.starts_with('-')), "{found:?}");
}

#[test]
fn what_is_not_finite_is_white_and_said() {
    let (record, partition) = (record(1000, |_, _| 0.0), leads(1000));
    let value = |lead: usize, sample: usize| if lead == 0 && sample == 10 { f64::NAN } else { -0.5 };
    let text = svg(&record, &partition, &cells(1000, value), Layout::TwelveByOne);
    let document = Document::parse(&text).unwrap();
    let places: Vec<(f64, f64)> = lines(&document, "I").iter().map(|line| (line.1, line.2)).collect();
    assert_eq!(places, [(15.0, 2.5), (17.75, 247.25)]);
    assert!(texts(&document).contains(&"1 column left white: not finite".to_owned()));
}

#[test]
fn files_stay_small() {
    for (rate, samples) in [(100.0, 1000), (500.0, 5000)] {
        let mut record = record(samples, |_, _| 0.0);
        record.rate = rate;
        // A new colour in nearly every cell.
        let noise = cells(samples, |lead, sample| ((lead * samples + sample) as f64 * 0.754_877_666).fract() - 0.5);
        let text = svg(&record, &leads(samples), &noise, Layout::TwelveByOne);
        assert!(text.len() < 700_000, "{} bytes", text.len());
    }
}

#[test]
fn scales_of_cells_take_one_percentile_more() {
    let values = || (1..=1000).map(f64::from);
    let (signed, unsigned) = (Scale::of_cells(values().map(|value| -value)), Scale::of_cells(values()));
    assert_eq!((signed.limit(), unsigned.limit(), signed.percentile()), (995.0, 995.0, 99.5));
    assert_eq!((signed.is_signed(), unsigned.is_signed()), (true, false));
    assert_eq!(Scale::new(values()).limit(), 990.0);
    assert_eq!((signed.position(-1.0e9), signed.position(f64::NAN)), (Some(-1.0), None));
}

#[test]
#[should_panic(expected = "cells of the map and of the record")]
fn a_map_of_another_shape_is_refused() {
    let (record, partition) = (record(1000, |_, _| 0.0), leads(1000));
    svg(&record, &partition, &[0.0; 999], Layout::TwelveByOne);
}
