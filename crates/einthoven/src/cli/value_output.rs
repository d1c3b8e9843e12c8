//! What `einthoven value` prints and writes.

use std::io::Write;
use std::path::Path;

use einthoven::amortize::table::{Column, Table};
use einthoven::amortize::value::{Amortized, Contributions, DataGame, DataSet, NamedPoints};
use einthoven::game::file::write_atomic;
use einthoven::{Error, Result};
use serde_json::json;

use super::print;
use super::value::class_name;
use super::value_args::{Method, Value};

/// Values of all points.
pub struct Found {
    values: Vec<f64>,
    /// NaN where there is none.
    std_errs: Vec<f64>,
    /// Means of the contributions.
    means: Vec<f64>,
    is_exact: bool,
    fits: usize,
    draws: usize,
    learned: Option<Amortized>,
    /// What it took.
    pub seconds: f64,
}

/// What the classifier of all points says of a point.
struct Opinion {
    own_probability: f64,
    class: usize,
    probability: f64,
}

impl Found {
    /// Values without error.
    pub fn exact(values: Vec<f64>) -> Self {
        let std_errs = vec![0.0; values.len()];
        Self { means: values.clone(), values, std_errs, is_exact: true, fits: 0, draws: 0, learned: None, seconds: 0.0 }
    }

    /// Means of contributions.
    pub fn of(contributions: &Contributions) -> Self {
        let means = contributions.means();
        let std_errs = contributions.std_errs().unwrap_or_else(|| vec![f64::NAN; means.len()]);
        let (is_exact, fits, draws) = (contributions.is_exact(), contributions.fits, contributions.n_draws());
        Self { values: means.clone(), std_errs, means, is_exact, fits, draws, learned: None, seconds: 0.0 }
    }

    /// The same with what a network made of them, where that pays.
    pub fn learned(mut self, learned: Amortized) -> Self {
        if learned.pays() {
            self.values.clone_from(&learned.values);
            // Chance can make the error too small, even negative; it is known to its standard error and no better.
            self.std_errs = vec![learned.error.max(learned.error_std_err).sqrt(); self.values.len()];
        }
        self.learned = Some(learned);
        self
    }

    /// Prints the lowest values and writes all, if there is a folder.
    pub fn report(
        &self,
        args: &Value,
        named: &NamedPoints,
        data: &DataSet,
        game: &DataGame,
        variance: f64,
    ) -> Result<()> {
        let opinions = opinions(data, game);
        let order = self.lowest_first();
        let mut text = self.head(args, named, data, game, variance);
        text.push_str(&self.lowest(args.top, &order, named, &opinions));
        if let Some(folder) = &args.out {
            let wrong = |error: std::io::Error| Error::File {
                action: "make the folder",
                path: folder.clone(),
                reason: error.to_string(),
            };
            std::fs::create_dir_all(folder).map_err(wrong)?;
            self.table(named, &opinions).save(&folder.join("values.parquet"))?;
            self.save_json(&folder.join("values.json"), args, named, data, game)?;
            text.push_str(&format!("see {}\n", folder.join("values.parquet").display()));
        }
        print::text(&text)
    }

