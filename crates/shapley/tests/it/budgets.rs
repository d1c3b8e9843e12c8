use std::collections::HashSet;

use einthoven_game::Design;
use einthoven_shapley::{Error, Method, Request, kernel, leverage, permutation};
use proptest::prelude::*;

fn assert_sound(design: &Design, n: usize, budget: usize) {
    assert!(design.rows.len() <= budget && design.rows.n_players() == n);
    assert!(design.draws.len() <= 20 * budget);
    let distinct: HashSet<&[u32]> = design.rows.iter().map(|row| row.words()).collect();
    assert_eq!(distinct.len(), design.rows.len());
    assert_eq!((design.rows.row(0).size(), design.rows.row(1).size()), (0, n));
    assert!(design.draws.iter().all(|draw| (draw.row as usize) < design.rows.len() && draw.weight.is_finite()));
    // Every row but the ends is there for a draw, or is the complement of one that is.
    let used: HashSet<u32> = design.draws.iter().map(|draw| draw.row).collect();
    assert!((2..design.rows.len() as u32).all(|row| used.contains(&row) || used.contains(&(row - 1))));
}

#[test]
fn the_kernel_spends_its_budget_but_for_an_odd_one() {
    for (n, budget) in
        [(3, 8), (4, 15), (6, 64), (8, 100), (10, 1000), (12, 4095), (12, 4000), (120, 4096), (1100, 5001)]
    {
        let design = kernel::design(n, budget, 1).unwrap();
        assert_sound(&design, n, budget);
        let all = 1usize.checked_shl(n as u32).filter(|_| n < 64).unwrap_or(usize::MAX);
        assert_eq!(design.rows.len(), budget.min(all) & !1, "{n} players, budget {budget}");
    }
}

#[test]
fn more_than_everything_ends_with_everything() {
    for n in 1..=8 {
        for method in [Method::Kernel, Method::Permutation, Method::Exact] {
            let design = method.design(&Request::new(n, 10_000, 1)).unwrap();
            assert_sound_or_exact(method, &design, n);
            assert_eq!(design.rows.len(), 1 << n, "{method}, {n} players");
        }
    }
}

fn assert_sound_or_exact(method: Method, design: &Design, n: usize) {
    if method != Method::Exact {
        assert_sound(design, n, 10_000);
    }
}

#[test]
fn small_sizes_are_enumerated_first() {
    // Sizes 1 and 2 with their complements are 2 * (12 + 66) coalitions; with 512 both are in.
    let design = kernel::design(12, 512, 1).unwrap();
    let of_size = |size: usize| design.rows.iter().filter(|row| row.size() == size).count();
    assert_eq!([1, 2, 10, 11].map(of_size), [12, 66, 66, 12]);
    assert!(of_size(6) > 0 && of_size(6) < 924);
    // Nearly everything: only the middle size is left to chance.
    let design = kernel::design(12, 4000, 1).unwrap();
    let of_size = |size: usize| design.rows.iter().filter(|row| row.size() == size).count();
    assert_eq!([1, 2, 3, 4, 5, 6].map(of_size), [12, 66, 220, 495, 792, 828]);
}

#[test]
fn sampled_sizes_follow_their_law() {
    // 40 players: each class has its share of what the enumerated ones leave, rounded up or down.
    let kernel = |s: usize| if s == 20 { 1.0 } else { 2.0 } / (s * (40 - s)) as f64;
    let uniform = |s: usize| if s == 20 { 1.0 } else { 2.0 };
    let masses: [(Design, &dyn Fn(usize) -> f64); 2] =
        [(kernel::design(40, 8002, 3).unwrap(), &kernel), (leverage::design(40, 8002, 3).unwrap(), &uniform)];
    for (design, mass) in masses {
        let of_size = |s: usize| design.draws.iter().filter(|draw| draw.stratum as usize == s).count() as f64;
        let first = design.draws.iter().find(|draw| draw.role == 1).unwrap().stratum as usize;
        assert!((2..=3).contains(&first) && of_size(1) == 40.0, "first {first}");
        let (left, total): (f64, f64) = ((first..=20).map(of_size).sum(), (first..=20).map(mass).sum());
        for s in first..=20 {
            let target = left * mass(s) / total;
            assert!((of_size(s) - target).abs() < 1.0, "size {s}: {} for {target}", of_size(s));
        }
        // What a pair stands for: its class is estimated by the mean over those drawn.
        assert!(design.draws.iter().all(|draw| (draw.weight * of_size(draw.stratum as usize) - 1.0).abs() < 1e-12));
    }
}

#[test]
fn larger_designs_hold_the_smaller_ones() {
    for method in [Method::Kernel, Method::Leverage, Method::Permutation, Method::Msr] {
        let [small, large] = [600, 1200].map(|budget| method.design(&Request::new(40, budget, 7)).unwrap().rows);
        let rows: HashSet<&[u32]> = large.iter().map(|row| row.words()).collect();
        let lost = small.iter().filter(|row| !rows.contains(row.words())).count();
        // Rounding may take one pair from each of 20 classes.
        assert!(lost <= 40, "{method}: {lost}");
    }
}

#[test]
fn too_small_budgets_name_the_smallest_that_works() {
    for n in [1, 2, 3, 12, 1100] {
        for (method, needed) in [(Method::Kernel, 2 * n), (Method::Permutation, n + 1), (Method::Auto, 2 * n)] {
            for budget in [0, 1, needed - 1] {
                let Err(Error::Game(einthoven_game::Error::Budget { smallest, .. })) =
                    method.design(&Request::new(n, budget, 1))
                else {
                    panic!("{method} with {n} players and budget {budget}");
                };
                assert_eq!(smallest, needed);
            }
            assert!(method.design(&Request::new(n, needed, 1)).is_ok());
        }
    }
    assert!(matches!(
        Method::Exact.design(&Request::new(5, 31, 1)),
        Err(Error::Game(einthoven_game::Error::Budget { smallest: 32, .. }))
    ));
    assert!(Method::Exact.design(&Request::new(21, usize::MAX, 1)).is_err());
    assert!(
        [Method::Exact, Method::Kernel, Method::Permutation]
            .iter()
            .all(|method| method.design(&Request::new(0, 9, 1)).is_err())
    );
}

#[test]
fn one_seed_gives_one_design() {
    for method in [Method::Kernel, Method::Permutation] {
        let design = |seed| method.design(&Request::new(40, 1000, seed)).unwrap();
        assert_eq!(design(1), design(1));
        assert_ne!(design(1).rows, design(2).rows);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn budgets_are_never_exceeded(n in 1usize..70, extra in 0usize..600, seed in any::<u64>()) {
        let budget = 2 * n + extra;
        for design in [kernel::design(n, budget, seed).unwrap(), permutation::design(n, budget, seed).unwrap()] {
            assert_sound(&design, n, budget);
        }
    }
}
