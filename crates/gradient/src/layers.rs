//! Methods that go back through layers by other rules than the derivative's.

use burn::tensor::Tensor;
use einthoven_game::Kind;
use einthoven_model::{Rule, TensorNetwork, Trace};

use crate::differentiable::{numbers, one_hot};
use crate::maps::{Found, Scene};
use crate::passes::read;

/// DeepLIFT by the rescale rule, the mean over baselines. Its values add up to the difference.
pub(crate) fn deep_lift(scene: &Scene<'_>) -> Found {
    let (network, trace) = traced(scene, scene.subject.signal.to_vec());
    let (n, cells) = (scene.subject.baselines.len(), scene.subject.signal.len());
    let mut sums = vec![0.0; scene.full.len() * cells];
    for (index, baseline) in scene.subject.baselines.iter().enumerate() {
        let (_, reference) = traced(scene, baseline.iter().map(|&x| x as f32).collect());
        let logits = [&trace, &reference].map(|trace| numbers(trace.logits()));
        for (nth, &output) in scene.passes.outputs.iter().enumerate() {
            let [logit, other] = [0, 1].map(|i| f64::from(logits[i][output]));
            let cotangent = one_hot(&trace.logits(), output);
            let multipliers = numbers(network.backward(&trace, cotangent, Rule::Rescale(&reference)));
            let scale = chord(scene, logit, other) / n as f64;
            for (cell, (sum, multiplier)) in sums[nth * cells..][..cells].iter_mut().zip(multipliers).enumerate() {
                *sum += scale * f64::from(multiplier) * scene.difference(index, cell);
            }
        }
    }
    Found { passes: n, ..Found::once(sums, Kind::Biased) }
}

/// Guided backpropagation.
pub(crate) fn guided(scene: &Scene<'_>) -> Found {
    let (network, trace) = traced(scene, scene.subject.signal.to_vec());
    let one = |&output: &usize| {
        let slope = slope(scene, &trace, output);
        let gradient = numbers(network.backward(&trace, one_hot(&trace.logits(), output), Rule::Guided));
        gradient.into_iter().map(move |gradient| slope * f64::from(gradient))
    };
    Found::once(scene.passes.outputs.iter().flat_map(one).collect(), Kind::Biased)
}

/// Grad-CAM on the last feature map, between whose samples lines are drawn.
pub(crate) fn grad_cam(scene: &Scene<'_>) -> Found {
    let (network, trace) = traced(scene, scene.subject.signal.to_vec());
    let node = network.network().cuts().last().copied().unwrap_or(0);
    let stride = network.network().stride(0, node);
    let [leads, samples] = network.network().shape(0);
    let mut cells = Vec::with_capacity(scene.full.len() * leads * samples);
    for &output in scene.passes.outputs {
        let gradient = network.backward_to(node, &trace, one_hot(&trace.logits(), output), Rule::Gradient);
        let weights = gradient.mean_dim(2);
        let map: Tensor<3> = (trace.node(node).clone() * weights).sum_dim(1).clamp_min(0.0);
        let slope = slope(scene, &trace, output);
        let map: Vec<f64> = numbers(map).into_iter().map(|x| slope * f64::from(x)).collect();
        let lead: Vec<f64> = (0..samples).map(|at| between(&map, at as f64 / stride as f64)).collect();
        (0..leads).for_each(|_| cells.extend_from_slice(&lead));
    }
    Found::once(cells, Kind::Biased)
}

/// A forward pass that keeps everything.
fn traced<'a>(scene: &Scene<'a>, signal: Vec<f32>) -> (&'a TensorNetwork, Trace) {
    let model = scene.passes.model;
    let network = model.tensors().expect("invariant: methods that need layers are refused without them");
    (network, network.trace(model.batch(signal)))
}

/// How fast the value changes with the logit.
fn slope(scene: &Scene<'_>, trace: &Trace, output: usize) -> f64 {
    read(scene.passes.link, f64::from(numbers(trace.logits())[output])).1
}

/// The difference of values over that of logits.
fn chord(scene: &Scene<'_>, logit: f64, other: f64) -> f64 {
    let [(value, slope), (before, _)] = [logit, other].map(|logit| read(scene.passes.link, logit));
    if logit == other { slope } else { (value - before) / (logit - other) }
}

/// The value on the lines between samples; the first and the last one hold beyond the ends.
fn between(samples: &[f64], at: f64) -> f64 {
    let left = (at.floor() as usize).min(samples.len() - 1);
    let right = (left + 1).min(samples.len() - 1);
    let share = (at - left as f64).min(1.0);
    samples[left] + share * (samples[right] - samples[left])
}
