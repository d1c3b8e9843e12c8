//! The arguments of `einthoven remove`.

use clap::Args;
use einthoven::RemovalSearch;
use einthoven::interactions::Method;

use super::args::Run;

/// What `einthoven remove --help` begins with.
pub const ABOUT: &str = "\
Which few parts to take away so that the model says something else, tried on the model

First the sparse spectrum of the model around the record is found: the Fourier coefficients of what it says with parts on and off. \
Then, for 1, 2, ... parts, the set whose removal changes that function most is searched for: exactly by branch and bound where \
that ends, else greedily and with a bound. At last the model itself is asked what it says without them.

The table shows for each number of parts the change that was predicted, the true one, the true one without the parts of the \
largest Shapley values of the same spectrum, and the mean magnitude without as many parts at random (20 orders). Where the \
prediction misses by more than a quarter, a warning says so: the spectrum is then no picture of the model so far from the record, \
and only the true change counts.

The 24 coalitions for each number of parts that this takes are evaluated beyond the budget.

Files are removal.json, removal.svg (how far the value changes by the number of parts), ecg.svg (the largest set on paper), \
attribution.json (the spectrum), design.npz and values.npz. Of several records each has a folder, beside removal.csv.";

/// Arguments of `remove`.
#[derive(Args, Debug)]
pub struct Remove {
    /// How the spectrum is found: spectral, spex, proxyspex, exact, or another method of `einthoven interact` that estimates Fourier
    /// coefficients.
    #[arg(long, value_name = "METHOD", default_value_t = RemovalSearch::default().method)]
    pub method: Method,
    /// The largest number of parts to take away, up to 100.
    #[arg(long, value_name = "R", default_value_t = RemovalSearch::default().most)]
    pub most: usize,
    /// Say which is the smallest set without which the model's answer turns: the value of the target falls to a logit of 0 (a
    /// probability of 1/2) or below, or rises above it.
    ///
    /// The set is tried on the model. That no smaller one does it is certain only if the spectrum holds every coefficient, as
    /// that of method exact does; the answer says so.
    #[arg(long)]
    pub flip: bool,
    /// What is removed from what, and where the answer goes.
    #[command(flatten)]
    pub run: Run,
}
