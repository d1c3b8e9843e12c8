use einthoven_plot::colour::{diverging, ink};
use einthoven_plot::upset_svg;
use roxmltree::{Document, Node};

use crate::common::*;

#[test]
fn bars_and_dots_stand_for_values_and_players() {
    let terms: [(&[u32], f64); 4] = [(&[4], 0.25), (&[0, 2], -0.5), (&[0, 2, 5], 1.0), (&[1], 0.1)];
    let svg = upset_svg(&interactions(6, &terms, Some(0.125)), 3);
    let document = Document::parse(&svg).unwrap();
    assert_eq!(texts(&document)[0], "k-SII values for MI: the 3 largest of 4 terms");
    let columns = class(&document, "g", "term");
    // The axis runs from -0.625 to 1.125 over 50 mm.
    let per_unit = 50.0 / 1.75;
    let zero = 65.0 - 0.625 * per_unit;
    // Rows are the players 0, 2, 4 and 5.
    let expected: [(f64, &[f64]); 3] = [(1.0, &[0.0, 1.0, 3.0]), (-0.5, &[0.0, 1.0]), (0.25, &[2.0])];
    assert_eq!(columns.len(), 3);
    for (column, (value, rows)) in columns.iter().zip(expected) {
        let rect = child(column, "rect");
        assert!((num(&rect, "height") - f64::abs(value) * per_unit).abs() < 2e-3, "{value}");
        assert!((num(&rect, "y") - (zero - value.max(0.0) * per_unit)).abs() < 2e-3, "{value}");
        assert_eq!(rect.attribute("fill").unwrap(), diverging(value.signum()));
        let dots: Vec<Node> = column.children().filter(|node| node.attribute("class") == Some("dot")).collect();
        let places: Vec<f64> = dots.iter().map(|dot| (num(dot, "cy") - 70.0) / 4.6 - 0.5).collect();
        assert_eq!(places.len(), rows.len());
        assert!(places.iter().zip(rows).all(|(place, row)| (place - row).abs() < 1e-3), "{places:?}");
        assert!(dots.iter().all(|dot| dot.attribute("fill") == Some(ink(value))));
        let middle = num(&rect, "x") + num(&rect, "width") / 2.0;
        assert!(dots.iter().all(|dot| (num(dot, "cx") - middle).abs() < 1e-3));
        let whisker = column.children().find(|node| node.attribute("class") == Some("error")).unwrap();
        let whisker = numbers(whisker.attribute("d").unwrap());
        assert!((whisker[1] - whisker[2] - 0.25 * per_unit).abs() < 3e-3, "{whisker:?}");
    }
    let names: Vec<String> = texts(&document).into_iter().filter(|text| text.starts_with("player")).collect();
    assert_eq!(names, ["player 0", "player 2", "player 4", "player 5"]);
    for (value, y) in ticks(&document, "y", "end") {
        assert!((y - 1.0 - (zero - value * per_unit)).abs() < 3e-3, "{value}");
    }
}

#[test]
fn of_many_players_only_interactions_are_drawn() {
    let own: Vec<Vec<u32>> = (0..41).map(|player| vec![player]).collect();
    let mut terms: Vec<(&[u32], f64)> = own.iter().map(|set| (&set[..], 2.0)).collect();
    terms.extend([(&[3_u32, 7][..], -1.0), (&[1, 3, 9][..], 0.5)]);
    let svg = upset_svg(&interactions(41, &terms, None), 20);
    let document = Document::parse(&svg).unwrap();
    assert_eq!(texts(&document)[0], "k-SII values for MI: 2 interactions");
    let values: Vec<String> =
        class(&document, "g", "term").iter().map(|column| text_of(&child(column, "title"))).collect();
    assert_eq!(values, ["player 3 × player 7: -1.0000", "player 1 × player 3 × player 9: +0.5000"]);
    // Without any there is nothing else to draw.
    let svg = upset_svg(&interactions(41, &terms[..41], None), 20);
    assert_eq!(class(&Document::parse(&svg).unwrap(), "g", "term").len(), 20);
    // Of 40 players all terms are.
    terms.remove(40);
    let svg = upset_svg(&interactions(40, &terms, None), 50);
    assert_eq!(texts(&Document::parse(&svg).unwrap())[0], "k-SII values for MI: 42 terms");
}

#[test]
fn too_many_rows_end_the_columns_and_the_title_says_so() {
    let sets: Vec<Vec<u32>> = (0..20).map(|index| (0..3).map(|player| 3 * index + player).collect()).collect();
    let terms: Vec<(&[u32], f64)> = sets.iter().map(|set| (&set[..], 1.0)).collect();
    let svg = upset_svg(&interactions(60, &terms, None), 20);
    let document = Document::parse(&svg).unwrap();
    // 13 sets of three are 39 players; one more set would be too many.
    assert_eq!(class(&document, "g", "term").len(), 13);
    assert_eq!(texts(&document)[0], "k-SII values for MI: the 13 largest of 20 interactions");
    assert!(!svg.contains("whiskers"));
}
