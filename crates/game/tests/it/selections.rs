use einthoven_game::design::subset::for_each_subset_of;
use einthoven_game::{Attribution, Index, Term};
use proptest::prelude::*;

use crate::attributions::{attribution, term};

/// k-SII of four players up to order 3.
fn triples() -> Attribution {
    let terms = vec![
        term(&[0], 0.5, Some(0.1)),
        term(&[2], -4.0, None),
        term(&[0, 1], 0.25, None),
        term(&[1, 3], 3.0, Some(0.2)),
        term(&[0, 2, 3], -1.0, None),
        term(&[1, 2, 3], 0.0, None),
    ];
    let player_names = ["I", "II", "III", "aVR"].map(str::to_owned).to_vec();
    Attribution { index: Index::KSii, max_order: 3, n_players: 4, player_names, ..attribution("MI", terms) }
}

fn sets(attribution: &Attribution) -> Vec<&[u32]> {
    attribution.terms.iter().map(|term| term.players.as_slice()).collect()
}

#[test]
fn orders_are_cut_out_and_remember_the_top() {
    let whole = triples();
    let pairs = whole.order(2);
    assert_eq!(sets(&pairs), [&[0, 1][..], &[1, 3]]);
    assert_eq!((pairs.min_order, pairs.max_order, pairs.top_order(), pairs.left_out()), (2, 2, 3, None));
    assert_eq!((pairs.baseline, pairs.full, &pairs.player_names), (whole.baseline, whole.full, &whole.player_names));
    let upper = whole.orders(2..=9);
    assert_eq!((upper.min_order, upper.max_order, upper.top_order(), upper.terms.len()), (2, 3, 3, 4));
    assert!(!upper.run.contains_key("top_order"));
    assert_eq!(whole.orders(1..=2).order(1).top_order(), 3);
    let again = Attribution::from_json(&Attribution::to_json(&[pairs]).unwrap()).unwrap();
    assert_eq!(again[0].top_order(), 3);
}

#[test]
fn the_largest_terms_stay_in_order() {
    let whole = triples();
    let top = whole.top(3);
    assert_eq!(sets(&top), [&[2][..], &[1, 3], &[0, 2, 3]]);
    assert_eq!(top.terms[1], whole.terms[3]);
    assert_eq!(top.left_out(), Some("all but the 3 largest terms"));
    assert_eq!(whole.top(6), whole);
    assert_eq!(whole.top(5).left_out(), None, "the sixth is zero");
    assert_eq!(sets(&whole.top(0)), [&[0u32; 0]; 0]);
}

#[test]
fn small_terms_are_left_out_and_the_part_says_so() {
    let part = triples().sparsify(0.5);
    assert_eq!(sets(&part), [&[0][..], &[2], &[1, 3], &[0, 2, 3]]);
    assert_eq!(part.left_out(), Some("terms below 0.5"));
    assert_eq!(part.top(1).left_out(), Some("terms below 0.5; all but the 1 largest terms"));
    assert_eq!(triples().sparsify(0.1).left_out(), None, "only a zero is missing");
}

#[test]
fn a_subset_holds_the_terms_inside_it() {
    let whole = triples();
    let part = whole.subset(&[3, 0, 2]).unwrap();
    assert_eq!(sets(&part), [&[0][..], &[2], &[0, 2, 3]]);
    assert_eq!((part.n_players, &part.player_names), (4, &whole.player_names));
    assert_eq!(part.left_out(), Some("terms of others than 3 of 4 players"));
    assert_eq!(whole.subset(&[0, 1, 2, 3]).unwrap(), whole);
    let error = whole.subset(&[4]).unwrap_err().to_string();
    assert!(error.contains("take player 4") && error.contains("below 4"), "{error}");
}

#[test]
fn tensors_are_symmetric() {
    let whole = triples();
    assert_eq!(whole.tensor(1).unwrap(), [0.5, 0.0, -4.0, 0.0]);
    let pairs = whole.tensor(2).unwrap();
    let mut expected = vec![0.0; 16];
    (expected[1], expected[4], expected[7], expected[13]) = (0.25, 0.25, 3.0, 3.0);
    assert_eq!(pairs, expected);
    let triples = whole.tensor(3).unwrap();
    for (at, &value) in triples.iter().enumerate() {
        let mut players = [at / 16, at / 4 % 4, at % 4];
        players.sort_unstable();
        assert_eq!(value, if players == [0, 2, 3] { -1.0 } else { 0.0 }, "{at}");
    }
    assert!(whole.tensor(0).unwrap_err().to_string().contains("expected 1 to 4"));
    assert!(whole.tensor(5).is_err());
    let player_names: Vec<String> = (0..20_000).map(|player| player.to_string()).collect();
    let many = Attribution { n_players: 20_000, player_names, ..whole };
    assert_eq!(many.tensor(1).unwrap()[..3], [0.5, 0.0, -4.0]);
    let error = many.tensor(2).unwrap_err().to_string();
    assert!(error.contains("20000 players") && error.contains("at most 100000000 numbers"), "{error}");
    assert!(many.tensor(20_000).is_err());
}

#[test]
fn terms_are_found_whatever_the_order_of_players_and_terms() {
    let mut whole = triples();
    for _ in 0..2 {
        assert_eq!(whole.value(&[3, 1]), 3.0);
        assert_eq!(whole.value(&[3, 0, 2]), -1.0);
        assert_eq!(whole.term(&[2]).unwrap().value, -4.0);
        assert_eq!(whole.term(&[1]), None);
        assert_eq!(whole.term(&[1, 1]), None);
        whole.terms.reverse();
    }
}

proptest! {
    #[test]
    fn every_term_is_found(n in 2u32..9, order in 1usize..4, seed in any::<u64>()) {
        let players: Vec<u32> = (0..n).collect();
        let mut terms: Vec<Term> = Vec::new();
        for size in 1..=order {
            for_each_subset_of(&players, size, |set| {
                if seed >> (set.iter().sum::<u32>() % 64) & 1 == 0 {
                    terms.push(term(set, f64::from(set[0]) - 0.5, None));
                }
            });
        }
        let found = attribution("MI", terms);
        for size in 1..=order {
            for_each_subset_of(&players, size, |set| {
                let expected = found.terms.iter().find(|term| term.players == set);
                let turned: Vec<u32> = set.iter().rev().copied().collect();
                assert_eq!(found.term(&turned), expected);
            });
        }
    }
}
