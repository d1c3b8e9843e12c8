//! Sets of a size, and sums over coalitions for all of them.

use einthoven_game::{Coalition, Coalitions};
use einthoven_interactions::sets::{Overlaps, Sets, count};
use proptest::prelude::*;

fn holds(coalition: Coalition<'_>, set: &[u32]) -> bool {
    set.iter().all(|&player| coalition.contains(player as usize))
}

fn shared(coalition: Coalition<'_>, set: &[u32]) -> usize {
    set.iter().filter(|&&player| coalition.contains(player as usize)).count()
}

#[test]
fn places_are_those_of_the_list() {
    for (n, size) in [(1, 0), (1, 1), (5, 2), (9, 4), (40, 3), (6, 6)] {
        let sets = Sets::new(n, size);
        let mut next = 0;
        sets.for_each(|position, set| {
            assert_eq!((position, sets.position(set)), (next, next), "{set:?}");
            next += 1;
        });
        assert_eq!((next, next as f64), (sets.len(), count(n, size)));
    }
}

proptest! {
    #[test]
    fn sums_are_those_of_a_loop_over_sets(
        n in 1usize..10,
        size in 0usize..4,
        masks in prop::collection::vec(any::<u32>(), 1..30),
        seed in 0u32..1000,
    ) {
        let size = size.min(n);
        let words = masks.iter().map(|mask| mask & ((1u32 << n) - 1)).collect();
        let rows = Coalitions::from_words(n, words).unwrap();
        let which: Vec<usize> = (0..rows.len()).rev().collect();
        let number = |at: usize, other: usize| f64::from((at as u32 * 7919 + other as u32 * 104_729 + seed) % 97) - 48.0;
        let sets = Sets::new(n, size);
        let coefficients: Vec<f64> = (0..which.len()).flat_map(|at| [number(at, 0), number(at, 1)]).collect();
        let found = sets.sums(&rows, &which, &coefficients, 2);
        let overlaps = Overlaps::new(n, size).sum(&rows, &which, number);
        let mut written = vec![0.0; sets.len()];
        let table: Vec<f64> = (0..=size).map(|shared| number(3, shared)).collect();
        sets.write_overlaps(rows.row(0), &table, &mut written);
        let mut result = Ok(());
        sets.for_each(|position, set| {
            let rows_of = || which.iter().enumerate().map(|(at, &row)| (at, rows.row(row)));
            let inside = |system| rows_of().filter(|(_, row)| holds(*row, set)).map(|(at, _)| number(at, system)).sum::<f64>();
            let of_overlap: f64 = rows_of().map(|(at, row)| number(at, shared(row, set))).sum();
            let expected = [inside(0), inside(1), of_overlap, number(3, shared(rows.row(0), set))];
            let found = [found[0][position], found[1][position], overlaps[position], written[position]];
            // Whole numbers: there is nothing to round.
            if found != expected && result.is_ok() {
                result = Err(TestCaseError::fail(format!("{set:?}: {found:?}, expected {expected:?}")));
            }
        });
        result?;
    }
}
