use einthoven_fit::trees::{Node, Params, Tree, Trees, cross_validate, fit, path};
use einthoven_game::rng::stream;
use einthoven_game::{Coalitions, exact};
use forust_ml::gradientbooster::GrowPolicy;
use forust_ml::objective::ObjectiveType;
use forust_ml::{GradientBooster, Matrix};
use proptest::prelude::*;
use rand::RngExt;

fn all_coalitions(n: usize) -> Coalitions {
    let mut rows = Coalitions::new(n);
    (0..1usize << n).for_each(|mask| rows.push((0..n).filter(|player| mask >> player & 1 == 1)));
    rows
}

fn random_rows(n: usize, count: usize, seed: u64) -> Coalitions {
    let mut rng = stream(seed, "test rows", n as u64);
    let mut rows = Coalitions::new(n);
    (0..count).for_each(|_| rows.push((0..n).filter(|_| rng.random::<bool>()).collect::<Vec<_>>()));
    rows
}

fn numbers(count: usize, seed: u64) -> Vec<f64> {
    let mut rng = stream(seed, "test numbers", count as u64);
    (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
}

/// Random trees that ask for players more than once on a path.
fn random_trees(n: usize, n_trees: usize, depth: usize, seed: u64) -> Trees {
    let mut rng = stream(seed, "test trees", n as u64);
    let tree = |rng: &mut einthoven_game::rng::ChaCha8Rng| {
        let mut nodes = vec![Node::Leaf(0.0)];
        let mut open = vec![(0, 0)];
        while let Some((at, level)) = open.pop() {
            if level == depth || rng.random::<f64>() < 0.2 {
                nodes[at] = Node::Leaf(rng.random_range(-1.0..1.0));
                continue;
            }
            let next = nodes.len();
            nodes[at] =
                Node::Split { player: rng.random_range(0..n as u32), absent: next as u32, present: next as u32 + 1 };
            nodes.extend([Node::Leaf(0.0), Node::Leaf(0.0)]);
            open.extend([(next, level + 1), (next + 1, level + 1)]);
        }
        Tree { nodes }
    };
    Trees { n_players: n, base: 0.3, trees: (0..n_trees).map(|_| tree(&mut rng)).collect() }
}

#[test]
fn read_outs_are_those_of_the_enumerated_game() {
    for (n, depth, seed) in [(1, 2, 1), (3, 5, 2), (6, 4, 3), (9, 7, 4)] {
        let trees = random_trees(n, 5, depth, seed);
        let rows = all_coalitions(n);
        let values = trees.predict_all(&rows);
        let design = exact::design(n).unwrap();
        let by_row = design.rows.iter().map(|row| trees.predict(row)).collect();
        let by_row = einthoven_game::Values::new(1, by_row, "").unwrap();
        let shapley = exact::estimate(&design, &by_row).unwrap()[0].player_values();
        for player in 0..n {
            assert!((trees.shapley()[player] - shapley[player]).abs() < 1e-12);
            let differences = (0..1usize << n)
                .filter(|mask| mask >> player & 1 == 0)
                .map(|mask| values[mask | 1 << player] - values[mask]);
            let banzhaf = differences.sum::<f64>() / (1 << (n - 1)) as f64;
            assert!((trees.banzhaf()[player] - banzhaf).abs() < 1e-12);
        }
        let spectrum = trees.spectrum(|_| true);
        for (players, coefficient) in &spectrum {
            let set: usize = players.iter().map(|&player| 1 << player).sum();
            let sign = |mask: usize| if (set & mask).count_ones().is_multiple_of(2) { 1.0 } else { -1.0 };
            let expected = values.iter().enumerate().map(|(mask, value)| sign(mask) * value).sum::<f64>();
            assert!((coefficient - expected / values.len() as f64).abs() < 1e-12, "{players:?}");
        }
        // Nothing is missing: the energies agree (Parseval).
        let energy: f64 = spectrum.iter().map(|(_, coefficient)| coefficient * coefficient).sum();
        assert!((energy - values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64).abs() < 1e-12);
        let odd = trees.spectrum(|size| size % 2 == 1);
        assert!(odd.iter().all(|(players, _)| players.len() % 2 == 1));
        assert_eq!(odd.len(), spectrum.iter().filter(|(players, _)| players.len() % 2 == 1).count());
    }
}

/// The same rules, one sum at a time: all leaves are tried, all rows are summed.
fn slow_fit(rows: &Coalitions, targets: &[f64], params: &Params) -> Vec<f64> {
    let base = targets.iter().sum::<f64>() / targets.len() as f64;
    let mut predictions = vec![base; targets.len()];
    for _ in 0..params.trees {
        let mut leaves: Vec<(Vec<usize>, usize)> = vec![((0..targets.len()).collect(), 0)];
        let mean = |set: &[usize], predictions: &[f64]| -> f64 {
            set.iter().map(|&row| targets[row] - predictions[row]).sum::<f64>() / set.len() as f64
        };
        let score = |set: &[usize], predictions: &[f64]| mean(set, predictions).powi(2) * set.len() as f64;
        while leaves.len() < params.leaves {
            let mut best: Option<(f64, usize, Vec<usize>, Vec<usize>)> = None;
            for (at, (set, depth)) in leaves.iter().enumerate().filter(|(_, (_, depth))| *depth < params.depth) {
                for player in 0..rows.n_players() {
                    let (present, absent): (Vec<usize>, Vec<usize>) =
                        set.iter().partition(|&&row| rows.row(row).contains(player));
                    if present.len().min(absent.len()) < params.min_rows {
                        continue;
                    }
                    let gain = score(&present, &predictions) + score(&absent, &predictions) - score(set, &predictions);
                    // Far from ties, so that rounding does not decide.
                    if gain > best.as_ref().map_or(1e-9, |(gain, ..)| *gain) {
                        best = Some((gain, at, absent, present));
                    }
                    let _ = depth;
                }
            }
            let Some((_, at, absent, present)) = best else { break };
            let (_, depth) = leaves.swap_remove(at);
            leaves.extend([(absent, depth + 1), (present, depth + 1)]);
        }
        let values: Vec<f64> = leaves.iter().map(|(set, _)| params.learning_rate * mean(set, &predictions)).collect();
        for ((set, _), value) in leaves.iter().zip(values) {
            set.iter().for_each(|&row| predictions[row] += value);
        }
    }
    predictions
}

#[test]
fn trees_grow_as_the_rules_say() {
    for (n, count, seed) in [(3, 60, 1), (9, 300, 2), (40, 500, 3), (70, 200, 4)] {
        let rows = random_rows(n, count, seed);
        let targets = numbers(count, seed);
        let params = Params { trees: 12, leaves: 9, depth: 5, min_rows: 7, ..Params::default() };
        let which: Vec<u32> = (0..count as u32).collect();
        let found = fit(&rows, &which, &targets, &params).predict_all(&rows);
        let expected = slow_fit(&rows, &targets, &params);
        let error = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(error < 1e-9, "{n} players: {error}");
    }
}

/// Share of the variance that predictions explain.
fn r_squared(found: &[f64], targets: &[f64]) -> f64 {
    let mean = targets.iter().sum::<f64>() / targets.len() as f64;
    let rest: f64 = found.iter().zip(targets).map(|(found, target)| (found - target).powi(2)).sum();
    1.0 - rest / targets.iter().map(|target| (target - mean).powi(2)).sum::<f64>()
}

/// Forust grows trees by the same rules as LightGBM does, here with the same parameters; it sums in another order, partly
/// in single precision, and breaks ties in its own way.
#[test]
fn unseen_rows_are_predicted_as_well_as_by_forust() {
    for (n, count, seed) in [(12, 600, 1), (40, 2000, 2), (120, 3000, 3)] {
        let truth = random_trees(n, 12, 4, seed);
        let (rows, fresh) = (random_rows(n, count, seed), random_rows(n, 2000, seed + 100));
        let targets = truth.predict_all(&rows);
        let which: Vec<u32> = (0..count as u32).collect();
        let ours = fit(&rows, &which, &targets, &Params::default()).predict_all(&fresh);
        let columns = |rows: &Coalitions| -> Vec<f64> {
            let column = |player: usize| rows.iter().map(move |row| f64::from(u8::from(row.contains(player))));
            (0..n).flat_map(column).collect()
        };
        let Params { trees, learning_rate, leaves, depth, min_rows, lambda } = Params::default();
        let mut peer = GradientBooster::default()
            .set_objective_type(ObjectiveType::SquaredLoss)
            .set_iterations(trees)
            .set_learning_rate(learning_rate as f32)
            .set_max_leaves(leaves)
            .set_max_depth(depth)
            .set_min_leaf_weight(min_rows as f32)
            .set_l2(lambda as f32)
            .set_initialize_base_score(true)
            .set_parallel(false);
        peer.grow_policy = GrowPolicy::LossGuide;
        let (seen, unseen) = (columns(&rows), columns(&fresh));
        peer.fit_unweighted(&Matrix::new(&seen, count, n), &targets, None).unwrap();
        let theirs = peer.predict(&Matrix::new(&unseen, 2000, n), false);
        let expected = truth.predict_all(&fresh);
        let (ours, theirs) = (r_squared(&ours, &expected), r_squared(&theirs, &expected));
        assert!(ours > 0.5 && ours > theirs - 0.01, "{n} players: {ours}, Forust {theirs}");
    }
}

#[test]
fn constants_and_few_rows_are_no_trouble() {
    let rows = random_rows(5, 40, 1);
    let which: Vec<u32> = (0..40).collect();
    let constant = fit(&rows, &which, &[2.5; 40], &Params::default());
    assert!(constant.trees.is_empty() && constant.base == 2.5);
    let one = fit(&rows, &[3], &[1.5], &Params::default());
    assert!(one.trees.is_empty() && one.base == 1.5);
    assert_eq!(fit(&rows, &[], &[], &Params::default()).base, 0.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_full_tree_repeats_its_rows(n in 1usize..9, seed in any::<u64>()) {
        let rows = all_coalitions(n);
        let targets = numbers(1 << n, seed);
        let which: Vec<u32> = (0..1u32 << n).collect();
        let params = Params { trees: 1, learning_rate: 1.0, leaves: 1 << n, depth: n, min_rows: 1, lambda: 0.0 };
        let trees = fit(&rows, &which, &targets, &params);
        for (found, target) in trees.predict_all(&rows).iter().zip(&targets) {
            prop_assert!((found - target).abs() < 1e-9);
        }
        let total: f64 = trees.shapley().iter().sum();
        prop_assert!((total - (targets[targets.len() - 1] - targets[0])).abs() < 1e-9);
    }
}

/// Rows in which players act together, with noise.
fn noisy(n: usize, count: usize, seed: u64) -> (Coalitions, Vec<f64>) {
    let rows = random_rows(n, count, seed);
    let mut targets = random_trees(n, 6, 3, seed).predict_all(&rows);
    targets.iter_mut().zip(numbers(count, seed + 1)).for_each(|(target, noise)| *target += 0.3 * noise);
    (rows, targets)
}

#[test]
fn a_path_tells_what_each_number_of_trees_misses() {
    let (rows, targets) = noisy(20, 600, 5);
    let seen: Vec<u32> = (0..400).collect();
    let held: Vec<u32> = (400..600).collect();
    let params = Params { trees: 300, depth: 3, ..Params::default() };
    let found = path(&rows, (&seen, &targets[..400]), (&held, &targets[400..]), &params, 15);
    for trees in [0, 1, found.best(), found.trees.trees.len()] {
        let fewer = fit(&rows, &seen, &targets[..400], &Params { trees, ..params });
        let misses = held.iter().map(|&row| (targets[row as usize] - fewer.predict(rows.row(row as usize))).powi(2));
        assert!((misses.sum::<f64>() - found.errors[trees]).abs() < 1e-9, "{trees} trees");
        assert_eq!(fewer.trees[..], found.trees.trees[..trees]);
    }
    // It stops as soon as fifteen trees were of no use.
    assert_eq!(found.errors.len(), found.trees.trees.len() + 1);
    assert_eq!(found.trees.trees.len(), found.best() + 15);
    assert!(found.best() > 0 && found.errors.iter().all(|error| *error >= found.errors[found.best()]));
}

#[test]
fn cross_validation_takes_the_best_over_all_folds() {
    let (rows, targets) = noisy(20, 600, 6);
    let which: Vec<u32> = (0..600).rev().collect();
    let targets: Vec<f64> = targets.into_iter().rev().collect();
    let folds: Vec<u8> = (0..600).map(|at| (at / 2 % 4) as u8).collect();
    let grid = [2, 3].map(|depth| Params { trees: 40, depth, ..Params::default() });
    // Patience that never ends: each number of trees is tried with each fold.
    let found = cross_validate(&rows, &which, &targets, &folds, &grid, 1000);
    // Sums of squares by number of trees, over all rows.
    let errors = |params: &Params| -> Vec<f64> {
        let error = |trees: usize| -> f64 {
            let of_fold = |fold: u8| -> f64 {
                let (seen, held): (Vec<usize>, Vec<usize>) = (0..600).partition(|&at| folds[at] != fold);
                let pick =
                    |at: &[usize]| -> (Vec<u32>, Vec<f64>) { at.iter().map(|&at| (which[at], targets[at])).unzip() };
                let (seen, held) = (pick(&seen), pick(&held));
                let trees = fit(&rows, &seen.0, &seen.1, &Params { trees, ..*params });
                held.0
                    .iter()
                    .zip(held.1)
                    .map(|(&row, target)| (target - trees.predict(rows.row(row as usize))).powi(2))
                    .sum()
            };
            (0..4).map(of_fold).sum()
        };
        (0..=40).map(error).collect()
    };
    for (params, (best, error)) in grid.iter().zip(&found.trials) {
        let errors = errors(params);
        let least = errors.iter().copied().fold(f64::INFINITY, f64::min);
        assert!((error - least / 600.0).abs() < 1e-12 && (errors[best.trees] - least).abs() < 1e-9);
    }
    let (better, other) = (found.trials[found.best].1, found.trials[1 - found.best].1);
    assert!(better < other);
    for (fold, trees) in found.of_folds.iter().enumerate() {
        let seen = (0..600).filter(|&at| usize::from(folds[at]) != fold);
        let (seen, values): (Vec<u32>, Vec<f64>) = seen.map(|at| (which[at], targets[at])).unzip();
        assert_eq!(*trees, fit(&rows, &seen, &values, found.params()));
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let alone = pool.install(|| cross_validate(&rows, &which, &targets, &folds, &grid, 1000));
    assert_eq!((alone.trials, alone.of_folds), (found.trials, found.of_folds));
}

#[test]
fn constants_want_no_trees() {
    let rows = random_rows(10, 300, 9);
    let which: Vec<u32> = (0..300).collect();
    let folds: Vec<u8> = (0..300).map(|at| (at % 3) as u8).collect();
    let constant = cross_validate(&rows, &which, &[1e6; 300], &folds, &[Params::default()], 5);
    assert_eq!((constant.params().trees, constant.trials[0].1), (0, 0.0));
    assert_eq!(constant.of_folds.iter().map(|trees| trees.base).collect::<Vec<_>>(), [1e6; 3]);
    // Nothing to be seen: the one fold is held out.
    let nothing = cross_validate(&rows, &which[..2], &[1.0, 2.0], &[0, 0], &[Params::default()], 5);
    assert_eq!((nothing.params().trees, nothing.trials[0].1), (0, 2.5));
}
