//! SVARM-IQ: means by size and by what a coalition shares with the set (Kolpaczki et al., 2024).
//!
//! The index of a set is a weighted sum, over the sizes and over the subsets of the set, of the mean value of the
//! coalitions of that size that share just this subset with it. Each such stratum is estimated by the mean of the
//! coalitions that fell into it, and every coalition falls into one stratum of every set. All strata of all sets follow
//! from the sums over coalitions that hold a given set, taken size by size.
//!
//! What an index with the efficiency axiom adds up to is known, so the estimate is projected onto it: each set that is
//! uncertain gets the same share of what is missing, which brings the whole nearer to the truth whatever the errors are.
//!
//! Coalitions come in pairs of complements, and so do strata. The mean of a size is taken out first, whose index has a
//! closed form: an empty stratum then counts as the mean of its size. With no stratum empty the estimate is unbiased; how
//! many are empty is said. Exact at full budget.

use einthoven_game::design::pairs::{self, Pair, Pairs};
use einthoven_game::design::sizes;
use einthoven_game::{Attribution, Design, Kind, Values, indices};
use rayon::prelude::*;

use crate::attribute::{self, Estimate, Found};
use crate::request::Request;
use crate::sets::{Overlaps, Sets, count};
use crate::weights::{self, Weights};
use crate::{Result, shapiq};

/// The name of `--method`.
pub const METHOD: &str = "svarm-iq";

/// The share of the sum of an index that may be missing without a word.
const MUCH: f64 = 0.1;

/// Sums of a class: pairs, then for each output of the members, the complements, and their squares and products.
const COUNT: usize = 0;
const MEMBER: usize = 1;
const COMPLEMENT: usize = 2;
const SQUARES: [usize; 3] = [3, 4, 5];
const SYSTEMS: usize = 6;

/// Pairs of coalitions to evaluate.
///
/// # Errors
/// If there is no such index of that order, or the budget is below the smallest that will do.
pub fn design(request: &Request) -> Result<Design> {
    request.check()?;
    Ok(pairs::design(&request.plan(METHOD), request.n_players, request.budget, request.seed)?)
}

/// The index of each output for all sets of up to `order` players.
///
/// # Errors
/// If values are missing or not finite, or the design is of another method.
pub fn estimate(request: &Request, design: &Design, values: &Values) -> Result<Vec<Attribution>> {
    request.check()?;
    design.check_values(METHOD, values)?;
    let pairs = Pairs::read(METHOD, design)?;
    let mut empty = 0;
    let mut found = Vec::new();
    for size in weights::sizes(request.index, request.order) {
        let weights = Weights::new(request.index, request.n_players, request.order, size)?;
        let mut of_size = OfSize { weights, overlaps: Overlaps::new(request.n_players, size), empty: 0 };
        let outputs = 0..values.n_outputs();
        let (of_sets, variances) = outputs.map(|output| of_size.output(design, &pairs, values, output)).unzip();
        found.push(Found { size, values: of_sets, variances: Some(variances) });
        empty += of_size.empty / values.n_outputs();
    }
    let missed = if indices::adds_up(request.index) { add_up(&mut found, values) } else { Vec::new() };
    let mut warnings = shapiq::warnings(&pairs);
    let kind = match empty {
        0 if pairs.complete() => Kind::Exact,
        0 => Kind::Unbiased,
        _ => {
            warnings.push(format!(
                "{empty} strata of sets, sizes and patterns are empty and take the mean of their size: the values are biased; \
                 a larger budget fills them"
            ));
            Kind::Biased
        }
    };
    let &Request { index, order, .. } = request;
    let estimate = Estimate { method: METHOD, index, order, kind, found, warnings };
    let mut attributions = attribute::attribute(design, values, &estimate);
    for (attribution, missed) in attributions.iter_mut().zip(missed) {
        attribution.run.insert("gap_before_projection".to_owned(), missed.into());
        if missed.abs() > MUCH * (attribution.full - attribution.baseline).abs() {
            attribution.warnings.push(format!(
                "before they were made to add up the values missed their sum by {missed:.3}: sums over many sets are not to be \
                 trusted"
            ));
        }
    }
    Ok(attributions)
}

/// Makes the values add up to what the full coalition adds to the empty one; sets whose value is certain keep it.
/// Returns what was missing, `[outputs]`.
fn add_up(found: &mut [Found], values: &Values) -> Vec<f64> {
    let of_output = |output: usize| {
        let sum: f64 = found.iter().flat_map(|found| &found.values[output]).sum();
        let missing = values.get(1, output) - values.get(0, output) - sum;
        let mut uncertain: Vec<&mut f64> = Vec::new();
        for found in &mut *found {
            let Some(variances) = &found.variances else { continue };
            let pairs = found.values[output].iter_mut().zip(&variances[output]);
            uncertain.extend(pairs.filter(|(_, variance)| **variance > 0.0).map(|(value, _)| value));
        }
        let share = missing / uncertain.len().max(1) as f64;
        uncertain.into_iter().for_each(|value| *value += share);
        missing
    };
    (0..values.n_outputs()).map(of_output).collect()
}

