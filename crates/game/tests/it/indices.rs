use einthoven_game::indices::{from_moebius, from_table};
use einthoven_game::{Index, Term, exact};
use proptest::prelude::*;

use crate::definitions::{by_definition, derivative, taylor_over_all_orders};
use crate::regressions::{faithful_banzhaf, faithful_shapley, k_additive};
use crate::tables::{close, players, random_table, set_of, size};

const DEFINED: [Index; 13] = [
    Index::Sv,
    Index::Bv,
    Index::Sii,
    Index::Bii,
    Index::Chii,
    Index::KSii,
    Index::Stii,
    Index::Fsii,
    Index::Fbii,
    Index::KaddShap,
    Index::Moebius,
    Index::CoMoebius,
    Index::Fourier,
];

/// What whole sets add.
const GENERALIZED: [Index; 6] = [Index::Sgv, Index::Bgv, Index::Chgv, Index::Igv, Index::Egv, Index::JointSv];

fn most_order(index: Index, n: usize) -> usize {
    if matches!(index, Index::Sv | Index::Bv) { 1 } else { n }
}

/// All sets of at most `order` players, the empty one included, as the crate lists them.
fn sets(n: usize, order: usize) -> Vec<usize> {
    let mut sets: Vec<usize> = (0..1usize << n).filter(|set| size(*set) <= order).collect();
    sets.sort_by_key(|set| (size(*set), players(*set)));
    sets
}

/// The numbers that another part of the tests says, in that order.
fn expected(index: Index, order: usize, table: &[f64]) -> Vec<f64> {
    let n = size(table.len() - 1);
    let regression = match index {
        Index::Fsii => Some(faithful_shapley(table, order)),
        Index::Fbii => Some(faithful_banzhaf(table, order)),
        Index::KaddShap => Some(k_additive(table, order)),
        _ => None,
    };
    let value = |set: usize| match (&regression, index) {
        (Some(values), _) => values.iter().find(|(other, _)| *other == set).unwrap().1,
        (None, Index::Sv | Index::Chii | Index::KSii | Index::Stii) if set == 0 => table[0],
        (None, _) if set == 0 && GENERALIZED.contains(&index) => table[0],
        _ => by_definition(index, order, table, set),
    };
    sets(n, order).into_iter().map(value).collect()
}

fn values(terms: &[Term]) -> Vec<f64> {
    terms.iter().map(|term| term.value).collect()
}

/// Every set of a table with its Moebius coefficient.
fn dense_terms(table: &[f64]) -> Vec<(Vec<u32>, f64)> {
    (0..table.len()).map(|set| (players(set), derivative(table, set, 0))).collect()
}

/// A sparse answer, in the order of all sets.
fn spread(terms: &[Term], n: usize, order: usize) -> Vec<f64> {
    let mut by_set = vec![0.0; 1 << n];
    terms.iter().for_each(|term| by_set[set_of(&term.players)] = term.value);
    sets(n, order).into_iter().map(|set| by_set[set]).collect()
}

#[test]
fn indices_of_tables_are_their_definitions() {
    for index in DEFINED {
        for n in 3..=8 {
            for order in 1..=most_order(index, 4.min(n)) {
                let table = random_table(n, order as u64);
                let what = format!("{index} of order {order}, {n} players");
                let expected = expected(index, order, &table);
                let terms = from_table(index, order, &table).unwrap();
                close(&what, &values(&terms), &expected, 1e-10);
                let found_sets: Vec<usize> = terms.iter().map(|term| set_of(&term.players)).collect();
                assert_eq!(found_sets, sets(n, order), "{what}");
                let terms = from_moebius(index, order, n, &dense_terms(&table)).unwrap();
                close(&format!("{what}, sparse"), &spread(&terms, n, order), &expected, 1e-10);
            }
        }
    }
}

#[test]
fn generalized_values_of_tables_are_their_definitions() {
    for index in GENERALIZED {
        for n in 1..=10 {
            for order in 1..=n.min(4) {
                let table = random_table(n, order as u64);
                let found = values(&from_table(index, order, &table).unwrap());
                close(
                    &format!("{index} of order {order}, {n} players"),
                    &found,
                    &expected(index, order, &table),
                    1e-10,
                );
            }
        }
    }
}

