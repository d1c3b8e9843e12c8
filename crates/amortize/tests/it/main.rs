//! Tests of labels, explainers and data values.
#![allow(clippy::unwrap_used)]
