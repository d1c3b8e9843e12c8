//! The command line of `einthoven value`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Arguments of `value`.
#[derive(Args, Debug)]
#[command(after_long_help = VALUE)]
pub struct Value {
    /// The points, a .npz or .csv file; or --embed.
    ///
    /// A .npz file holds `embeddings` [points, features] and `labels` [points], integers from 0; if it has them, `names` of the
    /// points, `classes`, and `validation_embeddings` and `validation_labels`, on which classifiers are judged. A .csv file has a
    /// header, a column `label`, if it has one a column `name`, and numbers in all others.
    #[arg(value_name = "DATA", required_unless_present = "embed", conflicts_with = "embed")]
    pub data: Option<PathBuf>,
    /// Value records in place of points: WFDB records, or folders of them, seen through the features that the model's last
    /// layer reads.
    #[arg(long, value_name = "RECORDS", num_args = 1.., requires = "labels")]
    pub embed: Vec<PathBuf>,
    /// The classes of these records, a CSV file with a column `record` and a column `superclasses` (as `einthoven synth` writes
    /// it; the first of several counts, records without one are left out) or `label`.
    #[arg(long, value_name = "CSV", requires = "embed")]
    pub labels: Option<PathBuf>,
    /// The model whose features --embed takes: builtin, builtin:homogeneous or a file.
    #[arg(long, value_name = "FILE", default_value = "builtin")]
    pub model: String,
    /// Where the file has no validation points, the share of the points that is drawn for it; these get no value.
    #[arg(long, value_name = "SHARE", default_value_t = 0.2)]
    pub hold_out: f64,
    /// How a value is defined and found. The default tells wrong labels from right ones with fewest contributions.
    #[arg(long, value_enum, value_name = "METHOD", default_value_t = Method::Beta)]
    pub method: Method,
    /// Contributions of each point: what it adds to so many random sets. More of them halve the error with four times the
    /// time.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub contributions: usize,
    /// Sizes of the sets of distributional, such as 100-1000, which is the default as far as there are points.
    #[arg(long, value_name = "A-B", value_parser = sizes)]
    pub sizes: Option<(usize, usize)>,
    /// Alpha and beta of beta; a large alpha prefers small sets.
    #[arg(long, value_name = "A,B", value_delimiter = ',', num_args = 1, default_values_t = [16.0, 1.0])]
    pub beta: Vec<f64>,
    /// Neighbours of knn.
    #[arg(long, value_name = "K", default_value_t = 5)]
    pub k: usize,
    /// What classifiers are judged by on the validation points.
    #[arg(long, value_enum, value_name = "UTILITY", default_value_t = Judged::Accuracy)]
    pub utility: Judged,
    /// What half the squares of a classifier's weights are multiplied by, beside the sum of its log losses (of features with
    /// standard deviation 1).
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    pub penalty: f64,
    /// Principal components that stand in for more features.
    #[arg(long, value_name = "N", default_value_t = 32)]
    pub components: usize,
    /// Learn the values from the contributions with a small network, a fifth of which judge it; where that does not pay, it is
    /// said and the plain means are taken.
    #[arg(long)]
    pub amortize: bool,
    /// How many of the lowest values are printed.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub top: usize,
    /// Seed of everything random.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Folder for values.parquet and values.json.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// How a value is defined and found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// Sets of any size, by walks without truncation (Ghorbani & Zou, 2019).
    DataShapley,
    /// Sets of a range of sizes (Ghorbani, Kim & Zou, 2020).
    Distributional,
    /// Random halves (Wang & Jia, 2023).
    Banzhaf,
    /// The same from whole halves, each of which serves all points: two fits a contribution of all.
    BanzhafReuse,
    /// Sizes by a beta distribution (Kwon & Zou, 2022).
    Beta,
    /// What is lost without the point; exact.
    Loo,
    /// Shapley values of the nearest-neighbour classifier; exact (Jia et al., 2019).
    Knn,
}

/// What classifiers are judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Judged {
    /// The share of right classes.
    Accuracy,
    /// The mean log probability of the right class.
    LogLikelihood,
}

impl Method {
    /// Its name on the command line.
    pub fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

const VALUE: &str = "\
The value of a point is what it adds to the classifier: a penalised logistic regression on the points' features, fitted anew
to each set. Points that are labelled wrong tend to lower it and are found among the lowest values.

values.parquet has a row for each point: name, label, value, std_err (NaN where there is none; of amortized values the root mean
squared error of all), mean (of its contributions), own_probability and said: what the classifier of all points says of its label, and
which class it finds most likely.

Examples:
  einthoven value points.npz
  einthoven value points.csv --method data-shapley --contributions 50
  einthoven synth --n 500 --out records
  einthoven value --embed records --labels records/labels.csv --amortize --out found";

/// The smallest and the largest size.
fn sizes(text: &str) -> Result<(usize, usize), String> {
    let range = text.split_once('-').and_then(|(a, b)| Some((a.trim().parse().ok()?, b.trim().parse().ok()?)));
    range.filter(|(a, b)| a <= b).ok_or_else(|| "must be two sizes such as 100-1000".to_owned())
}
