//! A set of labels on disk: made once, read by many trainings.
//!
//! A folder holds `labels.json`, which says what the labels are of; `partition.npz`; and for each shard of records two tables:
//! `records-00000.parquet` with a row for each record (its signal, and the values of the empty and the full coalition), and
//! `part-00000.parquet` with a row for each label. Each is written beside its place and renamed, the labels last, so that a
//! shard is whole if its labels are there. A run that is broken off loses the shard that it was at, and the same request goes
//! on behind those that are whole.

use std::fmt::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use einthoven_ecg::Record;
use einthoven_game::Partition;
use einthoven_masking::{Progress, Stats};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::description::LabelFolder;
use super::stream::{Labeller, Unlabelled};
use super::{Label, LabelSet, LabelledRecord, ProbeConfig, Role};
use crate::table::{Column, Table};
use crate::{Error, Result};

const PARTITION: &str = "partition.npz";
/// Coalitions of a shard: what a stop may lose.
const ROWS_OF_SHARD: usize = 8192;
/// Records of a shard, at most: 12 MiB of signals.
const MOST_RECORDS: usize = 256;

/// Where records come from.
pub struct Records<'a> {
    /// Of each record, what it is called.
    pub names: Vec<String>,
    /// What else makes them those records and no others, such as the configuration they are drawn by.
    pub origin: String,
    /// Reads one, and prepares it for the model.
    pub read: &'a (dyn Fn(usize) -> Result<Record> + Sync),
}

/// How far the making of labels is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    /// Records that are labelled, those of earlier runs included.
    pub records: usize,
    /// Records to be labelled.
    pub total: usize,
    /// Coalitions that this run has evaluated.
    pub coalitions: usize,
}

/// Hears how far it is, and may stop it.
pub type Report<'a> = dyn FnMut(Made) -> ControlFlow<()> + Send + 'a;

/// What each of so many records is for, a share of them, spread evenly, for validation.
///
/// # Errors
/// If the share is not from 0 to below 1.
pub fn roles(n_records: usize, validation: f64) -> Result<Vec<Role>> {
    if !(0.0..1.0).contains(&validation) {
        let reason = format!("keep a share of {validation} of the records for validation: expected 0 to below 1");
        return Err(Error::Request(reason));
    }
    let before = |index: usize| (index as f64 * validation + 0.5).floor();
    let role = |index: usize| if before(index + 1) > before(index) { Role::Validation } else { Role::Train };
    Ok((0..n_records).map(role).collect())
}

/// Makes the labels of a set, or those that an earlier run has not made; with what the evaluation took.
///
/// # Errors
/// If the folder holds labels of something else, a file cannot be written, a record cannot be read, labelling fails, or
/// `report` stops it.
pub fn make(folder: &Path, labeller: &Labeller<'_>, records: &Records<'_>, report: &mut Report<'_>) -> Result<Stats> {
    let total = records.names.len();
    let description = begin(folder, labeller, records)?;
    let (mut stats, mut made) = (Stats::default(), Made { records: 0, total, coalitions: 0 });
    for shard in 0..total.div_ceil(description.shard) {
        let range = shard * description.shard..total.min((shard + 1) * description.shard);
        let (before, n_records) = (made, range.len());
        if !part(folder, shard).exists() {
            let unlabelled = read(records, range)?;
            let mut progress = |done: usize, of: usize| {
                let records = before.records + n_records * done / of.max(1);
                report(Made { records, coalitions: before.coalitions + done, ..before })
            };
            let labelled = labeller.label(&unlabelled, &mut progress).map_err(|error| interrupted(error, before))?;
            save(folder, shard, labeller, before.records, &labelled.0)?;
            made.coalitions += labelled.1.evaluations as usize;
            stats += labelled.1;
        }
        made.records += n_records;
        if report(made).is_break() && made.records < total {
            return Err(Error::Interrupted { done: made.records, total });
        }
    }
    Ok(stats)
}

