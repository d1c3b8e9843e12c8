//! Do values of data find labels that are wrong, and at what cost? `cargo run --release -p einthoven-benches --bin data_values`.
//!
//! 2000 synthetic records with one finding or none, and 500 more to judge classifiers on, seen through the features that the
//! last layer of the built-in model reads, by their leading principal components. Each of the 2000 labels is moved to
//! another class with a chance of one tenth. Three tables: how well the lowest values are the wrong labels, by method and by contributions; the error of
//! plain means and of amortized values of the same contributions against a truth of many independent ones; nearest neighbours
//! against all subsets. A word (`detection`, `amortization` or `neighbours`) asks for one of them.

#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Instant;

use anyhow::{Context, Result};
use einthoven::amortize::value::{
    Amortized, Contributions, DataGame, DataSet, Points, Semivalue, Utility, knn_shapley, neighbours, penultimate,
};
use einthoven::ecg::synth::{DatasetConfig, Finding, superclasses};
use einthoven::fit::ridge::{self, Ridge};
use einthoven::game::rng::stream;
use einthoven::model::{CpuNetwork, builtin, metrics::auc};
use einthoven::{BatchModel, Classifier};
use einthoven_benches::score::average_precision;
use rand::RngExt;
use rayon::prelude::*;

const POINTS: usize = 2000;
const JUDGES: usize = 500;
const WRONG: f64 = 0.1;
const COMPONENTS: usize = 16;
const DRAWS: [usize; 2] = [5, 20];
const PAIRS: [usize; 2] = [50, 500];
/// Contributions of each point that the truth is the mean of.
const TRUTH: usize = 100;
const HELD_OUT: usize = 5;

fn main() -> Result<()> {
    let classifier = builtin()?;
    let [train, judges] =
        [("value-train", POINTS), ("value-judge", JUDGES)].map(|(split, n)| points(&classifier, split, n));
    let (train, wrong) = mislabelled(&train?)?;
    let (data, share) = DataSet::new(train, judges?)?.principal(COMPONENTS)?;
    println!(
        "{COMPONENTS} principal components hold {:.1} % of the variance; {} labels are wrong",
        100.0 * share,
        wrong.iter().filter(|is| **is).count()
    );
    let word = std::env::args().nth(1);
    let asked = |table: &str| word.as_deref().is_none_or(|word| word == table);
    if asked("neighbours") {
        neighbours_exactly(&data)?;
    }
    if asked("detection") {
        detection(&data, &wrong)?;
    }
    if asked("amortization") {
        amortization(&data, &wrong, "beta 16,1", Semivalue::Beta { alpha: 16.0, beta: 1.0 })?;
        amortization(&data, &wrong, "distributional", Semivalue::Range { smallest: 100, largest: 1000 })?;
    }
    Ok(())
}

/// Records of a split, by their features and the superclass of their finding.
fn points(classifier: &Classifier, split: &str, n: usize) -> Result<Points> {
    let config = DatasetConfig::default();
    let class = |findings: &[Finding]| {
        let classes = superclasses(findings);
        let mut present = (0..classes.len()).filter(|class| classes[*class]);
        let only = present.next();
        if present.next().is_some() { None } else { only }
    };
    // As many of each class, its findings in turn.
    let mut of_class: BTreeMap<usize, Vec<Vec<Finding>>> = BTreeMap::new();
    for findings in std::iter::once(Vec::new()).chain(Finding::ALL.into_iter().map(|finding| vec![finding])) {
        if let Some(class) = class(&findings) {
            of_class.entry(class).or_default().push(findings);
        }
    }
    let signals: Vec<Vec<f32>> = (0..n)
        .into_par_iter()
        .map(|index| {
            let (_, kinds) = of_class.iter().nth(index % of_class.len()).context("a class")?;
            let drawn = config.draw_with(&kinds[index / of_class.len() % kinds.len()], split, index as u64);
            Ok(classifier.preparation().apply(&drawn.record, 0.0)?.signal().to_vec())
        })
        .collect::<Result<_>>()?;
    let labels = (0..n).map(|index| *of_class.keys().nth(index % of_class.len()).unwrap_or(&0)).collect();
    let network = CpuNetwork::new(&penultimate(classifier.layers().context("layers")?)?);
    let features = network.logits(&signals.concat()).into_iter().map(f64::from).collect();
    Ok(Points::new(network.network().shape(network.network().output())[0], features, labels)?)
}

