//! Designs of paired coalitions: what most estimators are made of.
//!
//! Every coalition is evaluated with its complement. How many pairs a class of sizes gets is [`sizes`]' business; within
//! a class they are drawn without replacement, all alike. Each class has its own stream of random numbers, so that a
//! design with a larger budget holds (up to rounding) the pairs of a smaller one.

use super::row_set::RowSet;
use super::sizes::{self, Law};
use super::subset::{SubsetSampler, for_each_subset};
use super::{Design, Draw, check_budget};
use crate::{Coalitions, Error, Result, rng};

/// Role of pairs that are there for certain; their stratum is the smaller size of the pair.
const ENUMERATED: u32 = 0;
/// Role of pairs that were drawn at random; their stratum is the smaller size of the pair.
const SAMPLED: u32 = 1;

/// A pair of coalitions, read back from a design.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// Row of the member of the smaller size; in the middle, of the one that holds player 0.
    pub row: usize,
    /// Row of the other one.
    pub complement: usize,
    /// The part of its class that it stands for.
    pub share: f64,
    /// The smaller size.
    pub size: usize,
    /// Whether it was drawn at random.
    pub sampled: bool,
}

/// The pairs of one class: a range of the pairs of a design.
#[derive(Clone, Debug)]
pub struct Stratum {
    /// Its pairs.
    pub range: std::ops::Range<usize>,
    /// Number of pairs there are; infinite where a float cannot hold it.
    pub population: f64,
}

/// A design of this module, read back.
#[derive(Clone, Debug)]
pub struct Pairs {
    /// By size.
    pub all: Vec<Pair>,
    /// The classes that were drawn at random, by size. One with a single pair is joined with its neighbours, because a
    /// variance needs two.
    pub strata: Vec<Stratum>,
}

/// What a design of pairs is made for.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Who asks.
    pub method: &'static str,
    /// The smallest budget that will do.
    pub smallest: usize,
    /// How draws fall on sizes.
    pub law: Law,
    /// Classes of sizes that are enumerated in any case.
    pub forced: usize,
}

/// The budget of two pairs with the empty and the full coalition, or of all coalitions.
pub fn two_pairs(n_players: usize) -> usize {
    (1 << n_players.clamp(1, 3)).min(6)
}

/// Pairs for a budget of distinct coalitions, the empty and the full one included. One draw per pair: its row is the
/// smaller coalition, the complement is the row that follows.
///
/// # Errors
/// If the budget is below the smallest that will do.
pub fn design(plan: &Plan, n_players: usize, budget: usize, seed: u64) -> Result<Design> {
    let &Plan { method, smallest, law, forced } = plan;
    check_budget(method, n_players, budget, smallest)?;
    let mut rows = RowSet::new(n_players);
    let mut draws = Vec::new();
    for class in sizes::allocate(n_players, (budget - 2) / 2, law, forced, seed) {
        let stratum = class.size as u32;
        let middle = 2 * class.size == n_players;
        if class.enumerated {
            for_each_subset(n_players, class.size, |subset| {
                if !middle || subset[0] == 0 {
                    let row = push(&mut rows, subset).expect("invariant: subsets are enumerated once");
                    draws.push(Draw { row, role: ENUMERATED, weight: class.share, stratum });
                }
            });
            continue;
        }
        let mut rng = rng::stream(seed, "pairs", class.size as u64);
        let mut sampler = SubsetSampler::new(n_players);
        let mut left = class.drawn;
        while left > 0 {
            let subset = sampler.draw(class.size, &mut rng);
            if let Some(row) = push(&mut rows, subset) {
                draws.push(Draw { row, role: SAMPLED, weight: class.share, stratum });
                left -= 1;
            }
        }
    }
    Ok(Design { rows: rows.into_rows(), draws })
}

