//! Games written down in a file, or made of a few terms: anyone can check an estimator on them.

use std::fmt;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use rand_distr::{Distribution, StandardNormal};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::rng::{self, fnv1a};
use crate::{Coalition, Coalitions, Error, Game, Index, Result, Term, Values, indices};

/// Most players of a table: it holds `2^n` rows.
pub(crate) const MAX_TABLE_PLAYERS: usize = 24;
/// Most players of a sparse game.
const MAX_PLAYERS: usize = 1 << 16;

/// A closed-form game, optionally with noise.
///
/// The noise is Gaussian and belongs to the coalition: it depends on the seed and on who is in, not on the order in
/// which coalitions are asked for, so that asking twice gives the same answer.
#[derive(Clone, Debug, PartialEq)]
pub struct GameFile {
    n_players: usize,
    body: Body,
    noise_sd: f64,
    seed: u64,
    /// Of everything but the seed.
    hash: u64,
}

#[derive(Clone, Debug, PartialEq)]
enum Body {
    /// `[2^players, outputs]`; player `i` is bit `i` of the row.
    Table { n_outputs: usize, values: Vec<f64> },
    /// v(S) is the sum of the coefficients of the sets inside S.
    Moebius(Vec<(Vec<u32>, f64)>),
    /// v(S) is the sum of coefficient * (-1)^|S ∩ T|.
    Fourier(Vec<(Vec<u32>, f64)>),
}

impl GameFile {
    /// A table `[2^players, outputs]`, row after row; player `i` is bit `i` of the row.
    pub fn table(n_players: usize, n_outputs: usize, values: Vec<f64>) -> Result<Self> {
        Self::checked(n_players, Body::Table { n_outputs, values }, 0.0)
    }

    /// v(S) is the sum of the coefficients of the sets inside S.
    pub fn moebius(n_players: usize, terms: Vec<(Vec<u32>, f64)>) -> Result<Self> {
        Self::checked(n_players, Body::Moebius(terms), 0.0)
    }

    /// v(S) is the sum of coefficient * (-1)^|S ∩ T| over the sets T.
    pub fn fourier(n_players: usize, terms: Vec<(Vec<u32>, f64)>) -> Result<Self> {
        Self::checked(n_players, Body::Fourier(terms), 0.0)
    }

    /// The same game with Gaussian noise of this standard deviation on the value of each coalition.
    pub fn with_noise(self, noise_sd: f64, seed: u64) -> Result<Self> {
        Ok(Self { seed, ..Self::checked(self.n_players, self.body, noise_sd)? })
    }