#[test]
fn all_orders_of_small_tables() {
    for index in DEFINED {
        for order in 1..=most_order(index, 6) {
            let table = random_table(6, 40);
            let expected = expected(index, order, &table);
            let what = format!("{index} of order {order}");
            close(&what, &values(&from_table(index, order, &table).unwrap()), &expected, 1e-9);
            let terms = from_moebius(index, order, 6, &dense_terms(&table)).unwrap();
            close(&what, &spread(&terms, 6, order), &expected, 1e-9);
        }
    }
}

#[test]
fn shapley_taylor_is_a_mean_over_orders_of_arrival() {
    let table = random_table(6, 1);
    for order in 2..=3 {
        let terms = from_table(Index::Stii, order, &table).unwrap();
        for term in terms.iter().filter(|term| term.players.len() == order) {
            let expected = taylor_over_all_orders(&table, set_of(&term.players));
            assert!((term.value - expected).abs() < 1e-12, "{:?}", term.players);
        }
    }
}

#[test]
fn tables_and_sparse_games_of_more_players_agree() {
    // So many players that tables are cut into parts and those of large sets left out; and coefficients without error.
    let terms = vec![
        (vec![], 1.5),
        (vec![15], -2.0),
        (vec![3, 9], 4.0),
        (vec![0, 5, 15], 1.0),
        (vec![14, 13, 12], 2.5),
        (vec![11, 1, 2, 7, 8], -3.0),
        ((0..16).collect(), 6.0),
    ];
    let table: Vec<f64> = (0..1usize << 16)
        .map(|mask| terms.iter().filter(|(set, _)| set_of(set) & !mask == 0).map(|(_, c)| c).sum())
        .collect();
    for index in DEFINED {
        for order in 1..=most_order(index, 3) {
            let sparse = from_moebius(index, order, 16, &terms).unwrap();
            let dense = from_table(index, order, &table).unwrap();
            close(&format!("{index} of order {order}"), &values(&dense), &spread(&sparse, 16, order), 1e-12);
        }
    }
}

#[test]
fn rounding_does_not_grow_with_the_players() {
    let table = random_table(17, 6);
    for (index, expected) in [(Index::Sv, exact::shapley(&table)), (Index::Bv, exact::banzhaf(&table))] {
        let found = values(&from_table(index, 1, &table).unwrap());
        close(index.name(), &found[1..], &expected.unwrap(), 1e-12);
    }
    // Some of the pairs.
    for (term, set) in from_table(Index::Sii, 2, &table).unwrap().iter().zip(sets(17, 2)).skip(18).step_by(17) {
        let expected = by_definition(Index::Sii, 2, &table, set);
        assert!((term.value - expected).abs() < 1e-13, "{:?}: {} instead of {expected}", term.players, term.value);
    }
}

/// The sum of all sets but the empty one.
fn total(terms: &[Term]) -> f64 {
    terms.iter().filter(|term| !term.players.is_empty()).map(|term| term.value).sum()
}

#[test]
fn ten_thousand_players_are_finite_and_efficient() {
    let n = 10_000u32;
    let spread_out = |size: u32| (0..size).map(|at| at * (n / size)).collect::<Vec<u32>>();
    let terms: Vec<_> = [1, 2, 3, 7, 40, 300].map(|size| (spread_out(size), f64::from(size).sqrt())).to_vec();
    let full: f64 = terms.iter().map(|(_, coefficient)| coefficient).sum();
    for index in [Index::Sv, Index::KSii, Index::Stii, Index::Fsii] {
        for order in 1..=most_order(index, 2) {
            let found = from_moebius(index, order, n as usize, &terms).unwrap();
            assert!(found.iter().all(|term| term.value.is_finite()), "{index}");
            assert!((total(&found) / full - 1.0).abs() < 1e-10, "{index} of order {order}: {}", total(&found));
        }
    }
    // Everybody together: one share each, and the first order of kADD-SHAP is the Shapley value.
    let all = vec![((0..n).collect::<Vec<u32>>(), 1.0)];
    for index in [Index::Sv, Index::Sii, Index::Chii, Index::KSii, Index::Stii, Index::Fsii, Index::KaddShap] {
        let found = from_moebius(index, 1, n as usize, &all).unwrap();
        let players: Vec<&Term> = found.iter().filter(|term| !term.players.is_empty()).collect();
        assert_eq!(players.len(), n as usize, "{index}");
        assert!(players.iter().all(|term| (term.value * f64::from(n) - 1.0).abs() < 1e-12), "{index}");
    }
    let pairs = from_moebius(Index::KaddShap, 2, n as usize, &terms).unwrap();
    let shapley = from_moebius(Index::Sv, 1, n as usize, &terms).unwrap();
    let singles = |terms: &[Term]| -> Vec<f64> {
        terms.iter().filter(|term| term.players.len() == 1).map(|term| term.value).collect()
    };
    close("kADD-SHAP", &singles(&pairs), &singles(&shapley), 1e-12);
}

