//! `einthoven homogeneity`: whether a model is one whose gradients explain it exactly.

use einthoven::{Audit, Error, Result};
use serde_json::{Value, json};

use super::args::Predict;
use super::{predict, print, records, stop};

/// Audits a model on record after record.
pub fn run(args: &Predict) -> Result<()> {
    let explainer = predict::explainer(args)?;
    let (sources, _) = records::sources(&args.input)?;
    let mut all = Vec::new();
    for source in &sources {
        if stop::asked().is_break() {
            return Err(Error::Interrupted);
        }
        let (record, warnings) = source.read(&args.input)?;
        warnings.iter().for_each(|warning| eprintln!("{}: warning: {warning}", source.shown()));
        let audit = explainer.audit_homogeneity(&record)?;
        if args.json {
            all.push(json!({ "record": source.shown(), "audit": audit }));
        } else {
            print::text(&format!("{}\n{}", source.shown(), table(&audit)))?;
        }
    }
    if args.json { print::text(&format!("{:#}\n", Value::from(all))) } else { Ok(()) }
}

fn table(audit: &Audit) -> String {
    let mut text = String::from("  |f(ax) - a f(x)|, of the largest |a f(x)|:\n");
    for [factor, error] in &audit.scaling {
        text.push_str(&format!("    a = {factor:<4} {error:.1e}\n"));
    }
    text.push_str(&format!(
        "  order by the largest logit: {}; asked is 1\n  completeness gap of input x gradient, of the largest |f(x)|: {:.1e}\n",
        audit.order.map_or("none".to_owned(), |order| format!("{order:.4}")),
        audit.completeness_gap
    ));
    text.push_str(&format!("  mean |x-gradient - ig| / mean |ig|, cell by cell: {:.1e}\n", audit.difference));
    text.push_str(&match (audit.homogeneous, &audit.broken_by) {
        (true, _) => "  homogeneous: yes; x-gradient is ig, in one pass\n".to_owned(),
        (false, Some(layer)) => format!("  homogeneous: no; {layer}\n"),
        (false, None) => "  homogeneous: no, though all its layers are; the numbers above say by how much\n".to_owned(),
    });
    text
}
