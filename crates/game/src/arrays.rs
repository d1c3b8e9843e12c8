//! Attributions of all outputs as arrays, for NumPy.

use std::collections::BTreeMap;
use std::path::Path;

use crate::npy::{Array, Data};
use crate::npz::{self, Npz};
use crate::{Attribution, Error, NEVER_MASKED, Partition, Result};

/// What `attribution.npz` holds: the terms of all outputs side by side, and what they are terms of.
#[derive(Clone, Debug, PartialEq)]
pub struct AttributionArrays {
    /// The name of each output.
    pub outputs: Vec<String>,
    /// The name of each player.
    pub player_names: Vec<String>,
    /// The players of each term, ascending; terms come by size, then in order of their players.
    pub terms: Vec<Vec<u32>>,
    /// `[outputs, terms]`; zero where an attribution has left the term out.
    pub values: Vec<f64>,
    /// `[outputs, terms]`; NaN where there is none.
    pub std_err: Vec<f64>,
    /// Value of the empty coalition, `[outputs]`.
    pub baseline: Vec<f64>,
    /// Value of the full coalition, `[outputs]`.
    pub full: Vec<f64>,
    /// The signal that was explained, where there is one.
    pub signal: Option<Signal>,
    /// What a gradient method gives to each cell of the signal, `[outputs, leads, samples]`, where there is such a map.
    pub dense: Option<Vec<f64>>,
}

/// A signal and who owns which cell of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// Number of leads.
    pub n_leads: usize,
    /// The owner of each cell, `[leads, samples]`; [`NEVER_MASKED`] for none.
    pub owner: Vec<u32>,
    /// The signal as the model saw it, `[leads, samples]`, in millivolts.
    pub values: Vec<f32>,
    /// Samples per second.
    pub rate: f64,
    /// Where the signal starts in its record, in seconds.
    pub start: f64,
}

impl Signal {
    /// A signal `[leads, samples]` in millivolts over a partition of the same shape.
    pub fn new(partition: &Partition, values: Vec<f32>, rate: f64, start: f64) -> Result<Self> {
        let owner = partition.owner().to_vec();
        if values.len() != owner.len() {
            return Err(Error::Shape {
                what: "signal",
                expected: format!("{} x {} cells", partition.n_leads(), partition.n_samples()),
                found: format!("{} cells", values.len()),
            });
        }
        Ok(Self { n_leads: partition.n_leads(), owner, values, rate, start })
    }
}

impl AttributionArrays {
    /// Lines up the terms of one attribution per output, all of one game.
    pub fn new(attributions: &[Attribution], signal: Option<Signal>) -> Result<Self> {
        let Some(first) = attributions.first() else {
            return Err(Error::Request("write attributions: there is none".to_owned()));
        };
        if let Some(other) = attributions.iter().find(|other| other.player_names != first.player_names) {
            return Err(Error::Request(format!(
                "write attributions of different games: outputs `{}` and `{}` have different players",
                first.output, other.output
            )));
        }
        let keys = attributions.iter().flat_map(|attribution| &attribution.terms).map(|term| &term.players);
        let mut columns: BTreeMap<(usize, &Vec<u32>), usize> =
            keys.map(|players| ((players.len(), players), 0)).collect();
        columns.values_mut().enumerate().for_each(|(at, column)| *column = at);
        let n_terms = columns.len();
        let mut values = vec![0.0; attributions.len() * n_terms];
        let mut std_err = vec![f64::NAN; values.len()];
        for (row, attribution) in attributions.iter().enumerate() {
            for term in &attribution.terms {
                let at = row * n_terms + columns[&(term.players.len(), &term.players)];
                values[at] = term.value;
                std_err[at] = term.std_err.unwrap_or(f64::NAN);
            }
        }
        Ok(Self {
            outputs: attributions.iter().map(|attribution| attribution.output.clone()).collect(),
            player_names: first.player_names.clone(),
            terms: columns.keys().map(|(_, players)| (*players).clone()).collect(),
            values,
            std_err,
            baseline: attributions.iter().map(|attribution| attribution.baseline).collect(),
            full: attributions.iter().map(|attribution| attribution.full).collect(),
            signal,
            dense: None,
        })
    }

    /// Adds the maps of all outputs, `[outputs, leads, samples]`. Fails if there is no signal, or it has other cells.
    pub fn with_dense(self, dense: Vec<f64>) -> Result<Self> {
        let cells = self.signal.as_ref().map_or(0, |signal| signal.values.len());
        if cells == 0 || dense.len() != self.outputs.len() * cells {
            return Err(Error::Shape {
                what: "dense attribution",
                expected: format!("{} outputs x {cells} cells of the signal", self.outputs.len()),
                found: format!("{} cells", dense.len()),
            });
        }
        Ok(Self { dense: Some(dense), ..self })
    }

