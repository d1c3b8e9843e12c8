//! `einthoven amortize`: explain a whole dataset at a fraction of the cost, by a network that learns from cheap labels.

mod labels;

use clap::{Args, Subcommand};
use einthoven::Result;

/// What `--help` says of it.
pub const ABOUT: &str = "Explain a dataset by a network that is trained on cheap, noisy labels.

A label is an estimate of a record's values from a dozen coalitions: far too noisy to be read, but right on average. A network
that is fitted to the labels of many records averages the noise out (stochastic amortization; Covert et al., 2024).
`labels` makes them, once for many trainings.";

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
}

/// Runs a step.
pub fn run(args: &Amortize) -> Result<()> {
    match &args.step {
        Step::Labels(args) => labels::run(args),
    }
}