/// Checks the labels of a folder on its first records and writes down what was found, unless that was done before.
///
/// # Errors
/// As [`Labeller::check_bias`].
pub fn check_bias(
    folder: &Path,
    labeller: &Labeller<'_>,
    records: &Records<'_>,
    n_records: usize,
    config: &ProbeConfig,
    progress: &mut Progress<'_>,
) -> Result<LabelFolder> {
    let mut description = LabelFolder::load(folder)?;
    let probes = read(records, 0..n_records.min(records.names.len()))?;
    description.bias = Some(labeller.check_bias(&probes, config, progress)?.0);
    description.save(folder)?;
    Ok(description)
}

/// Where a run was broken off, counted in records.
fn interrupted(error: Error, made: Made) -> Error {
    match error {
        Error::Masking(einthoven_masking::Error::Interrupted { .. }) => {
            Error::Interrupted { done: made.records, total: made.total }
        }
        error => error,
    }
}

/// Writes the description, or checks the one that is there.
fn begin(folder: &Path, labeller: &Labeller<'_>, records: &Records<'_>) -> Result<LabelFolder> {
    let (spec, roles) = (labeller.spec(), labeller.roles());
    if records.names.is_empty() || records.names.len() != roles.len() {
        let found = format!("label {} records for a set of {}", records.names.len(), roles.len());
        return Err(Error::Request(format!("{found}: expected as many, and at least one")));
    }
    let most_draws = spec.draws[0].max(spec.draws[1]);
    let asked = LabelFolder {
        spec: spec.clone(),
        records: records.names.len(),
        validation: roles.iter().filter(|role| **role == Role::Validation).count(),
        shard: (ROWS_OF_SHARD / spec.budget.saturating_mul(most_draws).max(1)).clamp(1, MOST_RECORDS),
        sources: digest(records, roles),
        bias: None,
    };
    std::fs::create_dir_all(folder).map_err(|error| Error::write(folder, error))?;
    // A description without labels binds nobody: it may be that of a name misspelt.
    if LabelFolder::is_in(folder) && part(folder, 0).exists() {
        let found = LabelFolder::load(folder)?;
        found.check(&asked, folder)?;
        if Partition::load(&folder.join(PARTITION))? != *labeller.partition() {
            let reason = "its players own other cells; ask for the same, or name another folder".to_owned();
            return Err(Error::File { action: "go on in", path: folder.to_owned(), reason });
        }
        return Ok(found);
    }
    if part(folder, 0).exists() {
        return Err(Error::write(folder, "it holds labels, but no labels.json that says of what; name another folder"));
    }
    labeller.partition().save(&folder.join(PARTITION))?;
    asked.save(folder)?;
    Ok(asked)
}

fn digest(records: &Records<'_>, roles: &[Role]) -> String {
    let mut hash = Sha256::new();
    let mut field = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    };
    field(&records.origin);
    for (name, role) in records.names.iter().zip(roles) {
        field(name);
        field(role.name());
    }
    hash.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("invariant: a string takes what is written");
        hex
    })
}

fn part(folder: &Path, shard: usize) -> PathBuf {
    folder.join(format!("part-{shard:05}.parquet"))
}

fn signals(folder: &Path, shard: usize) -> PathBuf {
    folder.join(format!("records-{shard:05}.parquet"))
}

/// Reads records, several at a time.
fn read(records: &Records<'_>, range: std::ops::Range<usize>) -> Result<Vec<Unlabelled>> {
    let one =
        |index: usize| Ok(Unlabelled { index, name: records.names[index].clone(), record: (records.read)(index)? });
    range.into_par_iter().map(one).collect()
}

