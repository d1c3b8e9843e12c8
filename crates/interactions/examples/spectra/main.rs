//! How well sparse spectra are recovered, by budget: F1 of the support and R^2 on fresh coalitions, on games in closed form.
//!
//! `cargo run --release -p einthoven-interactions --example spectra -- FILE [NAME VALUE,VALUE]...` makes all runs of a grid that
//! FILE has not got yet, and appends a line of JSON for each; a run that was broken off goes on where it stopped. Names are
//! `players`, `terms`, `families` (flat, tree, and), `noises` (standard deviations of the noise over that of the function),
//! `budgets`, `methods`, `seeds` (so many; at 2000 players no more than three) and `first` (the first of them). `-- FILE table`
//! prints what FILE has, in Markdown.

#![allow(clippy::print_stdout)]

mod games;
mod table;

use std::collections::HashSet;
use std::error::Error;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::str::FromStr;
use std::time::Instant;

use einthoven_game::{Game, Index};
use einthoven_interactions::{Method, Request};
use serde::{Deserialize, Serialize};

use games::{Family, SparseGame};

/// The largest sets that are looked for.
const ORDER: usize = 5;
/// With more players than this, `FEW_SEEDS` are run.
const MANY_PLAYERS: usize = 1000;
const FEW_SEEDS: u64 = 3;
const NAMES: [&str; 8] = ["players", "terms", "families", "noises", "budgets", "methods", "seeds", "first"];

/// One run, and a line of the file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Run {
    family: Family,
    players: usize,
    /// Parities, or AND terms.
    terms: usize,
    noise: f64,
    budget: usize,
    seed: u64,
    method: String,
    /// Why there are no scores.
    failed: Option<String>,
    #[serde(flatten)]
    scores: Scores,
}

/// How close a spectrum is to the true one.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Scores {
    /// Of the sets of largest magnitude, as many as there are true ones; the empty one left out.
    f1: f64,
    /// Of all sets that are not zero.
    f1_claimed: f64,
    /// On fresh uniform coalitions, without noise.
    r2: f64,
    /// True sets.
    sets: usize,
    claimed: usize,
    evaluations: usize,
    /// Design and estimate, without the values of the coalitions.
    seconds: f64,
}

impl Run {
    fn key(&self) -> String {
        let Self { family, players, terms, noise, budget, seed, method, .. } = self;
        format!("{family:?} {players} {terms} {noise} {budget} {seed} {method}")
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (path, options) = arguments.split_first().ok_or("expected FILE [NAME VALUE,VALUE]..., or FILE table")?;
    let path = Path::new(path);
    let done = read(path)?;
    if options == ["table"] {
        println!("{}", table::markdown(&done));
        return Ok(());
    }
    let keys: HashSet<String> = done.iter().map(Run::key).collect();
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    for mut run in grid(options)?.into_iter().filter(|run| !keys.contains(&run.key())) {
        match scores(&run) {
            Ok(scores) => run.scores = scores,
            Err(error) => run.failed = Some(error.to_string()),
        }
        writeln!(file, "{}", serde_json::to_string(&run)?)?;
        file.flush()?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<Run>, Box<dyn Error>> {
    let text = if path.exists() { std::fs::read_to_string(path)? } else { String::new() };
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

/// All runs, those of a seed together, so that a grid that is broken off has something of everything.
fn grid(options: &[String]) -> Result<Vec<Run>, Box<dyn Error>> {
    let (options, rest) = options.as_chunks::<2>();
    if let Some(name) = rest.first() {
        return Err(format!("expected a value for {name}").into());
    }
    if let Some([name, _]) = options.iter().find(|[name, _]| !NAMES.contains(&name.as_str())) {
        return Err(format!("use {name}: there are {}", NAMES.join(", ")).into());
    }
    let list = |name: &str, default: &str| -> Vec<String> {
        let given = options.iter().find(|[given, _]| given == name).map_or(default, |[_, values]| values);
        given.split(',').map(str::to_owned).collect()
    };
    let seeds: u64 = list("seeds", "10").concat().parse()?;
    let first: u64 = list("first", "0").concat().parse()?;
    let families = list("families", "flat,tree,and");
    let families =
        families.into_iter().map(|name| serde_json::from_value(name.into())).collect::<Result<Vec<_>, _>>()?;
    let mut runs = vec![Run::default()];
    runs = each(runs, &(first..first + seeds).collect::<Vec<_>>(), |run, seed| run.seed = seed);
    runs = each(runs, &numbers(&list("players", "100,500,1000,2000"))?, |run, players| run.players = players);
    runs = each(runs, &families, |run, family| run.family = family);
    runs = each(runs, &numbers(&list("terms", "10,30,100"))?, |run, terms| run.terms = terms);
    runs = each(runs, &numbers(&list("noises", "0,0.1,1"))?, |run, noise| run.noise = noise);
    runs = each(runs, &numbers(&list("budgets", "1000,2000,4000,8000,16000"))?, |run, budget| run.budget = budget);
    runs = each(runs, &list("methods", "spex,proxyspex,spectral"), |run, method| run.method = method);
    runs.retain(|run| run.players <= MANY_PLAYERS || run.seed < first + FEW_SEEDS);
    Ok(runs)
}

fn numbers<T: FromStr>(texts: &[String]) -> Result<Vec<T>, T::Err> {
    texts.iter().map(|text| text.parse()).collect()
}

/// Each run with each of the values.
fn each<T: Clone>(runs: Vec<Run>, values: &[T], set: impl Fn(&mut Run, T)) -> Vec<Run> {
    let with = |run: &Run, value: &T| {
        let mut run = run.clone();
        set(&mut run, value.clone());
        run
    };
    runs.iter()
        .flat_map(|run| values.iter().map(move |value| (run, value)))
        .map(|(run, value)| with(run, value))
        .collect()
}

fn scores(run: &Run) -> Result<Scores, Box<dyn Error>> {
    let game = SparseGame::new(run.family, run.players, run.terms, run.seed)?;
    let noisy = game.noisy(run.noise, run.seed)?;
    let request = Request::new(Index::Fourier, ORDER, run.players, run.budget, run.seed);
    let method = run.method.parse::<Method>()?.resolve(&request)?.method;
    let clock = Instant::now();
    let design = method.design(&request)?;
    let drawing = clock.elapsed().as_secs_f64();
    let values = noisy.values(&design.rows)?;
    let clock = Instant::now();
    let found = method.estimate(&request, &design, &values)?.remove(0);
    let seconds = drawing + clock.elapsed().as_secs_f64();
    let terms: Vec<(Vec<u32>, f64)> = found.terms.into_iter().map(|term| (term.players, term.value)).collect();
    Ok(Scores { evaluations: found.evaluations, seconds, ..game.scores(terms)? })
}
