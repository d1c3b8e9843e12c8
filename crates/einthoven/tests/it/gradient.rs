//! Gradient methods: closed forms through the library, files and refusals through the program.

use std::fs;

use einthoven::game::{AttributionArrays, Index, Kind};
use einthoven::model::NetworkModel;
use einthoven::model::network::{Layer, Linear, Op};
use einthoven::{
    Attribution, BaselineName, DeviceChoice, Explainer, Explanation, GradientMethod, Gradients, Link, Settings,
    example_record,
};
use serde_json::Value;
use tempfile::tempdir;

use crate::control::{linear, linear_layers, network, preparation, weight};
use crate::program::{einthoven, files, succeed};

fn explainer(model: &NetworkModel, change: impl FnOnce(&mut Settings)) -> Explainer {
    let mut settings = Settings { devices: vec![DeviceChoice::Cpu.into()], ..Settings::default() };
    change(&mut settings);
    Explainer::new(model, preparation(), settings).unwrap()
}

fn explain(explainer: &Explainer, method: GradientMethod) -> Explanation {
    explainer.gradients(&example_record(), &Gradients { samples: 7, ..Gradients::new(method) }).unwrap()
}

#[test]
fn of_a_linear_model_all_methods_are_its_weights() {
    use GradientMethod::{
        ExpectedGradients, Ig, InputXGradient, Occlusion, Saliency, SmoothGrad, SmoothGradSquared, VarGrad,
    };
    for baseline in [BaselineName::Zero, BaselineName::Mean] {
        let explainer = explainer(&linear(), |settings| settings.baseline = baseline.clone());
        for method in [Saliency, InputXGradient, Ig, ExpectedGradients, SmoothGrad, SmoothGradSquared, VarGrad] {
            let found = explain(&explainer, method);
            let maps = &found.dense.as_ref().unwrap().cells;
            assert_eq!(maps.len(), 2 * 12_000, "{method}");
            for (at, value) in maps.iter().enumerate() {
                let (output, lead, sample) = (at / 12_000, at % 12_000 / 1000, at % 1000);
                let samples = found.record.lead(lead);
                let mean = samples.iter().map(|&x| f64::from(x)).sum::<f64>() / 1000.0;
                let from = if baseline == BaselineName::Mean { mean } else { 0.0 };
                let slope = f64::from(weight(output, lead)) / 1000.0;
                let expected = match method {
                    Saliency => slope.abs(),
                    SmoothGrad => slope,
                    SmoothGradSquared => slope * slope,
                    VarGrad => 0.0,
                    _ => slope * (f64::from(samples[sample]) - from),
                };
                // Slopes are f32: seven digits of the largest.
                assert!((value - expected).abs() < 1e-8, "{method}, {baseline}, {at}: {value} {expected}");
            }
        }
        // Players are sums of cells, and occlusion of a player alone is the same here.
        let (sums, occluded) = (explain(&explainer, Ig), explain(&explainer, Occlusion));
        assert_eq!(occluded.dense.as_ref().unwrap().cells.len(), 2 * 12_000);
        for (sums, occluded) in sums.attributions.iter().zip(&occluded.attributions) {
            assert_eq!((sums.index, occluded.index), (Index::Gradient, Index::Egv));
            assert_eq!((sums.kind, occluded.kind, occluded.evaluations), (Kind::Consistent, Kind::Exact, 14));
            for (sum, value) in sums.player_values().into_iter().zip(occluded.player_values()) {
                assert!((sum - value).abs() < 1e-5, "{baseline}: {sum} {value}");
            }
        }
    }
}

