//! What goes to standard output.

use std::io::{self, Write};

use einthoven::game::indices::adds_up;
use einthoven::masking::Stats;
use einthoven::plot::Prediction;
use einthoven::{Attribution, Error, Index, Result};
use serde_json::Value;

use super::args::Format;

/// Writes text to standard output. A reader who went away (`| head`) is no error.
pub fn text(text: &str) -> Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::File { action: "write", path: "standard output".into(), reason: error.to_string() })
        }
        _ => Ok(()),
    }
}

/// Prints attributions in the layout of `attribution.json`, or the one of `target` in shapiq's.
pub fn json(attributions: &[Attribution], target: usize, format: Format) -> Result<()> {
    let mut json = match format {
        Format::Einthoven => Attribution::to_json(attributions)?,
        Format::Shapiq => attributions.get(target).map_or_else(|| Ok(String::new()), Attribution::to_shapiq_json)?,
    };
    json.push('\n');
    text(&json)
}

/// The predictions as a table, highest first.
pub fn predictions(predictions: &[Prediction]) -> String {
    let mut sorted: Vec<&Prediction> = predictions.iter().collect();
    sorted.sort_by(|a, b| b.logit.total_cmp(&a.logit));
    let rows =
        sorted.iter().map(|p| format!("  {:<8} {:>6.1} %   logit {:+.3}\n", p.output, 100.0 * p.probability, p.logit));
    rows.collect()
}

/// The largest terms of each order as tables, and what all terms add up to.
pub fn tables(attribution: &Attribution, top: usize) -> String {
    let mut out = String::new();
    for order in attribution.min_order.max(1)..=attribution.max_order {
        let of_order = attribution.order(order);
        if of_order.terms.is_empty() {
            continue;
        }
        if attribution.max_order > 1 {
            let what = if order == 1 { "single players".to_owned() } else { format!("sets of {order}") };
            out.push_str(&format!(" {} of {what}:\n", attribution.index));
        }
        out.push_str(&terms(&of_order, top));
    }
    out + &total(attribution) + &comparison(attribution)
}

/// What sparse functions, and simpler ones, explain of coalitions held out, and which was kept; nothing of other methods.
fn comparison(attribution: &Attribution) -> String {
    let Some(facts) = attribution.run.get("spectral") else { return String::new() };
    let lines = facts["comparison"].as_array().map_or(&[][..], Vec::as_slice);
    let name = |line: &Value| line["name"].as_str().unwrap_or_default().to_owned();
    let width = lines.iter().map(|line| name(line).chars().count()).max().unwrap_or(0);
    let mut out = format!(" Variance explained of {} coalitions held out:\n", facts["held_out"]);
    for line in lines {
        let mark = if line["name"] == facts["won"] { '*' } else { ' ' };
        let found = match (line["r2"].as_f64(), line["r2_std_err"].as_f64(), line["missing"].as_str()) {
            (.., Some(why)) => format!("       -  {why}"),
            (Some(r2), Some(error), _) => {
                format!("{:>6.1} % ± {:.1}  {} sets", 100.0 * r2, 100.0 * error, line["sets"])
            }
            _ => "       -  the values do not vary".to_owned(),
        };
        out.push_str(&format!(" {mark}{:<width$}  {found}\n", name(line)));
    }
    if let Some(plan) = facts["spex"]["plan"].as_str() {
        out.push_str(&format!("  spex: {plan}\n"));
    }
    let why = facts["why"].as_str().unwrap_or_default();
    out + &format!("  kept: {}, because {why}\n", facts["won"].as_str().unwrap_or_default())
}