/// The points with a share of labels moved to another class, and which.
fn mislabelled(points: &Points) -> Result<(Points, Vec<bool>)> {
    let mut rng = stream(1, "bench/wrong", 0);
    let wrong: Vec<bool> = (0..points.len()).map(|_| rng.random::<f64>() < WRONG).collect();
    let classes = 1 + points.labels().iter().max().context("points")?;
    let labels = points.labels().iter().zip(&wrong).map(|(&label, &wrong)| match wrong {
        true => (label + rng.random_range(1..classes)) % classes,
        false => label,
    });
    let labels: Vec<usize> = labels.collect();
    let embeddings = (0..points.len()).flat_map(|point| points.embedding(point).to_vec()).collect();
    Ok((Points::new(points.n_features(), embeddings, labels)?, wrong))
}

fn go(done: usize, total: usize) -> ControlFlow<()> {
    eprint!("\r{done}/{total}    ");
    ControlFlow::Continue(())
}

fn detection(data: &DataSet, wrong: &[bool]) -> Result<()> {
    println!(
        "\n| method | judged by | contributions of each | fits | seconds | AUROC | AUPRC |\n|---|---|---|---|---|---|---|"
    );
    for (name, utility) in [("accuracy", Utility::Accuracy), ("log likelihood", Utility::LogLikelihood)] {
        let game = DataGame::new(data, utility, 1.0)?;
        println!("| (all points, none) | {name} | | | | {:.4} | {:.4} |", game.full_value(), game.empty_value());
        let methods = [
            ("data-shapley", Semivalue::Shapley),
            ("distributional 100-1000", Semivalue::Range { smallest: 100, largest: 1000 }),
            ("banzhaf", Semivalue::Banzhaf),
            ("beta 16,1", Semivalue::Beta { alpha: 16.0, beta: 1.0 }),
            ("loo", Semivalue::LeaveOneOut),
        ];
        for (method, semivalue) in methods {
            let draws = if semivalue == Semivalue::LeaveOneOut { [1, 1] } else { DRAWS };
            parts(&[method, name], draws, wrong, |draws| Contributions::draw(&game, semivalue, draws, 1, &mut go))?;
        }
        parts(&["banzhaf-reuse", name], PAIRS, wrong, |draws| Contributions::banzhaf_reuse(&game, draws, 1, &mut go))?;
    }
    for k in [1, 5, 20] {
        let started = Instant::now();
        let values = knn_shapley(data, k)?;
        row(&["knn", &format!("k = {k}")], ["exact".to_owned(), "0".to_owned()], started, 1.0, &values, wrong);
    }
    let started = Instant::now();
    let game = DataGame::new(data, Utility::Accuracy, 1.0)?;
    row(&["own probability, no value", "-"], ["-".to_owned(), "1".to_owned()], started, 1.0, &own(data, &game), wrong);
    Ok(())
}

/// The rows of a method with all its draws and with the first of them, for which the time is in proportion.
fn parts(
    names: &[&str],
    draws: [usize; 2],
    wrong: &[bool],
    draw: impl Fn(usize) -> einthoven::amortize::Result<Contributions>,
) -> Result<()> {
    let started = Instant::now();
    let all = draw(draws[1])?;
    for n in if draws[0] == draws[1] { vec![1] } else { draws.to_vec() } {
        let share = n as f64 / all.n_draws() as f64;
        let fits = (all.fits as f64 * share).round();
        row(names, [n.to_string(), fits.to_string()], started, share, &all.part(0..n).means(), wrong);
    }
    Ok(())
}