/// The sets of one size.
struct OfSize {
    weights: Weights,
    overlaps: Overlaps,
    /// Empty strata that have a weight, over all outputs.
    empty: usize,
}

impl OfSize {
    /// Values and variances of one output.
    fn output(&mut self, design: &Design, pairs: &Pairs, values: &Values, output: usize) -> (Vec<f64>, Vec<f64>) {
        let n = design.rows.n_players();
        let means = size_means(pairs, values, output, n);
        let n_sets = self.overlaps.sets().len();
        let constant = self.weights.of_sizes(|t| means[t]);
        let mut sums = Sums { values: vec![constant; n_sets], variances: vec![0.0; n_sets] };
        let mut drawn = pairs.all.chunk_by(|a, b| a.size == b.size).peekable();
        for size in 1..=n / 2 {
            match drawn.next_if(|class| class[0].size == size) {
                Some(class) => {
                    let deviation = |row: usize| values.get(row, output) - means[design.rows.row(row).size()];
                    self.add_class(design, class, &deviation, &mut sums);
                }
                None => self.empty += n_sets * self.strata_of(n, size),
            }
        }
        (sums.values, sums.variances)
    }

    /// Strata of a set that have a weight, for the pairs of a class.
    fn strata_of(&self, n: usize, size: usize) -> usize {
        let s = self.weights.size;
        let of_size = |t: usize| -> usize {
            let weighs = |shared: &usize| self.weights.share(t, *shared) != 0.0;
            (0..=s).filter(weighs).map(|shared| count(s, shared) as usize).sum()
        };
        of_size(size) + if 2 * size == n { 0 } else { of_size(n - size) }
    }

    /// Adds the pairs of a class of sizes, whose values deviate so much from the mean of their size.
    fn add_class(&mut self, design: &Design, class: &[Pair], deviation: &dyn Fn(usize) -> f64, sums: &mut Sums) {
        let rows: Vec<usize> = class.iter().map(|pair| pair.row).collect();
        let mut systems = Vec::with_capacity(class.len() * SYSTEMS);
        for pair in class {
            let (member, complement) = (deviation(pair.row), deviation(pair.complement));
            systems.extend([1.0, member, complement, member * member, member * complement, complement * complement]);
        }
        let inside = self.overlaps.inside(&design.rows, &rows, &systems, SYSTEMS);
        let class = Class::new(&self.weights, design.rows.n_players(), class, &systems);
        let all = 1usize << self.weights.size;
        let overlaps = &self.overlaps;
        let of_stretch = |(stretch, (start, values, variances)): (usize, (usize, &mut [f64], &mut [f64]))| -> usize {
            let mut patterns = vec![[0.0; SYSTEMS]; all];
            let mut empty = 0;
            overlaps.sets().for_each_in(stretch, |place, set| {
                let read = |size: usize, position: usize| -> [f64; SYSTEMS] {
                    std::array::from_fn(|system| inside[size][system][position])
                };
                overlaps.for_each_proper_subset(set, |mask, size, position| patterns[mask] = read(size, position));
                patterns[all - 1] = read(set.len(), start + place);
                only(&mut patterns);
                let (value, variance, missing) = class.of_set(&patterns);
                values[place] += value;
                variances[place] += variance;
                empty += missing;
            });
            empty
        };
        // Each set for itself: whatever the number of threads.
        self.empty += sums.stretches(overlaps.sets()).into_par_iter().enumerate().map(of_stretch).sum::<usize>();
    }
}

/// Sums over strata, `[sets]`.
struct Sums {
    values: Vec<f64>,
    variances: Vec<f64>,
}

impl Sums {
    /// The sums of sets with the same first player, and where they begin.
    fn stretches(&mut self, sets: &Sets) -> Vec<(usize, &mut [f64], &mut [f64])> {
        let (mut start, mut values, mut variances) = (0, self.values.as_mut_slice(), self.variances.as_mut_slice());
        let mut stretches = Vec::new();
        for length in sets.stretches() {
            let ((value, more_values), (variance, more_variances)) =
                (values.split_at_mut(length), variances.split_at_mut(length));
            stretches.push((start, value, variance));
            (start, values, variances) = (start + length, more_values, more_variances);
        }
        stretches
    }
}

/// From sums over the coalitions that hold a subset to sums over those that share just this subset.
fn only(patterns: &mut [[f64; SYSTEMS]]) {
    let all = patterns.len();
    for bit in (0..all.trailing_zeros()).map(|player| 1 << player) {
        for mask in (0..all).filter(|mask| mask & bit == 0) {
            let above = patterns[mask | bit];
            patterns[mask].iter_mut().zip(above).for_each(|(sum, above)| *sum -= above);
        }
    }
}

