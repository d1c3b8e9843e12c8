use einthoven_game::Index;
use einthoven_game::indices::{
    coalition_weight, derivative_nodes, derivative_weight, follows_from_values, fourier_weights, from_table,
    is_generalized_value, moebius_weight, size_share,
};

use crate::definitions::weighted;
use crate::tables::{choose, factorial, random_table, set_of, size};

/// Whether the index of sets of `s` players is a weighted sum of their derivatives.
fn has_weights(index: Index, order: usize, s: usize) -> bool {
    match index {
        Index::Sv | Index::Bv => s <= 1,
        Index::KSii | Index::KaddShap => s == order || (s == 0 && index == Index::KSii),
        Index::Fbii => s == order,
        Index::Owen | Index::Lime | Index::Gradient => false,
        _ => true,
    }
}

#[test]
fn weighted_derivatives_add_up_to_the_index() {
    let have_derivatives = |index: &Index| follows_from_values(*index) && !is_generalized_value(*index);
    for index in Index::ALL.into_iter().filter(have_derivatives) {
        for order in 1..=if matches!(index, Index::Sv | Index::Bv) { 1 } else { 4 } {
            let table = random_table(6, 9);
            for term in from_table(index, order, &table).unwrap() {
                let s = term.players.len();
                let weight = |t| derivative_weight(index, 6, order, s, t);
                assert_eq!(weight(0).is_some(), has_weights(index, order, s), "{index} of order {order}, {s} players");
                if weight(0).is_some() {
                    let sum = weighted(&table, set_of(&term.players), |t| weight(t).unwrap());
                    assert!((sum - term.value).abs() < 1e-11, "{index} of order {order}: {:?}", term.players);
                }
            }
        }
    }
}

#[test]
fn weighted_coalitions_add_up_to_the_index() {
    for index in Index::ALL.into_iter().filter(|index| follows_from_values(*index)) {
        for n in 3..=7 {
            for order in 1..=if matches!(index, Index::Sv | Index::Bv) { 1 } else { n.min(4) } {
                let table = random_table(n, 12);
                for term in from_table(index, order, &table).unwrap() {
                    let (s, set) = (term.players.len(), set_of(&term.players));
                    let what = format!("{index} of order {order}, {n} players, {:?}", term.players);
                    let weighted = |mask: usize| -> Option<f64> {
                        let (t, i) = (size(mask), size(mask & set));
                        Some(coalition_weight(index, n, order, s, t, i)? / choose(n - s, t - i) * table[mask])
                    };
                    let sum: f64 = (0..table.len()).map(|mask| weighted(mask).unwrap()).sum();
                    assert!((sum - term.value).abs() < 1e-12, "{what}: {sum} instead of {}", term.value);
                }
            }
        }
    }
    for index in [Index::Owen, Index::Lime, Index::Gradient] {
        assert_eq!(coalition_weight(index, 5, 2, 1, 1, 1), None);
        assert!(derivative_nodes(index, 5, 1).is_none() && fourier_weights(index, 1, 2).is_none(), "{index}");
    }
    assert_eq!(coalition_weight(Index::Sii, 5, 2, 2, 1, 2), Some(0.0), "two of one player are none");
    assert_eq!(coalition_weight(Index::Sii, 5, 2, 2, 5, 1), Some(0.0), "there are only three others");
    assert_eq!(coalition_weight(Index::Sii, 5, 2, 2, 3, 3), Some(0.0), "three players of a pair");
    assert_eq!(coalition_weight(Index::Sii, 5, 2, 3, 3, 3), None);
    assert_eq!(coalition_weight(Index::Sii, 2, 3, 3, 2, 2), None);
}

#[test]
fn generalized_values_of_thousands_of_players_keep_their_weights() {
    for index in [Index::Sgv, Index::Bgv, Index::Chgv, Index::Igv, Index::Egv] {
        for s in 1..=4 {
            let sum: f64 = (0..=10_000 - s).map(|t| size_share(index, 10_000, 4, s, t).unwrap()).sum();
            assert!((sum - 1.0).abs() < 1e-10, "{index}: {sum}");
        }
    }
    // Groups of s players come, on average, as often as there are such sets times the sum of their shares, and all
    // groups hold all players.
    for (n, order) in [(2000, 1), (2000, 3), (5000, 2)] {
        let groups = |s: usize| -> f64 {
            let shares = (0..=n - s).map(|t| size_share(Index::JointSv, n, order, s, t).unwrap());
            shares.sum::<f64>() * (0..s).map(|i| (n - i) as f64 / (i + 1) as f64).product::<f64>()
        };
        let players: f64 = (1..=order).map(|s| s as f64 * groups(s)).sum();
        assert!((players / n as f64 - 1.0).abs() < 1e-9, "{n} players, order {order}: {players}");
    }
    assert!(size_share(Index::JointSv, 1500, 1500, 1, 1000).unwrap().is_finite());
}

