//! `einthoven amortize`: explain a whole dataset at a fraction of the cost, by a network that learns from cheap labels.

mod apply;
mod labels;
mod report;
mod train;

use clap::{Args, Subcommand};
use einthoven::Result;

/// What `--help` says of it.
pub const ABOUT: &str = "Explain a dataset by a network that is trained on cheap, noisy labels.

A label is an estimate of a record's values from a dozen coalitions: far too noisy to be read, but right on average. A network
that is fitted to the labels of many records averages the noise out (stochastic amortization; Covert et al., 2024).
`labels` makes them, once for many trainings; `train` fits the network, `apply` explains records by it, `report` says what it is
worth.

  einthoven amortize labels --synth config.json --n 2000 --players 'leads*windows:10' --out labels
  einthoven amortize train labels --out explainer
  einthoven amortize apply explainer folder/ --out attributions.parquet";

/// Arguments of `amortize`.
#[derive(Args, Debug)]
pub struct Amortize {
    /// What to do.
    #[command(subcommand)]
    step: Step,
}

/// The steps.
#[derive(Debug, Subcommand)]
enum Step {
    /// Make labels of many records.
    Labels(Box<labels::Labels>),
    /// Train an explainer on labels, and say what it is worth.
    Train(Box<train::Train>),
    /// Explain records by an explainer, as one Parquet file.
    Apply(Box<apply::Apply>),
    /// What an explainer is worth: its error beside that of its labels, and from how many records on it pays.
    Report(report::Report),
}

/// Runs a step.
pub fn run(args: &Amortize) -> Result<()> {
    match &args.step {
        Step::Labels(args) => labels::run(args),
        Step::Train(args) => train::run(args),
        Step::Apply(args) => apply::run(args),
        Step::Report(args) => report::run(args),
    }
}
