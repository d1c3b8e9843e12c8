use einthoven_plot::colour::{diverging, ink};
use einthoven_plot::{network_svg, si_graph_svg};
use roxmltree::{Document, Node};

use crate::common::*;

/// Centre and radius of each player's disc.
fn discs(document: &Document) -> Vec<([f64; 2], f64, String)> {
    let read = |node: &Node| {
        let circle = child(node, "circle");
        ([num(&circle, "cx"), num(&circle, "cy")], num(&circle, "r"), tooltip(node))
    };
    // Those of the legend have no name.
    class(document, "g", "node").iter().map(read).filter(|disc| !disc.2.is_empty()).collect()
}

fn close(a: [f64; 2], b: &[f64]) -> bool {
    (a[0] - b[0]).abs() < 2e-3 && (a[1] - b[1]).abs() < 2e-3
}

#[test]
fn widths_areas_and_signs_are_the_values() {
    let terms: [(&[u32], f64); 6] =
        [(&[0], 0.9), (&[1], -0.1), (&[0, 1], 0.5), (&[1, 3], -0.2), (&[2, 3], 0.0), (&[0, 1, 2], 7.0)];
    let mut attribution = interactions(4, &terms, None);
    attribution.player_names = ["I", "II", "V1", "V2"].map(String::from).to_vec();
    let svg = network_svg(&attribution);
    let document = Document::parse(&svg).unwrap();
    let links = class(&document, "path", "link");
    let read: Vec<String> = links.iter().map(tooltip).collect();
    assert_eq!(read, ["I × II: +0.5000", "II × V2: -0.2000"]);
    assert_eq!(links.iter().map(|link| num(link, "stroke-width")).collect::<Vec<_>>(), [2.6, 1.04]);
    assert_eq!(links.iter().map(|link| link.attribute("stroke").unwrap()).collect::<Vec<_>>(), [ink(1.0), ink(-1.0)]);
    assert_eq!(
        links.iter().map(|link| link.attribute("stroke-dasharray").is_some()).collect::<Vec<_>>(),
        [false, true]
    );
    // Four players at the hours 12, 3, 6 and 9 of a circle of 61 mm around (75, 84).
    let discs = discs(&document);
    let places = [[75.0, 23.0], [136.0, 84.0], [75.0, 145.0], [14.0, 84.0]];
    for (disc, place) in discs.iter().zip(places) {
        assert!(close(disc.0, &place), "{disc:?}");
    }
    // Areas are as 9 to 1; the rest are points.
    assert!((discs[0].1 / discs[1].1 - 3.0).abs() < 1e-3, "{discs:?}");
    assert_eq!((discs[0].1, discs[2].1, discs[3].1), (5.0, 0.0, 0.0));
    let fill = |index: usize| child(&class(&document, "g", "node")[index], "circle").attribute("fill").unwrap();
    assert_eq!([fill(0), fill(1)], [diverging(1.0), diverging(-1.0)]);
    // Lines begin and end at their players.
    let ends = numbers(links[1].attribute("d").unwrap());
    assert!(close(places[1], &ends[..2]) && close(places[3], &ends[4..]), "{ends:?}");
    let texts = texts(&document);
    for expected in ["not drawn: 1 term of more than two players", "+0.5000", "-0.2500", "+0.9000"] {
        assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
    }
}

#[test]
fn uncertain_lines_are_faint() {
    let terms: [(&[u32], f64); 2] = [(&[0, 1], 0.21), (&[1, 2], -0.19)];
    let svg = network_svg(&interactions(3, &terms, Some(0.1)));
    let document = Document::parse(&svg).unwrap();
    let opacities: Vec<f64> = class(&document, "path", "link").iter().map(|link| num(link, "opacity")).collect();
    assert_eq!(opacities, [0.85, 0.35]);
    assert!(texts(&document).contains(&"faint lines: values within two standard errors of zero".to_owned()));
    assert!(!network_svg(&interactions(3, &terms, None)).contains("faint"));
}

