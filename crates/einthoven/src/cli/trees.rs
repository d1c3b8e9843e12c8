//! `einthoven trees`: exact values and interactions of tree ensembles.

use std::ops::ControlFlow;

use einthoven::interactions::trees::{Ensemble, Explanations, Mode, Rows, TreeExplainer};
use einthoven::{Attribution, Error, Index, Result, clear_results};
use indicatif::{ProgressBar, ProgressStyle};

use super::tree_args::Trees;
use super::{print, stop, tree_pictures};

/// How many features, and how many sets of several, are printed.
const TOP: usize = 10;

/// Explains the rows and prints a table for each output, or JSON.
pub fn run(args: &Trees) -> Result<()> {
    let ensemble = Ensemble::load(&args.model)?;
    let all = Rows::load_csv(&args.data, &ensemble)?;
    let (first, last) = args.rows.unwrap_or((1, usize::MAX));
    if first > all.len() {
        return Err(Error::Usage(format!("explain rows from {first} on: {} has {}", args.data.display(), all.len())));
    }
    let rows = all.slice(first - 1, last);
    let target = target(args, &ensemble)?;
    let background = args.background.as_ref().map(|path| Rows::load_csv(path, &ensemble)).transpose()?;
    let explainer = explainer(args, &ensemble, background.as_ref())?;
    let Some(found) = explain(&explainer, &rows)? else { return Err(Error::Interrupted) };
    if let Some(folder) = &args.out {
        let wrong = |error: std::io::Error| Error::File {
            action: "make the folder",
            path: folder.clone(),
            reason: error.to_string(),
        };
        std::fs::create_dir_all(folder).map_err(wrong)?;
        clear_results(folder)?;
        found.save_npz(&folder.join("trees.npz"), first)?;
        tree_pictures::save(folder, &found, &rows, target.start, first)?;
        if found.n_rows() == 1 {
            Attribution::save_json(
                &folder.join("attribution.json"),
                &attributions(&found, 0..found.outputs.len(), first),
            )?;
        }
    }
    if args.json {
        return print::json(&attributions(&found, target, first), 0, args.format);
    }
    let mut text = head(&found, ensemble.trees.len(), first);
    for output in target {
        text.push_str(&table(&found, output));
    }
    text.extend(found.warnings.iter().map(|warning| format!("  warning: {warning}\n")));
    if let Some(folder) = &args.out {
        text.push_str(&format!("see {}\n", folder.join("trees.npz").display()));
    }
    print::text(&text)
}

/// The outputs to print.
fn target(args: &Trees, ensemble: &Ensemble) -> Result<std::ops::Range<usize>> {
    let Some(name) = &args.target else { return Ok(0..ensemble.outputs.len()) };
    match ensemble.outputs.iter().position(|output| output == name) {
        Some(at) => Ok(at..at + 1),
        None => Err(Error::Usage(format!("find output `{name}`: the model has {}", ensemble.outputs.join(", ")))),
    }
}

fn explainer<'a>(args: &Trees, ensemble: &'a Ensemble, background: Option<&Rows>) -> Result<TreeExplainer<'a>> {
    let index = args.index.unwrap_or(if args.order.is_some_and(|order| order > 1) { Index::KSii } else { Index::Sv });
    let order = args.order.unwrap_or(if matches!(index, Index::Sv | Index::Bv) { 1 } else { 2 });
    match (args.mode, background) {
        (Some(Mode::Interventional), None) => Err(Error::Usage(
            "explain by the interventional game: give background rows with --background CSV".to_owned(),
        )),
        (Some(Mode::PathDependent), Some(_)) => {
            Err(Error::Usage("explain by the path-dependent game: it has no use for --background".to_owned()))
        }
        (_, Some(background)) => Ok(TreeExplainer::interventional(ensemble, index, order, background)?),
        (_, None) => Ok(TreeExplainer::path_dependent(ensemble, index, order)?),
    }
}

/// `None` if the user asked to stop.
fn explain(explainer: &TreeExplainer, rows: &Rows) -> Result<Option<Explanations>> {
    let style = ProgressStyle::with_template("rows {bar:30} {pos}/{len} {eta}");
    let bar = ProgressBar::new(rows.len() as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let found = explainer.explain(rows, &mut |done| {
        // The last step has nothing left to stop.
        bar.set_position(done as u64);
        if done == rows.len() { ControlFlow::Continue(()) } else { stop::asked() }
    })?;
    bar.finish_and_clear();
    Ok(found)
}

/// Attributions of all rows and some outputs; rows are named as in the file.
fn attributions(found: &Explanations, outputs: std::ops::Range<usize>, first: usize) -> Vec<Attribution> {
    let pairs = (0..found.n_rows()).flat_map(|row| outputs.clone().map(move |output| (row, output)));
    let attribution = |(row, output)| {
        let mut attribution = found.attribution(row, output);
        attribution.run.insert("row".to_owned(), (first + row).into());
        attribution
    };
    pairs.map(attribution).collect()
}

fn head(found: &Explanations, n_trees: usize, first: usize) -> String {
    let rows = match found.n_rows() {
        1 => format!("row {first}"),
        n => format!("rows {first} to {}", first + n - 1),
    };
    let background = match found.n_background {
        0 => String::new(),
        n => format!(" over {n} background rows"),
    };
    let (source, index, mode) = (&found.source, found.index, found.mode.name());
    format!(
        "{source}: {n_trees} trees, {} features\n{index} of order {}, {mode}{background}, {rows}\n",
        found.feature_names.len(),
        found.order
    )
}

/// The features and the sets of several that count most for an output, by their mean magnitude.
fn table(found: &Explanations, output: usize) -> String {
    let means = found.means(output);
    let full: f64 = (0..found.n_rows()).map(|row| found.full[row * found.outputs.len() + output]).sum();
    let full = full / found.n_rows() as f64;
    let scale = if found.is_probability { "probability" } else { "sum of leaves" };
    let mut text =
        format!("{} ({scale}): from {:+.4} to {full:+.4}", found.outputs[output], found.baseline[output] + 0.0);
    text.push_str(match found.n_rows() {
        1 => "\n",
        _ => " on average; mean magnitude (mean value) over rows\n",
    });
    for is_single in [true, false] {
        let is_kind = |set: &Vec<u32>| if is_single { set.len() == 1 } else { set.len() > 1 };
        let mut terms: Vec<(&Vec<u32>, (f64, f64))> = found.sets.iter().zip(means.iter().copied()).collect();
        terms.retain(|(set, (magnitude, _))| is_kind(set) && *magnitude > 0.0);
        terms.sort_by(|(_, (a, _)), (_, (b, _))| b.total_cmp(a));
        let name = |set: &[u32]| {
            set.iter().map(|&at| found.feature_names[at as usize].as_str()).collect::<Vec<_>>().join(" & ")
        };
        let names: Vec<String> = terms.iter().take(TOP).map(|(set, _)| name(set)).collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        for (name, (_, (magnitude, mean))) in names.iter().zip(&terms) {
            text.push_str(&match found.n_rows() {
                1 => format!("  {name:<width$}  {mean:+.4}\n"),
                _ => format!("  {name:<width$}  {magnitude:.4}  ({mean:+.4})\n"),
            });
        }
        if terms.len() > TOP {
            let kind = if is_single { "features" } else { "sets of several" };
            text.push_str(&format!("  … and {} more {kind}\n", terms.len() - TOP));
        }
    }
    text
}
