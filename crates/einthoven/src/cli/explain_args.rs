//! The arguments of `einthoven explain`.

use clap::{Args, ValueEnum};
use einthoven::Method;

use super::args::{Run, positive};

/// Arguments of `explain`.
#[derive(Args, Debug)]
pub struct Explain {
    /// How the values are estimated: auto, or one of the list that `einthoven methods` prints.
    #[arg(long, value_name = "METHOD", default_value = "auto")]
    pub method: Method,
    /// Stop as soon as the largest standard error is below this share of the range of the values; the budget is a cap.
    #[arg(long, value_name = "REL", value_parser = positive)]
    pub until: Option<f64>,
    /// Take an additive surrogate out of the values before the estimate and add it back after: gradient, which is what a
    /// player's cells differ by from the baseline, times the model's gradient.
    ///
    /// It costs a forward and a backward pass beside the budget. unbiased-kernel, svarm and msr have a smaller error where the
    /// surrogate resembles the game, and a larger one where it does not; kernel, leverage, permutation, stratified and owen
    /// are exact on additive games and find the same values with it and without.
    #[arg(long, value_enum, value_name = "SURROGATE")]
    pub control: Option<Surrogate>,
    /// What is explained, and where the answer goes.
    #[command(flatten)]
    pub run: Run,
}

/// What serves as a control variate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Surrogate {
    /// Input times gradient, relative to the baseline.
    Gradient,
}
