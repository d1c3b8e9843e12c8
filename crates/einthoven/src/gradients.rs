//! Gradient methods: from a record to a value for each of its cells, and their sums over players.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use einthoven_ecg::Record;
use einthoven_game::{Attribution, Coalitions, Design, Index, Kind, Term, Values};
use einthoven_gradient::{
    Audit, Differentiable, GradientMethod, Gradients, Maps, Request, Subject, audit, check, maps, occlusion,
};
use einthoven_masking::{Evaluation, Progress, Stats};

use crate::explainer::{Chosen, Scene};
use crate::explanation::DenseMaps;
use crate::{BaselineName, Error, Explainer, Explanation, Players, Result, Settings};

/// Windows that occlusion masks for its map, and how far one is from the next, in seconds: a QRS complex, and a fifth of it.
const WINDOW: [f64; 2] = [0.1, 0.02];

impl Explainer {
    /// Refuses a gradient method, players and a baseline that do not go together.
    ///
    /// # Errors
    /// If there is no way back through the model, a number makes no sense, or the method has no such baseline, link or players.
    pub fn check_gradients(&self, gradients: &Gradients) -> Result<()> {
        gradients.check()?;
        self.partition()?;
        let method = gradients.method;
        if method == GradientMethod::Occlusion && self.settings.players != Players::IndependentLeads {
            return Ok(());
        }
        let from_zero = self.settings.baseline == BaselineName::Zero;
        let reason = match (&self.settings.baseline, &self.settings.players) {
            (_, Players::IndependentLeads) => "players leads:8: some leads are computed from others; use leads",
            (BaselineName::Interpolate, _) if method.has_baseline() => {
                "--baseline interpolate: what stands in for a cell depends on what is kept"
            }
            _ if method == GradientMethod::XGradient && !from_zero => {
                "another baseline than zero: use input-x-gradient or ig"
            }
            _ => {
                let request = self.gradient_request(gradients, &[0], &|| false);
                return Ok(check(self.differentiable()?, &request)?);
            }
        };
        Err(Error::Usage(format!("use {method} with {reason}")))
    }

    /// Explains a record by a gradient method; of the settings, those of estimators are not looked at.
    ///
    /// # Errors
    /// As [`check_gradients`](Self::check_gradients), if the record does not fit the model, or the model fails.
    pub fn gradients(&self, record: &Record, gradients: &Gradients) -> Result<Explanation> {
        self.gradients_with(record, gradients, &mut |_, _| std::ops::ControlFlow::Continue(()))
    }

