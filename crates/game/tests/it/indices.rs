use einthoven_game::indices::{from_fourier, from_moebius, from_table, is_generalized_value, size_share};
use einthoven_game::{Index, Term, exact, transforms};
use proptest::prelude::*;

use crate::definitions::{by_definition, derivative, taylor_over_all_orders};
use crate::regressions::{faithful_banzhaf, faithful_shapley, k_additive};
use crate::tables::{close, players, random_table, set_of, sign, size};

const DEFINED: [Index; 19] = [
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
    Index::Sgv,
    Index::Bgv,
    Index::Chgv,
    Index::Igv,
    Index::Egv,
    Index::JointSv,
];

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
        (None, _) if set == 0 && is_generalized_value(index) => table[0],
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

/// Every set of a table with its Walsh-Hadamard coefficient.
fn spectrum(table: &[f64]) -> Vec<(Vec<u32>, f64)> {
    let mut spectrum = table.to_vec();
    transforms::walsh_hadamard(&mut spectrum).unwrap();
    spectrum.into_iter().enumerate().map(|(set, coefficient)| (players(set), coefficient)).collect()
}

/// A sparse answer, in the order of all sets.
fn spread(terms: &[Term], n: usize, order: usize) -> Vec<f64> {
    let mut by_set = vec![0.0; 1 << n];
    terms.iter().for_each(|term| by_set[set_of(&term.players)] = term.value);
    sets(n, order).into_iter().map(|set| by_set[set]).collect()
}

/// Holds the index of a table, its Moebius coefficients and its spectrum to the definition.
fn hold_to_the_definition(index: Index, n: usize, order: usize, seed: u64) {
    let table = random_table(n, seed);
    let what = format!("{index} of order {order}, {n} players");
    let expected = expected(index, order, &table);
    let terms = from_table(index, order, &table).unwrap();
    close(&what, &values(&terms), &expected, 1e-10);
    let found_sets: Vec<usize> = terms.iter().map(|term| set_of(&term.players)).collect();
    assert_eq!(found_sets, sets(n, order), "{what}");
    let terms = from_moebius(index, order, n, &dense_terms(&table)).unwrap();
    close(&format!("{what}, from coefficients"), &spread(&terms, n, order), &expected, 1e-10);
    let terms = from_fourier(index, order, n, &spectrum(&table)).unwrap();
    close(&format!("{what}, from a spectrum"), &spread(&terms, n, order), &expected, 1e-10);
}

#[test]
fn indices_of_tables_are_their_definitions() {
    for index in DEFINED {
        for n in 1..=10 {
            for order in 1..=most_order(index, 4.min(n)) {
                hold_to_the_definition(index, n, order, order as u64);
            }
        }
    }
}

