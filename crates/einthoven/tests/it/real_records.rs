//! Real records, where there are any: they are not part of the project.

use std::path::PathBuf;

use einthoven::{ReadOptions, read};

#[test]
fn every_real_record_is_read_with_its_checksums() {
    let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = std::env::var_os("EINTHOVEN_DATA").map_or_else(|| workspace.join("../shared/data"), PathBuf::from);
    if !folder.is_dir() {
        println!("skipped for want of data: no folder {}", folder.display());
        return;
    }
    let mut n = 0;
    for part in ["ludb", "challenge", "ptb"] {
        for path in einthoven::ecg::list_records(&folder.join(part)).unwrap() {
            let (record, warnings) = read(&path, &ReadOptions::default()).unwrap();
            assert_eq!(record.n_leads(), 12, "{}", path.display());
            assert!(record.signal().iter().all(|sample| sample.is_finite()), "{}", path.display());
            let checksum = warnings.iter().find(|warning| warning.to_string().contains("checksum"));
            assert!(checksum.is_none(), "{}: {checksum:?}", path.display());
            n += 1;
        }
    }
    assert_eq!(n, 232);
}