/// Writes a shard: the records, then their labels.
fn save(folder: &Path, shard: usize, labeller: &Labeller<'_>, first: usize, labelled: &[LabelledRecord]) -> Result<()> {
    let spec = labeller.spec();
    let column = |cells: &mut dyn FnMut(&LabelledRecord) -> String| Column::Text(labelled.iter().map(cells).collect());
    let mut records = Table::default();
    records.push("record", Column::I64((first..first + labelled.len()).map(|index| index as i64).collect()));
    records.push("name", column(&mut |one| one.name.clone()));
    records.push("role", column(&mut |one| one.role.name().to_owned()));
    records.push("signal", Column::F32Lists(labelled.iter().map(|one| one.signal.clone()).collect()));
    records.push("empty", Column::F64Lists(labelled.iter().map(|one| one.empty.clone()).collect()));
    records.push("full", Column::F64Lists(labelled.iter().map(|one| one.full.clone()).collect()));
    records.notes = vec![("leads".to_owned(), spec.leads.join(",")), ("rate".to_owned(), spec.rate.to_string())];
    records.save(&signals(folder, shard))?;
    let rows = labelled.iter().enumerate().flat_map(|(at, one)| {
        one.labels.iter().enumerate().map(move |(draw, label)| ((first + at) as i64, draw as i64, label))
    });
    let rows: Vec<(i64, i64, &Label)> = rows.collect();
    let mut labels = Table::default();
    labels.push("record", Column::I64(rows.iter().map(|row| row.0).collect()));
    labels.push("draw", Column::I64(rows.iter().map(|row| row.1).collect()));
    labels.push("evaluations", Column::I64(rows.iter().map(|row| row.2.evaluations as i64).collect()));
    labels.push("values", Column::F64Lists(rows.iter().map(|row| row.2.values.clone()).collect()));
    let variances = rows.iter().map(|row| row.2.variances.clone().unwrap_or_default());
    labels.push("variances", Column::F64Lists(variances.collect()));
    labels.push("seed", Column::I64(rows.iter().map(|row| row.2.seed.cast_signed()).collect()));
    labels.push("coalitions", Column::F32Lists(rows.iter().map(|row| row.2.coalitions.clone()).collect()));
    labels.notes = notes(spec);
    labels.save(&part(folder, shard))
}

/// What makes a table of labels say by itself what it holds.
fn notes(spec: &super::LabelSpec) -> Vec<(String, String)> {
    [
        ("values", "[outputs, terms], row after row; variances likewise, or empty where they are unknown".to_owned()),
        (
            "coalitions",
            "values [coalitions, outputs] of the design of this seed, but for the empty and the full one".to_owned(),
        ),
        ("outputs", spec.outputs.join(",")),
        ("terms", spec.term_names().join(",")),
        ("index", spec.index.to_string()),
        ("method", spec.method.clone()),
        ("link", spec.link.to_string()),
        ("model", spec.model.clone()),
    ]
    .map(|(name, text)| (name.to_owned(), text))
    .to_vec()
}

impl LabelSet {
    /// Reads a folder of labels.
    ///
    /// # Errors
    /// If a file is missing, which a run that was broken off leaves behind, or does not hold what `labels.json` says.
    pub fn load(folder: &Path) -> Result<Self> {
        let LabelFolder { spec, records: total, shard, bias, .. } = LabelFolder::load(folder)?;
        let partition = Partition::load(&folder.join(PARTITION))?;
        if partition.names() != spec.player_names {
            return Err(Error::read(&folder.join(PARTITION), "its players are not those of labels.json"));
        }
        let n_shards = total.div_ceil(shard.max(1));
        let whole = (0..n_shards).take_while(|&at| part(folder, at).exists()).count();
        if whole < n_shards {
            let reason = format!("{whole} of {n_shards} shards are there; `einthoven amortize labels` goes on");
            return Err(Error::read(folder, reason));
        }
        let mut records = Vec::with_capacity(total);
        for shard in 0..n_shards {
            records.extend(load_shard(folder, shard, &spec, records.len())?);
        }
        if records.len() != total {
            return Err(Error::read(folder, format!("expected {total} records, found {}", records.len())));
        }
        Ok(Self { spec, partition, records, bias })
    }
}

