//! Seconds that exact explanations of a tree ensemble take, for `benches/peers/trees.py`:
//! `cargo run --release -p einthoven-benches --bin trees -- MODEL DATA [--background CSV] INDEX ORDER ROWS`.
//!
//! Prints one line of JSON: seconds to prepare and to explain the first rows, with the files read before, and the values
//! of the single features of the first row and output. Threads are rayon's: set `RAYON_NUM_THREADS`.

#![allow(clippy::print_stdout)]

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use einthoven::Index;
use einthoven::interactions::trees::{Ensemble, Rows, TreeExplainer};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (model, data, background, index, order, n_rows) = match arguments[..] {
        [model, data, "--background", csv, index, order, rows] => (model, data, Some(csv), index, order, rows),
        [model, data, index, order, rows] => (model, data, None, index, order, rows),
        _ => bail!("expected MODEL DATA [--background CSV] INDEX ORDER ROWS"),
    };
    let ensemble = Ensemble::load(Path::new(model))?;
    let rows = Rows::load_csv(Path::new(data), &ensemble)?.slice(0, n_rows.parse()?);
    let background = background.map(|csv| Rows::load_csv(Path::new(csv), &ensemble)).transpose()?;
    let (index, order): (Index, usize) = (index.parse()?, order.parse()?);
    // The pool of threads is not part of it.
    rayon::broadcast(|_| ());
    let start = Instant::now();
    let explainer = match &background {
        Some(background) => TreeExplainer::interventional(&ensemble, index, order, background)?,
        None => TreeExplainer::path_dependent(&ensemble, index, order)?,
    };
    let prepared = start.elapsed().as_secs_f64();
    let found = explainer.explain(&rows, &mut |_| ControlFlow::Continue(()))?.context("stopped")?;
    let seconds = start.elapsed().as_secs_f64();
    let first = found.attribution(0, 0).player_values();
    println!("{}", serde_json::json!({ "seconds": seconds, "prepared": prepared, "first": first }));
    Ok(())
}
