//! Tables of several records as CSV.

use std::io::Write;
use std::path::Path;

use einthoven::game::file::write_atomic;
use einthoven::{Error, Result};

/// Writes a table with every cell in quotes, whole or not at all; makes its folder if need be.
pub fn save<const COLUMNS: usize>(path: &Path, head: [&str; COLUMNS], rows: &[[String; COLUMNS]]) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Error::File {
            action: "make the folder",
            path: folder.to_owned(),
            reason: error.to_string(),
        })?;
    }
    let quoted = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
    write_atomic(path, |file| {
        writeln!(file, "{}", head.map(quoted).join(","))?;
        for row in rows {
            writeln!(file, "{}", row.each_ref().map(|cell| quoted(cell)).join(","))?;
        }
        Ok(())
    })?;
    Ok(())
}
