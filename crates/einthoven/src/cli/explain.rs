//! `einthoven explain`: why the model says what it says.

use einthoven::{Explainer, Keep, Method, Result, Settings};

use super::explain_args::{Explain, ExplainMethod};
use super::{records, run};

/// Explains record after record.
pub fn run(args: &Explain) -> Result<()> {
    let gradients = args.gradients()?;
    let method = match args.method {
        ExplainMethod::Estimator(method) => method,
        ExplainMethod::Gradient(_) => Method::Auto,
    };
    let settings = Settings { control: args.control.is_some(), ..run::settings(&args.run, method, args.until) };
    let explainer = Explainer::classifier(&records::classifier(&args.run.engine.model)?, settings)?;
    let Some(gradients) = gradients else {
        explainer.check()?;
        return run::run(&args.run, &explainer, &|record, keep, progress| {
            explainer.explain_keeping(record, keep, progress)
        });
    };
    explainer.check_gradients(&gradients)?;
    run::run(&args.run, &explainer, &|record, keep, progress| {
        let explanation = explainer.gradients_with(record, &gradients, progress)?;
        keep.map_or(Ok(()), Keep::clear)?;
        Ok(explanation)
    })
}
