//! What the measurements share: real records with their labels, and the scores.
//!
//! Real records are not part of the project. The programs look for them in the folder that `EINTHOVEN_DATA` names, else
//! in `../shared/data`; BENCHMARKS.md says where they come from.

pub mod amortize;
pub mod labels;
pub mod localise;
pub mod score;
pub mod small_game;

use std::path::PathBuf;

/// The folder of real records; fails with the remedy if it is not there.
pub fn data_folder() -> anyhow::Result<PathBuf> {
    let folder = std::env::var_os("EINTHOVEN_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    anyhow::ensure!(
        folder.is_dir(),
        "no folder {}: set EINTHOVEN_DATA to a folder with the records that BENCHMARKS.md names",
        folder.display()
    );
    Ok(folder)
}

/// Seconds of the processor that this process took, in steps of a hundredth, where Linux counts them.
pub fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the name of the program, which may hold anything: user and system time are the 12th and 13th field.
    let fields = stat.rsplit(')').next()?.split_whitespace().skip(11).take(2);
    Some(fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0)
}
