//! Tests of labels, explainers and data values.
#![allow(clippy::unwrap_used)]

mod value_amortized;
mod value_data;
mod value_files;
mod value_knn;
mod value_logistic;
mod value_points;
mod value_semivalues;
