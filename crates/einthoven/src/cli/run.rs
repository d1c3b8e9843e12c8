//! One record or several, from the command line to files and tables: what `explain` and `interact` share.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use einthoven::masking::{Progress, Stats};
use einthoven::{Attribution, Error, Explainer, Explanation, Keep, Method, Record, Result, Settings};
use indicatif::{ProgressBar, ProgressStyle};

use super::aggregate::Aggregate;
use super::args::{Format, Run};
use super::records::{self, Source};
use super::summary::Summary;
use super::{print, stop};

/// Terms of each order in the printed table.
const TOP: usize = 12;

/// What is done with a record, keeping what is evaluated.
pub type OneRecord<'a, T> = dyn Fn(&Record, Option<&Keep>, &mut Progress<'_>) -> Result<T> + 'a;

/// Explains record after record; `explain` is asked for each.
pub fn run(args: &Run, explainer: &Explainer, explain: &OneRecord<'_, Explanation>) -> Result<()> {
    check_target(explainer, &args.target)?;
    if args.resume && args.json && args.out.is_none() {
        return Err(Error::Usage("use --resume with --json: name the folder of the run with --out".to_owned()));
    }
    let (sources, several) = records::sources(&args.input)?;
    if several && args.json && args.format == Format::Shapiq {
        return Err(Error::Usage("print several records in shapiq's layout: name a folder with --out".to_owned()));
    }
    let out = folder(args);
    let run = Running { args, explain };
    if several { run.several(&sources, out.as_deref()) } else { run.one(&sources[0], out.as_deref()) }
}

/// The folder of a run, unless everything is printed.
pub fn folder(args: &Run) -> Option<PathBuf> {
    match (&args.out, args.json) {
        (Some(out), _) => Some(out.clone()),
        (None, true) => None,
        (None, false) => Some(PathBuf::from("einthoven-out")),
    }
}