/// Two hidden units over the means of leads: `relu(w m + b)`.
fn bent() -> (NetworkModel, [[f32; 12]; 2], [f32; 2], [f32; 2]) {
    let hidden = [0, 1].map(|unit| {
        let mut weights = [0.0; 12];
        weights
            .iter_mut()
            .enumerate()
            .for_each(|(lead, w)| *w = if unit == 0 { 3.0 } else { -2.0 } * lead as f32 + 1.0);
        weights
    });
    let (bias, out) = ([1.5, -0.8], [1.5, -0.5]);
    let first = Linear { features: [12, 2], weight: hidden.concat(), bias: bias.to_vec() };
    let last = Linear { features: [2, 1], weight: out.to_vec(), bias: vec![0.25] };
    let layers = vec![
        Layer::new(0, Op::AvgPool { window: 1000 }),
        Layer::new(1, Op::Linear(first)),
        Layer::new(2, Op::Relu),
        Layer::new(3, Op::Linear(last)),
    ];
    (network(layers), hidden, bias, out)
}

#[test]
fn integrated_gradients_count_how_much_of_the_way_each_unit_is_on() {
    let (model, hidden, bias, out) = bent();
    let explainer = explainer(&model, |_| ());
    let gradients = Gradients { steps: Some(512), ..Gradients::new(GradientMethod::Ig) };
    let found = explainer.gradients(&example_record(), &gradients).unwrap();
    let mean = |lead| found.record.lead(lead).iter().map(|&x| f64::from(x)).sum::<f64>() / 1000.0;
    let means: Vec<f64> = (0..12).map(mean).collect();
    // A unit is on where t (w m) + b > 0, t from 0 to 1.
    let on = |unit: usize| {
        let slope: f64 = hidden[unit].iter().zip(&means).map(|(w, m)| f64::from(*w) * m).sum();
        let crossing = (-f64::from(bias[unit]) / slope).clamp(0.0, 1.0);
        if slope > 0.0 { 1.0 - crossing } else { crossing }
    };
    let parts = [on(0), on(1)];
    assert!(parts.iter().any(|part| (0.2..0.8).contains(part)), "a kink on the way: {parts:?}");
    for (lead, value) in found.attributions[0].player_values().into_iter().enumerate() {
        let part = |unit: usize| f64::from(out[unit]) * f64::from(hidden[unit][lead]) * means[lead] * parts[unit];
        let (expected, most) = (part(0) + part(1), 60.0 * means[lead].abs());
        // A kink costs the integral a weight of one node.
        assert!((value - expected).abs() <= most * 0.5 * std::f64::consts::PI / 512.0, "{lead}: {value} {expected}");
    }
}

#[test]
fn steps_are_doubled_until_the_gap_is_met() {
    let explainer = Explainer::builtin(Settings { devices: vec![DeviceChoice::Cpu.into()], ..Settings::default() });
    let explainer = explainer.unwrap();
    let explain = |steps, gap| {
        let gradients = Gradients { steps, gap, ..Gradients::new(GradientMethod::Ig) };
        explainer.gradients(&example_record(), &gradients).unwrap()
    };
    let largest = |found: &Explanation| {
        let gap = |attribution: &Attribution| attribution.run["completeness_gap"].as_f64().unwrap().abs();
        let range = found.attributions.iter().map(|a| (a.full - a.baseline).abs()).fold(0.0, f64::max);
        found.attributions.iter().map(gap).fold(0.0, f64::max) / range
    };
    for gap in [0.05, 0.005] {
        let found = explain(None, gap);
        assert!(largest(&found) <= gap && found.warnings.is_empty(), "{} {:?}", largest(&found), found.warnings);
        // The gap that is stated is the one of the map.
        for (attribution, cells) in found.attributions.iter().zip(found.dense.as_ref().unwrap().cells.chunks(12_000)) {
            let left = attribution.full - attribution.baseline - cells.iter().sum::<f64>();
            assert!((left - attribution.run["completeness_gap"].as_f64().unwrap()).abs() < 1e-12);
        }
    }
    let one = explain(Some(1), 0.01);
    assert_eq!(one.attributions[0].run["passes"], 1);
    assert!(one.warnings[0].contains("1 steps leave a completeness gap of"), "{:?}", one.warnings);
    let hopeless = explain(None, 1e-12);
    assert!(hopeless.warnings[0].contains("512 steps"), "{:?}", hopeless.warnings);
}

