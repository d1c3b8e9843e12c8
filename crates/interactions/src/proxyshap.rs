//! ProxySHAP (arXiv 2605.22738): boosted trees that stand in for the game, corrected by what they miss.
//!
//! The pairs of coalitions are split into folds, and for each fold trees see the others. The index of the trees is read off
//! exactly, from their spectrum; the index of what they miss is estimated as in [`shapiq`] and added: pairs that
//! the trees have seen count for themselves, those of the fold for all that the trees have not seen. So the mean over the folds is
//! unbiased even for trees that know their pairs by heart, as long as each size that is not enumerated has a pair for each fold
//! (as in RegressionMSR of Witter, Liu & Musco, 2025, for single players). Exact at full budget.
//!
//! The number and depth of the trees is chosen for each fold by what they miss of another one, so that the choice has not seen the
//! fold either. Standard errors come from what the trees miss of pairs that they have not seen.

use einthoven_fit::trees::{self, Params, Trees};
use einthoven_game::design::folds::{self, FOLDS, Folds};
use einthoven_game::design::pairs::{self, Pairs, Plan};
use einthoven_game::design::sizes::Law;
use einthoven_game::design::subset::for_each_subset_of;
use einthoven_game::{Attribution, Design, Kind, Values, indices};
use rayon::prelude::*;

use crate::attribute::{self, Estimate, Found};
use crate::request::Request;
use crate::sets::{Overlaps, Sets};
use crate::shapiq;
use crate::weights::{self, Weights};
use crate::{Error, Result};

/// The name of `--method`.
pub const METHOD: &str = "proxyshap";
/// The highest order.
pub const MAX_ORDER: usize = 3;

/// Kinds of trees: for few players at a time, and for more.
const CANDIDATES: [Params; 2] = [
    Params { trees: 500, learning_rate: 0.1, leaves: 8, depth: 3, min_rows: 5, lambda: 1.0 },
    Params { trees: 500, learning_rate: 0.1, leaves: 31, depth: 5, min_rows: 5, lambda: 1.0 },
];
/// Trees of no use after which a fit stops.
const PATIENCE: usize = 25;

/// Pairs of coalitions to evaluate. The smallest budget has a pair for each fold.
///
/// # Errors
/// If there is no such index of that order, the order is above three, or the budget is below the smallest that will do.
pub fn design(request: &Request) -> Result<Design> {
    check(request)?;
    let plan = request.plan(METHOD);
    let smallest = plan.smallest.max(folds::smallest_budget(request.n_players));
    let law = if plan.law == Law::Kernel { Law::Root } else { plan.law };
    Ok(pairs::design(&Plan { smallest, law, ..plan }, request.n_players, request.budget, request.seed)?)
}

/// The index of each output for all sets of up to `order` players.
///
/// # Errors
/// If values are missing or not finite, or the design is of another method.
pub fn estimate(request: &Request, design: &Design, values: &Values) -> Result<Vec<Attribution>> {
    check(request)?;
    design.check_values(METHOD, values)?;
    let pairs = Pairs::read(METHOD, design)?;
    let &Request { index, order, n_players, .. } = request;
    let folds = Folds::new(&pairs, n_players);
    let outputs = 0..values.n_outputs();
    let proxies: Vec<Proxy> = outputs
        .map(|output| Proxy::new(request, design, &pairs, &folds, &values.output(output)))
        .collect::<Result<_>>()?;
    let mut found = Vec::new();
    for (at, size) in weights::sizes(index, order).enumerate() {
        let weights = Weights::new(index, n_players, order, size)?;
        let overlaps = Overlaps::new(n_players, size);
        let of_output = |proxy: &Proxy| {
            let missed = shapiq::spread(design, &pairs, &overlaps, &weights, &proxy.missed).0;
            let variances = shapiq::spread(design, &pairs, &overlaps, &weights, &proxy.unseen).1;
            let constant = weights.of_sizes(|t| proxy.means[t]);
            let of_trees = proxy.index[at].iter();
            (of_trees.zip(missed).map(|(of_trees, missed)| of_trees + constant + missed).collect(), variances)
        };
        let (values, variances) = proxies.iter().map(of_output).unzip();
        found.push(Found { size, values, variances: Some(variances) });
    }
    let mut warnings = shapiq::warnings(&pairs);
    let kind = match folds::thin_sizes(&pairs) {
        0 if pairs.complete() => Kind::Exact,
        0 => Kind::Unbiased,
        thin => {
            warnings.push(folds::thin_warning(thin));
            Kind::Consistent
        }
    };
    Ok(attribute::attribute(design, values, &Estimate { method: METHOD, index, order, kind, found, warnings }))
}

fn check(request: &Request) -> Result<()> {
    request.check()?;
    let &Request { index, order, .. } = request;
    if order > MAX_ORDER {
        return Err(Error::Request(format!(
            "estimate {index} of order {order} with method {METHOD}: expected an order from 1 to {MAX_ORDER}; use method shapiq \
             or svarm-iq"
        )));
    }
    Ok(())
}

/// What stands in for one output, and what it misses: means over the folds.
struct Proxy {
    /// The index of the trees, `[sizes][sets]`.
    index: Vec<Vec<f64>>,
    /// What they miss of each size, `[sizes]`.
    means: Vec<f64>,
    /// What they miss of each row beside that, times what it stands for.
    missed: Vec<f64>,
    /// The same if each row is only asked of the trees that have not seen it.
    unseen: Vec<f64>,
}

