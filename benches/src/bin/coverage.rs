//! How often the truth lies within 1.96 standard errors, for every estimator, at a fixed budget and after `--until`.
//!
//! `cargo run --release -p einthoven-benches --bin coverage`: three games with closed forms or few players, 200 seeds.
#![allow(clippy::print_stdout)]

use anyhow::Result;
use einthoven::game::{Attribution, Coalitions, Game, GameFile, rng};
use einthoven::shapley::{Error, Known, Request, until};
use einthoven::{Index, Method};
use rand::RngExt;

const SEEDS: u64 = 200;
/// What `--until` is told: the largest standard error, over the range of values.
const REL: f64 = 0.02;

fn main() -> Result<()> {
    let games = [
        ("saturating sum of 10", saturating(10)?, 400),
        ("12 players, random sets", sets(12)?, 600),
        ("40 players, random sets", sets(40)?, 2000),
    ];
    println!(
        "| method | game | kind | budget | coverage | stated / actual error | evaluations with --until | coverage with --until |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for method in Method::ALL {
        // Exact values have no error; Banzhaf, Owen and LIME values have other truths.
        if matches!(method, Method::Exact | Method::Auto) || method.about().index != Index::Sv {
            continue;
        }
        for (name, (game, truth), budget) in &games {
            let fixed = Tally::of(truth, |seed| {
                let design = method.design(&Request::new(truth.len(), *budget, seed))?;
                Ok(method.estimate(&design, &game.values(&design.rows)?)?.remove(0))
            })?;
            let stopped = Tally::of(truth, |seed| {
                let request = Request::new(truth.len(), 20_000, seed);
                let outcome = until(method, &request, REL, None, None, &mut |_: Option<&Known>, rows: &Coalitions| {
                    Ok::<_, Error>(game.values(rows)?)
                })?;
                Ok(outcome.attributions.into_iter().next().expect("invariant: one output"))
            })?;
            println!(
                "| {method} | {name} | {} | {budget} | {} | {} | {:.0} | {} |",
                fixed.kind,
                fixed.coverage(),
                fixed.calibration(),
                stopped.evaluations,
                stopped.coverage()
            );
        }
    }
    Ok(())
}

/// What became of some seeds.
struct Tally {
    kind: String,
    evaluations: f64,
    /// Values with a standard error, and how many of them hold the truth.
    stated: usize,
    covered: usize,
    variance: f64,
    squared_error: f64,
}

impl Tally {
    fn of(truth: &[f64], estimate: impl Fn(u64) -> Result<Attribution>) -> Result<Self> {
        let mut tally =
            Self { kind: String::new(), evaluations: 0.0, stated: 0, covered: 0, variance: 0.0, squared_error: 0.0 };
        for seed in 0..SEEDS {
            let found = estimate(seed)?;
            tally.kind = format!("{:?}", found.kind).to_lowercase();
            tally.evaluations += found.evaluations as f64 / SEEDS as f64;
            for (term, truth) in found.terms.iter().zip(truth) {
                let Some(std_err) = term.std_err else { continue };
                let error = (term.value - truth).abs();
                tally.stated += 1;
                // Rounding is no error.
                tally.covered += usize::from(error <= 1.96 * std_err + 1e-12);
                tally.variance += std_err * std_err;
                tally.squared_error += error * error;
            }
        }
        Ok(tally)
    }

    fn coverage(&self) -> String {
        if self.stated == 0 {
            "none stated".to_owned()
        } else {
            format!("{:.3}", self.covered as f64 / self.stated as f64)
        }
    }

    fn calibration(&self) -> String {
        if self.stated == 0 || self.squared_error < 1e-20 {
            String::new()
        } else {
            format!("{:.2}", (self.variance / self.squared_error).sqrt())
        }
    }
}

/// A game and its Shapley values.
type Solved = (GameFile, Vec<f64>);

/// The hyperbolic tangent of a sum, and a product of three.
fn saturating(n: usize) -> Result<Solved> {
    let weight = |player: usize| ((player * 7 + 3) % n) as f64 / n as f64 - 0.3;
    let value = |mask: usize| {
        let sum: f64 = (0..n).filter(|player| mask >> player & 1 == 1).map(weight).sum();
        (2.0 * sum).tanh() + 0.4 * f64::from(u8::from(mask & 0b1011 == 0b1011))
    };
    let game = GameFile::table(n, 1, (0..1 << n).map(value).collect())?;
    let all = Method::Exact.design(&Request::new(n, 1 << n, 0))?;
    let truth = Method::Exact.estimate(&all, &game.values(&all.rows)?)?[0].player_values();
    Ok((game, truth))
}

/// Sixty random sets of one to five players.
fn sets(n: usize) -> Result<Solved> {
    let mut rng = rng::stream(5, "coverage", n as u64);
    let mut truth = vec![0.0; n];
    let terms = (0..60).map(|at| {
        let mut players: Vec<u32> = Vec::new();
        while players.len() < at % 5 + 1 {
            let player = rng.random_range(0..n as u32);
            if !players.contains(&player) {
                players.push(player);
            }
        }
        let coefficient: f64 = rng.random_range(-1.0..1.0);
        players.iter().for_each(|&player| truth[player as usize] += coefficient / players.len() as f64);
        (players, coefficient)
    });
    let terms: Vec<(Vec<u32>, f64)> = terms.collect();
    Ok((GameFile::moebius(n, terms)?, truth))
}
