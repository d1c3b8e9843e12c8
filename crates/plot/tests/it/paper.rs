use einthoven_game::NEVER_MASKED;
use einthoven_plot::colour::diverging;
use einthoven_plot::{Layout, Picture, ecg_svg};
use roxmltree::{Document, Node};

use crate::common::*;

fn picture<'a>(
    record: &'a einthoven_ecg::Record,
    partition: &'a einthoven_game::Partition,
    layout: Layout,
) -> Picture<'a> {
    Picture { record, partition, attribution: None, dense: None, layout, title: "why <MI>", start: 0.0 }
}

/// The height of the zero lines, row by row, read off the calibration pulses.
fn zeros(document: &Document) -> Vec<f64> {
    let start = |path: &Node| path.attribute("d").unwrap()[1..].split_once('h').unwrap().0.to_owned();
    let zero = |path: &Node| start(path).split_once(' ').unwrap().1.parse().unwrap();
    class(document, "path", "calibration").iter().map(zero).collect()
}

fn trace<'a>(document: &'a Document, lead: &str) -> Node<'a, 'a> {
    *class(document, "path", "trace").iter().find(|path| path.attribute("data-lead") == Some(lead)).unwrap()
}

#[test]
fn a_millivolt_is_ten_millimetres_and_a_second_twenty_five() {
    // A tent of 1 mV at 3 s, from 2 s to 4 s, in V2; upside down in lead I.
    let tent = |sample: usize| (1.0 - (sample as f32 - 300.0).abs() / 100.0).max(0.0);
    let record = record(1000, |lead, sample| match lead {
        0 => -tent(sample),
        7 => tent(sample),
        _ => 0.0,
    });
    let partition = leads(1000);
    let svg = ecg_svg(&picture(&record, &partition, Layout::TwelveByOne));
    let document = Document::parse(&svg).unwrap();
    let zeros = zeros(&document);
    let left = 15.0;
    let expect = |zero: f64, peak: f64| {
        vec![(left, zero), (left + 50.0, zero), (left + 75.0, peak), (left + 100.0, zero), (left + 249.75, zero)]
    };
    assert_eq!(points(&trace(&document, "V2")), expect(zeros[7], zeros[7] - 10.0));
    assert_eq!(points(&trace(&document, "I")), expect(zeros[0], zeros[0] + 10.0));
}

#[test]
fn the_sheet_has_its_true_size_and_a_millimetre_grid() {
    let (record, partition) = (record(1000, |_, _| 0.0), leads(1000));
    let svg = ecg_svg(&picture(&record, &partition, Layout::ThreeByFour));
    let document = Document::parse(&svg).unwrap();
    let root = document.root_element();
    let (width, height) = (root.attribute("width").unwrap(), root.attribute("height").unwrap());
    let view = format!("0 0 {} {}", width.strip_suffix("mm").unwrap(), height.strip_suffix("mm").unwrap());
    assert_eq!(root.attribute("viewBox"), Some(view.as_str()));
    let patterns = named(&document, "pattern");
    assert_eq!(
        patterns.iter().map(|p| (num(p, "width"), num(p, "height"))).collect::<Vec<_>>(),
        [(1.0, 1.0), (5.0, 5.0)]
    );
    // Zero lines and time zero lie on lines of large boxes.
    for zero in zeros(&document) {
        assert_eq!((zero - num(&patterns[1], "y")) % 5.0, 0.0);
    }
    assert_eq!((15.0 - num(&patterns[1], "x")) % 5.0, 0.0);
    // The calibration pulse is 1 mV high and 200 ms wide.
    for pulse in class(&document, "path", "calibration") {
        assert!(pulse.attribute("d").unwrap().ends_with("h2.5v-10h5v10h2.5"));
    }
    let top = num(&patterns[1], "y");
    for grid in class(&document, "rect", "grid") {
        assert_eq!((num(&grid, "y"), num(&grid, "width") % 5.0, num(&grid, "height") % 5.0), (top, 0.0, 0.0));
    }
}

