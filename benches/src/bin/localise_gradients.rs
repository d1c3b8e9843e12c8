//! Do gradient methods show where the finding is? `cargo run --release -p einthoven-benches --bin localise_gradients`.
//!
//! The records and cells of `localise`, and KernelSHAP's values of 1024 coalitions on them, for the built-in model and its
//! homogeneous twin. Two scores (AUPRC) per method: of leads x 10 windows, by the signed sums of the map over each cell, and of
//! single samples against the mask, by the map itself. Expected gradients draw from 32 records of another split; the rest
//! measures from zero. Samples are those at the model's rate.

#![allow(clippy::print_stdout)]

use anyhow::{Context, Result};
use burn::tensor::Device;
use einthoven::ecg::synth::DatasetConfig;
use einthoven::gradient::{Differentiable, Request, Subject, maps};
use einthoven::model::{builtin, builtin_homogeneous};
use einthoven::{BatchModel, Classifier, Explainer, GradientMethod, Gradients, Link, Settings};
use einthoven_benches::localise::{Case, WINDOWS, cases};
use einthoven_benches::score::average_precision;

const RECORDS: usize = 100;
const BACKGROUNDS: u64 = 32;

fn main() -> Result<()> {
    let n = std::env::args().nth(1).map_or(Ok(RECORDS), |text| text.parse()).context("number of records")?;
    for model in [builtin()?, builtin_homogeneous()?] {
        println!("{}", model.card().name);
        println!(
            "{:<20} {:>3} {:>14} {:>6} {:>16} {:>6}",
            "method", "n", "AUPRC of cells", "se", "AUPRC of samples", "se"
        );
        let scores = scores(&model, n)?;
        for (name, scores) in scores {
            let [cells, samples] = [0, 1].map(|k| mean(scores.iter().filter_map(|score| score[k])));
            let shown = |found: Option<[f64; 2]>| match found {
                Some([mean, error]) => format!("{mean:>14.3} {error:>6.3}"),
                None => format!("{:>14} {:>6}", "-", "-"),
            };
            println!("{name:<20} {:>3} {} {:>23}", scores.len(), shown(cells), shown(samples));
        }
    }
    Ok(())
}

type Scores = Vec<(String, Vec<[Option<f64>; 2]>)>;

/// Each method's scores of each record; the last two rows are KernelSHAP and the share of what is positive.
fn scores(model: &Classifier, n: usize) -> Result<Scores> {
    let players = format!("leads*windows:{WINDOWS}").parse()?;
    let settings = Settings { players, budget: Some(1024), method: einthoven::Method::Kernel, ..Settings::default() };
    let explainer = Explainer::classifier(model, settings)?;
    let differentiable = Differentiable::new(model, &Device::flex())?;
    let backgrounds = backgrounds(model)?;
    let methods: Vec<GradientMethod> = GradientMethod::ALL
        .into_iter()
        .filter(|method| *method != GradientMethod::XGradient || model.card().architecture.homogeneous)
        .collect();
    let mut all: Scores = methods.iter().map(|method| (method.to_string(), Vec::new())).collect();
    all.extend(["kernel", "prevalence"].map(|name| (name.to_owned(), Vec::new())));
    for (done, case) in cases().take(n).enumerate() {
        let inside = inside(&case, model)?;
        for (method, (_, scores)) in methods.iter().zip(&mut all) {
            let [cells, samples] = if *method == GradientMethod::Occlusion {
                let found = explainer.gradients(&case.drawn.record, &Gradients::new(*method))?;
                let output = case.class as usize;
                let map = found.dense.context("a map of windows")?.cells;
                [found.attributions[output].player_values(), map[output * inside.len()..][..inside.len()].to_vec()]
            } else {
                of_map(&explainer, &differentiable, *method, &case, &backgrounds)?
            };
            scores.push([average_precision(&cells, &case.positive), average_precision(&samples, &inside)]);
        }
        let values = explainer.explain(&case.drawn.record)?.attributions[case.class as usize].player_values();
        let share = |positive: &[bool]| positive.iter().filter(|is| **is).count() as f64 / positive.len() as f64;
        let last = all.len() - 2;
        all[last].1.push([average_precision(&values, &case.positive), None]);
        all[last + 1].1.push([Some(share(&case.positive)), Some(share(&inside))]);
        eprint!("\r{}/{n}", done + 1);
    }
    eprintln!();
    Ok(all)
}

/// The values of cells and of samples for the true class.
fn of_map(
    explainer: &Explainer,
    model: &Differentiable,
    method: GradientMethod,
    case: &Case,
    backgrounds: &[Vec<f64>],
) -> Result<[Vec<f64>; 2]> {
    let record = explainer.prepare(&case.drawn.record)?;
    let partition = explainer.partition()?;
    let zero = [vec![0.0; record.signal().len()]];
    let baselines = if method == GradientMethod::ExpectedGradients { backgrounds } else { &zero };
    let subject = Subject { signal: record.signal(), baselines, partition: &partition };
    let gradients = Gradients::new(method);
    let request = Request {
        gradients: &gradients,
        outputs: &[case.class as usize],
        link: Link::Logit,
        seed: 0,
        memory: 1 << 30,
        stop: &|| false,
    };
    let found = maps(model, &[subject], &request)?.pop().context("one record")?;
    Ok([found.player_sums(0, partition.owner(), partition.n_players()), found.cells])
}

/// Whether each sample at the model's rate lies in the mask.
fn inside(case: &Case, model: &Classifier) -> Result<Vec<bool>> {
    let spec = model.spec();
    let per_lead = case.drawn.record.n_samples();
    let step = case.drawn.record.rate / spec.rate;
    let at = |lead: usize, sample: usize| ((sample as f64 * step).round() as usize).min(per_lead - 1) + lead * per_lead;
    let cells = (0..spec.leads.len()).flat_map(|lead| (0..spec.n_samples).map(move |sample| (lead, sample)));
    Ok(cells.map(|(lead, sample)| case.drawn.mask[at(lead, sample)]).collect())
}

fn backgrounds(model: &Classifier) -> Result<Vec<Vec<f64>>> {
    let config = DatasetConfig::default();
    let one = |index| {
        let record = model.preparation().apply(&config.draw("background", index).record, 0.0)?;
        Ok(record.signal().iter().map(|&x| f64::from(x)).collect())
    };
    (0..BACKGROUNDS).map(one).collect()
}

/// Mean and standard error.
fn mean(scores: impl Iterator<Item = f64>) -> Option<[f64; 2]> {
    let scores: Vec<f64> = scores.collect();
    let n = scores.len() as f64;
    let mean = scores.iter().sum::<f64>() / n;
    let variance = scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (n > 1.0).then(|| [mean, (variance / n).sqrt()])
}
