//! Gradient methods: from a record to a value for each of its cells, and their sums over players.

mod audit;
mod maps;
mod method;
mod passes;

use std::time::Instant;

use einthoven_ecg::Record;
use einthoven_game::{Attribution, Coalitions, Design, Index, Kind, Link, Term, Values};
use einthoven_masking::{Evaluation, Stats};

use crate::explainer::{Chosen, Scene};
use crate::explanation::DenseMaps;
use crate::{BaselineName, Error, Explainer, Explanation, Players, Result};
pub use audit::Audit;
use maps::{Maps, player_sums};
pub use method::{GradientMethod, Gradients};
pub(crate) use passes::Passes;

impl Explainer {
    /// Refuses a gradient method, players and a baseline that do not go together.
    ///
    /// # Errors
    /// If the model does not name its layers, a number makes no sense, or the method has no such baseline, link or players.
    pub fn check_gradients(&self, gradients: &Gradients) -> Result<()> {
        gradients.check()?;
        self.partition()?;
        let method = gradients.method;
        if method == GradientMethod::Occlusion {
            return Ok(());
        }
        let network = self.passes()?.network.network();
        let zero = self.settings.baseline == BaselineName::Zero;
        let one_of_many = method == GradientMethod::ExpectedGradients;
        let reason = match (&self.settings.baseline, &self.settings.players) {
            (_, Players::IndependentLeads) => {
                "players leads:8: some leads are computed from others; use leads".to_owned()
            }
            (BaselineName::Interpolate, _) if method.has_baseline() => {
                "--baseline interpolate: what stands in for a cell depends on what is kept".to_owned()
            }
            (BaselineName::Background(_), _) if method.has_baseline() && !one_of_many => {
                "--baseline background: it has one baseline; expected-gradients has many".to_owned()
            }
            _ if method != GradientMethod::XGradient => return Ok(()),
            _ if !zero => "another baseline than zero: use input-x-gradient or ig".to_owned(),
            _ if self.settings.link != Link::Logit => "--link probability: only logits are homogeneous".to_owned(),
            _ => match audit::breaking_layer(network) {
                Some(layer) => format!("this model: it is not homogeneous, {layer}; use input-x-gradient or ig"),
                None => return Ok(()),
            },
        };
        Err(Error::Usage(format!("use {method} with {reason}")))
    }

    /// Explains a record by a gradient method; of the settings, those of estimators are not looked at.
    ///
    /// # Errors
    /// As [`check_gradients`](Self::check_gradients), if the record does not fit the model, or the model fails.
    pub fn gradients(&self, record: &Record, gradients: &Gradients) -> Result<Explanation> {
        let clock = Instant::now();
        self.check_gradients(gradients)?;
        let scene = self.scene(record)?;
        if gradients.method == GradientMethod::Occlusion {
            return self.occluded(scene, clock);
        }
        let passes = self.passes()?;
        let signal = scene.prepared.signal();
        let baselines = self.references(&scene, gradients.method)?;
        let mut baseline = vec![0.0; passes.n_outputs()];
        for reference in &baselines {
            let values = passes.at(&reference.iter().map(|&x| x as f32).collect::<Vec<_>>()).values;
            baseline.iter_mut().zip(values).for_each(|(mean, value)| *mean += value / baselines.len() as f64);
        }
        let full = passes.at(signal).values;
        let look = maps::Scene {
            passes,
            signal,
            baselines: &baselines,
            owner: scene.partition.owner(),
            n_players: scene.partition.n_players(),
            seed: self.settings.seed,
            full: &full,
            baseline: &baseline,
        };
        let found = look.maps(gradients);
        let gaps = gradients.method.has_baseline().then(|| look.gaps(&found.cells));
        let mut explanation = self.mapped(scene, gradients, &found, [&baseline, &full], clock);
        let unit = self.unit(gradients.method);
        for (output, attribution) in explanation.attributions.iter_mut().enumerate() {
            let run = &mut attribution.run;
            run.insert("completeness_gap".to_owned(), gaps.as_ref().map(|gaps| gaps[output]).into());
            run.insert("passes".to_owned(), found.passes.into());
            run.insert("unit".to_owned(), unit.clone().into());
        }
        let per_cell = if gaps.is_some() { format!("{unit} per cell") } else { unit };
        explanation.dense = Some(DenseMaps { cells: found.cells, unit: per_cell });
        for warning in found.warnings {
            explanation.warn(warning);
        }
        if !gradients.method.has_baseline() && self.settings.baseline != BaselineName::Zero {
            explanation.warn(format!("{} does not look at a baseline", gradients.method));
        }
        Ok(explanation)
    }

