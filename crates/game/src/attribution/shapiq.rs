//! shapiq's `InteractionValues` as JSON, in the layout of shapiq 1.8: one file per output.
//!
//! shapiq keeps index, orders, numbers of players, baseline, budget and values; what else an attribution holds stands
//! in the file's `parameters`, under `einthoven`, which shapiq reads over. Keys of terms are their players with commas,
//! and `Empty` for none.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Attribution, Term};
use crate::{Error, Index, Kind, Link, Result, file};

/// The version of shapiq whose layout this is.
const VERSION: &str = "1.8.0";

/// Most players of a file that does not name them.
const MAX_PLAYERS: usize = 1_000_000;

/// A file; what shapiq does not read back, we do not either.
#[derive(Serialize, Deserialize)]
struct File {
    #[serde(skip_deserializing)]
    object_name: &'static str,
    #[serde(skip_deserializing)]
    data_type: &'static str,
    #[serde(default)]
    version: String,
    #[serde(skip_deserializing)]
    created_from: String,
    #[serde(skip_deserializing)]
    description: (),
    #[serde(default)]
    parameters: Parameters,
    #[serde(skip_deserializing)]
    timestamp: (),
    metadata: Metadata,
    data: Data,
}

/// Values by key, in the order in which they are to be written.
#[derive(Deserialize)]
#[serde(from = "BTreeMap<String, f64>")]
struct Data(Vec<(String, f64)>);

impl From<BTreeMap<String, f64>> for Data {
    fn from(values: BTreeMap<String, f64>) -> Self {
        Self(values.into_iter().collect())
    }
}

impl Serialize for Data {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Parameters {
    #[serde(default)]
    einthoven: Option<Ours>,
}

#[derive(Serialize, Deserialize)]
struct Metadata {
    n_players: usize,
    index: Index,
    max_order: usize,
    min_order: usize,
    estimated: bool,
    estimation_budget: Option<usize>,
    baseline_value: f64,
}

/// What shapiq has no place for.
#[derive(Serialize, Deserialize)]
struct Ours {
    max_order: usize,
    output: String,
    link: Link,
    baseline: f64,
    full: f64,
    kind: Kind,
    method: String,
    seed: u64,
    player_names: Vec<String>,
    warnings: Vec<String>,
    run: serde_json::Map<String, serde_json::Value>,
    /// Without the terms that have none.
    std_err: BTreeMap<String, f64>,
}

impl Attribution {
    /// The text of a file that shapiq's `InteractionValues.load` reads. `max_order` is the top order there, since
    /// shapiq takes an index of order one for the value of players that it generalises. shapiq warns of the indices
    /// that it does not have, Owen and LIME. Fails if a number is not finite.
    pub fn to_shapiq_json(&self) -> Result<String> {
        self.check_finite(0)?;
        let mut terms: Vec<&Term> = self.terms.iter().collect();
        terms.sort_by(|left, right| left.key().cmp(&right.key()));
        let mut data: Vec<(String, f64)> = terms.iter().map(|term| (key(&term.players), term.value)).collect();
        if self.min_order == 0 && self.term(&[]).is_none() {
            // Left out, shapiq would put the baseline there.
            data.insert(0, (key(&[]), 0.0));
        }
        let std_err = |term: &Term| Some((key(&term.players), term.std_err?));
        let ours = Ours {
            max_order: self.max_order,
            output: self.output.clone(),
            link: self.link,
            baseline: self.baseline,
            full: self.full,
            kind: self.kind,
            method: self.method.clone(),
            seed: self.seed,
            player_names: self.player_names.clone(),
            warnings: self.warnings.clone(),
            run: self.run.clone(),
            std_err: self.terms.iter().filter_map(std_err).collect(),
        };
        let file = File {
            object_name: "InteractionValues",
            data_type: "interaction_values",
            version: VERSION.to_owned(),
            created_from: format!("einthoven {}", env!("CARGO_PKG_VERSION")),
            description: (),
            parameters: Parameters { einthoven: Some(ours) },
            timestamp: (),
            metadata: Metadata {
                n_players: self.n_players,
                index: self.index,
                max_order: self.top_order(),
                min_order: self.min_order,
                estimated: self.kind != Kind::Exact,
                estimation_budget: Some(self.evaluations),
                baseline_value: self.baseline,
            },
            data: Data(data),
        };
        serde_json::to_string_pretty(&file).map_err(|error| Error::Request(format!("write JSON: {error}")))
    }

