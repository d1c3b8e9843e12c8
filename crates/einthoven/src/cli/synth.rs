//! `einthoven synth`: records with known findings.

use std::io::Write;
use std::path::Path;

use einthoven::ecg::labels::Superclass;
use einthoven::ecg::synth::{DatasetConfig, save};
use einthoven::{Error, Result};

use super::args::Synth;
use super::{print, stop};

/// Draws records and writes each as WFDB, with the mask of where it differs from its healthy twin.
pub fn run(args: &Synth) -> Result<()> {
    let mut config = match &args.config {
        Some(path) => load_config(path)?,
        None => DatasetConfig::default(),
    };
    config.seed = args.seed.unwrap_or(config.seed);
    config.check()?;
    let split = args.split.as_deref().unwrap_or(&config.split);
    std::fs::create_dir_all(&args.out).map_err(|error| file_error("make the folder", &args.out, error))?;
    let mut table = "record,findings,superclasses\n".to_owned();
    for index in 0..args.n as u64 {
        if stop::asked().is_break() {
            return Err(Error::Interrupted);
        }
        let mut drawn = match args.finding {
            Some(finding) => config.draw_with(&[finding], split, index),
            None => config.draw(split, index),
        };
        let name = format!("{split}-{index:05}");
        drawn.twin.name = format!("{name}-twin");
        drawn.record.name.clone_from(&name);
        save(&drawn, &args.out, args.twin)?;
        let findings: Vec<String> = drawn.findings.iter().map(ToString::to_string).collect();
        let classes = Superclass::ALL.into_iter().filter(|class| drawn.superclasses[*class as usize]);
        let classes: Vec<&str> = classes.map(|class| class.name()).collect();
        table.push_str(&format!("{name},{},{}\n", findings.join("|"), classes.join("|")));
    }
    let labels = args.out.join("labels.csv");
    einthoven::game::file::write_atomic(&labels, |file| file.write_all(table.as_bytes()))?;
    print::text(&format!("{} records; see {}\n", args.n, labels.display()))
}

/// Reads a dataset configuration.
pub fn load_config(path: &Path) -> Result<DatasetConfig> {
    let text = std::fs::read_to_string(path).map_err(|error| file_error("read", path, error))?;
    serde_json::from_str(&text).map_err(|error| file_error("read", path, error))
}

/// A file that could not be read or written.
pub fn file_error(action: &'static str, path: &Path, error: impl ToString) -> Error {
    Error::File { action, path: path.to_owned(), reason: error.to_string() }
}
