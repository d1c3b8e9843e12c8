//! What each method makes of gradients: a value for each cell.

use einthoven_game::quadrature::gauss_legendre;
use einthoven_game::{Kind, rng};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

use super::method::{GradientMethod, Gradients};
use super::passes::{Pass, Passes};

/// The first number of steps of an adaptive integral, and the last one.
const STEPS: (usize, usize) = (8, 512);

/// What a method found.
pub(super) struct Maps {
    /// `[outputs, cells]`
    pub cells: Vec<f64>,
    /// Squared standard errors of the sums over players, `[outputs, players]`.
    pub variances: Option<Vec<f64>>,
    pub kind: Kind,
    /// Points that were visited for it.
    pub passes: usize,
    pub warnings: Vec<String>,
}

/// A record and what it is measured from.
pub(super) struct Scene<'a> {
    pub passes: Passes<'a>,
    /// `[cells]`
    pub signal: &'a [f32],
    /// `[baselines, cells]`: several for expected gradients only.
    pub baselines: &'a [Vec<f64>],
    /// Who owns each cell, for standard errors.
    pub owner: &'a [u32],
    pub n_players: usize,
    pub seed: u64,
    /// The values of the record, `[outputs]`.
    pub full: &'a [f64],
    /// The mean of the values of the baselines, `[outputs]`.
    pub baseline: &'a [f64],
}

