//! `einthoven explain` and `predict`: the files and what is in them.

use std::fs;

use burn::tensor::{Device, Tensor};
use einthoven::ecg::Preparation;
use einthoven::game::AttributionArrays;
use einthoven::model::ModelSpec;
use einthoven::{Attribution, BatchModel, DeviceChoice, Explainer, Players, Settings, example_record};
use serde_json::Value;
use tempfile::tempdir;

use crate::program::{einthoven, files, succeed};

const RESULTS: [&str; 6] =
    ["attribution.json", "attribution.npz", "design.npz", "ecg.svg", "report.html", "values.npz"];

#[test]
fn without_a_record_it_explains_the_example() {
    let folder = tempdir().unwrap();
    let out = succeed(folder.path(), &["explain", "--device", "cpu", "--budget", "200"]);
    assert!(out.contains("Why MI") && out.contains("efficiency gap"), "{out}");
    let results = folder.path().join("einthoven-out");
    assert_eq!(files(&results), RESULTS);

    let attributions = Attribution::load_json(&results.join("attribution.json")).unwrap();
    assert_eq!(attributions.len(), 5);
    let arrays = AttributionArrays::load(&results.join("attribution.npz")).unwrap();
    for (index, attribution) in attributions.iter().enumerate() {
        assert_eq!(attribution.evaluations, 200);
        assert_eq!(attribution.player_names[6], "V1");
        assert!(attribution.efficiency_gap().abs() < 1e-9);
        let n = attribution.terms.len();
        let stored: Vec<f64> = arrays.values[index * n..(index + 1) * n].to_vec();
        assert_eq!(stored, attribution.terms.iter().map(|term| term.value).collect::<Vec<_>>());
    }
    let html = fs::read_to_string(results.join("report.html")).unwrap();
    assert!(html.contains("Not a medical device") && !html.contains("<script"));
}

#[test]
fn json_goes_to_standard_output_and_nothing_is_written() {
    let folder = tempdir().unwrap();
    let args = ["explain", "--device", "cpu", "--budget", "64", "--players", "windows:6", "--json", "--seed", "3"];
    let list: Value = serde_json::from_str(&succeed(folder.path(), &args)).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 5);
    assert_eq!(list[1]["output"], "MI");
    assert_eq!(list[1]["n_players"], 6);
    assert_eq!(list[1]["method"], "exact");
    assert_eq!(list[1]["seed"], 3);
    assert_eq!(list[1]["run"]["rows"], 64);
    assert!(files(folder.path()).is_empty());
}

#[test]
fn a_folder_gives_one_result_each_and_a_bad_record_does_not_stop_the_rest() {
    let folder = tempdir().unwrap();
    succeed(folder.path(), &["synth", "--n", "2", "--split", "s", "--out", "records"]);
    fs::write(folder.path().join("records/broken.hea"), "broken 12 500 5000\n").unwrap();
    let args = ["explain", "records", "--device", "cpu", "--budget", "32", "--out", "results"];
    let run = einthoven(folder.path(), &args);
    assert_eq!(run.code, 3, "{}", run.err);
    assert!(run.err.contains("broken.hea") && run.err.contains("1 of 3 records"), "{}", run.err);
    for name in ["s-00000", "s-00001"] {
        assert_eq!(files(&folder.path().join("results").join(name)), RESULTS);
    }
    let summary = fs::read_to_string(folder.path().join("results/summary.csv")).unwrap();
    assert_eq!(summary.lines().count(), 4);
    assert!(summary.lines().next().unwrap().contains("probability"));
    assert!(!folder.path().join("results/broken").exists());
}

#[test]
fn players_may_come_from_a_file() {
    let folder = tempdir().unwrap();
    // Limb leads against chest leads, the first and last second belonging to nobody.
    let owner =
        (0..12).flat_map(|lead: i64| (0..1000).map(move |t: i64| if !(100..900).contains(&t) { -1 } else { lead / 6 }));
    let array =
        einthoven::game::npy::Array { shape: vec![12, 1000], data: einthoven::game::npy::Data::I64(owner.collect()) };
    einthoven::game::npy::save(&folder.path().join("halves.npy"), &array).unwrap();
    let args = ["explain", "--device", "cpu", "--players", "halves.npy", "--method", "exact", "--json"];
    let list: Value = serde_json::from_str(&succeed(folder.path(), &args)).unwrap();
    assert_eq!(list[0]["n_players"], 2);
    assert_eq!(list[0]["evaluations"], 4);
}

