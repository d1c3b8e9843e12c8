//! Interactions of a record's leads, and of a game of your own: `cargo run --release -p einthoven-examples --example
//! interactions`.

#![allow(clippy::print_stdout)]

use einthoven::game::{Attribution, Coalitions, Game, Result as GameResult, Values};
use einthoven::interactions::{Method, Request};
use einthoven::{Explainer, Index, Interactions, Settings, example_record};

/// Forty players who are paid for what they do alone, and once more if players 3 and 17 are both there.
struct Team;

impl Game for Team {
    fn n_players(&self) -> usize {
        40
    }

    fn n_outputs(&self) -> usize {
        1
    }

    fn values(&self, rows: &Coalitions) -> GameResult<Values> {
        let pay = |players: Vec<usize>| {
            let alone: f64 = players.iter().map(|player| 0.01 * *player as f64).sum();
            alone + f64::from(players.contains(&3) && players.contains(&17))
        };
        Values::new(1, rows.iter().map(|row| pay(row.players().collect())).collect(), "team")
    }
}

fn show(attribution: &Attribution) {
    for term in attribution.order(2).largest(5) {
        let names: Vec<&str> =
            term.players.iter().map(|&player| attribution.player_names[player as usize].as_str()).collect();
        println!("  {:<10} {:+.3} ± {:.3}", names.join(" & "), term.value, term.std_err.unwrap_or(0.0));
    }
}

fn main() -> anyhow::Result<()> {
    let explainer = Explainer::builtin(Settings::default())?;
    let explanation = explainer.interact(&example_record(), &Interactions::default())?;
    println!("{} of pairs of leads for {}:", explanation.top().index, explanation.top().output);
    show(explanation.top());

    // A game of your own: first the coalitions, then their values, then the estimate.
    let request = Request::new(Index::Fsii, 2, Team.n_players(), 4000, 0);
    let method = Method::Auto.resolve(&request)?.method;
    let design = method.design(&request)?;
    let values = Team.values(&design.rows)?;
    let found = method.estimate(&request, &design, &values)?.remove(0);
    println!("{} of pairs of players by {method}, {} evaluations:", found.index, found.evaluations);
    show(&found);
    anyhow::ensure!((found.value(&[3, 17]) - 1.0).abs() < 1e-6, "the pair is paid 1");
    Ok(())
}