/// The mean value of each size that was evaluated, `[sizes]`; others are on the line between their neighbours.
fn size_means(pairs: &Pairs, values: &Values, output: usize, n: usize) -> Vec<f64> {
    let (mut sums, mut counts) = (vec![0.0; n + 1], vec![0.0; n + 1]);
    let mut add = |size: usize, row: usize| {
        sums[size] += values.get(row, output);
        counts[size] += 1.0;
    };
    add(0, 0);
    add(n, 1);
    for pair in &pairs.all {
        add(pair.size, pair.row);
        add(n - pair.size, pair.complement);
    }
    let known: Vec<usize> = (0..=n).filter(|&size| counts[size] > 0.0).collect();
    let mut means = vec![0.0; n + 1];
    for ends in known.windows(2) {
        let [low, high] = [ends[0], ends[1]].map(|size| sums[size] / counts[size]);
        let gap = (ends[1] - ends[0]) as f64;
        for (at, mean) in means[ends[0]..=ends[1]].iter_mut().enumerate() {
            *mean = low + at as f64 / gap * (high - low);
        }
    }
    means
}

/// What the sets of one size take from the pairs of a class.
struct Class<'a> {
    weights: &'a Weights,
    n: usize,
    /// The smaller size.
    size: usize,
    sampled: bool,
    /// Number of coalitions in a stratum, by players shared.
    populations: Vec<f64>,
    /// Mean squares and products over the class.
    spread: [f64; 3],
}

impl<'a> Class<'a> {
    fn new(weights: &'a Weights, n: usize, class: &[Pair], systems: &[f64]) -> Self {
        let count = class.len() as f64;
        let mean = |system: usize| systems.iter().skip(system).step_by(SYSTEMS).sum::<f64>() / count;
        // One degree of freedom went into the mean of the class.
        let unbiased = count / (count - 1.0).max(1.0);
        let spread = SQUARES.map(|system| unbiased * mean(system));
        let (size, sampled, s) = (class[0].size, class[0].sampled, weights.size);
        let population = |shared: usize| match size.checked_sub(shared) {
            Some(others) if others <= n - s => sizes::ln_subsets(n - s, others).exp(),
            _ => 0.0,
        };
        let populations = (0..=s).map(population).collect();
        Self { weights, n, size, sampled, populations, spread }
    }

    /// Value, variance and the number of empty strata of one set: `patterns` are sums by shared subset.
    fn of_set(&self, patterns: &[[f64; SYSTEMS]]) -> (f64, f64, usize) {
        let (mut value, mut variance, mut empty) = (0.0, 0.0, 0);
        let (s, last) = (self.weights.size, patterns.len() - 1);
        let middle = 2 * self.size == self.n;
        for (mask, pattern) in patterns.iter().enumerate() {
            let (shared, other) = (mask.count_ones() as usize, last ^ mask);
            // In the middle the strata of a subset and of the rest of the set hold the same pairs: they are one.
            if middle && mask > other {
                continue;
            }
            let half = if middle && mask == other { 0.5 } else { 1.0 };
            let alpha = half * self.weights.share(self.size, shared);
            let beta = half * self.weights.share(self.n - self.size, s - shared);
            if alpha == 0.0 && beta == 0.0 {
                continue;
            }
            let sums = if middle && mask != other { joined(pattern, &patterns[other]) } else { *pattern };
            if sums[COUNT] < 0.5 {
                empty += usize::from(alpha != 0.0) + usize::from(beta != 0.0);
                continue;
            }
            value += (alpha * sums[MEMBER] + beta * sums[COMPLEMENT]) / sums[COUNT];
            if self.sampled {
                variance += self.variance(&sums, [alpha, beta], shared);
            }
        }
        (value, variance, empty)
    }

    /// The variance of the mean of a stratum; with a single coalition in it that of the class stands for its own.
    fn variance(&self, sums: &[f64; SYSTEMS], [alpha, beta]: [f64; 2], shared: usize) -> f64 {
        let count = sums[COUNT];
        let square = |[member, product, complement]: [f64; 3]| {
            alpha * alpha * member + 2.0 * alpha * beta * product + beta * beta * complement
        };
        let spread = if count > 1.5 {
            let mean = (alpha * sums[MEMBER] + beta * sums[COMPLEMENT]) / count;
            (square(SQUARES.map(|system| sums[system])) - count * mean * mean).max(0.0) / (count - 1.0)
        } else {
            square(self.spread)
        };
        (1.0 - count / self.populations[shared]).max(0.0) * spread / count
    }
}

/// The sums of a stratum in the middle: its pairs seen from the member that shares the subset, whichever of the two that is.
fn joined(pattern: &[f64; SYSTEMS], other: &[f64; SYSTEMS]) -> [f64; SYSTEMS] {
    let [member, product, complement] = SQUARES;
    let mut sums = *pattern;
    let turned = [COUNT, COMPLEMENT, MEMBER, complement, product, member];
    sums.iter_mut().zip(turned).for_each(|(sum, system)| *sum += other[system]);
    sums
}
