//! What is said to be unbiased is: over 400 seeds, on games where there is something to get wrong.

use einthoven_game::{Attribution, Game, GameFile, Index, Kind, Tree};
use einthoven_shapley::{Method, Request, hierarchical_owen};

use crate::games::{Simulation, errors, random_sparse, random_table, run, simulate, simulate_for, smooth, truth};

const SEEDS: u64 = 400;

/// All that are said to be unbiased, beside Banzhaf values, Owen values of a tree, and corrected trees.
const UNBIASED: [Method; 7] = [
    Method::UnbiasedKernel,
    Method::Permutation,
    Method::OrthogonalPermutation,
    Method::SobolPermutation,
    Method::Owen,
    Method::Stratified,
    Method::Svarm,
];

/// Budgets large enough that no standard error is said to be rough.
fn games() -> [(GameFile, usize); 3] {
    [(smooth(10), 400), (random_table(8, 3), 140), (random_sparse(12, &[1, 2, 3, 4, 5], 30, 5), 300)]
}

fn assert_unbiased(name: &str, found: &Simulation) {
    let worst = found.z.iter().fold(0.0f64, |worst, z| worst.max(z.abs()));
    assert!(worst <= 4.5, "{name}: a mean error of {worst} standard errors");
    assert!(
        (0.90..=0.99).contains(&found.coverage),
        "{name}: coverage {}, calibration {}",
        found.coverage,
        found.calibration
    );
}

#[test]
fn means_are_right_and_intervals_cover() {
    for method in UNBIASED {
        for (game, budget) in games() {
            let found = run(method, &game, budget, 1);
            assert_eq!((found.kind, found.index), (Kind::Unbiased, Index::Sv), "{method}");
            let name = format!("{method}, {} players", game.n_players());
            assert_unbiased(&name, &simulate(method, &game, budget, SEEDS));
        }
    }
}

#[test]
fn banzhaf_values_are_right_on_average() {
    for (game, budget) in games() {
        let n = game.n_players();
        let all = einthoven_game::exact::design(n).unwrap();
        let values = game.values(&all.rows).unwrap();
        let mut expected = vec![0.0; n];
        for (row, coalition) in all.rows.iter().enumerate() {
            for (player, expected) in expected.iter_mut().enumerate() {
                let sign = if coalition.contains(player) { 1.0 } else { -1.0 };
                *expected += sign * values.get(row, 0) / 2f64.powi(n as i32 - 1);
            }
        }
        let full = run(Method::Msr, &game, 1 << n, 1);
        assert_eq!((full.kind, full.index), (Kind::Exact, Index::Bv));
        assert!(errors(&full.player_values(), &expected) < 1e-12);
        let found = simulate_for(&expected, SEEDS, |seed| run(Method::Msr, &game, budget, seed));
        assert_unbiased(&format!("msr, {n} players"), &found);
    }
}

/// Three groups of different sizes, one of them with groups inside: players 0 to 5, nodes 6 to 9, root 10.
fn tree() -> Tree {
    let parents = vec![6, 6, 7, 9, 9, 8, 10, 10, 7, 7, 10];
    Tree { parents, names: ["a", "b", "c", "d", "all"].map(str::to_owned).to_vec() }
}

/// The orders that keep the groups of `tree` together.
fn orders(node: usize, n: usize, parents: &[u32]) -> Vec<Vec<usize>> {
    if node < n {
        return vec![vec![node]];
    }
    let children: Vec<usize> = (0..parents.len()).filter(|&at| at != node && parents[at] as usize == node).collect();
    let mut all = Vec::new();
    for order in permutations(&children) {
        let mut lines = vec![Vec::new()];
        for child in order {
            let inner = orders(child, n, parents);
            let longer = |line: &Vec<usize>| inner.iter().map(|part| [line.clone(), part.clone()].concat()).collect();
            lines = lines.iter().flat_map::<Vec<_>, _>(longer).collect();
        }
        all.extend(lines);
    }
    all
}

fn permutations(items: &[usize]) -> Vec<Vec<usize>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let first = |at: usize| {
        let mut rest = items.to_vec();
        let first = rest.remove(at);
        permutations(&rest).into_iter().map(move |rest| [vec![first], rest].concat())
    };
    (0..items.len()).flat_map(first).collect()
}

#[test]
fn owen_values_of_a_tree_are_right_on_average() {
    let tree = tree();
    for game in [smooth(6), random_table(6, 4), random_table(6, 5)] {
        let all = einthoven_game::exact::design(6).unwrap();
        let values = game.values(&all.rows).unwrap();
        let mut table = vec![0.0; 64];
        all.rows.iter().enumerate().for_each(|(row, one)| table[one.words()[0] as usize] = values.get(row, 0));
        let orders = orders(10, 6, &tree.parents);
        assert_eq!(orders.len(), 2 * 2 * 6 * 2);
        let mut expected = [0.0; 6];
        for order in &orders {
            let mut mask = 0usize;
            for &player in order {
                expected[player] += (table[mask | 1 << player] - table[mask]) / orders.len() as f64;
                mask |= 1 << player;
            }
        }
        // Something else than Shapley values.
        assert!(errors(&expected, &truth(&game)) > 0.01);
        let estimate = |seed: u64| -> Attribution {
            let design = hierarchical_owen::design(&tree, 6, 44, seed).unwrap();
            assert!(design.rows.len() <= 44);
            hierarchical_owen::estimate(&design, &game.values(&design.rows).unwrap()).unwrap().remove(0)
        };
        assert_eq!((estimate(1).kind, estimate(1).index), (Kind::Unbiased, Index::Owen));
        let found = simulate_for(&expected, SEEDS, estimate);
        let worst = found.z.iter().fold(0.0f64, |worst, z| worst.max(z.abs()));
        assert!(worst <= 4.5, "a mean error of {worst} standard errors");
    }
}

#[test]
fn a_tree_is_asked_for() {
    let error = Method::HierarchicalOwen.design(&Request::new(6, 40, 1)).unwrap_err().to_string();
    assert!(error.contains("leads*windows"), "{error}");
    let tree = tree();
    let request = Request { tree: Some(&tree), ..Request::new(6, 40, 1) };
    assert!(Method::HierarchicalOwen.design(&request).is_ok());
}

#[test]
fn an_empty_stratum_is_said_to_be_one() {
    let game = random_table(10, 1);
    let small = run(Method::Svarm, &game, 22, 1);
    assert_eq!(small.kind, Kind::Biased);
    assert!(small.warnings.iter().any(|warning| warning.contains("strata are empty")), "{:?}", small.warnings);
    assert_eq!(run(Method::Svarm, &game, 300, 1).kind, Kind::Unbiased);
    assert!(Method::Svarm.design(&Request::new(10, 21, 1)).is_err());
}

#[test]
fn many_players_give_finite_numbers() {
    let game = random_sparse(1100, &[1, 2, 3], 200, 1);
    for method in
        [Method::UnbiasedKernel, Method::Svarm, Method::Owen, Method::Stratified, Method::Msr, Method::OddShap]
    {
        let found = run(method, &game, 9000, 1);
        assert!(found.terms.iter().all(|term| term.value.is_finite()), "{method}");
    }
}
