//! With all coalitions evaluated every regression and every mean is exact, by way of its own `estimate`.

use einthoven_game::games::{self, ClosedForm};
use einthoven_game::{Game, Index, Kind, Values};
use einthoven_shapley::{Method, Request};

use crate::games::{errors, random_table, truth};

/// All but the exact method itself, samplings of permutations, Owen sampling and ridge regression.
const METHODS: [Method; 9] = [
    Method::Kernel,
    Method::Leverage,
    Method::UnbiasedKernel,
    Method::Stratified,
    Method::Svarm,
    Method::PolyShap,
    Method::OddShap,
    Method::ProxyShap,
    Method::RegressionMsr,
];

/// Estimates from all coalitions and holds the values of each output against the truth.
fn assert_exact(method: Method, name: &str, n: usize, game: &dyn Game, truths: &[Vec<f64>]) {
    let design = method.design(&Request::new(n, 1 << n, 3)).unwrap();
    let found = method.estimate(&design, &game.values(&design.rows).unwrap()).unwrap();
    assert_eq!(found.len(), truths.len());
    for (found, truth) in found.iter().zip(truths) {
        let name = format!("{method}, {name}, {n} players");
        assert_eq!((found.kind, found.evaluations), (Kind::Exact, 1 << n), "{name}");
        let error = errors(&found.player_values(), truth);
        assert!(error < 1e-9, "{name}: {error}");
        assert!(found.terms.iter().all(|term| term.std_err.unwrap() < 1e-9), "{name}");
        // What is said to be exact was estimated, not looked up.
        assert_eq!(found.method, method.name());
    }
}

fn closed_forms(n: usize) -> Vec<(&'static str, ClosedForm)> {
    let first = |k: usize| (0..k as u32).collect::<Vec<_>>();
    let numbers: Vec<f64> = (0..n).map(|at| (at * at % 7) as f64 - 2.5).collect();
    vec![
        ("unanimity", games::unanimity(n, first(n - 1)).unwrap()),
        ("dummies", games::dummy(n, [0, 1]).unwrap()),
        ("linear", games::linear(&numbers).unwrap()),
        ("random sets", games::random_moebius(n, 20, n.min(4), 5).unwrap()),
        ("random spectrum", games::random_fourier(n, 20, n.min(5), 6).unwrap()),
        ("parity", games::parity(n).unwrap()),
        ("airport", games::airport(&(0..n).map(|at| (at % 4) as f64 + 1.0).collect::<Vec<_>>()).unwrap()),
        ("gloves", games::glove(n / 2, n - n / 2).unwrap()),
        ("votes", games::weighted_voting(&(0..n as u32).map(|at| at % 5 + 1).collect::<Vec<_>>(), n as u64).unwrap()),
    ]
}

#[test]
fn closed_forms_are_met() {
    for n in 3..=10 {
        for (name, game) in closed_forms(n) {
            for method in METHODS {
                assert_exact(method, name, n, &game, &[game.shapley().to_vec()]);
            }
            let design = Method::Msr.design(&Request::new(n, 1 << n, 3)).unwrap();
            let found = Method::Msr.estimate(&design, &game.values(&design.rows).unwrap()).unwrap().remove(0);
            assert_eq!((found.kind, found.index), (Kind::Exact, Index::Bv));
            assert!(errors(&found.player_values(), game.banzhaf()) < 1e-9, "msr, {name}, {n} players");
        }
    }
}

/// Two random tables side by side.
struct Two(einthoven_game::GameFile, einthoven_game::GameFile);

impl Game for Two {
    fn n_players(&self) -> usize {
        self.0.n_players()
    }

    fn n_outputs(&self) -> usize {
        2
    }

    fn values(&self, rows: &einthoven_game::Coalitions) -> einthoven_game::Result<Values> {
        let (one, two) = (self.0.values(rows)?, self.1.values(rows)?);
        Values::new(2, (0..rows.len()).flat_map(|row| [one.get(row, 0), two.get(row, 0)]).collect(), "")
    }
}

#[test]
fn random_tables_are_met() {
    for seed in 0..10 {
        let n = 3 + seed as usize;
        let game = Two(random_table(n, seed), random_table(n, seed + 100));
        let truths = [truth(&game.0), truth(&game.1)];
        for method in METHODS {
            assert_exact(method, "random table", n, &game, &truths);
        }
    }
}
