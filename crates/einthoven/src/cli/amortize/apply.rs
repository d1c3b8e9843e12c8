//! `einthoven amortize apply`: a dataset in one pass.

use std::path::{Path, PathBuf};

use clap::Args;
use einthoven::amortize::Amortized;
use einthoven::amortize::table::Table;
use einthoven::{AmortizedExplainer, DeviceName, Error, Memory, Record, Result, Settings};
use indicatif::{ProgressBar, ProgressStyle};

use super::super::args::Input;
use super::super::{print, records, stop};

/// Records that are read and explained at once.
const BLOCK: usize = 64;

/// Arguments of `amortize apply`.
#[derive(Args, Debug)]
pub struct Apply {
    /// Folder that `amortize train` has written.
    #[arg(value_name = "EXPLAINER")]
    pub explainer: PathBuf,
    /// Which records.
    #[command(flatten)]
    pub input: Input,
    /// The model that is explained: the one that the labels were made with, or it is refused.
    #[arg(long, value_name = "FILE", default_value = "builtin")]
    pub model: String,
    /// auto, cpu, wgpu, vulkan, metal or cuda.
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: DeviceName,
    /// Cap on the memory that batches may take, such as 512MiB or 2GiB.
    #[arg(long, value_name = "SIZE", default_value = "2GiB")]
    pub memory: Memory,
    /// The Parquet file: a row for each record and output, with lists of values and standard errors.
    #[arg(long, value_name = "FILE", default_value = "attributions.parquet")]
    pub out: PathBuf,
}

/// Explains all records, and writes them as one table.
pub fn run(args: &Apply) -> Result<()> {
    let amortized = Amortized::load(&args.explainer)?;
    let settings = Settings {
        devices: vec![args.device],
        memory: args.memory,
        start: args.input.start,
        filter: !args.input.no_filter,
        ..Settings::default()
    };
    let classifier = records::classifier(&args.model)?;
    let explainer = AmortizedExplainer::new(&classifier, &amortized, &settings)?;
    let (sources, several) = records::sources(&args.input)?;
    let bar = ProgressBar::new(sources.len() as u64).with_style(
        ProgressStyle::with_template("{bar:40} {pos}/{len} records, {per_sec}, {eta} to go")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let (mut failed, mut done) = (0, 0);
    let blocks = sources.chunks(BLOCK).map(|sources| {
        let mut prepared: Vec<(String, Record)> = Vec::new();
        for source in sources {
            match source.read(&args.input).and_then(|(record, _)| explainer.prepare(&record)) {
                Ok(record) => prepared.push((source.name.clone(), record)),
                Err(error) if several => {
                    bar.suspend(|| eprintln!("{}: failed to {error}", source.shown()));
                    failed += 1;
                }
                Err(error) => return Err(error),
            }
        }
        let (names, records): (Vec<String>, Vec<Record>) = prepared.into_iter().unzip();
        let explained = explainer.explain(&records.iter().collect::<Vec<_>>(), &mut |_, _| stop::asked())?;
        done += explained.len();
        bar.inc(sources.len() as u64);
        Ok(amortized.card().table(&names, &explained))
    });
    save(blocks, &args.out)?;
    bar.finish_and_clear();
    print::text(&format!("{done} records; see {}\n", args.out.display()))?;
    match failed {
        0 => Ok(()),
        failed => Err(Error::SomeRecords { action: "explain", failed, records: sources.len() }),
    }
}

/// Writes blocks of rows as one file; what goes wrong with a block is what is reported.
fn save(blocks: impl Iterator<Item = Result<Table>>, path: &Path) -> Result<()> {
    let mut failed = None;
    let blocks = blocks.map(|block| {
        block.map_err(|error| {
            let stopped = einthoven::amortize::Error::Interrupted { done: 0, total: 0 };
            failed = Some(error);
            stopped
        })
    });
    let saved = Table::save_all(blocks, path);
    match failed {
        Some(error) => Err(error),
        None => Ok(saved?),
    }
}
