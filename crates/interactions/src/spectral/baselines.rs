//! What simpler explanations miss of the same coalitions: LIME, the best linear function, the best function of pairs.

use einthoven_fit::ridge::{self, Ridge};
use einthoven_game::Coalition;
use einthoven_shapley::lime;

use super::choose::{Candidate, Judged, Sample};
use super::held_out::faithfulness;
use super::pursuit::Sets;
use super::refit::Shrink;
use crate::Result;
use crate::request::budget_for;
use crate::sets::{Sets as AllSets, count};

/// Unknowns of a fit of pairs, beyond which it is left out, those of 100 players: a minute of one core and a gigabyte for a line
/// of a table.
const MOST_UNKNOWNS: f64 = 5051.0;

/// A function of all sets of up to `order` players by least squares, or why there is none.
pub(crate) fn polynomial(sample: &Sample, order: usize) -> std::result::Result<Candidate, (String, String)> {
    let name = if order == 1 { "linear (Banzhaf)".to_owned() } else { format!("FBII of order {order}") };
    let n_players = sample.seen.n_players();
    let n_unknowns: f64 = (0..=order).map(|size| count(n_players, size)).sum();
    let needed = budget_for(n_players, 0.0, n_unknowns);
    if n_unknowns > MOST_UNKNOWNS {
        let why = format!("{n_unknowns:.0} unknowns, which need {needed} coalitions and take too long to solve for");
        return Err((name, why));
    }
    if needed > sample.seen.n_rows() {
        let seen = sample.seen.n_rows();
        return Err((name, format!("{n_unknowns:.0} unknowns, which need {needed} coalitions; {seen} are fitted to")));
    }
    let mut sets: Sets = Vec::new();
    (1..=order).for_each(|size| AllSets::new(n_players, size).for_each(|_, set| sets.push(set.to_vec())));
    Ok(Candidate { name, sets, shrink: Shrink::No, sure: false })
}

/// LIME on the rows that are seen.
///
/// # Errors
/// If the regression fails.
pub(crate) fn lime(sample: &Sample) -> Result<Judged> {
    let [seen, held_out] = &sample.rows;
    let n_players = seen.n_players();
    let weights: Vec<f64> = seen.iter().map(|row| lime::nearness(n_players, row.size())).collect();
    let kept: Vec<usize> = (0..seen.len()).filter(|&at| weights[at] > 0.0).collect();
    let weights: Vec<f64> = kept.iter().map(|&at| weights[at]).collect();
    let targets: Vec<f64> = kept.iter().map(|&at| sample.targets[at]).collect();
    let row = |at: usize, out: &mut [f64]| {
        out.fill(0.0);
        seen.row(kept[at]).players().for_each(|player| out[player] = 1.0);
    };
    let problem = Ridge {
        n_unknowns: n_players,
        weights: &weights,
        targets: &targets,
        n_outputs: 1,
        lambda: lime::LAMBDA,
        row: &row,
    };
    let solution = ridge::solve(&problem)?;
    let predict = |row: Coalition<'_>| {
        solution.intercepts[0] + row.players().map(|player| solution.coefficients[player]).sum::<f64>()
    };
    let predicted: Vec<f64> = held_out.iter().map(predict).collect();
    Ok(Judged {
        name: "LIME".to_owned(),
        sets: (0..n_players as u32).map(|player| vec![player]).collect(),
        shrink: Shrink::Ridge,
        sure: false,
        errors: sample.unseen.iter().zip(&predicted).map(|(value, predicted)| value - predicted).collect(),
        faithfulness: faithfulness(&predicted, &sample.unseen),
    })
}
