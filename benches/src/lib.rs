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
