use einthoven_game::Coalitions;
use proptest::prelude::*;

const COUNTS: [usize; 7] = [1, 31, 32, 33, 64, 65, 1100];

#[test]
fn full_and_empty_rows_hold_exactly_their_players() {
    for n in COUNTS {
        let mut rows = Coalitions::new(n);
        rows.push_empty();
        rows.push_full();
        assert_eq!(rows.words_per_row(), n.div_ceil(32));
        assert_eq!((rows.len(), rows.row(0).size(), rows.row(1).size()), (2, 0, n));
        assert_eq!(rows.row(1).players().collect::<Vec<_>>(), (0..n).collect::<Vec<_>>());
        assert_eq!(rows.row(0).complement(), rows.row(1).words());
        assert_eq!(rows.row(1).complement(), rows.row(0).words());
    }
}

#[test]
fn each_player_has_the_bit_that_the_layout_says() {
    for n in COUNTS {
        for player in 0..n {
            let mut rows = Coalitions::new(n);
            rows.push([player]);
            let mut expected = vec![0u32; n.div_ceil(32)];
            expected[player / 32] = 1u32 << (player % 32);
            assert_eq!(rows.words(), expected);
            assert_eq!(rows.row(0).players().collect::<Vec<_>>(), [player]);
            let others: Vec<usize> = (0..n).filter(|other| *other != player).collect();
            let complement = Coalitions::from_words(n, rows.row(0).complement()).unwrap();
            assert_eq!(complement.row(0).players().collect::<Vec<_>>(), others);
        }
    }
}

#[test]
fn words_that_do_not_fit_are_refused() {
    assert!(Coalitions::from_words(33, vec![0; 3]).is_err());
    assert!(Coalitions::from_words(33, vec![0, 2]).is_err());
    assert!(Coalitions::from_words(33, vec![u32::MAX, 1]).is_ok());
    assert!(Coalitions::from_words(32, vec![u32::MAX]).is_ok());
    assert!(Coalitions::from_words(31, vec![u32::MAX]).is_err());
    assert!(Coalitions::from_words(0, vec![]).is_err());
}

proptest! {
    #[test]
    fn packing_keeps_every_set(which in 0..COUNTS.len(), raw in prop::collection::vec(0usize..1100, 0..40)) {
        let n = COUNTS[which];
        let mut set: Vec<usize> = raw.into_iter().map(|player| player % n).collect();
        let mut rows = Coalitions::new(n);
        rows.push_full();
        rows.push(set.iter().copied());
        set.sort_unstable();
        set.dedup();
        let row = rows.row(1);
        prop_assert_eq!(row.players().collect::<Vec<_>>(), set.clone());
        prop_assert_eq!(row.size(), set.len());
        prop_assert!((0..n).all(|player| row.contains(player) == set.contains(&player)));
        let again = Coalitions::from_words(n, rows.words().to_vec()).unwrap();
        prop_assert_eq!(&again, &rows);
        let second = rows.slice(1..2);
        prop_assert_eq!(second.row(0).words(), row.words());
    }
}
