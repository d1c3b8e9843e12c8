//! Explaining rows, all outputs at once.

use std::collections::HashMap;
use std::ops::ControlFlow;

use einthoven_game::{Attribution, Index, Kind, Link, Term};
use rayon::prelude::*;

use super::block::{Columns, Sums};
use super::ensemble::{Ensemble, NodeKind, Tree};
use super::plan::Plan;
use super::rows::Rows;
use super::{interventional, path_dependent};
use crate::{Error, Result};

/// Most rows that are explained together; more rows share more work.
const MAX_BLOCK: usize = 512;
/// Most numbers of a block.
const MAX_BLOCK_NUMBERS: usize = 1 << 22;
/// Most parts that the trees are cut into, for the sake of threads, and fewest trees of a part.
const TREE_PARTS: usize = 8;
const PART_TREES: usize = 16;
/// From so many rows on, tables of all patterns pay in the interventional game.
const SHARED_ROWS: usize = 32;

/// What happens to features that are out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A row goes both ways, in proportion to the training rows.
    PathDependent,
    /// They are taken from background rows.
    Interventional,
}

impl Mode {
    /// The name in files and of `--mode`.
    pub fn name(self) -> &'static str {
        match self {
            Self::PathDependent => "path-dependent",
            Self::Interventional => "interventional",
        }
    }
}

impl std::str::FromStr for Mode {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let mode = [Self::PathDependent, Self::Interventional].into_iter().find(|mode| mode.name() == name);
        mode.ok_or_else(|| Error::Request(format!("use mode `{name}`: expected path-dependent or interventional")))
    }
}

/// Computes an index of some order for any number of rows of one ensemble, exactly.
///
/// The players are the features, the value of a coalition is the ensemble's output (see [`Ensemble`]) with the features
/// outside the coalition left out as the [`Mode`] says. Only sets of features that share a path can have a value; all
/// others are zero and never stored, so that there may be thousands of features.
pub struct TreeExplainer<'a> {
    ensemble: &'a Ensemble,
    plan: Plan,
    baseline: Vec<f64>,
    /// What does not depend on features, `[outputs]`.
    constants: Vec<f64>,
    background: Option<Background>,
    used: Vec<u32>,
}

struct Background {
    columns: Columns,
    /// By the most distinct features on a path of a tree.
    weights: HashMap<usize, interventional::Weights>,
}

impl<'a> TreeExplainer<'a> {
    /// Explains by the path-dependent game. SV and BV have order 1. Fails if a tree does not say how many training rows
    /// came to its nodes, the order is not from 1 to the number of features, the index is Owen, LIME, Gradient or a generalized or joint value, or there are
    /// more than ten million sets.
    pub fn path_dependent(ensemble: &'a Ensemble, index: Index, order: usize) -> Result<Self> {
        check(ensemble)?;
        for (at, tree) in ensemble.trees.iter().enumerate() {
            check_covers(tree).map_err(|node| {
                Error::Request(format!(
                    "explain tree {at} by the path-dependent game: node {node} does not say how many training rows came \
                     there; use the interventional game with background rows"
                ))
            })?;
        }
        let mut baseline = ensemble.base.clone();
        for tree in &ensemble.trees {
            add_expected(tree, 0, 1.0, &mut baseline[tree.outputs()]);
        }
        Self::new(ensemble, index, order, baseline, None)
    }

    /// Explains by the interventional game with these background rows, all of equal weight. SV and BV have order 1.
    /// Fails if there is no background row or its features are not the ensemble's, the order is not from 1 to the number
    /// of features, the index is Owen, LIME, Gradient or a generalized or joint value, or there are more than ten million sets.
    pub fn interventional(ensemble: &'a Ensemble, index: Index, order: usize, background: &Rows) -> Result<Self> {
        check(ensemble)?;
        background.check(ensemble)?;
        if background.is_empty() {
            return Err(Error::Request(
                "explain by the interventional game: expected background rows, found none".to_owned(),
            ));
        }
        let n_outputs = ensemble.outputs.len();
        let predictions = predictions(ensemble, background);
        let sum = |output: usize| predictions.iter().skip(output).step_by(n_outputs).sum::<f64>();
        let baseline = (0..n_outputs).map(|output| sum(output) / background.len() as f64).collect();
        Self::new(ensemble, index, order, baseline, Some(background))
    }

