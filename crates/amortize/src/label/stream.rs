//! One stream over records and coalitions.
//!
//! A label takes a dozen coalitions, too few to fill a device. So the coalitions of many records go through the masked engine
//! together: one dispatch holds rows of many records. Each label has a design of its own, drawn from a seed of its own, so
//! that no two labels of a record share a draw: the one it is fitted on says nothing of the one it is judged by. The empty
//! and the full coalition, which every label needs, are evaluated once for each record.

use einthoven_ecg::Record;
use einthoven_game::{Coalitions, Design, Kind, Partition, Values, rng};
use einthoven_masking::{Baseline, MaskedModel, Options, PlacedModel, Progress, Stats};
use rand::RngExt;

use super::method::{LabelMethod, LabelRequest};
use super::{LabelSpec, LabelledRecord, Role};
use crate::{Error, Result};

/// Rows that are evaluated at once, at most; a background baseline multiplies them.
const MOST_ROWS: usize = 16_384;

/// Which labels are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelConfig {
    /// The estimator.
    pub method: LabelMethod,
    /// Coalitions that a label may cost, the empty and the full one included.
    pub budget: usize,
    /// Seed of all designs.
    pub seed: u64,
    /// Independent labels of each training and of each validation record; of the latter at least two.
    pub draws: [usize; 2],
    /// Whether labels that are not right on average are made all the same.
    pub force: bool,
}

/// A record to be labelled.
#[derive(Clone, Debug)]
pub struct Unlabelled {
    /// Its place in the set, which names its designs and says what it is for.
    pub index: usize,
    /// Where it comes from.
    pub name: String,
    /// The record, prepared for the model.
    pub record: Record,
}

/// A model, its players, and the labels of a set of records that are made of them.
pub struct Labeller<'a> {
    model: &'a PlacedModel,
    partition: &'a Partition,
    options: &'a Options,
    spec: LabelSpec,
    method: LabelMethod,
    /// Of each record of the set.
    roles: Vec<Role>,
}

impl<'a> Labeller<'a> {
    /// Labels of a model's outputs, for records with these roles. `players` and `baseline` are what the command line calls
    /// partition and baseline.
    ///
    /// # Errors
    /// If the budget is too small, the method does not estimate its index, the labels are biased and not forced, or there are
    /// fewer than one label of a training and two of a validation record.
    pub fn new(
        model: &'a PlacedModel,
        partition: &'a Partition,
        options: &'a Options,
        config: &LabelConfig,
        [players, baseline]: [&str; 2],
        roles: Vec<Role>,
    ) -> Result<Self> {
        let &LabelConfig { budget, seed, draws, force, .. } = config;
        if draws[0] < 1 || draws[1] < 2 {
            let reason = format!(
                "make {} labels of a training and {} of a validation record: expected at least 1 and 2",
                draws[0], draws[1]
            );
            return Err(Error::Request(reason));
        }
        let n_players = partition.n_players();
        let request = LabelRequest { n_players, budget, seed, tree: partition.tree() };
        let method = config.method.resolve(&request)?;
        let seeds = roles.iter().enumerate().flat_map(|(index, &role)| draw_seeds(seed, role, index, draws));
        let kind = method.kind(&request, &seeds.collect::<Vec<_>>())?;
        method.check_kind(kind, force)?;
        let known = model.spec();
        let spec = LabelSpec {
            model: known.fingerprint.clone(),
            outputs: known.outputs.clone(),
            leads: known.leads.clone(),
            n_samples: known.n_samples,
            rate: known.rate,
            players: players.to_owned(),
            player_names: partition.names().to_vec(),
            terms: method.terms(n_players),
            index: method.index(),
            method: method.name().to_owned(),
            budget,
            kind,
            link: options.link,
            baseline: baseline.to_owned(),
            seed,
            draws,
        };
        Ok(Self { model, partition, options, spec, method, roles })
    }

    /// What the labels are of.
    pub fn spec(&self) -> &LabelSpec {
        &self.spec
    }

    /// Who owns which cell.
    pub fn partition(&self) -> &Partition {
        self.partition
    }

    /// The estimator; never `auto`.
    pub fn method(&self) -> LabelMethod {
        self.method
    }

    /// What each record of the set is for.
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// Labels of records, as many as their roles ask for, and what the evaluation took; `progress` hears how many of how many
    /// coalitions are done and may break off.
    ///
    /// # Errors
    /// If a record does not fit the model, the model fails, a label is less than the set says of its bias, or `progress` stops
    /// it.
    pub fn label(&self, records: &[Unlabelled], progress: &mut Progress<'_>) -> Result<(Vec<LabelledRecord>, Stats)> {
        let asked: Vec<Asked> = records.iter().map(|record| self.ask(record.index)).collect::<Result<_>>()?;
        let mut stats = Stats::default();
        let mut labelled = Vec::with_capacity(records.len());
        self.evaluate(records, &asked, &mut stats, progress, &mut |at, values| {
            labelled.push(self.labelled(&records[at], &asked[at], values)?);
            Ok(())
        })?;
        Ok((labelled, stats))
    }

