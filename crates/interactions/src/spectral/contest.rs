//! The supports of one output that are compared: what the screens find, simpler explanations, and which of it is kept.

use std::collections::BTreeSet;

use einthoven_game::{Attribution, Design, Values};
use serde_json::{Map, Value};

use super::choose::{Candidate, Judged, Sample, choose, predict};
use super::facts::Facts;
use super::held_out::Faithfulness;
use super::peel::{self, Screened};
use super::pursuit::{Pursuit, Sets};
use super::readout::Known;
use super::refit::{Refit, Shrink, refit};
use super::significance::{FALSE_DISCOVERIES, MOST_DEGREE, claimed};
use super::signs::Signs;
use super::subsample::{self, split};
use super::{CODED, PROXYSPEX, SPEX, baselines, proxy, report};
use crate::request::Request;
use crate::{Result, exact};

/// How often sets are pursued and what they leave is decoded.
const TURNS: usize = 3;
/// Parts of the rows, one of which trees have not seen.
const FOLDS: usize = 5;
/// Shares of the energy of the trees' spectrum that are tried, and most sets of it.
const ENERGIES: [f64; 9] = [0.3, 0.6, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999];
const MOST_SETS: usize = 1000;
/// Most sets of a ridge regression with all players: their products are decomposed.
const MOST_PENALISED: usize = 2500;
/// What a reader must know where no set is kept.
const NOTHING: &str = "nothing beats the constant on coalitions held out: no set of players is claimed";
/// What explains less of the variance than this is not to be trusted.
const FAITHFUL: f64 = 0.8;
/// The name of a support without a code.
const PURSUIT: &str = "pursuit";

/// Supports of one output that are compared.
pub(crate) struct Contest<'a> {
    design: &'a Design,
    /// A power of two near the largest magnitude, by which values and targets are divided: no square overflows.
    scale: f64,
    values: Vec<f64>,
    sample: Sample,
    judged: Vec<Judged>,
    /// Explanations that are shown beside them; what is kept is fitted anew, and would not be them.
    beside: Vec<Judged>,
    /// Supports that are not there, and why.
    missing: Vec<(String, String)>,
    /// What the screens did.
    facts: Map<String, Value>,
}

impl<'a> Contest<'a> {
    /// With the constant. The design is one of [`subsample::check`].
    pub(crate) fn new(design: &'a Design, values: &Values, output: usize) -> Result<Self> {
        let (held_out, seen) = split(design);
        let mut values = values.output(output);
        let scale = power_of_two(&values);
        values.iter_mut().for_each(|value| *value /= scale);
        let mut coded = vec![false; design.rows.len()];
        let draws = design.draws.iter().filter(|draw| draw.role == subsample::GROUP);
        draws.for_each(|draw| coded[draw.row as usize] = true);
        let drawn = (0..seen.len() as u32).filter(|&at| !coded[seen[at as usize] as usize]).collect();
        let sample = Sample::new(&design.rows, &seen, &held_out, drawn, &values);
        let mut contest = Self {
            design,
            scale,
            values,
            sample,
            judged: Vec::new(),
            beside: Vec::new(),
            missing: Vec::new(),
            facts: Map::new(),
        };
        contest.enter("constant", Vec::new(), true)?;
        Ok(contest)
    }

    fn enter(&mut self, name: &str, sets: Sets, sure: bool) -> Result<()> {
        let candidate = Candidate { name: name.to_owned(), sets, shrink: Shrink::Ridge, sure };
        self.judged.push(self.sample.judge(candidate)?);
        Ok(())
    }

    /// Adds sets that the values show, in turn with those that a code spells, if there is one, and takes out what is not clear.
    fn pursue(&mut self, mut known: Sets) -> Result<Sets> {
        let pursuit = Pursuit::new(&self.sample.rows[0], &self.sample.seen, &self.sample.targets, &self.sample.drawn);
        known = pursuit.run(known)?;
        if self.uncoded().is_some() {
            return Ok(known);
        }
        for _ in 0..TURNS {
            let fit = refit(&self.sample.seen, &known, &self.sample.targets, Shrink::No)?;
            let Screened { sets, facts } = peel::screen(self.design, &self.left(&known, &fit))?;
            let facts = Facts { noise: self.scale * facts.noise, ..facts };
            self.facts.entry(SPEX).or_insert_with(|| facts.json());
            let before = known.len();
            let more = together(known.clone(), sets.into_iter().map(|(set, _)| set));
            if more.len() == before {
                break;
            }
            known = pursuit.run(more)?;
        }
        Ok(known)
    }

    /// Everything, and simpler explanations.
    pub(crate) fn all(&mut self) -> Result<()> {
        for order in [1, 2] {
            match baselines::polynomial(&self.sample, order) {
                Ok(candidate) => self.judged.push(self.sample.judge(candidate)?),
                Err((name, why)) => self.missing.push((name, why)),
            }
        }
        let decoded = self.decode()?;
        let read = self.ask_trees()?;
        self.beside.push(baselines::lime(&self.sample)?);
        let union = together(decoded, read);
        self.enter("both", union.clone(), false)?;
        let clear = self.pursue(union.clone())?;
        self.enter("both, clear", clear, true)?;
        let players: Sets = (0..self.sample.seen.n_players() as u32).map(|player| vec![player]).collect();
        if players.len() + union.len() <= MOST_PENALISED {
            self.enter("linear, ridge", players.clone(), false)?;
            self.enter("both and all players", together(union, players), false)?;
        }
        Ok(())
    }

    /// Without trees.
    pub(crate) fn decode(&mut self) -> Result<Sets> {
        let known = self.pursue(Vec::new())?;
        let name = match self.uncoded() {
            None => SPEX,
            Some(why) => {
                self.missing.push((SPEX.to_owned(), why));
                PURSUIT
            }
        };
        self.enter(name, known.clone(), true)?;
        Ok(known)
    }