#[test]
fn of_many_players_those_of_the_strongest_pairs_are_drawn() {
    let pairs: Vec<[u32; 2]> = (0..1000).map(|index| [index, index + 1000]).collect();
    let terms: Vec<(&[u32], f64)> =
        pairs.iter().enumerate().map(|(index, pair)| (&pair[..], -1.0 - index as f64)).collect();
    let svg = network_svg(&interactions(2000, &terms, None));
    let document = Document::parse(&svg).unwrap();
    let names: Vec<String> = discs(&document).into_iter().map(|disc| disc.2).collect();
    let expected: Vec<String> = (980..1000).chain(1980..2000).map(|player| format!("player {player}: 0")).collect();
    assert_eq!(names, expected);
    assert_eq!(class(&document, "path", "link").len(), 20);
    assert!(texts(&document).contains(&"drawn: 40 of 2000 players, those of the strongest pairs".to_owned()));
}

#[test]
fn a_triple_is_a_star_between_its_players() {
    let terms: [(&[u32], f64); 4] = [(&[0, 1, 2], -0.8), (&[0, 3], 0.4), (&[1], 0.3), (&[0, 1, 2, 3], 0.1)];
    let svg = si_graph_svg(&interactions(4, &terms, None), 2, None);
    let document = Document::parse(&svg).unwrap();
    let links = class(&document, "path", "link");
    assert_eq!(links.len(), 2);
    assert_eq!(tooltip(&links[0]), "player 0 × player 1 × player 2: -0.8000");
    let at: Vec<[f64; 2]> = discs(&document).into_iter().map(|disc| disc.0).collect();
    let legs: Vec<Vec<f64>> = links[0].attribute("d").unwrap()[1..].split('M').map(numbers).collect();
    assert_eq!(legs.len(), 3);
    let joint = class(&document, "circle", "joint")[0];
    let joint = [num(&joint, "cx"), num(&joint, "cy")];
    for (leg, player) in legs.iter().zip(&at) {
        assert!(close(*player, &leg[..2]) && close(joint, &leg[2..]), "{leg:?}");
    }
    // The middle of the three, a little towards the first.
    let middle = [0, 1].map(|axis| 0.85 * (at[0][axis] + at[1][axis] + at[2][axis]) / 3.0 + 0.15 * at[0][axis]);
    assert!(close(joint, &middle));
    assert_eq!((num(&links[0], "stroke-width"), num(&links[1], "stroke-width")), (2.6, 1.3));
    assert_eq!(texts(&document)[0], "k-SII values for MI: the 2 largest of 3 interactions");
}

#[test]
fn players_stand_where_they_are_told_to() {
    let terms: [(&[u32], f64); 1] = [(&[0, 1], 0.4)];
    let attribution = interactions(3, &terms, None);
    let positions = [[-10.0, 5.0], [30.0, 5.0], [10.0, 15.0]];
    let svg = si_graph_svg(&attribution, 5, Some(&positions));
    let document = Document::parse(&svg).unwrap();
    let at: Vec<[f64; 2]> = discs(&document).into_iter().map(|disc| disc.0).collect();
    // 40 units are the 122 mm between the margins; 10 units are 30.5 mm.
    let scale = 122.0 / 40.0;
    assert!(close(at[0], &[14.0, at[1][1]]) && close(at[1], &[14.0 + 40.0 * scale, at[0][1]]), "{at:?}");
    assert!(close(at[2], &[14.0 + 20.0 * scale, at[0][1] + 10.0 * scale]), "{at:?}");
    // Without positions for all, or with nonsense, there is still a picture.
    for positions in [&[][..], &[[f64::NAN, f64::INFINITY], [1.0, f64::MAX], [0.0, -f64::MAX]]] {
        let svg = si_graph_svg(&attribution, 5, Some(positions));
        let document = Document::parse(&svg).unwrap();
        assert!(discs(&document).iter().all(|disc| (0.0..=165.0).contains(&disc.0[0]) && disc.0[1] > 0.0), "{svg}");
    }
}
