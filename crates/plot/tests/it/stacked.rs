use einthoven_game::exact;
use einthoven_plot::stacked_svg;
use roxmltree::{Document, Node};

use crate::common::*;

/// The height of zero, and what a millimetre is, read off the axis.
fn axis(document: &Document) -> (f64, f64) {
    let ticks = ticks(document, "y", "end");
    let per_unit = (ticks[0].1 - ticks[1].1) / (ticks[1].0 - ticks[0].0);
    (ticks[0].1 - 1.0 + ticks[0].0 * per_unit, per_unit)
}

/// Signed lengths of a stack's pieces by class, and the height of its diamond, all in units of the axis.
fn read(document: &Document, stack: &Node) -> (Vec<(String, f64)>, f64) {
    let (zero, per_unit) = axis(document);
    let rects = stack.children().filter(|node| node.tag_name().name() == "rect");
    let piece = |rect: Node| {
        let sign = if num(&rect, "y") < zero - 1e-3 { 1.0 } else { -1.0 };
        (rect.attribute("class").unwrap().to_owned(), sign * num(&rect, "height") / per_unit)
    };
    let diamond = stack.children().find(|node| node.attribute("class") == Some("sum")).unwrap();
    let y = numbers(diamond.attribute("d").unwrap())[1];
    (rects.map(piece).collect(), (zero - y) / per_unit)
}

#[test]
fn shares_stack_up_to_the_shapley_values() {
    for order in 2..=5 {
        let (attribution, table) = exact_interactions(order);
        let shapley = exact::shapley(&table).unwrap();
        let svg = stacked_svg(&attribution);
        let document = Document::parse(&svg).unwrap();
        let stacks = class(&document, "g", "stack");
        assert_eq!(stacks.len(), 5);
        for (stack, value) in stacks.iter().zip(shapley) {
            let (pieces, diamond) = read(&document, stack);
            assert!((diamond - value).abs() < 2e-3, "order {order}: {diamond} is not {value}");
            let sum: f64 = pieces.iter().map(|piece| piece.1).sum();
            assert!((sum - value).abs() < 5e-3, "order {order}: {sum} is not {value}");
        }
        assert!(texts(&document).iter().any(|text| text.ends_with("the diamond is the Shapley value")));
    }
}

#[test]
fn each_interaction_is_divided_equally() {
    let terms: [(&[u32], f64); 5] = [(&[], 3.0), (&[0], 1.0), (&[0, 1], -0.5), (&[0, 1, 2], 0.9), (&[0, 2], 0.25)];
    let svg = stacked_svg(&interactions(3, &terms, None));
    let document = Document::parse(&svg).unwrap();
    let close = |found: &[(String, f64)], expected: &[(&str, f64)]| {
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.0 == expected.0 && (found.1 - expected.1).abs() < 2e-3, "{found:?} is not {expected:?}");
        }
    };
    let stacks: Vec<Vec<(String, f64)>> =
        class(&document, "g", "stack").iter().map(|stack| read(&document, stack).0).collect();
    close(&stacks[0], &[("order1", 1.0), ("order2", 0.125), ("order3", 0.3), ("order2", -0.25)]);
    close(&stacks[1], &[("order3", 0.3), ("order2", -0.25)]);
    close(&stacks[2], &[("order2", 0.125), ("order3", 0.3)]);
    assert_eq!(texts(&document).iter().filter(|text| text.starts_with("order ")).count(), 3);
}

#[test]
fn high_orders_share_a_colour_and_many_players_are_cut() {
    let all: Vec<u32> = (0..9).collect();
    let singles: Vec<[u32; 1]> = (0..500).map(|player| [player]).collect();
    let mut terms: Vec<(&[u32], f64)> = singles.iter().map(|set| (&set[..], f64::from(set[0]))).collect();
    terms.push((&all, 9e5));
    let svg = stacked_svg(&interactions(500, &terms, None));
    let document = Document::parse(&svg).unwrap();
    let names: Vec<String> = class(&document, "g", "stack").iter().map(tooltip).collect();
    assert_eq!(names.len(), 40);
    assert!(names[0].starts_with("player 0: ") && names[9].starts_with("player 469: "), "{names:?}");
    assert_eq!(texts(&document)[0], "k-SII values for MI: the 40 largest of 500 players");
    assert!(texts(&document).contains(&"order 6–9".to_owned()));
}

#[test]
fn shares_that_cancel_count_when_players_are_chosen() {
    let singles: Vec<[u32; 1]> = (0..40).map(|player| [player]).collect();
    let mut terms: Vec<(&[u32], f64)> = singles.iter().map(|set| (&set[..], 1.0 + f64::from(set[0]))).collect();
    terms.extend([(&[40][..], -3.0), (&[40, 41][..], 6.0)]);
    let svg = stacked_svg(&interactions(42, &terms, None));
    let document = Document::parse(&svg).unwrap();
    let names: Vec<String> = class(&document, "g", "stack").iter().map(tooltip).collect();
    // Player 40 has 3 up and 3 down, which is more than the first two players have.
    assert!(names.contains(&"player 40: 0, order 1 -3.0000, order 2 +3.0000".to_owned()), "{names:?}");
    assert!(names[0].starts_with("player 2: "), "{names:?}");
}