#[test]
fn all_orders_of_small_tables() {
    for index in DEFINED {
        for order in 5..=most_order(index, 6) {
            hold_to_the_definition(index, 6, order, 40);
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

/// The terms of `players` and their subsets of at most `order`, as sets of positions in `players`.
fn within(terms: &[Term], players: &[u32], order: usize) -> Vec<f64> {
    let renamed = |term: &Term| Term { players: within_positions(&term.players, players), ..term.clone() };
    let inside = |term: &&Term| term.players.iter().all(|player| players.contains(player));
    let terms: Vec<Term> = terms.iter().filter(inside).map(renamed).collect();
    spread(&terms, players.len(), order)
}

#[test]
fn spectra_of_large_sets_of_many_players_are_exact() {
    // 20 of thousands of players, once in a table of them alone. Null players change nothing, except that groups of
    // joint values are drawn from them as well.
    let players: Vec<u32> = (0..20).map(|at| 11 + at * 9).collect();
    let terms = vec![
        (vec![], 0.5),
        (players.clone(), 1.5),
        (players[..19].to_vec(), -2.0),
        (players[2..9].to_vec(), 4.0),
        (vec![players[3], players[11]], 0.75),
    ];
    let sets: Vec<usize> = terms.iter().map(|(set, _)| set_of(&within_positions(set, &players))).collect();
    let value = |mask: usize| -> f64 {
        let signed = |(set, (_, c)): (&usize, &(Vec<u32>, f64))| c * sign(size(set & mask));
        sets.iter().zip(&terms).map(signed).sum()
    };
    let table: Vec<f64> = (0..1usize << 20).map(value).collect();
    for index in DEFINED.into_iter().filter(|index| *index != Index::JointSv) {
        let order = most_order(index, 2);
        // Sets of generalized values need not be inside a term.
        let n = if is_generalized_value(index) { 200 } else { 5000 };
        let sparse = from_fourier(index, order, n, &terms).unwrap();
        let dense = from_table(index, order, &table).unwrap();
        let what = format!("{index} of order {order}");
        close(&what, &within(&sparse, &players, order), &values(&dense), 1e-10);
    }
}

fn within_positions(set: &[u32], players: &[u32]) -> Vec<u32> {
    set.iter().map(|player| players.iter().position(|other| other == player).unwrap() as u32).collect()
}

#[test]
fn spectra_of_hundreds_of_players_have_their_closed_forms() {
    // The integral over y = 1 - 2x from -1 to 1 of the weights of a pair: 2 (1 + y) y^(r-2) for STII, 2 (1 - y) y^(r-2)
    // for CHII, 2 y^(r-2) for SII.
    for r in [21u32, 22, 300, 301] {
        let set: Vec<u32> = (0..r).map(|at| at * 9).collect();
        let value = |index| {
            let terms = from_fourier(index, 2, 3000, &[(set.clone(), 1.5)]).unwrap();
            terms.iter().find(|term| term.players == [9, 18]).map_or(0.0, |term| term.value)
        };
        let (even, odd) = if r % 2 == 0 { (6.0 / f64::from(r - 1), 0.0) } else { (0.0, 6.0 / f64::from(r)) };
        for (index, expected) in [(Index::Stii, even + odd), (Index::Chii, even - odd), (Index::Sii, even)] {
            assert!((value(index) - expected).abs() < 1e-13, "{index}, {r} players: {}", value(index));
        }
        // A Walsh function has no pair but its own that is its best fit.
        assert_eq!(value(Index::Fbii), 0.0);
    }
}

#[test]
fn coefficients_and_their_spectrum_agree() {
    let n = 400;
    let terms = vec![(vec![], 1.0), (vec![3], 2.0), (vec![0, 399, 20], -1.5), (vec![7, 8, 20, 100, 200], 3.0)];
    // A coefficient of r players is 2^-r times (-1)^|S| at each of its subsets S.
    let mut spectrum = Vec::new();
    for (set, coefficient) in &terms {
        for mask in 0..1usize << set.len() {
            let inside: Vec<u32> = (0..set.len()).filter(|at| mask >> at & 1 == 1).map(|at| set[at]).collect();
            let sign = sign(inside.len());
            spectrum.push((inside, sign * coefficient * 0.5f64.powi(set.len() as i32)));
        }
    }
    for index in DEFINED {
        let order = most_order(index, 2);
        let left = from_moebius(index, order, n, &terms).unwrap();
        let right = from_fourier(index, order, n, &spectrum).unwrap();
        let right_value = |term: &Term| right.iter().find(|other| other.players == term.players).unwrap().value;
        for term in left.iter().filter(|term| term.players.iter().all(|player| [3, 7, 20, 300].contains(player))) {
            let difference = (term.value - right_value(term)).abs();
            assert!(difference < 1e-12, "{index}, {:?}: {difference}", term.players);
        }
    }
    // Everybody comes, in groups.
    let found = from_moebius(Index::JointSv, 2, n, &terms).unwrap();
    assert!((total(&found) - 3.5).abs() < 1e-10, "{}", total(&found));
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
        let sparse = [from_moebius(index, order, 3, &[]), from_fourier(index, order, 3, &[])];
        for error in sparse.map(Result::err).into_iter().chain([from_table(index, order, &table).err()]) {
            let error = error.unwrap().to_string();
            assert!(error.contains(told), "{error}");
        }
    };
    refused(Index::Owen, 1, "Owen");
    refused(Index::Lime, 1, "LIME");
    refused(Index::Gradient, 1, "Gradient of order 1 for 3 players: it does not follow");
    refused(Index::Sv, 2, "from 1 to 1");
    refused(Index::Bv, 2, "from 1 to 1");
    refused(Index::Sii, 0, "from 1 to 3");
    refused(Index::Fsii, 4, "from 1 to 3");
    assert!(from_table(Index::Sii, 1, &[0.0; 6]).is_err());
    assert!(from_table(Index::Sii, 1, &[0.0, f64::INFINITY]).unwrap_err().to_string().contains("row 1"));
    assert!(from_moebius(Index::Sii, 1, 2, &[(vec![2], 1.0)]).unwrap_err().to_string().contains("`moebius[0]`"));
    assert!(from_moebius(Index::Sii, 1, 0, &[(vec![0], 1.0)]).is_err());
    assert!(from_fourier(Index::Sii, 1, 2, &[(vec![1, 1], 1.0)]).unwrap_err().to_string().contains("`fourier[0]`"));
    assert!(from_fourier(Index::Sgv, 3, 1000, &[]).unwrap_err().to_string().contains("use a lower order"));
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
                if set & 64 != 0 && set != 64 && !is_generalized_value(index) {
                    prop_assert!(value(set).abs() < 1e-10, "{} of {} with a dummy", index, set);
                }
                if set & 64 == 0 {
                    prop_assert!((value(set) - value(swapped(set))).abs() < 1e-10, "{} of {}", index, set);
                }
            }
            // Fourier counts a dummy by -1/2, and the joint Shapley value by the chance that it comes alone.
            let alone: f64 = (0..7).map(|t| size_share(Index::JointSv, 7, order, 1, t).unwrap()).sum();
            let expected = match index {
                Index::Fourier => -3.5,
                Index::JointSv => 7.0 * alone,
                _ => 7.0,
            };
            prop_assert!((value(64) - expected).abs() < 1e-10, "{} of a dummy: {}", index, value(64));
            let right = values(&from_table(index, order, &other).unwrap());
            let left = values(&terms);
            let sums: Vec<f64> = left.iter().zip(&right).map(|(left, right)| 2.0 * left - 3.0 * right).collect();
            close(index.name(), &values(&from_table(index, order, &mixed).unwrap()), &sums, 1e-11);
        }
        for index in [Index::KSii, Index::Stii, Index::Fsii, Index::JointSv] {
            let gap = total(&from_table(index, order, &other).unwrap()) - (other[127] - other[0]);
            prop_assert!(gap.abs() < 1e-10, "{} of order {}: {}", index, order, gap);
        }
    }
}
