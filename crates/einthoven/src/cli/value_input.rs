//! The points that `einthoven value` is about: from a file, or records by the features of a model.

use std::collections::BTreeMap;
use std::path::Path;

use einthoven::amortize::value::{NamedPoints, penultimate};
use einthoven::model::CpuNetwork;
use einthoven::{BatchModel, Classifier, Error, Explainer, Result, Settings};
use indicatif::ProgressBar;

use super::args::Input;
use super::synth::file_error;
use super::value_args::Value;
use super::{records, stop};

/// Records that go through the model together.
const BATCH: usize = 64;

/// The points of the command line, some of them held out.
pub fn points(args: &Value) -> Result<NamedPoints> {
    let named = match (&args.data, &args.labels) {
        (Some(path), _) => NamedPoints::load(path)?,
        (None, Some(labels)) => embedded(args, &classes(labels)?)?,
        (None, None) => return Err(Error::Usage("value points: give DATA, or --embed and --labels".to_owned())),
    };
    Ok(named.hold_out(args.hold_out, args.seed)?)
}

/// The class of each record of a table.
fn classes(path: &Path) -> Result<BTreeMap<String, String>> {
    let wrong = |reason: String| file_error("read", path, reason);
    let text = std::fs::read_to_string(path).map_err(|error| file_error("read", path, error))?;
    let mut rows =
        text.lines().map(|line| line.split(',').map(|cell| cell.trim().trim_matches('"')).collect::<Vec<_>>());
    let header = rows.next().unwrap_or_default();
    let column = |names: &[&str]| header.iter().position(|column| names.contains(column));
    let (Some(record), Some(class)) = (column(&["record"]), column(&["superclasses", "label"])) else {
        return Err(wrong("expected a header with the columns `record` and `superclasses` or `label`".to_owned()));
    };
    let mut found = BTreeMap::new();
    for (at, row) in rows.enumerate().filter(|(_, row)| row.len() > 1) {
        let (Some(record), Some(class)) = (row.get(record), row.get(class)) else {
            return Err(wrong(format!("row {}: expected {} cells, found {}", at + 1, header.len(), row.len())));
        };
        if let Some(first) = class.split('|').next().filter(|first| !first.is_empty()) {
            found.insert((*record).to_owned(), first.to_owned());
        }
    }
    match found.is_empty() {
        true => Err(wrong("no record in it has a class".to_owned())),
        false => Ok(found),
    }
}

/// Records that have a class, by what the last layer of the model reads.
fn embedded(args: &Value, classes: &BTreeMap<String, String>) -> Result<NamedPoints> {
    let classifier = records::classifier(&args.model)?;
    let explainer =
        Explainer::classifier(&classifier, Settings { devices: vec!["cpu".parse()?], ..Settings::default() })?;
    let input =
        Input { records: args.embed.clone(), rate: None, units: None, leads: None, start: 0.0, no_filter: false };
    let (sources, _) = records::sources(&input)?;
    let stem = |name: &str| name.rsplit(['/', '\\']).next().unwrap_or(name).to_owned();
    let labelled: Vec<_> =
        sources.iter().filter_map(|s| Some((s, classes.get(&s.name).or(classes.get(&stem(&s.name)))?))).collect();
    if labelled.len() < sources.len() {
        eprintln!("{} of {} records have no class and are left out", sources.len() - labelled.len(), sources.len());
    }
    let bar = ProgressBar::new(labelled.len() as u64);
    let (mut signals, mut features) = (Vec::new(), Vec::new());
    let network = features_of(&classifier)?;
    for (at, (source, _)) in labelled.iter().enumerate() {
        if stop::asked().is_break() {
            return Err(Error::Interrupted);
        }
        let (record, _) = source.read(&input)?;
        signals.extend_from_slice(explainer.prepare(&record)?.signal());
        if (at + 1) % BATCH == 0 || at + 1 == labelled.len() {
            features.extend(network.logits(&signals).into_iter().map(f64::from));
            signals.clear();
        }
        bar.set_position(at as u64 + 1);
    }
    bar.finish_and_clear();
    let width = network.network().shape(network.network().output())[0];
    let (names, labels): (Vec<_>, Vec<_>) =
        labelled.iter().map(|(source, class)| (source.name.clone(), (*class).clone())).unzip();
    Ok(NamedPoints::new(width, features, names, &labels)?)
}

/// The part of the model before its last layer.
fn features_of(classifier: &Classifier) -> Result<CpuNetwork> {
    let layers = classifier.layers();
    let network = layers.ok_or_else(|| Error::Usage("embed records: the model does not name its layers".to_owned()))?;
    Ok(CpuNetwork::new(&penultimate(network)?))
}