impl Scene<'_> {
    pub fn maps(&self, gradients: &Gradients) -> Maps {
        match gradients.method {
            GradientMethod::Saliency => self.at_record(|_, gradient| gradient.abs()),
            GradientMethod::InputXGradient | GradientMethod::XGradient => {
                self.at_record(|cell, gradient| gradient * self.difference(0, cell))
            }
            GradientMethod::Ig => self.integrated(gradients),
            GradientMethod::ExpectedGradients => self.expected(gradients.samples),
            _ => self.smooth(gradients),
        }
    }

    fn difference(&self, baseline: usize, cell: usize) -> f64 {
        f64::from(self.signal[cell]) - self.baselines[baseline][cell]
    }

    fn at_record(&self, value: impl Fn(usize, f64) -> f64) -> Maps {
        let pass = self.passes.at(self.signal);
        let outputs = 0..self.full.len();
        let cells = outputs.flat_map(|output| pass.gradient(output).enumerate().map(|(c, g)| value(c, g)));
        Maps { cells: cells.collect(), variances: None, kind: Kind::Exact, passes: 1, warnings: Vec::new() }
    }

    /// The completeness gap of each output: what the cells leave over of the difference between record and baseline.
    pub fn gaps(&self, cells: &[f64]) -> Vec<f64> {
        let of_output = cells.chunks_exact(self.signal.len()).map(|cells| cells.iter().sum::<f64>());
        of_output
            .zip(self.full.iter().zip(self.baseline))
            .map(|(sum, (full, baseline))| full - baseline - sum)
            .collect()
    }

    fn integrated(&self, gradients: &Gradients) -> Maps {
        let differences = self.full.iter().zip(self.baseline).map(|(full, baseline)| (full - baseline).abs());
        let range = differences.fold(1e-6, f64::max);
        let (mut steps, mut passes) = (gradients.steps.unwrap_or(STEPS.0), 0);
        loop {
            let cells = self.integral(steps);
            passes += steps;
            let gap = self.gaps(&cells).into_iter().map(f64::abs).fold(0.0, f64::max) / range;
            let met = gap <= gradients.gap;
            if gradients.steps.is_some() || met || steps >= STEPS.1 {
                let missed =
                    format!("{steps} steps leave a completeness gap of {:.1} % of the difference", 100.0 * gap);
                let warnings = if met { Vec::new() } else { vec![missed] };
                return Maps { cells, variances: None, kind: Kind::Consistent, passes, warnings };
            }
            steps *= 2;
        }
    }

    fn integral(&self, steps: usize) -> Vec<f64> {
        let rule = gauss_legendre(steps);
        let mut mean = vec![0.0; self.full.len() * self.signal.len()];
        let load = |step: usize, row: &mut [f32]| self.between(0, rule[step].0, row);
        self.passes.visit(steps, &load, &mut |step, pass| add(&mut mean, pass, |_, gradient| rule[step].1 * gradient));
        for cells in mean.chunks_exact_mut(self.signal.len()) {
            cells.iter_mut().enumerate().for_each(|(cell, value)| *value *= self.difference(0, cell));
        }
        mean
    }

    /// The point at a part of the way from a baseline to the record.
    fn between(&self, baseline: usize, part: f64, row: &mut [f32]) {
        for (cell, value) in row.iter_mut().enumerate() {
            *value = (self.baselines[baseline][cell] + part * self.difference(baseline, cell)) as f32;
        }
    }

    fn expected(&self, samples: usize) -> Maps {
        let draw = |sample: usize| {
            let mut rng = rng::stream(self.seed, "gradients/expected", sample as u64);
            (rng.random_range(0..self.baselines.len()), rng.random::<f64>())
        };
        let draws: Vec<(usize, f64)> = (0..samples).map(draw).collect();
        let load = |sample: usize, row: &mut [f32]| self.between(draws[sample].0, draws[sample].1, row);
        let value = |sample: usize, cell: usize, gradient: f64| gradient * self.difference(draws[sample].0, cell);
        let [first, _, variances] = self.moments(samples, &load, &value);
        let cells = first.into_iter().map(|sum| sum / samples as f64).collect();
        self.sampled(cells, variances, samples)
    }

    fn smooth(&self, gradients: &Gradients) -> Maps {
        let &Gradients { method, samples, noise, .. } = gradients;
        let (low, high) =
            self.signal.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), &x| (l.min(x), h.max(x)));
        let deviation = noise * f64::from(high - low);
        let load = |sample: usize, row: &mut [f32]| {
            let mut rng = rng::stream(self.seed, "gradients/noise", sample as u64);
            for (value, &x) in row.iter_mut().zip(self.signal) {
                let normal: f64 = StandardNormal.sample(&mut rng);
                *value = (f64::from(x) + deviation * normal) as f32;
            }
        };
        let [first, second, variances] = self.moments(samples, &load, &|_, _, gradient| gradient);
        let n = samples as f64;
        let cell = |(first, second): (f64, f64)| match method {
            GradientMethod::SmoothGrad => first / n,
            GradientMethod::SmoothGradSquared => second / n,
            _ => (second - first * first / n).max(0.0) / (n - 1.0),
        };
        let cells = first.into_iter().zip(second).map(cell).collect();
        if method == GradientMethod::SmoothGrad {
            return self.sampled(cells, variances, samples);
        }
        Maps { cells, variances: None, kind: Kind::Unbiased, passes: samples, warnings: Vec::new() }
    }

    fn sampled(&self, cells: Vec<f64>, variances: Vec<f64>, samples: usize) -> Maps {
        let variances = (samples > 1).then_some(variances);
        Maps { cells, variances, kind: Kind::Unbiased, passes: samples, warnings: Vec::new() }
    }

    /// The sums and the sums of squares of the cells' values over random points, `[outputs, cells]`, and the variances of the
    /// mean sums over players, `[outputs, players]`.
    fn moments(
        &self,
        samples: usize,
        load: &(dyn Fn(usize, &mut [f32]) + Sync),
        value: &dyn Fn(usize, usize, f64) -> f64,
    ) -> [Vec<f64>; 3] {
        let n_outputs = self.full.len();
        let (mut first, mut second) =
            (vec![0.0; n_outputs * self.signal.len()], vec![0.0; n_outputs * self.signal.len()]);
        let (mut sums, mut squares) = (vec![0.0; n_outputs * self.n_players], vec![0.0; n_outputs * self.n_players]);
        self.passes.visit(samples, load, &mut |sample, pass| {
            add(&mut first, pass, |cell, gradient| value(sample, cell, gradient));
            add(&mut second, pass, |cell, gradient| value(sample, cell, gradient).powi(2));
            for output in 0..n_outputs {
                let cells: Vec<f64> = pass.gradient(output).enumerate().map(|(c, g)| value(sample, c, g)).collect();
                for (player, sum) in player_sums(&cells, self.owner, self.n_players).into_iter().enumerate() {
                    sums[output * self.n_players + player] += sum;
                    squares[output * self.n_players + player] += sum * sum;
                }
            }
        });
        let n = samples as f64;
        let variance = |(sum, square): (f64, f64)| (square - sum * sum / n).max(0.0) / ((n - 1.0).max(1.0) * n);
        [first, second, sums.into_iter().zip(squares).map(variance).collect()]
    }
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

/// What the cells of each player add up to; cells of nobody are left out.
pub(super) fn player_sums(cells: &[f64], owner: &[u32], n_players: usize) -> Vec<f64> {
    let mut sums = vec![0.0; n_players];
    for (value, &owner) in cells.iter().zip(owner) {
        if let Some(sum) = sums.get_mut(owner as usize) {
            *sum += value;
        }
    }
    sums
}
