//! Which coalition sizes are enumerated, and which are sampled.
//!
//! Coalitions come in pairs with their complements, so sizes do too: class `s` (up to half the players) holds the
//! coalitions of `s` and of `n - s` players. The Shapley kernel gives a size the mass `1 / (s (n - s))`, whatever the
//! number of its coalitions; divided by that number it is the weight of a single one. Written like this nothing
//! overflows, and the weight of a sampled coalition is the same for all sizes: draws are spread over the sizes by
//! that very mass.

/// A class of coalition sizes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Class {
    /// The smaller size.
    pub size: usize,
    /// Number of pairs; infinite where a float cannot hold it.
    pub pairs: f64,
    /// Kernel mass of a pair's two coalitions together, over all pairs.
    pub mass: f64,
}

/// Pairs that enumerating a class must leave for the classes that are sampled: two, for a variance.
const FEWEST_SAMPLED: f64 = 2.0;

/// What to do with each class: enumerate the first, sample the rest.
pub(crate) struct Plan {
    pub enumerated: Vec<Class>,
    pub sampled: Vec<Class>,
    /// Pairs that may be spent on the sampled classes.
    pub pairs_left: usize,
}

/// All classes of `n_players` players, the smallest sizes first.
pub(crate) fn classes(n_players: usize) -> Vec<Class> {
    let n = n_players as f64;
    let mut subsets = 1.0;
    let class = |size: usize| {
        let s = size as f64;
        subsets *= (n - s + 1.0) / s;
        // The product is an integer; rounding takes back what dividing first has cost.
        subsets = if subsets < 1e15 { subsets.round() } else { subsets };
        // In the middle the complement has the same size: half as many pairs, and half the mass of two sizes.
        let share = if 2 * size == n_players { 0.5 } else { 1.0 };
        Class { size, pairs: subsets * share, mass: 2.0 * share / (s * (n - s)) }
    };
    (1..=n_players / 2).map(class).collect()
}

/// Plans `pairs` distinct pairs, drawing at most `most_draws` times.
///
/// A class is enumerated if it is affordable and if as many draws as the budget will bear would on average hit each of
/// its pairs at least once ("border trick", Covert & Lee 2021, there with the budget instead of the draws). Since
/// duplicates are free, the draws grow without bound as the budget nears the number of pairs that are left, so that a
/// budget that suffices for everything enumerates everything. Small sizes have the heaviest coalitions and come first.
pub(crate) fn plan(n_players: usize, pairs: usize, most_draws: usize) -> Plan {
    let mut sampled = classes(n_players);
    let mut left = pairs as f64;
    let affordable = |sampled: &[Class], left: f64| {
        let Some(first) = sampled.first() else { return false };
        let mass: f64 = sampled.iter().map(|class| class.mass).sum();
        let draws = expected_draws(sampled, left, most_draws as f64);
        // What is left must do for the rest: with no draws at all, whole sizes would be missing from the fit.
        let rest = if sampled.len() > 1 { FEWEST_SAMPLED } else { 0.0 };
        first.pairs + rest <= left && draws * first.mass / mass >= first.pairs
    };
    let mut n_enumerated = 0;
    while affordable(&sampled[n_enumerated..], left) {
        left -= sampled[n_enumerated].pairs;
        n_enumerated += 1;
    }
    let rest = sampled.split_off(n_enumerated);
    Plan { enumerated: sampled, sampled: rest, pairs_left: left as usize }
}

/// How many draws it takes on average to see so many distinct pairs; infinite if that is all of them.
fn expected_draws(classes: &[Class], distinct: f64, most: f64) -> f64 {
    let mass: f64 = classes.iter().map(|class| class.mass).sum();
    let total: f64 = classes.iter().map(|class| class.pairs).sum();
    if distinct >= total {
        return f64::INFINITY;
    }
    let seen = |draws: f64| -> f64 {
        let of_class = |class: &Class| {
            let hits = draws * class.mass / mass;
            let per_pair = hits / class.pairs;
            if per_pair < 1e-9 { hits } else { -class.pairs * (-per_pair).exp_m1() }
        };
        classes.iter().map(of_class).sum()
    };
    let (mut low, mut high) = (distinct, most.max(distinct));
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if seen(middle) < distinct { low = middle } else { high = middle }
    }
    high
}
