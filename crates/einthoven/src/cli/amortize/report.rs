//! `einthoven amortize report`: what an explainer is worth, and when it pays.

use std::path::PathBuf;

use clap::Args;
use einthoven::Result;
use einthoven::amortize::{Amortized, ExplainerCard};
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
    text += &match (facts.std_err_ratio, &card.errors) {
        (Some(ratio), _) => format!(
            "\nstandard errors: mean squared error over mean square of the predicted ones, on records held out: {ratio:.2}\n"
        ),
        (None, Some(_)) => format!(
            "\nstandard errors: fitted on {} records and not checked, which takes 40\n",
            facts.validation_records
        ),
        (None, None) => "\nstandard errors: none\n".to_owned(),
    };
    if facts.bias.as_ref().is_some_and(|bias| bias.biased) {
        text += "errors above are beside the mean of the labels, which are biased: the true ones are larger by that floor\n";
    }
    text + &worth(card)
}

fn worth(card: &ExplainerCard) -> String {
    let (worth, facts) = (card.worth(), &card.facts);
    let (apply, alone) = (1e3 * worth.apply_seconds, 1e3 * worth.equal_evaluations * worth.evaluation_seconds);
    let mut text = format!(
        "\nthe labels' own estimator needs at least {:.0} evaluations a record for the error of the explainer, {alone:.1} ms; apply \
         takes {apply:.1} ms\n",
        worth.equal_evaluations
    );
    if facts.error <= facts.error_std_err {
        text +=
            "the error of the explainer cannot be told from zero: more validation records would say how small it is\n";
    }
    text + &match worth.break_even {
        Some(records) => format!(
            "amortization pays from {records:.0} records on, at {:.3} ms an evaluation: labels of {} records ({:.0} s) and training \
             ({:.0} s) cost as much as that many records by themselves\n",
            1e3 * worth.evaluation_seconds,
            facts.training_records + facts.validation_records,
            worth.label_seconds,
            worth.training_seconds
        ),
        None if !worth.beats_labels => {
            "amortization does not pay: the explainer is not known to be better than the labels it was made from\n"
                .to_owned()
        }
        None => {
            "amortization does not pay in seconds: to apply the explainer takes longer than the evaluations it saves\n"
                .to_owned()
        }
    }
}
