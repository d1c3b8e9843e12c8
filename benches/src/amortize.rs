//! What the measurements of amortization share: labels in memory, truths, and relative errors.

use std::ops::ControlFlow;
use std::time::Instant;

use anyhow::{Context, Result};
use burn::tensor::Device;
use einthoven::amortize::label::{
    LabelConfig, LabelMethod, LabelRequest, LabelSet, LabelledRecord, Labeller, Role, Unlabelled,
};
use einthoven::amortize::{Amortized, TrainingConfig, train};
use einthoven::ecg::STANDARD;
use einthoven::ecg::synth::DatasetConfig;
use einthoven::game::{Coalitions, Partition, Values};
use einthoven::masking::{MaskedModel, Options, PlacedModel};
use einthoven::model::{Source, Split};
use einthoven::{BatchModel, Classifier, Method, Record};
use rayon::prelude::*;

/// Records that are evaluated at once.
const BLOCK: usize = 64;

/// A model with its players.
pub struct Setting<'a> {
    /// The model.
    pub model: &'a dyn BatchModel,
    /// The same, on the CPU.
    pub placed: PlacedModel,
    /// Who plays.
    pub partition: Partition,
    /// How records are masked.
    pub options: Options,
}

impl<'a> Setting<'a> {
    /// On the CPU, from zero, in logits.
    pub fn new(model: &'a dyn BatchModel, partition: Partition) -> Self {
        let placed = PlacedModel::new(model, &[Device::flex()]);
        Self { model, placed, partition, options: Options::default() }
    }

    /// Labels of records, the first `n_train` of them for training; with the seconds and coalitions they took.
    pub fn labels(
        &self,
        method: LabelMethod,
        budget: usize,
        draws: [usize; 2],
        records: &[Record],
        n_train: usize,
        force: bool,
    ) -> Result<(LabelSet, f64, f64)> {
        let roles: Vec<Role> =
            (0..records.len()).map(|at| if at < n_train { Role::Train } else { Role::Validation }).collect();
        let config = LabelConfig { method, budget, seed: 7, draws, force };
        let names = ["players of the measurement", "zero"];
        let labeller = Labeller::new(&self.placed, &self.partition, &self.options, &config, names, roles)?;
        let all = records.iter().enumerate();
        let all: Vec<Unlabelled> = all
            .map(|(index, record)| Unlabelled { index, name: record.name.clone(), record: record.clone() })
            .collect();
        let clock = Instant::now();
        let (records, stats) = labeller.label(&all, &mut |_, _| ControlFlow::Continue(()))?;
        let seconds = clock.elapsed().as_secs_f64();
        let set = LabelSet { spec: labeller.spec().clone(), partition: self.partition.clone(), records, bias: None };
        Ok((set, seconds, stats.evaluations as f64))
    }

    /// Estimates of records by a method at a budget, each `[outputs * players]`.
    pub fn estimates(&self, method: Method, budget: usize, seed: u64, records: &[Record]) -> Result<Vec<Vec<f64>>> {
        self.of_terms(LabelMethod::Values(method), budget, seed, records)
    }

    /// Estimates of records, players alone or with pairs, each `[outputs * terms]`.
    pub fn of_terms(&self, method: LabelMethod, budget: usize, seed: u64, records: &[Record]) -> Result<Vec<Vec<f64>>> {
        let n_players = self.partition.n_players();
        let mut all = Vec::with_capacity(records.len());
        for (block, records) in records.chunks(BLOCK).enumerate() {
            let seed = |at: usize| seed * 1_000_003 + (block * BLOCK + at) as u64;
            let tree = self.partition.tree();
            let request = |at: usize| LabelRequest { n_players, budget, seed: seed(at), tree };
            let designs = (0..records.len()).into_par_iter().map(|at| method.design(&request(at)));
            let designs = designs.collect::<einthoven::amortize::Result<Vec<_>>>()?;
            let values = self.values(records, &designs.iter().map(|design| &design.rows).collect::<Vec<_>>())?;
            let estimate = |at: usize| Ok(method.estimate(&request(at), &designs[at], &values[at])?.0.values);
            all.extend((0..records.len()).into_par_iter().map(estimate).collect::<Result<Vec<_>>>()?);
        }
        Ok(all)
    }

    /// The values of each record's coalitions.
    pub fn values(&self, records: &[Record], lists: &[&Coalitions]) -> Result<Vec<Values>> {
        let games: Vec<_> = records.iter().map(|record| (record, &self.partition)).collect();
        let masked = MaskedModel::on(&self.placed, &games, &self.options)?;
        Ok(masked.evaluate_all(lists, &mut |_, _| ControlFlow::Continue(()))?.values)
    }

    /// Trains on labels, quietly.
    pub fn train(&self, config: &TrainingConfig, set: &LabelSet) -> Result<Amortized> {
        let go_on = &mut |_| ControlFlow::Continue(());
        let trained = train(config, set, self.model, &self.options, &Device::flex(), go_on)?;
        trained.ok_or_else(|| anyhow::anyhow!("training was broken off"))
    }