fn row(names: &[&str], cost: [String; 2], started: Instant, share: f64, values: &[f64], wrong: &[bool]) {
    let seconds = started.elapsed().as_secs_f64() * share;
    let (auroc, auprc) = scores(values, wrong);
    println!("\r| {} | {} | {} | {seconds:.1} | {auroc:.3} | {auprc:.3} |", names[0], names[1], cost.join(" | "));
}

/// Areas for finding what is wrong by low values.
fn scores(values: &[f64], wrong: &[bool]) -> (f64, f64) {
    let low: Vec<f64> = values.iter().map(|value| -value).collect();
    let scale = low.iter().fold(f64::MIN_POSITIVE, |scale: f64, value| scale.max(value.abs()));
    let single: Vec<f32> = low.iter().map(|value| (value / scale) as f32).collect();
    (auc(&single, wrong).unwrap_or(f64::NAN), average_precision(&low, wrong).unwrap_or(f64::NAN))
}

/// The probability of the point's own label by the classifier of all points.
fn own(data: &DataSet, game: &DataGame) -> Vec<f64> {
    let logits = game.full().logits(data.train());
    let points = logits.chunks_exact(data.n_classes()).zip(data.train().labels());
    points.map(|(logits, &label)| 1.0 / logits.iter().map(|logit| (logit - logits[label]).exp()).sum::<f64>()).collect()
}

/// Plain means, ridge regression and the network on the same contributions.
fn amortization(data: &DataSet, wrong: &[bool], name: &str, semivalue: Semivalue) -> Result<()> {
    let game = DataGame::new(data, Utility::LogLikelihood, 1.0)?;
    let started = Instant::now();
    let truth = Contributions::draw(&game, semivalue, TRUTH, 2, &mut go)?;
    let floor = truth.variances().context("several draws")?.iter().sum::<f64>() / POINTS as f64;
    let truth_seconds = started.elapsed().as_secs_f64();
    let truth = truth.means();
    let mean = truth.iter().sum::<f64>() / POINTS as f64;
    let spread = truth.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / POINTS as f64 - floor;
    println!(
        "\r\n{name}, by log likelihood: truth of {TRUTH} contributions of each point, {truth_seconds:.0} s; it explains all but {:.4} of the variance",
        floor / spread
    );
    println!(
        "\n| contributions of each | values | training, s | relative error | Pearson | Spearman | AUROC | AUPRC | says of itself |\n|---|---|---|---|---|---|---|---|---|"
    );
    let started = Instant::now();
    let all = Contributions::draw(&game, semivalue, 20, 1, &mut go)?;
    let seconds = started.elapsed().as_secs_f64() / 20.0;
    for draws in [3, 5, 10, 20] {
        let part = all.part(0..draws);
        let report = |name: &str, seconds: f64, values: &[f64], says: String| {
            let error = values.iter().zip(&truth).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / POINTS as f64;
            let (auroc, auprc) = scores(values, wrong);
            let [pearson, spearman] = [pearson(values, &truth), pearson(&ranks(values), &ranks(&truth))];
            println!(
                "\r| {draws} | {name} | {seconds:.1} | {:.3} | {pearson:.3} | {spearman:.3} | {auroc:.3} | {auprc:.3} | {says} |",
                (error - floor) / spread
            );
        };
        let plain = part.variances().map_or(f64::NAN, |all| all.iter().sum::<f64>() / POINTS as f64);
        report("plain means", 0.0, &part.means(), format!("{:.3}", plain / spread));
        let held_out = draws.div_ceil(HELD_OUT).max(2);
        let started = Instant::now();
        report(
            "ridge regression",
            started.elapsed().as_secs_f64(),
            &linear(data, &game, &part, held_out)?,
            "-".to_owned(),
        );
        let started = Instant::now();
        let learned = Amortized::learn(data, game.full(), &part, held_out, 1, &mut go)?;
        let says = format!(
            "{:.3} ± {:.3}, {}",
            learned.error / spread,
            learned.error_std_err / spread,
            if learned.pays() { "pays" } else { "does not pay" }
        );
        report("amortized", started.elapsed().as_secs_f64(), &learned.values, says);
    }
    println!("\n{seconds:.1} s for one contribution of each point");
    Ok(())
}