/// The largest terms; zeros are only counted.
fn terms(attribution: &Attribution, top: usize) -> String {
    let mut terms = attribution.largest(top);
    terms.retain(|term| term.value != 0.0 || attribution.max_order == 1);
    let names: Vec<String> = terms.iter().map(|term| name(attribution, &term.players)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for (term, name) in terms.iter().zip(&names) {
        let error = term.std_err.filter(|error| *error > 0.0).map_or(String::new(), |error| format!("  ± {error:.4}"));
        out.push_str(&format!("  {name:<width$}  {:+.4}{error}\n", term.value));
    }
    match attribution.terms.len() - terms.len() {
        0 => {}
        rest if terms.len() < top => out.push_str(&format!("  … and {rest} that are zero\n")),
        rest => out.push_str(&format!("  … and {rest} more\n")),
    }
    out
}

/// What the terms add up to, and how they came about.
fn total(attribution: &Attribution) -> String {
    if attribution.index == Index::Gradient {
        return gradient_total(attribution);
    }
    let gap = match adds_up(attribution.index) {
        true => format!("efficiency gap {:.1e}; ", attribution.efficiency_gap()),
        false => String::new(),
    };
    format!(
        "  from {:+.4} (all off) to {:+.4} (all on); {gap}{} evaluations, {} ({})\n",
        // Adding zero turns -0 into 0.
        attribution.baseline + 0.0,
        attribution.full + 0.0,
        attribution.evaluations,
        attribution.method,
        kind(attribution),
    )
}

/// The same of a gradient method, which switches nothing off.
fn gradient_total(attribution: &Attribution) -> String {
    let how = format!("{} ({})", attribution.method, kind(attribution));
    match attribution.run.get("completeness_gap").and_then(Value::as_f64) {
        Some(gap) => format!(
            "  from {:+.4} (baseline) to {:+.4} (record); completeness gap {gap:.1e}; {how}\n",
            attribution.baseline + 0.0,
            attribution.full + 0.0,
        ),
        None => format!("  {how}; not parts of the answer: they do not add up to it\n"),
    }
}

/// What an evaluation took.
pub fn stats(stats: &Stats) -> String {
    if stats.evaluations == 0 {
        return "Nothing was left to evaluate\n".to_owned();
    }
    let per_thousand = |count: u64| 1000.0 * count as f64 / stats.evaluations.max(1) as f64;
    let mut out = format!("Engine {}: {} coalitions in {} rows\n", stats.engine(), stats.evaluations, stats.rows);
    out.push_str(&format!(
        "  per 1000 coalitions: {:.1} dispatches, {:.0} bytes up, {:.0} bytes down\n",
        per_thousand(stats.dispatches),
        per_thousand(stats.bytes_up),
        per_thousand(stats.bytes_down),
    ));
    if stats.plain_multiply_adds == 0 {
        return out + "  multiply-adds are not known: the model does not name its layers\n";
    }
    let share = |done: u64, plain: u64| 100.0 * done as f64 / plain.max(1) as f64;
    out.push_str(&format!(
        "  multiply-adds: {:.3e} of {:.3e}, {:.1} %\n",
        stats.multiply_adds as f64,
        stats.plain_multiply_adds as f64,
        share(stats.multiply_adds, stats.plain_multiply_adds),
    ));
    for level in &stats.levels {
        out.push_str(&format!(
            "  layers {:>3} to {:>3}: {:>8} patterns of tiles, {:>6.2} % of the plain multiply-adds\n",
            level.first_layer,
            level.end_layer,
            level.items,
            share(level.multiply_adds, level.plain_multiply_adds),
        ));
    }
    out
}

/// The warnings of an attribution, a line each.
pub fn warnings(attribution: &Attribution) -> String {
    attribution.warnings.iter().map(|warning| format!("  warning: {warning}\n")).collect()
}

/// The names of players, as a table shows them.
pub fn name(attribution: &Attribution, players: &[u32]) -> String {
    let name = |&player: &u32| {
        let name = attribution.player_names.get(player as usize);
        name.cloned().unwrap_or_else(|| player.to_string())
    };
    players.iter().map(name).collect::<Vec<_>>().join(" & ")
}

fn kind(attribution: &Attribution) -> String {
    format!("{:?}", attribution.kind).to_lowercase()
}