    /// Evaluates the coalitions of records, many records at once; `take` is given the values of each record in turn.
    pub(super) fn evaluate(
        &self,
        records: &[Unlabelled],
        asked: &[Asked],
        stats: &mut Stats,
        progress: &mut Progress<'_>,
        take: &mut dyn FnMut(usize, &Values) -> Result<()>,
    ) -> Result<()> {
        let total: usize = asked.iter().map(|asked| asked.rows.len()).sum();
        let (mut start, mut before) = (0, 0);
        while start < records.len() {
            let end = start + self.block(&asked[start..]);
            let games: Vec<_> = records[start..end].iter().map(|one| (&one.record, self.partition)).collect();
            let masked = MaskedModel::on(self.model, &games, self.options)?;
            let lists: Vec<&Coalitions> = asked[start..end].iter().map(|asked| &asked.rows).collect();
            let evaluation = masked.evaluate_all(&lists, &mut |done, _| progress(before + done, total))?;
            *stats += evaluation.stats;
            for (at, values) in evaluation.values.iter().enumerate() {
                before += values.len();
                take(start + at, values)?;
            }
            start = end;
        }
        Ok(())
    }

    /// How many records go to the model at once: as many as have so many rows together, and fit into a quarter of the memory.
    fn block(&self, asked: &[Asked]) -> usize {
        let cells = self.spec.leads.len() * self.spec.n_samples;
        let maps = match &self.options.baseline {
            Baseline::Background(values) => (values.len() / cells).max(1),
            _ => 1,
        };
        let by_memory = (self.options.memory / 4 / (16 * cells)).max(1);
        let mut rows = 0;
        let fitting = asked.iter().take(by_memory).take_while(|asked| {
            rows += asked.rows.len() * maps;
            rows <= MOST_ROWS
        });
        fitting.count().max(1)
    }

    pub(super) fn request(&self, budget: usize, seed: u64) -> LabelRequest<'_> {
        LabelRequest { n_players: self.partition.n_players(), budget, seed, tree: self.partition.tree() }
    }

    /// The designs of a record.
    fn ask(&self, index: usize) -> Result<Asked> {
        let seeds = draw_seeds(self.spec.seed, self.roles[index], index, self.spec.draws);
        let requests = seeds.into_iter().map(|seed| (self.method, self.request(self.spec.budget, seed)));
        Asked::new(self.partition.n_players(), requests)
    }

    /// The labels of a record from its values.
    fn labelled(&self, record: &Unlabelled, asked: &Asked, values: &Values) -> Result<LabelledRecord> {
        let labels = (0..asked.designs.len()).map(|at| {
            let request = self.request(self.spec.budget, asked.designs[at].0);
            let (label, kind) = self.method.estimate(&request, &asked.designs[at].1, &asked.values(at, values)?)?;
            self.check_label(&record.name, kind)?;
            Ok(label)
        });
        Ok(LabelledRecord {
            labels: labels.collect::<Result<_>>()?,
            name: record.name.clone(),
            role: self.roles[record.index],
            signal: record.record.signal().to_vec(),
            empty: values.row(0).to_vec(),
            full: values.row(1).to_vec(),
        })
    }

    /// Refuses a label that is less than the set says of all.
    fn check_label(&self, name: &str, kind: Kind) -> Result<()> {
        if kind <= self.spec.kind {
            return Ok(());
        }
        Err(Error::Request(format!(
            "label {name}: its draws leave a stratum empty, and its values are biased, which those of the first records were not; \
             use a larger budget"
        )))
    }
}

/// Coalitions of a record on their way to the model: those of several designs, the empty and the full one once.
pub(super) struct Asked {
    /// With their seeds.
    pub designs: Vec<(u64, Design)>,
    rows: Coalitions,
}

impl Asked {
    /// The designs of some requests, and their rows one behind the other.
    pub fn new<'a>(n_players: usize, requests: impl Iterator<Item = (LabelMethod, LabelRequest<'a>)>) -> Result<Self> {
        let mut rows = Coalitions::new(n_players);
        rows.push_empty();
        rows.push_full();
        let mut designs = Vec::new();
        for (method, request) in requests {
            let design = method.design(&request)?;
            design.rows.iter().skip(2).for_each(|row| rows.push_words(row.words()));
            designs.push((request.seed, design));
        }
        Ok(Self { designs, rows })
    }

    /// The values of a design out of those of all rows.
    pub fn values(&self, at: usize, all: &Values) -> Result<Values> {
        let n_outputs = all.n_outputs();
        let own = |design: &Design| design.rows.len() - 2;
        let first = 2 + self.designs[..at].iter().map(|(_, design)| own(design)).sum::<usize>();
        let range = first * n_outputs..(first + own(&self.designs[at].1)) * n_outputs;
        let values = [&all.as_slice()[..2 * n_outputs], &all.as_slice()[range]].concat();
        Ok(Values::new(n_outputs, values, all.fingerprint.clone())?)
    }
}

impl LabelledRecord {
    /// Distinct coalitions that its labels cost together: the empty and the full one are evaluated once.
    pub fn evaluations(&self) -> usize {
        let own: usize = self.labels.iter().map(|label| label.evaluations.saturating_sub(2)).sum();
        own + 2
    }
}

/// The seeds of a record's labels: all different, and none of a training record's is one of a validation record's. More draws
/// begin with those of fewer.
fn draw_seeds(seed: u64, role: Role, index: usize, [train, validation]: [usize; 2]) -> Vec<u64> {
    let (purpose, n_draws) = match role {
        Role::Train => ("labels to fit", train),
        Role::Validation => ("labels to judge by", validation),
    };
    let mut rng = rng::stream(seed, purpose, index as u64);
    (0..n_draws).map(|_| rng.random()).collect()
}