/// The records of a shard with their labels; the first is that of number `first` of the set.
fn load_shard(folder: &Path, shard: usize, spec: &super::LabelSpec, first: usize) -> Result<Vec<LabelledRecord>> {
    let path = signals(folder, shard);
    let wrong = |column: &str, expected: String| Error::read(&path, format!("column `{column}`: expected {expected}"));
    let mut table = Table::load(&path)?;
    let (names, roles) = (table.take_text("name")?, table.take_text("role")?);
    let (signals, cells) = (table.take_f32_lists("signal")?, spec.leads.len() * spec.n_samples);
    if signals.iter().any(|signal| signal.len() != cells || signal.iter().any(|sample| !sample.is_finite())) {
        return Err(wrong("signal", format!("{cells} finite samples")));
    }
    let (empty, full) = (table.take_f64_lists("empty")?, table.take_f64_lists("full")?);
    for (name, ends) in [("empty", &empty), ("full", &full)] {
        if !ends.iter().all(|values| fits(values, spec.outputs.len())) {
            return Err(wrong(name, format!("{} finite numbers", spec.outputs.len())));
        }
    }
    let mut labelled = Vec::with_capacity(names.len());
    let cells = names.into_iter().zip(roles).zip(signals).zip(empty.into_iter().zip(full));
    for (((name, role), signal), (empty, full)) in cells {
        let role = Role::named(&role).ok_or_else(|| wrong("role", "train or validation".to_owned()))?;
        labelled.push(LabelledRecord { name, role, signal, empty, full, labels: Vec::new() });
    }
    load_labels(&part(folder, shard), spec, first, &mut labelled)?;
    Ok(labelled)
}

/// Gives the records of a shard their labels.
fn load_labels(path: &Path, spec: &super::LabelSpec, first: usize, labelled: &mut [LabelledRecord]) -> Result<()> {
    let wrong = |column: &str, expected: String| Error::read(path, format!("column `{column}`: expected {expected}"));
    let mut table = Table::load(path)?;
    let (records, evaluations) = (table.take_i64("record")?, table.take_i64("evaluations")?);
    let (values, variances) = (table.take_f64_lists("values")?, table.take_f64_lists("variances")?);
    let (seeds, coalitions) = (table.take_i64("seed")?, table.take_f32_lists("coalitions")?);
    let cells = records.into_iter().zip(evaluations).zip(values).zip(variances).zip(seeds).zip(coalitions);
    for (((((record, evaluations), values), variances), seed), coalitions) in cells {
        if !fits(&values, spec.n_values()) {
            return Err(wrong("values", format!("{} finite numbers", spec.n_values())));
        }
        if !variances.is_empty() && !fits(&variances, spec.n_values()) {
            return Err(wrong("variances", format!("none, or {} finite numbers", spec.n_values())));
        }
        let variances = (!variances.is_empty()).then_some(variances);
        let at = usize::try_from(record).ok().and_then(|record| record.checked_sub(first));
        let one =
            at.and_then(|at| labelled.get_mut(at)).ok_or_else(|| wrong("record", "a record of the shard".into()))?;
        let evaluations = usize::try_from(evaluations).map_err(|_| wrong("evaluations", "a count".to_owned()))?;
        let expected = evaluations.saturating_sub(2) * spec.outputs.len();
        if coalitions.len() != expected || coalitions.iter().any(|value| !value.is_finite()) {
            return Err(wrong("coalitions", format!("{expected} finite numbers")));
        }
        one.labels.push(Label { values, variances, evaluations, seed: seed.cast_unsigned(), coalitions });
    }
    let draws = |role: Role| spec.draws[usize::from(role == Role::Validation)];
    match labelled.iter().find(|one| one.labels.len() != draws(one.role)) {
        Some(one) => Err(wrong("record", format!("{} labels of {}", draws(one.role), one.name))),
        None => Ok(()),
    }
}

fn fits(values: &[f64], length: usize) -> bool {
    values.len() == length && values.iter().all(|value| value.is_finite())
}