    /// Measures whether the model is homogeneous at a record.
    ///
    /// # Errors
    /// If the model does not name its layers, or the record does not fit it.
    pub fn audit_homogeneity(&self, record: &Record) -> Result<Audit> {
        let passes = Passes { link: Link::Logit, ..self.passes()? };
        Ok(audit::audit(&passes, self.prepare(record)?.signal()))
    }

    /// The way back through the model.
    pub(crate) fn passes(&self) -> Result<Passes<'_>> {
        let Some(network) = &self.network else {
            let reason =
                "find gradients: the model does not name its layers, so that there is no way back through them";
            return Err(Error::Usage(reason.to_owned()));
        };
        Ok(Passes { network, link: self.settings.link })
    }

    /// What a sum of cells is measured in.
    fn unit(&self, method: GradientMethod) -> String {
        let link = self.settings.link;
        match method {
            _ if method.has_baseline() => link.to_string(),
            GradientMethod::SmoothGradSquared | GradientMethod::VarGrad => format!("({link} per mV)²"),
            _ => format!("{link} per mV"),
        }
    }

    /// The baselines of a record, `[baselines, cells]`.
    fn references(&self, scene: &Scene, method: GradientMethod) -> Result<Vec<Vec<f64>>> {
        let cells = scene.prepared.signal().len();
        match &self.settings.baseline {
            _ if !method.has_baseline() => Ok(vec![vec![0.0; cells]]),
            BaselineName::Background(_) => {
                let one = |signal: &[f32]| signal.iter().map(|&x| f64::from(x)).collect();
                Ok(self.background.chunks_exact(cells).map(one).collect())
            }
            _ => Ok(vec![self.baseline()?.reference(&scene.prepared)?]),
        }
    }

    /// Puts an explanation together from maps.
    fn mapped(
        &self,
        scene: Scene,
        gradients: &Gradients,
        found: &Maps,
        [baseline, full]: [&[f64]; 2],
        clock: Instant,
    ) -> Explanation {
        let (partition, cells) = (&scene.partition, scene.prepared.signal().len());
        let n_players = partition.n_players();
        let attribution = |output: usize| {
            let sums = player_sums(&found.cells[output * cells..][..cells], partition.owner(), n_players);
            let std_err = |player: usize| Some(found.variances.as_ref()?[output * n_players + player].sqrt());
            let term = |(player, value)| Term { players: vec![player as u32], value, std_err: std_err(player) };
            Attribution {
                index: Index::Gradient,
                kind: found.kind,
                method: gradients.method.name().to_owned(),
                n_players,
                baseline: baseline[output],
                full: full[output],
                evaluations: 0,
                terms: sums.into_iter().enumerate().map(term).collect(),
                ..Attribution::blank(&nothing(n_players), &no_values(full.len()), output)
            }
        };
        let attributions = (0..full.len()).map(attribution).collect();
        let values = vec![no_values(full.len())];
        let evaluation = Evaluation { values, stats: Stats::default(), warnings: Vec::new(), chunk: 0 };
        let budget = format!("{} passes forward and back", found.passes);
        let chosen = Chosen { method: gradients.method.name(), reason: None, budget, control: None };
        self.explained(scene, attributions, &evaluation, &chosen, clock)
    }

    /// How far the value falls if a player alone is masked.
    fn occluded(&self, scene: Scene, clock: Instant) -> Result<Explanation> {
        let n_players = scene.partition.n_players();
        let mut design = nothing(n_players);
        for player in 0..n_players {
            design.rows.push((0..n_players).filter(|&other| other != player));
        }
        let masked = self.masked(&scene.prepared, &scene.partition)?;
        let evaluation = masked.evaluate_all(&[&design.rows], &mut |_, _| std::ops::ControlFlow::Continue(()))?;
        let values = &evaluation.values[0];
        let attribution = |output: usize| {
            let value = |player: usize| values.get(1, output) - values.get(2 + player, output);
            let term = |player| Term { players: vec![player as u32], value: value(player), std_err: None };
            Attribution {
                index: Index::Egv,
                kind: Kind::Exact,
                method: GradientMethod::Occlusion.name().to_owned(),
                terms: (0..n_players).map(term).collect(),
                ..Attribution::blank(&design, values, output)
            }
        };
        let attributions = (0..values.n_outputs()).map(attribution).collect();
        let (method, budget) = (GradientMethod::Occlusion.name(), design.rows.len().to_string());
        let chosen = Chosen { method, reason: None, budget, control: None };
        Ok(self.explained(scene, attributions, &evaluation, &chosen, clock))
    }
}

/// A design of the empty coalition and the full one.
fn nothing(n_players: usize) -> Design {
    let mut rows = Coalitions::new(n_players);
    rows.push_empty();
    rows.push_full();
    Design { rows, draws: Vec::new() }
}

fn no_values(n_outputs: usize) -> Values {
    Values::new(n_outputs, vec![0.0; 2 * n_outputs], "").expect("invariant: two rows of each output")
}
