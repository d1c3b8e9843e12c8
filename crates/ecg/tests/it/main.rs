//! Tests of the crate.
#![allow(clippy::unwrap_used)]

mod annotations;
mod convert;
mod data;
mod filters;
mod flac;
mod hostile;
mod ptbxl;
mod record_file;
mod synth;
mod synth_definitions;
mod tables;
mod wfdb_files;
mod wfdb_real;
