//! `einthoven amortize report`: what an explainer is worth, and when it pays.

use std::path::PathBuf;

use clap::Args;
use einthoven::Result;
use einthoven::amortize::{Amortized, ExplainerCard, Worth};
use einthoven::game::Kind;

use super::super::print;

/// Arguments of `amortize report`.
#[derive(Args, Debug)]
pub struct Report {
    /// Folder that `amortize train` has written.
    #[arg(value_name = "EXPLAINER")]
    pub explainer: PathBuf,
    /// Print explainer.json and what follows from it as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Prints the report of an explainer.
pub fn run(args: &Report) -> Result<()> {
    let amortized = Amortized::load(&args.explainer)?;
    if args.json {
        let card = amortized.card();
        let all = serde_json::json!({ "explainer": card, "worth": card.worth() });
        return print::text(&format!("{all:#}\n"));
    }
    print::text(&text(amortized.card()))
}

/// The report of an explainer in words.
pub fn text(card: &ExplainerCard) -> String {
    let (spec, facts) = (&card.spec, &card.facts);
    let mut text = format!(
        "explainer of {} ({} values of {} outputs), {} of model {}…\n",
        spec.players,
        spec.terms.len(),
        spec.outputs.len(),
        spec.index,
        spec.model.get(..12).unwrap_or(&spec.model)
    );
    let forced = if spec.kind <= Kind::Unbiased { "" } else { "; not right on average, they were forced" };
    text += &format!(
        "labels: {} of {} coalitions, {} for each of {} records{forced}\n",
        spec.method, spec.budget, facts.labels_per_record, facts.training_records
    );
    text += &match &facts.bias {
        Some(bias) => format!("{}\n", bias.summary()),
        None => "bias: not checked; `einthoven amortize labels --probe N` does\n".to_owned(),
    };
    text += "\nrelative mean squared error (1: no better than the mean over records)\n";
    text += &format!("  one label                {:>8.4}  (its noise)\n", facts.label_error);
    text += &format!(
        "  explainer                {:>8.4}  +- {:.4}, {} validation records, epoch {}\n",
        facts.error, facts.error_std_err, facts.validation_records, facts.best_epoch
    );
    if facts.curve.len() > 1 {
        text += "\nerror by number of training records\n";
        for point in &facts.curve {
            text += &format!("  {:>8} {:>8.4}\n", point.records, point.error);
        }
    }
    text += &match facts.std_err_ratio {
        Some(ratio) => format!(
            "\nstandard errors: mean squared error over mean square of the predicted ones, on records held out: {ratio:.2}\n"
        ),
        None => "\nstandard errors: none, the validation records show no error beside the labels' noise\n".to_owned(),
    };
    text + &worth(&card.worth(), facts.training_records)
}

fn worth(worth: &Worth, trained_on: usize) -> String {
    let mut text = format!(
        "\nthe labels' own estimator needs {:.0} evaluations a record for the error of the explainer\n",
        worth.equal_evaluations
    );
    text += &format!("apply costs two evaluations and {:.1} ms a record\n", 1e3 * worth.apply_seconds);
    text + &match worth.break_even {
        Some(records) => format!(
            "amortization pays from {records:.0} records on, at {:.3} ms an evaluation: labels of {trained_on} records \
             ({:.0} s) and training ({:.0} s) cost as much as that many records by themselves\n",
            1e3 * worth.evaluation_seconds,
            worth.label_seconds,
            worth.training_seconds
        ),
        None => "amortization does not pay: a label is as good as the explainer, and costs no more than to make it\n"
            .to_owned(),
    }
}
