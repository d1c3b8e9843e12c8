//! What each method makes of gradients: a value for each cell.

use einthoven_game::{Kind, Link, rng};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

use crate::homogeneity::{audit, breaking_layer};
use crate::layers;
use crate::method::{GradientMethod, Gradients};
use crate::passes::{Pass, Passes};
use crate::{Differentiable, Error, Request, Result, Subject};

/// The first number of steps of an adaptive integral, and the last one.
const STEPS: (usize, usize) = (8, 512);
/// A gap of expected gradients from which on they say so.
const ROUGH: f64 = 0.05;

/// What a method found for one record.
#[derive(Clone, Debug)]
pub struct Maps {
    /// `[outputs, leads, samples]`
    pub cells: Vec<f64>,
    /// Squared standard errors of the sums over players, `[outputs, players]`, of methods that draw points.
    pub variances: Option<Vec<f64>>,
    /// The values of the record, `[outputs]`.
    pub full: Vec<f64>,
    /// The mean of the values of the baselines, `[outputs]`.
    pub baseline: Vec<f64>,
    /// What is known of the values.
    pub kind: Kind,
    /// Points that were visited for it, forward and back.
    pub passes: usize,
    /// What a reader must know.
    pub warnings: Vec<String>,
}

impl Maps {
    /// The completeness gap of each output: what the cells leave over of the difference between record and baseline.
    pub fn gaps(&self) -> Vec<f64> {
        let n_cells = self.cells.len() / self.full.len().max(1);
        let sums = self.cells.chunks_exact(n_cells.max(1)).map(|cells| cells.iter().sum::<f64>());
        sums.zip(self.full.iter().zip(&self.baseline)).map(|(sum, (full, baseline))| full - baseline - sum).collect()
    }

    /// What the cells of each player add up to, `[players]`; cells of nobody are left out.
    pub fn player_sums(&self, output: usize, owner: &[u32], n_players: usize) -> Vec<f64> {
        player_sums(&self.cells[output * owner.len()..][..owner.len()], owner, n_players)
    }
}

/// Runs a gradient method on records side by side, one map per record.
///
/// `x-gradient` of a model that is not homogeneous is refused: by its layers, or where they are not known by an
/// [`audit`](crate::audit) of the record. For occlusion see
/// [`occlusion`](crate::occlusion).
///
/// # Errors
/// If a number makes no sense, the model has no such output, the method needs layers that the model does not name, or it has
/// no such baseline or link.
pub fn maps(model: &Differentiable, subjects: &[Subject<'_>], request: &Request<'_>) -> Result<Vec<Maps>> {
    check(model, request)?;
    let &Request { outputs, link, .. } = request;
    // Records go side by side, and share the memory.
    let memory = request.memory / subjects.len().clamp(1, rayon::current_num_threads());
    let passes = Passes { model, link, outputs, memory, stop: request.stop };
    subjects.par_iter().map(|subject| map(passes, subject, request)).collect()
}

fn map(passes: Passes<'_>, subject: &Subject<'_>, request: &Request<'_>) -> Result<Maps> {
    if subject.signal.len() != passes.model.n_cells() || subject.partition.owner().len() != subject.signal.len() {
        let n = passes.model.n_cells();
        return Err(Error::Request(format!("find gradients: record and partition have {n} cells in this model")));
    }
    if subject.baselines.is_empty() || subject.baselines.iter().any(|b| b.len() != subject.signal.len()) {
        return Err(Error::Request("find gradients: a baseline has as many cells as the record".to_owned()));
    }
    let of_baselines = passes.values(subject.baselines.len(), &|row, to| {
        to.iter_mut().zip(&subject.baselines[row]).for_each(|(to, &x)| *to = x as f32);
    });
    let n_outputs = passes.outputs.len();
    let mean = |output: usize| {
        of_baselines.iter().skip(output).step_by(n_outputs).sum::<f64>() / subject.baselines.len() as f64
    };
    let baseline: Vec<f64> = (0..n_outputs).map(mean).collect();
    let full = passes.values(1, &|_, to| to.copy_from_slice(subject.signal));
    let scene = Scene { passes, subject, seed: request.seed, full: &full, baseline: &baseline };
    let Found { cells, variances, kind, passes, warnings } = scene.found(request.gradients)?;
    Ok(Maps { cells, variances, full, baseline, kind, passes, warnings })
}

/// Refuses what [`maps`] refuses whatever the record.
///
/// # Errors
/// If a number makes no sense, the model has no such output, the method needs layers that the model does not name, the layers
/// say that the model is not homogeneous, or the method has no such link.
pub fn check(model: &Differentiable, request: &Request<'_>) -> Result<()> {
    let &Request { gradients, outputs, link, .. } = request;
    gradients.check()?;
    let method = gradients.method;
    let n_outputs = model.spec().outputs.len();
    let reason = match (method, model.network()) {
        _ if outputs.is_empty() || outputs.iter().any(|&output| output >= n_outputs) => {
            format!("outputs {outputs:?}: the model has {n_outputs}")
        }
        (GradientMethod::Occlusion, _) => "gradients: it has none; ask for occlusion".to_owned(),
        (GradientMethod::XGradient, _) if link != Link::Logit => {
            "link probability: only logits are homogeneous".to_owned()
        }
        (GradientMethod::XGradient, Some(network)) => match breaking_layer(network) {
            Some(layer) => format!("this model: it is not homogeneous, {layer}; use input-x-gradient or ig"),
            None => return Ok(()),
        },
        (_, None) if method.needs_layers() => "this model: it does not name its layers".to_owned(),
        _ => return Ok(()),
    };
    Err(Error::Request(format!("use {method} with {reason}")))
}

/// What a method found.
pub(crate) struct Found {
    /// `[outputs, cells]`
    pub cells: Vec<f64>,
    pub variances: Option<Vec<f64>>,
    pub kind: Kind,
    pub passes: usize,
    pub warnings: Vec<String>,
}

/// A record, and how it is looked at.
pub(crate) struct Scene<'a> {
    pub passes: Passes<'a>,
    pub subject: &'a Subject<'a>,
    pub seed: u64,
    pub full: &'a [f64],
    pub baseline: &'a [f64],
}