impl Proxy {
    fn new(request: &Request, design: &Design, pairs: &Pairs, folds: &Folds, values: &[f64]) -> Result<Self> {
        let of_folds: Vec<Trees> =
            (0..FOLDS).into_par_iter().map(|fold| fit(design, pairs, folds, values, fold)).collect();
        let rest = |trees: &Trees| -> Vec<f64> {
            design.rows.iter().zip(values).map(|(row, value)| value - trees.predict(row)).collect()
        };
        let left: Vec<Vec<f64>> = of_folds.par_iter().map(rest).collect();
        let n = request.n_players;
        let (mut means, mut missed, mut unseen) = (vec![0.0; n + 1], vec![0.0; values.len()], vec![0.0; values.len()]);
        for (fold, left) in left.iter().enumerate() {
            let of_sizes = size_means(n, pairs, folds, fold, left);
            means.iter_mut().zip(&of_sizes).for_each(|(mean, of_size)| *mean += of_size / FOLDS as f64);
            for ((pair, share), &of) in pairs.all.iter().zip(folds.shares(pairs, fold)).zip(&folds.of) {
                for (row, t) in [(pair.row, pair.size), (pair.complement, n - pair.size)] {
                    let deviation = left[row] - of_sizes[t];
                    missed[row] += share / FOLDS as f64 * deviation;
                    if of == fold {
                        unseen[row] = pair.share * deviation;
                    }
                }
            }
        }
        Ok(Self { index: index_of(request, mean(of_folds))?, means, missed, unseen })
    }
}

/// Trees that have not seen a fold; how many and how deep is chosen by the next one, before they see that too.
fn fit(design: &Design, pairs: &Pairs, folds: &Folds, values: &[f64], fold: usize) -> Trees {
    let next = (fold + 1) % FOLDS;
    let rows_of = |of_part: &dyn Fn(usize) -> bool, ends: &[u32]| -> (Vec<u32>, Vec<f64>) {
        let part = pairs.all.iter().zip(&folds.of).filter(|(_, of)| of_part(**of));
        let rows = ends.iter().copied().chain(part.flat_map(|(pair, _)| [pair.row as u32, pair.complement as u32]));
        rows.map(|row| (row, values[row as usize])).unzip()
    };
    let (all, most) = (rows_of(&|of| of != fold, &[0, 1]), rows_of(&|of| of != fold && of != next, &[0, 1]));
    let held = rows_of(&|of| of == next, &[]);
    // With few rows, leaves of one or two.
    let min_rows = |params: &Params| params.min_rows.min(all.0.len() / 50).max(1);
    let tried = CANDIDATES.map(|params| {
        let params = Params { min_rows: min_rows(&params), ..params };
        let path = trees::path(&design.rows, (&most.0, &most.1), (&held.0, &held.1), &params, PATIENCE);
        (path.errors[path.best()], Params { trees: path.best(), ..params })
    });
    let best = if tried[1].0 < tried[0].0 { tried[1].1 } else { tried[0].1 };
    trees::fit(&design.rows, &all.0, &all.1, &best)
}

/// What trees miss of each size, `[sizes]`: the mean over the pairs that they have seen. Those of the fold would know better, but
/// each would have to be compared with the mean of the others, which are few.
fn size_means(n: usize, pairs: &Pairs, folds: &Folds, fold: usize, left: &[f64]) -> Vec<f64> {
    let (mut sums, mut counts) = (vec![0.0; n + 1], vec![0.0; n + 1]);
    let mut add = |t: usize, row: usize| {
        sums[t] += left[row];
        counts[t] += 1.0;
    };
    add(0, 0);
    add(n, 1);
    for (pair, _) in pairs.all.iter().zip(&folds.of).filter(|(_, of)| **of != fold) {
        add(pair.size, pair.row);
        add(n - pair.size, pair.complement);
    }
    sums.iter().zip(counts).map(|(sum, count)| sum / f64::max(count, 1.0)).collect()
}

/// The mean of the trees of all folds.
fn mean(of_folds: Vec<Trees>) -> Trees {
    let share = 1.0 / of_folds.len() as f64;
    let base = of_folds.iter().map(|trees| trees.base).sum::<f64>() * share;
    let n_players = of_folds[0].n_players;
    let mut all: Vec<trees::Tree> = of_folds.into_iter().flat_map(|trees| trees.trees).collect();
    for node in all.iter_mut().flat_map(|tree| &mut tree.nodes) {
        if let trees::Node::Leaf(value) = node {
            *value *= share;
        }
    }
    Trees { n_players, base, trees: all }
}

/// The index of trees, `[sizes][sets]`.
fn index_of(request: &Request, trees: Trees) -> Result<Vec<Vec<f64>>> {
    let &Request { index, order, n_players: n, .. } = request;
    let sizes: Vec<usize> = weights::sizes(index, order).collect();
    let sets: Vec<Sets> = sizes.iter().map(|&size| Sets::new(n, size)).collect();
    let mut values: Vec<Vec<f64>> = sets.iter().map(|sets| vec![0.0; sets.len()]).collect();
    let spectrum = trees.spectrum(|_| true);
    let largest = spectrum.iter().map(|(players, _)| players.len()).max().unwrap_or(0);
    let Some(by_size) = (0..=largest).map(|r| indices::fourier_weights(index, order, r)).collect::<Option<Vec<_>>>()
    else {
        // A generalized value: one for each set that holds one of the players.
        for term in indices::from_fourier(index, order, n, &spectrum)? {
            if let Some(at) = sizes.iter().position(|&size| size == term.players.len()) {
                values[at][sets[at].position(&term.players)] = term.value;
            }
        }
        return Ok(values);
    };
    for (players, coefficient) in &spectrum {
        for ((&size, sets), values) in sizes.iter().zip(&sets).zip(&mut values) {
            let weight = by_size[players.len()].get(size).copied().unwrap_or(0.0);
            if weight != 0.0 {
                for_each_subset_of(players, size, |subset| values[sets.position(subset)] += weight * coefficient);
            }
        }
    }
    Ok(values)
}
