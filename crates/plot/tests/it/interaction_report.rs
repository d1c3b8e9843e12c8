use einthoven_game::{Attribution, Index};
use einthoven_plot::{
    InteractionReport, Layout, Picture, Prediction, RecordsReport, interaction_html, records_html, value_text,
};
use roxmltree::{Document, Node};

use crate::common::*;

const HOSTILE: &str = "</style><script>alert(\"1\")</script>&'";

fn parse(html: &str) -> Document<'_> {
    Document::parse(html.strip_prefix("<!DOCTYPE html>\n").unwrap()).unwrap()
}

/// Twelve leads with their own values and all pairs.
fn example(index: Index, order: usize) -> Attribution {
    let singles = (0..12).map(|player| vec![player]);
    let pairs = (0..12).flat_map(|first| (first + 1..12).map(move |second| vec![first, second]));
    let sets: Vec<Vec<u32>> = singles.chain(pairs).filter(|set| set.len() <= order).collect();
    let value = |set: &[u32]| (f64::from(set[0]) - 5.3) / set.len() as f64 + 0.01 * f64::from(set[set.len() - 1]);
    let terms: Vec<(&[u32], f64)> = sets.iter().map(|set| (&set[..], value(set))).collect();
    let mut attribution = interactions(12, &terms, Some(0.0123));
    attribution.index = index;
    attribution.player_names = LEADS.map(String::from).to_vec();
    attribution
}

fn html(attributions: &[Attribution], with_record: bool, words: &str) -> String {
    let (record, partition) = (record(1000, |_, sample| if sample % 100 == 50 { 1.0 } else { 0.0 }), leads(1000));
    let picture = Picture {
        record: &record,
        partition: &partition,
        attribution: None,
        dense: None,
        layout: Layout::ThreeByFour,
        title: "",
        start: 0.0,
    };
    interaction_html(&InteractionReport {
        name: words,
        attributions,
        target: 0,
        picture: with_record.then_some(picture),
        predictions: &[Prediction { output: words.to_owned(), logit: 1.5, probability: 0.8176 }],
        settings: &[(words.to_owned(), words.to_owned())],
        warnings: &[words.to_owned()],
        notice: words,
    })
}

/// The classes of the pictures on a page, in order.
fn pictures(html: &str) -> Vec<String> {
    let document = parse(html);
    named(&document, "svg").iter().map(|svg| svg.attribute("class").unwrap().to_owned()).collect()
}

#[test]
fn the_pictures_are_those_that_suit() {
    let shown = |index, order, with_record| pictures(&html(&[example(index, order)], with_record, "r"));
    let all = ["arcs", "network", "heatmap", "upset", "stacked", "waterfall", "bars", "force"];
    assert_eq!(shown(Index::KSii, 2, true), all);
    assert_eq!(shown(Index::KSii, 2, false), all[1..]);
    assert_eq!(shown(Index::Bii, 2, false), ["network", "heatmap", "upset", "waterfall", "bars", "force"]);
    assert_eq!(shown(Index::KSii, 1, true), ["ecg", "waterfall", "bars", "force"]);
    assert_eq!(shown(Index::Fourier, 2, false), ["network", "heatmap", "upset", "bars"]);
    let mut triple = example(Index::KSii, 2);
    triple.terms[20].players = vec![0, 1, 2];
    assert!(pictures(&html(&[triple], false, "r")).contains(&"si-graph".to_owned()));
}

#[test]
fn the_table_has_the_terms_with_their_errors_and_the_facts_stand_above() {
    let attribution = example(Index::KSii, 2);
    let html = html(std::slice::from_ref(&attribution), true, "r");
    let document = parse(&html);
    let rows: Vec<Vec<String>> = named(&document, "tr")
        .iter()
        .map(|row| row.children().filter(|cell| cell.is_element()).map(|cell| text_of(&cell)).collect())
        .collect();
    for (rank, term) in attribution.largest(40).into_iter().enumerate() {
        let names: Vec<&str> = term.players.iter().map(|&player| LEADS[player as usize]).collect();
        let expected = [
            (rank + 1).to_string(),
            names.join(" × "),
            value_text(term.value),
            "0.0123".into(),
            names.len().to_string(),
        ];
        assert!(rows.contains(&expected.to_vec()), "{expected:?}");
    }
    let cells: Vec<String> = named(&document, "td").iter().map(text_of).collect();
    for fact in ["k-SII, up to order 2", "kernel", "consistent", "4096", "12", "31", "0.8176"] {
        assert!(cells.contains(&fact.to_owned()), "{fact}");
    }
    let summaries: Vec<String> = named(&document, "summary").iter().map(text_of).collect();
    assert_eq!(summaries, ["All 78 terms"]);
}

#[test]
fn what_a_spectral_method_compared_stands_in_a_table() {
    let mut attribution = example(Index::KSii, 2);
    let run = serde_json::json!({
        "won": "spex", "why": "it is the best",
        "comparison": [
            { "name": "constant", "sets": 0, "r2": -0.00004, "r2_std_err": 0.0005 },
            { "name": "spex", "sets": 53, "r2": 0.5229, "r2_std_err": 0.0311 },
            { "name": "FBII of order 2", "missing": "too many unknowns" },
        ],
        "spex": { "bits": 3, "n_errors": 4, "noise": 0.81332 },
    });
    attribution.run.insert("spectral".to_owned(), run);
    let html = html(&[attribution], false, "r");
    let document = parse(&html);
    let table = class(&document, "table", "comparison")[0];
    let rows: Vec<Vec<String>> = table
        .descendants()
        .filter(|node| node.has_tag_name("tr"))
        .map(|row| row.children().filter(|cell| cell.is_element()).map(|cell| text_of(&cell)).collect())
        .collect();
    let expected: [&[&str]; 4] = [
        &["function", "sets", "variance explained", "std. error"],
        &["constant", "0", "0.0 %", "0.1 %"],
        &["spex kept", "53", "52.3 %", "3.1 %"],
        &["FBII of order 2", "too many unknowns"],
    ];
    assert_eq!(rows, expected);
    let cells: Vec<String> = named(&document, "td").iter().map(text_of).collect();
    assert!(cells.contains(&"bits 3, n errors 4, noise 0.813".to_owned()));
    assert!(text_of(&document.root_element()).contains("Kept because it is the best."));
    assert!(!html.contains("&quot;won&quot;") && !html.contains("\"won\""), "not once more among the settings");
}

