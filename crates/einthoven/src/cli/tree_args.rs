//! The command line of `einthoven trees`.

use std::path::PathBuf;

use clap::Args;
use einthoven::Index;
use einthoven::interactions::trees::Mode;

use super::args::Format;

/// Arguments of `trees`.
#[derive(Args, Debug)]
#[command(after_long_help = TREES)]
pub struct Trees {
    /// The model: XGBoost's model.save_model("model.json"), LightGBM's booster.save_model("model.txt"), or what
    /// crates/interactions/scripts/export_sklearn.py writes of a scikit-learn model; the content tells which.
    pub model: PathBuf,
    /// The rows to explain: a CSV file with a header that names every feature of the model. Other columns are ignored;
    /// empty cells, NA and NaN are missing values; categories go by name where the model has names of them, else by code.
    pub data: PathBuf,
    /// Rows that features which are out are taken from, a CSV file likewise.
    #[arg(long, value_name = "CSV")]
    pub background: Option<PathBuf>,
    /// path-dependent or interventional [default: interventional if there is a background, else path-dependent]
    ///
    /// Where a feature is out, the path-dependent game sends a row both ways, in proportion to the training rows; the
    /// interventional game takes the feature from the background rows and is the mean over these.
    #[arg(long, value_name = "MODE")]
    pub mode: Option<Mode>,
    /// The index: sv, bv, sii, bii, chii, k-sii, stii, fsii, fbii, kadd-shap, moebius, co-moebius or fourier [default: sv, with
    /// --order 2 or more k-sii].
    #[arg(long, value_name = "INDEX")]
    pub index: Option<Index>,
    /// Most features in a set [default: 1 for SV and BV, else 2]
    #[arg(long, value_name = "K")]
    pub order: Option<usize>,
    /// Which rows, such as 1-100, 7 or 50-; the first below the header is 1.
    #[arg(long, value_name = "A-B", value_parser = row_range)]
    pub rows: Option<(usize, usize)>,
    /// Which output is printed, by name; without it, all. Files hold all outputs.
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// Folder for trees.npz, report.html and pictures of the target or the first output, and attribution.json if one row is
    /// explained.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print the attributions as JSON: a list, for each row an object per output.
    #[arg(long)]
    pub json: bool,
    /// Layout of that JSON; shapiq's holds the first row and output.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Einthoven)]
    pub format: Format,
}

const TREES: &str = "\
Values are exact, at any depth and for any order. They explain what the trees add up to: the margin (log-odds) of a boosted
classifier, the probability of a random forest's classes, the prediction of a regression.

trees.npz holds values [rows, outputs, terms], the features of each term (term_players, term_offsets), baseline [outputs],
full [rows, outputs], rows, outputs, player_names, index, order and method. Sets of features that no path has together are
zero and not listed.

Examples:
  einthoven trees model.json patients.csv
  einthoven trees model.txt patients.csv --background train.csv --index k-sii --order 2
  einthoven trees model.json patients.csv --rows 17 --target yes --json";

/// The first and the last row, counted from 1.
fn row_range(text: &str) -> Result<(usize, usize), String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str, open: usize| match text.trim() {
        "" => Some(open),
        text => text.parse().ok(),
    };
    match (number(first, 1), number(last, usize::MAX)) {
        (Some(first), Some(last)) if 1 <= first && first <= last => Ok((first, last)),
        _ => Err("must be rows such as 1-100, 7 or 50-, counted from 1".to_owned()),
    }
}
