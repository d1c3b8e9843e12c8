//! `einthoven interact`: how parts of a record work together.

use einthoven::{Explainer, Interactions, Method, Result};

use super::args::{Interact, InteractionArgs};
use super::{records, run};

/// Explains record after record by interactions.
pub fn run(args: &Interact) -> Result<()> {
    let settings = run::settings(&args.run, Method::Auto, None);
    let explainer = Explainer::classifier(&records::classifier(&args.run.engine.model)?, settings)?;
    let interactions = interactions(&args.interactions);
    explainer.check_interactions(&interactions)?;
    run::run(&args.run, &explainer, &|record, keep, progress| {
        explainer.interact_keeping(record, &interactions, keep, progress)
    })
}

/// The interactions of a command line.
fn interactions(args: &InteractionArgs) -> Interactions {
    let &InteractionArgs { index, order, method, penalty } = args;
    Interactions { index, order, method, penalty: penalty.penalty() }
}
