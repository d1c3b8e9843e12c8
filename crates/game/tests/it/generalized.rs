use einthoven_game::exact;
use einthoven_game::indices::GeneralizedValue;

use crate::definitions::derivative;
use crate::tables::{choose, factorial, players, random_table, size, subsets};

#[test]
fn generalized_values_are_their_definitions() {
    for n in 1..=6 {
        let table = random_table(n, 4);
        let terms: Vec<_> = (0..table.len()).map(|set| (players(set), derivative(&table, set, 0))).collect();
        for value in GeneralizedValue::ALL {
            for set in 1..table.len() {
                let s = size(set);
                let weight = |t: usize| match value {
                    GeneralizedValue::Shapley => factorial(t) * factorial(n - s - t) / factorial(n - s + 1),
                    GeneralizedValue::Banzhaf => 0.5f64.powi((n - s) as i32),
                    GeneralizedValue::Chaining => s as f64 / ((s + t) as f64 * choose(n, s + t)),
                    GeneralizedValue::Internal => f64::from(t == 0),
                    GeneralizedValue::External => f64::from(t == n - s),
                };
                let others = subsets((table.len() - 1) & !set);
                let expected: f64 = others.map(|mask| weight(size(mask)) * (table[mask | set] - table[mask])).sum();
                let what = format!("{} of {set} of {n}", value.name());
                let found = value.of_table(&table, &players(set)).unwrap();
                assert!((found - expected).abs() < 1e-12, "{what}: {found} instead of {expected}");
                let found = value.of_moebius(n, &terms, &players(set)).unwrap();
                assert!((found - expected).abs() < 1e-11, "{what}, sparse: {found} instead of {expected}");
            }
            assert_eq!(value.of_table(&table, &[]).unwrap(), 0.0);
        }
    }
}

#[test]
fn of_one_player_they_are_values() {
    let table = random_table(7, 6);
    let (shapley, banzhaf) = (exact::shapley(&table).unwrap(), exact::banzhaf(&table).unwrap());
    for player in 0..7u32 {
        let value = |value: GeneralizedValue| value.of_table(&table, &[player]).unwrap();
        assert!((value(GeneralizedValue::Shapley) - shapley[player as usize]).abs() < 1e-13);
        assert!((value(GeneralizedValue::Chaining) - shapley[player as usize]).abs() < 1e-13);
        assert!((value(GeneralizedValue::Banzhaf) - banzhaf[player as usize]).abs() < 1e-13);
    }
}

#[test]
fn thousands_of_players() {
    // A set of half of the players of a unanimity game.
    let terms = [((0..8000).collect::<Vec<u32>>(), 2.0)];
    let half: Vec<u32> = (0..4000).collect();
    let value = |value: GeneralizedValue| value.of_moebius(10_000, &terms, &half).unwrap();
    assert!((value(GeneralizedValue::Shapley) - 2.0 / 4001.0).abs() < 1e-15);
    assert_eq!(value(GeneralizedValue::Chaining), 1.0);
    assert_eq!((value(GeneralizedValue::Internal), value(GeneralizedValue::External)), (0.0, 2.0));
    for value in GeneralizedValue::ALL {
        let sum: f64 = (0..=9996).map(|t| value.size_share(10_000, 4, t)).sum();
        assert!((sum - 1.0).abs() < 1e-10, "{}: {sum}", value.name());
        assert_eq!(value.size_share(10_000, 4, 9997), 0.0);
    }
}

#[test]
fn sets_that_are_none_are_refused() {
    for set in [vec![3], vec![1, 1]] {
        let error = GeneralizedValue::Shapley.of_table(&[0.0; 8], &set).unwrap_err().to_string();
        assert!(error.contains("distinct players"), "{error}");
        assert!(GeneralizedValue::Internal.of_moebius(3, &[], &set).is_err());
    }
    assert!(GeneralizedValue::Shapley.of_table(&[0.0; 7], &[0]).is_err());
}
