//! `einthoven explain`: why the model says what it says.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use einthoven::game::file::write_atomic;
use einthoven::masking::Stats;
use einthoven::{Attribution, Error, Explainer, Explanation, Keep, Result, Settings};
use indicatif::{ProgressBar, ProgressStyle};

use super::args::Explain;
use super::records::{self, Source};
use super::{print, stop};

/// Players in the printed table.
const TOP: usize = 12;

/// Explains record after record.
pub fn run(args: &Explain) -> Result<()> {
    let explainer = Explainer::classifier(&records::classifier(&args.engine.model)?, settings(args))?;
    check_target(&explainer, &args.target)?;
    explainer.check()?;
    if args.resume && args.json && args.out.is_none() {
        return Err(Error::Usage("use --resume with --json: name the folder of the run with --out".to_owned()));
    }
    let (sources, several) = records::sources(&args.input)?;
    let out = match (&args.out, args.json) {
        (Some(out), _) => Some(out.clone()),
        (None, true) => None,
        (None, false) => Some(PathBuf::from("einthoven-out")),
    };
    if several {
        explain_several(args, &explainer, &sources, out.as_deref())
    } else {
        explain_one(args, &explainer, &sources[0], out.as_deref())
    }
}

fn settings(args: &Explain) -> Settings {
    Settings {
        players: args.players.clone(),
        method: args.method,
        budget: args.budget,
        until: args.until,
        baseline: args.baseline.clone(),
        link: args.link,
        devices: args.engine.device.clone(),
        engine: args.strategy,
        memory: args.memory,
        seed: args.seed,
        start: args.input.start,
        filter: !args.input.no_filter,
    }
}

/// A target that does not exist is known before any work is done.
fn check_target(explainer: &Explainer, target: &str) -> Result<()> {
    let outputs = &explainer.spec().outputs;
    if target == "top" || outputs.iter().any(|output| output.eq_ignore_ascii_case(target)) {
        return Ok(());
    }
    Err(Error::Usage(format!("use --target {target}: the model's outputs are {}", outputs.join(", "))))
}

fn explain_one(args: &Explain, explainer: &Explainer, source: &Source, out: Option<&Path>) -> Result<()> {
    let clock = Instant::now();
    let explanation = explain(args, explainer, source, out)?;
    let target = explanation.target(&args.target)?;
    if let Some(out) = out {
        explanation.save(out, target)?;
    }
    if args.json {
        return print::json(&explanation.attributions);
    }
    print::text(&summary(source, &explanation, target))?;
    if args.stats {
        print::text(&print::stats(&explanation.stats))?;
    }
    match out {
        Some(out) => {
            let (seconds, engine) = (clock.elapsed().as_secs_f64(), explanation.stats.summary());
            print::text(&format!("{seconds:.1} s (engine {engine}); see {}\n", out.join("report.html").display()))
        }
        None => Ok(()),
    }
}