    fn lowest_first(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.values.len()).collect();
        order.sort_by(|&a, &b| self.values[a].total_cmp(&self.values[b]).then(a.cmp(&b)));
        order
    }

    fn head(&self, args: &Value, named: &NamedPoints, data: &DataSet, game: &DataGame, variance: f64) -> String {
        let (n, judges, features) = (data.train().len(), data.validation().len(), data.train().n_features());
        let mut text =
            format!("{n} points of {} classes, {judges} for validation, {features} features", named.classes.len());
        if features < named.points.n_features() {
            let all = named.points.n_features();
            text.push_str(&format!(" (principal components of {all}, {:.1} % of the variance)", 100.0 * variance));
        }
        text.push_str(&format!(
            "\n{} of the classifier: {:.4} of all points, {:.4} of none\n",
            utility(args),
            game.full_value(),
            game.empty_value()
        ));
        text.push_str(&match args.method {
            Method::Knn => format!("knn: exact for k = {}; {:.1} s\n", args.k, self.seconds),
            method => format!(
                "{}: {} contributions of each point, {} fits, {}; {:.1} s\n",
                method.name(),
                self.draws,
                self.fits,
                if self.is_exact { "exact" } else { "unbiased" },
                self.seconds
            ),
        });
        text + &self.learned.as_ref().map_or_else(String::new, amortized)
    }

    fn lowest(&self, top: usize, order: &[usize], named: &NamedPoints, opinions: &[Opinion]) -> String {
        let shown = &order[..top.min(order.len())];
        let width = shown.iter().map(|&point| named.names[point].chars().count()).max().unwrap_or(0).max(5);
        let mut text = format!("{:<width$}  {:<8} {:>10} {:>9}  the classifier says\n", "point", "label", "value", "±");
        for &point in shown {
            let error = match self.std_errs[point] {
                error if error > 0.0 => format!("{error:.6}"),
                _ => "-".to_owned(),
            };
            let (opinion, label) = (&opinions[point], class_name(named, named.points.labels()[point]));
            text.push_str(&format!(
                "{:<width$}  {label:<8} {:>+10.6} {error:>9}  {} {:.0} %\n",
                named.names[point],
                self.values[point],
                class_name(named, opinion.class),
                100.0 * opinion.probability
            ));
        }
        text
    }

    fn table(&self, named: &NamedPoints, opinions: &[Opinion]) -> Table {
        let mut table = Table::default();
        let names = |classes: Vec<usize>| classes.iter().map(|&class| class_name(named, class).to_owned()).collect();
        table.push("name", Column::Text(named.names.clone()));
        table.push("label", Column::Text(names(named.points.labels().to_vec())));
        table.push("value", Column::F64(self.values.clone()));
        table.push("std_err", Column::F64(self.std_errs.clone()));
        table.push("mean", Column::F64(self.means.clone()));
        table.push("own_probability", Column::F64(opinions.iter().map(|opinion| opinion.own_probability).collect()));
        table.push("said", Column::Text(names(opinions.iter().map(|opinion| opinion.class).collect())));
        table
    }

    fn save_json(&self, path: &Path, args: &Value, named: &NamedPoints, data: &DataSet, game: &DataGame) -> Result<()> {
        let learned = self.learned.as_ref().map(|learned| {
            json!({
                "pays": learned.pays(), "error": learned.error, "error_std_err": learned.error_std_err,
                "plain_error": learned.plain_error, "noise_floor": learned.noise_floor, "loss": learned.loss,
                "spread": learned.spread, "epoch": learned.epoch,
            })
        });
        let order = self.lowest_first();
        let lowest = order.iter().take(args.top).map(|&point| {
            json!({
                "name": named.names[point], "label": class_name(named, named.points.labels()[point]),
                "value": self.values[point],
            })
        });
        let facts = json!({
            "method": args.method.name(), "kind": if self.is_exact { "exact" } else { "unbiased" },
            "utility": utility(args), "penalty": args.penalty, "k": args.k, "seed": args.seed,
            "points": data.train().len(), "validation": data.validation().len(), "features": data.train().n_features(),
            "classes": named.classes, "contributions": self.draws, "fits": self.fits, "seconds": self.seconds,
            "full": game.full_value(), "empty": game.empty_value(), "amortized": learned,
            "lowest": lowest.collect::<Vec<_>>(),
        });
        Ok(write_atomic(path, |file| writeln!(file, "{facts:#}"))?)
    }
}

fn utility(args: &Value) -> &'static str {
    match args.utility {
        super::value_args::Judged::Accuracy => "accuracy",
        super::value_args::Judged::LogLikelihood => "log likelihood",
    }
}

/// What amortization brought.
fn amortized(learned: &Amortized) -> String {
    let root = |square: f64| square.max(0.0).sqrt();
    let [error, plain, spread] = [learned.error, learned.plain_error, learned.spread].map(root);
    let facts = format!(
        "error {error:.6} where plain means of the same contributions have {plain:.6}; values differ by {spread:.6}"
    );
    match learned.pays() {
        true => format!("amortized: {facts} (root mean squares)\n"),
        false => format!("warning: amortization does not pay: {facts} (root mean squares); values are plain means\n"),
    }
}

fn opinions(data: &DataSet, game: &DataGame) -> Vec<Opinion> {
    let logits = game.full().logits(data.train());
    let of_point = |(logits, &label): (&[f64], &usize)| {
        let highest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = logits.iter().map(|logit| (logit - highest).exp()).sum();
        let class = logits.iter().position(|logit| *logit == highest).unwrap_or(label);
        Opinion { own_probability: (logits[label] - highest).exp() / total, class, probability: 1.0 / total }
    };
    logits.chunks_exact(data.n_classes()).zip(data.train().labels()).map(of_point).collect()
}