    /// Values and standard errors of records by an explainer.
    pub fn apply(&self, explainer: &Amortized, records: &[Record]) -> Result<Vec<einthoven::amortize::Explained>> {
        let opened = explainer.open(self.model, self.options.clone(), &Device::flex())?;
        let records: Vec<&Record> = records.iter().collect();
        let mut all = Vec::with_capacity(records.len());
        for records in records.chunks(256) {
            all.extend(opened.explain(records, &mut |_, _| ControlFlow::Continue(()))?);
        }
        Ok(all)
    }
}

/// The set with fewer training records, and fewer labels of each.
pub fn part_of(set: &LabelSet, n_train: usize, draws: usize) -> LabelSet {
    let mut left = n_train;
    let keep = |record: &LabelledRecord| {
        let mut record = record.clone();
        if record.role == Role::Train {
            left = left.checked_sub(1)?;
            record.labels.truncate(draws);
        }
        Some(record)
    };
    let mut spec = set.spec.clone();
    spec.draws[0] = draws.min(spec.draws[0]);
    let records = set.records.iter().filter_map(keep).collect();
    LabelSet { spec, partition: set.partition.clone(), records, bias: None }
}

/// Records with two independent estimates of their true values.
pub struct Truth {
    /// The records.
    pub records: Vec<Record>,
    /// `[records][values]`, from paired KernelSHAP and from permutations.
    pub values: [Vec<Vec<f64>>; 2],
}

impl Truth {
    /// Estimates the values twice at a budget.
    pub fn new(setting: &Setting<'_>, records: Vec<Record>, budget: usize) -> Result<Self> {
        let values = [
            setting.estimates(Method::Kernel, budget, 99, &records)?,
            setting.estimates(Method::Permutation, budget, 100, &records)?,
        ];
        Ok(Self { records, values })
    }

    /// Values that are known exactly.
    pub fn exact(records: Vec<Record>, values: Vec<Vec<f64>>) -> Self {
        Self { records, values: [values.clone(), values] }
    }

    /// Squared error of estimates as a share of the truths' spread over records: products of the differences from the one truth and
    /// from the other, so that the error of neither is in it.
    pub fn error(&self, estimates: &[Vec<f64>]) -> f64 {
        let [first, second] = &self.values;
        let centres = [mean(first), mean(second)];
        let n = first.len() as f64;
        let (mut error, mut spread) = (0.0, 0.0);
        for ((estimate, a), b) in estimates.iter().zip(first).zip(second) {
            for (at, value) in estimate.iter().enumerate() {
                error += (value - a[at]) * (value - b[at]);
                spread += (a[at] - centres[0][at]) * (b[at] - centres[1][at]) * n / (n - 1.0);
            }
        }
        error / spread
    }

    /// The mean of both.
    pub fn best(&self) -> Vec<Vec<f64>> {
        let pairs = self.values[0].iter().zip(&self.values[1]);
        pairs.map(|(a, b)| a.iter().zip(b).map(|(a, b)| (a + b) / 2.0).collect()).collect()
    }

    /// The mean square of the two truths' differences, a quarter of which is the error of their mean, as a share of the spread.
    pub fn disagreement(&self) -> f64 {
        let best = self.best();
        let centre = mean(&best);
        let square = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        let apart: f64 = self.values[0].iter().zip(&self.values[1]).map(|(a, b)| square(a, b)).sum();
        apart / best.iter().map(|truth| square(truth, &centre)).sum::<f64>()
    }
}

/// The mean over records.
pub fn mean(rows: &[Vec<f64>]) -> Vec<f64> {
    let n = rows.len() as f64;
    (0..rows[0].len()).map(|at| rows.iter().map(|row| row[at]).sum::<f64>() / n).collect()
}

/// The budget at which errors that fall with budgets reach `error`, on straight lines between logarithms; beyond the ends the
/// error falls as one over the budget.
pub fn budget_for(curve: &[(f64, f64)], error: f64) -> f64 {
    let (first, last) = (curve[0], curve[curve.len() - 1]);
    if error >= first.1 {
        return first.0 * first.1 / error;
    }
    for pair in curve.windows(2) {
        let [(x0, y0), (x1, y1)] = [pair[0], pair[1]];
        if y1 <= error {
            let share = (y0 / error).ln() / (y0 / y1).ln();
            return x0 * (x1 / x0).powf(share);
        }
    }
    last.0 * last.1 / error
}

/// Prepared synthetic records of a split.
pub fn synthetic(model: &Classifier, split: Split, n: usize) -> Result<Vec<Record>> {
    let of_split = if split == Split::Train { n } else { 8 * n };
    let source = Source::Synthetic(DatasetConfig { n: of_split, seed: 11, ..DatasetConfig::default() });
    let preparation = &model.card().preparation;
    let data = source.load(split, preparation, &mut |_, _| ControlFlow::Continue(()))?.context("records")?;
    let leads = STANDARD.map(String::from).to_vec();
    let record = |at: usize| {
        Record::new(format!("{}-{at}", split.name()), preparation.rate, leads.clone(), data.record(at).to_vec())
    };
    Ok((0..data.len()).map(record).collect())
}