    /// The same game with its noise drawn from another seed.
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Reads a game file (JSON): `n_players`, one of `values`, `moebius` and `fourier`, and optionally `noise_sd`.
    pub fn load(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|error| Error::file("read", path, error))?;
        let mut bytes = Vec::new();
        BufReader::new(file).read_to_end(&mut bytes).map_err(|error| Error::file("read", path, error))?;
        Self::from_json(&bytes).map_err(|error| Error::file("read", path, error))
    }

    /// Reads the bytes of a game file.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        let raw: Raw = serde_json::from_slice(bytes).map_err(|error| Error::Request(format!("not a game: {error}")))?;
        let n_players = raw.n_players.ok_or_else(|| Error::Request("field `n_players` is missing".to_owned()))?;
        let body = match (raw.values, raw.moebius, raw.fourier) {
            (Some(Rows { n_outputs, values }), None, None) => Body::Table { n_outputs, values },
            (None, Some(terms), None) => Body::Moebius(terms),
            (None, None, Some(terms)) => Body::Fourier(terms),
            _ => return Err(Error::Request("expected one of the fields `values`, `moebius` and `fourier`".to_owned())),
        };
        Self::checked(n_players, body, raw.noise_sd.unwrap_or(0.0))
    }

    fn checked(n_players: usize, body: Body, noise_sd: f64) -> Result<Self> {
        let wrong = |reason: String| Err(Error::Request(reason));
        let most = if matches!(body, Body::Table { .. }) { MAX_TABLE_PLAYERS } else { MAX_PLAYERS };
        if n_players == 0 || n_players > most {
            return wrong(format!("field `n_players`: expected from 1 to {most}, found {n_players}"));
        }
        if !noise_sd.is_finite() || noise_sd < 0.0 {
            return wrong(format!("field `noise_sd`: expected zero or more, found {noise_sd}"));
        }
        match &body {
            Body::Table { n_outputs, values } => check_table(n_players, *n_outputs, values)?,
            Body::Moebius(terms) => check_terms("moebius", n_players, terms)?,
            Body::Fourier(terms) => check_terms("fourier", n_players, terms)?,
        }
        let hash = body.hash(n_players, noise_sd);
        Ok(Self { n_players, body, noise_sd, seed: 0, hash })
    }

    /// The index of all sets of up to `order` players in closed form, by size; sets that are left out are zero. None for
    /// tables, which [`indices::from_table`] is for, and for games with noise.
    ///
    /// # Errors
    /// As [`indices::from_moebius`] and [`indices::from_fourier`].
    pub fn closed_form(&self, index: Index, order: usize) -> Option<Result<Vec<Term>>> {
        match &self.body {
            _ if self.noise_sd > 0.0 => None,
            Body::Table { .. } => None,
            Body::Moebius(terms) => Some(indices::from_moebius(index, order, self.n_players, terms)),
            Body::Fourier(terms) => Some(indices::from_fourier(index, order, self.n_players, terms)),
        }
    }

    /// Appends the values of one coalition without noise.
    fn push_values(&self, coalition: Coalition<'_>, out: &mut Vec<f64>) {
        let inside = |players: &[u32]| players.iter().filter(|&&player| coalition.contains(player as usize)).count();
        match &self.body {
            Body::Table { n_outputs, values } => {
                let row = coalition.words()[0] as usize;
                out.extend_from_slice(&values[row * n_outputs..(row + 1) * n_outputs]);
            }
            Body::Moebius(terms) => {
                let all_in = |players: &[u32]| players.iter().all(|&player| coalition.contains(player as usize));
                out.push(terms.iter().filter(|(players, _)| all_in(players)).map(|(_, coefficient)| coefficient).sum());
            }
            Body::Fourier(terms) => {
                let signed = |(players, coefficient): &(Vec<u32>, f64)| {
                    if inside(players).is_multiple_of(2) { *coefficient } else { -coefficient }
                };
                out.push(terms.iter().map(signed).sum());
            }
        }
    }

    /// Identifies the game, its noise included.
    fn fingerprint(&self) -> String {
        let seed = if self.noise_sd > 0.0 { self.seed } else { 0 };
        format!("game-{:016x}-{seed}", self.hash)
    }
}

impl Body {
    fn hash(&self, n_players: usize, noise_sd: f64) -> u64 {
        let number = |number: f64| number.to_bits().to_le_bytes();
        let mut bytes = [number(n_players as f64), number(noise_sd)].concat();
        let terms = match self {
            Self::Table { n_outputs, values } => {
                bytes.extend(n_outputs.to_le_bytes());
                bytes.extend(values.iter().flat_map(|value| number(*value)));
                return fnv1a(&bytes);
            }
            Self::Moebius(terms) => terms,
            Self::Fourier(terms) => {
                bytes.push(1);
                terms
            }
        };
        for (players, coefficient) in terms {
            bytes.extend(number(*coefficient));
            bytes.extend(players.iter().chain([&u32::MAX]).flat_map(|player| player.to_le_bytes()));
        }
        fnv1a(&bytes)
    }
}

impl Game for GameFile {
    fn n_players(&self) -> usize {
        self.n_players
    }

    fn n_outputs(&self) -> usize {
        match self.body {
            Body::Table { n_outputs, .. } => n_outputs,
            _ => 1,
        }
    }

    fn values(&self, rows: &Coalitions) -> Result<Values> {
        if rows.n_players() != self.n_players {
            return Err(Error::Shape {
                what: "coalitions of a game",
                expected: format!("{} players", self.n_players),
                found: format!("{} players", rows.n_players()),
            });
        }
        let mut values = Vec::with_capacity(rows.len() * self.n_outputs());
        for coalition in rows.iter() {
            let start = values.len();
            self.push_values(coalition, &mut values);
            if self.noise_sd > 0.0 {
                let bytes: Vec<u8> = coalition.words().iter().flat_map(|word| word.to_le_bytes()).collect();
                let mut rng = rng::stream(self.seed, "game noise", fnv1a(&bytes));
                let noise = |value: &mut f64| {
                    let noise: f64 = StandardNormal.sample(&mut rng);
                    *value += self.noise_sd * noise;
                };
                values[start..].iter_mut().for_each(noise);
            }
        }
        Values::new(self.n_outputs(), values, self.fingerprint())
    }
}

