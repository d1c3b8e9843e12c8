//! Whether a network is nonnegatively homogeneous, so that X-Gradient is Integrated Gradients (Hesse, Schaub-Meyer & Roth
//! 2021).

use einthoven_game::Link;
use einthoven_game::quadrature::gauss_legendre;
use einthoven_model::Network;
use einthoven_model::network::Op;
use serde::Serialize;

use crate::passes::Passes;
use crate::{Differentiable, Result};

/// Factors that the record is scaled by.
const FACTORS: [f64; 4] = [0.1, 0.3, 3.0, 10.0];
/// Steps of the integral that X-Gradient is compared with.
const STEPS: usize = 128;
/// The largest relative error of scaling, and of X-Gradient, that rounding in f32 explains.
pub(crate) const TOLERANCE: f64 = 1e-4;

/// What was measured on a record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Audit {
    /// Whether the network is homogeneous of order 1, by its layers, where they are known, and by every measurement.
    pub homogeneous: bool,
    /// The first layer that is not homogeneous, and why; `None` if all are, or none is known.
    pub broken_by: Option<String>,
    /// The order `k` for which `f(ax)` is nearest to `a^k f(x)`, by the slope of the logarithms of the largest logit; none where
    /// that changes its sign.
    pub order: Option<f64>,
    /// The factors `a`, and the largest `|f(ax) - a f(x)|` over the outputs, as a share of the largest `|a f(x)|`.
    pub scaling: Vec<[f64; 2]>,
    /// The largest completeness gap of input x gradient over the outputs, as a share of the largest `|f(x)|`: what the cells
    /// leave over of `f(x)`, which is 0 for the zero record in a homogeneous network.
    pub completeness_gap: f64,
    /// The mean over cells and outputs of `|x-gradient - ig|`, as a share of the mean of `|ig|`; the integral has 128 steps.
    pub difference: f64,
}

/// Measures a model at a record, millivolts `[leads, samples]`; passes may take so many bytes at once. Of a record that the
/// model answers with nothing but zeros nothing is learnt, and it is not called homogeneous.
///
/// # Errors
/// If `stop` says so.
pub fn audit(model: &Differentiable, signal: &[f32], memory: usize, stop: &(dyn Fn() -> bool + Sync)) -> Result<Audit> {
    let outputs: Vec<usize> = (0..model.spec().outputs.len()).collect();
    let passes = Passes { model, link: Link::Logit, outputs: &outputs, memory, stop };
    let scaled: Vec<f64> = passes.values(FACTORS.len(), &|row, to| {
        to.iter_mut().zip(signal).for_each(|(to, &x)| *to = (FACTORS[row] * f64::from(x)) as f32);
    });
    let integral = mean_gradients(&passes, signal)?;
    let (here, [gap, apart, total]) = passes.at(signal, |here| {
        let (mut gap, mut apart, mut total) = (0.0f64, 0.0, 0.0);
        for (output, integral) in integral.chunks_exact(signal.len()).enumerate() {
            let mut sum = 0.0;
            for ((gradient, mean), &x) in here.gradient(output).zip(integral).zip(signal) {
                let (ours, theirs) = (gradient * f64::from(x), mean * f64::from(x));
                sum += ours;
                apart += (ours - theirs).abs();
                total += theirs.abs();
            }
            gap = gap.max((here.values[output] - sum).abs());
        }
        (here.values.clone(), [gap, apart, total])
    })?;
    let largest = here.iter().map(|value| value.abs()).fold(f64::MIN_POSITIVE, f64::max);
    let scaling: Vec<[f64; 2]> = FACTORS
        .iter()
        .zip(scaled.chunks_exact(here.len()))
        .map(|(&factor, there)| {
            let errors = there.iter().zip(&here).map(|(there, here)| (there - factor * here).abs());
            [factor, errors.fold(0.0, f64::max) / (factor * largest)]
        })
        .collect();
    let (gap, difference) = (gap / largest, apart / f64::max(total, f64::MIN_POSITIVE));
    let broken_by = model.network().and_then(breaking_layer);
    let measured = total > 0.0
        && scaling.iter().all(|[_, error]| *error <= TOLERANCE)
        && gap <= TOLERANCE
        && difference <= TOLERANCE;
    Ok(Audit {
        homogeneous: broken_by.is_none() && measured,
        broken_by,
        order: order(&here, &scaled),
        scaling,
        completeness_gap: gap,
        difference,
    })
}

/// The slope of the logarithm of the largest logit over that of the factor.
fn order(here: &[f64], scaled: &[f64]) -> Option<f64> {
    let (output, value) = here.iter().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
    let ratios = scaled.iter().skip(output).step_by(here.len()).map(|there| there / value);
    let (mut products, mut squares) = (0.0, 0.0);
    for (factor, ratio) in FACTORS.iter().zip(ratios) {
        products += factor.ln() * (ratio > 0.0).then(|| ratio.ln())?;
        squares += factor.ln().powi(2);
    }
    Some(products / squares)
}

/// The mean gradient between nothing and the record, `[outputs, cells]`.
fn mean_gradients(passes: &Passes<'_>, signal: &[f32]) -> Result<Vec<f64>> {
    let rule = gauss_legendre(STEPS);
    let load = |step: usize, row: &mut [f32]| {
        row.iter_mut().zip(signal).for_each(|(value, &x)| *value = (rule[step].0 * f64::from(x)) as f32);
    };
    let mut mean = vec![0.0; passes.outputs.len() * signal.len()];
    passes.visit(STEPS, &load, &mut |step, pass| {
        for (output, mean) in mean.chunks_exact_mut(signal.len()).enumerate() {
            mean.iter_mut().zip(pass.gradient(output)).for_each(|(mean, gradient)| *mean += rule[step].1 * gradient);
        }
    })?;
    Ok(mean)
}

/// The first layer with something that does not scale with the signal, and what that is.
pub fn breaking_layer(network: &Network) -> Option<String> {
    let broken = |(index, op): (usize, &Op)| {
        let why = match op {
            Op::Normalise { mean, .. } if *mean != 0.0 => format!("takes off a mean of {mean} mV"),
            Op::Conv(conv) if conv.bias.iter().any(|&bias| bias != 0.0) => "is a convolution with a bias".to_owned(),
            Op::Linear(linear) if linear.bias.iter().any(|&bias| bias != 0.0) => "is linear with a bias".to_owned(),
            _ => return None,
        };
        Some(format!("layer {index} {why}"))
    };
    network.layers().iter().map(|layer| &layer.op).enumerate().find_map(broken)
}
