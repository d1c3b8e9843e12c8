//! Exact Shapley values by enumeration (Shapley, 1953).
//!
//! The Shapley value of player `i` is the mean over coalition sizes `s` of the mean marginal contribution
//! `v(T + i) - v(T)` over the coalitions `T` of `s` others. Contributions are summed per size first, so that no
//! factorial is ever formed. It is the definition that every estimator is checked against, and it goes through the
//! same two steps as they do. Exact values have a standard error of zero.

use crate::{Attribution, Coalitions, Design, Error, Index, Kind, Link, Result, Term, Values};

/// Largest number of players: a million coalitions.
pub const MAX_PLAYERS: usize = 20;

/// All `2^n` coalitions: the empty one, the full one, then the others in ascending order of their bits. There is
/// nothing to draw, so the draw list is empty.
pub fn design(n_players: usize) -> Result<Design> {
    check_players(n_players)?;
    let full = (1u32 << n_players) - 1;
    let words = [0, full].into_iter().chain(1..full).collect();
    Ok(Design { rows: Coalitions::from_words(n_players, words)?, draws: Vec::new() })
}

/// The Shapley values of each output from the values of all `2^n` coalitions, in whatever order the rows are.
pub fn estimate(design: &Design, values: &Values) -> Result<Vec<Attribution>> {
    let n_players = design.rows.n_players();
    check_players(n_players)?;
    design.check_rows(values.len())?;
    values.check_finite()?;
    let row_of = row_of_mask(&design.rows)?;
    let full = row_of[row_of.len() - 1];
    let shapley = shapley(n_players, &row_of, values);
    let attribution = |output: usize| {
        let term = |player: usize| Term {
            players: vec![player as u32],
            value: shapley[player * values.n_outputs() + output],
            std_err: Some(0.0),
        };
        Attribution {
            index: Index::Sv,
            min_order: 1,
            max_order: 1,
            n_players,
            output: output.to_string(),
            link: Link::default(),
            baseline: values.get(row_of[0], output),
            full: values.get(full, output),
            kind: Kind::Exact,
            method: "exact".to_owned(),
            seed: 0,
            evaluations: values.len(),
            terms: (0..n_players).map(term).collect(),
            player_names: (0..n_players).map(|player| player.to_string()).collect(),
            warnings: Vec::new(),
            run: serde_json::Map::new(),
        }
    };
    Ok((0..values.n_outputs()).map(attribution).collect())
}

fn check_players(n_players: usize) -> Result<()> {
    if (1..=MAX_PLAYERS).contains(&n_players) {
        return Ok(());
    }
    Err(Error::Request(format!(
        "enumerate the coalitions of {n_players} players: expected from 1 to {MAX_PLAYERS} players"
    )))
}

/// The row of each coalition, `[2^players]`, by its bits.
fn row_of_mask(rows: &Coalitions) -> Result<Vec<usize>> {
    let n_coalitions = 1usize << rows.n_players();
    let mut row_of = vec![usize::MAX; n_coalitions];
    for (row, coalition) in rows.iter().enumerate() {
        row_of[coalition.words()[0] as usize] = row;
    }
    let missing = row_of.iter().filter(|&&row| row == usize::MAX).count();
    if rows.len() != n_coalitions || missing > 0 {
        return Err(Error::Shape {
            what: "design of exact values",
            expected: format!("each of {n_coalitions} coalitions once"),
            found: format!("{} rows, {missing} coalitions missing", rows.len()),
        });
    }
    Ok(row_of)
}

/// `[players, outputs]`
fn shapley(n_players: usize, row_of: &[usize], values: &Values) -> Vec<f64> {
    let n_outputs = values.n_outputs();
    // Sums of marginal contributions, [players, sizes, outputs].
    let mut sums = vec![0.0; n_players * n_players * n_outputs];
    for (mask, &row) in row_of.iter().enumerate() {
        let (size, without) = (mask.count_ones() as usize, values.row(row));
        for player in (0..n_players).filter(|player| mask >> player & 1 == 0) {
            let with = values.row(row_of[mask | 1 << player]);
            let start = (player * n_players + size) * n_outputs;
            let sums = &mut sums[start..start + n_outputs];
            sums.iter_mut().zip(with.iter().zip(without)).for_each(|(sum, (with, without))| *sum += with - without);
        }
    }
    // Coalitions of `size` others: at most C(19, 9), exact in f64.
    let others = n_players as f64 - 1.0;
    let counts: Vec<f64> = (0..n_players)
        .scan(1.0, |count, size| {
            let this = *count;
            *count = this * (others - size as f64) / (size as f64 + 1.0);
            Some(this)
        })
        .collect();
    let value = |player: usize, output: usize| {
        let means = (0..n_players).map(|size| sums[(player * n_players + size) * n_outputs + output] / counts[size]);
        means.sum::<f64>() / n_players as f64
    };
    (0..n_players)
        .flat_map(|player| (0..n_outputs).map(move |output| (player, output)))
        .map(|(p, o)| value(p, o))
        .collect()
}