/// Explains all records, each into a folder of its own; one that fails is listed, and the rest go on.
fn explain_several(args: &Explain, explainer: &Explainer, sources: &[Source], out: Option<&Path>) -> Result<()> {
    let mut rows = vec![vec![
        "record".into(),
        "target".into(),
        "probability".into(),
        "top_player".into(),
        "top_value".into(),
        "seconds".into(),
        "warnings".into(),
        "error".into(),
    ]];
    let (mut failed, mut all, mut stats) = (0, Vec::new(), Stats::default());
    for (index, source) in sources.iter().enumerate() {
        let clock = Instant::now();
        let folder = out.map(|out| out.join(&source.name));
        let done = explain(args, explainer, source, folder.as_deref()).and_then(|explanation| {
            let target = explanation.target(&args.target)?;
            if let Some(folder) = &folder {
                explanation.save(folder, target)?;
            }
            Ok((explanation, target))
        });
        let seconds = clock.elapsed().as_secs_f64();
        match done {
            Err(error) if error.exit_code() == 130 => return Err(error),
            Err(error) => {
                eprintln!("[{}/{}] {}: failed to {error}", index + 1, sources.len(), source.shown());
                failed += 1;
                rows.push(failed_row(source, &error, seconds));
            }
            Ok((explanation, target)) => {
                eprintln!("[{}/{}] {} {seconds:.1} s", index + 1, sources.len(), source.shown());
                rows.push(row(source, &explanation, target, seconds));
                stats += explanation.stats.clone();
                all.extend(args.json.then_some(explanation.attributions).into_iter().flatten());
            }
        }
        // Written after every record, so that a run that is cut off has a summary of what it did.
        if let Some(out) = out {
            save_summary(&out.join("summary.csv"), &rows)?;
        }
    }
    if args.json {
        print::json(&all)?;
    } else if let Some(out) = out {
        let (done, path) = (sources.len() - failed, out.join("summary.csv"));
        print::text(&format!("{done} {}; see {}\n", if done == 1 { "record" } else { "records" }, path.display()))?;
    }
    if args.stats && !args.json {
        print::text(&print::stats(&stats))?;
    }
    match failed {
        0 => Ok(()),
        failed => Err(Error::SomeRecords { action: "explain", failed, records: sources.len() }),
    }
}

fn explain(args: &Explain, explainer: &Explainer, source: &Source, out: Option<&Path>) -> Result<Explanation> {
    let (record, warnings) = source.read(&args.input)?;
    let bar = ProgressBar::no_length().with_style(
        ProgressStyle::with_template("{bar:40} {pos}/{len} coalitions, {eta} to go")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let keep = out.map(|folder| Keep { folder: folder.to_owned(), resume: args.resume });
    let result = explainer.explain_keeping(&record, keep.as_ref(), &mut |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
        stop::asked()
    });
    bar.finish_and_clear();
    let mut explanation = result?;
    for warning in warnings {
        explanation.warn(warning.to_string());
    }
    if let ControlFlow::Break(()) = stop::asked() {
        return Err(Error::Interrupted);
    }
    Ok(explanation)
}

fn summary(source: &Source, explanation: &Explanation, target: usize) -> String {
    let attribution = &explanation.attributions[target];
    let mut text = format!("{}\n{}", source.shown(), print::predictions(&explanation.predictions));
    text.push_str(&format!("Why {} ({}):\n", attribution.output, attribution.link));
    text + &print::table(attribution, TOP) + &print::warnings(attribution)
}

fn row(source: &Source, explanation: &Explanation, target: usize, seconds: f64) -> Vec<String> {
    let attribution = &explanation.attributions[target];
    let (player, value) = top_player(attribution);
    vec![
        source.shown(),
        attribution.output.clone(),
        format!("{:.4}", explanation.predictions[target].probability),
        player,
        format!("{value:.4}"),
        format!("{seconds:.2}"),
        attribution.warnings.join("; "),
        String::new(),
    ]
}

fn failed_row(source: &Source, error: &Error, seconds: f64) -> Vec<String> {
    let mut row = vec![String::new(); 8];
    row[0] = source.shown();
    row[5] = format!("{seconds:.2}");
    row[7] = error.to_string();
    row
}

fn top_player(attribution: &Attribution) -> (String, f64) {
    let top = attribution.largest(1);
    top.first().map_or_else(Default::default, |term| (print::name(attribution, &term.players), term.value))
}

fn save_summary(path: &Path, rows: &[Vec<String>]) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Error::File {
            action: "make the folder",
            path: folder.to_owned(),
            reason: error.to_string(),
        })?;
    }
    let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
    write_atomic(path, |file| {
        for row in rows {
            let cells: Vec<String> = row.iter().map(quoted).collect();
            writeln!(file, "{}", cells.join(","))?;
        }
        Ok(())
    })?;
    Ok(())
}