impl Found {
    /// Of one pass without chance.
    pub fn once(cells: Vec<f64>, kind: Kind) -> Self {
        Self { cells, variances: None, kind, passes: 1, warnings: Vec::new() }
    }

    fn warning(self, warning: &str) -> Self {
        Self { warnings: vec![warning.to_owned()], ..self }
    }
}

impl Scene<'_> {
    fn found(&self, gradients: &Gradients) -> Result<Found> {
        Ok(match gradients.method {
            GradientMethod::Saliency => self.at_record(|_, gradient| gradient.abs())?,
            GradientMethod::InputXGradient => self.products()?,
            GradientMethod::XGradient => self.homogeneous()?,
            GradientMethod::Ig => self.integrated(gradients)?,
            GradientMethod::ExpectedGradients => self.expected(gradients.samples)?,
            GradientMethod::DeepLift => layers::deep_lift(self),
            GradientMethod::GuidedBackprop => layers::guided(self).warning(
                "guided-backprop says little about the model: it stays much the same when weights are drawn anew",
            ),
            GradientMethod::GradCam => {
                layers::grad_cam(self).warning("grad-cam cannot tell leads apart: its map is the same for all of them")
            }
            _ => self.smooth(gradients)?,
        })
    }

    pub fn difference(&self, baseline: usize, cell: usize) -> f64 {
        f64::from(self.subject.signal[cell]) - self.subject.baselines[baseline][cell]
    }

    fn n_cells(&self) -> usize {
        self.subject.signal.len()
    }

    fn at_record(&self, value: impl Fn(usize, f64) -> f64) -> Result<Found> {
        let outputs = 0..self.full.len();
        let cells = self.passes.at(self.subject.signal, |pass| {
            outputs.flat_map(|output| pass.gradient(output).enumerate().map(|(c, g)| value(c, g))).collect()
        })?;
        Ok(Found::once(cells, Kind::Biased))
    }

    fn products(&self) -> Result<Found> {
        let n = self.subject.baselines.len();
        self.at_record(|cell, gradient| {
            gradient * (0..n).map(|baseline| self.difference(baseline, cell)).sum::<f64>() / n as f64
        })
    }

    /// Input x gradient, if it is more than that.
    fn homogeneous(&self) -> Result<Found> {
        if self.subject.baselines.iter().flatten().any(|&x| x != 0.0) {
            let reason = "use x-gradient with another baseline than zero: use input-x-gradient or ig";
            return Err(Error::Request(reason.to_owned()));
        }
        if self.passes.model.network().is_none() {
            let passes = &self.passes;
            let audit = audit(passes.model, self.subject.signal, passes.memory, passes.stop)?;
            if !audit.homogeneous {
                return Err(Error::Request(format!(
                    "use x-gradient with this model: it is not homogeneous, cells are off by {:.2} % of what ig gives; use \
                     input-x-gradient or ig",
                    100.0 * audit.difference
                )));
            }
        }
        let found = Found { kind: Kind::Exact, ..self.products()? };
        Ok(found)
    }

    /// The largest completeness gap, as a share of the largest difference.
    fn largest_gap(&self, cells: &[f64]) -> f64 {
        let differences = || self.full.iter().zip(self.baseline).map(|(full, baseline)| full - baseline);
        let range = differences().map(f64::abs).fold(1e-6, f64::max);
        let sums = cells.chunks_exact(self.n_cells()).map(|cells| cells.iter().sum::<f64>());
        sums.zip(differences()).map(|(sum, difference)| (difference - sum).abs()).fold(0.0, f64::max) / range
    }

    fn integrated(&self, gradients: &Gradients) -> Result<Found> {
        let (mut steps, mut passes) = (gradients.steps.unwrap_or(STEPS.0), 0);
        loop {
            let rule = gradients.quadrature.rule(steps);
            let cells = self.integral(&rule)?;
            passes += steps * self.subject.baselines.len();
            let gap = self.largest_gap(&cells);
            let met = gap <= gradients.gap;
            if gradients.steps.is_some() || met || steps >= STEPS.1 {
                let missed =
                    format!("{steps} steps leave a completeness gap of {:.1} % of the difference", 100.0 * gap);
                let warnings = if met { Vec::new() } else { vec![missed] };
                return Ok(Found { cells, variances: None, kind: Kind::Consistent, passes, warnings });
            }
            steps *= 2;
        }
    }

    /// The mean over baselines.
    fn integral(&self, rule: &[(f64, f64)]) -> Result<Vec<f64>> {
        let n = self.subject.baselines.len();
        let mut all = vec![0.0; self.full.len() * self.n_cells()];
        for baseline in 0..n {
            let mut mean = vec![0.0; all.len()];
            let load = |step: usize, row: &mut [f32]| self.between(baseline, rule[step].0, row);
            let passes = &self.passes;
            passes.visit(rule.len(), &load, &mut |step, pass| add(&mut mean, pass, |_, g| rule[step].1 * g))?;
            for (cell, (sum, mean)) in all.iter_mut().zip(&mean).enumerate() {
                *sum += mean * self.difference(baseline, cell % self.n_cells()) / n as f64;
            }
        }
        Ok(all)
    }

    /// The point at a part of the way from a baseline to the record.
    fn between(&self, baseline: usize, part: f64, row: &mut [f32]) {
        for (cell, value) in row.iter_mut().enumerate() {
            *value = (self.subject.baselines[baseline][cell] + part * self.difference(baseline, cell)) as f32;
        }
    }

    fn expected(&self, samples: usize) -> Result<Found> {
        let draw = |sample: usize| {
            let mut rng = rng::stream(self.seed, "gradients/expected", sample as u64);
            (rng.random_range(0..self.subject.baselines.len()), rng.random::<f64>())
        };
        let draws: Vec<(usize, f64)> = (0..samples).map(draw).collect();
        let load = |sample: usize, row: &mut [f32]| self.between(draws[sample].0, draws[sample].1, row);
        let value = |sample: usize, cell: usize, gradient: f64| gradient * self.difference(draws[sample].0, cell);
        let [first, _, variances] = self.moments(samples, &load, &value)?;
        let cells: Vec<f64> = first.into_iter().map(|sum| sum / samples as f64).collect();
        let gap = self.largest_gap(&cells);
        let mut found = sampled(cells, variances, samples);
        if gap > ROUGH {
            found.warnings.push(format!(
                "{samples} samples leave a completeness gap of {:.1} % of the difference; more of them leave less",
                100.0 * gap
            ));
        }
        Ok(found)
    }

    fn smooth(&self, gradients: &Gradients) -> Result<Found> {
        let &Gradients { method, samples, noise, .. } = gradients;
        let signal = self.subject.signal;
        let (low, high) = signal.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), &x| (l.min(x), h.max(x)));
        let deviation = noise * f64::from(high - low);
        let load = |sample: usize, row: &mut [f32]| {
            let mut rng = rng::stream(self.seed, "gradients/noise", sample as u64);
            for (value, &x) in row.iter_mut().zip(signal) {
                let normal: f64 = StandardNormal.sample(&mut rng);
                *value = (f64::from(x) + deviation * normal) as f32;
            }
        };
        let [first, second, variances] = self.moments(samples, &load, &|_, _, gradient| gradient)?;
        let n = samples as f64;
        let cell = |(first, second): (f64, f64)| match method {
            GradientMethod::SmoothGrad => first / n,
            GradientMethod::SmoothGradSquared => second / n,
            _ => (second - first * first / n).max(0.0) / (n - 1.0),
        };
        let cells = first.into_iter().zip(second).map(cell).collect();
        if method == GradientMethod::SmoothGrad {
            return Ok(sampled(cells, variances, samples));
        }
        Ok(Found { cells, variances: None, kind: Kind::Unbiased, passes: samples, warnings: Vec::new() })
    }

    /// The sums and the sums of squares of the cells' values over random points, `[outputs, cells]`, and the variances of the
    /// mean sums over players, `[outputs, players]`.
    fn moments(
        &self,
        samples: usize,
        load: &(dyn Fn(usize, &mut [f32]) + Sync),
        value: &dyn Fn(usize, usize, f64) -> f64,
    ) -> Result<[Vec<f64>; 3]> {
        let (n_outputs, n_players) = (self.full.len(), self.subject.partition.n_players());
        let (mut first, mut second) = (vec![0.0; n_outputs * self.n_cells()], vec![0.0; n_outputs * self.n_cells()]);
        let (mut sums, mut squares) = (vec![0.0; n_outputs * n_players], vec![0.0; n_outputs * n_players]);
        self.passes.visit(samples, load, &mut |sample, pass| {
            add(&mut first, pass, |cell, gradient| value(sample, cell, gradient));
            add(&mut second, pass, |cell, gradient| value(sample, cell, gradient).powi(2));
            for output in 0..n_outputs {
                let cells: Vec<f64> = pass.gradient(output).enumerate().map(|(c, g)| value(sample, c, g)).collect();
                let players = player_sums(&cells, self.subject.partition.owner(), n_players);
                for (player, sum) in players.into_iter().enumerate() {
                    sums[output * n_players + player] += sum;
                    squares[output * n_players + player] += sum * sum;
                }
            }
        })?;
        let n = samples as f64;
        let variance = |(sum, square): (f64, f64)| (square - sum * sum / n).max(0.0) / ((n - 1.0).max(1.0) * n);
        Ok([first, second, sums.into_iter().zip(squares).map(variance).collect()])
    }
}

fn sampled(cells: Vec<f64>, variances: Vec<f64>, samples: usize) -> Found {
    let variances = (samples > 1).then_some(variances);
    Found { cells, variances, kind: Kind::Unbiased, passes: samples, warnings: Vec::new() }
}

/// Adds a pass to sums, `[outputs, cells]`.
fn add(sums: &mut [f64], pass: &Pass, value: impl Fn(usize, f64) -> f64) {
    let cells = sums.len() / pass.values.len();
    for (output, sums) in sums.chunks_exact_mut(cells).enumerate() {
        for (cell, (sum, gradient)) in sums.iter_mut().zip(pass.gradient(output)).enumerate() {
            *sum += value(cell, gradient);
        }
    }
}

fn player_sums(cells: &[f64], owner: &[u32], n_players: usize) -> Vec<f64> {
    let mut sums = vec![0.0; n_players];
    for (value, &owner) in cells.iter().zip(owner) {
        if let Some(sum) = sums.get_mut(owner as usize) {
            *sum += value;
        }
    }
    sums
}