#[test]
fn three_by_four_shows_each_column_at_its_own_time() {
    // Lead k stands at 0.05 mV times k, so that rows can be told apart.
    let (record, partition) = (record(1000, |lead, _| 0.05 * lead as f32), leads(1000));
    let svg = ecg_svg(&picture(&record, &partition, Layout::ThreeByFour));
    let document = Document::parse(&svg).unwrap();
    let zeros = zeros(&document);
    assert_eq!(zeros.len(), 4);
    let columns = [["I", "II", "III"], ["aVR", "aVL", "aVF"], ["V1", "V2", "V3"], ["V4", "V5", "V6"]];
    for (column, names) in columns.iter().enumerate() {
        for (row, name) in names.iter().enumerate() {
            let lead = LEADS.iter().position(|lead| lead == name).unwrap();
            let y = ((zeros[row] - 0.5 * lead as f64) * 1000.0).round() / 1000.0;
            let left = 15.0 + 62.5 * column as f64;
            assert_eq!(points(&trace(&document, name)), [(left, y), (left + 62.25, y)], "{name}");
        }
    }
    let strip = class(&document, "path", "trace").pop().unwrap();
    assert_eq!(strip.attribute("data-lead"), Some("II"));
    assert_eq!(points(&strip), [(15.0, zeros[3] - 0.5), (264.75, zeros[3] - 0.5)]);
    let labels: Vec<String> = class(&document, "text", "lead").iter().map(text_of).collect();
    assert_eq!(labels, ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6", "II"]);
}

#[test]
fn bands_have_their_players_colour_place_and_extent() {
    let (record, partition) = (record(1000, |_, _| 0.0), leads(1000));
    let mut values = [0.0; 12];
    (values[0], values[1], values[2], values[3]) = (0.8, -0.8, 0.4, f64::NAN);
    let attribution = attribution(&values);
    let bare = picture(&record, &partition, Layout::TwelveByOne);
    let svg = ecg_svg(&Picture { attribution: Some(&attribution), ..bare });
    let document = Document::parse(&svg).unwrap();
    let bands: Vec<Node> = class(&document, "g", "bands")[0].children().collect();
    // The player whose value is not a number has no band.
    assert_eq!(bands.len(), 11);
    let fills: Vec<&str> = bands.iter().map(|band| band.attribute("fill").unwrap()).collect();
    let expected = [1.0, -1.0, 0.5, 0.0].map(diverging);
    assert_eq!(fills[..4], expected);
    for (band, zero) in bands[..3].iter().zip(zeros(&document)) {
        assert_eq!((num(band, "x"), num(band, "width")), (15.0, 250.0));
        assert!(num(band, "y") < zero && num(band, "y") + num(band, "height") > zero);
    }
    assert_eq!(text_of(&bands[2]), "player 2: +0.4000");
}

#[test]
fn neighbours_of_one_player_share_a_band() {
    let (record, partition) = (record(1000, |_, _| 0.0), leads_windows(1000));
    let attribution = attribution(&[0.5; 120]);
    for (layout, count) in [(Layout::TwelveByOne, 120), (Layout::ThreeByFour, 12 * 3 + 10)] {
        let bare = picture(&record, &partition, layout);
        let svg = ecg_svg(&Picture { attribution: Some(&attribution), ..bare });
        let document = Document::parse(&svg).unwrap();
        let bands: Vec<Node> = class(&document, "g", "bands")[0].children().collect();
        assert_eq!(bands.len(), count, "{layout:?}");
        let total: f64 = bands.iter().map(|band| num(band, "width")).sum();
        let traces = if layout == Layout::TwelveByOne { 12.0 * 250.0 } else { 12.0 * 62.5 + 250.0 };
        assert!((total - traces).abs() < 1e-6, "{total}");
    }
}

#[test]
fn cells_that_are_never_masked_stay_uncoloured() {
    let record = record(1000, |_, _| 0.0);
    let owner = |lead: usize, sample: usize| if lead == 0 && (300..500).contains(&sample) { 0 } else { NEVER_MASKED };
    let partition = partition(1000, 1, owner);
    let attribution = attribution(&[0.3]);
    let bare = picture(&record, &partition, Layout::TwelveByOne);
    let svg = ecg_svg(&Picture { attribution: Some(&attribution), ..bare });
    let document = Document::parse(&svg).unwrap();
    let bands: Vec<Node> = class(&document, "g", "bands")[0].children().collect();
    assert_eq!(bands.len(), 1);
    assert_eq!((num(&bands[0], "x"), num(&bands[0], "width")), (15.0 + 75.0, 50.0));
    assert!(texts(&document).contains(&"uncoloured: belongs to no player".to_owned()));
}

#[test]
fn the_legend_gives_numbers_unit_and_clipping() {
    let (record, partition) = (record(1000, |_, _| 0.0), leads_windows(1000));
    let mut values = [0.25; 120];
    values[7] = 9.0;
    let mut attribution = attribution(&values);
    attribution.link = einthoven_game::Link::Probability;
    let bare = picture(&record, &partition, Layout::ThreeByFour);
    let svg = ecg_svg(&Picture { attribution: Some(&attribution), ..bare });
    let texts = texts(&Document::parse(&svg).unwrap());
    for expected in [
        "≤ -0.2500",
        "-0.1250",
        "0",
        "+0.1250",
        "≥ +0.2500",
        "Shapley values for MI, in probability",
        "saturated at the 99th percentile; the largest magnitude is 9.0000",
    ] {
        assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
    }
}

#[test]
fn without_an_attribution_nothing_is_coloured() {
    let (record, partition) = (record(1000, |_, _| 0.0), leads(1000));
    let svg = ecg_svg(&picture(&record, &partition, Layout::ThreeByFour));
    let document = Document::parse(&svg).unwrap();
    assert!(class(&document, "g", "bands").is_empty() && class(&document, "rect", "colour-bar").is_empty());
    assert_eq!(texts(&document)[0], "why <MI>");
}

#[test]
fn rows_grow_with_their_leads_up_to_a_limit() {
    let record = record(1000, |lead, sample| if sample == 10 && lead == 4 { 2.3 } else { 0.0 });
    let partition = leads(1000);
    let svg = ecg_svg(&picture(&record, &partition, Layout::TwelveByOne));
    let zeros = zeros(&Document::parse(&svg).unwrap());
    // 2.3 mV need 23 mm: five large boxes instead of three.
    assert_eq!((zeros[3] - zeros[2], zeros[4] - zeros[3], zeros[5] - zeros[4]), (25.0, 35.0, 25.0));
}

#[test]
fn what_leaves_the_paper_is_said() {
    let record = record(1000, |lead, sample| if sample == 10 && lead == 0 { 40.0 } else { 0.0 });
    let partition = leads(1000);
    let svg = ecg_svg(&picture(&record, &partition, Layout::TwelveByOne));
    let document = Document::parse(&svg).unwrap();
    assert!(texts(&document).contains(&"I leaves the paper: it runs from +0.00 to +40.00 mV".to_owned()));
    let highest = points(&trace(&document, "I")).iter().map(|point| point.1).fold(f64::INFINITY, f64::min);
    assert_eq!(highest, num(&class(&document, "rect", "grid")[0], "y"));
    assert!(num_mm(&document, "height") < 400.0);
}

fn num_mm(document: &Document, name: &str) -> f64 {
    document.root_element().attribute(name).unwrap().strip_suffix("mm").unwrap().parse().unwrap()
}

#[test]
fn a_lead_far_from_zero_is_drawn_around_its_median_and_says_so() {
    let record = record(1000, |lead, sample| if lead == 5 { -7.0 + 0.5 * f32::from(sample == 500) } else { 0.9 });
    let partition = leads(1000);
    let svg = ecg_svg(&picture(&record, &partition, Layout::TwelveByOne));
    let document = Document::parse(&svg).unwrap();
    let zeros = zeros(&document);
    assert!(texts(&document).contains(&"aVF drawn around its median of -7.00 mV".to_owned()));
    let points = points(&trace(&document, "aVF"));
    assert_eq!((points[0].1, points[2].1), (zeros[5], zeros[5] - 5.0));
}

#[test]
fn time_marks_count_from_the_start_in_the_record() {
    let (record, partition) = (record(300, |_, _| 0.0), leads(300));
    let bare = picture(&record, &partition, Layout::TwelveByOne);
    let svg = ecg_svg(&Picture { start: 12.5, ..bare });
    let document = Document::parse(&svg).unwrap();
    let marks: Vec<(f64, String)> = named(&document, "text")
        .iter()
        .filter(|text| text.attribute("text-anchor") == Some("middle"))
        .map(|text| (num(text, "x"), text_of(text)))
        .collect();
    let expected = [(15.0, "12.5"), (40.0, "13.5"), (65.0, "14.5"), (90.0, "15.5 s")];
    assert_eq!(marks, expected.map(|(x, text)| (x, text.to_owned())));
}

#[test]
fn too_long_a_record_is_cut_and_says_so() {
    let (record, partition) = (record(13_000, |_, _| 0.0), leads(13_000));
    for (layout, note, end) in [
        (Layout::TwelveByOne, "first 120 s of 130 s shown", 119.99),
        (Layout::ThreeByFour, "first 10 s of 130 s shown", 9.99),
    ] {
        let svg = ecg_svg(&picture(&record, &partition, layout));
        let document = Document::parse(&svg).unwrap();
        assert!(texts(&document).contains(&note.to_owned()));
        let strip = class(&document, "path", "trace").pop().unwrap();
        assert_eq!(points(&strip).last().unwrap().0, 15.0 + 25.0 * end);
    }
}

#[test]
fn samples_that_are_missing_leave_a_gap() {
    let record = record(400, |lead, sample| if lead == 0 && (100..200).contains(&sample) { f32::NAN } else { 0.0 });
    let partition = leads(400);
    let svg = ecg_svg(&picture(&record, &partition, Layout::TwelveByOne));
    let document = Document::parse(&svg).unwrap();
    let xs: Vec<f64> = points(&trace(&document, "I")).iter().map(|point| point.0).collect();
    assert_eq!(xs, [15.0, 15.0 + 24.75, 15.0 + 50.0, 15.0 + 99.75]);
    assert_eq!(trace(&document, "I").attribute("d").unwrap().matches('M').count(), 2);
}

#[test]
fn other_leads_get_a_row_each() {
    let record = einthoven_ecg::Record::new("x", 100.0, vec!["II".into(), "<V>".into()], vec![0.0; 2000]);
    let partition = einthoven_game::Partition::new(2, 1000, vec![0; 2000], vec!["all".into()], None).unwrap();
    assert_eq!(Layout::for_record(&record), Layout::TwelveByOne);
    let svg = ecg_svg(&picture(&record, &partition, Layout::ThreeByFour));
    let document = Document::parse(&svg).unwrap();
    let labels: Vec<String> = class(&document, "text", "lead").iter().map(text_of).collect();
    assert_eq!(labels, ["II", "<V>"]);
}

#[test]
fn the_layout_follows_the_record() {
    assert_eq!(Layout::for_record(&record(1000, |_, _| 0.0)), Layout::ThreeByFour);
    assert_eq!(Layout::for_record(&record(250, |_, _| 0.0)), Layout::TwelveByOne);
    assert_eq!(Layout::for_record(&record(6000, |_, _| 0.0)), Layout::TwelveByOne);
}

#[test]
#[should_panic(expected = "of the record and of the partition")]
fn a_partition_of_another_shape_is_refused() {
    let (record, partition) = (record(1000, |_, _| 0.0), leads(999));
    ecg_svg(&picture(&record, &partition, Layout::ThreeByFour));
}
