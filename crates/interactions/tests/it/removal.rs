//! Which players to remove, beside all sets there are.

use einthoven_game::design::subset::{SubsetSampler, for_each_subset};
use einthoven_game::rng::stream;
use einthoven_game::{Coalitions, Game, Index, games};
use einthoven_interactions::removal::{change, removals, smallest, spectrum_of};
use einthoven_interactions::{Method, Request};
use proptest::prelude::*;
use rand::RngExt;

type Spectrum = Vec<(Vec<u32>, f64)>;

/// Sets of 0 to `degree` of the players, with coefficients from -1 to 1; some sets come twice.
fn random_spectrum(n_players: usize, n_terms: usize, degree: usize, seed: u64) -> Spectrum {
    let mut rng = stream(seed, "test of removal", 0);
    let mut sampler = SubsetSampler::new(n_players);
    let mut term = |_| {
        let size = rng.random_range(0..=degree.min(n_players));
        let players = sampler.draw(size, &mut rng).iter().map(|&player| player as u32).collect();
        (players, rng.random_range(-1.0..1.0))
    };
    (0..n_terms).map(&mut term).collect()
}

/// The function of a spectrum, player by player.
fn value(spectrum: &Spectrum, present: &dyn Fn(u32) -> bool) -> f64 {
    let sign = |set: &[u32]| set.iter().map(|&player| if present(player) { -1.0 } else { 1.0 }).product::<f64>();
    spectrum.iter().map(|(set, coefficient)| coefficient * sign(set)).sum()
}

/// The least and the greatest change by removing `size` players.
fn brute_force(n_players: usize, spectrum: &Spectrum, size: usize) -> [f64; 2] {
    let full = value(spectrum, &|_| true);
    let mut ends = [f64::INFINITY, f64::NEG_INFINITY];
    for_each_subset(n_players, size, |removed| {
        let change = value(spectrum, &|player| !removed.contains(&(player as usize))) - full;
        ends = [ends[0].min(change), ends[1].max(change)];
    });
    ends
}