#[test]
fn interactions_have_a_table_of_their_own_beside_that_of_all_terms() {
    let tables = |order| {
        let html = html(&[example(Index::KSii, order)], false, "r");
        let document = parse(&html);
        let tables = class(&document, "table", "players");
        let orders = |table: &Node| -> Vec<String> {
            let rows = table.descendants().filter(|node| node.has_tag_name("tr")).skip(1);
            rows.map(|row| text_of(&row.last_element_child().unwrap())).collect()
        };
        tables.iter().map(orders).collect::<Vec<_>>()
    };
    let [all, several, folded] = &tables(2)[..] else { panic!("three tables") };
    assert!(all.len() == 40 && all.contains(&"1".to_owned()) && folded.len() == 78);
    assert_eq!(several, &vec!["2".to_owned(); 40]);
    assert_eq!(tables(1).len(), 1);
}

#[test]
fn colours_of_fourier_coefficients_are_said_to_point_the_other_way() {
    let words = |index| {
        let html = html(&[example(index, 2)], true, "r");
        [html.contains("orange: speaks for MI"), html.contains("blue: negative, MI rises with the player on")]
    };
    assert_eq!(words(Index::KSii), [true, false]);
    assert_eq!(words(Index::Fourier), [false, true]);
}

#[test]
fn hostile_names_stay_text_and_nothing_is_fetched() {
    let mut attribution = example(Index::KSii, 2);
    attribution.player_names.iter_mut().for_each(|name| *name = HOSTILE.to_owned());
    (attribution.output, attribution.method) = (HOSTILE.to_owned(), HOSTILE.to_owned());
    attribution.warnings.push(HOSTILE.to_owned());
    attribution.run.insert(HOSTILE.to_owned(), HOSTILE.into());
    let records = [attribution.clone(), attribution.clone()];
    let names = [HOSTILE, HOSTILE].map(String::from);
    let of_records = records_html(&RecordsReport {
        title: HOSTILE,
        mean: &attribution,
        records: &records,
        record_names: &names,
        values: Some((HOSTILE, &[])),
        settings: &[(HOSTILE.to_owned(), HOSTILE.to_owned())],
        warnings: &names,
        notice: HOSTILE,
    });
    for html in [html(&records, true, HOSTILE), of_records] {
        assert!(!html.contains("<script") && html.matches("</style>").count() == 1);
        let document = parse(&html);
        assert_eq!(text_of(&named(&document, "h1")[0]), HOSTILE);
        for tag in ["script", "link", "img", "iframe", "image", "use"] {
            assert!(named(&document, tag).is_empty(), "{tag}");
        }
        for attribute in document.descendants().flat_map(|node| node.attributes()) {
            assert!(!["src", "href", "onload"].contains(&attribute.name()), "{attribute:?}");
            assert!(!attribute.value().contains("url(") || attribute.value().starts_with("url(#"), "{attribute:?}");
        }
        let mut ids: Vec<&str> = document.descendants().filter_map(|node| node.attribute("id")).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "ids are unique");
    }
}

#[test]
fn several_records_are_counted_and_their_warnings_gathered() {
    let mut records: Vec<Attribution> = (0..7).map(|_| example(Index::KSii, 2)).collect();
    for record in &mut records[..3] {
        record.terms.iter_mut().for_each(|term| term.value = -term.value);
    }
    records.iter_mut().for_each(|record| record.warnings.push("the mains hum".to_owned()));
    records[6].warnings.push("V3 is flat".to_owned());
    records[2].full = 3.25;
    let names: Vec<String> = (0..7).map(|index| format!("r{index}")).collect();
    let html = records_html(&RecordsReport {
        title: "seven records",
        mean: &example(Index::KSii, 2),
        records: &records,
        record_names: &names,
        values: None,
        settings: &[],
        warnings: &[],
        notice: "",
    });
    let document = parse(&html);
    let items: Vec<String> = named(&document, "li").iter().map(text_of).collect();
    assert_eq!(items, ["r0, r1, r2, r3, r4 and 2 more records: the mains hum", "r6: V3 is flat"]);
    let rows: Vec<Vec<String>> = named(&document, "tr")
        .iter()
        .map(|row| row.children().filter(|cell| cell.is_element()).map(|cell| text_of(&cell)).collect())
        .collect();
    // Player 11 has 5.7 + 0.11, the largest.
    assert!(rows.contains(&["1", "V6", "+5.8100", "0.0123", "1", "4 of 7"].map(String::from).to_vec()), "{rows:?}");
    assert!(rows.contains(&["r2", "+3.2500", "-0.5000", "4096", "V6 -5.8100"].map(String::from).to_vec()), "{rows:?}");
    assert_eq!(pictures(&html), ["beeswarm", "bars", "upset", "network", "heatmap"]);
}