    /// As [`gradients`](Self::gradients); `progress` may break off. It hears of the coalitions of occlusion, and of other methods
    /// only that they go on: 0 of 0.
    ///
    /// # Errors
    /// As [`gradients`](Self::gradients).
    pub fn gradients_with(
        &self,
        record: &Record,
        gradients: &Gradients,
        progress: &mut Progress<'_>,
    ) -> Result<Explanation> {
        let clock = Instant::now();
        self.check_gradients(gradients)?;
        let scene = self.scene(record)?;
        if gradients.method == GradientMethod::Occlusion {
            return self.occluded(scene, clock, progress);
        }
        let model = self.differentiable()?;
        let outputs: Vec<usize> = (0..model.spec().outputs.len()).collect();
        let baselines = self.references(&scene, gradients.method)?;
        let progress = Mutex::new(progress);
        let stop = || progress.lock().unwrap_or_else(PoisonError::into_inner)(0, 0).is_break();
        let partition = &scene.partition;
        let subject = Subject { signal: scene.prepared.signal(), baselines: &baselines, partition };
        let request = self.gradient_request(gradients, &outputs, &stop);
        let mut found = maps(model, &[subject], &request)?;
        let found = found.pop().ok_or_else(|| Error::Usage("find gradients: no record was looked at".to_owned()))?;
        let gaps = gradients.method.adds_up().then(|| found.gaps());
        let mut explanation = self.mapped(scene, gradients, &found, clock);
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
    /// If there is no way back through the model, or the record does not fit it.
    pub fn audit_homogeneity(&self, record: &Record) -> Result<Audit> {
        Ok(audit(self.differentiable()?, self.prepare(record)?.signal(), self.memory(), &|| false)?)
    }

    /// The model with a way back.
    pub(crate) fn differentiable(&self) -> Result<&Differentiable> {
        self.differentiable.as_ref().ok_or_else(|| {
            let reason =
                "find gradients: the model neither names its layers nor says that it can be differentiated, so that there \
                 is no way back through it";
            Error::Usage(reason.to_owned())
        })
    }

    /// What is asked of these outputs, with the settings of the explainer.
    pub(crate) fn gradient_request<'a>(
        &self,
        gradients: &'a Gradients,
        outputs: &'a [usize],
        stop: &'a (dyn Fn() -> bool + Sync),
    ) -> Request<'a> {
        let Settings { link, seed, .. } = self.settings;
        Request { gradients, outputs, link, seed, memory: self.memory(), stop }
    }

    /// What a sum of cells is measured in.
    fn unit(&self, method: GradientMethod) -> String {
        let link = self.settings.link;
        match method {
            _ if method.has_baseline() => link.to_string(),
            GradientMethod::GradCam => "relative".to_owned(),
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
    fn mapped(&self, scene: Scene, gradients: &Gradients, found: &Maps, clock: Instant) -> Explanation {
        let partition = &scene.partition;
        let n_players = partition.n_players();
        let attribution = |output: usize| {
            let sums = found.player_sums(output, partition.owner(), n_players);
            let std_err = |player: usize| Some(found.variances.as_ref()?[output * n_players + player].sqrt());
            let term = |(player, value)| Term { players: vec![player as u32], value, std_err: std_err(player) };
            Attribution {
                index: Index::Gradient,
                kind: found.kind,
                method: gradients.method.name().to_owned(),
                n_players,
                baseline: found.baseline[output],
                full: found.full[output],
                evaluations: 0,
                terms: sums.into_iter().enumerate().map(term).collect(),
                ..Attribution::blank(&nothing(n_players), &no_values(found.full.len()), output)
            }
        };
        let attributions = (0..found.full.len()).map(attribution).collect();
        let values = vec![no_values(found.full.len())];
        let evaluation = Evaluation { values, stats: Stats::default(), warnings: Vec::new(), chunk: 0 };
        let budget = format!("{} passes forward and back", found.passes);
        let chosen = Chosen { method: gradients.method.name(), reason: None, budget, control: None };
        self.explained(scene, attributions, &evaluation, &chosen, clock)
    }

    /// How far the value falls if a player alone is masked, and of each cell, if a window around it is.
    fn occluded(&self, scene: Scene, clock: Instant, progress: &mut Progress<'_>) -> Result<Explanation> {
        let n_players = scene.partition.n_players();
        let mut design = nothing(n_players);
        for player in 0..n_players {
            design.rows.push((0..n_players).filter(|&other| other != player));
        }
        let masked = self.masked(&scene.prepared, &scene.partition)?;
        let mut evaluation = masked.evaluate_all(&[&design.rows], progress)?;
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
        let samples = |seconds: f64| ((seconds * scene.prepared.rate).round() as usize).max(1);
        let stride = samples(WINDOW[1]);
        let window = (samples(WINDOW[0]) / stride).max(1) * stride;
        let options = self.options()?;
        let map = occlusion(&self.model, &scene.prepared, &options, [window, stride], progress)?;
        evaluation.stats.evaluations += map.evaluations as u64;
        let method = GradientMethod::Occlusion.name();
        let budget = format!("{}, and {} for the map of windows", design.rows.len(), map.evaluations);
        let chosen = Chosen { method, reason: None, budget, control: None };
        let mut explanation = self.explained(scene, attributions, &evaluation, &chosen, clock);
        let unit = format!("{} per window of {window} samples", self.settings.link);
        for attribution in &mut explanation.attributions {
            attribution.run.insert("unit".to_owned(), self.settings.link.to_string().into());
        }
        explanation.dense = Some(DenseMaps { cells: map.cells, unit });
        Ok(explanation)
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
