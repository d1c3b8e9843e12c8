//! The record that is explained when nobody brings one.

use einthoven_ecg::Record;
use einthoven_ecg::synth::{DatasetConfig, Finding};

/// A synthetic anterior infarction: the same ten seconds every time.
pub fn example_record() -> Record {
    let mut record = DatasetConfig::default().draw_with(&[Finding::AnteriorMi], "example", 0).record;
    record.name = "example".to_owned();
    record
}
