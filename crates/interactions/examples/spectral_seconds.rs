//! Seconds that a sparse spectrum takes without the values of the coalitions, for `benches/peers/spectral_seconds.py`:
//! `cargo run --release -p einthoven-interactions --example spectral_seconds -- FILE METHOD ORDER BUDGET SEED`.
//!
//! FILE is a game file. Prints one line of JSON: the seconds of the design and of the estimate, the evaluations, and the terms
//! as `[players, value]`. Threads are rayon's: set `RAYON_NUM_THREADS`.

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use einthoven_game::{Game, GameFile, Index};
use einthoven_interactions::{Method, Request};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, method, order, budget, seed] = arguments.as_slice() else {
        return Err("expected FILE METHOD ORDER BUDGET SEED".into());
    };
    let seed = seed.parse()?;
    let game = GameFile::load(Path::new(file))?.with_seed(seed);
    let request = Request::new(Index::Fourier, order.parse()?, game.n_players(), budget.parse()?, seed);
    let method = method.parse::<Method>()?.resolve(&request)?.method;
    // The pool of threads is not part of it.
    rayon::broadcast(|_| ());
    let clock = Instant::now();
    let design = method.design(&request)?;
    let drawing = clock.elapsed().as_secs_f64();
    let values = game.values(&design.rows)?;
    let clock = Instant::now();
    let found = method.estimate(&request, &design, &values)?.remove(0);
    let estimating = clock.elapsed().as_secs_f64();
    let terms: Vec<_> = found.terms.iter().map(|term| (&term.players, term.value)).collect();
    let facts = serde_json::json!({
        "design": drawing,
        "estimate": estimating,
        "evaluations": found.evaluations,
        "terms": terms,
    });
    println!("{facts}");
    Ok(())
}
