//! `einthoven remove`: which parts to take away so that the model says something else.

use std::path::Path;
use std::time::Instant;

use einthoven::masking::Stats;
use einthoven::{Error, Explainer, Method, RemovalSearch, Removals, Result};

use super::args::Format;
use super::records::{self, Source};
use super::removal_args::Remove;
use super::removal_table::{self, Table};
use super::{print, run};

/// Searches record after record.
pub fn run(args: &Remove) -> Result<()> {
    if args.run.format == Format::Shapiq {
        return Err(Error::Usage("write a removal in shapiq's layout: leave --format out".to_owned()));
    }
    if args.run.resume && args.run.json && args.run.out.is_none() {
        return Err(Error::Usage("use --resume with --json: name the folder of the run with --out".to_owned()));
    }
    let settings = run::settings(&args.run, Method::Auto, None);
    let explainer = Explainer::classifier(&records::classifier(&args.run.engine.model)?, settings)?;
    run::check_target(&explainer, &args.run.target)?;
    let search = RemovalSearch { method: args.method, most: args.most, target: args.run.target.clone() };
    explainer.check_removal(&search)?;
    let (sources, several) = records::sources(&args.run.input)?;
    let searching = Searching { args, explainer, search };
    let out = run::folder(&args.run);
    if several { searching.several(&sources, out.as_deref()) } else { searching.one(&sources[0], out.as_deref()) }
}

struct Searching<'a> {
    args: &'a Remove,
    explainer: Explainer,
    search: RemovalSearch,
}

impl Searching<'_> {
    fn one(&self, source: &Source, out: Option<&Path>) -> Result<()> {
        let clock = Instant::now();
        let removals = self.searched(source, out)?;
        if self.args.run.json {
            return print::text(&format!("{:#}\n", removals.to_json()));
        }
        let predictions = print::predictions(&removals.explanation.predictions);
        print::text(&format!("{}\n{predictions}{}", source.shown(), removal_table::text(&removals, self.args.flip)))?;
        print::text(&print::warnings(removals.attribution()))?;
        if self.args.run.stats {
            print::text(&print::stats(&removals.explanation.stats))?;
        }
        match out {
            Some(out) => {
                let (seconds, path) = (clock.elapsed().as_secs_f64(), out.join("removal.svg"));
                print::text(&format!("{seconds:.1} s; see {}\n", path.display()))
            }
            None => Ok(()),
        }
    }

    /// Searches all records, each into a folder of its own; one that fails is listed, and the rest go on.
    fn several(&self, sources: &[Source], out: Option<&Path>) -> Result<()> {
        let mut table = Table::default();
        let (mut failed, mut all, mut stats) = (0, Vec::new(), Stats::default());
        for (index, source) in sources.iter().enumerate() {
            let clock = Instant::now();
            let done = self.searched(source, out.map(|out| out.join(&source.name)).as_deref());
            let shown = format!("[{}/{}] {}", index + 1, sources.len(), source.shown());
            match done {
                Err(error) if error.exit_code() == 130 => return Err(error),
                Err(error) => {
                    eprintln!("{shown}: failed to {error}");
                    failed += 1;
                    table.add_failed(source, &error);
                }
                Ok(removals) => {
                    eprintln!("{shown} {:.1} s", clock.elapsed().as_secs_f64());
                    table.add(source, &removals);
                    stats += removals.explanation.stats.clone();
                    all.push(removals.to_json());
                }
            }
            // Written after every record, so that a run that is cut off has a summary of what it did.
            if let Some(out) = out {
                table.save(&out.join("removal.csv"))?;
            }
        }
        if self.args.run.json {
            print::text(&format!("{:#}\n", serde_json::Value::from(all)))?;
        } else if let Some(out) = out {
            let path = out.join("removal.csv");
            print::text(&format!("{}see {}\n", table.means(), path.display()))?;
            if self.args.run.stats {
                print::text(&print::stats(&stats))?;
            }
        }
        match failed {
            0 => Ok(()),
            failed => Err(Error::SomeRecords { action: "search", failed, records: sources.len() }),
        }
    }

    fn searched(&self, source: &Source, out: Option<&Path>) -> Result<Removals> {
        let (mut removals, warnings) = run::with_progress(&self.args.run, source, out, &|record, keep, progress| {
            self.explainer.remove_keeping(record, &self.search, keep, progress)
        })?;
        warnings.into_iter().for_each(|warning| removals.explanation.warn(warning));
        if let Some(out) = out {
            removals.save(out)?;
        }
        Ok(removals)
    }
}
