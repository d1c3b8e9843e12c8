//! `--control gradient`: the model's gradient as a control variate.

use burn::tensor::Device;
use einthoven::ecg::{Preparation, STANDARD};
use einthoven::game::Values;
use einthoven::model::network::{Layer, Linear, Op};
use einthoven::model::{ModelSpec, Network, NetworkModel};
use einthoven::{BaselineName, DeviceChoice, Explainer, Link, Method, Settings, example_record};
use serde_json::Value;
use tempfile::tempdir;

use crate::explain::FirstSample;
use crate::program::{einthoven, succeed};

/// What each lead's mean counts in the two outputs.
pub fn weight(output: usize, lead: usize) -> f32 {
    if output == 0 { lead as f32 - 4.0 } else { 1.0 / (1.0 + lead as f32) }
}

/// Two sums of the means of leads: a game without interactions.
pub fn linear() -> NetworkModel {
    network(linear_layers([0.5, -0.25]))
}

pub fn linear_layers(bias: [f32; 2]) -> Vec<Layer> {
    let weights = (0..24).map(|i| weight(i / 12, i % 12)).collect();
    let linear = Linear { features: [12, 2], weight: weights, bias: bias.to_vec() };
    vec![Layer::new(0, Op::AvgPool { window: 1000 }), Layer::new(1, Op::Linear(linear))]
}

/// A model of twelve leads of a thousand samples.
pub fn network(layers: Vec<Layer>) -> NetworkModel {
    let network = Network::new([12, 1000], layers).unwrap();
    let [n_outputs, _] = network.shape(network.output());
    let spec = ModelSpec {
        outputs: (0..n_outputs).map(|output| format!("output {output}")).collect(),
        leads: STANDARD.map(String::from).to_vec(),
        n_samples: 1000,
        rate: 100.0,
        fingerprint: "sums of means".into(),
        row_buffer_bytes: 48_000,
        row_bytes: 96_000,
    };
    NetworkModel::new(spec, network, &Device::flex())
}

pub fn preparation() -> Preparation {
    Preparation { rate: 100.0, n_samples: 1000, highpass_hz: None, mains_hz: None }
}

fn settings(method: Method) -> Settings {
    Settings { method, budget: Some(60), control: true, devices: vec![DeviceChoice::Cpu.into()], ..Settings::default() }
}

#[test]
fn of_a_linear_model_nothing_is_left_to_sample() {
    let record = example_record();
    for baseline in [BaselineName::Zero, BaselineName::Mean] {
        let all = Settings { baseline: baseline.clone(), ..settings(Method::UnbiasedKernel) };
        let explainer = Explainer::new(&linear(), preparation(), all).unwrap();
        let found = explainer.explain(&record).unwrap();
        for (output, attribution) in found.attributions.iter().enumerate() {
            for (lead, value) in attribution.player_values().into_iter().enumerate() {
                let samples = found.record.lead(lead);
                let mean = samples.iter().map(|&x| f64::from(x)).sum::<f64>() / 1000.0;
                let expected =
                    if baseline == BaselineName::Mean { 0.0 } else { f64::from(weight(output, lead)) * mean };
                // The model adds up a thousand samples in f32, and the estimator's weights are of the order of ten.
                assert!((value - expected).abs() < 1e-5, "{baseline}, output {output}, {lead}: {value} {expected}");
            }
            assert_eq!((attribution.evaluations, &attribution.run["control"]), (60, &"input-x-gradient".into()));
            assert!(attribution.warnings.is_empty(), "{:?}", attribution.warnings);
        }
    }
    // Without it they are sampled.
    let plain =
        Explainer::new(&linear(), preparation(), Settings { control: false, ..settings(Method::UnbiasedKernel) });
    let plain = plain.unwrap().explain(&record).unwrap();
    assert!(plain.attributions[0].terms[0].std_err.unwrap() > 1e-3);
    assert_eq!(plain.attributions[0].run["control"], Value::Null);
}

#[test]
fn of_probabilities_the_surrogate_is_the_slope_of_the_probability() {
    let all = Settings { link: Link::Probability, ..settings(Method::UnbiasedKernel) };
    let explain = |settings| Explainer::new(&linear(), preparation(), settings).unwrap().explain(&example_record());
    let with = explain(all.clone()).unwrap();
    let exact = explain(Settings { method: Method::Exact, budget: None, control: false, ..all.clone() }).unwrap();
    let without = explain(Settings { control: false, ..all }).unwrap();
    let error = |found: &einthoven::Explanation| -> f64 {
        let pairs = found.attributions[1].player_values().into_iter().zip(exact.attributions[1].player_values());
        pairs.map(|(found, exact)| (found - exact).powi(2)).sum()
    };
    // The probability hardly bends over a logit so small: the slope is nearly the whole game.
    assert!(error(&with) < error(&without) / 100.0, "{} {}", error(&with), error(&without));
}

#[test]
fn values_that_are_kept_serve_with_it_and_without() {
    let folder = tempdir().unwrap();
    let explain = |more: &[&str]| {
        let args = ["explain", "--device", "cpu", "--method", "svarm", "--budget", "200", "--json", "--out", "o"];
        let list: Value = serde_json::from_str(&succeed(folder.path(), &[&args, more].concat())).unwrap();
        list
    };
    let raw = || Values::load(&folder.path().join("o/values.npz")).unwrap();
    let plain = explain(&[]);
    let values = raw();
    let resumed = explain(&["--resume", "--control", "gradient"]);
    assert_eq!((raw(), &resumed[1]["run"]["evaluated"]), (values, &0.into()));
    assert_eq!(resumed[1]["run"]["control"], "input-x-gradient");
    assert_ne!(resumed[1]["terms"], plain[1]["terms"]);
    assert_eq!((&resumed[1]["full"], &resumed[1]["baseline"]), (&plain[1]["full"], &plain[1]["baseline"]));
    let anew = explain(&["--control", "gradient"]);
    assert_eq!(anew[1]["terms"], resumed[1]["terms"]);
    // And in rounds, which end with what was evaluated.
    let rounds = explain(&["--resume", "--control", "gradient", "--until", "1"]);
    assert_eq!((&rounds[1]["run"]["evaluated"], &rounds[1]["evaluations"]), (&0.into(), &200.into()));
    assert_eq!(rounds[1]["terms"], resumed[1]["terms"]);
}

#[test]
fn it_says_where_it_is_of_no_use_and_where_there_is_none() {
    let folder = tempdir().unwrap();
    let explain = ["explain", "--device", "cpu", "--control", "gradient", "--budget", "64"];
    let out = succeed(folder.path(), &[&explain[..], &["--method", "kernel"]].concat());
    assert!(out.contains("the control variate changes nothing: kernel is exact on additive games"), "{out}");
    let html = std::fs::read_to_string(folder.path().join("einthoven-out/report.html")).unwrap();
    assert!(html.contains("a forward and a backward pass beside the budget"));
    for (more, words) in [(&["--method", "lime"], "LIME"), (&["--players", "leads:8"], "use players leads")] {
        let run = einthoven(folder.path(), &[&explain[..], more].concat());
        assert_eq!(run.code, 2, "{}", run.err);
        assert!(run.err.contains(words), "{}", run.err);
    }
    let model = FirstSample::new(&STANDARD);
    let unnamed = Explainer::new(&model, preparation(), settings(Method::Svarm)).unwrap();
    for refused in [unnamed.check().err(), unnamed.explain(&example_record()).err()] {
        let error = refused.unwrap();
        assert!(error.exit_code() == 2 && error.to_string().contains("neither names its layers"), "{error}");
    }
}
