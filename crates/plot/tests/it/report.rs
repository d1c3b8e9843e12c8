use einthoven_game::{Attribution, Index};
use einthoven_plot::{Dense, Prediction, Report, report_html, value_text};
use roxmltree::Document;

use crate::common::*;

const HOSTILE: &str = "</style><script>alert(\"1\")</script>&'";

fn prediction(output: &str, logit: f64, probability: f64) -> Prediction {
    Prediction { output: output.to_owned(), logit, probability }
}

/// A report with two outputs, the second explained.
fn html(change: impl FnOnce(&mut Vec<Attribution>), warnings: &[String], hostile: bool) -> String {
    let mut record = record(1000, |_, sample| if sample % 100 == 50 { 1.0 } else { 0.0 });
    let name = |plain: &str| if hostile { HOSTILE.to_owned() } else { plain.to_owned() };
    (record.name, record.source) = (name("r1"), name("folder/r1.hea"));
    record.labels = vec![name("sinus rhythm")];
    let mut other = attribution(&[0.31, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -0.2]);
    other.output = name("NORM");
    let values: Vec<f64> = (0..12).map(|player| 0.0101 * f64::from(player - 5)).collect();
    let mut attributions = vec![other, attribution(&values)];
    attributions[1].run.insert("device".to_owned(), "cpu".into());
    attributions[1].run.insert("seconds".to_owned(), serde_json::json!(3.25));
    change(&mut attributions);
    report_html(&Report {
        record: &record,
        partition: &leads(1000),
        attributions: &attributions,
        target: 1,
        dense: None,
        predictions: &[prediction(&name("NORM"), -2.5, 0.0759), prediction("MI", 1.75, 0.8520)],
        settings: &[("budget".to_owned(), name("4096")), ("players".to_owned(), "leads".to_owned())],
        warnings,
        notice: &name("Not a medical device."),
        start: 7.5,
    })
}

fn parse(html: &str) -> Document<'_> {
    let body = html.strip_prefix("<!DOCTYPE html>\n").unwrap();
    Document::parse(body).unwrap()
}

#[test]
fn every_number_is_in_the_report() {
    let html = html(|_| (), &[], false);
    let document = parse(&html);
    let cells: Vec<String> = named(&document, "td").iter().map(text_of).collect();
    let mut expected: Vec<String> = (0..12).map(|player| value_text(0.0101 * f64::from(player - 5))).collect();
    expected.extend((0..12).map(|player| format!("{:.4}", 0.01 * f64::from(player + 1))));
    let facts = ["+0.7500 logit", "-0.5000 logit", "+1.2500", "consistent", "kernel", "4096", "31", "SV", "12"];
    expected.extend(facts.map(str::to_owned));
    // The gap: 1.25 less 0.0101 * (0 + 1 + … + 11 - 60) = 1.25 - 0.0606.
    expected.push("+1.1894".to_owned());
    expected.extend(["-2.5000", "0.0759", "+1.7500", "0.8520", "+0.3100", "cpu", "3.25", "leads"].map(str::to_owned));
    for number in expected {
        assert!(cells.contains(&number), "{number} in {cells:?}");
    }
    let all = text_of(&document.root());
    for words in ["folder/r1.hea", "sinus rhythm", "Not a medical device.", "starting at 7.5 s of the record"] {
        assert!(all.contains(words), "{words}");
    }
}

#[test]
fn players_are_listed_by_magnitude() {
    let html = html(|_| (), &[], false);
    let document = parse(&html);
    let table = class_anywhere(&document, "table", "players")[0];
    let names: Vec<String> = table
        .descendants()
        .filter(|node| node.tag_name().name() == "th" && node.attribute("scope") == Some("row"))
        .map(|node| text_of(&node))
        .collect();
    let order = [11, 0, 10, 1, 9, 2, 8, 3, 7, 4, 6, 5];
    assert_eq!(names, order.map(|player| format!("player {player}")));
}

fn class_anywhere<'a>(document: &'a Document, name: &str, class: &str) -> Vec<roxmltree::Node<'a, 'a>> {
    named(document, name).into_iter().filter(|node| node.attribute("class") == Some(class)).collect()
}

#[test]
fn pictures_are_inside_and_nothing_is_fetched() {
    let html = html(|_| (), &[], false);
    let document = parse(&html);
    // 3x4, 12x1 and the players' bars.
    assert_eq!(named(&document, "svg").len(), 3);
    for tag in ["script", "link", "img", "iframe", "image", "use"] {
        assert!(named(&document, tag).is_empty(), "{tag}");
    }
    for node in document.descendants().filter(|node| node.is_element()) {
        for attribute in node.attributes() {
            assert!(!["src", "href", "onload"].contains(&attribute.name()), "{node:?}");
            assert!(!attribute.value().contains("//"), "{node:?}");
            assert!(!attribute.value().contains("url(") || attribute.value().starts_with("url(#"), "{node:?}");
        }
    }
    let style = text_of(&named(&document, "style")[0]);
    assert!(!style.contains("url") && !style.contains("@import"));
    // Ids are unique, so that no picture borrows another's grid.
    let mut ids: Vec<&str> = document.descendants().filter_map(|node| node.attribute("id")).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((ids.len(), count), (6, 6));
}

#[test]
fn warnings_stand_once_before_everything_else() {
    let change = |attributions: &mut Vec<Attribution>| {
        attributions[0].warnings = vec!["chunk was halved".to_owned(), "stratum 3 is empty".to_owned()];
        attributions[1].warnings = vec!["chunk was halved".to_owned(), "V3 is flat".to_owned()];
    };
    let html = html(change, &["V3 is flat".to_owned()], false);
    let document = parse(&html);
    let items: Vec<String> = named(&document, "li").iter().map(text_of).collect();
    assert_eq!(items, ["V3 is flat", "chunk was halved", "NORM: stratum 3 is empty"]);
    assert!(html.find("V3 is flat").unwrap() < html.find("Prediction").unwrap());
}