/// Ridge regression on embedding and log probabilities, with coefficients of their own for each class; the penalty is chosen on
/// contributions that were held out.
fn linear(data: &DataSet, game: &DataGame, contributions: &Contributions, held_out: usize) -> Result<Vec<f64>> {
    let draws = contributions.n_draws();
    let fitted = contributions.part(0..draws - held_out).means();
    let kept = contributions.part(draws - held_out..draws).means();
    let own: Vec<f64> = own(data, game).iter().map(|share| share.max(1e-7).ln()).collect();
    let (train, classes) = (data.train(), data.n_classes());
    let width = train.n_features() + 2;
    let row = |point: usize, out: &mut [f64]| {
        out.fill(0.0);
        let block = &mut out[train.labels()[point] * width..][..width];
        block[0] = 1.0;
        block[1] = own[point];
        block[2..].copy_from_slice(train.embedding(point));
    };
    let mut best: Option<(f64, Vec<f64>)> = None;
    for lambda in [1.0, 10.0, 100.0, 1000.0] {
        let problem = Ridge {
            n_unknowns: width * classes,
            weights: &vec![1.0; POINTS],
            targets: &fitted,
            n_outputs: 1,
            lambda,
            row: &row,
        };
        let found = ridge::solve(&problem)?;
        let mut x = vec![0.0; width * classes];
        let mut predict = |point: usize| {
            row(point, &mut x);
            found.intercepts[0] + x.iter().zip(&found.coefficients).map(|(x, c)| x * c).sum::<f64>()
        };
        let values: Vec<f64> = (0..POINTS).map(&mut predict).collect();
        let loss: f64 = values.iter().zip(&kept).map(|(a, b)| (a - b).powi(2)).sum();
        if best.as_ref().is_none_or(|(least, _)| loss < *least) {
            best = Some((loss, values));
        }
    }
    best.map(|(_, values)| values).context("a penalty")
}

fn pearson(a: &[f64], b: &[f64]) -> f64 {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let (ma, mb) = (mean(a), mean(b));
    let sum = |f: &dyn Fn(f64, f64) -> f64| a.iter().zip(b).map(|(x, y)| f(x - ma, y - mb)).sum::<f64>();
    sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt()
}

/// Ranks; values are continuous.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    order.iter().enumerate().for_each(|(rank, &point)| ranks[point] = rank as f64);
    ranks
}

/// Twelve of the points, all their subsets, and the largest difference.
fn neighbours_exactly(data: &DataSet) -> Result<()> {
    const N: usize = 12;
    let few: Vec<usize> = (0..N).collect();
    let judges: Vec<usize> = (0..50).collect();
    let small = DataSet::new(data.train().some(&few), data.validation().some(&judges))?;
    println!("\n| k | largest difference from all {} subsets |\n|---|---|", 1 << N);
    for k in [1, 3, 5] {
        let mut table = vec![0.0; 1 << N];
        for (judge, &label) in small.validation().labels().iter().enumerate() {
            let order = neighbours(small.train(), small.validation().embedding(judge));
            for (set, worth) in table.iter_mut().enumerate() {
                let nearest = order.iter().filter(|point| set >> **point & 1 == 1).take(k);
                *worth += nearest.filter(|point| small.train().labels()[**point] == label).count() as f64
                    / (k * judges.len()) as f64;
            }
        }
        let terms = einthoven::game::indices::from_table(einthoven::Index::Sv, 1, &table)?;
        let truth = terms.iter().filter(|term| !term.players.is_empty());
        let far = |(term, found): (&einthoven::game::Term, &f64)| (term.value - found).abs();
        println!("| {k} | {:.1e} |", truth.zip(&knn_shapley(&small, k)?).map(far).fold(0.0, f64::max));
    }
    Ok(())
}