#[test]
fn random_points_are_unbiased_and_say_their_errors() {
    let (model, ..) = bent();
    let explain = |seed, method| {
        let explainer = explainer(&model, |settings| settings.seed = seed);
        explainer.gradients(&example_record(), &Gradients { samples: 20, ..Gradients::new(method) }).unwrap()
    };
    let whole = explainer(&model, |_| ());
    let ig = Gradients { steps: Some(512), ..Gradients::new(GradientMethod::Ig) };
    let truth = whole.gradients(&example_record(), &ig).unwrap().attributions[0].player_values()[11];
    let found: Vec<(f64, f64)> = (0..200)
        .map(|seed| {
            let term = explain(seed, GradientMethod::ExpectedGradients).attributions.remove(0).terms.remove(11);
            (term.value, term.std_err.unwrap())
        })
        .collect();
    let n = found.len() as f64;
    let mean = found.iter().map(|(value, _)| value).sum::<f64>() / n;
    let variance = found.iter().map(|(value, _)| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
    assert!(variance > 0.0 && (mean - truth).abs() < 4.5 * (variance / n).sqrt(), "{mean} {truth} {variance}");
    let stated = found.iter().map(|(_, std_err)| std_err * std_err).sum::<f64>() / n;
    assert!((0.8..1.25).contains(&(stated / variance)), "{stated} {variance}");
    let noisy = |seed| {
        let settings = Settings { seed, devices: vec![DeviceChoice::Cpu.into()], ..Settings::default() };
        let gradients = Gradients { samples: 2, ..Gradients::new(GradientMethod::SmoothGrad) };
        let found = Explainer::builtin(settings).unwrap().gradients(&example_record(), &gradients);
        found.unwrap().dense.unwrap().cells
    };
    assert!(noisy(1) == noisy(1) && noisy(1) != noisy(2));
}

#[test]
fn x_gradient_is_for_homogeneous_models_and_is_ig_there() {
    let homogeneous = explainer(&network(linear_layers([0.0, 0.0])), |_| ());
    let [one, all] = [GradientMethod::XGradient, GradientMethod::Ig].map(|method| explain(&homogeneous, method));
    let cells = |found: &Explanation| found.dense.as_ref().unwrap().cells.clone();
    assert!(cells(&one).iter().zip(cells(&all)).all(|(one, all)| (one - all).abs() < 1e-9));
    assert_eq!(one.attributions[0].run["passes"], 1);
    let audit = homogeneous.audit_homogeneity(&example_record()).unwrap();
    assert!(audit.homogeneous && audit.broken_by.is_none(), "{audit:?}");
    assert!(audit.scaling.iter().all(|[_, error]| *error < 1e-5) && audit.difference < 1e-5, "{audit:?}");
    let audit = explainer(&bent().0, |_| ()).audit_homogeneity(&example_record()).unwrap();
    assert_eq!((audit.homogeneous, audit.broken_by.as_deref()), (false, Some("layer 1 is linear with a bias")));
    assert!(audit.completeness_gap > 0.01 && audit.difference > 0.01, "{audit:?}");
    // f(ax) - a f(x) = (1 - a) b for an affine function: of the larger output's value.
    let audit = explainer(&linear(), |_| ()).audit_homogeneity(&example_record()).unwrap();
    let values = explain(&explainer(&linear(), |_| ()), GradientMethod::Saliency);
    let largest = values.attributions.iter().map(|a| a.full.abs()).fold(0.0, f64::max);
    for [factor, error] in audit.scaling {
        let expected = (1.0 - factor).abs() * 0.5 / (factor * largest);
        assert!((error - expected).abs() < 1e-4 * expected, "{factor}: {error} {expected}");
    }
    let refused = |change: fn(&mut Settings), words: &str| {
        let explainer = explainer(&network(linear_layers([0.0, 0.0])), change);
        let error = explainer.check_gradients(&Gradients::new(GradientMethod::XGradient)).unwrap_err();
        assert!(error.exit_code() == 2 && error.to_string().contains(words), "{error}");
    };
    refused(|settings| settings.baseline = BaselineName::Mean, "another baseline than zero");
    refused(|settings| settings.link = Link::Probability, "only logits are homogeneous");
    refused(|settings| settings.players = "leads:8".parse().unwrap(), "use leads");
}

#[test]
fn the_program_writes_maps_and_their_sums() {
    let folder = tempdir().unwrap();
    // What an estimator has left does not stay beside them.
    succeed(folder.path(), &["explain", "--device", "cpu", "--budget", "32", "--out", "o"]);
    let args = ["explain", "--device", "cpu", "--method", "ig", "--players", "windows:10", "--out", "o"];
    let out = succeed(folder.path(), &args);
    assert!(out.contains("(record); completeness gap") && out.contains("ig (consistent)"), "{out}");
    let results = folder.path().join("o");
    assert_eq!(files(&results), ["attribution.json", "attribution.npz", "ecg.svg", "report.html"]);
    let attributions = Attribution::load_json(&results.join("attribution.json")).unwrap();
    let arrays = AttributionArrays::load(&results.join("attribution.npz")).unwrap();
    let (owner, dense) = (arrays.signal.unwrap().owner, arrays.dense.unwrap());
    for (attribution, cells) in attributions.iter().zip(dense.chunks(12_000)) {
        assert_eq!((attribution.index, attribution.method.as_str()), (Index::Gradient, "ig"));
        for (player, value) in attribution.player_values().into_iter().enumerate() {
            let own = cells.iter().zip(&owner).filter(|(_, owner)| **owner as usize == player);
            assert!((own.map(|(cell, _)| cell).sum::<f64>() - value).abs() < 1e-12);
        }
        let run = &attribution.run;
        assert!(run["completeness_gap"].is_f64() && run["unit"] == "logit" && run["passes"].as_u64() >= Some(8));
    }
    let svg = fs::read_to_string(results.join("ecg.svg")).unwrap();
    assert!(svg.contains("class=\"map\"") && svg.contains("ig values for MI, in logit per cell"));
    let html = fs::read_to_string(results.join("report.html")).unwrap();
    assert!(html.contains("completeness gap") && html.contains("class=\"map\""));
}

#[test]
fn threads_change_no_bit_and_probabilities_are_complete_too() {
    let folder = tempdir().unwrap();
    let explain = |threads: &str, method: &[&str]| -> Value {
        let out = std::process::Command::new(env!("CARGO_BIN_EXE_einthoven"))
            .args([&["explain", "--device", "cpu", "--json", "--method"], method].concat())
            .env("RAYON_NUM_THREADS", threads)
            .current_dir(folder.path())
            .output()
            .unwrap();
        serde_json::from_slice(&out.stdout).unwrap()
    };
    for method in [&["expected-gradients", "--samples", "40"][..], &["smoothgrad", "--samples", "40"], &["ig"]] {
        let (one, three) = (explain("1", method), explain("3", method));
        for output in 0..5 {
            assert_eq!(one[output]["terms"], three[output]["terms"], "{method:?}");
        }
    }
    let found = explain("2", &["ig", "--link", "probability"]);
    let change = (found[1]["full"].as_f64().unwrap() - found[1]["baseline"].as_f64().unwrap()).abs();
    assert!(change > 0.5 && found[1]["run"]["completeness_gap"].as_f64().unwrap().abs() <= 0.01 * change);
    assert!(files(folder.path()).is_empty());
}

#[test]
fn options_that_a_method_does_not_take_are_refused() {
    let folder = tempdir().unwrap();
    for (args, words) in [
        (&["--method", "kernel", "--steps", "20"][..], &["--steps", "it is for ig"][..]),
        (&["--method", "ig", "--steps", "20", "--gap", "0.1"], &["--gap", "ig without --steps"]),
        (&["--method", "ig", "--steps", "0"], &["--steps", "1 or more"]),
        (&["--method", "ig", "--steps", "18446744073709551615"], &["--steps", "up to 10000"]),
        (&["--method", "smoothgrad", "--samples", "9999999999999"], &["--samples", "up to 1000000"]),
        (&["--method", "occlusion", "--players", "leads:8"], &["leads:8", "use leads"]),
        (&["--method", "ig", "--samples", "20"], &["--samples", "expected-gradients"]),
        (&["--method", "expected-gradients", "--noise", "0.1"], &["--noise", "smoothgrad"]),
        (&["--method", "vargrad", "--samples", "1"], &["--samples", "2 or more"]),
        (&["--method", "saliency", "--budget", "64"], &["--budget", "evaluate coalitions"]),
        (&["--method", "saliency", "--until", "0.1"], &["--until", "evaluate coalitions"]),
        (&["--method", "ig", "--control", "gradient"], &["--control", "evaluate coalitions"]),
        (&["--method", "ig", "--resume"], &["--resume", "evaluate coalitions"]),
        (&["--method", "ig", "--baseline", "interpolate"], &["interpolate", "what is kept"]),
        (&["--method", "ig", "--players", "leads:8"], &["leads:8", "use leads"]),
    ] {
        let run = einthoven(folder.path(), &[&["explain", "--device", "cpu"], args].concat());
        assert_eq!(run.code, 2, "{args:?}: {}", run.err);
        assert!(words.iter().all(|word| run.err.contains(word)), "{args:?}: {}", run.err);
    }
    assert!(files(folder.path()).is_empty());
    let out = succeed(folder.path(), &["explain", "--device", "cpu", "--method", "saliency", "--baseline", "mean"]);
    assert!(out.contains("saliency does not look at a baseline"), "{out}");
    succeed(folder.path(), &["synth", "--n", "3", "--split", "b", "--out", "backgrounds"]);
    let many = ["--baseline", "background:backgrounds", "--json", "--method"];
    let out = succeed(folder.path(), &[&["explain", "--device", "cpu"][..], &many, &["ig"]].concat());
    let integrated: Value = serde_json::from_str(&out).unwrap();
    let out = succeed(folder.path(), &[&["explain", "--device", "cpu"][..], &many, &["expected-gradients"]].concat());
    let estimated: Value = serde_json::from_str(&out).unwrap();
    let masked = ["explain", "--device", "cpu", "--baseline", "background:backgrounds", "--json", "--budget", "24"];
    let masked: Value = serde_json::from_str(&succeed(folder.path(), &masked)).unwrap();
    // All begin at the mean over the backgrounds.
    let [ours, mean, theirs] = [&estimated, &integrated, &masked].map(|list| list[1]["baseline"].as_f64().unwrap());
    assert!((ours - theirs).abs() < 1e-4 && (mean - theirs).abs() < 1e-4, "{ours} {mean} {theirs}");
}

#[test]
fn the_program_audits_and_lists() {
    let folder = tempdir().unwrap();
    let out = succeed(folder.path(), &["homogeneity", "--device", "cpu"]);
    assert!(out.contains("homogeneous: no; layer 1 is a convolution with a bias") && out.contains("a = 0.3"), "{out}");
    let json: Value =
        serde_json::from_str(&succeed(folder.path(), &["homogeneity", "--device", "cpu", "--json"])).unwrap();
    let audit = &json[0]["audit"];
    assert_eq!((&audit["homogeneous"], audit["scaling"].as_array().unwrap().len()), (&false.into(), 4));
    assert!(audit["difference"].as_f64().unwrap() > 0.1 && audit["completeness_gap"].as_f64().unwrap() > 0.1);
    let run = einthoven(folder.path(), &["homogeneity", "--device", "cpu", "nowhere"]);
    assert!(run.code == 3 && run.err.contains("nowhere"), "{}", run.err);
    let methods = succeed(folder.path(), &["methods"]);
    for method in GradientMethod::ALL {
        assert!(methods.lines().any(|line| line.starts_with(&format!("{method} "))), "{method}");
    }
}