/// The settings of a command line, with what is for single players.
pub fn settings(args: &Run, method: Method, until: Option<f64>) -> Settings {
    Settings {
        players: args.players.clone(),
        method,
        budget: args.budget,
        until,
        control: false,
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

/// A run over records.
struct Running<'a> {
    args: &'a Run,
    explain: &'a OneRecord<'a, Explanation>,
}

/// A target that does not exist is known before any work is done.
pub fn check_target(explainer: &Explainer, target: &str) -> Result<()> {
    let outputs = &explainer.spec().outputs;
    if target == "top" || outputs.iter().any(|output| output.eq_ignore_ascii_case(target)) {
        return Ok(());
    }
    Err(Error::Usage(format!("use --target {target}: the model's outputs are {}", outputs.join(", "))))
}

impl Running<'_> {
    fn one(&self, source: &Source, out: Option<&Path>) -> Result<()> {
        let clock = Instant::now();
        let explanation = self.explained(source, out)?;
        let target = explanation.target(&self.args.target)?;
        if let Some(out) = out {
            self.save(&explanation, out, target)?;
        }
        if self.args.json {
            return print::json(&explanation.attributions, target, self.args.format);
        }
        print::text(&summary(source, &explanation, target))?;
        if self.args.stats {
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
    fn several(&self, sources: &[Source], out: Option<&Path>) -> Result<()> {
        let mut table = Summary::default();
        let mut mean = Aggregate::default();
        let (mut failed, mut all, mut stats) = (0, Vec::new(), Stats::default());
        for (index, source) in sources.iter().enumerate() {
            let clock = Instant::now();
            let folder = out.map(|out| out.join(&source.name));
            let done = self.explained(source, folder.as_deref()).and_then(|explanation| {
                let target = explanation.target(&self.args.target)?;
                if let Some(folder) = &folder {
                    self.save(&explanation, folder, target)?;
                }
                Ok((explanation, target))
            });
            let seconds = clock.elapsed().as_secs_f64();
            match done {
                Err(error) if error.exit_code() == 130 => return Err(error),
                Err(error) => {
                    eprintln!("[{}/{}] {}: failed to {error}", index + 1, sources.len(), source.shown());
                    failed += 1;
                    table.add_failed(source, &error, seconds);
                }
                Ok((explanation, target)) => {
                    eprintln!("[{}/{}] {} {seconds:.1} s", index + 1, sources.len(), source.shown());
                    table.add(source, &explanation, target, seconds);
                    stats += explanation.stats.clone();
                    mean.add(&source.name, &explanation, target);
                    all.extend(self.args.json.then_some(explanation.attributions).into_iter().flatten());
                }
            }
            // Written after every record, so that a run that is cut off has a summary of what it did.
            if let Some(out) = out {
                table.save(&out.join("summary.csv"))?;
            }
        }
        let means = out.map_or_else(|| Ok(Vec::new()), |out| mean.finish(out))?;
        if self.args.json {
            print::json(&all, 0, self.args.format)?;
        } else if let Some(out) = out {
            for (count, mean) in means {
                print::text(&format!(
                    "Mean over {count} records explained for {}, with its standard error:\n",
                    mean.output
                ))?;
                print::text(&(print::tables(&mean, TOP) + &print::warnings(&mean)))?;
            }
            let (done, path) = (sources.len() - failed, out.join("summary.csv"));
            print::text(&format!("{done} {}; see {}\n", if done == 1 { "record" } else { "records" }, path.display()))?;
        }
        if self.args.stats && !self.args.json {
            print::text(&print::stats(&stats))?;
        }
        match failed {
            0 => Ok(()),
            failed => Err(Error::SomeRecords { action: "explain", failed, records: sources.len() }),
        }
    }

    fn explained(&self, source: &Source, out: Option<&Path>) -> Result<Explanation> {
        let (mut explanation, warnings) = with_progress(self.args, source, out, self.explain)?;
        warnings.into_iter().for_each(|warning| explanation.warn(warning));
        Ok(explanation)
    }

    fn save(&self, explanation: &Explanation, folder: &Path, target: usize) -> Result<()> {
        explanation.save(folder, target)?;
        if self.args.format == Format::Shapiq {
            save_shapiq(folder, &explanation.attributions)?;
        }
        Ok(())
    }
}

/// Reads a record and does something with it, showing how far it is; with what is to be said of the record.
pub fn with_progress<T>(
    args: &Run,
    source: &Source,
    out: Option<&Path>,
    work: &OneRecord<'_, T>,
) -> Result<(T, Vec<String>)> {
    let (record, warnings) = source.read(&args.input)?;
    let bar = ProgressBar::no_length().with_style(
        ProgressStyle::with_template("{bar:40} {pos}/{len} coalitions, {eta} to go")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let keep = out.map(|folder| Keep { folder: folder.to_owned(), resume: args.resume });
    let result = work(&record, keep.as_ref(), &mut |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
        stop::asked()
    });
    bar.finish_and_clear();
    let done = result?;
    match stop::asked() {
        ControlFlow::Break(()) => Err(Error::Interrupted),
        ControlFlow::Continue(()) => Ok((done, warnings.iter().map(ToString::to_string).collect())),
    }
}

/// Writes each output in shapiq's layout.
pub fn save_shapiq(folder: &Path, attributions: &[Attribution]) -> Result<()> {
    for attribution in attributions {
        let name = format!("shapiq-{}.json", safe_name(&attribution.output));
        attribution.save_shapiq_json(&folder.join(name))?;
    }
    Ok(())
}

/// The name of an output as that of a file: it may hold anything.
pub fn safe_name(output: &str) -> String {
    output.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect()
}

fn summary(source: &Source, explanation: &Explanation, target: usize) -> String {
    let attribution = &explanation.attributions[target];
    let mut text = format!("{}\n{}", source.shown(), print::predictions(&explanation.predictions));
    let link = attribution.link.to_string();
    let unit = attribution.run.get("unit").and_then(|unit| unit.as_str()).unwrap_or(&link);
    text.push_str(&format!("Why {} ({unit}):\n", attribution.output));
    text + &print::tables(attribution, TOP) + &print::warnings(attribution)
}