    fn new(
        ensemble: &'a Ensemble,
        index: Index,
        order: usize,
        baseline: Vec<f64>,
        background: Option<&Rows>,
    ) -> Result<Self> {
        let plan = Plan::new(ensemble, index, order)?;
        let used = used_features(ensemble);
        let background = background.map(|rows| {
            let mut weights = HashMap::new();
            for tree in &plan.trees {
                let of_length = || interventional::Weights::new(&tree.nodes, order, tree.longest);
                weights.entry(tree.longest).or_insert_with(of_length);
            }
            Background { columns: Columns::new(ensemble, &used, rows, 0, rows.len()), weights }
        });
        Ok(Self { ensemble, plan, baseline, constants: constants(ensemble), background, used })
    }

    /// Explains rows; NaN is a missing value. Blocks of rows are shared among the threads of rayon, which changes no
    /// bit. `progress` is told how many rows are done, and may stop the work: then the answer is `None`. Fails if the
    /// rows have another number of features than the model, or a value is not a finite number.
    pub fn explain(
        &self,
        rows: &Rows,
        progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Option<Explanations>> {
        rows.check(self.ensemble)?;
        let n_columns = self.plan.sets.len().max(1) * self.ensemble.outputs.len();
        let most = (MAX_BLOCK_NUMBERS / n_columns).clamp(1, MAX_BLOCK);
        let n_blocks = rows.len().div_ceil(most).max(1);
        let block = rows.len().div_ceil(n_blocks).max(1);
        let starts: Vec<usize> = (0..rows.len()).step_by(block).collect();
        let parts = self.tree_parts();
        let mut values = Vec::with_capacity(rows.len() * self.plan.sets.len() * self.ensemble.outputs.len());
        // So many blocks at a time that there is work for all threads.
        for starts in starts.chunks((2 * rayon::current_num_threads()).div_ceil(parts.len())) {
            let explain = |&start: &usize| self.block(rows, start, rows.len().min(start + block), &parts);
            let blocks: Vec<Vec<f64>> = starts.par_iter().map(explain).collect();
            blocks.into_iter().for_each(|block| values.extend(block));
            if progress(values.len() / n_columns).is_break() {
                return Ok(None);
            }
        }
        let full = predictions(self.ensemble, rows);
        check_finite(&values, n_columns)?;
        check_finite(&full, self.ensemble.outputs.len())?;
        Ok(Some(Explanations {
            index: self.plan.index,
            order: self.plan.order,
            mode: if self.background.is_some() { Mode::Interventional } else { Mode::PathDependent },
            n_background: self.background.as_ref().map_or(0, |background| background.columns.n_rows()),
            feature_names: self.ensemble.feature_names.clone(),
            outputs: self.ensemble.outputs.clone(),
            is_probability: self.ensemble.is_probability,
            source: self.ensemble.source.clone(),
            warnings: self.ensemble.warnings.iter().chain(&rows.warnings).cloned().collect(),
            sets: self.plan.sets.clone(),
            values,
            baseline: self.baseline.clone(),
            full,
        }))
    }

    /// The trees in parts. They do not depend on the number of threads, and so the order of sums does not.
    fn tree_parts(&self) -> Vec<std::ops::Range<usize>> {
        let n_trees = self.ensemble.trees.len();
        let n_parts = (n_trees / PART_TREES).clamp(1, TREE_PARTS);
        (0..n_parts).map(|part| part * n_trees / n_parts..(part + 1) * n_trees / n_parts).collect()
    }

    /// The values of some rows, `[rows, outputs, sets]`.
    fn block(&self, rows: &Rows, start: usize, end: usize, parts: &[std::ops::Range<usize>]) -> Vec<f64> {
        let columns = Columns::new(self.ensemble, &self.used, rows, start, end);
        let share_pairs = rows.len() >= SHARED_ROWS;
        let part = |trees: &std::ops::Range<usize>| self.part(&columns, trees.clone(), share_pairs);
        let sums: Vec<Sums> = parts.par_iter().map(part).collect();
        let mut values = Sums::total(sums).by_row();
        let n_sets = self.plan.sets.len();
        if n_sets == 0 {
            return values;
        }
        for row in values.chunks_exact_mut(n_sets * self.ensemble.outputs.len()) {
            for (output, values) in row.chunks_exact_mut(n_sets).enumerate() {
                self.finish(output, values);
            }
        }
        values
    }

    /// What some trees add.
    fn part(&self, columns: &Columns, trees: std::ops::Range<usize>, share_pairs: bool) -> Sums {
        let mut sums = Sums::new(self.ensemble.outputs.len(), self.plan.sets.len(), columns.n_rows());
        let planned = self.ensemble.trees[trees.clone()].iter().zip(&self.plan.trees[trees]);
        match &self.background {
            None => {
                let mut walker = path_dependent::Walker::new(&self.plan, columns);
                planned.for_each(|(tree, plan)| walker.add(tree, plan, &mut sums));
            }
            Some(background) => {
                let mut walker = interventional::Walker::new(&self.plan, columns, &background.columns, share_pairs);
                planned.for_each(|(tree, plan)| walker.add(tree, plan, &background.weights[&plan.longest], &mut sums));
            }
        }
        sums
    }

    /// Adds what does not depend on features, and sums over supersets where the index is such a sum.
    fn finish(&self, output: usize, values: &mut [f64]) {
        if self.plan.has_empty() {
            values[0] += self.plan.constant_weight * self.constants[output];
        }
        if let Some(sums) = &self.plan.aggregate {
            let mut aggregated = vec![0.0; values.len()];
            sums.iter().for_each(|&(to, from, weight)| aggregated[to as usize] += weight * values[from as usize]);
            values.copy_from_slice(&aggregated);
        }
    }
}

fn check(ensemble: &Ensemble) -> Result<()> {
    ensemble.check().map_err(|reason| Error::Request(format!("explain the ensemble: {reason}")))
}

/// For each output the base value, and trees of one leaf.
fn constants(ensemble: &Ensemble) -> Vec<f64> {
    let mut constants = ensemble.base.clone();
    for tree in &ensemble.trees {
        if let NodeKind::Leaf(values) = &tree.nodes()[0].kind {
            constants[tree.outputs()].iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
    }
    constants
}

/// What the ensemble says about rows, `[rows, outputs]`.
fn predictions(ensemble: &Ensemble, rows: &Rows) -> Vec<f64> {
    let starts: Vec<usize> = (0..rows.len()).step_by(MAX_BLOCK).collect();
    let predict = |start: usize| {
        let rows: Vec<&[f64]> = (start..rows.len().min(start + MAX_BLOCK)).map(|at| rows.row(at)).collect();
        ensemble.predict_rows(&rows)
    };
    starts.into_par_iter().flat_map_iter(predict).collect()
}

/// Covers and leaves may be so large that sums leave the range of numbers.
fn check_finite(values: &[f64], per_row: usize) -> Result<()> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(at) => Err(Error::Request(format!(
            "explain row {}: found a value of {}; the covers or leaves of the model are out of the range of numbers",
            at / per_row,
            values[at]
        ))),
    }
}