fn check_against_brute_force(n_players: usize, spectrum: &Spectrum) {
    let full = value(spectrum, &|_| true);
    let found = removals(n_players, spectrum, n_players).unwrap();
    assert_eq!(found.len(), n_players);
    for (at, removal) in found.iter().enumerate() {
        let ends = brute_force(n_players, spectrum, at + 1);
        for (best, end) in [&removal.fall, &removal.rise].into_iter().zip(ends) {
            assert!(best.exact && best.bound == best.change, "{best:?}");
            assert!((best.change - end).abs() < 1e-10, "{} players: {best:?}, brute force {end}", at + 1);
            assert!(best.players.len() == at + 1 && best.players.is_sorted_by(|a, b| a < b), "{best:?}");
            let after = value(spectrum, &|player| !best.players.contains(&player));
            assert!((best.change - (after - full)).abs() < 1e-10, "{best:?}");
            assert!((change(spectrum, &best.players) - best.change).abs() < 1e-10);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn no_set_of_any_size_is_better(n_players in 1usize..=10, n_terms in 0usize..60, degree in 1usize..=6, seed in 0u64..1000) {
        check_against_brute_force(n_players, &random_spectrum(n_players, n_terms, degree, seed));
    }
}

#[test]
fn no_set_is_better_with_every_coefficient_there_is() {
    for (n_players, seed) in [(9, 1), (12, 2)] {
        let game = games::random_table(n_players, seed).unwrap();
        let rows = Coalitions::from_words(n_players, (0..1u32 << n_players).collect()).unwrap();
        let mut table = game.values(&rows).unwrap().output(0);
        einthoven_game::transforms::walsh_hadamard(&mut table).unwrap();
        let set = |mask: usize| (0..n_players as u32).filter(|player| mask >> player & 1 == 1).collect::<Vec<u32>>();
        let spectrum: Spectrum =
            table.iter().enumerate().map(|(mask, coefficient)| (set(mask), *coefficient)).collect();
        check_against_brute_force(n_players, &spectrum);
    }
}

#[test]
fn a_parity_needs_one_player_and_a_conjunction_one_of_its_own() {
    // A parity of five turns with any one of them, and back with any two.
    let parity = vec![(vec![1, 2, 3, 5, 8], 3.0)];
    let found = removals(10, &parity, 3).unwrap();
    let ends = |at: usize| (found[at].fall.change, found[at].rise.change);
    assert_eq!((ends(0), ends(1), ends(2)), ((0.0, 6.0), (0.0, 6.0), (0.0, 6.0)));
    // Ties go to lower players; those that are in no term do nothing.
    assert_eq!((&found[0].rise.players, &found[0].fall.players), (&vec![1], &vec![0]));
    assert_eq!(found[1].rise.players, [0, 1]);

    // 8 if players 4, 6 and 7 are all there: 2^-3 (-1)^|S| for each S inside.
    let sets = [vec![], vec![4], vec![6], vec![7], vec![4, 6], vec![4, 7], vec![6, 7], vec![4, 6, 7]];
    let and: Spectrum =
        sets.into_iter().map(|set| (set.clone(), if set.len() % 2 == 0 { 1.0 } else { -1.0 })).collect();
    assert_eq!((value(&and, &|_| true), value(&and, &|player| player != 6)), (8.0, 0.0));
    for removal in removals(9, &and, 3).unwrap() {
        assert_eq!((removal.fall.change, removal.rise.change), (-8.0, 0.0));
        assert!(
            removal.fall.players.contains(&4) && removal.rise.players.iter().all(|player| ![4, 6, 7].contains(player))
        );
        assert_eq!(removal.largest(), &removal.fall);
    }
}

#[test]
fn of_additive_functions_the_largest_go_first() {
    // Without player i the function changes by 2 c_i.
    let additive: Spectrum =
        vec![(vec![], 9.0), (vec![2], 1.0), (vec![0], -3.0), (vec![5], -2.0), (vec![1], 0.5), (vec![0], 1.0)];
    let found = removals(6, &additive, 6).unwrap();
    let sets = |up: bool| -> Vec<_> { found.iter().map(|removal| removal.towards(up).players.clone()).collect() };
    let changes = |up: bool| -> Vec<f64> { found.iter().map(|removal| removal.towards(up).change).collect() };
    let falls = [vec![0], vec![0, 5], vec![0, 3, 5], vec![0, 3, 4, 5], vec![0, 1, 3, 4, 5], vec![0, 1, 2, 3, 4, 5]];
    assert_eq!(sets(false), falls);
    assert_eq!(changes(false), [-4.0, -8.0, -8.0, -8.0, -7.0, -5.0]);
    assert_eq!(changes(true), [2.0, 3.0, 3.0, 3.0, -1.0, -5.0]);
    // Numbers of players beyond those there are.
    assert_eq!(removals(6, &additive, 100).unwrap(), found);
}

#[test]
fn the_smallest_set_is_proven_or_not_there() {
    let spectrum = random_spectrum(11, 80, 4, 5);
    let found = removals(11, &spectrum, 11).unwrap();
    for amount in [-12.0, -8.0, -3.0, -0.5, 0.5, 3.0, 8.0, 12.0, 100.0] {
        let reached = |size: usize| {
            let [low, high] = brute_force(11, &spectrum, size);
            if amount > 0.0 { high >= amount } else { low <= amount }
        };
        let expected = (1..=11).find(|&size| reached(size));
        let set = smallest(&found, amount);
        assert_eq!(set.map(|set| set.best.players.len()), expected, "{amount}");
        assert!(set.is_none_or(|set| set.proven && set.best.change.abs() >= f64::abs(amount)));
    }
    assert!(smallest(&found, 100.0).is_none());
    // A smaller set that was not found, but may be there.
    let falls: Vec<f64> = found.iter().map(|removal| removal.fall.change).collect();
    let at = (0..11).min_by(|a, b| falls[*a].total_cmp(&falls[*b])).unwrap();
    assert!(at > 0 && smallest(&found, falls[at]).is_some_and(|set| set.best == &found[at].fall && set.proven));
    let mut open = found.clone();
    open[at - 1].fall.bound = falls[at] - 0.1;
    assert!(smallest(&open, falls[at]).is_some_and(|set| set.best == &found[at].fall && !set.proven));
}

#[test]
fn a_thousand_players_are_searched_and_thousands_of_terms_bounded() {
    let mut spectrum = random_spectrum(1200, 297, 5, 1);
    // Each of 100, 500 and 900 turns one of these, each of the other two turns all.
    spectrum.extend([(vec![100, 700, 701], 5.0), (vec![500, 700, 701], 5.0), (vec![900, 700, 701], 5.0)]);
    let found = removals(1200, &spectrum, 6).unwrap();
    assert!(found.iter().all(|removal| removal.fall.exact && removal.rise.exact));
    for pair in found.windows(2) {
        assert!(pair[1].rise.change >= pair[0].rise.change - 1e-9 && pair[1].fall.change <= pair[0].fall.change + 1e-9);
    }
    assert!(found[0].rise.change >= 25.0 && [700, 701].contains(&found[0].rise.players[0]), "{:?}", found[0].rise);
    // Sets of seven that overlap in every way are too many, and say so.
    let dense = random_spectrum(30, 600, 8, 2);
    let found = removals(30, &dense, 7).unwrap();
    assert!(found[..4].iter().all(|removal| removal.rise.exact && removal.fall.exact));
    let last = &found[6];
    assert!(!last.rise.exact && last.rise.bound > last.rise.change && last.fall.bound < last.fall.change);
}

#[test]
fn a_spectrum_is_taken_from_an_attribution() {
    let game = games::random_table(5, 3).unwrap();
    let explained = |index: Index, order: usize| {
        let request = Request::new(index, order, 5, 32, 0);
        let design = Method::Exact.design(&request).unwrap();
        let values = game.values(&design.rows).unwrap();
        (Method::Exact.estimate(&request, &design, &values).unwrap().remove(0), values.output(0))
    };
    let (attribution, _) = explained(Index::Fourier, 5);
    let spectrum = spectrum_of(&attribution).unwrap();
    let mut rows = Coalitions::new(5);
    rows.push_full();
    rows.push([0, 2, 3]);
    let values = game.values(&rows).unwrap();
    assert!((change(&spectrum, &[4, 1]) - (values.get(1, 0) - values.get(0, 0))).abs() < 1e-12);
    let refused = spectrum_of(&explained(Index::KSii, 2).0).unwrap_err().to_string();
    assert!(refused.contains("k-SII") && refused.contains("Fourier"), "{refused}");
}

#[test]
fn unusable_spectra_are_refused() {
    for (spectrum, most, words) in [
        (vec![(vec![0, 3], 1.0)], 0, "expected 1 to 100"),
        (vec![(vec![0, 4], 1.0)], 2, "term 0 holds player 4; expected players below 4"),
        (vec![(vec![1], 1.0), (vec![2, 1, 2], 1.0)], 2, "term 1 holds player 2 twice"),
        (vec![(vec![1], f64::NAN)], 2, "NaN; expected a finite number"),
        (vec![(vec![0], 1e308), (vec![0, 1], -1e308)], 2, "more than a number holds"),
    ] {
        let error = removals(4, &spectrum, most).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    let error = removals(1200, &[(vec![1], 1.0)], 101).unwrap_err().to_string();
    assert!(error.contains("remove 101 of 1200 players: expected 1 to 100"), "{error}");
    // Nothing to change: the lowest players, for nothing.
    let nothing = removals(3, &[(vec![], 5.0)], 2).unwrap();
    assert_eq!((nothing[1].largest().change, &nothing[1].largest().players), (0.0, &vec![0, 1]));
}