#[test]
fn one_and_several_threads_give_the_same_bits() {
    let table = random_table(16, 2);
    let all = || {
        let bits = |index| values(&from_table(index, most_order(index, 2), &table).unwrap());
        DEFINED.into_iter().flat_map(bits).map(f64::to_bits).collect::<Vec<u64>>()
    };
    let with = |threads: usize| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(all);
    assert!(with(1) == with(2));
}

#[test]
fn what_cannot_be_computed_is_refused() {
    let table = random_table(3, 1);
    let refused = |index, order, told: &str| {
        for error in [from_table(index, order, &table).err(), from_moebius(index, order, 3, &[]).err()] {
            let error = error.unwrap().to_string();
            assert!(error.contains(told), "{error}");
        }
    };
    refused(Index::Owen, 1, "Owen");
    refused(Index::Lime, 1, "LIME");
    refused(Index::Sv, 2, "from 1 to 1");
    refused(Index::Bv, 2, "from 1 to 1");
    refused(Index::Sii, 0, "from 1 to 3");
    refused(Index::Fsii, 4, "from 1 to 3");
    assert!(from_table(Index::Sii, 1, &[0.0; 6]).is_err());
    assert!(from_table(Index::Sii, 1, &[0.0, f64::INFINITY]).unwrap_err().to_string().contains("row 1"));
    assert!(from_moebius(Index::Sii, 1, 2, &[(vec![2], 1.0)]).unwrap_err().to_string().contains("`moebius[0]`"));
    assert!(from_moebius(Index::Sii, 1, 0, &[(vec![0], 1.0)]).is_err());
    let many = [((0..10_000).collect(), 1.0)];
    assert!(from_moebius(Index::Sii, 2, 10_000, &many).unwrap_err().to_string().contains("use a lower order"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn axioms_hold(seed in 0u64..1000, order in 1usize..=4) {
        // Players 0 to 3 are free, 4 and 5 are alike, 6 adds 7 to everybody.
        let (free, other) = (random_table(6, seed), random_table(7, seed));
        let swapped = |mask: usize| mask & 15 | (mask >> 4 & 1) << 5 | (mask >> 5 & 1) << 4;
        let table: Vec<f64> = (0..128usize)
            .map(|mask| free[mask & 63] + free[swapped(mask) & 63] + if mask & 64 != 0 { 7.0 } else { 0.0 })
            .collect();
        let mixed: Vec<f64> = table.iter().zip(&other).map(|(left, right)| 2.0 * left - 3.0 * right).collect();
        for index in DEFINED {
            let order = most_order(index, order);
            let terms = from_table(index, order, &table).unwrap();
            let value = |set: usize| terms.iter().find(|term| set_of(&term.players) == set).unwrap().value;
            for set in sets(7, order) {
                if set & 64 != 0 && set != 64 {
                    prop_assert!(value(set).abs() < 1e-10, "{} of {} with a dummy", index, set);
                }
                if set & 64 == 0 {
                    prop_assert!((value(set) - value(swapped(set))).abs() < 1e-10, "{} of {}", index, set);
                }
            }
            // Fourier counts a dummy by -1/2.
            let expected = if index == Index::Fourier { -3.5 } else { 7.0 };
            prop_assert!((value(64) - expected).abs() < 1e-10, "{} of a dummy: {}", index, value(64));
            let right = values(&from_table(index, order, &other).unwrap());
            let left = values(&terms);
            let sums: Vec<f64> = left.iter().zip(&right).map(|(left, right)| 2.0 * left - 3.0 * right).collect();
            close(index.name(), &values(&from_table(index, order, &mixed).unwrap()), &sums, 1e-11);
        }
        for index in [Index::KSii, Index::Stii, Index::Fsii] {
            let gap = total(&from_table(index, order, &other).unwrap()) - (other[127] - other[0]);
            prop_assert!(gap.abs() < 1e-10, "{} of order {}: {}", index, order, gap);
        }
    }
}
