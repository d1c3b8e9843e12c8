//! Stratified SVARM (Kolpaczki et al., 2024).
//!
//! The Shapley value of a player is a mean over sizes of the mean value of the coalitions of that size with the player,
//! minus that of those without. So a coalition is of use to every player at once: it falls into one stratum of each, by its
//! size and by whether the player is in. Here coalitions come in pairs with their complements, and in a class of sizes a
//! player has two strata of pairs: those whose smaller member holds it and those whose larger member does.
//!
//! The coalitions of one player and of all but one are in every design, which needs `2 n + 2` evaluations; the others are
//! drawn without replacement, as many of each size. The mean of a stratum is unbiased, given that it is not empty. A
//! stratum that is empty takes the mean of its class; the estimate is then marked as biased, with their number.

use einthoven_game::design::pairs::{self, Pair, Pairs, Plan};
use einthoven_game::design::sizes::{self, Law};
use einthoven_game::{Attribution, Design, Index, Kind, Values};

use crate::Result;
use crate::attribute::{self, Estimate};
use crate::mean;

const METHOD: &str = "svarm";

/// The smallest budget: the empty and the full coalition, each player alone, and all but each player.
pub fn smallest_budget(n_players: usize) -> usize {
    if n_players <= 2 { 1 << n_players } else { 2 * n_players + 2 }
}

/// Pairs of coalitions to evaluate: all of one player, and as many of each other size.
pub fn design(n_players: usize, budget: usize, seed: u64) -> Result<Design> {
    let plan = Plan { method: METHOD, smallest: smallest_budget(n_players), law: Law::Uniform, forced: 1 };
    Ok(pairs::design(&plan, n_players, budget, seed)?)
}

/// The Shapley values of each output.
pub fn estimate(design: &Design, values: &Values) -> Result<Vec<Attribution>> {
    design.check_values(METHOD, values)?;
    let n_players = design.rows.n_players();
    let pairs = Pairs::read(METHOD, design)?;
    let length = values.n_outputs() * n_players;
    let mut sums = Sums { values: vec![0.0; length], variances: vec![0.0; length], empty: 0 };
    for (output, value) in sums.values.chunks_exact_mut(n_players).enumerate() {
        value.fill(values.get(1, output) - values.get(0, output));
    }
    let populations = populations(n_players);
    let mut drawn = pairs.all.chunk_by(|a, b| a.size == b.size).peekable();
    for size in 1..=n_players / 2 {
        match drawn.next_if(|class| class[0].size == size) {
            Some(class) => sums.add_class(design, values, class, populations[size - 1]),
            // Two strata per player, or one in the middle.
            None => sums.empty += if 2 * size == n_players { n_players } else { 2 * n_players },
        }
    }
    let n = n_players as f64;
    sums.values.iter_mut().for_each(|value| *value /= n);
    // With everything evaluated there is no error, whatever rounding makes of the populations.
    let scale = if pairs.complete() { 0.0 } else { 1.0 / (n * n) };
    sums.variances.iter_mut().for_each(|variance| *variance *= scale);
    let mut warnings = mean::warnings(&pairs);
    let kind = match sums.empty {
        0 if pairs.complete() => Kind::Exact,
        0 => Kind::Unbiased,
        empty => {
            warnings.push(format!("{empty} strata are empty: the values are biased; a larger budget fills them"));
            Kind::Biased
        }
    };
    let (numbers, variances) = (sums.values, Some(sums.variances));
    let estimate = Estimate { method: METHOD, index: Index::Sv, kind, values: numbers, variances, warnings };
    Ok(attribute::attribute(design, values, &estimate))
}

/// Number of pairs in the two strata of a player, by class: those whose smaller member holds it, and the others.
fn populations(n_players: usize) -> Vec<(f64, f64)> {
    let n = n_players as f64;
    let of_class = |(at, pairs): (usize, f64)| {
        let size = at + 1;
        // In the middle each pair has a member with the player.
        if 2 * size == n_players { (pairs, 0.0) } else { (pairs * size as f64 / n, pairs * (1.0 - size as f64 / n)) }
    };
    sizes::pairs(n_players).into_iter().enumerate().map(of_class).collect()
}

/// Sums over strata, `[outputs, players]`.
struct Sums {
    values: Vec<f64>,
    variances: Vec<f64>,
    empty: usize,
}

/// What the pairs of a stratum have: number, sum, and sum of squares.
#[derive(Clone, Copy, Default)]
struct Stratum {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Sums {
    /// Adds the pairs of a class of sizes.
    fn add_class(&mut self, design: &Design, values: &Values, class: &[Pair], populations: (f64, f64)) {
        let n_players = design.rows.n_players();
        let middle = 2 * class[0].size == n_players;
        let mut holding = vec![Stratum::default(); n_players];
        for output in 0..values.n_outputs() {
            let range = output * n_players..(output + 1) * n_players;
            holding.fill(Stratum::default());
            let mut all = Stratum::default();
            let centre = class.iter().map(|pair| difference(values, pair, output)).sum::<f64>() / class.len() as f64;
            for pair in class {
                let difference = difference(values, pair, output);
                // In the middle a pair is seen from the member that holds the player, and there is nothing to centre.
                all.add(difference - if middle { 0.0 } else { centre });
                let members = design.rows.row(pair.row).players();
                members.for_each(|player| holding[player].add(difference - if middle { 0.0 } else { centre }));
            }
            let outs = self.values[range.clone()].iter_mut().zip(&mut self.variances[range]);
            for ((value, variance), &with) in outs.zip(&holding) {
                if middle {
                    let one = Stratum { count: all.count, sum: 2.0 * with.sum - all.sum, squares: all.squares };
                    *value += one.sum / one.count;
                    *variance += one.variance(populations.0, one.spread());
                    continue;
                }
                let without = all.without(with);
                let spread = pooled(with, without, all);
                for (stratum, population, sign) in [(with, populations.0, 1.0), (without, populations.1, -1.0)] {
                    if stratum.count > 0.0 {
                        *value += sign * stratum.sum / stratum.count;
                        *variance += stratum.variance(population, spread);
                    } else {
                        // The mean of the class, which is zero once centred.
                        self.empty += usize::from(output == 0);
                    }
                }
            }
        }
    }
}

impl Stratum {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        self.sum += value;
        self.squares += value * value;
    }

    fn without(self, part: Self) -> Self {
        Self { count: self.count - part.count, sum: self.sum - part.sum, squares: self.squares - part.squares }
    }

    /// Squares about the mean.
    fn about_mean(self) -> f64 {
        if self.count == 0.0 { 0.0 } else { (self.squares - self.sum * self.sum / self.count).max(0.0) }
    }

    /// The variance of a value.
    fn spread(self) -> f64 {
        if self.count > 1.0 { self.about_mean() / (self.count - 1.0) } else { self.squares }
    }

    /// The variance of the mean of a stratum whose values spread so much.
    fn variance(self, population: f64, spread: f64) -> f64 {
        (1.0 - self.count / population).max(0.0) * spread / self.count
    }
}

/// The variance of a value in either stratum of a class, about the mean of its own stratum. Few pairs in one stratum say little
/// of its own; so both share one. With a single pair in each, the spread between them stands for it.
fn pooled(with: Stratum, without: Stratum, all: Stratum) -> f64 {
    let freedom = (with.count - 1.0).max(0.0) + (without.count - 1.0).max(0.0);
    if freedom > 0.0 { (with.about_mean() + without.about_mean()) / freedom } else { all.spread() }
}

fn difference(values: &Values, pair: &Pair, output: usize) -> f64 {
    values.get(pair.row, output) - values.get(pair.complement, output)
}