    /// Reads sets off trees: as many as are best for the coalitions held out.
    pub(crate) fn ask_trees(&mut self) -> Result<Sets> {
        let rows = &self.sample.rows[0];
        let which: Vec<u32> = (0..rows.len() as u32).collect();
        let folds: Vec<u8> = (0..rows.len()).map(|at| (at % FOLDS) as u8).collect();
        let proxy = proxy::screen(rows, &which, &self.sample.targets, &folds, MOST_DEGREE);
        let most = (rows.len() / 2).min(MOST_SETS);
        let mut counts: Vec<usize> = ENERGIES.iter().map(|share| proxy.count(*share).min(most)).collect();
        counts.dedup();
        let mut judged = vec![self.sample.judge(Candidate {
            name: "constant".to_owned(),
            sets: Vec::new(),
            shrink: Shrink::No,
            sure: true,
        })?];
        for count in counts.into_iter().filter(|count| *count > 0) {
            let sets = proxy.candidates[1..=count].iter().map(|candidate| candidate.players.clone()).collect();
            judged.push(self.sample.judge(Candidate {
                name: PROXYSPEX.to_owned(),
                sets,
                shrink: Shrink::Ridge,
                sure: false,
            })?);
        }
        self.facts.insert(PROXYSPEX.to_owned(), proxy.json());
        let best = judged.swap_remove(choose(&judged));
        let sets = best.sets.clone();
        self.judged.push(Judged { name: PROXYSPEX.to_owned(), ..best });
        Ok(sets)
    }

    /// Why the design has no code, if it has none.
    fn uncoded(&self) -> Option<String> {
        if self.design.draws.iter().any(|draw| draw.role == subsample::GROUP) {
            return None;
        }
        let n_players = self.design.rows.n_players();
        Some(match subsample::smallest_budget(n_players) {
            Some(smallest) => format!("its code needs {} coalitions", CODED * smallest),
            None => "no code has room for so many players".to_owned(),
        })
    }

    /// What a fit leaves of all rows of the design.
    fn left(&self, sets: &[Vec<u32>], fit: &Refit) -> Vec<f64> {
        let all: Vec<u32> = (0..self.design.rows.len() as u32).collect();
        let fitted = predict(&Signs::new(&self.design.rows, &all), sets, fit);
        self.values.iter().zip(fitted).map(|(value, fitted)| value - fitted).collect()
    }

    /// Keeps the best support, fits it to all rows, and reads the index off.
    pub(crate) fn finish(self, request: &Request, attribution: &mut Attribution) -> Result<()> {
        let at = choose(&self.judged);
        let best = &self.judged[at];
        let fit = self.sample.fit(best)?;
        let unseen = best.errors.iter().map(|error| error * error).sum::<f64>() / best.errors.len() as f64;
        // A fit that was chosen among many has seen its rows too well; those held out tell.
        let variance = fit.variance().max(unseen);
        let errors = fit.variances();
        let found: Vec<(usize, f64)> = (best.sets.iter().zip(&fit.coefficients).zip(errors))
            .map(|((set, coefficient), error)| (set.len(), coefficient / (variance * error).sqrt()))
            .collect();
        let claimed = claimed(request.n_players, &found).into_iter().filter(|claimed| *claimed).count();
        attribution.warnings.extend(self.warnings(request, best, claimed));
        let mut terms = Known::new(&best.sets, &fit, variance).terms(request)?;
        for term in &mut terms {
            term.value *= self.scale;
            term.std_err = term.std_err.map(|error| error * self.scale);
        }
        exact::put_terms(attribution, terms);
        let json = report::json(&self.judged, &self.beside, &self.missing, at, claimed, self.facts);
        attribution.run.insert("spectral".to_owned(), json);
        Ok(())
    }

    /// What a reader must know.
    fn warnings(&self, request: &Request, best: &Judged, claimed: usize) -> Vec<String> {
        let mut warnings = Vec::new();
        let n_sets = best.sets.len();
        match best.faithfulness {
            _ if n_sets == 0 => warnings.push(NOTHING.to_owned()),
            Some(Faithfulness { r2, std_err, .. }) if r2 < FAITHFUL => {
                let [share, error] = [r2, std_err].map(|share| 100.0 * share);
                warnings.push(format!(
                    "the function that was found explains {share:.0} ± {error:.0} % of the variance of coalitions held out: what it \
                     leaves out may change every value"
                ));
            }
            _ => {}
        }
        if claimed < n_sets {
            warnings.push(format!(
                "{claimed} of {n_sets} coefficients can be told from zero at a false-discovery rate of {FALSE_DISCOVERIES}; the \
                 others are kept because they help to predict"
            ));
        }
        let larger = best.sets.iter().filter(|set| set.len() > request.order).count();
        if larger > 0 {
            let order = request.order;
            warnings
                .push(format!("{larger} of {n_sets} sets hold more than {order} players; a larger order shows them"));
        }
        warnings
    }
}

/// The power of two below the largest magnitude; one where all are zero.
fn power_of_two(values: &[f64]) -> f64 {
    match values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs())) {
        0.0 => 1.0,
        largest => largest.log2().floor().min(1023.0).exp2(),
    }
}

/// The known sets and those of the new ones that are not among them; without the empty set.
fn together(known: Sets, new: impl IntoIterator<Item = Vec<u32>>) -> Sets {
    let mut seen: BTreeSet<Vec<u32>> = known.iter().cloned().collect();
    let mut all = known;
    all.extend(new.into_iter().filter(|set| !set.is_empty() && seen.insert(set.clone())));
    all
}
