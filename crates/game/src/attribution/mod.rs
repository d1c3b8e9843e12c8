//! The answer: terms, their errors, and how they came about.

mod aggregate;
mod arithmetic;
mod json;
mod select;
mod shapiq;

use serde::{Deserialize, Serialize};

pub use aggregate::Aggregation;

use crate::{Design, Error, Index, Kind, Link, Result, Values};

/// Most numbers of a dense tensor.
const MAX_TENSOR: usize = 100_000_000;

/// Interactions of one output as a sparse list of terms: sets of players with a value and a standard error. It holds
/// what there is and nothing else, so thousands of players cost what their terms cost.
///
/// Its JSON is the layout of `attribution.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attribution {
    /// Which index the terms are values of.
    pub index: Index,
    /// Smallest number of players in a term.
    pub min_order: usize,
    /// Largest number of players in a term.
    pub max_order: usize,
    /// Number of players of the game.
    pub n_players: usize,
    /// Name of the model's output.
    pub output: String,
    /// What the value of a coalition is.
    pub link: Link,
    /// Value of the empty coalition.
    pub baseline: f64,
    /// Value of the full coalition.
    pub full: f64,
    /// What is known of the estimate's bias.
    pub kind: Kind,
    /// Name of the estimator, as `--method` has it.
    pub method: String,
    /// Seed of the design.
    pub seed: u64,
    /// Distinct coalitions evaluated.
    pub evaluations: usize,
    /// The terms, each set of players once; those that are zero may be left out. Estimators list them by size and then
    /// in the order of their players.
    pub terms: Vec<Term>,
    /// The name of each player.
    pub player_names: Vec<String>,
    /// What a reader must know before trusting the terms.
    pub warnings: Vec<String>,
    /// Device, versions, chunk, seconds and the like; also `left_out` and `top_order`, see [`Attribution::left_out`]
    /// and [`Attribution::top_order`].
    pub run: serde_json::Map<String, serde_json::Value>,
}

/// A set of players and its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// The players, ascending.
    pub players: Vec<u32>,
    /// The value, in units of the model's output.
    pub value: f64,
    /// Standard error of the value; `None` where the method has none.
    pub std_err: Option<f64>,
}

impl Attribution {
    /// An attribution of one output without terms, for estimators to put in what they have found: a Shapley value of which
    /// nothing is claimed. Players and the output have numbers for names until somebody knows better. The first two rows of the
    /// design are the empty and the full coalition.
    pub fn blank(design: &Design, values: &Values, output: usize) -> Self {
        let n_players = design.rows.n_players();
        Self {
            index: Index::Sv,
            min_order: 1,
            max_order: 1,
            n_players,
            output: output.to_string(),
            link: Link::default(),
            baseline: values.get(0, output),
            full: values.get(1, output),
            kind: Kind::Biased,
            method: String::new(),
            seed: 0,
            evaluations: design.rows.len(),
            terms: Vec::new(),
            player_names: (0..n_players).map(|player| player.to_string()).collect(),
            warnings: Vec::new(),
            run: serde_json::Map::new(),
        }
    }

    /// The `n` terms of largest magnitude, largest first; all of them if they are fewer.
    pub fn largest(&self, n: usize) -> Vec<&Term> {
        let mut terms: Vec<&Term> = self.terms.iter().collect();
        terms.sort_by(|a, b| b.value.abs().total_cmp(&a.value.abs()));
        terms.truncate(n);
        terms
    }

    /// How far the terms are from adding up to `full - baseline`.
    pub fn efficiency_gap(&self) -> f64 {
        let terms = self.terms.iter().filter(|term| !term.players.is_empty());
        self.full - self.baseline - terms.map(|term| term.value).sum::<f64>()
    }

    /// The term of `players`, in any order, if it was not left out. Fast where the terms are in order, and right where
    /// they are not.
    pub fn term(&self, players: &[u32]) -> Option<&Term> {
        let mut players = players.to_vec();
        players.sort_unstable();
        let key = (players.len(), players.as_slice());
        match self.terms.binary_search_by(|term| term.key().cmp(&key)) {
            Ok(at) => self.terms.get(at),
            Err(_) => self.terms.iter().find(|term| term.players == players),
        }
    }

    /// The value of `players`, in any order; terms that were left out are zero.
    pub fn value(&self, players: &[u32]) -> f64 {
        self.term(players).map_or(0.0, |term| term.value)
    }

    /// The values of the single players in order, `[players]`.
    pub fn player_values(&self) -> Vec<f64> {
        let mut values = vec![0.0; self.n_players];
        for term in &self.terms {
            if let &[player] = term.players.as_slice() {
                values[player as usize] = term.value;
            }
        }
        values
    }

    /// The values of the sets of `order` players as a dense tensor, `[players; order]`, the last player counting
    /// fastest: each value stands at every ordering of its players, and where a player would come twice there is zero.
    ///
    /// Fails if `order` is not from 1 to the number of players, or there are more than a hundred million numbers.
    pub fn tensor(&self, order: usize) -> Result<Vec<f64>> {
        let n = self.n_players;
        if order == 0 || order > n {
            return Err(Error::Request(format!("spread out terms of {order} of {n} players: expected 1 to {n}")));
        }
        let len = (0..order).try_fold(1usize, |len, _| len.checked_mul(n).filter(|len| *len <= MAX_TENSOR));
        let too_large = || {
            Error::Request(format!(
                "spread out {n} players to the power of {order}: expected at most {MAX_TENSOR} numbers; use the terms"
            ))
        };
        let mut tensor = vec![0.0; len.ok_or_else(too_large)?];
        for term in self.terms.iter().filter(|term| term.players.len() == order) {
            fill_orderings(&mut tensor, n, &mut term.players.clone(), 0, term.value);
        }
        Ok(tensor)
    }

    /// The order that the index was made for: `max_order`, unless terms of lower orders were taken out of an
    /// attribution of more (`top_order` in `run`). Values of k-SII, STII, FSII, FBII, kADD-SHAP and JointSV depend on
    /// it.
    pub fn top_order(&self) -> usize {
        let stored = self.run.get("top_order").and_then(serde_json::Value::as_u64);
        stored.map_or(self.max_order, |order| order as usize)
    }

    /// Which terms were left out although they are not zero (`left_out` in `run`), if any were.
    pub fn left_out(&self) -> Option<&str> {
        self.run.get("left_out").and_then(serde_json::Value::as_str)
    }
}

impl Term {
    /// What terms are sorted by.
    fn key(&self) -> (usize, &[u32]) {
        (self.players.len(), &self.players)
    }
}

/// Puts `value` at every ordering of `players`, behind those who already have their place; `at` is that of the latter.
fn fill_orderings(tensor: &mut [f64], n: usize, players: &mut [u32], at: usize, value: f64) {
    if players.is_empty() {
        tensor[at] = value;
        return;
    }
    for first in 0..players.len() {
        players.swap(0, first);
        let (player, rest) = players.split_at_mut(1);
        fill_orderings(tensor, n, rest, at * n + player[0] as usize, value);
        players.swap(0, first);
    }
}