fn check_table(n_players: usize, n_outputs: usize, values: &[f64]) -> Result<()> {
    let expected = n_outputs << n_players;
    if n_outputs == 0 || values.len() != expected {
        let found = values.len().checked_div(n_outputs).unwrap_or(0);
        let reason = format!("expected 2^{n_players} = {} rows of at least one number, found {found}", 1 << n_players);
        return Err(Error::Request(format!("field `values`: {reason}")));
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(at) => {
            let (row, value) = (at / n_outputs, values[at]);
            Err(Error::Request(format!("field `values[{row}]`: expected finite numbers, found {value}")))
        }
        None => Ok(()),
    }
}

pub(crate) fn check_terms(field: &str, n_players: usize, terms: &[(Vec<u32>, f64)]) -> Result<()> {
    for (at, (players, coefficient)) in terms.iter().enumerate() {
        if !are_players(n_players, players) {
            let last = n_players.saturating_sub(1);
            let reason = format!("expected distinct players from 0 to {last}, found {players:?}");
            return Err(Error::Request(format!("field `{field}[{at}]`: {reason}")));
        }
        if !coefficient.is_finite() {
            let reason = format!("expected a finite coefficient, found {coefficient}");
            return Err(Error::Request(format!("field `{field}[{at}]`: {reason}")));
        }
    }
    Ok(())
}

/// Whether these are distinct players of `n_players`, in any order.
pub(crate) fn are_players(n_players: usize, players: &[u32]) -> bool {
    let mut sorted = players.to_vec();
    sorted.sort_unstable();
    let distinct = sorted.is_sorted_by(|left, right| left < right);
    distinct && sorted.last().is_none_or(|&player| (player as usize) < n_players)
}

/// A game file as it stands; read by hand so that every error names its field.
#[derive(Default)]
struct Raw {
    n_players: Option<usize>,
    values: Option<Rows>,
    moebius: Option<Vec<(Vec<u32>, f64)>>,
    fourier: Option<Vec<(Vec<u32>, f64)>>,
    noise_sd: Option<f64>,
}

/// Rows of one number or several, flat.
struct Rows {
    n_outputs: usize,
    values: Vec<f64>,
}

/// One row of [`Rows`].
#[derive(Deserialize)]
#[serde(untagged)]
enum Row {
    One(f64),
    Many(Vec<f64>),
}

struct RawVisitor;
struct RowsVisitor;

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_map(RawVisitor)
    }
}

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `n_players` and `values`, `moebius` or `fourier`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Raw, A::Error> {
        let mut raw = Raw::default();
        while let Some(key) = map.next_key::<String>()? {
            let named = |error: A::Error| A::Error::custom(format!("field `{key}`: {error}"));
            match key.as_str() {
                "n_players" => raw.n_players = Some(map.next_value().map_err(named)?),
                "values" => raw.values = Some(map.next_value().map_err(named)?),
                "moebius" => raw.moebius = Some(map.next_value().map_err(named)?),
                "fourier" => raw.fourier = Some(map.next_value().map_err(named)?),
                "noise_sd" => raw.noise_sd = Some(map.next_value().map_err(named)?),
                _ => return Err(A::Error::custom(format!("field `{key}` is unknown"))),
            }
        }
        Ok(raw)
    }
}

impl<'de> Deserialize<'de> for Rows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_seq(RowsVisitor)
    }
}

impl<'de> Visitor<'de> for RowsVisitor {
    type Value = Rows;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of numbers or of lists of numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<Rows, A::Error> {
        let mut rows = Rows { n_outputs: 0, values: Vec::new() };
        let mut count = 0;
        while let Some(row) = seq.next_element()? {
            let before = rows.values.len();
            match row {
                Row::One(value) => rows.values.push(value),
                Row::Many(values) => rows.values.extend(values),
            }
            let width = rows.values.len() - before;
            if count > 0 && width != rows.n_outputs {
                return Err(A::Error::custom(format!(
                    "row {count} has {width} numbers, those before {}",
                    rows.n_outputs
                )));
            }
            rows.n_outputs = width;
            count += 1;
        }
        Ok(rows)
    }
}