#[test]
fn weights_are_those_of_the_papers() {
    let near = |found: Option<f64>, expected: f64| {
        let found = found.unwrap();
        assert!((found - expected).abs() <= 1e-14 * expected.abs(), "{found} instead of {expected}");
    };
    for n in 4usize..=12 {
        for s in 1..=4 {
            for t in 0..=n - s {
                let (nf, sf, tf) = (n as f64, s as f64, t as f64);
                let weight = |index| derivative_weight(index, n, s, s, t);
                near(weight(Index::Sii), 1.0 / ((nf - sf + 1.0) * choose(n - s, t)));
                near(weight(Index::Bii), 0.5f64.powi((n - s) as i32));
                near(weight(Index::Chii), sf / ((sf + tf) * choose(n, s + t)));
                near(weight(Index::Stii), sf / (nf * choose(n - 1, t)));
                let faithful =
                    factorial(2 * s - 1) / factorial(s - 1).powi(2) * factorial(n - t - 1) * factorial(t + s - 1)
                        / factorial(n + s - 1);
                // The crate adds a few terms with changing signs.
                let found = weight(Index::Fsii).unwrap();
                assert!((found / faithful - 1.0).abs() < 1e-10, "{n} {s} {t}: {found} instead of {faithful}");
                near(size_share(Index::Bii, n, s, s, t), choose(n - s, t) * 0.5f64.powi((n - s) as i32));
            }
        }
    }
    // k-SII of order 2: SV - 1/2 of the pairs. A set of r players: 1/r - (r-1)/2 * 1/(r-1).
    near(moebius_weight(Index::KSii, 2, 1, 5), 1.0 / 5.0 - 0.5);
    near(moebius_weight(Index::Stii, 2, 2, 5), 0.1);
    near(moebius_weight(Index::Fbii, 2, 2, 5), 0.125);
    near(moebius_weight(Index::Fbii, 2, 0, 3), 0.125);
    near(moebius_weight(Index::Chii, 3, 2, 5), 0.4);
    near(moebius_weight(Index::Fourier, 3, 1, 3), -0.125);
    near(moebius_weight(Index::KaddShap, 2, 1, 7), 1.0 / 7.0);
    for index in Index::ALL {
        assert!(moebius_weight(index, 2, 3, 5).is_none() && size_share(index, 9, 2, 3, 1).is_none(), "{index}");
        assert!(derivative_weight(index, 5, 2, 2, 4).is_none(), "{index}");
    }
}

#[test]
fn shares_and_moebius_weights_agree_for_any_number_of_players() {
    for n in [9, 60, 1100, 3000] {
        for index in Index::ALL.into_iter().filter(|index| !is_generalized_value(*index)) {
            let most = if matches!(index, Index::Sv | Index::Bv) { 1 } else { 4 };
            let orders: Vec<usize> = if n > 2000 { vec![1, most] } else { (1..=most).collect() };
            for order in orders {
                for s in (0..=order).filter(|s| has_weights(index, order, *s)) {
                    agree(index, n, order, s);
                }
            }
        }
    }
}

/// The coefficient of a set with `q` players more than `S` counts where those `q` are in: `p(s+q)` is the sum over `t`
/// of the share of `t` times `C(n-s-q, t-q) / C(n-s, t)`.
fn agree(index: Index, n: usize, order: usize, s: usize) {
    let others = n - s;
    let shares: Vec<f64> = (0..=others).map(|t| size_share(index, n, order, s, t).unwrap()).collect();
    for q in 0..=4 {
        let chance = |t: usize| -> f64 { (0..q).map(|i| t.saturating_sub(i) as f64 / (others - i) as f64).product() };
        let sum: f64 = shares.iter().enumerate().map(|(t, share)| share * chance(t)).sum();
        let weight = moebius_weight(index, order, s, s + q).unwrap();
        let what = format!("{index} of order {order}, {n} players, s = {s}, q = {q}");
        assert!((sum - weight).abs() < 1e-10, "{what}: {sum} instead of {weight}");
    }
}

#[test]
fn weights_of_many_players_stay_in_range() {
    for index in Index::ALL {
        for (order, s) in [(1, 0), (1, 1), (3, 3), (3, 2)] {
            for r in [1031, 10_000, 60_000] {
                if let Some(weight) = moebius_weight(index, order, s, r) {
                    assert!(weight.is_finite(), "{index} {order} {s} {r}");
                }
                for t in [0, 1, r / 2, r - s] {
                    if let Some(weight) = derivative_weight(index, r, order, s, t) {
                        assert!(weight.is_finite(), "{index} {order} {s} {r} {t}");
                    }
                }
            }
        }
    }
    // The middle size of 10 000 fair coins: sqrt(2 / (pi n)).
    let middle = size_share(Index::Bii, 10_001, 1, 1, 5000).unwrap();
    assert!((middle / (2.0 / (std::f64::consts::PI * 10_000.0)).sqrt() - 1.0).abs() < 1e-4, "{middle}");
}

#[test]
fn bernoulli_numbers_of_any_order_serve_k_sii() {
    // Of a set of q + 1 players, one player gets the sum over j of C(q, j) B_j / (q - j + 1). The sum up to j = q is
    // zero, so that of order q, which ends before, is minus its last term, B_q.
    let known = [
        (2, 1.0 / 6.0),
        (3, 0.0),
        (4, -1.0 / 30.0),
        (10, 5.0 / 66.0),
        (20, -174_611.0 / 330.0),
        (22, 854_513.0 / 138.0),
        (24, -236_364_091.0 / 2730.0),
        (30, 8_615_841_276_005.0 / 14_322.0),
    ];
    for (q, bernoulli) in known {
        let weight = moebius_weight(Index::KSii, q, 1, q + 1).unwrap();
        assert!((weight + bernoulli).abs() < 1e-9 * f64::abs(bernoulli).max(1.0), "{q}: {weight}, not {}", -bernoulli);
    }
}