    /// Reads the text of such a file, ours or shapiq's; terms come by size, then in the order of their players.
    ///
    /// A file that shapiq has made does not say everything, and warnings say what was put in its place: `full` is the
    /// baseline and the terms added up, what is not exact is of kind `biased`, which claims least, and players, output
    /// and link have the names 0, 1, ..., `0` and `logit`. Its empty term is dropped for kADD-SHAP and Co-Moebius,
    /// where shapiq puts the baseline in the place of the index's own.
    pub fn from_shapiq_json(text: &str) -> Result<Self> {
        read(text).map_err(|reason| Error::Request(format!("read shapiq's InteractionValues: {reason}")))
    }

    /// Writes [`Attribution::to_shapiq_json`], whole or not at all. shapiq wants names that end in `.json`.
    pub fn save_shapiq_json(&self, path: &Path) -> Result<()> {
        let text = self.to_shapiq_json()?;
        file::write_atomic(path, |writer| writeln!(writer, "{text}"))
    }

    /// Reads a file with [`Attribution::from_shapiq_json`].
    pub fn load_shapiq_json(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| Error::file("read", path, error))?;
        read(&text).map_err(|reason| Error::file("read", path, reason))
    }
}

fn read(text: &str) -> std::result::Result<Attribution, String> {
    let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut terms = Vec::with_capacity(file.data.0.len());
    for (key, value) in &file.data.0 {
        terms.push(Term { players: players(key)?, value: *value, std_err: None });
    }
    terms.sort_by(|left, right| left.key().cmp(&right.key()));
    let attribution = match file.parameters.einthoven {
        Some(ours) => with_ours(file.metadata, terms, ours),
        None => without_ours(file.metadata, terms, &file.version)?,
    };
    attribution.check_terms()?;
    Ok(attribution)
}

fn with_ours(metadata: Metadata, mut terms: Vec<Term>, ours: Ours) -> Attribution {
    terms.iter_mut().for_each(|term| term.std_err = ours.std_err.get(&key(&term.players)).copied());
    Attribution {
        index: metadata.index,
        min_order: metadata.min_order,
        max_order: ours.max_order,
        n_players: metadata.n_players,
        output: ours.output,
        link: ours.link,
        baseline: ours.baseline,
        full: ours.full,
        kind: ours.kind,
        method: ours.method,
        seed: ours.seed,
        evaluations: metadata.estimation_budget.unwrap_or(0),
        terms,
        player_names: ours.player_names,
        warnings: ours.warnings,
        run: ours.run,
    }
}

fn without_ours(metadata: Metadata, mut terms: Vec<Term>, version: &str) -> std::result::Result<Attribution, String> {
    let Metadata { n_players, index, max_order, mut min_order, estimated, estimation_budget, baseline_value } =
        metadata;
    if n_players > MAX_PLAYERS {
        return Err(format!("metadata.n_players: expected at most {MAX_PLAYERS}, found {n_players}"));
    }
    let mut warnings = vec!["shapiq keeps no full value: here it is the baseline and the terms added up".to_owned()];
    if estimated {
        warnings.push("shapiq does not say whether its estimate is biased or what its errors are".to_owned());
    }
    if matches!(index, Index::KaddShap | Index::CoMoebius) {
        terms.retain(|term| !term.players.is_empty());
        min_order = min_order.max(1);
    }
    let has_own_empty = matches!(index, Index::Bv | Index::Bii | Index::Fbii | Index::Fourier);
    if has_own_empty && terms.first().is_some_and(|term| term.players.is_empty() && term.value == baseline_value) {
        warnings.push(format!("the baseline may be the empty value of {index}, which shapiq can put in its place"));
    }
    if !estimated {
        terms.iter_mut().for_each(|term| term.std_err = Some(0.0));
    }
    let shared: f64 = terms.iter().filter(|term| !term.players.is_empty()).map(|term| term.value).sum();
    Ok(Attribution {
        index,
        min_order,
        max_order,
        n_players,
        output: "0".to_owned(),
        link: Link::default(),
        baseline: baseline_value,
        full: baseline_value + shared,
        kind: if estimated { Kind::Biased } else { Kind::Exact },
        method: format!("shapiq {version}").trim_end().to_owned(),
        seed: 0,
        evaluations: estimation_budget.unwrap_or(0),
        terms,
        player_names: (0..n_players).map(|player| player.to_string()).collect(),
        warnings,
        run: serde_json::Map::new(),
    })
}

/// The key of a set of players.
fn key(players: &[u32]) -> String {
    if players.is_empty() {
        return "Empty".to_owned();
    }
    players.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

/// The players of a key, ascending.
fn players(key: &str) -> std::result::Result<Vec<u32>, String> {
    if key == "Empty" {
        return Ok(Vec::new());
    }
    let players: std::result::Result<Vec<u32>, _> = key.split(',').map(|player| player.trim().parse()).collect();
    let mut players = players.map_err(|_| format!("data: expected players with commas or Empty, found `{key}`"))?;
    players.sort_unstable();
    Ok(players)
}