    /// Writes `attribution.npz`, whole or not at all.
    pub fn save(&self, path: &Path) -> Result<()> {
        let by_term = vec![self.outputs.len(), self.terms.len()];
        let floats = |values: &[f64]| Array::flat(Data::F64(values.to_vec()));
        let texts = |texts: &[String]| Array::flat(Data::Text(texts.to_vec()));
        let ends = self.terms.iter().scan(0, |end, term| {
            *end += term.len() as u32;
            Some(*end)
        });
        let mut arrays = vec![
            ("values", Array { shape: by_term.clone(), data: Data::F64(self.values.clone()) }),
            ("std_err", Array { shape: by_term, data: Data::F64(self.std_err.clone()) }),
            ("term_players", Array::flat(Data::U32(self.terms.concat()))),
            ("term_offsets", Array::flat(Data::U32([0].into_iter().chain(ends).collect()))),
            ("baseline", floats(&self.baseline)),
            ("full", floats(&self.full)),
            ("outputs", texts(&self.outputs)),
            ("player_names", texts(&self.player_names)),
        ];
        if let Some(signal) = &self.signal {
            let shape = vec![signal.n_leads, signal.owner.len() / signal.n_leads];
            arrays.push(("partition", Array { shape: shape.clone(), data: Data::U32(signal.owner.clone()) }));
            arrays.push(("signal", Array { shape: shape.clone(), data: Data::F32(signal.values.clone()) }));
            arrays.push(("rate", Array::float(signal.rate)));
            arrays.push(("start", Array::float(signal.start)));
            if let Some(dense) = &self.dense {
                let shape = [vec![self.outputs.len()], shape].concat();
                arrays.push(("dense", Array { shape, data: Data::F64(dense.clone()) }));
            }
        }
        npz::save(path, &arrays)
    }

    /// Reads `attribution.npz`.
    pub fn load(path: &Path) -> Result<Self> {
        let mut npz = Npz::open(path)?;
        let (outputs, player_names) = (npz.texts("outputs")?, npz.texts("player_names")?);
        let (players, offsets) = (npz.words("term_players")?, npz.words("term_offsets")?);
        let ends = offsets.windows(2).map(|ends| players.get(ends[0] as usize..ends[1] as usize));
        let terms: Option<Vec<Vec<u32>>> = ends.map(|term| term.map(<[u32]>::to_vec)).collect();
        let whole = offsets.first() == Some(&0) && offsets.last() == Some(&(players.len() as u32));
        let Some(terms) = terms.filter(|_| whole) else {
            return Err(npz.wrong("term_offsets", format!("expected ascending offsets from 0 to {}", players.len())));
        };
        if let Some(player) = players.iter().find(|&&player| player as usize >= player_names.len()) {
            return Err(
                npz.wrong("term_players", format!("expected players below {}, found {player}", player_names.len()))
            );
        }
        let values = sized(&mut npz, "values", outputs.len() * terms.len())?;
        let std_err = sized(&mut npz, "std_err", values.len())?;
        let baseline = sized(&mut npz, "baseline", outputs.len())?;
        let full = sized(&mut npz, "full", outputs.len())?;
        let signal = load_signal(&mut npz, player_names.len())?;
        let dense = load_dense(&mut npz, outputs.len(), signal.as_ref())?;
        Ok(Self { outputs, player_names, terms, values, std_err, baseline, full, signal, dense })
    }
}

fn load_signal(npz: &mut Npz, n_players: usize) -> Result<Option<Signal>> {
    let Some(signal) = npz.optional("signal")? else { return Ok(None) };
    let partition = npz.array("partition")?;
    if signal.shape.len() != 2 || signal.shape[0] == 0 || partition.shape != signal.shape {
        let found =
            format!("expected [leads, samples] as of `signal`, {:?}, found {:?}", signal.shape, partition.shape);
        return Err(npz.wrong("partition", found));
    }
    let n_leads = signal.shape[0];
    let owner = npz::to_words(partition).map_err(|reason| npz.wrong("partition", reason))?;
    if let Some(player) = owner.iter().find(|&&player| player != NEVER_MASKED && player as usize >= n_players) {
        return Err(npz.wrong("partition", format!("expected players below {n_players}, found {player}")));
    }
    let values = signal.into_floats().ok_or_else(|| npz.wrong("signal", "expected numbers, found texts"))?;
    let values = values.into_iter().map(|value| value as f32).collect();
    let (rate, start) = (sized(npz, "rate", 1)?[0], sized(npz, "start", 1)?[0]);
    Ok(Some(Signal { n_leads, owner, values, rate, start }))
}

fn load_dense(npz: &mut Npz, n_outputs: usize, signal: Option<&Signal>) -> Result<Option<Vec<f64>>> {
    let Some(dense) = npz.optional("dense")? else { return Ok(None) };
    let Some(signal) = signal else {
        return Err(npz.wrong("dense", "expected a `signal` whose cells it is about, found none"));
    };
    let expected = [n_outputs, signal.n_leads, signal.values.len() / signal.n_leads];
    if dense.shape != expected {
        let reason =
            format!("expected [outputs, leads, samples] as of `signal`, {expected:?}, found {:?}", dense.shape);
        return Err(npz.wrong("dense", reason));
    }
    dense.into_floats().map(Some).ok_or_else(|| npz.wrong("dense", "expected numbers, found texts"))
}

/// The floats of that name, which must be so many.
fn sized(npz: &mut Npz, name: &str, expected: usize) -> Result<Vec<f64>> {
    let values = npz.floats(name)?;
    if values.len() != expected {
        return Err(npz.wrong(name, format!("expected {expected} numbers, found {}", values.len())));
    }
    Ok(values)
}
