//! Time outside the model: drawing a design and estimating from its values.

#![allow(missing_docs)]

use criterion::{Criterion, criterion_group, criterion_main};
use einthoven::Method;
use einthoven::game::{Game, GameFile};
use einthoven::shapley::Request;

fn estimators(criterion: &mut Criterion) {
    let game = GameFile::moebius(120, vec![(vec![0], 1.0), (vec![3, 40], -0.5), (vec![7, 80, 119], 0.25)]);
    let game = game.expect("a sparse game of 120 players");
    for method in [Method::Kernel, Method::Permutation] {
        criterion.bench_function(&format!("design {method} 120 players 4096"), |bench| {
            bench.iter(|| method.design(&Request::new(120, 4096, 1)));
        });
        let design = method.design(&Request::new(120, 4096, 1)).expect("a design");
        let values = game.values(&design.rows).expect("values");
        criterion.bench_function(&format!("estimate {method} 120 players 4096"), |bench| {
            bench.iter(|| method.estimate(&design, &values));
        });
    }
}

criterion_group!(benches, estimators);
criterion_main!(benches);