#[test]
fn shapley_values_of_two_players_follow_from_four_predictions() {
    // The whole way from the record to the attribution, checked by masking on the host.
    let settings = Settings { players: Players::Windows(2), ..Settings::default() };
    let explainer = Explainer::builtin(settings).unwrap();
    let explanation = explainer.explain(&example_record()).unwrap();
    let record = &explanation.record;
    let logit = |keep: [bool; 2]| {
        let n = record.n_samples();
        let masked =
            (0..12 * n).map(|cell| if keep[usize::from(cell % n >= n / 2)] { record.signal()[cell] } else { 0.0 });
        let masked = einthoven::Record::new("masked", record.rate, record.leads.clone(), masked.collect());
        explainer.predict(&masked).unwrap()[1].logit
    };
    let (none, first, second, both) =
        (logit([false, false]), logit([true, false]), logit([false, true]), logit([true, true]));
    let expected = [0.5 * (first - none + both - second), 0.5 * (second - none + both - first)];
    let attribution = &explanation.attributions[1];
    for (found, expected) in attribution.player_values().iter().zip(expected) {
        assert!((found - expected).abs() < 1e-5 * (both - none).abs().max(1.0), "{found} {expected}");
    }
    assert!((attribution.full - explanation.predictions[1].logit).abs() < 1e-5);
}

#[test]
fn a_model_gets_its_own_leads_in_its_own_order() {
    let explainer = |leads: &[&str]| {
        let model = FirstSample::new(leads);
        let preparation = Preparation { rate: 100.0, n_samples: 1000, highpass_hz: None, mains_hz: None };
        Explainer::new(&model, preparation, Settings { devices: vec![DeviceChoice::Cpu.into()], ..Settings::default() })
            .unwrap()
    };
    let record = example_record();
    let all = explainer(&einthoven::ecg::STANDARD).prepare(&record).unwrap();
    let explanation = explainer(&["V5", "I"]).explain(&record).unwrap();
    assert_eq!(explanation.attributions[0].player_names, ["V5", "I"]);
    // The model adds up first samples, so each lead's Shapley value is its own.
    for (found, lead) in explanation.attributions[0].player_values().iter().zip([10, 0]) {
        assert!((found - f64::from(all.lead(lead)[0])).abs() < 1e-6);
    }
    let error = explainer(&["V7"]).explain(&record).unwrap_err();
    assert!(error.exit_code() == 2 && error.to_string().contains("V7"), "{error}");
}

/// A model whose logit is the sum of the first samples of its leads.
pub struct FirstSample(ModelSpec);

impl FirstSample {
    pub fn new(leads: &[&str]) -> Self {
        Self(ModelSpec {
            outputs: vec!["sum".into()],
            leads: leads.iter().map(ToString::to_string).collect(),
            n_samples: 1000,
            rate: 100.0,
            fingerprint: "first samples".into(),
            row_buffer_bytes: 4000 * leads.len(),
            row_bytes: 8000 * leads.len(),
        })
    }
}

impl BatchModel for FirstSample {
    fn spec(&self) -> &ModelSpec {
        &self.0
    }

    fn logits(&self, batch: Tensor<3>) -> Tensor<2> {
        batch.narrow(2, 0, 1).sum_dim(1).squeeze_dim(2)
    }

    fn to_device(&self, _: &Device) -> Box<dyn BatchModel> {
        Box::new(Self(self.0.clone()))
    }
}

#[test]
fn eight_measured_leads_keep_einthovens_law() {
    let settings = Settings { players: Players::IndependentLeads, ..Settings::default() };
    let explanation = Explainer::builtin(settings).unwrap().explain(&example_record()).unwrap();
    let names = ["I", "II", "V1", "V2", "V3", "V4", "V5", "V6"];
    assert_eq!(explanation.partition.names(), names);
    assert_eq!(explanation.attributions[0].evaluations, 256);
    // The four other leads follow from I and II, so that leaving the record as it is gives the model what it reads.
    for (attribution, prediction) in explanation.attributions.iter().zip(&explanation.predictions) {
        assert!((attribution.full - prediction.logit).abs() < 1e-4, "{} {}", attribution.full, prediction.logit);
    }
}

#[test]
fn threads_and_workers_change_no_bit() {
    let folder = tempdir().unwrap();
    let terms = |threads: &str, device: &str| -> Value {
        let out = std::process::Command::new(env!("CARGO_BIN_EXE_einthoven"))
            .args(["explain", "--device", device, "--players", "leads*windows:5", "--budget", "600", "--json"])
            .env("RAYON_NUM_THREADS", threads)
            .current_dir(folder.path())
            .output()
            .unwrap();
        let list: Value = serde_json::from_slice(&out.stdout).unwrap();
        list.as_array().unwrap().iter().map(|attribution| attribution["terms"].clone()).collect()
    };
    let one = terms("1", "cpu");
    assert_eq!(one.as_array().unwrap().len(), 5);
    assert_eq!(terms("2", "cpu"), one);
    assert_eq!(terms("3", "cpu,cpu"), one);
}
