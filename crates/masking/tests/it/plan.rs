//! The chunk planner: limits are computed, nothing is allocated.

use einthoven_masking::plan::{DEFAULT_MAX_BUFFER, DEFAULT_MEMORY, Limits, Plan, RowCost};
use proptest::prelude::*;

const GENEROUS: Limits = Limits { memory: usize::MAX, max_buffer: None, max_rows: usize::MAX };

fn inputs_only(leads: usize, samples: usize) -> RowCost {
    let cells = leads * samples;
    RowCost { cells, buffer: 4 * cells, total: 4 * cells, fixed: 0 }
}

#[test]
fn lavapipe_holds_559_rows_of_500_hz_and_2796_of_100_hz() {
    let limits = Limits { max_buffer: Some(DEFAULT_MAX_BUFFER), ..GENEROUS };
    assert_eq!(Plan::new(65_536, inputs_only(12, 5000), limits).unwrap().chunk, 559);
    assert_eq!(Plan::new(65_536, inputs_only(12, 1000), limits).unwrap().chunk, 2796);
    // A first layer of 64 channels reaches the limit before the input does.
    let wide = RowCost { buffer: 4 * 64 * 1000, ..inputs_only(12, 1000) };
    assert_eq!(Plan::new(65_536, wide, limits).unwrap().chunk, 524);
}

#[test]
fn memory_is_shared_by_rows_beside_what_is_fixed() {
    let cost = RowCost { cells: 10, buffer: 40, total: 1000, fixed: 500 };
    let limits = Limits { memory: 7499, ..GENEROUS };
    assert_eq!(Plan::new(1000, cost, limits).unwrap().chunk, 6);
    assert_eq!(Plan::new(1000, cost, Limits { memory: 7500, ..limits }).unwrap().chunk, 7);
}

#[test]
fn indices_stay_below_two_to_the_31() {
    let cost = inputs_only(12, 5000);
    let chunk = Plan::new(1 << 20, cost, GENEROUS).unwrap().chunk;
    assert_eq!(chunk, (i32::MAX / 60_000) as usize);
    assert!((chunk + 1) * 60_000 > i32::MAX as usize);
}

#[test]
fn a_row_that_does_not_fit_says_what_would_do() {
    let cost = RowCost { cells: 1, buffer: 300 << 20, total: 700 << 20, fixed: 1 << 20 };
    let message = |limits| Plan::new(8, cost, limits).unwrap_err().to_string();
    assert_eq!(
        message(Limits { memory: 512 << 20, ..GENEROUS }),
        "fit one row of the model into a memory cap of 512 MiB: it needs 701 MiB; a cap of 701 MiB would do",
    );
    assert_eq!(
        message(Limits { max_buffer: Some(128 << 20), ..GENEROUS }),
        "fit one row of the model into the device's largest buffer of 128 MiB: it needs 300 MiB; \
         device cpu has no such limit",
    );
    assert_eq!(Plan::new(8, cost, Limits { memory: 701 << 20, ..GENEROUS }).unwrap().chunk, 1);
    assert_eq!(DEFAULT_MEMORY, 2 * 1024 * 1024 * 1024);
}

proptest! {
    /// Chunks cover the rows once, in order, keep to every limit, and no larger power of two or row would do.
    #[test]
    fn chunks_cover_the_rows_and_keep_the_limits(
        rows in 0_usize..5000, cells in 1_usize..1000, extra in 0_usize..1000, fixed in 0_usize..10_000,
        memory in 20_000_usize..1_000_000, max_buffer in 8000_usize..100_000, max_rows in 1_usize..300,
    ) {
        let cost = RowCost { cells, buffer: 4 * cells, total: 4 * cells + extra, fixed };
        let plan = Plan::new(rows, cost, Limits { memory, max_buffer: Some(max_buffer), max_rows }).unwrap();
        let fits = |chunk: usize| {
            chunk * cost.total + fixed <= memory && chunk * cost.buffer <= max_buffer && chunk <= max_rows
                && chunk <= rows.max(1).next_power_of_two()
        };
        prop_assert!(plan.chunk >= 1 && fits(plan.chunk) && !fits(plan.chunk + 1));
        let mut next = 0;
        for chunk in plan.chunks() {
            prop_assert_eq!(chunk.start, next);
            prop_assert!(!chunk.is_empty() && chunk.len() <= plan.chunk);
            prop_assert!(chunk.len() == plan.chunk || chunk.end == rows);
            next = chunk.end;
        }
        prop_assert_eq!(next, rows);
    }
}