fn used_features(ensemble: &Ensemble) -> Vec<u32> {
    let features = ensemble.trees.iter().flat_map(Tree::nodes).filter_map(|node| match node.kind {
        NodeKind::Split { feature, .. } => Some(feature),
        NodeKind::Leaf(_) => None,
    });
    let mut used: Vec<u32> = features.collect();
    used.sort_unstable();
    used.dedup();
    used
}

/// Fails with the first node that has no cover. A tree of one leaf needs none.
fn check_covers(tree: &Tree) -> std::result::Result<(), usize> {
    let mut open = vec![0usize];
    while let Some(at) = open.pop() {
        let node = &tree.nodes()[at];
        if let NodeKind::Split { left, right, .. } = node.kind {
            open.extend([left as usize, right as usize]);
        }
        if node.cover.is_nan() && !(at == 0 && matches!(node.kind, NodeKind::Leaf(_))) {
            return Err(at);
        }
    }
    Ok(())
}

/// Adds the mean of a tree by its covers.
fn add_expected(tree: &Tree, at: usize, share: f64, sums: &mut [f64]) {
    let node = &tree.nodes()[at];
    match &node.kind {
        NodeKind::Leaf(values) => sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += share * value),
        NodeKind::Split { left, right, .. } => {
            for child in [*left as usize, *right as usize] {
                let ratio = path_dependent::cover_ratio(node, &tree.nodes()[child]);
                add_expected(tree, child, share * ratio, sums);
            }
        }
    }
}

