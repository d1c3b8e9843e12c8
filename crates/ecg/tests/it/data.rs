//! Real records, where they are.

use std::path::PathBuf;

/// The folder of real data, or `None` (said on standard error) where there is none.
pub fn real_data() -> Option<PathBuf> {
    let folder = std::env::var_os("EINTHOVEN_DATA")
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"));
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no real data at {}; set EINTHOVEN_DATA", folder.display());
    None
}
