//! From a design to values at once, or from a request to values and an estimate in rounds; kept on the way, if there is a
//! folder for it.

use einthoven_game::{Attribution, Coalitions, Design, Values};
use einthoven_masking::{Evaluation, MaskedModel, Progress, Stats};
use einthoven_shapley::{Control, Known, Method, Request, until};

use crate::{Error, Keep, Result};

/// Evaluates round after round until the standard errors are small enough. What is kept after a round is all that was
/// evaluated so far, with an empty draw list.
pub(crate) fn in_rounds(
    masked: &MaskedModel,
    method: Method,
    request: &Request<'_>,
    rel: f64,
    control: Option<&Control>,
    keep: Option<&Keep>,
    progress: &mut Progress<'_>,
) -> Result<(Vec<Attribution>, Evaluation)> {
    let mut evaluation = Evaluation { values: Vec::new(), stats: Stats::default(), warnings: Vec::new(), chunk: 0 };
    let known = keep.map(|keep| keep.known(request.n_players, masked.fingerprint())).transpose()?.flatten();
    let outcome = until(method, request, rel, control, known, &mut |known: Option<&Known>, rows: &Coalitions| {
        let before = known.map_or(0, |known| known.rows.len());
        let part = masked.evaluate_all(&[rows], &mut |done, _| progress(before + done, request.budget));
        let part = part.map_err(|error| broken_off(error, before, request.budget, keep.map(|_| before)))?;
        evaluation.stats += part.stats;
        evaluation.warnings.extend(part.warnings);
        evaluation.chunk = part.chunk;
        let [values] = <[Values; 1]>::try_from(part.values).expect("invariant: one list of rows has one of values");
        if let Some(keep) = keep {
            keep.add(known, rows, &values)?;
        }
        Ok::<_, Error>(values)
    })?;
    if let Some(keep) = keep {
        keep.finish(&outcome.design, &outcome.values)?;
    }
    evaluation.warnings.dedup();
    evaluation.values = vec![outcome.values];
    Ok((outcome.attributions, evaluation))
}

/// The values of a design. Where they are kept, they are evaluated and written chunk by chunk.
pub(crate) fn at_once(
    masked: &MaskedModel,
    design: &Design,
    keep: Option<&Keep>,
    progress: &mut Progress<'_>,
) -> Result<Evaluation> {
    let total = design.rows.len();
    let Some(keep) = keep else {
        let all = masked.evaluate_all(&[&design.rows], progress);
        return all.map_err(|error| broken_off(error, 0, total, None));
    };
    let mut values = keep.begin(design, masked.fingerprint())?;
    let (mut stats, mut warnings, mut chunk) = (Stats::default(), Vec::new(), 0);
    loop {
        let done = values.as_ref().map_or(0, Values::len);
        if done == total && values.is_some() {
            break;
        }
        let rows = design.rows.slice(done..total.min(done + masked.planned()));
        let part = masked.evaluate_all(&[&rows], &mut |part, _| progress(done + part, total));
        let part = part.map_err(|error| broken_off(error, done, total, Some(done)))?;
        stats += part.stats;
        warnings.extend(part.warnings);
        chunk = part.chunk;
        let new = match values {
            Some(values) => values.concat(&part.values[0])?,
            None => part.values[0].clone(),
        };
        keep.save(&new)?;
        values = Some(new);
    }
    warnings.dedup();
    Ok(Evaluation { values: values.into_iter().collect(), stats, warnings, chunk })
}

/// Where a run was broken off, seen from the whole of it: `before` of `total` coalitions were done when the part began.
fn broken_off(error: einthoven_masking::Error, before: usize, total: usize, kept: Option<usize>) -> Error {
    match error {
        einthoven_masking::Error::Interrupted { done, .. } => Error::BrokenOff { done: before + done, total, kept },
        error => error.into(),
    }
}