/// The values of rows, all outputs, compactly.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanations {
    /// Which index.
    pub index: Index,
    /// The largest size of a set.
    pub order: usize,
    /// What happened to features that were out.
    pub mode: Mode,
    /// Number of background rows; none for the path-dependent game.
    pub n_background: usize,
    /// The name of each feature.
    pub feature_names: Vec<String>,
    /// The name of each output.
    pub outputs: Vec<String>,
    /// Whether outputs are probabilities; else they are margins or predictions.
    pub is_probability: bool,
    /// Where the model came from.
    pub source: String,
    /// What a reader must know.
    pub warnings: Vec<String>,
    /// The sets of features that can have a value, by size and then in the order of their features; all others are zero.
    /// The empty set is there if the index gives it a value of its own.
    pub sets: Vec<Vec<u32>>,
    /// `[rows, outputs, sets]`
    pub values: Vec<f64>,
    /// The value of the empty coalition, which is the same for all rows, `[outputs]`.
    pub baseline: Vec<f64>,
    /// The value of the full coalition: what the model says, `[rows, outputs]`.
    pub full: Vec<f64>,
}

impl Explanations {
    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.full.len() / self.outputs.len()
    }

    /// The values of a row and output, `[sets]`.
    pub fn values(&self, row: usize, output: usize) -> &[f64] {
        let start = (row * self.outputs.len() + output) * self.sets.len();
        &self.values[start..start + self.sets.len()]
    }

    /// The attribution of a row and output. Sets whose value is zero are left out.
    pub fn attribution(&self, row: usize, output: usize) -> Attribution {
        let terms = self.sets.iter().zip(self.values(row, output)).filter(|(_, value)| **value != 0.0);
        let terms = terms.map(|(players, &value)| Term { players: players.clone(), value, std_err: Some(0.0) });
        let mut run = serde_json::Map::new();
        run.insert("model".to_owned(), self.source.clone().into());
        run.insert("row".to_owned(), row.into());
        if self.n_background > 0 {
            run.insert("background_rows".to_owned(), self.n_background.into());
        }
        Attribution {
            index: self.index,
            min_order: usize::from(!self.sets.first().is_some_and(Vec::is_empty)),
            max_order: self.order,
            n_players: self.feature_names.len(),
            output: self.outputs[output].clone(),
            link: if self.is_probability { Link::Probability } else { Link::Logit },
            baseline: self.baseline[output],
            full: self.full[row * self.outputs.len() + output],
            kind: Kind::Exact,
            method: self.mode.name().to_owned(),
            seed: 0,
            evaluations: 0,
            terms: terms.collect(),
            player_names: self.feature_names.clone(),
            warnings: self.warnings.clone(),
            run,
        }
    }

    /// The mean over rows of the magnitude and of the value of each set, for an output, `[sets]`.
    pub fn means(&self, output: usize) -> Vec<(f64, f64)> {
        let mut means = vec![(0.0, 0.0); self.sets.len()];
        for row in 0..self.n_rows() {
            for ((magnitude, mean), value) in means.iter_mut().zip(self.values(row, output)) {
                *magnitude += value.abs();
                *mean += value;
            }
        }
        let n_rows = self.n_rows().max(1) as f64;
        means.into_iter().map(|(magnitude, mean)| (magnitude / n_rows, mean / n_rows)).collect()
    }
}