/// Adds the pair of a subset unless it is there; in the middle the member with player 0 comes first.
fn push(rows: &mut RowSet, subset: &[usize]) -> Option<u32> {
    let n_players = rows.rows().n_players();
    let mut single = Coalitions::new(n_players);
    single.push(subset.iter().copied());
    let complement = single.row(0).complement();
    let swap = 2 * subset.len() == n_players && !single.row(0).contains(0);
    let (first, second) = if swap { (&complement[..], single.words()) } else { (single.words(), &complement[..]) };
    let (row, new) = rows.insert(first);
    new.then(|| {
        rows.insert(second);
        row
    })
}

impl Pairs {
    /// Reads a design back, whoever evaluated it; `method` is who asks.
    ///
    /// # Errors
    /// If the design was not made by [`design`].
    pub fn read(method: &'static str, design: &Design) -> Result<Self> {
        let wrong = |reason: &str| Error::Design { method, reason: reason.to_owned() };
        let rows = &design.rows;
        let mut used = vec![false; rows.len()];
        let mut all = Vec::with_capacity(design.draws.len());
        for draw in &design.draws {
            let (row, size) = (draw.row as usize, draw.stratum as usize);
            if row + 1 >= rows.len() || std::mem::replace(&mut used[row], true) {
                return Err(wrong("expected each pair of rows once"));
            }
            let (member, complement) = (rows.row(row), rows.row(row + 1));
            if size == 0 || 2 * size > rows.n_players() || member.size() != size {
                return Err(wrong("expected the smaller size of a pair as its stratum"));
            }
            if complement.words() != member.complement() {
                return Err(wrong("expected coalitions, each followed by its complement"));
            }
            if draw.role > SAMPLED || !(draw.weight.is_finite() && draw.weight > 0.0) {
                return Err(wrong("expected the roles 0 and 1 and weights above zero"));
            }
            let sampled = draw.role == SAMPLED;
            all.push(Pair { row, complement: row + 1, share: draw.weight, size, sampled });
        }
        if !all.is_sorted_by_key(|pair| pair.size) {
            return Err(wrong("expected pairs in the order of their sizes"));
        }
        let populations = sizes::pairs(rows.n_players());
        if !all.chunk_by(|a, b| a.size == b.size).all(|class| sound(class, populations[class[0].size - 1])) {
            return Err(wrong("expected the pairs of a size to stand for all pairs of that size"));
        }
        let strata = strata(&all, &populations);
        Ok(Self { all, strata })
    }

    /// Whether nothing was left to chance.
    pub fn complete(&self) -> bool {
        self.strata.is_empty()
    }

    /// Number of pairs that were drawn at random.
    pub fn n_sampled(&self) -> usize {
        self.strata.iter().map(|stratum| stratum.range.len()).sum()
    }
}

/// Whether the pairs of a class stand for the class: all alike, and together for the whole of it, unless a single one was
/// drawn with odds below one.
fn sound(class: &[Pair], population: f64) -> bool {
    let (first, drawn) = (class[0], class.len() as f64);
    let alike = class.iter().all(|pair| (pair.share, pair.sampled) == (first.share, first.sampled));
    let whole = (first.share * drawn - 1.0).abs() < 1e-9;
    alike && (first.sampled || drawn == population) && (whole || (drawn == 1.0 && first.share > 1.0))
}

fn strata(all: &[Pair], populations: &[f64]) -> Vec<Stratum> {
    let mut strata: Vec<Stratum> = Vec::new();
    let mut at = 0;
    while at < all.len() {
        let end = at + all[at..].iter().take_while(|pair| pair.size == all[at].size).count();
        if all[at].sampled {
            let population = populations[all[at].size - 1];
            let open = strata.last_mut().filter(|last| last.range.len() < 2 && last.range.end == at);
            match open {
                Some(last) => {
                    last.range.end = end;
                    last.population += population;
                }
                None => strata.push(Stratum { range: at..end, population }),
            }
        }
        at = end;
    }
    // What is left alone at the end joins the one before.
    if let [.., before, last] = strata.as_mut_slice()
        && last.range.len() < 2
        && before.range.end == last.range.start
    {
        before.range.end = last.range.end;
        before.population += last.population;
        strata.pop();
    }
    strata
}
