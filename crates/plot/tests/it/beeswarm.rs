use einthoven_game::Attribution;
use einthoven_plot::beeswarm_svg;
use einthoven_plot::colour::{diverging, sequential};
use roxmltree::{Document, Node};

use crate::common::*;

fn record(values: [f64; 3]) -> Attribution {
    let terms: [(&[u32], f64); 3] = [(&[0], values[0]), (&[1], values[1]), (&[0, 1], values[2])];
    interactions(2, &terms, None)
}

fn dots<'a>(swarm: &Node<'a, 'a>) -> Vec<Node<'a, 'a>> {
    swarm.children().filter(|node| node.attribute("class") == Some("dot")).collect()
}

#[test]
fn dots_stand_at_their_values_and_rows_go_by_mean_magnitude() {
    let records = [record([1.0, -0.5, 2.0]), record([-1.0, 0.25, -3.0]), record([0.5, 0.0, -1.0])];
    let names = ["a", "b", "c"].map(String::from);
    let svg = beeswarm_svg(&records, &names, 2, None);
    let document = Document::parse(&svg).unwrap();
    assert_eq!(texts(&document)[0], "k-SII values for MI, 3 records: the 2 largest of 3 terms");
    let swarms = class(&document, "g", "swarm");
    assert_eq!(
        swarms.iter().map(tooltip).collect::<Vec<_>>(),
        ["player 0 × player 1: mean magnitude 2.0000", "player 0: mean magnitude 0.8333"]
    );
    // The axis runs from -3 to 2 over 100 mm.
    let expected = [[2.0, -3.0, -1.0], [1.0, -1.0, 0.5]];
    for (swarm, values) in swarms.iter().zip(expected) {
        for ((dot, value), name) in dots(swarm).iter().zip(values).zip(&names) {
            assert!((num(dot, "cx") - (66.0 + 20.0 * (value + 3.0))).abs() < 2e-3, "{value}");
            assert_eq!(dot.attribute("fill").unwrap(), diverging(value.signum()));
            assert_eq!(tooltip(dot), format!("{name}: {value:+.4}"));
        }
    }
}

#[test]
fn close_dots_are_stacked_within_their_row_in_the_same_way_every_time() {
    let records: Vec<Attribution> =
        (0..500).map(|index| record([1.0 + 1e-6 * f64::from(index % 7), 0.0, -1.0])).collect();
    let svg = beeswarm_svg(&records, &[], 1, None);
    assert_eq!(svg, beeswarm_svg(&records, &[], 1, None));
    let document = Document::parse(&svg).unwrap();
    let dots = dots(&class(&document, "g", "swarm")[0]);
    assert_eq!(dots.len(), 500);
    let mut ys: Vec<f64> = dots.iter().map(|dot| num(dot, "cy")).collect();
    ys.sort_by(f64::total_cmp);
    // The row is 7.5 mm high around 14.75 mm, and no dot covers another wholly.
    assert!(ys[0] - 0.85 >= 11.0 && ys[499] + 0.85 <= 18.5, "{} {}", ys[0], ys[499]);
    assert!(ys.windows(2).all(|pair| pair[1] - pair[0] > 1e-3));
    assert!((ys[250] - 14.75).abs() < 0.02);
}

#[test]
fn colours_are_ranks_within_a_player() {
    let records = [record([1.0, 0.1, 0.5]), record([2.0, 0.1, 0.5]), record([3.0, 0.1, 0.5]), record([4.0, 0.1, 0.5])];
    let values = [vec![7.0, 0.0], vec![-100.0, 0.0], vec![7.5, 0.0], vec![f64::NAN, 0.0]];
    let svg = beeswarm_svg(&records, &[], 3, Some(("amplitude <mV>", &values)));
    let document = Document::parse(&svg).unwrap();
    let swarms = class(&document, "g", "swarm");
    let fills = |swarm: usize| -> Vec<String> {
        dots(&swarms[swarm]).iter().map(|dot| dot.attribute("fill").unwrap().to_owned()).collect()
    };
    let hollow = "#fff".to_owned();
    assert_eq!(fills(0), [sequential(0.5), sequential(0.0), sequential(1.0), hollow.clone()]);
    assert_eq!(fills(1), vec![hollow; 4]);
    // Equals share the middle.
    assert_eq!(fills(2), vec![sequential(0.5); 4]);
    assert!(texts(&document).contains(&"amplitude <mV>".to_owned()));
}

#[test]
fn other_players_are_left_out_and_missing_terms_are_zero() {
    let mut short = record([1.0, 2.0, 3.0]);
    short.terms.truncate(1);
    let records = [record([1.0, 2.0, 3.0]), interactions(3, &[], None), short];
    let svg = beeswarm_svg(&records, &[], 9, None);
    let document = Document::parse(&svg).unwrap();
    let swarms = class(&document, "g", "swarm");
    assert!(swarms.iter().all(|swarm| dots(swarm).len() == 2));
    let pair: Vec<String> = dots(&swarms[0]).iter().map(tooltip).collect();
    assert_eq!(pair, ["record 1: +3.0000", "record 3: 0"]);
    let texts = texts(&document);
    assert!(texts.contains(&"left out: 1 record with other players or another index".to_owned()), "{texts:?}");
    assert!(beeswarm_svg(&[], &[], 9, None).contains("no records"));
}