#[test]
fn no_warnings_no_box() {
    let html = html(|_| (), &[], false);
    assert!(named(&parse(&html), "li").is_empty() && !html.contains("role=\"alert\""));
}

#[test]
fn the_explained_output_is_marked_and_the_others_are_folded_away() {
    let html = html(|_| (), &[], false);
    let document = parse(&html);
    let row = class_anywhere(&document, "tr", "explained");
    assert_eq!(row.len(), 1);
    assert!(text_of(&row[0]).starts_with("MI"));
    // What is folded away of players that are whole leads is in the picture above.
    assert!(named(&document, "details")[0].attribute("open").is_none());
    let summaries: Vec<String> = named(&document, "summary").iter().map(text_of).collect();
    assert_eq!(summaries, ["All leads in full length", "NORM"]);
    let level = class_anywhere(&document, "span", "level");
    assert_eq!(level[1].attribute("style"), Some("width:85.2%"));
}

#[test]
fn hostile_names_stay_text() {
    let rename = |attributions: &mut Vec<Attribution>| {
        for attribution in attributions {
            attribution.method = HOSTILE.to_owned();
            attribution.player_names.iter_mut().for_each(|name| *name = HOSTILE.to_owned());
            attribution.warnings.push(HOSTILE.to_owned());
            attribution.run.insert(HOSTILE.to_owned(), HOSTILE.into());
        }
    };
    let html = html(rename, &[HOSTILE.to_owned()], true);
    assert!(!html.contains("<script") && html.matches("</style>").count() == 1);
    let document = parse(&html);
    assert!(named(&document, "script").is_empty());
    assert_eq!(text_of(&named(&document, "h1")[0]), HOSTILE);
}

#[test]
fn long_lists_of_players_are_folded_but_whole() {
    let record = record(1000, |_, _| 0.0);
    let attributions = [attribution(&(0..120).map(|player| f64::from(player) + 0.5).collect::<Vec<_>>())];
    let html = report_html(&Report {
        record: &record,
        partition: &leads_windows(1000),
        attributions: &attributions,
        target: 0,
        dense: None,
        predictions: &[prediction("MI", 1.0, 0.7311)],
        settings: &[],
        warnings: &[],
        notice: "",
        start: 0.0,
    });
    let document = parse(&html);
    let cells: Vec<String> = named(&document, "td").iter().map(text_of).collect();
    assert!((0..120).all(|player| cells.contains(&value_text(f64::from(player) + 0.5))));
    // Sums per lead and per window join the bars.
    assert_eq!(named(&document, "svg").len(), 5);
    assert!(!html.contains("Other outputs"));
}

#[test]
fn leads_of_several_players_are_shown_in_full_length() {
    let record = record(1000, |_, sample| if sample % 100 == 50 { 1.0 } else { 0.0 });
    let values: Vec<f64> = (0..120).map(|player| 0.001 * f64::from(player)).collect();
    let html = report_html(&Report {
        record: &record,
        partition: &leads_windows(1000),
        attributions: &[attribution(&values)],
        target: 0,
        dense: None,
        predictions: &[prediction("MI", 1.75, 0.8520)],
        settings: &[],
        warnings: &[],
        notice: "Not a medical device.",
        start: 0.0,
    });
    assert!(named(&parse(&html), "details")[0].attribute("open").is_some());
}

#[test]
fn a_map_of_cells_is_on_the_paper_and_players_in_the_bars() {
    let (record, partition) = (record(1000, |_, _| 0.0), leads(1000));
    let cells: Vec<f64> = (0..12_000).map(|cell| if cell < 1000 { -0.5 } else { 0.25 }).collect();
    let values: Vec<f64> = cells.chunks(1000).map(|lead| lead.iter().sum()).collect();
    let mut attribution = Attribution { index: Index::Gradient, method: "ig".to_owned(), ..attribution(&values) };
    attribution.run.insert("completeness_gap".to_owned(), serde_json::json!(-0.125));
    attribution.run.insert("unit".to_owned(), "logit per mV".into());
    let html = report_html(&Report {
        record: &record,
        partition: &partition,
        attributions: &[attribution],
        target: 0,
        dense: Some(Dense { cells: &cells, unit: "logit per cell" }),
        predictions: &[],
        settings: &[],
        warnings: &[],
        notice: "",
        start: 0.0,
    });
    let document = parse(&html);
    // Three by four with its strip, and all leads in full length, unfolded.
    assert_eq!(class_anywhere(&document, "g", "map").len(), 13 + 12);
    assert!(class_anywhere(&document, "g", "bands").is_empty());
    assert!(named(&document, "details").iter().any(|details| details.attribute("open").is_some()));
    let cells: Vec<String> = named(&document, "td").iter().map(text_of).collect();
    assert!(cells.contains(&"-500.0000".to_owned()) && cells.contains(&"+250.0000".to_owned()), "{cells:?}");
    let all = text_of(&document.root());
    let heads: Vec<String> = named(&document, "th").iter().map(text_of).collect();
    assert!(heads.contains(&"logit per mV".to_owned()), "{heads:?}");
    // The record's logit, the gap; nothing is said of coalitions.
    assert!(cells.contains(&"+0.7500 logit".to_owned()) && cells.contains(&"-0.1250".to_owned()), "{cells:?}");
    assert!(!all.contains("coalitions") && !all.contains("players on"), "{all}");
    assert!(all.contains("ig values for MI, in logit per cell"));
    assert!(all.contains("A player's value is the sum of what ig gives to its cells. Orange is positive"));
}
