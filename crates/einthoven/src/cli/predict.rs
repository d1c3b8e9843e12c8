//! `einthoven predict`: what the model says about each record.

use einthoven::{Explainer, Prediction, Record, Result, Settings, Warning};
use serde_json::json;

use super::args::{Input, Predict};
use super::{print, records, stop};

/// Predicts record after record.
pub fn run(args: &Predict) -> Result<()> {
    let explainer = explainer(args)?;
    if args.input.no_filter {
        eprintln!("warning: records are not filtered, though the model may have been trained on filtered records");
    }
    let (sources, several) = records::sources(&args.input)?;
    let (mut failed, mut all) = (0, Vec::new());
    for source in &sources {
        if stop::asked().is_break() {
            return Err(einthoven::Error::Interrupted);
        }
        match predict(&explainer, source, &args.input) {
            Err(error) if several => {
                eprintln!("{}: failed to {error}", source.shown());
                failed += 1;
            }
            Err(error) => return Err(error),
            Ok((_, predictions, warnings)) if args.json => all.push(as_json(source, &predictions, &warnings)),
            Ok((_, predictions, warnings)) => {
                print::text(&format!("{}\n{}", source.shown(), print::predictions(&predictions)))?;
                for warning in warnings {
                    eprintln!("  warning: {warning}");
                }
            }
        }
    }
    if args.json {
        print::text(&format!("{}\n", serde_json::Value::from(all)))?;
    }
    match failed {
        0 => Ok(()),
        failed => Err(einthoven::Error::SomeRecords { action: "predict", failed, records: sources.len() }),
    }
}

/// The model that is asked, where nothing is explained.
pub fn explainer(args: &Predict) -> Result<Explainer> {
    let settings = Settings {
        devices: args.engine.device.clone(),
        start: args.input.start,
        filter: !args.input.no_filter,
        ..Settings::default()
    };
    Explainer::classifier(&records::classifier(&args.engine.model)?, settings)
}

fn predict(
    explainer: &Explainer,
    source: &records::Source,
    input: &Input,
) -> Result<(Record, Vec<Prediction>, Vec<Warning>)> {
    let (record, warnings) = source.read(input)?;
    let prepared = explainer.prepare(&record)?;
    let predictions = explainer.predict(&prepared)?;
    Ok((prepared, predictions, warnings))
}

fn as_json(source: &records::Source, predictions: &[Prediction], warnings: &[Warning]) -> serde_json::Value {
    let outputs =
        predictions.iter().map(|p| json!({ "output": p.output, "logit": p.logit, "probability": p.probability }));
    json!({
        "record": source.shown(),
        "predictions": outputs.collect::<Vec<_>>(),
        "warnings": warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
