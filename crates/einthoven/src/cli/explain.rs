//! `einthoven explain`: why the model says what it says.

use einthoven::{Explainer, Result, Settings};

use super::explain_args::Explain;
use super::{records, run};

/// Explains record after record.
pub fn run(args: &Explain) -> Result<()> {
    let settings = Settings { control: args.control.is_some(), ..run::settings(&args.run, args.method, args.until) };
    let explainer = Explainer::classifier(&records::classifier(&args.run.engine.model)?, settings)?;
    explainer.check()?;
    run::run(&args.run, &explainer, &|record, keep, progress| explainer.explain_keeping(record, keep, progress))
}
