//! Integrated gradients and DeepLIFT of the built-in model, against differences of its values in f64.

use burn::tensor::{DType, Device, Tensor, TensorData};
use einthoven_game::Link;
use einthoven_game::quadrature::gauss_legendre;
use einthoven_game::rng::stream;
use einthoven_gradient::{GradientMethod, Gradients, Quadrature};
use einthoven_model::{BatchModel, Network, TensorNetwork, builtin};
use rand::RngExt;

use crate::setup::{leads, map_of, model_of, on_cpu, record, small};

const STEPS: usize = 24;

/// What the leads add up to, by central differences of the logits in f64 at the same points: `[outputs, leads]`.
fn by_differences(network: &Network, signal: &[f64], baseline: &[f64]) -> Vec<f64> {
    let ([leads, samples], [outputs, _]) = (network.shape(0), network.shape(network.output()));
    let network = TensorNetwork::new(network, (&Device::flex(), DType::F64));
    let h = 1e-7;
    let mut sums = vec![0.0; outputs * leads];
    for (part, weight) in gauss_legendre(STEPS) {
        let mut batch = Vec::with_capacity(2 * leads * leads * samples);
        for (lead, sign) in (0..leads).flat_map(|lead| [(lead, 1.0), (lead, -1.0)]) {
            batch.extend(signal.iter().zip(baseline).enumerate().map(|(cell, (x, b))| {
                let moved = if cell / samples == lead { sign * h } else { 0.0 };
                b + (part + moved) * (x - b)
            }));
        }
        let batch = TensorData::new(batch, [2 * leads, leads, samples]);
        let batch = Tensor::<3>::from_data(batch, (&Device::flex(), DType::F64));
        let logits: Vec<f64> = network.logits(batch).into_data().try_to_vec().unwrap();
        for (lead, output) in (0..leads).flat_map(|lead| (0..outputs).map(move |output| (lead, output))) {
            let difference = logits[2 * lead * outputs + output] - logits[(2 * lead + 1) * outputs + output];
            sums[output * leads + lead] += weight * difference / (2.0 * h);
        }
    }
    sums
}

/// The largest difference of the sums over leads from those by differences, as a share of the largest sum.
fn missed(model: &dyn BatchModel, signal: &[f32], level: f64) -> f64 {
    let partition = leads(model);
    let baseline = vec![level; signal.len()];
    let gradients = Gradients { steps: Some(STEPS), ..Gradients::new(GradientMethod::Ig) };
    let found = map_of(&on_cpu(model), signal, &baseline, &gradients, Link::Logit).unwrap();
    let precise: Vec<f64> = signal.iter().map(|&x| f64::from(x)).collect();
    let expected = by_differences(model.layers().unwrap(), &precise, &baseline);
    let n_leads = partition.n_players();
    let sums = (0..expected.len() / n_leads).flat_map(|o| found.player_sums(o, partition.owner(), n_leads));
    let largest = expected.iter().map(|x| x.abs()).fold(0.0, f64::max);
    sums.zip(&expected).map(|(sum, expected)| (sum - expected).abs()).fold(0.0, f64::max) / largest
}

/// Away from kinks: of some hundred units at 24 points hardly one lies within the rounding of f32.
#[test]
fn integrated_gradients_are_integrals_of_slopes() {
    for seed in 0..12 {
        let model = model_of(small(seed));
        let mut rng = stream(seed, "test/signal", 0);
        let signal: Vec<f32> = (0..180).map(|_| 2.0 * rng.random::<f32>() - 1.0).collect();
        for level in [0.0, 0.3] {
            let missed = missed(&model, &signal, level);
            assert!(missed < 1e-5, "seed {seed}, baseline {level}: {missed}");
        }
    }
}

/// The built-in model has a hundred thousand units: at each point a few are so near to 0 that f32 and f64 do not agree
/// whether they are on. One of them moves a lead's sum by less than a thousandth.
#[test]
fn of_a_large_network_too_but_for_a_few_gates() {
    for (index, level) in [(5, 0.0), (6, 0.05), (8, 0.0)] {
        let missed = missed(&builtin().unwrap(), record(index).signal(), level);
        assert!(missed < 1e-3, "record {index}, baseline {level}: {missed}");
    }
}

#[test]
fn steps_are_added_until_the_gap_is_met() {
    let (model, record) = (on_cpu(&builtin().unwrap()), record(5));
    let zero = vec![0.0; 12_000];
    let relative = |found: &einthoven_gradient::Maps| {
        let range = found.full.iter().zip(&found.baseline).map(|(f, b)| (f - b).abs()).fold(0.0, f64::max);
        found.gaps().iter().map(|gap| gap.abs()).fold(0.0, f64::max) / range
    };
    let run = |gradients: &Gradients, link| map_of(&model, record.signal(), &zero, gradients, link).unwrap();
    for link in [Link::Logit, Link::Probability] {
        for gap in [0.03, 0.005] {
            let found = run(&Gradients { gap, ..Gradients::new(GradientMethod::Ig) }, link);
            assert!(relative(&found) <= gap && found.warnings.is_empty(), "{link} {gap}: {:?}", found.warnings);
            assert!(found.passes < 1024, "{}", found.passes);
        }
    }
    // One step is a gradient in the middle, by either rule, and it says what it leaves.
    for quadrature in [Quadrature::GaussLegendre, Quadrature::Riemann] {
        let once = run(&Gradients { steps: Some(1), quadrature, ..Gradients::new(GradientMethod::Ig) }, Link::Logit);
        assert!(relative(&once) > 0.01 && once.warnings[0].contains("1 steps leave"), "{:?}", once.warnings);
    }
}

#[test]
fn deep_lift_adds_up() {
    let (model, record) = (on_cpu(&builtin().unwrap()), record(7));
    let zero = vec![0.0; 12_000];
    for link in [Link::Logit, Link::Probability] {
        let found = map_of(&model, record.signal(), &zero, &Gradients::new(GradientMethod::DeepLift), link).unwrap();
        for (gap, (full, baseline)) in found.gaps().iter().zip(found.full.iter().zip(&found.baseline)) {
            // Sums of 12 000 numbers in f32.
            assert!(gap.abs() < 1e-4 * (1.0 + (full - baseline).abs()), "{link}: {gap} of {full} - {baseline}");
        }
    }
}
