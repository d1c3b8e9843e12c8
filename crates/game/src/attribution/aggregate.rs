//! Attributions of many records as one.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::arithmetic::of_magnitudes;
use super::{Attribution, Term};
use crate::{Error, Kind, Result, student};

/// What is made of a term's values over records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregation {
    /// Their mean.
    Mean,
    /// The mean of their magnitudes, "global importance".
    MeanAbs,
}

impl Aggregation {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Mean, Self::MeanAbs];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::MeanAbs => "mean-abs",
        }
    }

    fn of(self, value: f64) -> f64 {
        match self {
            Self::Mean => value,
            Self::MeanAbs => value.abs(),
        }
    }
}

impl FromStr for Aggregation {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|how| how.name().eq_ignore_ascii_case(name)).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Error::Request(format!("aggregate by `{name}`: there is no such way; there are {names}"))
        })
    }
}

/// Of one term: the sum over the records that have it, their number, and the sum of squared deviations from the mean.
#[derive(Default)]
struct Moments {
    sum: f64,
    count: usize,
    squares: f64,
}

impl Attribution {
    /// Aggregates over records, `[records][outputs]`: one attribution per output. All records must have the same
    /// outputs, players, index, link and orders; a term that a record has left out is zero there, so parts of
    /// attributions ([`Attribution::left_out`]) are refused.
    ///
    /// The standard error of a term says how far its mean over these records may be from the mean over all records like
    /// them: the spread between records over the root of their number, larger by Student's factor, so that the value
    /// plus and minus 1.96 of it is an interval of 95 %. What estimates of single records are off by is part of that
    /// spread. One record says nothing of it, and has none. Baseline and full value are means, evaluations add up, and
    /// the weakest `kind` holds; magnitudes of unbiased estimates are merely consistent.
    pub fn aggregate(records: &[Vec<Self>], how: Aggregation) -> Result<Vec<Self>> {
        let Some(first) = records.first() else {
            return Err(Error::Request("aggregate attributions: there is no record".to_owned()));
        };
        if let Some(at) = records.iter().position(|record| record.len() != first.len()) {
            let (expected, found) = (first.len(), records[at].len());
            return Err(Error::Request(format!(
                "aggregate attributions: expected the {expected} outputs of the first record, record {at} has {found}"
            )));
        }
        (0..first.len()).map(|output| aggregate_output(records, output, how)).collect()
    }
}

fn aggregate_output(records: &[Vec<Attribution>], output: usize, how: Aggregation) -> Result<Attribution> {
    let records: Vec<&Attribution> = records.iter().map(|record| &record[output]).collect();
    let first = records[0];
    for (at, record) in records.iter().enumerate() {
        let same_output = || format!("expected the same output, found {} and {}", first.output, record.output);
        let fits = if record.output == first.output { first.check_fits(record) } else { Err(same_output()) };
        fits.map_err(|reason| Error::Request(format!("aggregate record {at} with the first one: {reason}")))?;
    }
    let n = records.len() as f64;
    let mean = |of: fn(&Attribution) -> f64| records.iter().map(|record| of(record)).sum::<f64>() / n;
    let mut found = first.with_terms(mean_terms(&records, how));
    found.baseline = mean(|record| record.baseline);
    found.full = mean(|record| record.full);
    found.kind = records.iter().map(|record| record.kind).max().unwrap_or(Kind::Exact);
    if how == Aggregation::MeanAbs {
        found.kind = of_magnitudes(found.kind);
    }
    found.evaluations = records.iter().map(|record| record.evaluations).sum();
    let mut methods: Vec<&str> = Vec::new();
    for record in &records {
        if !methods.contains(&record.method.as_str()) {
            methods.push(&record.method);
        }
    }
    found.method = methods.join(", ");
    found.warnings = warnings(&records, how);
    found.run.retain(|key, _| key == "top_order");
    found.run.insert("aggregate".to_owned(), how.name().into());
    found.run.insert("records".to_owned(), records.len().into());
    Ok(found)
}

/// The mean of each term that a record has, with its standard error.
fn mean_terms(records: &[&Attribution], how: Aggregation) -> Vec<Term> {
    let n = records.len() as f64;
    let mut moments: BTreeMap<(usize, &[u32]), Moments> = BTreeMap::new();
    for term in records.iter().flat_map(|record| &record.terms) {
        let moments = moments.entry(term.key()).or_default();
        moments.sum += how.of(term.value);
        moments.count += 1;
    }
    for term in records.iter().flat_map(|record| &record.terms) {
        let moments = moments.entry(term.key()).or_default();
        moments.squares += (how.of(term.value) - moments.sum / n).powi(2);
    }
    let term = |((_, players), moments): ((usize, &[u32]), Moments)| {
        let mean = moments.sum / n;
        let squares = moments.squares + (records.len() - moments.count) as f64 * mean.powi(2);
        let variance = squares / (n * (n - 1.0)) * student::variance_factor(records.len() - 1);
        Term { players: players.to_vec(), value: mean, std_err: (records.len() > 1).then(|| variance.sqrt()) }
    };
    moments.into_iter().map(term).collect()
}

/// What the numbers are, then each warning of a record once, with how many records have it.
fn warnings(records: &[&Attribution], how: Aggregation) -> Vec<String> {
    let of = if how == Aggregation::MeanAbs { "magnitudes in " } else { "" };
    let errors =
        if records.len() > 1 { "standard errors are those of the mean over records" } else { "no standard errors" };
    let mut found = vec![format!("mean of {of}{} records; {errors}", records.len())];
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for warning in records.iter().flat_map(|record| &record.warnings) {
        match counts.iter_mut().find(|(known, _)| known == warning) {
            Some((_, count)) => *count += 1,
            None => counts.push((warning, 1)),
        }
    }
    found.extend(counts.iter().map(|(text, count)| format!("in {count} of {} records: {text}", records.len())));
    found
}
